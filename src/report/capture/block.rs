//! The body of an enhanced packet block of pcapng.
//!
//! Written here and handed to the crate as a raw block: its own type for such blocks has no `epb_packetid` and no
//! way to add it, and writes everything twice to find out how long it is.

use pcap_file::pcapng::RawBlock;

use crate::units::Time;

/// The type of such a block.
const TYPE: u32 = 6;
/// Interface, time, both lengths \[bytes\].
const HEAD: usize = 20;
/// Type and length at the beginning, length at the end \[bytes\].
const AROUND: usize = 12;

/// Options and their codes.
const COMMENT: u16 = 1;
const FLAGS: u16 = 2;
const DROP_COUNT: u16 = 4;
const PACKET_ID: u16 = 5;

/// A body, made in this order: [`Body::begin`], the packet's bytes, [`Body::end_packet`], comments and
/// the count of drops, [`Body::block`].
#[derive(Debug, Default)]
pub(super) struct Body(Vec<u8>);

impl Body {
    /// Begins anew. The packet's bytes are to be appended to what is returned.
    #[inline]
    pub(super) fn begin(&mut self, interface: u32, at: Time) -> &mut Vec<u8> {
        let time = at.as_ns();
        let mut head = [0; HEAD];
        head[..4].copy_from_slice(&interface.to_le_bytes());
        head[4..8].copy_from_slice(&((time >> 32) as u32).to_le_bytes());
        head[8..12].copy_from_slice(&(time as u32).to_le_bytes());
        self.0.clear();
        self.0.extend_from_slice(&head);
        &mut self.0
    }

    /// The packet's bytes are complete; `length` were on the wire.
    #[inline]
    pub(super) fn end_packet(&mut self, length: usize) {
        let captured = (self.0.len() - HEAD) as u32;
        self.0[12..16].copy_from_slice(&captured.to_le_bytes());
        self.0[16..20].copy_from_slice(&(length as u32).to_le_bytes());
        self.pad();
    }

    /// A comment on the packet.
    pub(super) fn comment(&mut self, text: &str) {
        // Longer ones cannot be; nothing that is said here is.
        let text = text.get(..usize::from(u16::MAX)).unwrap_or(text);
        self.option(COMMENT, text.as_bytes());
    }

    /// Packets that were dropped between the one before and this.
    pub(super) fn drop_count(&mut self, count: u64) {
        self.option(DROP_COUNT, &count.to_le_bytes());
    }

    /// The block with this body. Its last options are direction and what the link layer found
    /// (`flags`), and what tells the packet from all others, the same wherever it is captured.
    #[inline]
    pub(super) fn block(&mut self, flags: u32, packet_id: u64) -> RawBlock<'_> {
        let mut options = [0; 24];
        options[..4].copy_from_slice(&head_of(FLAGS, 4));
        options[4..8].copy_from_slice(&flags.to_le_bytes());
        options[8..12].copy_from_slice(&head_of(PACKET_ID, 8));
        options[12..20].copy_from_slice(&packet_id.to_le_bytes());
        // Four zeros end the options.
        self.0.extend_from_slice(&options);
        let length = (self.0.len() + AROUND) as u32;
        RawBlock {
            type_: TYPE,
            initial_len: length,
            body: self.0.as_slice().into(),
            trailer_len: length,
        }
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        self.0.extend_from_slice(&head_of(code, value.len() as u16));
        self.0.extend_from_slice(value);
        self.pad();
    }

    /// Everything begins at a multiple of four bytes.
    #[inline]
    fn pad(&mut self) {
        let missing = self.0.len().wrapping_neg() % 4;
        self.0.extend_from_slice(&[0; 3][..missing]);
    }
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
        let mut body = Body::default();
        body.begin(0, Time::from_secs(10)).extend_from_slice(b"hello");
        body.end_packet(1500);
        body.comment("#17 dropped");
        body.drop_count(3);
        writer.write_raw_block(&body.block(2, 17)).expect("writes");
        let bytes = writer.into_inner();
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
