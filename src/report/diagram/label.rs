//! A packet in words: flags, sequence numbers counted from the first of the connection, data.

use std::net::SocketAddrV4;

use super::conversation::ends_of;
use super::follow::{Base, Followed};
use super::model::Label;
use crate::packet::arp::{self, Operation};
use crate::packet::icmp::{self, Unreachable};
use crate::packet::ipv4::{Ecn, Transport};
use crate::packet::tcp::{Flags, SackBlock, Segment, SeqNum};
use crate::packet::udp::{Content, Datagram, DnsAnswer};
use crate::packet::{Packet, Payload};

/// The name with a place in the run's list of names.
pub(super) type DnsNames<'a> = &'a dyn Fn(u32) -> Option<String>;

/// What a segment is beside its header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// How many acknowledgments before it said the same, if it repeats them.
    pub(super) duplicate: u32,
    /// Its window is shut, or was shut before.
    pub(super) tells_window: bool,
}

/// What a packet says.
pub(super) fn label(
    packet: &Packet,
    followed: &Followed,
    facts: Facts,
    names: DnsNames<'_>,
) -> Label {
    let mut label = Label::default();
    match &packet.payload {
        Payload::Arp(message) => arp(&mut label, message),
        Payload::Bpdu(_) => label.push(9, "spanning tree"),
        Payload::Ipv4(ip) if ip.fragment_offset > 0 => {
            label.push(9, "fragment");
            label.push(8, format!("offset={}", ip.fragment_offset));
            label.push(7, format!("len={}", ip.data_length));
        }
        Payload::Ipv4(ip) => {
            match &ip.transport {
                Transport::Tcp(segment) => {
                    let ends = bases(followed, ends_of(ip)[0]);
                    tcp(&mut label, segment, ends, facts);
                }
                Transport::Udp(datagram) => udp(&mut label, datagram, names),
                Transport::Icmp(message) => icmp(&mut label, message),
            }
            if ip.is_fragment() {
                label.push(8, "first fragment");
            }
            if ip.ecn() == Ecn::Ce {
                label.push(6, "CE");
            }
        }
    }
    label
}

/// What the numbers of a sender count from, and those of the other end.
fn bases(followed: &Followed, sender: SocketAddrV4) -> [Base; 2] {
    let own = followed.end_of(sender);
    [followed.bases[own], followed.bases[1 - own]]
}

/// The number as it counts from the first of the connection.
fn relative(number: SeqNum, base: Base) -> u32 {
    number.value().wrapping_sub(base.seq.map_or(0, SeqNum::value))
}

fn tcp(label: &mut Label, segment: &Segment, [own, other]: [Base; 2], facts: Facts) {
    let takes_room = segment.sequence_length() > 0;
    // That a segment acknowledges something is said by its number, too.
    let is_plain = Flags { psh: false, ..segment.flags } == Flags::ACK;
    label.push(if is_plain { 5 } else { 9 }, flags(segment.flags));
    if takes_room || segment.flags.rst && !segment.flags.ack || segment.flags == Flags::NONE {
        label.push(8, format!("seq={}", relative(segment.seq, own)));
    }
    if segment.flags.ack {
        let matters = if takes_room { 3 } else { 8 };
        label.push(matters, format!("ack={}", relative(segment.ack, other)));
    }
    if segment.data_length > 0 {
        label.push(6, format!("len={}", segment.data_length));
    }
    if facts.tells_window {
        // Windows of segments with SYN are never scaled (RFC 7323 section 2.2).
        let scales = own.shift.is_some() && other.shift.is_some() && !segment.flags.syn;
        let shift = own.shift.filter(|_| scales).unwrap_or(0).min(14);
        label.push(7, format!("win={}", u64::from(segment.window) << shift));
    }
    if facts.duplicate > 0 {
        label.push(4, format!("dup {}", facts.duplicate));
    }
    if let [first, rest @ ..] = segment.options.sack.as_slice() {
        let SackBlock { start, end } = *first;
        let mut text = format!("sack={}-{}", relative(start, other), relative(end, other));
        if !rest.is_empty() {
            text.push_str(&format!("+{}", rest.len()));
        }
        label.push(2, text);
    }
}

/// The flags by their names, as textbooks write them.
fn flags(flags: Flags) -> String {
    let mut names = Vec::new();
    match (flags.syn, flags.ack) {
        (true, true) => names.push("SYN-ACK"),
        (true, false) => names.push("SYN"),
        _ => {}
    }
    let named = [
        (flags.fin, "FIN"),
        (flags.rst, "RST"),
        (flags.psh, "PSH"),
        (flags.urg, "URG"),
        (flags.ece, "ECE"),
        (flags.cwr, "CWR"),
        (flags.ack && !flags.syn, "ACK"),
    ];
    names.extend(named.into_iter().filter(|(set, _)| *set).map(|(_, name)| name));
    if names.is_empty() { "no flags".to_owned() } else { names.join(",") }
}

