//! Any bytes as a scenario: no panic, no hang, and every fault has a place and a remedy.
//!
//! The input is the scenario's text; after a zero byte, what a file that it names holds; after
//! another, overrides, one a line.

use portolan::scenario::{Options, load};

pub(crate) fn run(data: &[u8]) {
    let mut parts = data.split(|&byte| byte == 0);
    let text = parts.next().unwrap_or_default();
    let file = parts.next().unwrap_or_default();
    let overrides = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let overrides = overrides.lines().take(20).map(str::to_owned).collect();
    let options = Options { overrides, limit: 500, ..Options::default() };
    let name = if text.starts_with(b"{") { "fuzz.json" } else { "fuzz.toml" };
    match load(text, name, &|_| Ok(file.to_vec()), &options) {
        Ok(scenario) => {
            for node in &scenario.plan.nodes {
                assert!(node.kind.is_ip() || node.addresses.is_empty(), "{}", node.name);
            }
        }
        Err(error) => {
            assert!(!error.faults().is_empty());
            for fault in error.faults() {
                assert!(fault.help.is_some(), "no remedy: {}", fault.message);
                assert!(!fault.places.is_empty(), "no place: {}", fault.message);
            }
            assert!(!error.render(false, 100).is_empty());
        }
    }
}
