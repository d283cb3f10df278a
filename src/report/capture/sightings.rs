//! Packets that were seen a moment ago: on the other end of a link their bytes are the same.

use crate::packet::ethernet::Header;
use crate::packet::wire::{Encoder, Extent, LinkLayer, Meaning};
use crate::packet::{Packet, Payload};

/// How many are remembered; packets in flight on a few links.
const MOST: usize = 1024;
/// The most bytes of one: to copy many costs as much as to make them.
const ROOM: usize = 128;

/// What decides the bytes of a packet. All else stays the same while it has its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    number: u64,
    ethernet: Header,
    ttl: u8,
    traffic_class: u8,
    link: LinkLayer,
    extent: Extent,
}

impl Key {
    #[inline]
    const fn of(packet: &Packet, link: LinkLayer, extent: Extent) -> Self {
        let (ttl, traffic_class) = match &packet.payload {
            Payload::Ipv4(ip) => (ip.ttl, ip.traffic_class),
            Payload::Arp(_) | Payload::Bpdu(_) => (0, 0),
        };
        let (number, ethernet) = (packet.label.number, packet.ethernet);
        Self { number, ethernet, ttl, traffic_class, link, extent }
    }
}

#[derive(Debug, Clone)]
struct Sighting {
    key: Key,
    /// Length on the wire, and how many bytes of that are here.
    length: usize,
    kept: usize,
    bytes: [u8; ROOM],
}

/// The latest packets, by number.
#[derive(Debug)]
pub(super) struct Sightings(Vec<Option<Sighting>>);

impl Default for Sightings {
    fn default() -> Self {
        Self(vec![None; MOST])
    }
}

impl Sightings {
    /// Does what [`Encoder::encode`] does.
    #[inline]
    pub(super) fn encode(
        &mut self,
        (encoder, meaning): (&mut Encoder, &impl Meaning),
        packet: &Packet,
        link: LinkLayer,
        extent: Extent,
        out: &mut Vec<u8>,
    ) -> usize {
        if packet.label.damaged {
            return encoder.encode(packet, link, meaning, extent, out);
        }
        let key = Key::of(packet, link, extent);
        let place = &mut self.0[key.number as usize % MOST];
        if let Some(known) = place
            && known.key == key
        {
            out.extend_from_slice(&known.bytes[..known.kept]);
            return known.length;
        }
        let start = out.len();
        let length = encoder.encode(packet, link, meaning, extent, out);
        let kept = out.len() - start;
        if kept <= ROOM {
            let known = place.get_or_insert(Sighting { key, length, kept, bytes: [0; ROOM] });
            (known.key, known.length, known.kept) = (key, length, kept);
            known.bytes[..kept].copy_from_slice(&out[start..]);
        }
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::wire::Meaningless;
    use crate::packet::{Label, ethernet::Mac, ipv4, udp};
    use crate::units::Time;

    fn packet(number: u64, ttl: u8, damaged: bool) -> Packet {
        let datagram = udp::Datagram {
            source_port: 1,
            destination_port: 2,
            data_length: 40,
            content: udp::Content::Numbered(number),
        };
        let transport = ipv4::Transport::Udp(datagram);
        let ip = ipv4::Packet::new([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), transport);
        Packet {
            ethernet: Header { destination: Mac::numbered(1), source: Mac::numbered(2) },
            payload: Payload::Ipv4(ipv4::Packet { ttl, ..ip }),
            label: Label { number, damaged, ..Label::new(None, Time::ZERO) },
        }
    }

    #[test]
    fn remembered_bytes_are_those_that_would_be_made() {
        let (mut sightings, mut encoder) = (Sightings::default(), Encoder::new());
        let cut = Extent { pattern: 16, ..Extent::ALL };
        for extent in [Extent::ALL, cut] {
            for (number, ttl, damaged) in
                [(1, 64, false), (1, 64, false), (1, 63, false), (1, 63, true), (1025, 63, false)]
            {
                let packet = packet(number, ttl, damaged);
                let (mut one, mut other) = (Vec::new(), Vec::new());
                let link = LinkLayer::Ethernet;
                let with = (&mut encoder, &Meaningless);
                let length = sightings.encode(with, &packet, link, extent, &mut one);
                let made = Encoder::new().encode(&packet, link, &Meaningless, extent, &mut other);
                assert_eq!((length, &one), (made, &other), "{number} {ttl} {damaged}");
            }
        }
    }
}
