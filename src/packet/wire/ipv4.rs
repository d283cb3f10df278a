//! The IPv4 header (RFC 791 section 3.1), and the part of the datagram behind it.

use super::checksum::Sum;
use super::{Encoder, Meaning, icmp, tcp, udp};
use crate::packet::ipv4::{self, Packet, Transport};
use crate::units::Time;

/// Length of the header \[bytes\].
pub(super) const HEADER: usize = ipv4::HEADER as usize;
const DONT_FRAGMENT: u16 = 0x4000;
const MORE_FRAGMENTS: u16 = 0x2000;

impl Encoder {
    /// Appends a packet, no more than `wanted` bytes of data that say nothing. Returns its length \[bytes\].
    pub(super) fn ipv4(
        &mut self,
        packet: &Packet,
        created: Time,
        meaning: &impl Meaning,
        wanted: usize,
        out: &mut Vec<u8>,
    ) -> usize {
        out.extend_from_slice(&header(packet));
        if packet.is_fragment() {
            let mut whole = std::mem::take(&mut self.whole);
            whole.clear();
            self.transport(packet, created, meaning, usize::MAX, &mut whole);
            let start = usize::from(packet.fragment_offset);
            let end = start + usize::from(packet.data_length);
            out.extend_from_slice(whole.get(start..end).unwrap_or_default());
            self.whole = whole;
        } else {
            self.transport(packet, created, meaning, wanted, out);
        }
        usize::from(packet.total_length())
    }

    fn transport(
        &mut self,
        packet: &Packet,
        created: Time,
        meaning: &impl Meaning,
        wanted: usize,
        out: &mut Vec<u8>,
    ) {
        match &packet.transport {
            Transport::Udp(datagram) => {
                udp::put(packet, datagram, &self.pattern, meaning, wanted, out);
            }
            Transport::Tcp(segment) => {
                tcp::put(packet, segment, &self.pattern, meaning, wanted, out)
            }
            Transport::Icmp(message) => icmp::put(self, message, created, meaning, out),
        }
    }
}

fn header(packet: &Packet) -> [u8; HEADER] {
    let mut bytes = [0; HEADER];
    bytes[0] = 0x45;
    bytes[1] = packet.traffic_class;
    bytes[2..4].copy_from_slice(&packet.total_length().to_be_bytes());
    bytes[4..6].copy_from_slice(&packet.identification.to_be_bytes());
    let mut fragment = packet.fragment_offset / 8;
    if packet.dont_fragment {
        fragment |= DONT_FRAGMENT;
    }
    if packet.more_fragments {
        fragment |= MORE_FRAGMENTS;
    }
    bytes[6..8].copy_from_slice(&fragment.to_be_bytes());
    bytes[8] = packet.ttl;
    bytes[9] = packet.transport.protocol().number();
    bytes[12..16].copy_from_slice(&packet.source.octets());
    bytes[16..20].copy_from_slice(&packet.destination.octets());
    let checksum = Sum::default().bytes(&bytes).checksum();
    bytes[10..12].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

/// The sum of what TCP and UDP checksums cover beside their own bytes (RFC 9293 section 3.1).
#[inline]
pub(super) fn pseudo_header(packet: &Packet, length: u16) -> Sum {
    Sum::default()
        .bytes(&packet.source.octets())
        .bytes(&packet.destination.octets())
        .word(u16::from(packet.transport.protocol().number()))
        .word(length)
}
