//! What disciplines see of a packet: the flow it belongs to, its priority, whether it is one of a class.

use schemars::JsonSchema;
use serde::Deserialize;

use super::QueueSpec;
use super::child::faults_within;
use crate::kinds::Fault;
use crate::packet::dscp::Dscp;
use crate::packet::ipv4::Protocol;
use crate::packet::{Packet, Payload, ipv4};
use crate::rng::mix;

/// A hash of what the packets of one direction of a conversation have in common: addresses, protocol, ports.
///
/// Fragments carry no ports but the first; all of them hash alike without. What is not IP is a flow of
/// its own for each protocol, as in Linux's flow dissector.
pub(super) fn flow_hash(packet: &Packet, salt: u64) -> u32 {
    let (addresses, rest) = match &packet.payload {
        Payload::Ipv4(ip) => of_ip(ip),
        Payload::Arp(_) => (0, 1),
        Payload::Bpdu(_) => (0, 2),
    };
    (mix(mix(salt ^ addresses) ^ rest) >> 32) as u32
}

fn of_ip(ip: &ipv4::Packet) -> (u64, u64) {
    let addresses = u64::from(ip.source.to_bits()) << 32 | u64::from(ip.destination.to_bits());
    let (source, destination) = if ip.is_fragment() { (0, 0) } else { ip.transport.ports() };
    let protocol = u64::from(ip.transport.protocol().number());
    (addresses, protocol << 32 | u64::from(source) << 16 | u64::from(destination))
}

/// One of `count` equal parts of the range of hashes.
pub(super) fn part(hash: u32, count: u32) -> u32 {
    ((u64::from(hash) * u64::from(count)) >> 32) as u32
}

/// Which packets a class takes: those that fit all that is said here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// One of these codepoints.
    pub dscp: Vec<Dscp>,
    /// TCP, UDP or ICMP.
    pub protocol: Option<Protocol>,
    /// The source port or the destination port lies between the first and the last.
    pub ports: Option<[u16; 2]>,
}

impl Filter {
    /// Whether it fits a packet. What is not IP fits nothing but a filter that says nothing.
    fn fits(&self, packet: &Packet) -> bool {
        let Payload::Ipv4(ip) = &packet.payload else { return *self == Self::default() };
        let within = |[first, last]: [u16; 2]| {
            // Later fragments carry no ports.
            let ports = ip.visible_transport().map(ipv4::Transport::ports);
            ports.is_some_and(|(a, b)| [a, b].iter().any(|port| (first..=last).contains(port)))
        };
        (self.dscp.is_empty() || self.dscp.contains(&Dscp::of(ip.traffic_class)))
            && self.protocol.is_none_or(|protocol| protocol == ip.transport.protocol())
            && self.ports.is_none_or(within)
    }

    fn check(&self) -> Option<Fault> {
        let reversed = self.ports.is_some_and(|[first, last]| first > last);
        reversed.then(|| Fault {
            field: "classes",
            message: "the last port of a class is below the first".into(),
            help: "write the smaller port first, such as ports = [80, 443]".into(),
        })
    }
}

/// The first of the classes that takes a packet, as far as one does: each by its filter, those without take
/// `otherwise`.
pub(super) fn class<'a>(
    filters: impl IntoIterator<Item = Option<&'a Filter>>,
    packet: &Packet,
    otherwise: bool,
) -> Option<u8> {
    let takes = |filter: Option<&Filter>| filter.map_or(otherwise, |filter| filter.fits(packet));
    filters.into_iter().position(takes).map(|place| place as u8)
}

/// What is wrong with classes that have filters and queues: at most so many may be.
pub(super) fn check_classes<'a>(
    classes: impl Iterator<Item = (Option<&'a Filter>, Option<&'a QueueSpec>)>,
    most: usize,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let fault =
        |message: String, help: &str| Fault { field: "classes", message, help: help.into() };
    let mut count = 0;
    for (filter, queue) in classes {
        count += 1;
        faults.extend(filter.and_then(Filter::check));
        let Some(queue) = queue else { continue };
        faults.extend(faults_within("classes", queue));
        if queue.config().has_classes() {
            let message = format!("a class has a `{}`, which has classes of its own", queue.kind());
            faults.push(fault(message, "make them classes of one queue"));
        }
    }
    if count > most {
        faults
            .push(fault(format!("{count} classes are too many"), &format!("write at most {most}")));
    }
    faults
}

