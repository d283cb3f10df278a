//! Packets: headers as plain copyable structs, a length instead of bytes.
//!
//! A [`Packet`] is one Ethernet frame on its way: [`ethernet::Header`] around a [`Payload`]. Data
//! has a length and a small meaning ([`udp::Content`]) but no bytes; bytes exist only where
//! a capture needs them. Lengths are those of the real formats, so that every queue and link
//! sees what a real one would.

pub mod arp;
pub mod bpdu;
pub mod dscp;
pub mod ethernet;
pub mod icmp;
pub mod ipv4;
mod store;
pub mod tcp;
pub mod udp;
pub mod wire;

pub use store::PacketStore;

use std::net::Ipv4Addr;

use crate::id::FlowId;
use crate::units::Time;

/// One frame on its way through the network.
///
/// What a node on the way looks at comes first and lies together; what only the ends ask for lies behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Packet {
    /// The link-layer addresses.
    pub ethernet: ethernet::Header,
    /// What the frame carries.
    pub payload: Payload,
    /// What an observer knows of the packet beside its bytes.
    pub label: Label,
}

/// What no header says but every observer wants to know. Never used to decide anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// The packet's number in this run, given in order of origin; copies get their own.
    pub number: u64,
    /// The conversation whose results it counts in.
    pub flow: Option<FlowId>,
    /// When the data in it was handed to a socket.
    pub created: Time,
    /// Bits were damaged on the way: the receiver's checksum will find out.
    pub damaged: bool,
    /// Why it was sent, if it is a TCP segment.
    pub purpose: tcp::Purpose,
}

impl Label {
    /// That of a new packet, whose number is not given yet.
    #[must_use]
    pub const fn new(flow: Option<FlowId>, created: Time) -> Self {
        Self { number: 0, flow, created, damaged: false, purpose: tcp::Purpose::Ordinary }
    }
}

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// Address resolution.
    Arp(arp::Message),
    /// An IPv4 packet or a fragment of one.
    Ipv4(ipv4::Packet),
    /// A spanning-tree message between switches.
    Bpdu(bpdu::Bpdu),
}

impl Packet {
    /// A TCP segment of which nothing is known yet, to be filled in where it lies.
    pub const EMPTY_SEGMENT: Self = Self {
        ethernet: ethernet::Header::NONE,
        payload: Payload::Ipv4(ipv4::Packet::new(
            Ipv4Addr::UNSPECIFIED,
            Ipv4Addr::UNSPECIFIED,
            ipv4::Transport::Tcp(tcp::Segment::EMPTY),
        )),
        label: Label::new(None, Time::ZERO),
    };

    /// Length above the link layer \[bytes\]: what the link's MTU limits.
    #[must_use]
    pub const fn length(&self) -> u64 {
        match &self.payload {
            Payload::Arp(_) => arp::LENGTH,
            Payload::Ipv4(packet) => packet.total_length() as u64,
            Payload::Bpdu(_) => bpdu::LENGTH,
        }
    }

    /// Whether a queue may mark it (RFC 3168 section 5).
    #[must_use]
    pub const fn ecn_capable(&self) -> bool {
        matches!(&self.payload, Payload::Ipv4(packet) if packet.ecn().is_capable())
    }

    /// Sets "congestion experienced", as a queue does with packets that are ECN-capable.
    pub const fn mark_congestion(&mut self) {
        if let Payload::Ipv4(packet) = &mut self.payload {
            packet.set_ecn(ipv4::Ecn::Ce);
        }
    }
}
