//! UDP datagrams (RFC 768): ports, a length, and what the data means to applications.

use std::net::Ipv4Addr;

/// Length of the header \[bytes\].
pub const HEADER: u16 = 8;
/// The most data one datagram can carry over IPv4 \[bytes\].
pub const MAX_DATA: u16 = u16::MAX - super::ipv4::HEADER - HEADER;

/// A datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagram {
    /// The port of the sending socket: where an answer goes.
    pub source_port: u16,
    /// The port it is for.
    pub destination_port: u16,
    /// Data after the header \[bytes\].
    pub data_length: u16,
    /// What the data means.
    pub content: Content,
}

impl Datagram {
    /// Length of header and data \[bytes\].
    #[must_use]
    pub const fn length(&self) -> u16 {
        HEADER + self.data_length
    }
}

/// What the bytes of a datagram mean to the applications at its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Meaningless bytes, numbered by their sender.
    Numbered(u64),
    /// A DNS message.
    Dns(DnsMessage),
}

/// The parts of a DNS message (RFC 1035) that the applications use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DnsMessage {
    /// Matches an answer with its question.
    pub id: u16,
    /// The name asked for, as its place in the run's list of names.
    pub name: u32,
    /// The answer, absent in a question.
    pub answer: Option<DnsAnswer>,
}

/// The answer to a DNS question of type A.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DnsAnswer {
    /// The address of the name.
    Address(Ipv4Addr),
    /// NXDOMAIN: there is no such name.
    NoSuchName,
}
