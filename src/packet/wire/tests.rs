//! Bytes are what receivers verify, whatever the packet.

use std::net::{Ipv4Addr, SocketAddrV4};

use proptest::prelude::*;

use super::checksum::Sum;
use super::*;
use crate::packet::icmp::{self, Error, Unreachable};
use crate::packet::ipv4::{self, Transport};
use crate::packet::tcp::{Flags, Options, SackBlock, SackBlocks, Segment, Timestamps};
use crate::packet::udp::{Content, Datagram, DnsAnswer, DnsMessage};
use crate::packet::{Label, bpdu, ethernet};
use crate::units::Time;

const ALL: Extent = Extent::ALL;

fn packet(payload: Payload) -> Packet {
    let (destination, source) = (ethernet::Mac::numbered(2), ethernet::Mac::numbered(1));
    let label = Label::new(None, Time::from_us(1_500_000));
    Packet { ethernet: ethernet::Header { destination, source }, payload, label }
}

fn ip(transport: Transport) -> ipv4::Packet {
    let (source, destination) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 9, 2));
    ipv4::Packet { identification: 4711, ..ipv4::Packet::new(source, destination, transport) }
}

fn bytes_of(payload: Payload, meaning: &impl Meaning, extent: Extent) -> Vec<u8> {
    let mut bytes = Vec::new();
    let packet = packet(payload);
    let length = Encoder::new().encode(&packet, LinkLayer::Ethernet, meaning, extent, &mut bytes);
    assert_eq!(length as u64, packet.length() + ETHERNET_HEADER as u64);
    if extent.pattern == usize::MAX {
        assert_eq!(bytes.len(), length.min(extent.packet));
    }
    bytes
}

/// The IP packet in a frame: all of it, without the Ethernet header.
fn ip_bytes(packet: ipv4::Packet) -> Vec<u8> {
    bytes_of(Payload::Ipv4(packet), &Meaningless, ALL).split_off(ETHERNET_HEADER)
}

/// As receivers do: the sum over everything, the checksum included, is zero.
fn verifies(ip: &[u8]) -> bool {
    let transport = &ip[20..];
    let protocol = ip[9];
    let pseudo = Sum::default().bytes(&ip[12..20]).word(u16::from(protocol));
    let sum = match protocol {
        1 => Sum::default(),
        _ => pseudo.word(transport.len() as u16),
    };
    Sum::default().bytes(&ip[..20]).checksum() == 0 && sum.bytes(transport).checksum() == 0
}

prop_compose! {
    fn segment()(
        ports: (u16, u16), seq: u32, ack: u32, flags: [bool; 8], window: u16, data_length in 0_u16..3000,
        mss: Option<u16>, window_scale in prop::option::of(0_u8..15), sack_permitted: bool,
        stamps: Option<(u32, u32)>, blocks in prop::collection::vec(any::<(u32, u32)>(), 0..5),
    ) -> Segment {
        let [syn, with_ack, fin, rst, psh, urg, ece, cwr] = flags;
        let mut sack = SackBlocks::default();
        for (start, end) in blocks.into_iter().take(if stamps.is_some() { 3 } else { 4 }) {
            sack.push(SackBlock { start: SeqNum::new(start), end: SeqNum::new(end) });
        }
        let options = Options {
            mss: mss.filter(|_| syn),
            window_scale: window_scale.filter(|_| syn),
            sack_permitted: sack_permitted && syn,
            timestamps: stamps.map(|(value, echo)| Timestamps { value, echo }),
            sack: if syn { SackBlocks::default() } else { sack },
        };
        Segment {
            source_port: ports.0, destination_port: ports.1,
            seq: SeqNum::new(seq), ack: SeqNum::new(ack),
            flags: Flags { syn, ack: with_ack, fin, rst, psh, urg, ece, cwr },
            window, options, data_length,
        }
    }
}

fn datagram(number: u64, data_length: u16) -> Datagram {
    Datagram {
        source_port: 40_000,
        destination_port: 9,
        data_length,
        content: Content::Numbered(number),
    }
}