fn udp(label: &mut Label, datagram: &Datagram, names: DnsNames<'_>) {
    match datagram.content {
        Content::Numbered(_) => {
            label.push(9, "UDP");
            label.push(5, format!("{}→{}", datagram.source_port, datagram.destination_port));
        }
        Content::Dns(message) => {
            label.push(9, "DNS");
            let name = names(message.name).unwrap_or_default();
            match message.answer {
                None => label.push(8, format!("{name}?")),
                Some(DnsAnswer::Address(address)) => label.push(8, format!("{name} {address}")),
                Some(DnsAnswer::NoSuchName) => label.push(8, format!("{name}: no such name")),
            }
        }
    }
    label.push(6, format!("len={}", datagram.data_length));
}

fn icmp(label: &mut Label, message: &icmp::Message) {
    label.push(5, "ICMP");
    match message {
        icmp::Message::Echo { reply, sequence, data_length, .. } => {
            label.push(9, if *reply { "echo reply" } else { "echo request" });
            label.push(8, format!("seq={sequence}"));
            label.push(4, format!("len={data_length}"));
        }
        icmp::Message::Error { error, .. } => label.push(9, in_words(*error)),
    }
}

fn in_words(error: icmp::Error) -> String {
    let unreachable = match error {
        icmp::Error::TimeExceeded => return "TTL exceeded".to_owned(),
        icmp::Error::ReassemblyTimeExceeded => return "reassembly timed out".to_owned(),
        icmp::Error::DestinationUnreachable(why) => why,
    };
    match unreachable {
        Unreachable::Network => "network unreachable".to_owned(),
        Unreachable::Host => "host unreachable".to_owned(),
        Unreachable::Protocol => "protocol unreachable".to_owned(),
        Unreachable::Port => "port unreachable".to_owned(),
        Unreachable::FragmentationNeeded { mtu } => format!("fragmentation needed, MTU {mtu}"),
        Unreachable::AdministrativelyProhibited => "administratively prohibited".to_owned(),
    }
}

fn arp(label: &mut Label, message: &arp::Message) {
    label.push(9, "ARP");
    match message.operation {
        Operation::Request => label.push(8, format!("who has {}?", message.target_ip)),
        Operation::Reply => {
            label.push(8, format!("reply: {}", message.sender_ip));
            label.push(5, format!("is at {}", message.sender_mac));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::tcp::Options;

    fn segment(flags: Flags, seq: u32, ack: u32, data_length: u16) -> Segment {
        let (seq, ack) = (SeqNum::new(seq), SeqNum::new(ack));
        let options = Options::default();
        let (source_port, destination_port) = (40_000, 80);
        Segment { source_port, destination_port, seq, ack, flags, window: 3, options, data_length }
    }

    fn told(segment: &Segment, facts: Facts) -> String {
        let own = Base { seq: Some(SeqNum::new(u32::MAX)), shift: Some(7) };
        let other = Base { seq: Some(SeqNum::new(1000)), shift: Some(2) };
        let mut label = Label::default();
        tcp(&mut label, segment, [own, other], facts);
        label.full()
    }

    #[test]
    fn segments_read_like_a_textbook() {
        let none = Facts::default();
        assert_eq!(told(&segment(Flags::SYN, u32::MAX, 0, 0), none), "SYN seq=0");
        assert_eq!(told(&segment(Flags::SYN_ACK, u32::MAX, 1001, 0), none), "SYN-ACK seq=0 ack=1");
        assert_eq!(told(&segment(Flags::ACK, 0, 1001, 0), none), "ACK ack=1");
        let data = segment(Flags { psh: true, ..Flags::ACK }, 0, 1001, 100);
        assert_eq!(told(&data, none), "PSH,ACK seq=1 ack=1 len=100");
        let end = segment(Flags::FIN_ACK, 100, 1001, 0);
        assert_eq!(told(&end, none), "FIN,ACK seq=101 ack=1");
        assert_eq!(told(&segment(Flags::RST, 7, 0, 0), none), "RST seq=8");
        assert_eq!(told(&segment(Flags::NONE, 7, 0, 0), none), "no flags seq=8");
    }

    #[test]
    fn windows_are_scaled_and_blocks_counted_from_the_first_byte() {
        let facts = Facts { duplicate: 2, tells_window: true };
        let mut repeated = segment(Flags::ACK, 0, 1001, 0);
        for start in [2000, 4000] {
            let (start, end) = (SeqNum::new(start), SeqNum::new(start + 500));
            assert!(repeated.options.sack.push(SackBlock { start, end }));
        }
        assert_eq!(told(&repeated, facts), "ACK ack=1 win=384 dup 2 sack=1000-1500+1");
    }
}
