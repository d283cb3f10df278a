//! What integration tests share: scenarios from text, runs, an observer that keeps everything, and
//! confidence intervals.

pub(crate) mod lab;
#[path = "../../support/parallel.rs"]
pub(crate) mod parallel;
pub(crate) mod queueing;
pub(crate) mod statistics;
pub(crate) mod watch;

use portolan::observe::results::{Channel, Flow, Port, Summary};
use portolan::run::Nobody;
use portolan::scenario::{self, Options, Scenario};
use portolan::sim::Simulation;
use portolan::units::Time;

pub(crate) use watch::Watch;

/// The scenario that `text` describes.
pub(crate) fn load(text: &str) -> Scenario {
    let no_files = |file: &str| Err(std::io::Error::other(format!("no file `{file}` in tests")));
    scenario::load(text.as_bytes(), "test.toml", &no_files, &Options::default())
        .unwrap_or_else(|error| panic!("{}\n{text}", error.render(false, 100)))
}

/// The results of `text`, run to its end.
pub(crate) fn run(text: &str) -> Summary {
    run_scenario(&load(text))
}

/// The same of a scenario that is loaded.
pub(crate) fn run_scenario(scenario: &Scenario) -> Summary {
    let mut simulation = Simulation::new(scenario.plan.clone());
    simulation.run_until(scenario.duration, &mut Nobody);
    portolan::run::summary(scenario, &simulation)
}

/// The results of `text` with everything that happened on the way.
pub(crate) fn watch(text: &str) -> (Summary, Watch) {
    let scenario = load(text);
    let mut simulation = Simulation::new(scenario.plan.clone());
    let mut watch = Watch::default();
    simulation.run_until(scenario.duration, &mut watch);
    (portolan::run::summary(&scenario, &simulation), watch)
}

/// Easier ways to parts of the results.
pub(crate) trait Parts {
    /// The direction `A->B` of the link `A--B` or `B--A`.
    fn channel(&self, direction: &str) -> &Channel;
    /// The port `HOST:NUMBER/PROTOCOL`.
    fn port(&self, name: &str) -> &Port;
    /// The flow of an application.
    fn flow(&self, name: &str) -> &Flow;
}

impl Parts for Summary {
    fn channel(&self, direction: &str) -> &Channel {
        let found = self.links.values().find_map(|link| link.get(direction));
        found.unwrap_or_else(|| panic!("no direction {direction} in {:?}", self.links.keys()))
    }
    fn port(&self, name: &str) -> &Port {
        let found = self.ports.get(name);
        found.unwrap_or_else(|| panic!("no port {name} in {:?}", self.ports.keys()))
    }
    fn flow(&self, name: &str) -> &Flow {
        let found = self.flows.get(name);
        found.unwrap_or_else(|| panic!("no flow {name} in {:?}", self.flows.keys()))
    }
}

/// A time as tests write it.
pub(crate) fn time(text: &str) -> Time {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Seconds as results give them, in whole picoseconds.
pub(crate) fn picoseconds(seconds: f64) -> u64 {
    (seconds * 1e12).round() as u64
}
