//! One capture: a pcapng file, made block by block.

use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::interface_statistics::{
    InterfaceStatisticsBlock, InterfaceStatisticsOption,
};

use super::background::{Background, CHUNK};
use super::block::Block;
use super::choice::Tapped;
use super::comments::{self, Ends};
use super::meaning::KnownMeaning;
use super::sections::{self, NodeView};
use super::sightings::Sightings;
use crate::id::InterfaceId;
use crate::observe::DropReason;
use crate::packet::Packet;
use crate::packet::wire::{Encoder, Extent, LinkLayer};
use crate::units::Time;

/// `epb_flags`: direction in the last two bits, and the link layer's verdict on the checksum.
const INBOUND: u32 = 1;
const OUTBOUND: u32 = 2;
const CRC_ERROR: u32 = 1 << 24;

/// Where a packet is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// It goes out.
    Out(InterfaceId),
    /// It has come in.
    In(InterfaceId),
    /// From the node to itself.
    Loopback,
}

/// An interface in the file.
#[derive(Debug)]
struct Interface {
    tapped: Tapped,
    link: LinkLayer,
    /// Packets that were captured.
    captured: u64,
    /// Packets that ended before they went out: all, and those since the last one that went out.
    dropped: u64,
    dropped_lately: u64,
    ends: Ends,
}

impl Interface {
    fn new(tapped: Tapped, link: LinkLayer) -> Self {
        let ends = Ends::default();
        Self { tapped, link, captured: 0, dropped: 0, dropped_lately: 0, ends }
    }
}

/// A packet that is not written yet: what becomes of it next is written with it.
#[derive(Debug)]
struct Held {
    block: Block,
    flags: u32,
    number: u64,
    dropped_before: u64,
    comments: Vec<String>,
}

/// What becomes of a packet that is not written yet can be written with it; the rest is told by the
/// next one.
#[derive(Debug, Clone, Copy)]
pub(super) struct End<'a> {
    pub(super) number: u64,
    pub(super) reason: DropReason,
    pub(super) place: &'a str,
}

/// The capture of some interfaces of a node.
pub(super) struct NodeFile {
    /// Its place among all files.
    number: usize,
    writer: PcapNgWriter<Vec<u8>>,
    interfaces: Vec<Interface>,
    held: Option<Held>,
    /// Packets that ended in the node after they were written.
    ends: Ends,
}

/// Writing to memory does not fail.
const TO_MEMORY: &str = "memory takes every block";

impl std::fmt::Debug for NodeFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("NodeFile").field(&self.number).finish()
    }
}

impl NodeFile {
    /// Begins a file with the descriptions of the interfaces.
    pub(super) fn start(
        number: usize,
        node: &NodeView<'_>,
        taps: &[Tapped],
        snap: Option<u32>,
        title: &str,
    ) -> Self {
        let begun = PcapNgWriter::with_section_header(Vec::new(), sections::header(title));
        let mut writer = begun.expect(TO_MEMORY);
        let mut interfaces = Vec::new();
        for &tapped in taps {
            let link = node.link_layer(tapped);
            let block = node.describe(tapped, link, snap.unwrap_or(0));
            writer.write_pcapng_block(block).expect(TO_MEMORY);
            interfaces.push(Interface::new(tapped, link));
        }
        let (held, ends) = (None, Ends::default());
        Self { number, writer, interfaces, held, ends }
    }

    fn place_of(&self, tapped: Tapped) -> Option<usize> {
        self.interfaces.iter().position(|known| known.tapped == tapped)
    }

