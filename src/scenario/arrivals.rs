//! Files of packet arrivals that applications replay: CSV, pcap or pcapng.

use std::sync::Arc;

use pcap_file::pcap::PcapReader;
use pcap_file::pcapng::{Block, PcapNgReader};

use super::context::{Reader, unreadable};
use super::names::Wrong;
use crate::units::Time;

/// The most packets that a file may hold.
const MOST: usize = 20_000_000;

type List = Vec<(Time, u16)>;

/// Reads the packets of a file: their times since the first, ascending, with their data lengths.
///
/// CSV has a line `time,bytes` for each packet, the time in seconds; a line of words before and
/// lines that begin with `#` are skipped. In pcap files the length of an IPv4 UDP packet is that
/// of its data, of others the length of the captured frame.
pub(super) fn read(reader: &Reader<'_>, file: &str) -> Result<Arc<[(Time, u16)]>, Wrong> {
    let bytes = reader(file).map_err(|error| {
        (
            format!("`{file}` cannot be read: {}", unreadable(&error)),
            "give the path of a CSV or pcap file, relative to the scenario's place".to_owned(),
        )
    })?;
    let mut list = match bytes.get(..4) {
        Some([0x0a, 0x0d, 0x0d, 0x0a]) => pcapng(&bytes),
        Some(
            [0xd4, 0xc3, 0xb2, 0xa1]
            | [0xa1, 0xb2, 0xc3, 0xd4]
            | [0x4d, 0x3c, 0xb2, 0xa1]
            | [0xa1, 0xb2, 0x3c, 0x4d],
        ) => pcap(&bytes),
        _ => csv(&bytes),
    }
    .map_err(|why| {
        let help = "a CSV file has lines such as 0.25,1200: the time in seconds, the bytes of data";
        (format!("`{file}`: {why}"), help.to_owned())
    })?;
    if list.is_empty() {
        return Err((format!("`{file}` has no packets"), "record or write at least one".into()));
    }
    list.sort_by_key(|(time, _)| *time);
    let first = list[0].0;
    Ok(list.into_iter().map(|(time, bytes)| (time.saturating_sub(first), bytes)).collect())
}

fn add(list: &mut List, time: Time, bytes: usize) -> Result<(), String> {
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
        add(&mut list, Time::from_secs_f64(time), usize::from(size))?;
    }
    Ok(list)
}

fn span(duration: std::time::Duration) -> Time {
    Time::from_ps(u64::try_from(duration.as_nanos().saturating_mul(1000)).unwrap_or(u64::MAX))
}

/// Keeps times within 64 bits of picoseconds by counting from the first packet.
struct Clock(Option<std::time::Duration>);

impl Clock {
    fn since_first(&mut self, now: std::time::Duration) -> Time {
        let first = *self.0.get_or_insert(now);
        span(now.saturating_sub(first))
    }
}

fn pcap(bytes: &[u8]) -> Result<List, String> {
    let (mut list, mut clock) = (List::new(), Clock(None));
    let mut reader = PcapReader::new(bytes).map_err(|error| error.to_string())?;
    while let Some(packet) = reader.next_packet() {
        let packet = packet.map_err(|error| error.to_string())?;
        let time = clock.since_first(packet.timestamp);
        add(&mut list, time, data_length(&packet.data, packet.orig_len))?;
    }
    Ok(list)
}

fn pcapng(bytes: &[u8]) -> Result<List, String> {
    let (mut list, mut clock) = (List::new(), Clock(None));
    let mut reader = PcapNgReader::new(bytes).map_err(|error| error.to_string())?;
    while let Some(block) = reader.next_block() {
        if let Block::EnhancedPacket(packet) = block.map_err(|error| error.to_string())? {
            let time = clock.since_first(packet.timestamp);
            add(&mut list, time, data_length(&packet.data, packet.original_len))?;
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
}
