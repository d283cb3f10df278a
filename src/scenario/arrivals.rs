//! Files of packet arrivals that applications replay: CSV, pcap or pcapng.

use std::sync::Arc;

use pcap_file::TsResolution;
use pcap_file::pcap::PcapReader;
use pcap_file::pcapng::{Block, PcapNgReader};

use super::capture_clock::Clock;
use super::context::{Reader, unreadable};
use super::names::Wrong;
use crate::units::Time;

/// The most packets that a file may hold.
const MOST: usize = 20_000_000;

/// Times \[ps\], counted from wherever the file does, and data lengths.
type List = Vec<(u128, u16)>;

/// Picoseconds in a nanosecond.
const NANOSECOND: u128 = 1000;

/// Reads the packets of a file: their times since the first, ascending, with their data lengths.
///
/// CSV has a line `time,bytes` for each packet, the time in seconds; a line of words before and
/// lines that begin with `#` are skipped. In pcap files the length of an IPv4 UDP packet is that
/// of its data, of others the length of the frame.
pub(super) fn read(reader: &Reader<'_>, file: &str) -> Result<Arc<[(Time, u16)]>, Wrong> {
    let bytes = reader(file).map_err(|error| {
        (
            format!("`{file}` cannot be read: {}", unreadable(&error)),
            "give the path of a CSV or pcap file, relative to the scenario's place".to_owned(),
        )
    })?;
    let capture = "`editcap BROKEN WHOLE`, which comes with Wireshark, keeps what can be read";
    let rows = "a CSV file has lines such as 0.25,1200: the time in seconds, the bytes of data";
    let (list, help) = match bytes.get(..4) {
        Some([0x0a, 0x0d, 0x0d, 0x0a]) => (pcapng(&bytes), capture),
        Some(
            [0xd4, 0xc3, 0xb2, 0xa1]
            | [0xa1, 0xb2, 0xc3, 0xd4]
            | [0x4d, 0x3c, 0xb2, 0xa1]
            | [0xa1, 0xb2, 0x3c, 0x4d],
        ) => (pcap(&bytes), capture),
        _ => (csv(&bytes), rows),
    };
    let mut list = list.map_err(|why| (format!("`{file}`: {why}"), help.to_owned()))?;
    list.sort_by_key(|(time, _)| *time);
    let Some(&(first, _)) = list.first() else {
        return Err((format!("`{file}` has no packets"), "record or write at least one".into()));
    };
    let since = |time: u128| Time::from_ps(u64::try_from(time - first).unwrap_or(u64::MAX));
    Ok(list.into_iter().map(|(time, bytes)| (since(time), bytes)).collect())
}

fn add(list: &mut List, time: u128, bytes: usize) -> Result<(), String> {
    if list.len() >= MOST {
        return Err(format!("more than {MOST} packets"));
    }
    list.push((time, u16::try_from(bytes).unwrap_or(u16::MAX)));
    Ok(())
}

fn csv(bytes: &[u8]) -> Result<List, String> {
    let mut list = List::new();
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(bytes);
    let mut row = csv::StringRecord::new();
    while rows.read_record(&mut row).map_err(|error| error.to_string())? {
        let line = row.position().map_or(0, csv::Position::line);
        let (time, size) = (row.get(0).unwrap_or(""), row.get(1).unwrap_or(""));
        let (time, size) = match (time.parse::<f64>(), size.parse::<u16>()) {
            (Ok(time), Ok(size)) if (0.0..1.8e7).contains(&time) => (time, size),
            _ if line <= 1 && list.is_empty() && time.starts_with(char::is_alphabetic) => continue,
            _ => {
                return Err(format!("line {line} is not a time and a number of bytes up to 65535"));
            }
        };
        add(&mut list, Time::from_secs_f64(time).as_ps().into(), usize::from(size))?;
    }
    Ok(list)
}

fn pcap(bytes: &[u8]) -> Result<List, String> {
    let mut list = List::new();
    let mut reader = PcapReader::new(bytes).map_err(|error| error.to_string())?;
    let unit = match reader.header().ts_resolution {
        TsResolution::MicroSecond => 1000 * NANOSECOND,
        TsResolution::NanoSecond => NANOSECOND,
    };
    // Raw packets: the reader takes packets longer than what was kept of them for faults.
    while let Some(packet) = reader.next_raw_packet() {
        let packet = packet.map_err(|error| error.to_string())?;
        let second = 1_000_000_000 * NANOSECOND;
        let time = u128::from(packet.ts_sec) * second + u128::from(packet.ts_frac) * unit;
        add(&mut list, time, data_length(&packet.data, packet.orig_len))?;
    }
    Ok(list)
}

