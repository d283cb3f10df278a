//! Any bytes as a capture: no panic, no hang, and whatever is imported is a scenario that loads.

use portolan::import::{read::read, scenario};

pub(crate) fn run(data: &[u8]) {
    let Ok(capture) = read(data) else { return };
    if let Ok(imported) = scenario(&capture, "fuzz.pcap") {
        let told = imported.untried.unwrap_or_default();
        assert!(!told.contains("not right"), "{told}\n{}", imported.text);
    }
}
