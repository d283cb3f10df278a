//! What happens in a simulation, one instant at a time.

use crate::observe::{Interest, Observation, Observer};
use crate::sim::Simulation;
use crate::units::Time;

/// Runs a simulation and holds what happened at the instant it has come to. Between two instants the
/// simulation can be looked at, for DNS names and settings.
#[derive(Debug)]
pub struct Reader {
    simulation: Simulation,
    until: Time,
    seen: Seen,
}

#[derive(Debug, Default)]
struct Seen(Vec<(Time, Observation)>);

impl Observer for Seen {
    fn interest(&self) -> Interest {
        Interest::Everything
    }
    fn observe(&mut self, at: Time, what: &Observation) {
        self.0.push((at, what.clone()));
    }
}

impl Reader {
    /// Before the first instant of a run until `until`, that instant included.
    #[must_use]
    pub fn new(simulation: Simulation, until: Time) -> Self {
        Self { simulation, until, seen: Seen::default() }
    }

    /// Goes on to the next instant at which anything comes up, seen or not. False at the end of the run.
    pub fn step(&mut self) -> bool {
        self.seen.0.clear();
        self.simulation.step(self.until, &mut self.seen)
    }

    /// What happened at this instant, in order, and what became known only now, each with its time.
    #[must_use]
    pub fn seen(&self) -> &[(Time, Observation)] {
        &self.seen.0
    }

    /// The instant.
    #[must_use]
    pub const fn now(&self) -> Time {
        self.simulation.now()
    }

    /// The simulation as it is after this instant.
    #[must_use]
    pub const fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// The simulation, to go on without this reader.
    #[must_use]
    pub fn into_simulation(self) -> Simulation {
        self.simulation
    }
}
