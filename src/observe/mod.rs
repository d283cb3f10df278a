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
pub use times::{Times, counted};

use std::fmt;
use std::net::SocketAddrV4;
use std::sync::Arc;

use crate::id::{ChannelId, FlowId, InterfaceId, NodeId};
use crate::packet::Packet;
use crate::packet::ipv4::Protocol;
use crate::packet::tcp::SeqNum;
use crate::units::Time;

/// Why a packet ended without being delivered. The words are the same in every output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropReason {
    /// The queue before a link had no room.
    QueueFull,
    /// A queue dropped it before it was full, to slow its sender down (RED, PIE).
    EarlyDrop,
    /// It had waited too long when its turn came (CoDel).
    Overdue,
    /// A full queue dropped it to make room for another packet.
    Displaced,
    /// It came faster than a policer or a shaper lets pass.
    Policed,
    /// The memory that the queues of its node share had no room for it.
    SharedBufferFull,
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
    /// A SYN found the listener's SYN queue full.
    SynQueueFull,
    /// A SYN, or the ACK that would have ended a handshake, found the listener's accept queue full.
    AcceptQueueFull,
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
            Self::EarlyDrop => "early drop",
            Self::Overdue => "waited too long",
            Self::Displaced => "made room for another",
            Self::Policed => "over the rate",
            Self::SharedBufferFull => "shared buffer full",
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
            Self::SynQueueFull => "SYN queue full",
            Self::AcceptQueueFull => "accept queue full",
            Self::TooLong => "longer than the next link's MTU",
            Self::NotForwarding => "not for this host",
        }
    }

    /// Whether the queue before a link decided it.
    #[must_use]
    pub const fn is_by_queue(self) -> bool {
        matches!(
            self,
            Self::QueueFull
                | Self::EarlyDrop
                | Self::Overdue
                | Self::Displaced
                | Self::Policed
                | Self::SharedBufferFull
        )
    }
}

/// Why a queue marked a packet with "congestion experienced" (RFC 3168).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MarkReason {
    /// It found, or had waited for, more than a fixed threshold.
    Threshold,
    /// In the place of [`DropReason::EarlyDrop`].
    Early,
    /// In the place of [`DropReason::Overdue`].
    Overdue,
}

impl MarkReason {
    /// The reason in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Threshold => "beyond the threshold",
            Self::Early => "in the place of an early drop",
            Self::Overdue => "waited too long",
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

/// How a packet was made of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kinship {
    /// It is a part of one that was too long for its link.
    Fragment,
    /// It is whole again; the other was its last part to come.
    Reassembled,
    /// The link delivered it twice.
    Duplicate,
    /// A hub sent it out of another interface.
    Repeated,
    /// A switch sent it out of several interfaces.
    Flooded,
}

impl Kinship {
    /// In words, as in "a fragment of #7".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Fragment => "a fragment of",
            Self::Reassembled => "put together with",
            Self::Duplicate => "a duplicate of",
            Self::Repeated => "a hub's repetition of",
            Self::Flooded => "a switch's copy of",
        }
    }
}

/// Something that happened to a packet, as a value: packets are copied, so that what is observed can
/// be kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// A node handed a packet to an interface's queue.
    Enqueued {
        /// The direction of the link.
        channel: ChannelId,
        /// The packet.
        packet: Packet,
        /// Packets that it found waiting.
        waiting_packets: u64,
        /// Bytes that it found waiting, on the wire.
        waiting_bytes: u64,
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
    /// A packet that a node sent to itself came back to it.
    LoopedBack {
        /// The node.
        node: NodeId,
        /// The packet.
        packet: Packet,
    },
    /// A packet was made of another, as a copy or a part.
    Derived {
        /// The number of the other.
        of: u64,
        /// The new one.
        packet: Packet,
        /// How it was made.
        kinship: Kinship,
    },
    /// A packet reached the socket that it was for.
    Demultiplexed {
        /// The node.
        node: NodeId,
        /// UDP or TCP; ICMP for what `ping` gets, whose port is its identifier.
        protocol: Protocol,
        /// The port.
        port: u16,
        /// The packet.
        packet: Packet,
    },
    /// A process wrote a text into a stream.
    Wrote {
        /// The end that wrote.
        local: SocketAddrV4,
        /// The other end.
        remote: SocketAddrV4,
        /// The sequence number of its first byte.
        first: SeqNum,
        /// What it says: as many bytes of the stream.
        text: Arc<str>,
    },
    /// A connection has done something: this is when its retransmission timer will expire now.
    RetransmissionTimer {
        /// The node.
        node: NodeId,
        /// Its end.
        local: SocketAddrV4,
        /// The other end.
        remote: SocketAddrV4,
        /// The conversation.
        flow: Option<FlowId>,
        /// When it will expire, if it is armed.
        deadline: Option<Time>,
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
    /// A process has the whole answer to what it asked for: a web page, a response.
    Answered {
        /// The conversation.
        flow: FlowId,
        /// From the question to the end of the answer.
        took: Time,
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
    /// What goes onto links and comes off them as well, and what the bytes on them mean.
    Wire,
    /// Every step of every packet: queues and timers as well.
    Everything,
}

/// Two observers, each told what it wants to know.
#[derive(Debug)]
pub struct Both<'a, A, B>(pub &'a mut A, pub &'a mut B);

impl<A: Observer, B: Observer> Observer for Both<'_, A, B> {
    fn interest(&self) -> Interest {
        self.0.interest().max(self.1.interest())
    }
    fn observe(&mut self, now: Time, what: &Observation) {
        self.0.observe(now, what);
        self.1.observe(now, what);
    }
}

/// Somebody who wants to know what happens.
pub trait Observer {
    /// How much this observer wants to know; asked once per run.
    fn interest(&self) -> Interest;
    /// Told of every observation of interest, and perhaps of others, in the order in which things
    /// happened.
    fn observe(&mut self, now: Time, what: &Observation);
}
