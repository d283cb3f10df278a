//! One packet in words, as `tcpdump -n` would print it: the same in traces, in the life of a packet,
//! in comparisons and in captures.
//!
//! | file | holds |
//! | --- | --- |
//! | `tcp` | flags, numbers and options of segments |
//! | `icmp` | questions, answers and errors |
//!
//! As in tcpdump, an address and a port are one word, `10.0.1.2.80`; a window is the number in the header,
//! not scaled. What differs: sequence numbers count from the SYN, which has 0; and fragments are written
//! as older versions did, `(frag 7:1480@2960+)`, with identification, bytes and offset.

mod icmp;
mod tcp;

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use super::sequences::Sequences;
use crate::packet::arp::{self, Operation};
use crate::packet::bpdu::{self, Bpdu, BridgeId};
use crate::packet::ipv4::{Ecn, Transport};
use crate::packet::udp::{Content, Datagram, DnsAnswer, DnsMessage};
use crate::packet::{Packet, Payload, ipv4};

/// Bytes of the LLC header before a spanning-tree message.
const LLC: u64 = 3;
/// A TTL up to this is worth telling: the next router may be the last.
const LOW_TTL: u8 = 1;

/// What is known beside the packet.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The beginnings of connections.
    pub sequences: &'a Sequences,
    /// The DNS name with a place in the run's list, see [`Simulation::dns_name`](crate::sim::Simulation::dns_name).
    pub dns: &'a dyn Fn(u32) -> Option<&'a str>,
    /// Whether to add what `tcpdump -v` does of the IP header: TTL, identification, DF.
    pub headers: bool,
}

/// A packet in words: addresses, ports and what the headers say.
#[must_use]
pub fn describe(packet: &Packet, cx: &Context<'_>) -> String {
    match &packet.payload {
        Payload::Arp(message) => arp(message),
        Payload::Bpdu(message) => spanning_tree(message),
        Payload::Ipv4(ip) => {
            let mut text = in_ip(ip, cx);
            if let Some(purpose) = packet.label.purpose.words() {
                let _ = write!(text, " ({purpose})");
            }
            text
        }
    }
}

fn arp(message: &arp::Message) -> String {
    let (asks, target) = (message.sender_ip, message.target_ip);
    let length = arp::LENGTH;
    match message.operation {
        Operation::Request => format!("ARP, Request who-has {target} tell {asks}, length {length}"),
        Operation::Reply => {
            format!("ARP, Reply {asks} is-at {}, length {length}", message.sender_mac)
        }
    }
}

fn spanning_tree(message: &Bpdu) -> String {
    let Bpdu::Configuration(it) = message else {
        return "STP 802.1d, Topology Change, length 4".into();
    };
    let flags = match (it.topology_change, it.topology_change_ack) {
        (false, false) => "none",
        (true, false) => "Topology change",
        (false, true) => "Topology change ACK",
        (true, true) => "Topology change, Topology change ACK",
    };
    format!(
        "STP 802.1d, Config, Flags [{flags}], bridge-id {}.{:02x}{:02x}, root-id {}, root-pathcost {}, \
         length {}",
        bridge(it.bridge),
        it.port.priority,
        it.port.number,
        bridge(it.root),
        it.root_path_cost,
        bpdu::LENGTH - LLC
    )
}

fn bridge(id: BridgeId) -> String {
    format!("{:04x}.{}", id.priority, id.mac)
}

fn in_ip(ip: &ipv4::Packet, cx: &Context<'_>) -> String {
    let mut text = String::new();
    if cx.headers {
        header(&mut text, ip);
    }
    match ip.visible_transport() {
        Some(Transport::Tcp(segment)) => tcp::describe(&mut text, ip, segment, cx.sequences),
        Some(Transport::Udp(datagram)) => udp(&mut text, ip, datagram, cx),
        Some(Transport::Icmp(message)) => {
            between(&mut text, ip, None);
            icmp::describe(&mut text, message);
        }
        None => {
            between(&mut text, ip, None);
            let _ = write!(text, "{}", ip.transport.protocol());
        }
    }
    if ip.is_fragment() {
        let more = if ip.more_fragments { "+" } else { "" };
        let (id, length, offset) = (ip.identification, ip.data_length, ip.fragment_offset);
        let _ = write!(text, " (frag {id}:{length}@{offset}{more})");
    }
    if ip.ttl <= LOW_TTL && !cx.headers {
        let _ = write!(text, " [ttl {}]", ip.ttl);
    }
    if ip.ecn() == Ecn::Ce && !cx.headers {
        text.push_str(" [CE]");
    }
    text
}

/// The IP header, as `tcpdump -v` begins.
fn header(text: &mut String, ip: &ipv4::Packet) {
    let ecn = match ip.ecn() {
        Ecn::NotEct => "",
        Ecn::Ect1 => ",ECT(1)",
        Ecn::Ect0 => ",ECT(0)",
        Ecn::Ce => ",CE",
    };
    let flags = match (ip.dont_fragment, ip.more_fragments) {
        (false, false) => "none",
        (true, false) => "DF",
        (false, true) => "+",
        (true, true) => "+, DF",
    };
    let _ = write!(
        text,
        "(tos 0x{:x}{ecn}, ttl {}, id {}, offset {}, flags [{flags}], length {}) ",
        ip.traffic_class,
        ip.ttl,
        ip.identification,
        ip.fragment_offset,
        ip.total_length()
    );
}

/// `10.0.1.2.49152 > 10.0.2.2.80: `
fn between(text: &mut String, ip: &ipv4::Packet, ports: Option<(u16, u16)>) {
    let (from, to): (Ipv4Addr, Ipv4Addr) = (ip.source, ip.destination);
    let _ = match ports {
        Some((source, destination)) => write!(text, "{from}.{source} > {to}.{destination}: "),
        None => write!(text, "{from} > {to}: "),
    };
}

fn udp(text: &mut String, ip: &ipv4::Packet, datagram: &Datagram, cx: &Context<'_>) {
    between(text, ip, Some((datagram.source_port, datagram.destination_port)));
    let length = datagram.data_length;
    let _ = match datagram.content {
        Content::Numbered(_) => write!(text, "UDP, length {length}"),
        Content::Dns(message) => {
            dns(text, &message, cx);
            write!(text, " ({length})")
        }
    };
}

fn dns(text: &mut String, message: &DnsMessage, cx: &Context<'_>) {
    let id = message.id;
    let _ = match message.answer {
        None => write!(text, "{id}+ A? {}.", (cx.dns)(message.name).unwrap_or("?")),
        Some(DnsAnswer::Address(address)) => write!(text, "{id} 1/0/0 A {address}"),
        Some(DnsAnswer::NoSuchName) => write!(text, "{id} NXDomain 0/0/0"),
    };
}
