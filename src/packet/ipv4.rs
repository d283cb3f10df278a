//! The IPv4 header (RFC 791) and what it carries.

use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{icmp, tcp, udp};

/// Length of the header without options \[bytes\].
pub const HEADER: u16 = 20;
/// The largest total length \[bytes\].
pub const MAX_LENGTH: u16 = u16::MAX;
/// The usual initial time to live (RFC 1340; Linux).
pub const DEFAULT_TTL: u8 = 64;

/// Protocol numbers (IANA).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// 1
    Icmp,
    /// 6
    Tcp,
    /// 17
    Udp,
}

impl Protocol {
    /// The number in the header's protocol field.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Icmp => 1,
            Self::Tcp => 6,
            Self::Udp => 17,
        }
    }
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Icmp => "icmp",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        })
    }
}

/// The ECN field: the last two bits of the traffic class (RFC 3168 section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ecn {
    /// Not ECN-capable: a queue can only drop it.
    #[default]
    NotEct = 0,
    /// ECT(1): ECN-capable.
    Ect1 = 1,
    /// ECT(0): ECN-capable, what TCP sends.
    Ect0 = 2,
    /// Congestion experienced: a queue has marked it.
    Ce = 3,
}

impl Ecn {
    /// Whether a queue may mark the packet instead of dropping it.
    #[must_use]
    pub const fn is_capable(self) -> bool {
        !matches!(self, Self::NotEct)
    }
}

/// An IPv4 packet, or one fragment of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Packet {
    /// Source address.
    pub source: Ipv4Addr,
    /// Destination address.
    pub destination: Ipv4Addr,
    /// Bytes after this header in *this* packet.
    pub data_length: u16,
    /// Identification: fragments of one datagram share it.
    pub identification: u16,
    /// Where this fragment's data lies in the datagram [bytes, a multiple of 8].
    pub fragment_offset: u16,
    /// DF: routers must not fragment this packet.
    pub dont_fragment: bool,
    /// MF: fragments with higher offsets follow.
    pub more_fragments: bool,
    /// Differentiated services and ECN bits, as the second byte of the header.
    pub traffic_class: u8,
    /// How many more routers it may pass.
    pub ttl: u8,
    /// The whole datagram's transport header. Only the fragment at offset 0 really carries it,
    /// see [`Packet::visible_transport`].
    pub transport: Transport,
}

/// What an IPv4 packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// An ICMP message.
    Icmp(icmp::Message),
    /// A TCP segment.
    Tcp(tcp::Segment),
    /// A UDP datagram.
    Udp(udp::Datagram),
}

impl Transport {
    /// The protocol number's meaning.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        match self {
            Self::Icmp(_) => Protocol::Icmp,
            Self::Tcp(_) => Protocol::Tcp,
            Self::Udp(_) => Protocol::Udp,
        }
    }
    /// Length with transport header and data \[bytes\].
    #[must_use]
    pub const fn length(&self) -> u16 {
        match self {
            Self::Icmp(message) => message.length(),
            Self::Tcp(segment) => segment.length(),
            Self::Udp(datagram) => datagram.length(),
        }
    }
    /// Source and destination ports; zeros where the protocol has none.
    #[must_use]
    pub const fn ports(&self) -> (u16, u16) {
        match self {
            Self::Icmp(_) => (0, 0),
            Self::Tcp(segment) => (segment.source_port, segment.destination_port),
            Self::Udp(datagram) => (datagram.source_port, datagram.destination_port),
        }
    }
}

impl Packet {
    /// A whole packet as hosts first send it.
    #[must_use]
    pub const fn new(source: Ipv4Addr, destination: Ipv4Addr, transport: Transport) -> Self {
        Self {
            source,
            destination,
            data_length: transport.length(),
            identification: 0,
            fragment_offset: 0,
            dont_fragment: false,
            more_fragments: false,
            traffic_class: 0,
            ttl: DEFAULT_TTL,
            transport,
        }
    }
    /// The ECN field.
    #[must_use]
    pub const fn ecn(&self) -> Ecn {
        match self.traffic_class & 3 {
            0 => Ecn::NotEct,
            1 => Ecn::Ect1,
            2 => Ecn::Ect0,
            _ => Ecn::Ce,
        }
    }
    /// Changes the ECN field.
    pub const fn set_ecn(&mut self, ecn: Ecn) {
        self.traffic_class = self.traffic_class & !3 | ecn as u8;
    }
    /// Header and data \[bytes\].
    #[must_use]
    pub const fn total_length(&self) -> u16 {
        HEADER + self.data_length
    }
    /// Whether this is a part of a larger datagram.
    #[must_use]
    pub const fn is_fragment(&self) -> bool {
        self.more_fragments || self.fragment_offset != 0
    }
    /// The transport header, if this packet carries it: later fragments do not.
    #[must_use]
    pub const fn visible_transport(&self) -> Option<&Transport> {
        if self.fragment_offset == 0 { Some(&self.transport) } else { None }
    }
}
