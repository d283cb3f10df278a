//! Runs of scenarios from text, and what was seen of their TCP segments.

use portolan::observe::results::Summary;
use portolan::observe::{DropReason, Interest, Observation, Observer};
use portolan::packet::Payload;
use portolan::packet::ipv4::Transport;
use portolan::packet::tcp::Segment;
use portolan::run::{Nobody, summary};
use portolan::scenario::{self, Options, Scenario};
use portolan::sim::Simulation;
use portolan::units::Time;

/// A segment that went onto a link.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) at: Time,
    /// Whether from alice to bob.
    pub(super) forward: bool,
    pub(super) segment: Segment,
    pub(super) lost: bool,
}

/// Notes segments and the end of alice's connection.
#[derive(Default)]
pub(super) struct Watch {
    pub(super) sent: Vec<Sent>,
    /// When the connection of alice was closed or given up.
    pub(super) closed: Option<Time>,
    /// Every change of state: when, at which node, into which.
    pub(super) states: Vec<(Time, usize, &'static str)>,
}

impl Observer for Watch {
    fn interest(&self) -> Interest {
        Interest::Everything
    }
    fn observe(&mut self, now: Time, what: &Observation) {
        match what {
            Observation::TransmitStarted { channel, packet, .. } => {
                if let Payload::Ipv4(ip) = packet.payload
                    && let Transport::Tcp(segment) = ip.transport
                {
                    let forward = channel.is_forward();
                    self.sent.push(Sent { at: now, forward, segment, lost: false });
                }
            }
            Observation::Dropped { reason: DropReason::Loss, .. } => {
                if let Some(last) = self.sent.last_mut() {
                    last.lost = true;
                }
            }
            Observation::StateChanged { node, to, .. } => {
                self.states.push((now, node.index(), to));
                if *to == "CLOSED" && node.index() == 0 {
                    self.closed.get_or_insert(now);
                }
            }
            _ => {}
        }
    }
}

fn load(text: &str) -> Result<Scenario, String> {
    let no_files = |file: &str| Err(std::io::Error::other(format!("no file `{file}` here")));
    scenario::load(text.as_bytes(), "comparison.toml", &no_files, &Options::default())
        .map_err(|error| format!("{}\n{text}", error.render(false, 100)))
}

/// The results of a scenario.
pub(super) fn run(text: &str) -> Result<Summary, String> {
    let scenario = load(text)?;
    let mut simulation = Simulation::new(scenario.plan.clone());
    simulation.run_until(scenario.duration, &mut Nobody);
    Ok(summary(&scenario, &simulation))
}

/// The same, watched.
pub(super) fn watch(text: &str) -> Result<(Summary, Watch), String> {
    let scenario = load(text)?;
    let mut simulation = Simulation::new(scenario.plan.clone());
    let mut watch = Watch::default();
    simulation.run_until(scenario.duration, &mut watch);
    Ok((summary(&scenario, &simulation), watch))
}
