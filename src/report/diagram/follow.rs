//! What became of each packet of a conversation, in bounded memory.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use super::conversation::{Conversation, ends_of};
use super::model::{End, StateMark, TimerMark};
use crate::id::NodeId;
use crate::observe::{DropReason, Place};
use crate::packet::ipv4::Transport;
use crate::packet::tcp::SeqNum;
use crate::packet::{Packet, Payload};
use crate::report::names::Names;
use crate::units::Time;

/// So many packets are kept; later ones are only counted.
const MOST_FLIGHTS: usize = 50_000;
/// So many packets can be on their way at the same time.
const MOST_UNDERWAY: usize = 50_000;
/// So many changes of states, and so many expired timers, are kept.
const MOST_MARKS: usize = 2000;

/// Addresses of nodes.
pub(super) type Hosts = BTreeMap<Ipv4Addr, NodeId>;

/// A packet that left a lifeline.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) sent: Time,
    pub(super) end: End,
    pub(super) packet: Packet,
    /// When it will come off the link that it is on.
    arrives: Time,
}

/// A packet that came from somewhere that is not shown, or that a node threw away later.
#[derive(Debug, Clone)]
pub(super) struct Stray {
    pub(super) lifeline: usize,
    pub(super) at: Time,
    pub(super) packet: Packet,
    /// Why it was thrown away, if it was.
    pub(super) dropped: Option<DropReason>,
}

/// What both ends' numbers count from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Base {
    /// The first sequence number.
    pub(super) seq: Option<SeqNum>,
    /// The shift of the window field that it announced.
    pub(super) shift: Option<u8>,
}

/// One conversation, followed.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) conversation: Conversation,
    /// Who began it, and the other.
    pub(super) ends: [SocketAddrV4; 2],
    /// Who is shown, from left to right. None is an address that nobody has.
    pub(super) lifelines: Vec<Option<NodeId>>,
    from: Time,
    pub(super) flights: Vec<Flight>,
    /// Places of flights, by numbers of packets that are on their way.
    underway: BTreeMap<u64, usize>,
    /// The packet that arrived last, and its flight.
    arrived: Option<(u64, usize)>,
    pub(super) strays: Vec<Stray>,
    pub(super) states: Vec<StateMark>,
    /// By lifeline: the state it was in before the first of `states`.
    pub(super) first_states: Vec<Option<String>>,
    /// By lifeline: when its timer was armed, and when it will expire.
    armed: Vec<Option<(Time, Time)>>,
    pub(super) timers: Vec<TimerMark>,
    /// By end.
    pub(super) bases: [Base; 2],
    /// Packets that were sent when no more could be kept, and when the first of them was.
    pub(super) beyond: Option<(Time, u64)>,
}

impl Followed {
    pub(super) fn new(
        conversation: Conversation,
        ends: [SocketAddrV4; 2],
        lifelines: Vec<Option<NodeId>>,
        from: Time,
    ) -> Self {
        let count = lifelines.len();
        Self {
            conversation,
            ends,
            lifelines,
            from,
            flights: Vec::new(),
            underway: BTreeMap::new(),
            arrived: None,
            strays: Vec::new(),
            states: Vec::new(),
            first_states: vec![None; count],
            armed: vec![None; count],
            timers: Vec::new(),
            bases: [Base::default(); 2],
            beyond: None,
        }
    }

    /// Whether a node is shown.
    pub(super) fn has(&self, node: NodeId) -> bool {
        self.place_of(node).is_some()
    }

    fn place_of(&self, node: NodeId) -> Option<usize> {
        self.lifelines.iter().position(|&shown| shown == Some(node))
    }

    /// Which end has this address and port: that which began the conversation, or the other.
    pub(super) fn end_of(&self, end: SocketAddrV4) -> usize {
        usize::from(end != self.ends[0])
    }

    /// The lifeline of an end of the connection. A host that talks to itself has two.
    fn place_of_end(&self, node: NodeId, end: SocketAddrV4) -> Option<usize> {
        match self.lifelines.as_slice() {
            &[Some(a), Some(b)] if a == b => (a == node).then(|| self.end_of(end)),
            _ => self.place_of(node),
        }
    }