proptest! {
    #[test]
    fn segments_verify_and_read_back(segment in segment(), ttl: u8, traffic_class: u8) {
        let bytes = ip_bytes(ipv4::Packet { ttl, traffic_class, ..ip(Transport::Tcp(segment)) });
        prop_assert!(verifies(&bytes));
        prop_assert_eq!((bytes[8], bytes[1]), (ttl, traffic_class));
        let tcp = &bytes[20..];
        prop_assert_eq!(&tcp[..2], segment.source_port.to_be_bytes());
        prop_assert_eq!(&tcp[4..8], segment.seq.value().to_be_bytes());
        prop_assert_eq!(&tcp[14..16], segment.window.to_be_bytes());
        let header = usize::from(tcp[12] >> 4) * 4;
        prop_assert_eq!(header, usize::from(segment.header_length()));
        prop_assert_eq!(read_options(&tcp[20..header]), segment.options);
        prop_assert_eq!(tcp[13] & 0x12, u8::from(segment.flags.syn) << 1 | u8::from(segment.flags.ack) << 4);
    }

    #[test]
    fn datagrams_verify(number: u64, length in 0_u16..2000) {
        let bytes = ip_bytes(ip(Transport::Udp(datagram(number, length))));
        prop_assert!(verifies(&bytes));
        prop_assert_ne!(&bytes[26..28], [0, 0]);
        let text = format!("#{number} ");
        let told = usize::from(length).min(text.len());
        prop_assert_eq!(&bytes[28..28 + told], &text.as_bytes()[..told]);
    }

    #[test]
    fn less_is_the_beginning_of_more(segment in segment(), limit in 14_usize..4000) {
        let payload = Payload::Ipv4(ip(Transport::Tcp(segment)));
        let all = bytes_of(payload, &Meaningless, ALL);
        let begin = Extent { packet: limit, ..ALL };
        prop_assert_eq!(&all[..limit.min(all.len())], bytes_of(payload, &Meaningless, begin));
        let headers = all.len() - usize::from(segment.data_length);
        let little = bytes_of(payload, &Meaningless, Extent { pattern: 16, ..ALL });
        prop_assert_eq!(&little, &all[..(headers + 16).min(all.len())]);
    }

    #[test]
    fn fragments_are_parts_of_the_whole(number: u64, length in 1500_u16..9000, cut in 1_u16..180) {
        let whole = ip(Transport::Udp(datagram(number, length)));
        let cut = cut * 8;
        let parts = [
            ipv4::Packet { more_fragments: true, data_length: cut, ..whole },
            ipv4::Packet { fragment_offset: cut, data_length: whole.data_length - cut, ..whole },
        ];
        let [first, second] = parts.map(ip_bytes);
        prop_assert_eq!(&first[6..8], [0x20, 0]);
        prop_assert_eq!(&second[6..8], (cut / 8).to_be_bytes());
        let joined = [&first[20..], &second[20..]].concat();
        prop_assert_eq!(&joined, &ip_bytes(whole)[20..]);
    }

    #[test]
    fn what_the_wire_has_damaged_does_not_verify(segment in segment(), length in 0_u16..100, udp: bool) {
        let transport = match udp {
            true => Transport::Udp(datagram(7, length)),
            false => Transport::Tcp(segment),
        };
        let mut packet = packet(Payload::Ipv4(ip(transport)));
        packet.label.damaged = true;
        let mut bytes = Vec::new();
        Encoder::new().encode(&packet, LinkLayer::Ethernet, &Meaningless, ALL, &mut bytes);
        let whole = bytes_of(packet.payload, &Meaningless, ALL);
        prop_assert_eq!(bytes.iter().zip(&whole).filter(|(a, b)| a != b).count(), 1);
        prop_assert_eq!(&bytes[..34], &whole[..34], "headers still make sense");
        prop_assert!(!verifies(&bytes[14..]));
    }

    #[test]
    fn a_stream_has_the_same_bytes_however_it_is_cut(start: u32, cut in 1_u16..1000) {
        let segment = |seq: u32, data_length| Segment {
            source_port: 1, destination_port: 2, seq: SeqNum::new(seq), ack: SeqNum::new(0),
            flags: Flags::ACK, window: 1, options: Options::default(), data_length,
        };
        let data = |segment| ip_bytes(ip(Transport::Tcp(segment))).split_off(40);
        let joined = [data(segment(start, cut)), data(segment(start.wrapping_add(cut.into()), 500))];
        prop_assert_eq!(joined.concat(), data(segment(start, cut + 500)));
    }
}

