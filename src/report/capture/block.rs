//! Enhanced packet blocks of pcapng.
//!
//! Written here, right where they stay: the crate's own type for such blocks has no `epb_packetid` and no
//! way to add it, and writes everything twice to find out how long it is.

use crate::packet::wire::room;
use crate::units::Time;

/// The type of such a block.
const TYPE: u32 = 6;
/// Type and length of the block, interface, time, both lengths \[bytes\].
const HEAD: usize = 28;
/// The length again, at the end \[bytes\].
const TAIL: usize = 4;

/// Options and their codes.
const COMMENT: u16 = 1;
const FLAGS: u16 = 2;
const DROP_COUNT: u16 = 4;
const PACKET_ID: u16 = 5;

/// A block at the end of a buffer, made in this order: [`Block::begin`], the packet's bytes,
/// [`Block::end_packet`], comments and the count of drops, [`Block::end`]. The buffer is the same all the time.
#[derive(Debug)]
pub(super) struct Block {
    start: usize,
}

impl Block {
    /// Begins a block. The packet's bytes are to be appended to the buffer.
    #[inline]
    pub(super) fn begin(out: &mut Vec<u8>, interface: u32, at: Time) -> Self {
        let (start, time) = (out.len(), at.as_ns());
        let head: &mut [u8; HEAD] = room(out);
        head[..4].copy_from_slice(&TYPE.to_le_bytes());
        head[8..12].copy_from_slice(&interface.to_le_bytes());
        head[12..16].copy_from_slice(&((time >> 32) as u32).to_le_bytes());
        head[16..20].copy_from_slice(&(time as u32).to_le_bytes());
        Self { start }
    }

    /// The packet's bytes are complete; `length` were on the wire.
    #[inline]
    pub(super) fn end_packet(&self, out: &mut Vec<u8>, length: usize) {
        let captured = (out.len() - self.start - HEAD) as u32;
        let lengths = &mut out[self.start + 20..self.start + HEAD];
        lengths[..4].copy_from_slice(&captured.to_le_bytes());
        lengths[4..].copy_from_slice(&(length as u32).to_le_bytes());
        pad(out);
    }

    /// A comment on the packet.
    pub(super) fn comment(out: &mut Vec<u8>, text: &str) {
        // Longer ones cannot be; nothing that is said here is.
        let text = text.get(..usize::from(u16::MAX)).unwrap_or(text);
        option(out, COMMENT, text.as_bytes());
    }

    /// Packets that were dropped between the one before and this.
    pub(super) fn drop_count(out: &mut Vec<u8>, count: u64) {
        option(out, DROP_COUNT, &count.to_le_bytes());
    }

    /// Ends the block. Its last options are direction and what the link layer found (`flags`), and what tells
    /// the packet from all others, the same wherever it is captured. Returns the length of the block
    /// \[bytes\].
    #[inline]
    pub(super) fn end(self, out: &mut Vec<u8>, flags: u32, packet_id: u64) -> usize {
        // Four zeros end the options.
        const OPTIONS: usize = 24;
        let length = out.len() - self.start + OPTIONS + TAIL;
        let end: &mut [u8; OPTIONS + TAIL] = room(out);
        end[..4].copy_from_slice(&head_of(FLAGS, 4));
        end[4..8].copy_from_slice(&flags.to_le_bytes());
        end[8..12].copy_from_slice(&head_of(PACKET_ID, 8));
        end[12..20].copy_from_slice(&packet_id.to_le_bytes());
        end[OPTIONS..].copy_from_slice(&(length as u32).to_le_bytes());
        out[self.start + 4..self.start + 8].copy_from_slice(&(length as u32).to_le_bytes());
        length
    }
}

fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    out.extend_from_slice(&head_of(code, value.len() as u16));
    out.extend_from_slice(value);
    pad(out);
}

/// Everything begins at a multiple of four bytes.
#[inline]
fn pad(out: &mut Vec<u8>) {
    let missing = out.len().wrapping_neg() % 4;
    out.extend_from_slice(&[0; 3][..missing]);
}

/// Code and length of an option.
#[inline]
const fn head_of(code: u16, length: u16) -> [u8; 4] {
    let ([a, b], [c, d]) = (code.to_le_bytes(), length.to_le_bytes());
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;
    use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
    use pcap_file::pcapng::{PcapNgReader, PcapNgWriter};

    #[test]
    fn the_crate_reads_it() {
        use pcap_file::pcapng::blocks::interface_description::InterfaceDescriptionBlock;
        use pcap_file::{DataLink, Endianness};
        let mut writer =
            PcapNgWriter::with_endianness(Vec::new(), Endianness::Little).expect("writes");
        let interface = InterfaceDescriptionBlock::new(DataLink::ETHERNET, 0);
        writer.write_pcapng_block(interface).expect("writes");
        let mut bytes = writer.into_inner();
        let before = bytes.len();
        let block = Block::begin(&mut bytes, 0, Time::from_secs(10));
        bytes.extend_from_slice(b"hello");
        block.end_packet(&mut bytes, 1500);
        Block::comment(&mut bytes, "#17 dropped");
        Block::drop_count(&mut bytes, 3);
        assert_eq!(block.end(&mut bytes, 2, 17), bytes.len() - before);
        let mut reader = PcapNgReader::new(bytes.as_slice()).expect("a section");
        reader.next_block().expect("an interface").expect("well made");
        let block = reader.next_block().expect("a packet").expect("well made").into_owned();
        let packet = block.into_enhanced_packet().expect("a packet");
        assert_eq!((packet.original_len, &*packet.data), (1500, &b"hello"[..]));
        assert_eq!(packet.timestamp.as_nanos(), 10_000_000_000);
        let [comment, drops, flags, EnhancedPacketOption::Unknown(id)] = &packet.options[..] else {
            panic!("{:?}", packet.options)
        };
        assert_eq!(*comment, EnhancedPacketOption::Comment("#17 dropped".into()));
        assert_eq!(*flags, EnhancedPacketOption::Flags(2));
        assert_eq!(*drops, EnhancedPacketOption::DropCount(3));
        assert_eq!((id.code, &*id.value), (PACKET_ID, &17_u64.to_le_bytes()[..]));
    }
}
