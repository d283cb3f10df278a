//! DNS messages (RFC 1035 section 4): one question of type A, with or without its answer.

use crate::packet::udp::{DnsAnswer, DnsMessage};

/// Recursion is desired.
const RD: u16 = 0x0100;
/// This is an answer, from an authority.
const QR_AA: u16 = 0x8400;
const NXDOMAIN: u16 = 3;
/// Type A, class IN.
const A_IN: [u8; 4] = [0, 1, 0, 1];
/// How long answers may be kept \[s\].
const TTL: u32 = 300;
/// A pointer to the name in the question, which follows the header of 12 bytes (section 4.1.4).
const POINTER: [u8; 2] = [0xc0, 12];

/// Length of a header \[bytes\] (section 4.1.1).
const HEADER: usize = 12;
/// A question for the status of a server (operation code 2), as port scanners ask it, and the answer
/// that this is not implemented.
const STATUS: u16 = 0x1000;
const NOT_IMPLEMENTED: u16 = 0x9004;

/// Appends a message of `length` bytes: the length that its sender has given it. One that has no room
/// for a name is about the server itself.
pub(super) fn put(message: &DnsMessage, name: Option<&str>, length: usize, out: &mut Vec<u8>) {
    let start = out.len();
    if length <= HEADER {
        let flags = if message.answer.is_some() { NOT_IMPLEMENTED } else { STATUS };
        for word in [message.id, flags, 0, 0, 0, 0] {
            out.extend_from_slice(&word.to_be_bytes());
        }
        return out.truncate(start + length);
    }
    let flags = match message.answer {
        None => RD,
        Some(DnsAnswer::Address(_)) => QR_AA | RD,
        Some(DnsAnswer::NoSuchName) => QR_AA | RD | NXDOMAIN,
    };
    let answers = u16::from(matches!(message.answer, Some(DnsAnswer::Address(_))));
    for word in [message.id, flags, 1, answers, 0, 0] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    for label in name.unwrap_or_default().split('.').filter(|label| !label.is_empty()) {
        out.push(label.len() as u8);
        out.extend_from_slice(label.as_bytes());
    }
    out.push(0);
    out.extend_from_slice(&A_IN);
    if let Some(DnsAnswer::Address(address)) = message.answer {
        out.extend_from_slice(&POINTER);
        out.extend_from_slice(&A_IN);
        out.extend_from_slice(&TTL.to_be_bytes());
        out.extend_from_slice(&4_u16.to_be_bytes());
        out.extend_from_slice(&address.octets());
    }
    out.resize(start + length, 0);
}