/// A reader of options that shares nothing with their writer.
fn read_options(mut bytes: &[u8]) -> Options {
    let mut options = Options::default();
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().expect("four bytes"));
    while let [kind, rest @ ..] = bytes {
        if *kind == 1 {
            bytes = rest;
            continue;
        }
        let (option, next) = bytes.split_at(usize::from(rest[0]));
        match (kind, &option[2..]) {
            (2, [a, b]) => options.mss = Some(u16::from_be_bytes([*a, *b])),
            (3, [shift]) => options.window_scale = Some(*shift),
            (4, []) => options.sack_permitted = true,
            (5, blocks) => {
                for block in blocks.chunks(8) {
                    let [start, end] = [&block[..4], &block[4..]].map(|b| SeqNum::new(number(b)));
                    assert!(options.sack.push(SackBlock { start, end }));
                }
            }
            (8, stamps) => {
                let (value, echo) = (number(&stamps[..4]), number(&stamps[4..]));
                options.timestamps = Some(Timestamps { value, echo });
            }
            other => panic!("what is option {other:?}?"),
        }
        bytes = next;
    }
    options
}

/// Knows one text, one name and one packet that ended.
struct Known;

const TEXT: &str = "GET / HTTP/1.1\r\n\r\n";

impl Meaning for Known {
    fn has_text(&self, stretch: &Stretch) -> bool {
        stretch.from == SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 40_000)
    }
    fn write_text(&self, _: &Stretch, bytes: &mut [u8]) {
        bytes[..TEXT.len()].copy_from_slice(TEXT.as_bytes());
    }
    fn dns_name(&self, _: u32) -> Option<&str> {
        Some("www.example.org")
    }
    fn quoted(&self, _: &Quote) -> Option<ipv4::Packet> {
        Some(ipv4::Packet { ttl: 1, ..ip(Transport::Udp(datagram(17, 100))) })
    }
}

#[test]
fn texts_stand_in_their_segments() {
    let segment = Segment {
        source_port: 40_000,
        destination_port: 80,
        seq: SeqNum::new(1),
        ack: SeqNum::new(1),
        flags: Flags::ACK,
        window: 1,
        options: Options::default(),
        data_length: 100,
    };
    let payload = Payload::Ipv4(ip(Transport::Tcp(segment)));
    let bytes = bytes_of(payload, &Known, ALL);
    assert_eq!(bytes[54..54 + TEXT.len()], *TEXT.as_bytes());
    assert!(verifies(&bytes[14..]));
    assert_eq!(bytes_of(payload, &Known, Extent { packet: 60, pattern: 0 }), bytes[..60]);
}

