//! Sequence numbers as people count them: from the SYN of each direction of a connection.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use super::packet_of;
use crate::observe::Observation;
use crate::packet::tcp::{Segment, SeqNum};
use crate::packet::{Packet, Payload, ipv4};

/// Directions of connections of one generation: after so many new ones the oldest may be forgotten.
const GENERATION: usize = 1 << 16;

/// One direction of a connection: who sends, and to whom.
type Way = (SocketAddrV4, SocketAddrV4);

/// The initial sequence numbers of connections, learned from their SYNs.
///
/// Memory is bounded: directions of which no segment was seen while some 65 536 others began are
/// forgotten, and their numbers shown as they are in the header.
#[derive(Debug, Clone, Default)]
pub struct Sequences {
    young: BTreeMap<Way, SeqNum>,
    old: BTreeMap<Way, SeqNum>,
}

impl Sequences {
    /// None known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks at what happened before it is described.
    pub fn observe(&mut self, what: &Observation) {
        if let Some(packet) = packet_of(what) {
            self.learn(packet);
        }
    }

    /// Looks at a packet before it is described.
    pub fn learn(&mut self, packet: &Packet) {
        let Payload::Ipv4(ip) = &packet.payload else { return };
        let Some(ipv4::Transport::Tcp(segment)) = ip.visible_transport() else { return };
        let (way, back) = ways(ip, segment);
        if segment.flags.syn {
            self.put(way, segment.seq);
        }
        for known in [way, back] {
            if let Some(first) = self.old.remove(&known) {
                self.young.entry(known).or_insert(first);
            }
        }
    }

    fn put(&mut self, way: Way, first: SeqNum) {
        if self.young.len() >= GENERATION && !self.young.contains_key(&way) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(way, first);
    }

    fn first(&self, way: &Way) -> Option<SeqNum> {
        self.young.get(way).or_else(|| self.old.get(way)).copied()
    }

    /// The sequence number of a segment, and what it acknowledges, each counted from the SYN of its own
    /// direction; as they are if no SYN was seen.
    #[must_use]
    pub fn relative(&self, ip: &ipv4::Packet, segment: &Segment) -> Relative {
        let (way, back) = ways(ip, segment);
        Relative {
            own: self.first(&way).map_or(0, SeqNum::value),
            other: self.first(&back).map_or(0, SeqNum::value),
        }
    }
}

/// Where the two directions of a segment's connection begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relative {
    own: u32,
    other: u32,
}

impl Relative {
    /// A number of the segment's own direction.
    #[must_use]
    pub const fn seq(self, number: SeqNum) -> u32 {
        number.value().wrapping_sub(self.own)
    }
    /// A number of the other direction: what is acknowledged.
    #[must_use]
    pub const fn ack(self, number: SeqNum) -> u32 {
        number.value().wrapping_sub(self.other)
    }
}

fn ways(ip: &ipv4::Packet, segment: &Segment) -> (Way, Way) {
    let from = SocketAddrV4::new(ip.source, segment.source_port);
    let to = SocketAddrV4::new(ip.destination, segment.destination_port);
    ((from, to), (to, from))
}
