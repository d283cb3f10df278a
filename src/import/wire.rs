//! Bytes of a captured frame into headers.

use std::net::Ipv4Addr;

use etherparse::icmpv4::{DestUnreachableHeader, TimeExceededCode};
use etherparse::{
    EtherType, Icmpv4Slice, Icmpv4Type, LaxIpv4Slice, LaxNetSlice, LaxSlicedPacket,
    LinuxSllHeaderSlice, LinuxSllProtocolType, TcpOptionElement, TcpSlice, TransportSlice,
    UdpSlice,
};
use pcap_file::DataLink;

use crate::packet::icmp::{self, Error, Message, Quote, Unreachable};
use crate::packet::ipv4::{self, Protocol, Transport};
use crate::packet::tcp::{Flags, Options, SackBlock, Segment, SeqNum, Timestamps};
use crate::packet::udp::{Content, Datagram};

/// Length of the header of Linux cooked captures, version 2 \[bytes\].
const SLL2_HEADER: usize = 20;
/// The protocol number of UDP.
const UDP: u8 = 17;
/// Length of the address family before a packet of BSD loopback captures \[bytes\].
const LOOPBACK_HEADER: usize = 4;
/// PPP's protocol field for IPv4 (RFC 1332 section 2), and the address and control before it.
const PPP_IPV4: [u8; 2] = [0x00, 0x21];
const PPP_ALL_STATIONS: [u8; 2] = [0xff, 0x03];

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Frame {
    /// A packet that can be replayed.
    Ip(ipv4::Packet),
    /// Something else: what.
    Skipped(&'static str),
    /// The link layer is not known.
    UnknownLink,
}

/// Reads a frame of which perhaps only the beginning was kept; `length` is that of the whole.
pub(super) fn parse(link: DataLink, data: &[u8], length: u32) -> Frame {
    const BROKEN: Frame = Frame::Skipped("frames too short to read");
    let payload_of = |header: usize| data.get(header..).unwrap_or_default();
    let (sliced, header) = match link {
        DataLink::ETHERNET => (LaxSlicedPacket::from_ethernet(data).ok(), 14),
        DataLink::RAW | DataLink::IPV4 => (LaxSlicedPacket::from_ip(data).ok(), 0),
        // 12 is what OpenBSD, and 14 what others write for raw IP.
        DataLink::Unknown(12 | 14) => (LaxSlicedPacket::from_ip(data).ok(), 0),
        DataLink::NULL | DataLink::LOOP => {
            (LaxSlicedPacket::from_ip(payload_of(LOOPBACK_HEADER)).ok(), LOOPBACK_HEADER)
        }
        DataLink::LINUX_SLL => {
            let Ok(header) = LinuxSllHeaderSlice::from_slice(data) else { return BROKEN };
            let LinuxSllProtocolType::EtherType(kind) = header.protocol_type() else {
                return Frame::Skipped("frames of no known protocol");
            };
            let length = header.slice().len();
            (Some(LaxSlicedPacket::from_ether_type(kind, payload_of(length))), length)
        }
        DataLink::LINUX_SLL2 => {
            // The parser does not know this header: the protocol is in its first two bytes.
            let (Some(&[high, low]), true) = (data.first_chunk(), data.len() >= SLL2_HEADER) else {
                return BROKEN;
            };
            let kind = EtherType(u16::from_be_bytes([high, low]));
            (Some(LaxSlicedPacket::from_ether_type(kind, payload_of(SLL2_HEADER))), SLL2_HEADER)
        }
        DataLink::PPP => {
            // Address and control may come first (RFC 1662 section 3.1).
            let start =
                if data.starts_with(&PPP_ALL_STATIONS) { PPP_ALL_STATIONS.len() } else { 0 };
            let header = start + PPP_IPV4.len();
            if data.get(start..header) != Some(&PPP_IPV4[..]) {
                return Frame::Skipped("frames of other protocols");
            }
            (LaxSlicedPacket::from_ip(payload_of(header)).ok(), header)
        }
        _ => return Frame::UnknownLink,
    };
    let Some(sliced) = sliced else { return BROKEN };
    match &sliced.net {
        Some(LaxNetSlice::Ipv4(ip)) => ipv4(ip, sliced.transport.as_ref(), length, header),
        Some(LaxNetSlice::Ipv6(_)) => Frame::Skipped("IPv6 packets"),
        Some(LaxNetSlice::Arp(_)) => Frame::Skipped("ARP messages"),
        None => Frame::Skipped("frames of other protocols"),
    }
}

fn ipv4(
    ip: &LaxIpv4Slice<'_>,
    transport: Option<&TransportSlice<'_>>,
    length: u32,
    link_header: usize,
) -> Frame {
    let header = ip.header();
    let header_length = u16::from(header.ihl()) * 4;
    // A network card that cuts segments itself shows them before that, with no length in the header.
    let whole = u64::from(length).saturating_sub(link_header as u64);
    let total = match header.total_len() {
        0 => u16::try_from(whole).unwrap_or(u16::MAX),
        total => total,
    };
    let data_length = total.saturating_sub(header_length);
    let fragment_offset = header.fragments_offset().value().saturating_mul(8);
    let transport = match transport {
        Some(TransportSlice::Tcp(segment)) => tcp(segment, data_length),
        Some(TransportSlice::Udp(datagram)) => Some(udp(datagram, data_length)),
        Some(TransportSlice::Icmpv4(message)) => icmp(message, data_length),
        None if header.more_fragments() && fragment_offset == 0 && header.protocol().0 == UDP => {
            let first = UdpSlice::from_slice_lax(ip.payload().payload);
            first.ok().map(|datagram| udp(&datagram, data_length))
        }
        // Fragments after the first have no such header; they count as packets.
        _ if fragment_offset > 0 => Some(Transport::Udp(NO_DATAGRAM)),
        _ => None,
    };
    let Some(transport) = transport else { return Frame::Skipped("IPv4 packets of other kinds") };
    // No process can bind port 0, so that nothing can stand for who sent from it or receives at it.
    let ports = match &transport {
        Transport::Tcp(segment) => [segment.source_port, segment.destination_port],
        Transport::Udp(first) if fragment_offset == 0 => {
            [first.source_port, first.destination_port]
        }
        _ => [u16::MAX; 2],
    };
    if ports.contains(&0) {
        return Frame::Skipped("packets from or to port 0");
    }
    Frame::Ip(ipv4::Packet {
        source: header.source_addr(),
        destination: header.destination_addr(),
        data_length,
        identification: header.identification(),
        fragment_offset,
        dont_fragment: header.dont_fragment(),
        more_fragments: header.more_fragments(),
        traffic_class: header.dcp().value() << 2 | header.ecn().value(),
        ttl: header.ttl(),
        transport,
    })
}

/// Stands where a fragment has no transport header.
const NO_DATAGRAM: Datagram =
    Datagram { source_port: 0, destination_port: 0, data_length: 0, content: Content::Numbered(0) };

fn tcp(segment: &TcpSlice<'_>, length: u16) -> Option<Transport> {
    let flags = Flags {
        syn: segment.syn(),
        ack: segment.ack(),
        fin: segment.fin(),
        rst: segment.rst(),
        psh: segment.psh(),
        urg: segment.urg(),
        ece: segment.ece(),
        cwr: segment.cwr(),
    };
    Some(Transport::Tcp(Segment {
        source_port: segment.source_port(),
        destination_port: segment.destination_port(),
        seq: SeqNum::new(segment.sequence_number()),
        ack: SeqNum::new(segment.acknowledgment_number()),
        flags,
        window: segment.window_size(),
        options: options(segment),
        data_length: length.checked_sub(u16::from(segment.data_offset()) * 4)?,
    }))
}

fn options(segment: &TcpSlice<'_>) -> Options {
    let mut options = Options::default();
    // What comes after an option that makes no sense cannot be told.
    for option in segment.options_iterator().map_while(Result::ok) {
        match option {
            TcpOptionElement::Noop => {}
            TcpOptionElement::MaximumSegmentSize(bytes) => options.mss = Some(bytes),
            TcpOptionElement::WindowScale(bits) => options.window_scale = Some(bits),
            TcpOptionElement::SelectiveAcknowledgementPermitted => options.sack_permitted = true,
            TcpOptionElement::Timestamp(value, echo) => {
                options.timestamps = Some(Timestamps { value, echo });
            }
            TcpOptionElement::SelectiveAcknowledgement(first, others) => {
                for (start, end) in std::iter::once(first).chain(others.into_iter().flatten()) {
                    let (start, end) = (SeqNum::new(start), SeqNum::new(end));
                    options.sack.push(SackBlock { start, end });
                }
            }
        }
    }
    options
}

/// A datagram, perhaps the first fragment of one: its own header knows its length.
fn udp(datagram: &UdpSlice<'_>, length: u16) -> Transport {
    let length = if datagram.length() == 0 { length } else { datagram.length() };
    Transport::Udp(Datagram {
        source_port: datagram.source_port(),
        destination_port: datagram.destination_port(),
        data_length: length.saturating_sub(crate::packet::udp::HEADER),
        content: Content::Numbered(0),
    })
}

fn icmp(message: &Icmpv4Slice<'_>, length: u16) -> Option<Transport> {
    let echo = |reply: bool, header: etherparse::IcmpEchoHeader| Message::Echo {
        reply,
        identifier: header.id,
        sequence: header.seq,
        data_length: length.saturating_sub(icmp::HEADER),
    };
    Some(Transport::Icmp(match message.icmp_type() {
        Icmpv4Type::EchoRequest(header) => echo(false, header),
        Icmpv4Type::EchoReply(header) => echo(true, header),
        Icmpv4Type::DestinationUnreachable(why) => Message::Error {
            error: Error::DestinationUnreachable(unreachable(&why)),
            quote: quote(message.payload(), length)?,
        },
        Icmpv4Type::TimeExceeded(code) => Message::Error {
            error: match code {
                TimeExceededCode::TtlExceededInTransit => Error::TimeExceeded,
                TimeExceededCode::FragmentReassemblyTimeExceeded => Error::ReassemblyTimeExceeded,
            },
            quote: quote(message.payload(), length)?,
        },
        _ => return None,
    }))
}

/// The nearest of the reasons that are simulated.
const fn unreachable(why: &DestUnreachableHeader) -> Unreachable {
    use DestUnreachableHeader as Why;
    match why {
        Why::Port => Unreachable::Port,
        Why::Protocol => Unreachable::Protocol,
        Why::Network | Why::NetworkUnknown | Why::TosNetwork | Why::SourceRouteFailed => {
            Unreachable::Network
        }
        Why::FragmentationNeeded { next_hop_mtu } => {
            Unreachable::FragmentationNeeded { mtu: *next_hop_mtu }
        }
        Why::Host | Why::HostUnknown | Why::Isolated | Why::TosHost => Unreachable::Host,
        Why::NetworkProhibited
        | Why::HostProhibited
        | Why::FilterProhibited
        | Why::HostPrecedenceViolation
        | Why::PrecedenceCutoff => Unreachable::AdministrativelyProhibited,
    }
}

/// The packet that an error is about, of which it carries the beginning.
fn quote(bytes: &[u8], length: u16) -> Option<Quote> {
    let sliced = LaxSlicedPacket::from_ip(bytes).ok()?;
    let Some(LaxNetSlice::Ipv4(ip)) = &sliced.net else { return None };
    let header = ip.header();
    let protocol = match header.protocol().0 {
        1 => Protocol::Icmp,
        6 => Protocol::Tcp,
        17 => Protocol::Udp,
        _ => return None,
    };
    let [source_port, destination_port, sequence] = first_words(ip.payload().payload)?;
    Some(Quote {
        source: Ipv4Addr::from(header.source()),
        destination: Ipv4Addr::from(header.destination()),
        protocol,
        source_port: source_port as u16,
        destination_port: destination_port as u16,
        sequence: SeqNum::new(if protocol == Protocol::Tcp { sequence } else { 0 }),
        identification: header.identification(),
        total_length: header.total_len(),
        quoted_length: length.saturating_sub(icmp::HEADER),
    })
}

/// Ports and sequence number: eight bytes, which is too little of a TCP header for the parser
/// (RFC 792 asks for no more).
fn first_words(transport: &[u8]) -> Option<[u32; 3]> {
    let [a, b, c, d, rest @ ..] = transport.first_chunk::<8>()?;
    let port = |high: &u8, low: &u8| u32::from(u16::from_be_bytes([*high, *low]));
    Some([port(a, b), port(c, d), u32::from_be_bytes(*rest)])
}
