//! TCP segments (RFC 9293 section 3.1), with options laid out as Linux does.

use std::net::SocketAddrV4;

use super::checksum::Sum;
use super::ipv4::pseudo_header;
use super::pattern::Pattern;
use super::{Meaning, Stretch};
use crate::packet::ipv4;
use crate::packet::tcp::{HEADER, Options, Segment};

/// The longest header \[bytes\]; enough for every set of options that a [`Segment`] can have.
const ROOM: usize = 80;

const NOP: u8 = 1;

/// Appends a segment, but no more than `wanted` bytes of data that say nothing.
pub(super) fn put(
    packet: &ipv4::Packet,
    segment: &Segment,
    pattern: &Pattern,
    meaning: &impl Meaning,
    wanted: usize,
    out: &mut Vec<u8>,
) {
    let mut header = Header::of(segment);
    let sum = pseudo_header(packet, segment.length()).bytes(header.as_slice());
    let (first, length) = (segment.seq.value(), usize::from(segment.data_length));
    let stretch = Stretch {
        from: SocketAddrV4::new(packet.source, segment.source_port),
        to: SocketAddrV4::new(packet.destination, segment.destination_port),
        first: segment.seq,
        length: segment.data_length,
    };
    let start = out.len();
    let data = start + header.length;
    if length > 0 && meaning.has_text(&stretch) {
        out.extend_from_slice(header.as_slice());
        out.extend_from_slice(pattern.bytes(first, length));
        meaning.write_text(&stretch, &mut out[data..]);
        let sum = sum.sum(Sum::default().bytes(&out[data..]));
        out[start + 16..start + 18].copy_from_slice(&sum.checksum().to_be_bytes());
    } else {
        header.set_checksum(sum.sum(pattern.sum(first, length)));
        out.extend_from_slice(header.as_slice());
        out.extend_from_slice(pattern.bytes(first, length.min(wanted)));
    }
}

/// A header as bytes.
struct Header {
    bytes: [u8; ROOM],
    length: usize,
}

impl Header {
    fn of(segment: &Segment) -> Self {
        let mut header = Self { bytes: [0; ROOM], length: 0 };
        header.put(&segment.source_port.to_be_bytes());
        header.put(&segment.destination_port.to_be_bytes());
        header.put(&segment.seq.value().to_be_bytes());
        let ack = if segment.flags.ack { segment.ack.value() } else { 0 };
        header.put(&ack.to_be_bytes());
        // The offset of the data, in words, in the upper half of a byte.
        header.put(&[((segment.header_length() / 4) << 4) as u8, flags(segment)]);
        header.put(&segment.window.to_be_bytes());
        header.length = usize::from(HEADER);
        header.options(&segment.options);
        debug_assert_eq!(header.length, usize::from(segment.header_length()));
        header
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    /// As Linux lays them out (`tcp_options_write`): each on a four-byte border, where SACK
    /// permitted fills the two bytes before the timestamps.
    fn options(&mut self, options: &Options) {
        if let Some(mss) = options.mss {
            self.put(&[2, 4]);
            self.put(&mss.to_be_bytes());
        }
        if let Some(stamps) = options.timestamps {
            self.put(if options.sack_permitted { &[4, 2] } else { &[NOP, NOP] });
            self.put(&[8, 10]);
            self.put(&stamps.value.to_be_bytes());
            self.put(&stamps.echo.to_be_bytes());
        } else if options.sack_permitted {
            self.put(&[NOP, NOP, 4, 2]);
        }
        if let Some(shift) = options.window_scale {
            self.put(&[NOP, 3, 3, shift]);
        }
        let blocks = options.sack.as_slice();
        if !blocks.is_empty() {
            self.put(&[NOP, NOP, 5, 2 + 8 * blocks.len() as u8]);
            for block in blocks {
                self.put(&block.start.value().to_be_bytes());
                self.put(&block.end.value().to_be_bytes());
            }
        }
    }

    fn set_checksum(&mut self, sum: Sum) {
        self.bytes[16..18].copy_from_slice(&sum.checksum().to_be_bytes());
    }

    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

fn flags(segment: &Segment) -> u8 {
    let flags = segment.flags;
    let bits =
        [flags.fin, flags.syn, flags.rst, flags.psh, flags.ack, flags.urg, flags.ece, flags.cwr];
    bits.iter().enumerate().map(|(place, &set)| u8::from(set) << place).sum()
}
