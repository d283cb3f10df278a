//! Rules for sending ICMP errors: when one may be sent, and how much of the packet it quotes.

use std::net::Ipv4Addr;

use crate::packet::icmp::{HEADER, Message, Quote};
use crate::packet::ipv4::{self, Packet, Transport};
use crate::packet::tcp::SeqNum;

/// The longest packet that carries an error (RFC 1812, 4.3.2.3; measured on Linux) \[bytes\].
pub const MAX_ERROR_LENGTH: u16 = 576;

/// Whether `packet` may be answered with an ICMP error at all (RFC 1122, 3.2.2).
///
/// Never about another ICMP error, about a fragment other than the first, about a packet for
/// many (broadcast or multicast, or `link_broadcast`: it came in a broadcast or multicast
/// frame), nor to a source that is not one host: 0.0.0.0, loopback, multicast, class E or broadcast.
#[must_use]
pub fn may_answer_with_error(packet: &Packet, link_broadcast: bool) -> bool {
    let is_error = matches!(packet.transport, Transport::Icmp(Message::Error { .. }));
    let for_many = packet.destination.is_multicast() || packet.destination.is_broadcast();
    !(is_error
        || packet.fragment_offset != 0
        || link_broadcast
        || for_many
        || !is_one_host(packet.source))
}

const fn is_one_host(address: Ipv4Addr) -> bool {
    let class_e = address.octets()[0] >= 240;
    !(address.is_unspecified() || address.is_loopback() || address.is_multicast() || class_e)
}

/// What an error about `packet` carries of it: its header and as much of its data as
/// [`MAX_ERROR_LENGTH`] allows.
#[must_use]
pub fn quote(packet: &Packet) -> Quote {
    let (source_port, destination_port) = match packet.visible_transport() {
        Some(Transport::Icmp(Message::Echo { identifier, sequence, .. })) => {
            (*identifier, *sequence)
        }
        Some(transport) => transport.ports(),
        None => (0, 0),
    };
    let sequence = match packet.visible_transport() {
        Some(Transport::Tcp(segment)) => segment.seq,
        _ => SeqNum::default(),
    };
    Quote {
        source: packet.source,
        destination: packet.destination,
        protocol: packet.transport.protocol(),
        source_port,
        destination_port,
        sequence,
        identification: packet.identification,
        total_length: packet.total_length(),
        quoted_length: packet.total_length().min(MAX_ERROR_LENGTH - ipv4::HEADER - HEADER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::icmp::{Error, Unreachable};
    use crate::packet::udp::{Content, Datagram};

    fn udp(data_length: u16) -> Packet {
        let transport = Transport::Udp(Datagram {
            source_port: 40_000,
            destination_port: 9,
            data_length,
            content: Content::Numbered(0),
        });
        Packet::new(Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2), transport)
    }

    fn error(about: &Packet) -> Packet {
        let error = Error::DestinationUnreachable(Unreachable::Port);
        let message = Message::Error { error, quote: quote(about) };
        Packet::new(about.destination, about.source, Transport::Icmp(message))
    }

    #[test]
    fn errors_are_as_long_as_measured_on_linux() {
        for (data, length) in [(10, 66), (100, 156), (1000, 576), (1472, 576)] {
            assert_eq!(error(&udp(data)).total_length(), length, "{data} bytes of data");
        }
    }

    #[test]
    fn a_quote_tells_the_sender_which_packet_it_was() {
        let packet = Packet { identification: 77, ..udp(1000) };
        let quote = quote(&packet);
        assert_eq!((quote.source_port, quote.destination_port), (40_000, 9));
        assert_eq!((quote.identification, quote.total_length), (77, 1028));
        let echo = Message::Echo { reply: false, identifier: 5, sequence: 6, data_length: 0 };
        let ping = Packet { transport: Transport::Icmp(echo), ..packet };
        let quote = super::quote(&ping);
        assert_eq!((quote.source_port, quote.destination_port), (5, 6));
    }

    #[test]
    fn some_packets_are_never_answered() {
        let packet = udp(10);
        let may = |packet: Packet| may_answer_with_error(&packet, false);
        assert!(may(packet));
        assert!(may(Packet { more_fragments: true, ..packet }));
        assert!(!may_answer_with_error(&packet, true));
        assert!(!may(error(&packet)));
        assert!(!may(Packet { fragment_offset: 8, ..packet }));
        for destination in [Ipv4Addr::BROADCAST, Ipv4Addr::new(224, 0, 0, 9)] {
            assert!(!may(Packet { destination, ..packet }), "{destination}");
        }
        for source in ["0.0.0.0", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"] {
            let source = source.parse().expect("an address");
            assert!(!may(Packet { source, ..packet }), "{source}");
        }
    }
}
