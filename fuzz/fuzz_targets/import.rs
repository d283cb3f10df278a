//! Any bytes as a capture: no panic, no hang, and whatever is imported is a scenario that loads.
//!
//! Run with `cargo +nightly fuzz run import fuzz/corpus/import tests/captures`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portolan::import::{read::read, scenario};

fuzz_target!(|data: &[u8]| {
    let Ok(capture) = read(data) else { return };
    if let Ok(imported) = scenario(&capture, "fuzz.pcap") {
        let told = imported.untried.unwrap_or_default();
        assert!(!told.contains("not right"), "{told}\n{}", imported.text);
    }
});