/// Linux's priority of a packet (`skb->priority`), from 0 to 15: that of its type of service (`ip_tos2prio`, by the four bits of
/// RFC 1349), and `TC_PRIO_CONTROL` for messages of the spanning tree.
pub(super) const fn priority(packet: &Packet) -> u8 {
    match &packet.payload {
        Payload::Ipv4(ip) => match ip.traffic_class >> 3 & 3 {
            0 => 0, // TC_PRIO_BESTEFFORT
            1 => 2, // maximise throughput: TC_PRIO_BULK
            2 => 6, // minimise delay: TC_PRIO_INTERACTIVE
            _ => 4, // both: TC_PRIO_INTERACTIVE_BULK
        },
        Payload::Arp(_) => 0,
        Payload::Bpdu(_) => 7,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::packet::{Label, ethernet, udp};
    use crate::units::Time;

    fn packet(ports: (u16, u16)) -> ipv4::Packet {
        let datagram = udp::Datagram {
            source_port: ports.0,
            destination_port: ports.1,
            data_length: 100,
            content: udp::Content::Numbered(0),
        };
        let (a, b) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
        ipv4::Packet::new(a, b, ipv4::Transport::Udp(datagram))
    }

    fn hash(ip: ipv4::Packet, salt: u64) -> u32 {
        let payload = Payload::Ipv4(ip);
        let label = Label::new(None, Time::ZERO);
        flow_hash(&Packet { ethernet: ethernet::Header::NONE, payload, label }, salt)
    }

    #[test]
    fn flows_differ_and_keep_their_hash() {
        let flow = packet((4000, 80));
        assert_eq!(hash(flow, 7), hash(ipv4::Packet { ttl: 3, identification: 9, ..flow }, 7));
        let turned = ipv4::Packet {
            source: flow.destination,
            destination: flow.source,
            ..packet((80, 4000))
        };
        let others = [hash(packet((4001, 80)), 7), hash(packet((4000, 81)), 7), hash(turned, 7)];
        assert!(!others.contains(&hash(flow, 7)));
        assert_ne!(hash(flow, 7), hash(flow, 8), "each queue has its own salt");
    }

    fn whole(ip: ipv4::Packet) -> Packet {
        let label = Label::new(None, Time::ZERO);
        Packet { ethernet: ethernet::Header::NONE, payload: Payload::Ipv4(ip), label }
    }

    #[test]
    fn filters_fit_what_they_say() {
        let flow = packet((4000, 53));
        let ef = ipv4::Packet { traffic_class: 0xb9, ..flow };
        let last = ipv4::Packet { fragment_offset: 1480, ..flow };
        let by_dscp = Filter { dscp: vec![Dscp::of(0xb8)], ..Filter::default() };
        let by_port = Filter { ports: Some([50, 60]), ..Filter::default() };
        let tcp = Filter { protocol: Some(Protocol::Tcp), ..by_port.clone() };
        assert_eq!([flow, ef].map(|ip| by_dscp.fits(&whole(ip))), [false, true]);
        assert_eq!([flow, last].map(|ip| by_port.fits(&whole(ip))), [true, false]);
        assert!(!tcp.fits(&whole(flow)) && Filter::default().fits(&whole(flow)));
        let filters = [Some(&tcp), Some(&by_port), None, Some(&by_dscp)];
        assert_eq!(class(filters, &whole(flow), true), Some(1));
        assert_eq!(class(filters, &whole(last), true), Some(2));
        assert_eq!(class(filters, &whole(last), false), None);
        assert_eq!(
            class(filters, &whole(ipv4::Packet { fragment_offset: 8, ..ef }), false),
            Some(3)
        );
    }

    /// The table of tc-prio(8), whatever the ECN bits.
    #[test]
    fn priorities_are_those_of_linux() {
        let of = |traffic_class| priority(&whole(ipv4::Packet { traffic_class, ..packet((1, 2)) }));
        assert_eq!([0x00, 0x08, 0x10, 0x18].map(of), [0, 2, 6, 4]);
        assert_eq!([0x03, 0x0b, 0x11, 0x1a].map(of), [0, 2, 6, 4]);
        assert_eq!(of(0xb8), 4, "EF looks like both");
    }

    #[test]
    fn fragments_hash_alike() {
        let first = ipv4::Packet { more_fragments: true, ..packet((4000, 80)) };
        let last = ipv4::Packet { fragment_offset: 1480, ..packet((4000, 80)) };
        let other = ipv4::Packet { fragment_offset: 1480, ..packet((4001, 80)) };
        assert_eq!(hash(first, 7), hash(last, 7));
        assert_eq!(hash(last, 7), hash(other, 7), "ports are in the first fragment only");
    }

    #[test]
    fn flows_spread_evenly_over_the_parts() {
        let mut found = [0_u32; 16];
        for port in 0..16_000 {
            found[part(hash(packet((port, 80)), 1), 16) as usize] += 1;
        }
        let chi_squared: f64 =
            found.iter().map(|&n| (f64::from(n) - 1000.0) * (f64::from(n) - 1000.0) / 1000.0).sum();
        // The 99.99% quantile with 15 degrees of freedom is 44.3.
        assert!(chi_squared < 44.3, "{found:?}");
        assert_eq!((part(0, 1024), part(u32::MAX, 1024)), (0, 1023));
    }
}
