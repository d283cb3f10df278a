//! Files of captured packets: pcap and pcapng.

use std::collections::BTreeMap;
use std::io::{Cursor, ErrorKind, Read};
use std::time::Duration;

use pcap_file::pcap::PcapReader;
use pcap_file::pcapng::{Block, PcapNgReader};
use pcap_file::{DataLink, PcapError, TsResolution};

use super::wire::{self, Frame};
use crate::packet::ipv4;
use crate::scenario::capture_clock::Clock;
use crate::units::Time;

/// The most packets that a capture may hold: they are kept in memory, and nobody could read the
/// scenario that more would make.
pub const MOST: u64 = 500_000;

/// The first bytes of a pcapng file: its section header block.
const PCAPNG: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
/// The first bytes of a pcap file: microseconds or nanoseconds, either byte order.
const PCAP: [[u8; 4]; 4] = [
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0x4d, 0x3c, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
];
/// Nanoseconds in a second.
const SECOND: u128 = 1_000_000_000;
/// Nanoseconds in a day.
const DAY: u128 = 86_400 * SECOND;
/// A conversation of more than this nobody wants to replay; the clock was wrong \[ns\].
const LONGEST: u128 = 30 * DAY;

/// A packet that was captured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Captured {
    /// Its number in the file, from 1.
    pub number: u64,
    /// When it was seen, since the first packet.
    pub at: Time,
    /// Its headers.
    pub packet: ipv4::Packet,
}

/// What a file holds, as far as it can be replayed.
#[derive(Debug, Clone, Default)]
pub struct Capture {
    /// IPv4 packets, in the order of their times.
    pub packets: Vec<Captured>,
    /// How many packets there are of what cannot be replayed.
    pub skipped: BTreeMap<&'static str, u64>,
    /// All packets of the file.
    pub total: u64,
}

/// Why a file cannot be read. The words say what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It begins with something else.
    #[error(
        "this is neither a pcap nor a pcapng file; \
         record one with `tcpdump -w FILE` or save it so in Wireshark"
    )]
    NotACapture,
    /// The file ends too early.
    #[error(
        "the file ends in the middle of packet {0}; \
         `editcap BROKEN WHOLE`, which comes with Wireshark, keeps those before it"
    )]
    Cut(u64),
    /// A packet makes no sense.
    #[error(
        "packet {number} is broken ({why}); \
         `editcap BROKEN WHOLE`, which comes with Wireshark, keeps those before it"
    )]
    Broken {
        /// Which packet.
        number: u64,
        /// What is wrong with it.
        why: String,
    },
    /// The system does not let it be read.
    #[error("cannot read: {0}")]
    Io(String),
    /// A link layer that is not known.
    #[error(
        "packet {number} has the link layer {kind}, which cannot be read; known are Ethernet, \
         Linux cooked capture (SLL, SLL2), PPP, raw IP and BSD loopback"
    )]
    LinkLayer {
        /// Which packet.
        number: u64,
        /// The number of the link type.
        kind: u32,
    },
    /// Too many packets.
    #[error("it holds more than {MOST} packets; cut a part out: `editcap -r ALL PART 1-10000`")]
    TooLong,
}

/// Reads a capture.
///
/// # Errors
/// If it is no capture, is broken or too long.
pub fn read(mut file: impl Read) -> Result<Capture, ReadError> {
    let mut magic = [0; 4];
    match file.read_exact(&mut magic) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            return Err(ReadError::NotACapture);
        }
        Err(error) => return Err(ReadError::Io(error.to_string())),
        Ok(()) => {}
    }
    let whole = Cursor::new(magic).chain(file);
    let mut pile = Pile::default();
    if magic == PCAPNG {
        pcapng(whole, &mut pile)?;
    } else if PCAP.contains(&magic) {
        pcap(whole, &mut pile)?;
    } else {
        return Err(ReadError::NotACapture);
    }
    pile.finish()
}

/// Packets as they come out of a file.
#[derive(Debug, Default)]
struct Pile {
    capture: Capture,
    /// Times since 1970 \[ns\], one for each packet of the capture.
    times: Vec<u128>,
}

