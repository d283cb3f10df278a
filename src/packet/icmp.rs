//! ICMP messages (RFC 792): echo, and errors that quote the packet they are about.

use std::net::Ipv4Addr;

use super::ipv4::Protocol;
use super::tcp::SeqNum;

/// Length of every ICMP header used here \[bytes\].
pub const HEADER: u16 = 8;

/// Why a destination cannot be reached: the codes of type 3 (RFC 792, RFC 1122 3.2.2.1,
/// RFC 1812 5.2.7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unreachable {
    /// Code 0: no route.
    Network,
    /// Code 1: the last router gets no ARP answer.
    Host,
    /// Code 2: the host has no such protocol.
    Protocol,
    /// Code 3: no process has bound the port.
    Port,
    /// Code 4: too large for the next link, and DF forbids cutting (RFC 1191).
    FragmentationNeeded {
        /// MTU of the link it did not fit \[bytes\].
        mtu: u16,
    },
    /// Code 13: a filter forbids it.
    AdministrativelyProhibited,
}

impl Unreachable {
    /// The code field.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Network => 0,
            Self::Host => 1,
            Self::Protocol => 2,
            Self::Port => 3,
            Self::FragmentationNeeded { .. } => 4,
            Self::AdministrativelyProhibited => 13,
        }
    }
}

/// What an error says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Error {
    /// Type 3.
    DestinationUnreachable(Unreachable),
    /// Type 11, code 0: the TTL ran out at a router.
    TimeExceeded,
    /// Type 11, code 1: fragments were missing for too long.
    ReassemblyTimeExceeded,
}

impl Error {
    /// Type and code fields.
    #[must_use]
    pub const fn type_and_code(self) -> (u8, u8) {
        match self {
            Self::DestinationUnreachable(why) => (3, why.code()),
            Self::TimeExceeded => (11, 0),
            Self::ReassemblyTimeExceeded => (11, 1),
        }
    }
}

/// What an error tells of the packet it is about: its IP header and first eight bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// Its source: where the error is sent.
    pub source: Ipv4Addr,
    /// Its destination.
    pub destination: Ipv4Addr,
    /// Its protocol.
    pub protocol: Protocol,
    /// Its source port (for echo: the identifier).
    pub source_port: u16,
    /// Its destination port (for echo: the sequence number).
    pub destination_port: u16,
    /// Its sequence number; TCP only.
    pub sequence: SeqNum,
    /// Its identification field.
    pub identification: u16,
    /// Its total length \[bytes\].
    pub total_length: u16,
    /// Bytes of it that the error carries.
    pub quoted_length: u16,
}

/// An ICMP message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// Type 8 or 0: ping's question and answer.
    Echo {
        /// True for the answer.
        reply: bool,
        /// Which process asked.
        identifier: u16,
        /// Which question this is.
        sequence: u16,
        /// Data after the header \[bytes\].
        data_length: u16,
    },
    /// An error about a packet.
    Error {
        /// What went wrong.
        error: Error,
        /// The packet it went wrong for.
        quote: Quote,
    },
}

impl Message {
    /// Length of header and data \[bytes\].
    #[must_use]
    pub const fn length(&self) -> u16 {
        match self {
            Self::Echo { data_length, .. } => HEADER + *data_length,
            Self::Error { quote, .. } => HEADER + quote.quoted_length,
        }
    }
}