#[test]
fn dns_messages_are_as_long_as_their_senders_said() {
    let message = |answer| Content::Dns(DnsMessage { id: 7, name: 0, answer });
    let address = DnsAnswer::Address(Ipv4Addr::new(10, 0, 9, 2));
    for (content, data_length, end) in [
        (message(None), 33, &[0, 1, 0, 1][..]),
        (message(Some(DnsAnswer::NoSuchName)), 33, &[0, 1, 0, 1]),
        (message(Some(address)), 49, &[0, 4, 10, 0, 9, 2]),
        (message(None), 12, &[0, 7, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ] {
        let datagram = Datagram { data_length, content, ..datagram(0, 0) };
        let bytes = bytes_of(Payload::Ipv4(ip(Transport::Udp(datagram))), &Known, ALL);
        assert!(bytes.ends_with(end), "{bytes:?}");
        assert!(verifies(&bytes[14..]));
        if data_length > 12 {
            assert_eq!(bytes[54..71], *b"\x03www\x07example\x03org\0");
        }
    }
}

#[test]
fn errors_quote_the_packet_as_it_was() {
    let about = ip(Transport::Udp(datagram(17, 100)));
    let quote = Quote {
        source: about.source,
        destination: about.destination,
        protocol: ipv4::Protocol::Udp,
        source_port: 40_000,
        destination_port: 9,
        sequence: SeqNum::default(),
        identification: 4711,
        total_length: 128,
        quoted_length: 60,
    };
    let why = Unreachable::FragmentationNeeded { mtu: 1400 };
    let message = icmp::Message::Error { error: Error::DestinationUnreachable(why), quote };
    let payload = Payload::Ipv4(ip(Transport::Icmp(message)));
    let bytes = bytes_of(payload, &Known, ALL);
    assert!(verifies(&bytes[14..]));
    assert_eq!((bytes[34], bytes[35], &bytes[40..42]), (3, 4, &1400_u16.to_be_bytes()[..]));
    let original = ip_bytes(ipv4::Packet { ttl: 1, ..about });
    assert_eq!(bytes[42..], original[..60]);
    // Without the packet, what the quotation tells of it.
    let rebuilt = bytes_of(payload, &Meaningless, ALL);
    assert_eq!(rebuilt[42..46], original[..4]);
    assert_eq!(rebuilt[54..64], original[12..22]);
}

#[test]
fn pings_carry_the_time_and_count() {
    let echo = icmp::Message::Echo { reply: false, identifier: 1, sequence: 2, data_length: 56 };
    let bytes = ip_bytes(ip(Transport::Icmp(echo)));
    assert!(verifies(&bytes));
    assert_eq!(bytes[20..28][4..], [0, 1, 0, 2]);
    let time = [1_u64.to_le_bytes(), 500_000_u64.to_le_bytes()].concat();
    assert_eq!(bytes[28..44], time);
    assert_eq!(bytes[44..], (16..56).collect::<Vec<u8>>());
}

#[test]
fn spanning_tree_messages_are_frames_of_their_own_kind() {
    let bridge = bpdu::BridgeId { priority: 32_768, mac: ethernet::Mac::numbered(1) };
    let configuration = bpdu::Configuration {
        topology_change: true,
        topology_change_ack: true,
        root: bridge,
        root_path_cost: 19,
        bridge,
        port: bpdu::PortId { priority: 128, number: 2 },
        message_age: Time::from_ms(1500),
        max_age: Time::from_secs(20),
        hello_time: Time::from_secs(2),
        forward_delay: Time::from_secs(15),
    };
    let bytes = bytes_of(Payload::Bpdu(bpdu::Bpdu::Configuration(configuration)), &Known, ALL);
    assert_eq!(bytes[12..22], [0, 38, 0x42, 0x42, 3, 0, 0, 0, 0, 0x81]);
    assert_eq!(bytes[bytes.len() - 10..], [0x80, 2, 1, 128, 20, 0, 2, 0, 15, 0]);
    let change = bytes_of(Payload::Bpdu(bpdu::Bpdu::TopologyChange), &Known, ALL);
    assert_eq!(change[12..21], [0, 7, 0x42, 0x42, 3, 0, 0, 0, 0x80]);
}

#[test]
fn other_links_have_other_headers() {
    let packet = packet(Payload::Ipv4(ip(Transport::Udp(datagram(1, 10)))));
    for (link, start) in [(LinkLayer::Ppp, &[0, 0x21, 0x45][..]), (LinkLayer::Raw, &[0x45])] {
        let mut bytes = vec![9; 3];
        let length = Encoder::new().encode(&packet, link, &Meaningless, ALL, &mut bytes);
        assert_eq!(length, 38 + link.header());
        assert!(bytes[3..].starts_with(start), "it is appended");
    }
}
