//! Packets as bytes: what a capture on a real interface would show.
//!
//! Packets carry lengths, not data, so bytes are made up here, the same ones for the same packet
//! wherever it is looked at: headers from their fields, with lengths and checksums as receivers
//! verify them; data from what is known of its meaning ([`Meaning`]), else from a pattern.
//!
//! | file | makes |
//! | --- | --- |
//! | `ipv4`, `tcp`, `udp`, `dns`, `icmp`, `bpdu` | the bytes of one protocol |
//! | `pattern` | data that says nothing, and its checksum without looking at it |
//! | `checksum` | the Internet checksum |
//! | `damage` | the bit that the wire has turned |
//!
//! Not modelled: the frame check sequence and the padding of short frames, which captures leave out as well.

mod bpdu;
mod checksum;
mod damage;
mod dns;
mod icmp;
mod ipv4;
mod pattern;
mod tcp;
mod udp;

#[cfg(test)]
mod tests;

use std::net::SocketAddrV4;

use super::arp::{self, Operation};
use super::icmp::Quote;
use super::tcp::SeqNum;
use super::{Packet, Payload};
use pattern::Pattern;

/// Length of an Ethernet II header \[bytes\].
pub const ETHERNET_HEADER: usize = 14;

const ETHERTYPE_IPV4: [u8; 2] = [0x08, 0x00];
const ETHERTYPE_ARP: [u8; 2] = [0x08, 0x06];
/// PPP's protocol field (RFC 1661 section 2).
const PPP_IPV4: [u8; 2] = [0x00, 0x21];

/// What is written around a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkLayer {
    /// Ethernet II, or IEEE 802.3 for spanning-tree messages.
    Ethernet,
    /// PPP's protocol field alone; IPv4 only.
    Ppp,
    /// Nothing; IPv4 only.
    Raw,
}

impl LinkLayer {
    /// Length of what it puts before a packet \[bytes\].
    #[must_use]
    pub const fn header(self) -> usize {
        match self {
            Self::Ethernet => ETHERNET_HEADER,
            Self::Ppp => PPP_IPV4.len(),
            Self::Raw => 0,
        }
    }
}

/// A stretch of one direction of a TCP connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The end that sends.
    pub from: SocketAddrV4,
    /// The other end.
    pub to: SocketAddrV4,
    /// The sequence number of its first byte.
    pub first: SeqNum,
    /// How long it is \[bytes\].
    pub length: u16,
}

/// What data says, where the packet itself does not tell.
pub trait Meaning {
    /// Whether a process has written text that lies within the stretch, at least in part.
    fn has_text(&self, stretch: &Stretch) -> bool;
    /// Writes those texts over `bytes`, which are the stretch's.
    fn write_text(&self, stretch: &Stretch, bytes: &mut [u8]);
    /// The DNS name with this place in the run's list of names.
    fn dns_name(&self, place: u32) -> Option<&str>;
    /// The packet that an ICMP error is about, as it was then.
    fn quoted(&self, quote: &Quote) -> Option<super::ipv4::Packet>;
}

/// Nothing is known: every byte of data comes from the pattern.
#[derive(Debug, Clone, Copy)]
pub struct Meaningless;

impl Meaning for Meaningless {
    fn has_text(&self, _: &Stretch) -> bool {
        false
    }
    fn write_text(&self, _: &Stretch, _: &mut [u8]) {}
    fn dns_name(&self, _: u32) -> Option<&str> {
        None
    }
    fn quoted(&self, _: &Quote) -> Option<super::ipv4::Packet> {
        None
    }
}

/// How much of a packet is wanted \[bytes\].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Of all of it.
    pub packet: usize,
    /// Of data that say nothing; headers and texts are whole.
    pub pattern: usize,
}

impl Extent {
    /// Every byte.
    pub const ALL: Self = Self { packet: usize::MAX, pattern: usize::MAX };
}

