//! Everything that can be seen of a run, as values.
//!
//! Models never print and never keep what only a picture needs: they tell an [`Observer`] what
//! happened. Counters that every run keeps, and the results made of them, are in [`results`].

mod flow;
pub mod results;
mod sockets;
mod times;

pub use flow::{FlowStats, Spread};
pub use sockets::{ConnectionInfo, SocketRow};
pub use times::Times;

use std::fmt;

use std::net::SocketAddrV4;

use crate::id::{ChannelId, FlowId, InterfaceId, NodeId};
use crate::packet::Packet;
use crate::packet::ipv4::Protocol;
use crate::units::Time;

/// Why a packet ended without being delivered. The words are the same in every output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropReason {
    /// The queue before a link had no room.
    QueueFull,
    /// The link's loss model took it.
    Loss,
    /// Damaged on the wire; the receiver's checksum told.
    Corrupt,
    /// The link went down with the packet on it, or was down.
    LinkDown,
    /// The TTL reached zero at a router.
    TtlExceeded,
    /// No route to the destination.
    NoRoute,
    /// No ARP answer from the next hop.
    NoNeighbor,
    /// Too many packets wait for the same ARP answer.
    NeighborQueueFull,
    /// Too large for the next link and not to be fragmented.
    FragmentationNeeded,
    /// Fragments did not all arrive in time.
    ReassemblyTimeout,
    /// A packet filter dropped or rejected it.
    Filtered,
    /// No process has bound the destination port.
    PortClosed,
    /// The port's receive buffer was full.
    BufferFull,
    /// Longer than the MTU of the link that a switch would send it on.
    TooLong,
    /// A host received a packet for another host and does not forward.
    NotForwarding,
}

impl DropReason {
    /// The reason in words, used in traces, captures and reports.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::QueueFull => "queue full",
            Self::Loss => "lost on the link",
            Self::Corrupt => "damaged, checksum failed",
            Self::LinkDown => "link down",
            Self::TtlExceeded => "TTL exceeded",
            Self::NoRoute => "no route",
            Self::NoNeighbor => "no ARP answer",
            Self::NeighborQueueFull => "too many packets wait for ARP",
            Self::FragmentationNeeded => "fragmentation needed but DF set",
            Self::ReassemblyTimeout => "reassembly timed out",
            Self::Filtered => "filtered",
            Self::PortClosed => "port closed",
            Self::BufferFull => "receive buffer full",
            Self::TooLong => "longer than the next link's MTU",
            Self::NotForwarding => "not for this host",
        }
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// Where something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// On, or in the queue before, one direction of a link.
    Channel(ChannelId),
    /// In a node.
    Node(NodeId),
    /// At a port of a node.
    Port {
        /// The node.
        node: NodeId,
        /// TCP or UDP.
        protocol: Protocol,
        /// The port number.
        port: u16,
    },
}

/// Something that happened to a packet, as a value: packets are copied, so that what is observed can
/// be kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Observation {
    /// A node handed a packet to an interface's queue.
    Enqueued {
        /// The direction of the link.
        channel: ChannelId,
        /// The packet.
        packet: Packet,
    },
    /// The first bit of a packet went onto a link.
    TransmitStarted {
        /// The direction of the link.
        channel: ChannelId,
        /// The packet.
        packet: Packet,
        /// How long it waited in the queue.
        waited: Time,
        /// When its last bit will arrive, unless it is lost.
        arrives: Time,
    },
    /// The last bit of a packet reached a node.
    Received {
        /// The node.
        node: NodeId,
        /// The interface it came in by.
        interface: InterfaceId,
        /// The packet.
        packet: Packet,
    },
    /// A packet ended without being delivered.
    Dropped {
        /// Where.
        place: Place,
        /// The packet.
        packet: Packet,
        /// Why.
        reason: DropReason,
    },
    /// A process read a datagram from its port.
    Delivered {
        /// The node of the process.
        node: NodeId,
        /// The conversation.
        flow: Option<FlowId>,
        /// Data that the process got \[bytes\].
        bytes: u64,
        /// From the sender's call to the reader's return.
        delay: Time,
    },
    /// A connection has moved to another state.
    StateChanged {
        /// The node.
        node: NodeId,
        /// Its end.
        local: SocketAddrV4,
        /// The other end.
        remote: SocketAddrV4,
        /// The conversation.
        flow: Option<FlowId>,
        /// The state it was in, by the name that RFC 9293 gives it.
        from: &'static str,
        /// The state it is in.
        to: &'static str,
    },
    /// A process learned a round-trip time.
    RoundTrip {
        /// The conversation.
        flow: FlowId,
        /// The time there and back.
        rtt: Time,
    },
}

/// How much of a run is observed: what nobody wants is not even noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Interest {
    /// Nothing.
    #[default]
    Nothing,
    /// How packets end: drops, deliveries and round trips.
    Outcomes,
    /// Every step of every packet.
    Everything,
}

/// Somebody who wants to know what happens.
pub trait Observer {
    /// How much this observer wants to know; asked once per run.
    fn interest(&self) -> Interest;
    /// Told of every observation of interest, in the order in which things happened.
    fn observe(&mut self, now: Time, what: &Observation);
}