    /// The next lifeline on the way of a packet.
    fn next(&self, from: usize, packet: &Packet, hosts: &Hosts) -> usize {
        let destination = match &packet.payload {
            Payload::Ipv4(ip) => Some(ip.destination),
            Payload::Arp(message) => Some(message.target_ip),
            Payload::Bpdu(_) => None,
        };
        let node = destination.and_then(|address| hosts.get(&address));
        let to = match node {
            Some(&node) => self.place_of(node),
            None => self.lifelines.iter().position(Option::is_none),
        };
        let is_last = from + 1 == self.lifelines.len();
        match to {
            Some(to) if to < from => from - 1,
            _ if is_last => from.saturating_sub(1),
            _ => from + 1,
        }
    }

    fn note_base(&mut self, packet: &Packet) {
        let Payload::Ipv4(ip) = &packet.payload else { return };
        let Transport::Tcp(segment) = &ip.transport else { return };
        let end = self.end_of(ends_of(ip)[0]);
        let [own, other] = [end, 1 - end];
        // A SYN begins the count again: the same ports may serve two connections in turn.
        if segment.flags.syn {
            self.bases[own].seq = Some(segment.seq);
            self.bases[own].shift = segment.options.window_scale;
        }
        self.bases[own].seq.get_or_insert(segment.seq);
        if segment.flags.ack {
            let before = segment.ack.wrapping_add(u32::MAX);
            self.bases[other].seq.get_or_insert(before);
        }
    }

    fn takes_off(&mut self, flight: Flight) -> Option<usize> {
        if flight.sent < self.from || self.lifelines.len() < 2 {
            return None;
        }
        if self.flights.len() == MOST_FLIGHTS {
            let (_, count) = self.beyond.get_or_insert((flight.sent, 0));
            *count += 1;
            return None;
        }
        self.flights.push(flight);
        Some(self.flights.len() - 1)
    }

    /// The first bit of a packet leaves a node.
    pub(super) fn transmits(
        &mut self,
        now: Time,
        node: NodeId,
        packet: &Packet,
        arrives: Time,
        hosts: &Hosts,
    ) {
        self.note_base(packet);
        let number = packet.label.number;
        let Some(from) = self.place_of(node) else {
            if let Some(&flight) = self.underway.get(&number) {
                self.flights[flight].arrives = arrives;
            }
            return;
        };
        let to = self.next(from, packet, hosts);
        let flight = Flight { from, to, sent: now, end: End::Underway, packet: *packet, arrives };
        if let Some(flight) = self.takes_off(flight) {
            self.underway.insert(number, flight);
            if self.underway.len() > MOST_UNDERWAY {
                self.underway.pop_first();
            }
        }
    }

    /// The last bit of a packet reaches a node.
    pub(super) fn receives(&mut self, now: Time, node: NodeId, packet: &Packet, hosts: &Hosts) {
        let Some(to) = self.place_of(node) else { return };
        let number = packet.label.number;
        let Some(mut place) = self.underway.remove(&number) else {
            let Payload::Ipv4(ip) = &packet.payload else { return };
            let is_known = hosts.get(&ip.source).is_some_and(|&source| self.has(source));
            if !is_known {
                self.strays_in(Stray { lifeline: to, at: now, packet: *packet, dropped: None });
            }
            return;
        };
        if self.flights[place].from == to {
            return;
        }
        // A copy or another part of what has arrived already gets its own arrow.
        let is_part = matches!(&packet.payload, Payload::Ipv4(ip) if ip.is_fragment());
        let is_over = match self.flights[place].end {
            End::Underway => false,
            End::Lost { .. } => is_part,
            End::Arrived(_) | End::Refused { .. } => true,
        };
        if is_over {
            let copy = Flight { packet: *packet, ..self.flights[place].clone() };
            let Some(added) = self.takes_off(copy) else { return };
            place = added;
        }
        let flight = &mut self.flights[place];
        (flight.to, flight.end, flight.packet) = (to, End::Arrived(now), *packet);
        self.arrived = Some((number, place));
    }

    fn strays_in(&mut self, stray: Stray) {
        if stray.at >= self.from && self.strays.len() < MOST_MARKS {
            self.strays.push(stray);
        }
    }

    /// A packet that a host sent to itself comes back to it.
    pub(super) fn loops_back(&mut self, now: Time, packet: &Packet) {
        self.note_base(packet);
        let Payload::Ipv4(ip) = &packet.payload else { return };
        let from = self.end_of(ends_of(ip)[0]);
        let sent = packet.label.created.min(now);
        let end = End::Arrived(now);
        let flight = Flight { from, to: 1 - from, sent, end, packet: *packet, arrives: now };
        if let Some(place) = self.takes_off(flight) {
            self.arrived = Some((packet.label.number, place));
        }
    }

