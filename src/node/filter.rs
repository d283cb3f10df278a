//! The packet filter of a host or router: which rule decides about a packet, and what processes have
//! opened besides.

use std::net::Ipv4Addr;

use super::config::{Action, Chain, FilterRule};
use crate::packet::ipv4::{Packet, Protocol, Transport};
use crate::units::Time;

/// What happens to `packet` at the place `chain`: the first rule that matches decides, and
/// without one the packet is accepted.
///
/// A fragment other than the first carries no ports and so matches only rules that name none,
/// as with any filter that does not reassemble (RFC 1858).
#[must_use]
pub fn verdict(rules: &[FilterRule], chain: Chain, packet: &Packet) -> Action {
    rules
        .iter()
        .find(|rule| rule.chain == chain && matches(rule, packet))
        .map_or(Action::Accept, |rule| rule.action)
}

/// What processes have opened to certain sources, whatever the rules of the input chain say.
#[derive(Debug, Default)]
pub struct Openings {
    list: Vec<Opening>,
}

#[derive(Debug)]
struct Opening {
    protocol: Protocol,
    port: u16,
    source: Ipv4Addr,
    until: Time,
}

impl Openings {
    /// Lets `source` send to a port until then.
    pub fn allow(&mut self, protocol: Protocol, port: u16, source: Ipv4Addr, until: Time) {
        let key = (protocol, port, source);
        match self.list.iter_mut().find(|own| (own.protocol, own.port, own.source) == key) {
            Some(opening) => opening.until = opening.until.max(until),
            None => self.list.push(Opening { protocol, port, source, until }),
        }
    }

    /// Whether a packet comes by an opening. One that is closed by now still lets segments through
    /// that begin no connection: the filter knows no connections, and so cuts none off.
    #[must_use]
    pub fn admits(&self, now: Time, packet: &Packet) -> bool {
        self.list.iter().any(|opening| {
            opening.source == packet.source
                && opening.protocol == packet.transport.protocol()
                && destination_port(packet) == Some(opening.port)
                && (now < opening.until || goes_on(packet))
        })
    }
}

/// Whether a packet is a segment of a connection that has begun.
const fn goes_on(packet: &Packet) -> bool {
    match &packet.transport {
        Transport::Tcp(segment) => !segment.flags.syn,
        Transport::Udp(_) | Transport::Icmp(_) => false,
    }
}

fn matches(rule: &FilterRule, packet: &Packet) -> bool {
    rule.protocol.is_none_or(|protocol| protocol == packet.transport.protocol())
        && rule.from.is_none_or(|net| net.contains(&packet.source))
        && rule.to.is_none_or(|net| net.contains(&packet.destination))
        && rule.ports.is_none_or(|[first, last]| {
            destination_port(packet).is_some_and(|port| (first..=last).contains(&port))
        })
}

fn destination_port(packet: &Packet) -> Option<u16> {
    match packet.visible_transport()? {
        Transport::Tcp(segment) => Some(segment.destination_port),
        Transport::Udp(datagram) => Some(datagram.destination_port),
        Transport::Icmp(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::icmp::Message;
    use crate::packet::tcp::{Flags, Options, Segment, SeqNum};
    use crate::packet::udp::{Content, Datagram};

    const RULE: FilterRule = FilterRule {
        action: Action::Drop,
        chain: Chain::Input,
        protocol: None,
        ports: None,
        from: None,
        to: None,
    };

    fn packet(transport: Transport) -> Packet {
        Packet::new(Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 9, 2), transport)
    }

    fn udp(destination_port: u16) -> Packet {
        packet(Transport::Udp(Datagram {
            source_port: 40_000,
            destination_port,
            data_length: 100,
            content: Content::Numbered(0),
        }))
    }

    fn ping() -> Packet {
        packet(Transport::Icmp(Message::Echo {
            reply: false,
            identifier: 53,
            sequence: 53,
            data_length: 56,
        }))
    }

    #[test]
    fn first_match_wins_and_none_accepts() {
        let rules = [
            FilterRule { action: Action::Accept, ports: Some([53, 53]), ..RULE },
            FilterRule { action: Action::Reject, protocol: Some(Protocol::Udp), ..RULE },
        ];
        assert_eq!(verdict(&rules, Chain::Input, &udp(53)), Action::Accept);
        assert_eq!(verdict(&rules, Chain::Input, &udp(54)), Action::Reject);
        assert_eq!(verdict(&rules, Chain::Input, &ping()), Action::Accept);
        assert_eq!(verdict(&rules, Chain::Forward, &udp(54)), Action::Accept);
        assert_eq!(verdict(&[], Chain::Input, &udp(54)), Action::Accept);
    }

    #[test]
    fn addresses_and_ranges() {
        let net = |text: &str| Some(text.parse().expect("a network"));
        let decides = |rule: FilterRule| verdict(&[rule], Chain::Input, &udp(100)) == Action::Drop;
        assert!(decides(FilterRule { from: net("10.0.0.0/24"), ..RULE }));
        assert!(!decides(FilterRule { from: net("10.0.9.0/24"), ..RULE }));
        assert!(decides(FilterRule { to: net("10.0.9.2/32"), ..RULE }));
        assert!(!decides(FilterRule { to: net("10.0.0.0/24"), ..RULE }));
        for (ports, hit) in [([100, 100], true), ([1, 99], false), ([101, 200], false)] {
            assert_eq!(decides(FilterRule { ports: Some(ports), ..RULE }), hit, "{ports:?}");
        }
    }

    #[test]
    fn later_fragments_and_icmp_have_no_ports() {
        let with_port = [FilterRule { ports: Some([53, 53]), ..RULE }];
        let first = Packet { more_fragments: true, ..udp(53) };
        let later = Packet { fragment_offset: 8, ..udp(53) };
        assert_eq!(verdict(&with_port, Chain::Input, &first), Action::Drop);
        assert_eq!(verdict(&with_port, Chain::Input, &later), Action::Accept);
        assert_eq!(verdict(&with_port, Chain::Input, &ping()), Action::Accept);
        assert_eq!(verdict(&[RULE], Chain::Input, &later), Action::Drop);
    }

    #[test]
    fn what_is_opened_to_a_source_stays_open_to_its_connections() {
        let mut openings = Openings::default();
        let (source, until) = (Ipv4Addr::new(10, 0, 0, 1), Time::from_secs(5));
        openings.allow(Protocol::Tcp, 22, source, until);
        openings.allow(Protocol::Tcp, 22, source, Time::from_secs(1));
        let segment = |syn| {
            let flags = Flags { syn, ack: !syn, ..Flags::default() };
            packet(Transport::Tcp(Segment {
                source_port: 40_000,
                destination_port: 22,
                seq: SeqNum::new(1),
                ack: SeqNum::new(1),
                flags,
                window: 1000,
                options: Options::default(),
                data_length: 0,
            }))
        };
        let admits = |seconds, packet: &Packet| openings.admits(Time::from_secs(seconds), packet);
        assert!(admits(4, &segment(true)), "a shorter time later takes nothing away");
        assert!(!admits(5, &segment(true)) && admits(500, &segment(false)));
        let other = Packet { source: Ipv4Addr::new(10, 0, 0, 7), ..segment(true) };
        assert!(!admits(0, &other) && !admits(0, &udp(22)) && !admits(0, &ping()));
    }
}
