//! UDP datagrams (RFC 768). Data without meaning tells the number that its sender gave it.

use super::checksum::Sum;
use super::ipv4::pseudo_header;
use super::pattern::Pattern;
use super::{Meaning, dns};
use crate::packet::ipv4;
use crate::packet::udp::{Content, Datagram};

const HEADER: usize = crate::packet::udp::HEADER as usize;
/// Room for `#18446744073709551615 `.
const LONGEST_NUMBER: usize = 22;

/// Appends a datagram, but no more than `wanted` bytes of data that say nothing.
pub(super) fn put(
    packet: &ipv4::Packet,
    datagram: &Datagram,
    pattern: &Pattern,
    meaning: &impl Meaning,
    wanted: usize,
    out: &mut Vec<u8>,
) {
    let mut header = [0; HEADER];
    header[..2].copy_from_slice(&datagram.source_port.to_be_bytes());
    header[2..4].copy_from_slice(&datagram.destination_port.to_be_bytes());
    header[4..6].copy_from_slice(&datagram.length().to_be_bytes());
    let sum = pseudo_header(packet, datagram.length()).bytes(&header);
    let length = usize::from(datagram.data_length);
    let start = out.len();
    match datagram.content {
        Content::Numbered(number) => {
            let (text, start) = in_words(number);
            let text = &text[start..];
            let text = &text[..text.len().min(length)];
            let rest = length - text.len();
            // The pattern goes on where the number ends.
            let behind = pattern.sum(text.len() as u32, rest);
            let behind = if text.len().is_multiple_of(2) { behind } else { behind.shifted() };
            set_checksum(&mut header, sum.bytes(text).sum(behind));
            out.extend_from_slice(&header);
            out.extend_from_slice(text);
            out.extend_from_slice(pattern.bytes(text.len() as u32, rest.min(wanted)));
        }
        Content::Dns(message) => {
            out.extend_from_slice(&header);
            dns::put(&message, meaning.dns_name(message.name), length, out);
            let sum = sum.bytes(&out[start + HEADER..]);
            set_checksum(&mut header, sum);
            out[start..start + HEADER].copy_from_slice(&header);
        }
    }
}

/// Zero would say that there is no checksum; 0xffff is the same number.
fn set_checksum(header: &mut [u8; HEADER], sum: Sum) {
    let checksum = match sum.checksum() {
        0 => 0xffff,
        checksum => checksum,
    };
    header[6..].copy_from_slice(&checksum.to_be_bytes());
}

/// `#17 `, at the end of the bytes, and where it begins.
fn in_words(number: u64) -> ([u8; LONGEST_NUMBER], usize) {
    let mut text = [b' '; LONGEST_NUMBER];
    let mut start = LONGEST_NUMBER - 1;
    let mut rest = number;
    loop {
        start -= 1;
        text[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    start -= 1;
    text[start] = b'#';
    (text, start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_out() {
        for number in [0, 7, 10, 123_456, u64::MAX] {
            let (text, start) = in_words(number);
            assert_eq!(text[start..], *format!("#{number} ").as_bytes());
        }
    }
}
