//! Any scenario that loads: it is simulated for a while, and nothing that a scenario can say makes the
//! simulator panic.

use portolan::run::{Nobody, summary};
use portolan::scenario::{Options, load};
use portolan::sim::Simulation;

/// Events of one run: enough for every application to begin.
const EVENTS: usize = 5000;

pub(crate) fn run(data: &[u8]) {
    let options = Options { limit: 30, ..Options::default() };
    let Ok(scenario) =
        load(data, "fuzz.toml", &|_| Err(std::io::ErrorKind::NotFound.into()), &options)
    else {
        return;
    };
    let mut simulation = Simulation::new(scenario.plan.clone());
    for _ in 0..EVENTS {
        if !simulation.step(scenario.duration, &mut Nobody) {
            break;
        }
    }
    for judged in summary(&scenario, &simulation).expectations {
        assert!(!judged.that.is_empty());
    }
}