    /// A packet is seen, if it is at an interface of this file. Returns the bytes that the one before it has
    /// taken.
    #[inline]
    pub(super) fn packet(
        &mut self,
        now: Time,
        direction: Direction,
        packet: &Packet,
        extent: Extent,
        (sightings, encoder, meaning): (&mut Sightings, &mut Encoder, &KnownMeaning),
        background: &Background,
    ) -> usize {
        let (tapped, flags) = match direction {
            Direction::Out(interface) => (Tapped::Wired(interface), OUTBOUND),
            Direction::In(interface) => (Tapped::Wired(interface), INBOUND),
            Direction::Loopback => (Tapped::Loopback, INBOUND),
        };
        let Some(place) = self.place_of(tapped) else { return 0 };
        let written = self.write_held();
        let out = self.writer.get_mut();
        if out.len() >= CHUNK {
            background.write(self.number, out);
        }
        let interface = &mut self.interfaces[place];
        interface.captured += 1;
        let block = Block::begin(out, place as u32, now);
        let length = sightings.encode((encoder, meaning), packet, interface.link, extent, out);
        block.end_packet(out, length);
        // Put together where it stays: to copy it right after that takes as long as all the rest.
        let held = self.held.insert(Held {
            block,
            flags: if packet.label.damaged { flags | CRC_ERROR } else { flags },
            number: packet.label.number,
            dropped_before: 0,
            comments: Vec::new(),
        });
        if let Some(purpose) = packet.label.purpose.words() {
            held.comments.push(format!("#{}: {purpose}", held.number));
        }
        if flags == OUTBOUND {
            held.dropped_before = std::mem::take(&mut interface.dropped_lately);
            held.comments.extend(interface.ends.take());
        }
        held.comments.extend(self.ends.take());
        written
    }

    /// Whether an interface is in this file.
    pub(super) fn has(&self, interface: InterfaceId) -> bool {
        self.place_of(Tapped::Wired(interface)).is_some()
    }

    /// Counts a packet that ended before it could leave by an interface, if that is in this file.
    pub(super) fn count_drop(&mut self, interface: InterfaceId) {
        if let Some(place) = self.place_of(Tapped::Wired(interface)) {
            self.interfaces[place].dropped += 1;
            self.interfaces[place].dropped_lately += 1;
        }
    }

    /// Comments the packet that was seen last, if it is the one that ended: then true.
    pub(super) fn tell_held(&mut self, end: End<'_>) -> bool {
        match &mut self.held {
            Some(held) if held.number == end.number => {
                held.comments.push(comments::of_one(end.number, end.reason, end.place));
                true
            }
            _ => false,
        }
    }

    /// The next packet has to tell: of an interface the next that goes out. True if that is in this
    /// file.
    pub(super) fn tell_later(&mut self, end: End<'_>, interface: Option<InterfaceId>) -> bool {
        let ends = match interface {
            None => &mut self.ends,
            Some(interface) => match self.place_of(Tapped::Wired(interface)) {
                None => return false,
                Some(place) => &mut self.interfaces[place].ends,
            },
        };
        ends.add(end.number, end.reason, end.place);
        true
    }

    fn write_held(&mut self) -> usize {
        let Some(held) = self.held.take() else { return 0 };
        let out = self.writer.get_mut();
        for text in &held.comments {
            Block::comment(out, text);
        }
        if held.dropped_before > 0 {
            Block::drop_count(out, held.dropped_before);
        }
        held.block.end(out, held.flags, held.number)
    }

    /// Hands over the rest, with the counts of the interfaces.
    pub(super) fn finish(mut self, now: Time, background: &Background) {
        self.write_held();
        // The upper half goes first, whatever the order of bytes: the crate has that right for packets
        // only.
        let end = now.as_ns().rotate_left(32);
        let mut lasting = self.ends.take();
        for (place, interface) in self.interfaces.iter_mut().enumerate() {
            let mut options = vec![
                InterfaceStatisticsOption::IsbStartTime(0),
                InterfaceStatisticsOption::IsbEndTime(end),
                InterfaceStatisticsOption::IsbIfRecv(interface.captured + interface.dropped),
                InterfaceStatisticsOption::IsbIfDrop(interface.dropped),
            ];
            let ends = interface.ends.take().into_iter().chain(lasting.take());
            options.extend(ends.map(|text| InterfaceStatisticsOption::Comment(text.into())));
            let interface_id = place as u32;
            let block = InterfaceStatisticsBlock { interface_id, timestamp: end, options };
            self.writer.write_pcapng_block(block).expect(TO_MEMORY);
        }
        background.write(self.number, self.writer.get_mut());
    }
}
