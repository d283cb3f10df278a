//! What crosses a link: the TCP connections that always have something to send, and their round trips.
//! Rules of thumb ask for these.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;

use super::place::Place;
use crate::id::ChannelId;
use crate::observe::results::Summary;
use crate::observe::{Interest, Observation, Observer};
use crate::packet::ipv4::Transport;
use crate::packet::{Packet, Payload};
use crate::run::{self, Progress};
use crate::scenario::Scenario;
use crate::sim::Simulation;
use crate::units::Time;

/// Parts into which the time that counts is divided to tell who sends all the time.
const PARTS: u64 = 50;

/// What crosses one direction of a link.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traffic {
    /// Long TCP connections: those that send data over the link in at least half of fifty equal parts of
    /// the time that counts.
    pub connections: usize,
    /// The mean of the least round trips of their flows \[s\], if these have any.
    pub rtt_seconds: Option<f64>,
}

/// Watches a run of a scenario, whose results count from `warm_up` on. None if `progress` said to stop.
#[must_use]
pub fn survey(
    scenario: &Scenario,
    place: &Place,
    warm_up: Time,
    progress: Progress<'_>,
) -> Option<Traffic> {
    let mut simulation = Simulation::new(scenario.plan.clone());
    run::simulate(&mut simulation, warm_up, progress);
    simulation.restart_counts();
    let mut watcher = Watcher {
        channel: ChannelId::of(place.link, place.is_forward),
        from: warm_up,
        part: Time::from_ps((scenario.duration.saturating_sub(warm_up).as_ps() / PARTS).max(1)),
        senders: BTreeMap::new(),
    };
    run::observe(&mut simulation, scenario.duration, &mut watcher, progress);
    (simulation.now() >= scenario.duration).then(|| {
        let summary = simulation.summary();
        watcher.traffic(scenario, &summary)
    })
}

/// Runs a scenario and nothing else. None if `progress` said to stop.
#[must_use]
pub fn summary(scenario: &Scenario, warm_up: Time, progress: Progress<'_>) -> Option<Summary> {
    let mut simulation = Simulation::new(scenario.plan.clone());
    run::simulate(&mut simulation, warm_up, progress);
    simulation.restart_counts();
    run::simulate(&mut simulation, scenario.duration, progress);
    (simulation.now() >= scenario.duration).then(|| simulation.summary())
}

/// One direction of a connection.
type Ends = (SocketAddrV4, SocketAddrV4);

/// Notes which connections send data over a link, and when.
struct Watcher {
    channel: ChannelId,
    from: Time,
    part: Time,
    /// The flow, and the parts of the time in which it sent.
    senders: BTreeMap<Ends, (Option<usize>, BTreeSet<u64>)>,
}

impl Observer for Watcher {
    fn interest(&self) -> Interest {
        Interest::Everything
    }

    fn observe(&mut self, now: Time, what: &Observation) {
        let Observation::TransmitStarted { channel, packet, .. } = what else { return };
        if *channel != self.channel || now < self.from {
            return;
        }
        if let Some(ends) = data_of(packet) {
            let part = now.saturating_sub(self.from).as_ps() / self.part.as_ps();
            let flow = packet.label.flow.map(|flow| flow.index());
            let sender = self.senders.entry(ends).or_insert_with(|| (flow, BTreeSet::new()));
            sender.1.insert(part);
        }
    }
}

/// Whose data a packet carries, if it is of TCP and carries some.
fn data_of(packet: &Packet) -> Option<Ends> {
    let Payload::Ipv4(packet) = &packet.payload else { return None };
    let Transport::Tcp(segment) = &packet.transport else { return None };
    let from = SocketAddrV4::new(packet.source, segment.source_port);
    let to = SocketAddrV4::new(packet.destination, segment.destination_port);
    (segment.data_length > 0).then_some((from, to))
}

impl Watcher {
    fn traffic(&self, scenario: &Scenario, summary: &Summary) -> Traffic {
        let long = self.senders.values().filter(|(_, parts)| parts.len() as u64 >= PARTS / 2);
        let flows: Vec<usize> = long.clone().filter_map(|(flow, _)| *flow).collect();
        let rtt =
            |flow: &usize| summary.flows.get(&scenario.plan.apps[*flow].name)?.min_rtt_seconds;
        let rtts: Vec<f64> = flows.iter().filter_map(rtt).collect();
        let mean = rtts.iter().sum::<f64>() / rtts.len().max(1) as f64;
        Traffic { connections: long.count(), rtt_seconds: (!rtts.is_empty()).then_some(mean) }
    }
}
