//! ICMP messages (RFC 792). Echo data is that of Linux's `ping`: the time, then counting bytes.

use super::checksum::Sum;
use super::{Encoder, Meaning};
use crate::packet::icmp::{Error, Message, Quote, Unreachable};
use crate::packet::ipv4::{self, Protocol, Transport};
use crate::packet::tcp::{Flags, Options, Segment, SeqNum};
use crate::packet::udp::{self, Content, Datagram};
use crate::units::Time;

/// Seconds and microseconds, eight bytes each.
const STAMP: usize = 16;

/// Appends a message.
pub(super) fn put(
    encoder: &mut Encoder,
    message: &Message,
    created: Time,
    meaning: &impl Meaning,
    out: &mut Vec<u8>,
) {
    let start = out.len();
    match message {
        Message::Echo { reply, identifier, sequence, data_length } => {
            out.extend_from_slice(&[if *reply { 0 } else { 8 }, 0, 0, 0]);
            out.extend_from_slice(&identifier.to_be_bytes());
            out.extend_from_slice(&sequence.to_be_bytes());
            put_echo_data(created, usize::from(*data_length), out);
        }
        Message::Error { error, quote } => {
            let (kind, code) = error.type_and_code();
            out.extend_from_slice(&[kind, code, 0, 0, 0, 0]);
            let mtu = match error {
                Error::DestinationUnreachable(Unreachable::FragmentationNeeded { mtu }) => *mtu,
                _ => 0,
            };
            out.extend_from_slice(&mtu.to_be_bytes());
            let end = out.len() + usize::from(quote.quoted_length);
            let original = meaning.quoted(quote).unwrap_or_else(|| rebuilt(quote));
            if !matches!(original.transport, Transport::Icmp(Message::Error { .. })) {
                encoder.ipv4(&original, created, meaning, usize::MAX, out);
            }
            out.resize(end, 0);
        }
    }
    let checksum = Sum::default().bytes(&out[start..]).checksum();
    out[start + 2..start + 4].copy_from_slice(&checksum.to_be_bytes());
}

fn put_echo_data(created: Time, length: usize, out: &mut Vec<u8>) {
    let end = out.len() + length;
    if length >= STAMP {
        let microseconds = created.as_ns() / 1000;
        out.extend_from_slice(&(microseconds / 1_000_000).to_le_bytes());
        out.extend_from_slice(&(microseconds % 1_000_000).to_le_bytes());
    }
    let missing = end - out.len();
    let counting = (0..=u8::MAX).cycle().skip(length - missing);
    out.extend(counting.take(missing));
}

/// What a quotation tells of a packet, the rest as if it had just been sent.
fn rebuilt(quote: &Quote) -> ipv4::Packet {
    let data = quote.total_length.saturating_sub(ipv4::HEADER);
    let (source_port, destination_port) = (quote.source_port, quote.destination_port);
    let transport = match quote.protocol {
        Protocol::Udp => Transport::Udp(Datagram {
            source_port,
            destination_port,
            data_length: data.saturating_sub(udp::HEADER),
            content: Content::Numbered(0),
        }),
        Protocol::Tcp => Transport::Tcp(Segment {
            source_port,
            destination_port,
            seq: quote.sequence,
            ack: SeqNum::default(),
            flags: Flags::NONE,
            window: 0,
            options: Options::default(),
            data_length: data.saturating_sub(crate::packet::tcp::HEADER),
        }),
        Protocol::Icmp => Transport::Icmp(Message::Echo {
            reply: false,
            identifier: source_port,
            sequence: destination_port,
            data_length: data.saturating_sub(crate::packet::icmp::HEADER),
        }),
    };
    let packet = ipv4::Packet::new(quote.source, quote.destination, transport);
    ipv4::Packet { identification: quote.identification, data_length: data, ..packet }
}
