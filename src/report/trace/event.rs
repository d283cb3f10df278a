//! Observations as a trace sees them: to which packet, where, in which conversation.

use std::net::SocketAddrV4;

use crate::id::{FlowId, NodeId};
use crate::observe::{Observation, Place};
use crate::packet::icmp::Message;
use crate::packet::ipv4::{Protocol, Transport};
use crate::packet::{Packet, Payload};
use crate::report::names::Names;

/// How much of what happens is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Detail {
    /// Packets that are sent, received and dropped.
    #[default]
    Packets,
    /// Also how packets are made of others, which port they reach, and the states of connections.
    More,
    /// Everything that can be observed: also queues, timers and what processes read.
    Everything,
}

impl Detail {
    /// The least detail at which an observation is shown.
    #[must_use]
    pub const fn of(what: &Observation) -> Self {
        match what {
            Observation::TransmitStarted { .. }
            | Observation::Received { .. }
            | Observation::LoopedBack { .. }
            | Observation::Dropped { .. } => Self::Packets,
            Observation::Derived { .. }
            | Observation::Demultiplexed { .. }
            | Observation::Wrote { .. }
            | Observation::StateChanged { .. } => Self::More,
            Observation::Enqueued { .. }
            | Observation::RetransmissionTimer { .. }
            | Observation::Delivered { .. }
            | Observation::RoundTrip { .. }
            | Observation::Answered { .. } => Self::Everything,
        }
    }
}

/// The packet that something happened to.
pub(crate) const fn packet_of(what: &Observation) -> Option<&Packet> {
    match what {
        Observation::Enqueued { packet, .. }
        | Observation::TransmitStarted { packet, .. }
        | Observation::Received { packet, .. }
        | Observation::LoopedBack { packet, .. }
        | Observation::Derived { packet, .. }
        | Observation::Demultiplexed { packet, .. }
        | Observation::Dropped { packet, .. } => Some(packet),
        _ => None,
    }
}

/// The conversation that it belongs to.
pub(super) fn flow_of(what: &Observation) -> Option<FlowId> {
    match what {
        Observation::RetransmissionTimer { flow, .. }
        | Observation::Delivered { flow, .. }
        | Observation::StateChanged { flow, .. } => *flow,
        Observation::RoundTrip { flow, .. } | Observation::Answered { flow, .. } => Some(*flow),
        _ => packet_of(what).and_then(|packet| packet.label.flow),
    }
}

/// The nodes at which it happened: a packet that is lost on a link concerns both of its ends.
pub(super) fn nodes_of(what: &Observation, names: &Names) -> [Option<NodeId>; 2] {
    match what {
        Observation::Enqueued { channel, .. } | Observation::TransmitStarted { channel, .. } => {
            [Some(names.sender(*channel).0), None]
        }
        Observation::Received { node, .. }
        | Observation::LoopedBack { node, .. }
        | Observation::Demultiplexed { node, .. }
        | Observation::RetransmissionTimer { node, .. }
        | Observation::Delivered { node, .. }
        | Observation::StateChanged { node, .. } => [Some(*node), None],
        Observation::Dropped { place, .. } => match *place {
            Place::Channel(channel) => {
                [names.sender(channel), names.receiver(channel)].map(|(node, _)| Some(node))
            }
            Place::Node(node) | Place::Port { node, .. } => [Some(node), None],
        },
        Observation::Derived { .. }
        | Observation::Wrote { .. }
        | Observation::RoundTrip { .. }
        | Observation::Answered { .. } => [None, None],
    }
}

/// Whether it concerns a port, as source or destination. So does an ICMP error about a packet that
/// does, and a fragment of one.
pub(super) fn concerns(what: &Observation, protocol: Option<Protocol>, port: u16) -> bool {
    let ends = |local: &SocketAddrV4, remote: &SocketAddrV4| {
        protocol.is_none_or(|it| it == Protocol::Tcp)
            && (local.port() == port || remote.port() == port)
    };
    match what {
        Observation::Wrote { local, remote, .. }
        | Observation::RetransmissionTimer { local, remote, .. }
        | Observation::StateChanged { local, remote, .. } => ends(local, remote),
        _ => packet_of(what).is_some_and(|packet| packet_concerns(packet, protocol, port)),
    }
}

fn packet_concerns(packet: &Packet, protocol: Option<Protocol>, port: u16) -> bool {
    let Payload::Ipv4(ip) = &packet.payload else { return false };
    let (carried, ports) = match &ip.transport {
        Transport::Icmp(Message::Error { quote, .. }) if quote.protocol != Protocol::Icmp => {
            (quote.protocol, (quote.source_port, quote.destination_port))
        }
        Transport::Icmp(_) => return false,
        other => (other.protocol(), other.ports()),
    };
    protocol.is_none_or(|it| it == carried) && (ports.0 == port || ports.1 == port)
}
