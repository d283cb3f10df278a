//! The bit that the wire has turned in a damaged packet.
//!
//! One bit, chosen so that every checksum that covers it fails and all headers still make sense: in the data if
//! there are any, else in the checksum itself. All copies of a damaged packet have the same damage.

use super::LinkLayer;
use super::ipv4::HEADER;
use crate::packet::ipv4::{self, Transport};
use crate::packet::{Packet, Payload};

/// Turns a bit of `bytes`, if the part of the packet that they are includes it.
pub(super) fn turn_a_bit(packet: &Packet, link: LinkLayer, bytes: &mut [u8]) {
    let start = link.header();
    let place = match &packet.payload {
        Payload::Ipv4(ip) => start + HEADER + place(ip),
        // The last byte: of the target's address, or of a timer.
        Payload::Arp(_) => start + crate::packet::arp::LENGTH as usize - 1,
        Payload::Bpdu(_) => start + crate::packet::bpdu::LENGTH as usize - 1,
    };
    if let Some(byte) = bytes.get_mut(place) {
        *byte ^= 0b10;
    }
}

/// Where behind the IPv4 header.
fn place(ip: &ipv4::Packet) -> usize {
    let length = usize::from(ip.data_length);
    if ip.fragment_offset > 0 {
        return length / 2;
    }
    let (header, checksum) = match &ip.transport {
        Transport::Tcp(segment) => (usize::from(segment.header_length()), 16),
        Transport::Udp(_) => (usize::from(crate::packet::udp::HEADER), 6),
        Transport::Icmp(_) => (usize::from(crate::packet::icmp::HEADER), 2),
    };
    if length > header { header + (length - header) / 2 } else { checksum }
}
