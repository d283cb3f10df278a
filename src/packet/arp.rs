//! Address resolution (RFC 826): who has this IPv4 address?

use std::net::Ipv4Addr;

use super::ethernet::Mac;

/// Length of an ARP message for IPv4 over Ethernet \[bytes\].
pub const LENGTH: u64 = 28;

/// Question or answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Who has `target_ip`?
    Request,
    /// `sender_ip` is at `sender_mac`.
    Reply,
}

/// An ARP message, fields named as in RFC 826.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Request or reply.
    pub operation: Operation,
    /// Hardware address of the sender.
    pub sender_mac: Mac,
    /// Protocol address of the sender.
    pub sender_ip: Ipv4Addr,
    /// Hardware address of the target; all zero in a request.
    pub target_mac: Mac,
    /// Protocol address of the target.
    pub target_ip: Ipv4Addr,
}
