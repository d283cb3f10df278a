//! Any text as an expression over results: an expectation and a measure of a small scenario that has run.

use std::sync::OnceLock;

use portolan::observe::results::Summary;
use portolan::run::{Nobody, observe, summary};
use portolan::scenario::{Options, Scenario, evaluate, load, measure};
use portolan::sim::Simulation;

pub(crate) fn run(data: &[u8]) {
    static RESULTS: OnceLock<Summary> = OnceLock::new();
    let results = RESULTS.get_or_init(|| {
        let scenario = small("true").expect("an expectation that holds");
        let mut simulation = Simulation::new(scenario.plan.clone());
        observe(&mut simulation, scenario.duration, &mut Nobody, &mut |_| true);
        summary(&scenario, &simulation)
    });
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(scenario) = small(text) {
        let _ = evaluate(&scenario.expects, results);
        let _ = measure(&scenario.measures, results);
    }
}

/// Two hosts, TCP and UDP, and `that` as what is expected and measured.
fn small(that: &str) -> Option<Scenario> {
    let text = serde_json::json!({
        "duration": "100ms",
        "nodes": { "alice": "host", "bob": "host" },
        "links": { "alice--bob": { "rate": "10Mbps", "delay": "1ms" } },
        "apps": {
            "web": { "kind": "tcp-server", "on": "bob", "port": 80 },
            "ask": { "kind": "tcp-client", "on": "alice", "to": "bob:80", "size": "10kB" },
            "sink": { "kind": "udp-server", "on": "bob", "port": 9 },
            "call": { "kind": "cbr", "on": "alice", "to": "bob:9", "rate": "1Mbps" },
        },
        "expect": [{ "that": that, "because": "it is tried" }],
    });
    let measures = vec![("m".to_owned(), that.to_owned())];
    let options = Options { measures, ..Options::default() };
    load(
        text.to_string().as_bytes(),
        "fuzz.json",
        &|_| Err(std::io::ErrorKind::NotFound.into()),
        &options,
    )
    .ok()
}
