//! Packets that were seen a moment ago: behind the IP header their bytes are the same all the way.

use crate::packet::ipv4::HEADER as IPV4_HEADER;
use crate::packet::wire::{Encoder, Extent, LinkLayer, Meaning, encode_again};
use crate::packet::{Packet, Payload};

/// How many are remembered; packets in flight on a few links.
const MOST: usize = 1024;
/// The most bytes of one: to copy many costs as much as to make them.
const ROOM: usize = 108;

#[derive(Debug, Clone)]
struct Sighting {
    /// The packet's number, which no other has.
    number: u64,
    extent: Extent,
    /// How many bytes there are behind the IP header.
    kept: u8,
    bytes: [u8; ROOM],
}

/// The latest packets, by number.
#[derive(Debug)]
pub(super) struct Sightings(Vec<Sighting>);

impl Default for Sightings {
    fn default() -> Self {
        let none = Sighting { number: u64::MAX, extent: Extent::ALL, kept: 0, bytes: [0; ROOM] };
        Self(vec![none; MOST])
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
        let number = packet.label.number;
        let Payload::Ipv4(ip) = &packet.payload else {
            return encoder.encode(packet, link, meaning, extent, out);
        };
        // What was cut elsewhere is not all that is wanted here; damage is only seen here.
        if packet.label.damaged || extent.packet != usize::MAX {
            return encoder.encode(packet, link, meaning, extent, out);
        }
        let known = &mut self.0[number as usize % MOST];
        if known.number == number && known.extent == extent {
            return encode_again(packet, ip, link, &known.bytes[..usize::from(known.kept)], out);
        }
        let start = out.len();
        let length = encoder.encode(packet, link, meaning, extent, out);
        let behind = &out[start + link.header() + usize::from(IPV4_HEADER)..];
        if let Some(place) = known.bytes.get_mut(..behind.len()) {
            place.copy_from_slice(behind);
            (known.number, known.extent, known.kept) = (number, extent, behind.len() as u8);
        }
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::ethernet::{Header, Mac};
    use crate::packet::wire::Meaningless;
    use crate::packet::{Label, ipv4, udp};
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