impl Pile {
    fn add(
        &mut self,
        time: u128,
        link: DataLink,
        data: &[u8],
        length: u32,
    ) -> Result<(), ReadError> {
        self.capture.total += 1;
        let number = self.capture.total;
        if number > MOST {
            return Err(ReadError::TooLong);
        }
        match wire::parse(link, data, length) {
            Frame::Ip(packet) => {
                self.times.push(time);
                self.capture.packets.push(Captured { number, at: Time::ZERO, packet });
            }
            Frame::Skipped(what) => *self.capture.skipped.entry(what).or_default() += 1,
            Frame::UnknownLink => {
                return Err(ReadError::LinkLayer { number, kind: u32::from(link) });
            }
        }
        Ok(())
    }

    /// The capture with times from its first packet on, in order.
    fn finish(mut self) -> Result<Capture, ReadError> {
        let first = self.times.iter().copied().min().unwrap_or(0);
        for (captured, time) in self.capture.packets.iter_mut().zip(&self.times) {
            let since = time - first;
            if since > LONGEST {
                let (number, days) = (captured.number, since / DAY);
                let why = format!("its time is {days} days after that of the earliest packet");
                return Err(ReadError::Broken { number, why });
            }
            let since = u64::try_from(since).unwrap_or(u64::MAX);
            captured.at = Time::from_ns(since);
        }
        self.capture.packets.sort_by_key(|captured| captured.at);
        Ok(self.capture)
    }

    /// What a fault of the reader means for the packet that comes next.
    fn fault(&self, error: &PcapError) -> ReadError {
        let number = self.capture.total + 1;
        match error {
            PcapError::IncompleteBuffer => ReadError::Cut(number),
            PcapError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
                ReadError::Cut(number)
            }
            PcapError::IoError(error) => ReadError::Io(error.to_string()),
            other => ReadError::Broken { number, why: other.to_string() },
        }
    }
}

fn pcap(file: impl Read, pile: &mut Pile) -> Result<(), ReadError> {
    let mut reader = PcapReader::new(file).map_err(|error| pile.fault(&error))?;
    let header = reader.header();
    let unit = if header.ts_resolution == TsResolution::MicroSecond { 1000 } else { 1 };
    // Raw packets: the reader takes packets longer than what was kept of them for faults.
    while let Some(packet) = reader.next_raw_packet() {
        let packet = packet.map_err(|error| pile.fault(&error))?;
        let time = u128::from(packet.ts_sec) * SECOND + u128::from(packet.ts_frac) * unit;
        pile.add(time, header.datalink, &packet.data, packet.orig_len)?;
    }
    Ok(())
}

fn pcapng(file: impl Read, pile: &mut Pile) -> Result<(), ReadError> {
    let mut reader = PcapNgReader::new(file).map_err(|error| pile.fault(&error))?;
    // Those of the present section: a new one numbers them anew.
    let mut interfaces: Vec<(Clock, DataLink)> = Vec::new();
    while let Some(block) = reader.next_block() {
        let block = block.map_err(|error| pile.fault(&error))?;
        let (interface, ticks, data, length) = match &block {
            Block::SectionHeader(_) => {
                interfaces.clear();
                continue;
            }
            Block::InterfaceDescription(description) => {
                interfaces.push((Clock::of(&description.options), description.linktype));
                continue;
            }
            Block::EnhancedPacket(packet) => {
                (packet.interface_id, packet.timestamp, &packet.data, packet.original_len)
            }
            Block::Packet(packet) => {
                let ticks = Duration::from_nanos(packet.timestamp);
                (u32::from(packet.interface_id), ticks, &packet.data, packet.original_len)
            }
            Block::SimplePacket(_) => {
                pile.capture.total += 1;
                *pile.capture.skipped.entry("packets without a time").or_default() += 1;
                continue;
            }
            _ => continue,
        };
        let Some((clock, link)) = interfaces.get(interface as usize) else {
            let why = format!("it names interface {interface}, which the file does not describe");
            return Err(ReadError::Broken { number: pile.capture.total + 1, why });
        };
        pile.add(clock.time(ticks), *link, data, length)?;
    }
    Ok(())
}