/// Makes bytes of packets.
#[derive(Debug)]
pub struct Encoder {
    pattern: Pattern,
    /// A whole datagram, of which a fragment or a quotation is a part.
    whole: Vec<u8>,
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoder {
    /// One that is ready to use.
    #[must_use]
    pub fn new() -> Self {
        Self { pattern: Pattern::new(), whole: Vec::new() }
    }

    /// Appends the wanted beginning of a packet to `out`. Returns the length of all of it \[bytes\].
    ///
    /// ```
    /// use portolan::packet::wire::{Encoder, Extent, LinkLayer, Meaningless};
    /// use portolan::packet::{Label, Packet, Payload, arp, ethernet};
    /// use portolan::units::Time;
    ///
    /// let message = arp::Message {
    ///     operation: arp::Operation::Request,
    ///     sender_mac: ethernet::Mac::numbered(1),
    ///     sender_ip: [10, 0, 0, 1].into(),
    ///     target_mac: ethernet::Mac([0; 6]),
    ///     target_ip: [10, 0, 0, 2].into(),
    /// };
    /// let (destination, source) = (ethernet::Mac::BROADCAST, ethernet::Mac::numbered(1));
    /// let question = Packet {
    ///     ethernet: ethernet::Header { destination, source },
    ///     payload: Payload::Arp(message),
    ///     label: Label::new(None, Time::ZERO),
    /// };
    /// let mut bytes = Vec::new();
    /// let mut encoder = Encoder::new();
    /// let (link, extent) = (LinkLayer::Ethernet, Extent::ALL);
    /// let length = encoder.encode(&question, link, &Meaningless, extent, &mut bytes);
    /// assert_eq!((length, bytes.len()), (42, 42));
    /// assert_eq!(bytes[12..16], [8, 6, 0, 1], "ARP for Ethernet");
    /// ```
    #[inline]
    pub fn encode(
        &mut self,
        packet: &Packet,
        link: LinkLayer,
        meaning: &impl Meaning,
        extent: Extent,
        out: &mut Vec<u8>,
    ) -> usize {
        let start = out.len();
        let length = match &packet.payload {
            Payload::Ipv4(ip) => {
                head(packet, link, ETHERTYPE_IPV4, out);
                out.len() - start
                    + self.ipv4(ip, packet.label.created, meaning, extent.pattern, out)
            }
            Payload::Arp(message) => {
                head(packet, link, ETHERTYPE_ARP, out);
                out.extend_from_slice(&arp_message(message));
                out.len() - start
            }
            Payload::Bpdu(message) => {
                bpdu::put(packet, message, out);
                out.len() - start
            }
        };
        out.truncate(start.saturating_add(extent.packet));
        if packet.label.damaged {
            damage::turn_a_bit(packet, link, &mut out[start..]);
        }
        length
    }
}

/// Appends a packet of which everything behind the IP header was made before: that stays the same all the way.
/// Returns its length \[bytes\].
#[inline]
pub fn encode_again(
    packet: &Packet,
    ip: &super::ipv4::Packet,
    link: LinkLayer,
    behind: &[u8],
    out: &mut Vec<u8>,
) -> usize {
    head(packet, link, ETHERTYPE_IPV4, out);
    ipv4::put_header(ip, out);
    out.extend_from_slice(behind);
    link.header() + usize::from(ip.total_length())
}

#[inline]
fn head(packet: &Packet, link: LinkLayer, ethertype: [u8; 2], out: &mut Vec<u8>) {
    match link {
        LinkLayer::Ethernet => {
            let header: &mut [u8; ETHERNET_HEADER] = room(out);
            header[..6].copy_from_slice(&packet.ethernet.destination.0);
            header[6..12].copy_from_slice(&packet.ethernet.source.0);
            header[12..].copy_from_slice(&ethertype);
        }
        LinkLayer::Ppp => out.extend_from_slice(&PPP_IPV4),
        LinkLayer::Raw => {}
    }
}

/// Appends as many zeros, to be written over where they are: bytes that are put together elsewhere in
/// parts and then copied as a whole take several times as long.
#[inline(always)]
pub(crate) fn room<const LENGTH: usize>(out: &mut Vec<u8>) -> &mut [u8; LENGTH] {
    out.extend_from_slice(&[0; LENGTH]);
    out.last_chunk_mut().expect("as many bytes were appended just now")
}

/// RFC 826: hardware type 1 with addresses of six bytes, protocol 0x0800 with four.
fn arp_message(message: &arp::Message) -> [u8; arp::LENGTH as usize] {
    let mut bytes = [0; arp::LENGTH as usize];
    let operation = match message.operation {
        Operation::Request => 1,
        Operation::Reply => 2,
    };
    bytes[..8].copy_from_slice(&[0, 1, 8, 0, 6, 4, 0, operation]);
    bytes[8..14].copy_from_slice(&message.sender_mac.0);
    bytes[14..18].copy_from_slice(&message.sender_ip.octets());
    bytes[18..24].copy_from_slice(&message.target_mac.0);
    bytes[24..].copy_from_slice(&message.target_ip.octets());
    bytes
}
