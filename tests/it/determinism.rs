//! A scenario and a seed decide everything, byte for byte.

use std::path::Path;
use std::process::Command;

use portolan::observe::{Interest, Observation, Observer};
use portolan::run::Nobody;
use portolan::scenario::Scenario;
use portolan::sim::Simulation;
use portolan::units::Time;

use crate::support::{Parts as _, load, run, run_scenario};

/// Everything that has dice: impairments, Poisson arrivals, ephemeral ports, random service times,
/// equal-cost paths; and a failure on the way.
const BUSY: &str = "duration = '5s'
    seed = 7
    [nodes]
    a = 'host'
    b = 'host'
    c = 'host'
    r1 = 'router'
    r2 = 'router'
    r3 = 'router'
    s1 = 'switch'
    [links]
    a--s1 = { rate = '100Mbps' }
    c--s1 = { rate = '100Mbps' }
    s1--r1 = { rate = '10Mbps', queue = '20p' }
    r1--r2 = { rate = '5Mbps', delay = '5ms', loss = '2%', jitter = '3ms', framing = 'ppp' }
    r1--r3 = { rate = '5Mbps', delay = '5ms', duplicate = '1%', corrupt = '1%', reorder = '5%' }
    r2--b = { rate = '10Mbps', delay = '1ms', loss = { kind = 'gilbert-elliott', p = '1%', r = '20%' } }
    r3--b = { rate = '10Mbps', delay = '1ms', mtu = '600B' }
    [apps]
    server = { kind = 'udp-server', on = 'b', port = 9, service = { exponential = '2ms' }, buffer = '5p', echo = true }
    f1 = { kind = 'poisson', on = 'a', to = 'b:9', rate = '3Mbps' }
    f2 = { kind = 'on-off', on = 'c', to = 'b:9', on-time = { exponential = '100ms' }, off-time = { pareto = { mean = '100ms', shape = 1.5 } }, rate = '2Mbps' }
    f3 = { kind = 'cbr', on = 'c', to = 'b:77', interval = '10ms', size = '1400B' }
    f4 = { kind = 'ping', on = 'a', to = 'b', interval = '50ms' }
    f5 = { kind = 'traceroute', on = 'c', to = 'b' }
    [[changes]]
    at = '2s'
    set = { 'links.r1--r2.up' = false }
    [[changes]]
    at = '4s'
    set = { 'links.r1--r2.up' = true }
    [record]
    series = ['links.s1--r1.queue', 'links.r1--r3.throughput']";

/// A fingerprint (FNV-1a) of all that an observer sees: what, when, and to which packet.
struct History {
    hash: u64,
    seen: u64,
}

