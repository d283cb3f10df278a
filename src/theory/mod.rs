//! Theory beside measurement: where a queue or a flow of a scenario meets what a model assumes, what
//! the model says of it.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`queueing`], [`tcp`] | the formulas: pure functions of numbers |
//! | `interval` | how well one run knows a mean |
//! | `routes`, `traffic` | who sends what through which queue, as far as the plan says |
//! | `arrivals` | whether what reaches a queue is a Poisson process |
//! | `links`, `ports` | queues before links, receive buffers |
//! | `connection` | what formulas of TCP need to know of a connection |
//! | `losses`, `saws` | TCP with random losses; TCP that fills a queue |
//! | `prediction` | what is predicted, and how it is read off the results |
//!
//! Predictions are made of the plan alone, before anything runs: what a run measures is no part of
//! what it is compared with. A network that changes on the way, or whose packets may go several ways, gets none.
//! Formulas and assumptions are told in `docs/theory.md`.

mod arrivals;
mod connection;
mod interval;
mod links;
mod losses;
mod ports;
mod prediction;
pub mod queueing;
mod routes;
mod saws;
pub mod tcp;
mod traffic;

pub use interval::{Batches, student_t};
pub use prediction::{CONFIDENCE, Prediction, Quantity, Subject};

use crate::id::ChannelId;
use crate::observe::results::{Comparison, Summary};
use crate::sim::{NodeKind, Plan, Simulation};
use crate::units::Time;
use traffic::Traffic;

/// The names of all models.
pub const MODELS: &[&str] = &[
    "M/M/1", "M/M/1/K", "M/D/1", "M/D/1/K", "M/G/1", "M/G/1/K", "Mathis", "PFTK", "CUBIC",
    "sawtooth", "√n",
];

/// Parts of a run that are looked at each by itself, for the interval round a mean.
const PARTS: u64 = 20;

/// What models say of a network.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Theory {
    /// What they predict, queues of links first.
    pub predictions: Vec<Prediction>,
}

impl Theory {
    /// What models say of a network whose results are those from `since` until `until`. It must not have
    /// run, or be such that it does not change.
    #[must_use]
    pub fn of(simulation: &Simulation, since: Time, until: Time) -> Self {
        let Some(traffic) = Traffic::of(simulation).filter(|_| since < until) else {
            return Self::default();
        };
        let view = View { simulation, traffic: &traffic, since, until };
        let predictions = [links::predict, ports::predict, losses::predict, saws::predict];
        Self { predictions: predictions.iter().flat_map(|predict| predict(&view)).collect() }
    }

    /// When to look at the results on the way, for the intervals.
    #[must_use]
    pub fn looks(&self, until: Time) -> Vec<Time> {
        let part = |i: u64| Time::from_ps(until.as_ps() / PARTS * i);
        if self.predictions.is_empty() { Vec::new() } else { (1..=PARTS).map(part).collect() }
    }

    /// What is predicted beside what a run measured, but for losses that will never be seen. `parts` are its results at the ends of its parts.
    #[must_use]
    pub fn beside(&self, summary: &Summary, parts: &[Summary]) -> Vec<Comparison> {
        let told =
            |it: &&Prediction| it.quantity != Quantity::Loss || it.predicted > links::NEVER_FULL;
        let told = self.predictions.iter().filter(told);
        told.map(|prediction| prediction.beside(summary, parts)).collect()
    }
}

/// A network as predictions see it.
struct View<'a> {
    simulation: &'a Simulation,
    traffic: &'a Traffic,
    since: Time,
    until: Time,
}

impl View<'_> {
    const fn plan(&self) -> &Plan {
        self.simulation.plan()
    }

    /// How long the time is that counts \[s\].
    fn span(&self) -> f64 {
        self.until.saturating_sub(self.since).as_secs_f64()
    }

    /// The share of that time in which a process works.
    fn share(&self, (begin, end): (Time, Time)) -> f64 {
        let at_work = end.min(self.until).saturating_sub(begin.max(self.since));
        at_work.as_secs_f64() / self.span()
    }

    fn settings(&self, channel: ChannelId) -> &crate::link::Config {
        traffic::direction(self.plan(), channel)
    }

    /// How long a packet of this length above the link layer takes to send \[s\].
    fn sending(&self, channel: ChannelId, length: u64) -> f64 {
        let settings = self.settings(channel);
        settings.framing.on_wire(length) as f64 * 8.0 / settings.rate.as_bps() as f64
    }

    /// What a direction of a link is called in the results.
    fn subject(&self, channel: ChannelId) -> Subject {
        let link = &self.plan().links[channel.link().index()];
        let [a, b] = link.ends.map(|end| self.plan().nodes[end.index()].name.as_str());
        let direction =
            if channel.is_forward() { format!("{a}->{b}") } else { format!("{b}->{a}") };
        Subject::Channel(link.name.clone(), direction)
    }

    fn app(&self, place: usize) -> &str {
        &self.plan().apps[place].name
    }

    /// Whether the queue of a direction is the link's own: the medium is not that of a hub, and
    /// the node's queues share no memory.
    fn is_own(&self, channel: ChannelId) -> bool {
        let link = &self.plan().links[channel.link().index()];
        let sender = link.ends[usize::from(!channel.is_forward())];
        let shares = match &self.plan().nodes[sender.index()].kind {
            NodeKind::Host(config) | NodeKind::Router(config) => config.buffer.is_some(),
            NodeKind::Switch(config) => config.buffer.is_some(),
            NodeKind::Hub => true,
        };
        self.simulation.wiring().medium_of[channel.link().index()].is_none() && !shares
    }
}
