//! Packets that ended lately: ICMP errors quote them.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;

use crate::packet::icmp::{Message, Quote};
use crate::packet::ipv4::{self, Protocol, Transport};
use crate::packet::{Packet, Payload};

/// How many are remembered: more than errors can be on their way at once, with the limits there
/// are on sending them.
const MOST: usize = 1024;

type Key = (Ipv4Addr, Ipv4Addr, Protocol, u16);

/// The last packets that ended, by what tells them from others on their way (RFC 791 section 3.2).
#[derive(Debug, Default)]
pub(super) struct Quotes {
    packets: BTreeMap<Key, ipv4::Packet>,
    order: VecDeque<Key>,
}

impl Quotes {
    /// A packet has ended; an error about it may follow.
    pub(super) fn ended(&mut self, packet: &Packet) {
        let Payload::Ipv4(ip) = packet.payload else { return };
        if matches!(ip.transport, Transport::Icmp(Message::Error { .. })) {
            return;
        }
        let key = (ip.source, ip.destination, ip.transport.protocol(), ip.identification);
        if self.packets.insert(key, ip).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.packets.remove(&oldest);
        }
    }

    /// The packet that an error is about.
    pub(super) fn find(&self, quote: &Quote) -> Option<ipv4::Packet> {
        let key = (quote.source, quote.destination, quote.protocol, quote.identification);
        self.packets.get(&key).filter(|ip| ip.total_length() == quote.total_length).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::udp::{Content, Datagram};
    use crate::packet::{Label, ethernet};
    use crate::units::Time;

    fn packet(identification: u16) -> Packet {
        let datagram = Datagram {
            source_port: 1,
            destination_port: 2,
            data_length: 100,
            content: Content::Numbered(u64::from(identification)),
        };
        let [a, b] = [1, 2].map(|n| Ipv4Addr::new(10, 0, 0, n));
        let ip = ipv4::Packet::new(a, b, Transport::Udp(datagram));
        let payload = Payload::Ipv4(ipv4::Packet { identification, ttl: 1, ..ip });
        Packet { ethernet: ethernet::Header::NONE, payload, label: Label::new(None, Time::ZERO) }
    }

    fn quote(identification: u16) -> Quote {
        Quote {
            source: Ipv4Addr::new(10, 0, 0, 1),
            destination: Ipv4Addr::new(10, 0, 0, 2),
            protocol: Protocol::Udp,
            source_port: 1,
            destination_port: 2,
            sequence: Default::default(),
            identification,
            total_length: 128,
            quoted_length: 128,
        }
    }

    #[test]
    fn remembers_the_latest() {
        let mut quotes = Quotes::default();
        (0..2000).for_each(|number| quotes.ended(&packet(number)));
        assert_eq!(quotes.packets.len(), MOST);
        assert_eq!(quotes.find(&quote(0)), None);
        assert_eq!(quotes.find(&quote(1999)).map(|ip| ip.ttl), Some(1));
        assert_eq!(quotes.find(&Quote { total_length: 99, ..quote(1999) }), None);
    }
}