    /// A packet was made of another one.
    pub(super) fn derives(&mut self, of: u64, packet: &Packet) {
        if let Some(&flight) = self.underway.get(&of) {
            self.underway.insert(packet.label.number, flight);
        }
    }

    /// A packet ends without being delivered.
    pub(super) fn drops(
        &mut self,
        now: Time,
        place: Place,
        packet: &Packet,
        reason: DropReason,
        (names, hosts): (&Names, &Hosts),
    ) {
        let number = packet.label.number;
        if let Some(flight) = self.underway.remove(&number) {
            let flight = &mut self.flights[flight];
            if flight.end != End::Underway || reason == DropReason::NotForwarding {
                return;
            }
            // What the link loses is noted when it is sent; the cross is where it was half-way.
            let lost = match reason {
                DropReason::Loss => Time::from_ps(now.as_ps().midpoint(flight.arrives.as_ps())),
                _ => now,
            };
            let shown = [flight.from, flight.to].map(|end| self.lifelines[end]);
            let why = reason_at(reason, place, shown, names);
            flight.end = End::Lost { at: lost.max(flight.sent), why };
            return;
        }
        if let Some((arrived, flight)) = self.arrived
            && arrived == number
        {
            if self.flights[flight].end == End::Arrived(now) {
                let why = reason.words().to_owned();
                self.flights[flight].end = End::Refused { at: now, why };
            }
            return;
        }
        let node = match place {
            Place::Channel(channel) => names.sender(channel).0,
            Place::Node(node) | Place::Port { node, .. } => node,
        };
        let Some(from) = self.place_of(node) else { return };
        let is_own = match &packet.payload {
            Payload::Ipv4(ip) => hosts.get(&ip.source) == Some(&node),
            Payload::Arp(_) | Payload::Bpdu(_) => true,
        };
        if !is_own {
            let dropped = Some(reason);
            return self.strays_in(Stray { lifeline: from, at: now, packet: *packet, dropped });
        }
        self.note_base(packet);
        let to = self.next(from, packet, hosts);
        let end = End::Lost { at: now, why: reason.words().to_owned() };
        self.takes_off(Flight { from, to, sent: now, end, packet: *packet, arrives: now });
    }

    /// An end of the connection goes into another state.
    pub(super) fn changes_state(
        &mut self,
        now: Time,
        (node, end): (NodeId, SocketAddrV4),
        from: &str,
        to: &str,
    ) {
        let Some(lifeline) = self.place_of_end(node, end) else { return };
        // A connection that a SYN makes is new; but its port was being listened to.
        let from = if to == "SYN-RECEIVED" && from == "CLOSED" { "LISTEN" } else { from };
        let first = &mut self.first_states[lifeline];
        if now < self.from {
            *first = Some(to.to_owned());
            return;
        }
        first.get_or_insert_with(|| from.to_owned());
        if self.states.len() < MOST_MARKS {
            self.states.push(StateMark { lifeline, at: now, state: to.to_owned() });
        }
    }

    /// An end's retransmission timer will expire then.
    pub(super) fn sets_timer(
        &mut self,
        now: Time,
        (node, end): (NodeId, SocketAddrV4),
        deadline: Option<Time>,
    ) {
        let Some(lifeline) = self.place_of_end(node, end) else { return };
        let before = self.armed[lifeline];
        if let Some((armed, expired)) = before.filter(|&(_, expires)| expires <= now)
            && expired >= self.from
            && self.timers.len() < MOST_MARKS
        {
            self.timers.push(TimerMark { lifeline, armed, expired });
        }
        if before.map(|(_, expires)| expires) != deadline {
            self.armed[lifeline] = deadline.map(|expires| (now, expires));
        }
    }
}

/// Why a packet was lost, and where unless that was on the only link between those that are shown.
fn reason_at(
    reason: DropReason,
    place: Place,
    shown: [Option<NodeId>; 2],
    names: &Names,
) -> String {
    if let Place::Channel(channel) = place {
        let ends = [names.sender(channel).0, names.receiver(channel).0].map(Some);
        if ends == shown {
            return reason.words().to_owned();
        }
    }
    format!("{reason}, {}", names.place(place))
}
