//! Which packets belong to a conversation: those between two ends, and errors about them.

use std::net::SocketAddrV4;

use crate::packet::ipv4::{self, Protocol, Transport};
use crate::packet::{Packet, Payload, icmp};

/// A conversation: a TCP connection, or all that two hosts exchange by another protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Conversation {
    pub(super) protocol: Protocol,
    /// Its ends, smaller first. Ports count for TCP only and are zero otherwise.
    ends: [SocketAddrV4; 2],
}

impl Conversation {
    pub(super) fn new(protocol: Protocol, one: SocketAddrV4, other: SocketAddrV4) -> Self {
        let mut ends = [one, other].map(|end| match protocol {
            Protocol::Tcp => end,
            Protocol::Udp | Protocol::Icmp => SocketAddrV4::new(*end.ip(), 0),
        });
        ends.sort();
        Self { protocol, ends }
    }

    /// What a packet is a part of, with its sender and receiver. An error from a router is a part
    /// of what the error is about.
    pub(super) fn of(packet: &Packet) -> Option<(Self, [SocketAddrV4; 2])> {
        let Payload::Ipv4(ip) = &packet.payload else { return None };
        let ends = match &ip.transport {
            Transport::Icmp(icmp::Message::Error { quote, .. }) => {
                let source = SocketAddrV4::new(quote.source, quote.source_port);
                let destination = SocketAddrV4::new(quote.destination, quote.destination_port);
                let conversation = Self::new(quote.protocol, source, destination);
                return Some((conversation, ends_of(ip)));
            }
            _ => ends_of(ip),
        };
        Some((Self::new(ip.transport.protocol(), ends[0], ends[1]), ends))
    }

    /// Whether a port of it is this one.
    pub(super) fn has_port(ends: &[SocketAddrV4; 2], port: u16) -> bool {
        ends.iter().any(|end| end.port() == port)
    }
}

/// Who sent a packet and who is to get it.
pub(super) fn ends_of(ip: &ipv4::Packet) -> [SocketAddrV4; 2] {
    let (from, to) = ip.transport.ports();
    [SocketAddrV4::new(ip.source, from), SocketAddrV4::new(ip.destination, to)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(text: &str) -> SocketAddrV4 {
        text.parse().expect("an address with a port")
    }

    #[test]
    fn both_directions_are_one_and_ports_count_for_tcp() {
        let (a, b, c) = (end("10.0.0.1:40000"), end("10.0.0.2:80"), end("10.0.0.2:81"));
        let tcp = Conversation::new(Protocol::Tcp, a, b);
        assert_eq!(tcp, Conversation::new(Protocol::Tcp, b, a));
        assert_ne!(tcp, Conversation::new(Protocol::Tcp, a, c));
        let udp = Conversation::new(Protocol::Udp, a, b);
        assert_eq!(udp, Conversation::new(Protocol::Udp, c, a));
        assert_ne!(udp, tcp);
        assert!(Conversation::has_port(&[a, b], 80) && !Conversation::has_port(&[a, b], 81));
    }
}