impl History {
    const fn new() -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, seen: 0 }
    }

    fn add(&mut self, value: u64) {
        for byte in value.to_le_bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl Observer for History {
    fn interest(&self) -> Interest {
        Interest::Everything
    }
    fn observe(&mut self, now: Time, what: &Observation) {
        let (kind, detail) = match what {
            Observation::Enqueued { packet, .. } => (1, packet.label.number),
            Observation::TransmitStarted { packet, .. } => (2, packet.label.number),
            Observation::Received { packet, .. } => (3, packet.label.number),
            Observation::Dropped { packet, .. } => (4, packet.label.number),
            Observation::Delivered { delay, .. } => (5, delay.as_ps()),
            Observation::RoundTrip { rtt, .. } => (6, rtt.as_ps()),
            Observation::StateChanged { local, .. } => (7, u64::from(local.port())),
            // These follow from those.
            _ => return,
        };
        self.seen += 1;
        [now.as_ps(), kind, detail].into_iter().for_each(|value| self.add(value));
    }
}

fn history(scenario: &Scenario) -> (u64, u64) {
    let mut history = History::new();
    Simulation::new(scenario.plan.clone()).run_until(scenario.duration, &mut history);
    (history.hash, history.seen)
}

fn json(scenario: &Scenario) -> String {
    serde_json::to_string_pretty(&run_scenario(scenario)).expect("results are JSON")
}

#[test]
fn the_same_run_twice_is_the_same_and_another_seed_is_another() {
    let scenario = load(BUSY);
    assert_eq!(json(&scenario), json(&scenario));
    assert_eq!(history(&scenario), history(&scenario));
    let mut other = scenario.clone();
    other.plan.seed = 8;
    assert_ne!(history(&scenario).0, history(&other).0);
}

#[test]
fn being_watched_or_stopped_on_the_way_changes_nothing() {
    let scenario = load(BUSY);
    let mut watched = Simulation::new(scenario.plan.clone());
    watched.run_until(scenario.duration, &mut History::new());
    let mut halting = Simulation::new(scenario.plan.clone());
    for step in 1..=1000 {
        halting.run_until(Time::from_ms(step * 5), &mut Nobody);
        assert_eq!(halting.summary().seed, 7);
    }
    let whole = run_scenario(&scenario);
    for other in [watched, halting] {
        assert_eq!(whole, portolan::run::summary(&scenario, &other));
    }
}

#[test]
fn being_watched_changes_nothing_in_any_scenario_that_ships() {
    for builtin in portolan::scenario::builtin::ALL {
        let scenario = builtin.load(&portolan::scenario::Options::default()).expect("no faults");
        let until = scenario.duration.min(Time::from_secs(3));
        let [watched, alone] = [true, false].map(|watched| {
            let mut simulation = Simulation::new(scenario.plan.clone());
            let mut history = History::new();
            let observer: &mut dyn Observer = if watched { &mut history } else { &mut Nobody };
            simulation.run_until(until, observer);
            portolan::run::summary(&scenario, &simulation)
        });
        assert_eq!(watched, alone, "{}", builtin.name);
    }
}

/// The same history on every machine, operating system and in every build. If a change of the model
/// was meant, so is the change of this number: pin what the failure shows.
#[test]
fn the_history_is_pinned() {
    let (hash, seen) = history(&load(BUSY));
    assert_eq!((format!("{hash:016x}").as_str(), seen), ("c4b87b236f2aa245", 44_759));
}

#[test]
fn adding_a_component_leaves_the_dice_of_all_others_alone() {
    let plain = run(BUSY);
    let more = BUSY.replace(
        "[apps]",
        "x--y = { rate = '1Mbps', loss = '10%', jitter = '1ms' }
        [apps]
        extra-server = { kind = 'udp-server', on = 'y', port = 9, service = { exponential = '1ms' } }
        extra = { kind = 'poisson', on = 'x', to = 'y:9', rate = '500kbps' }",
    );
    let more = run(&more.replace("s1 = 'switch'", "s1 = 'switch'\nx = 'host'\ny = 'host'"));
    assert!(more.flow("extra").packets_delivered > 100 && more.channel("x->y").drops.loss > 10);
    for (name, link) in &plain.links {
        assert_eq!(link, &more.links[name], "{name}");
    }
    for (name, flow) in &plain.flows {
        assert_eq!(flow, &more.flows[name], "{name}");
    }
    for (name, port) in &plain.ports {
        assert_eq!(port, &more.ports[name], "{name}");
    }
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            let below = files(&path).into_iter();
            found.extend(below.map(|(file, text)| (format!("{name}/{file}"), text)));
        } else {
            found.push((name, std::fs::read(&path).expect("a file")));
        }
    }
    found.sort();
    found
}

#[test]
fn result_folders_are_equal_byte_for_byte() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let scenario = folder.path().join("busy.toml");
    std::fs::write(&scenario, BUSY).expect("room for a file");
    let [one, two] = ["one", "two"].map(|name| {
        let out = folder.path().join(name);
        let ran = Command::new(env!("CARGO_BIN_EXE_portolan"))
            .args(["run", "--quiet", "--record", "all", "--out"])
            .args([&out, &scenario])
            .output()
            .expect("the binary runs");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        files(&out)
    });
    let names: Vec<_> = one.iter().map(|(name, _)| name.as_str()).collect();
    for wanted in ["summary.json", "series.csv"] {
        assert!(names.contains(&wanted), "{names:?}");
    }
    assert!(names.iter().any(|name| name.starts_with("plots/")), "{names:?}");
    assert_eq!(one.len(), two.len());
    for (one, two) in one.iter().zip(&two) {
        assert!(one == two, "{} differs", one.0);
    }
}
