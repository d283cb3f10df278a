//! TCP connections in a capture: which segments belong together, and who opened them.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use super::read::Captured;
use crate::packet::icmp::{Error, Message};
use crate::packet::ipv4::{Protocol, Transport};
use crate::packet::tcp::{Segment, SeqNum};

/// The segments between two ends, from the SYN of one of them on.
#[derive(Debug, Clone)]
pub(super) struct Trace {
    /// The end that opened the connection, or seems to have.
    pub(super) client: SocketAddrV4,
    /// The other.
    pub(super) server: SocketAddrV4,
    /// The places of the segments among the packets of the capture, and whether the client sent them.
    pub(super) segments: Vec<(usize, bool)>,
    /// The ICMP error about it that came first.
    pub(super) refused: Option<Error>,
    /// The first sequence number of its SYN.
    opened: Option<SeqNum>,
    /// Whether it has been ended by a FIN or RST.
    ending: bool,
}

/// The segment that a packet carries.
pub(super) fn segment(captured: &Captured) -> Option<&Segment> {
    match captured.packet.visible_transport()? {
        Transport::Tcp(segment) => Some(segment),
        Transport::Udp(_) | Transport::Icmp(_) => None,
    }
}

fn ends(captured: &Captured, segment: &Segment) -> (SocketAddrV4, SocketAddrV4) {
    let from = SocketAddrV4::new(captured.packet.source, segment.source_port);
    (from, SocketAddrV4::new(captured.packet.destination, segment.destination_port))
}

/// All connections, in the order of their first segments.
pub(super) fn traces(packets: &[Captured]) -> Vec<Trace> {
    let mut traces: Vec<Trace> = Vec::new();
    // The connection that two ends have at present.
    let mut present: BTreeMap<(SocketAddrV4, SocketAddrV4), usize> = BTreeMap::new();
    for (place, captured) in packets.iter().enumerate() {
        if let Some((from, to, error)) = complaint(captured) {
            let found = present.get(&(from.min(to), from.max(to)));
            if let Some(trace) = found.and_then(|index| traces.get_mut(*index)) {
                trace.refused = trace.refused.or(Some(error));
            }
            continue;
        }
        let Some(segment) = segment(captured) else { continue };
        let (from, to) = ends(captured, segment);
        let key = (from.min(to), from.max(to));
        let index = match present.get(&key) {
            Some(&index) if !begins_anew(&traces[index], segment) => index,
            _ => {
                traces.push(Trace::new(from, to, segment));
                present.insert(key, traces.len() - 1);
                traces.len() - 1
            }
        };
        traces[index].add(place, from, segment);
    }
    traces
}

/// Whether a SYN belongs to another connection between the same ends.
fn begins_anew(trace: &Trace, segment: &Segment) -> bool {
    let is_syn = segment.flags.syn && !segment.flags.ack;
    is_syn && trace.ending && trace.opened.is_some_and(|seq| seq != segment.seq)
}

/// An error about a segment: its sender, where it was to go, and what is wrong.
fn complaint(captured: &Captured) -> Option<(SocketAddrV4, SocketAddrV4, Error)> {
    match captured.packet.visible_transport()? {
        Transport::Icmp(Message::Error { error, quote }) if quote.protocol == Protocol::Tcp => {
            let from = SocketAddrV4::new(quote.source, quote.source_port);
            let to = SocketAddrV4::new(quote.destination, quote.destination_port);
            Some((from, to, *error))
        }
        _ => None,
    }
}

impl Trace {
    /// A connection whose first segment is seen: a SYN tells who opens it, a SYN-ACK who did not. If
    /// its beginning was not captured, the lower port is the server's.
    fn new(from: SocketAddrV4, to: SocketAddrV4, segment: &Segment) -> Self {
        let sender_opened = match (segment.flags.syn, segment.flags.ack) {
            (true, acks) => !acks,
            (false, _) => from.port() >= to.port(),
        };
        let (client, server) = if sender_opened { (from, to) } else { (to, from) };
        let opened = (segment.flags.syn && !segment.flags.ack).then_some(segment.seq);
        Self { client, server, segments: Vec::new(), refused: None, opened, ending: false }
    }

    fn add(&mut self, place: usize, from: SocketAddrV4, segment: &Segment) {
        self.ending |= segment.flags.fin || segment.flags.rst;
        self.segments.push((place, from == self.client));
    }

    /// Whether its first segment is the SYN that opens it.
    pub(super) const fn begins_with_syn(&self) -> bool {
        self.opened.is_some()
    }
}
