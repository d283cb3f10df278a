//! Which packets are kin: parts, copies and wholes of each other, and segments with the same data.

use std::collections::BTreeSet;
use std::net::SocketAddrV4;

use super::life::made_of;
use crate::observe::Observation;
use crate::packet::ipv4::Transport;
use crate::packet::tcp::SeqNum;
use crate::packet::{Packet, Payload};
use crate::report::trace::packet_of;

/// A packet flooded into a loop of switches has kin without end: no more are followed.
const MOST: usize = 1000;

/// The numbers of a packet's kin.
#[derive(Debug)]
pub(super) struct Family {
    number: u64,
    kin: BTreeSet<u64>,
    /// The data that it carries, if it is a segment: whoever carries it too is kin.
    data: Option<Data>,
    /// Packets of which more than what is still to come has to be known.
    late: bool,
}

/// The first byte of data, SYN or FIN in one direction of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Data {
    from: SocketAddrV4,
    to: SocketAddrV4,
    first: SeqNum,
}

impl Family {
    pub(super) fn of(number: u64) -> Self {
        Self { number, kin: BTreeSet::from([number]), data: None, late: false }
    }

    pub(super) const fn begin(&mut self) {
        self.late = false;
    }

    pub(super) const fn grew_late(&self) -> bool {
        self.late
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        self.kin.contains(&number)
    }

    /// Whether there were more kin than are followed.
    pub(super) fn is_full(&self) -> bool {
        self.kin.len() >= MOST
    }

    pub(super) fn observe(&mut self, what: &Observation) {
        let Some(packet) = packet_of(what) else { return };
        let number = packet.label.number;
        if let Some(of) = made_of(what) {
            match (self.kin.contains(&of), self.kin.contains(&number)) {
                (true, false) => self.add(number, false),
                // Whoever a packet was made of has lived before.
                (false, true) => self.add(of, true),
                _ => {}
            }
        }
        if number == self.number && self.data.is_none() {
            self.data = Data::of(packet);
            // Others may have carried the same before this one.
            self.late |= self.data.is_some();
        }
        if self.data.is_some_and(|data| data.is_in(packet)) {
            self.add(number, false);
        }
    }

    fn add(&mut self, number: u64, late: bool) {
        if !self.is_full() && self.kin.insert(number) {
            self.late |= late;
        }
    }
}

impl Data {
    /// The first thing in the segment that takes up a sequence number, if there is any.
    fn of(packet: &Packet) -> Option<Self> {
        let (from, to, segment) = segment_in(packet)?;
        (segment.sequence_length() > 0).then_some(Self { from, to, first: segment.seq })
    }

    /// Whether the packet carries it too.
    fn is_in(self, packet: &Packet) -> bool {
        segment_in(packet).is_some_and(|(from, to, segment)| {
            let distance = self.first.distance_from(segment.seq);
            (from, to) == (self.from, self.to)
                && distance >= 0
                && distance.cast_unsigned() < segment.sequence_length()
        })
    }
}

fn segment_in(
    packet: &Packet,
) -> Option<(SocketAddrV4, SocketAddrV4, &crate::packet::tcp::Segment)> {
    let Payload::Ipv4(ip) = &packet.payload else { return None };
    let Some(Transport::Tcp(segment)) = ip.visible_transport() else { return None };
    let from = SocketAddrV4::new(ip.source, segment.source_port);
    let to = SocketAddrV4::new(ip.destination, segment.destination_port);
    Some((from, to, segment))
}