fn pcapng(bytes: &[u8]) -> Result<List, String> {
    let (mut list, mut clocks) = (List::new(), Vec::new());
    let mut reader = PcapNgReader::new(bytes).map_err(|error| error.to_string())?;
    while let Some(block) = reader.next_block() {
        match block.map_err(|error| error.to_string())? {
            // A new section numbers its interfaces anew.
            Block::SectionHeader(_) => clocks.clear(),
            Block::InterfaceDescription(interface) => clocks.push(Clock::of(&interface.options)),
            Block::EnhancedPacket(packet) => {
                let clock = clocks.get(packet.interface_id as usize).ok_or_else(|| {
                    format!("a packet of interface {}, which there is not", packet.interface_id)
                })?;
                let time = clock.time(packet.timestamp).saturating_mul(NANOSECOND);
                add(&mut list, time, data_length(&packet.data, packet.original_len))?;
            }
            _ => {}
        }
    }
    Ok(list)
}

/// The UDP data length of an Ethernet frame with IPv4 and UDP, else the frame's length.
fn data_length(frame: &[u8], length: u32) -> usize {
    let udp = || {
        let ip = frame.get(14..)?;
        let (0x45..=0x4f, [0x08, 0x00]) = (*ip.first()?, frame.get(12..14)?) else { return None };
        let header = usize::from(ip[0] & 0x0f) * 4;
        (*ip.get(9)? == 17).then_some(())?;
        let field = ip.get(header + 4..header + 6)?;
        usize::from(u16::from_be_bytes([field[0], field[1]])).checked_sub(8)
    };
    udp().unwrap_or(length as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Arc<[(Time, u16)]>, Wrong> {
        let bytes = text.as_bytes().to_vec();
        read(&move |_| Ok(bytes.clone()), "a.csv")
    }

    #[test]
    fn reads_csv_and_counts_from_the_first_packet() {
        let list = read_text("time,bytes\n# a note\n1.5, 100\n1.0,1472\n").expect("a list");
        assert_eq!(*list, [(Time::ZERO, 1472), (Time::from_ms(500), 100)]);
    }

    #[test]
    fn says_what_is_wrong_with_a_file() {
        for (text, told) in [
            ("", "no packets"),
            ("1.0,2\nx,y\n", "line 2"),
            ("-1,5\n", "line 1"),
            ("1.0,70000\n", "line 1"),
            ("\u{a}\u{d}\u{d}\u{a}rubbish", "a.csv"),
        ] {
            let (message, _) = read_text(text).expect_err(text);
            assert!(message.contains(told), "{text}: {message}");
        }
        let missing = read(&|_| Err(std::io::ErrorKind::NotFound.into()), "b.csv");
        assert!(missing.expect_err("no file").0.contains("b.csv"));
    }

    fn read_bytes(bytes: Vec<u8>) -> Result<Arc<[(Time, u16)]>, Wrong> {
        read(&move |_| Ok(bytes.clone()), "a.pcap")
    }

    /// A block of a pcapng file: type, length, body, length.
    fn block(kind: u32, body: &[u8]) -> Vec<u8> {
        let length = (body.len() as u32 + 12).to_le_bytes();
        [&kind.to_le_bytes(), &length, body, &length].concat()
    }

    /// A pcapng file of two packets whose interface has an `if_tsresol`, or does not say.
    fn two_packets(resolution: Option<u8>, ticks: [u64; 2]) -> Vec<u8> {
        let header = [0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0];
        let mut file = block(0x0a0d_0d0a, &[&header[..], &[0xff; 8]].concat());
        let mut interface = vec![1, 0, 0, 0, 0, 0, 0, 0];
        interface.extend(resolution.into_iter().flat_map(|it| [9, 0, 1, 0, it, 0, 0, 0]));
        interface.extend(resolution.into_iter().flat_map(|_| [0; 4]));
        file.extend(block(1, &interface));
        for ticks in ticks {
            let words = [0, (ticks >> 32) as u32, ticks as u32, 4, 900];
            let words = words.into_iter().flat_map(u32::to_le_bytes).chain([7; 4]);
            file.extend(block(6, &words.collect::<Vec<u8>>()));
        }
        file
    }

    #[test]
    fn reads_pcapng_by_the_clock_of_its_interface() {
        let expected = [(Time::ZERO, 900), (Time::from_ms(500), 900)];
        let (micro, nano) = (1_700_000_000_000_000, 1_700_000_000_000_000_000);
        for (resolution, ticks) in [
            (None, [micro, micro + 500_000]),
            (Some(6), [micro, micro + 500_000]),
            (Some(9), [nano, nano + 500_000_000]),
            (Some(0x8a), [1024, 1536]),
            (Some(3), [2500, 2000]),
        ] {
            let list = read_bytes(two_packets(resolution, ticks)).expect("a list");
            assert_eq!(*list, expected, "{resolution:?}");
        }
    }

    #[test]
    fn reads_packets_of_which_a_part_was_kept() {
        for (magic, fraction) in [(0xa1b2_c3d4_u32, 500_000_u32), (0xa1b2_3c4d, 500_000_000)] {
            let mut words = vec![magic, 0x0004_0002, 0, 0, 96, 1];
            words.extend([3, 0, 4, 1500, 7]);
            words.extend([3, fraction, 4, 1500, 7]);
            let file = words.into_iter().flat_map(u32::to_le_bytes).collect();
            let list = read_bytes(file).expect("a list");
            assert_eq!(*list, [(Time::ZERO, 1500), (Time::from_ms(500), 1500)]);
        }
    }
}
