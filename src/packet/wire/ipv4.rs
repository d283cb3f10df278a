//! The IPv4 header (RFC 791 section 3.1), and the part of the datagram behind it.

use super::checksum::Sum;
use super::{Encoder, Meaning, icmp, room, tcp, udp};
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
        put_header(packet, out);
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

/// Appends the header.
#[inline]
pub(super) fn put_header(packet: &Packet, out: &mut Vec<u8>) {
    let mut fragment = packet.fragment_offset / 8;
    if packet.dont_fragment {
        fragment |= DONT_FRAGMENT;
    }
    if packet.more_fragments {
        fragment |= MORE_FRAGMENTS;
    }
    let first = 0x4500 | u16::from(packet.traffic_class);
    let life = u16::from_be_bytes([packet.ttl, packet.transport.protocol().number()]);
    let words = [first, packet.total_length(), packet.identification, fragment, life];
    let addresses = [packet.source.to_bits(), packet.destination.to_bits()];
    let sum = words.into_iter().fold(Sum::default(), Sum::word);
    let sum = addresses
        .into_iter()
        .fold(sum, |sum, address| sum.word((address >> 16) as u16).word(address as u16));
    let bytes: &mut [u8; HEADER] = room(out);
    let words = words.into_iter().chain([sum.checksum()]);
    for (place, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
        *place = word.to_be_bytes();
    }
    bytes[12..16].copy_from_slice(&addresses[0].to_be_bytes());
    bytes[16..].copy_from_slice(&addresses[1].to_be_bytes());
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
