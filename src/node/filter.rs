//! The packet filter of a host or router: which rule decides about a packet.

use super::config::{Action, Chain, FilterRule};
use crate::packet::ipv4::{Packet, Transport};

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
        Transport::Udp(datagram) => Some(datagram.destination_port),
        Transport::Icmp(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::icmp::Message;
    use crate::packet::ipv4::Protocol;
    use crate::packet::udp::{Content, Datagram};
    use std::net::Ipv4Addr;

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
}
