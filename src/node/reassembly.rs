//! Reassembly: putting fragments together again (RFC 791, section 3.2; RFC 815).
//!
//! A state machine without a clock: fragments go in by [`Reassembly::offer`]; one timer is kept
//! armed for [`Reassembly::poll_timeout`], at which [`Reassembly::handle_timeout`] is called.
//!
//! Fragments have no bytes here, so a datagram is known by which of its bytes have arrived.
//! Overlapping fragments count once. Where fragments of two datagrams got mixed, because the
//! 16-bit identification came round while the first still waited (RFC 4963), the result is
//! marked damaged: a real receiver's checksum would find out.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::packet::Label;
use crate::packet::ipv4::{self, Packet, Protocol};
use crate::units::Time;

/// Bytes of fragments kept at once; above it new ones are refused (Linux `ipfrag_high_thresh`).
pub const MEMORY: u64 = 4 << 20;

/// The bits of the traffic class that say "congestion experienced" (RFC 3168).
const CONGESTION_EXPERIENCED: u8 = 0b11;

/// What became of a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offered {
    /// It was the last one missing: the whole datagram, labelled as its first fragment.
    Complete(Packet, Label),
    /// It is kept until the others come.
    Waiting,
    /// It was not kept: there is no memory left, or it does not fit what came before.
    Refused,
}

/// A datagram of which fragments were missing for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired {
    /// The fragment at offset 0, about which the sender is told; if it is missing, the one
    /// that came first, and nobody is told (RFC 1122, 3.3.2).
    pub packet: Packet,
    /// The label of that fragment.
    pub label: Label,
    /// How many fragments were kept for it.
    pub fragments: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    source: Ipv4Addr,
    destination: Ipv4Addr,
    protocol: Protocol,
    identification: u16,
}

/// A datagram of which something has arrived. Ends of data need 17 bits.
#[derive(Debug)]
struct Partial {
    /// The fragment at offset 0, or until it comes the one that came first.
    head: Packet,
    label: Label,
    /// First and one past last byte of what is there, apart and in order.
    ranges: Vec<(u32, u32)>,
    /// The length of the whole, known from the fragment without MF.
    total: Option<u32>,
    fragments: u32,
    bytes: u64,
    expires: Time,
}

/// The datagrams that one node is putting together.
#[derive(Debug)]
pub struct Reassembly {
    timeout: Time,
    partials: BTreeMap<Key, Partial>,
    expiries: BTreeSet<(Time, Key)>,
    bytes: u64,
}

impl Reassembly {
    /// Nothing to put together; fragments will wait for the rest for the time `timeout`.
    #[must_use]
    pub const fn new(timeout: Time) -> Self {
        Self { timeout, partials: BTreeMap::new(), expiries: BTreeSet::new(), bytes: 0 }
    }

    /// Changes how long datagrams wait that begin from now on.
    pub const fn set_timeout(&mut self, timeout: Time) {
        self.timeout = timeout;
    }

    /// Takes a fragment. A packet that is not one is complete at once.
    pub fn offer(&mut self, now: Time, packet: &Packet, label: Label) -> Offered {
        if !packet.is_fragment() {
            return Offered::Complete(*packet, label);
        }
        let bytes = u64::from(packet.total_length());
        if !is_sound(packet) || self.bytes + bytes > MEMORY {
            return Offered::Refused;
        }
        let key = Key {
            source: packet.source,
            destination: packet.destination,
            protocol: packet.transport.protocol(),
            identification: packet.identification,
        };
        let expires = now.saturating_add(self.timeout);
        let expiries = &mut self.expiries;
        let partial = self.partials.entry(key).or_insert_with(|| {
            expiries.insert((expires, key));
            Partial::new(packet, label, expires)
        });
        if !partial.add(packet, label) {
            return Offered::Refused;
        }
        self.bytes += bytes;
        if !partial.is_complete() {
            return Offered::Waiting;
        }
        let partial = self.remove(key);
        Offered::Complete(partial.whole(), partial.label)
    }

    fn remove(&mut self, key: Key) -> Partial {
        let partial = self.partials.remove(&key).expect("only kept datagrams are removed");
        self.expiries.remove(&(partial.expires, key));
        self.bytes -= partial.bytes;
        partial
    }

    /// When the oldest datagram has waited long enough.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Time> {
        self.expiries.first().map(|&(at, _)| at)
    }

    /// Gives up on the datagrams that have waited long enough and appends them to `expired`.
    pub fn handle_timeout(&mut self, now: Time, expired: &mut Vec<Expired>) {
        while let Some(&(at, key)) = self.expiries.first()
            && at <= now
        {
            let Partial { head, label, fragments, .. } = self.remove(key);
            expired.push(Expired { packet: head, label, fragments });
        }
    }
}

/// Whether a fragment's place and length can be: no data beyond the largest packet, and a
/// multiple of eight bytes before another fragment.
fn is_sound(packet: &Packet) -> bool {
    let end = u32::from(packet.fragment_offset) + u32::from(packet.data_length);
    end <= u32::from(ipv4::MAX_LENGTH - ipv4::HEADER)
        && packet.data_length > 0
        && (!packet.more_fragments || packet.data_length.is_multiple_of(8))
}

impl Partial {
    const fn new(packet: &Packet, label: Label, expires: Time) -> Self {
        Self {
            head: *packet,
            label,
            ranges: Vec::new(),
            total: None,
            fragments: 0,
            bytes: 0,
            expires,
        }
    }

    /// Takes a sound fragment unless it contradicts what is known of the length.
    fn add(&mut self, packet: &Packet, label: Label) -> bool {
        let start = u32::from(packet.fragment_offset);
        let end = start + u32::from(packet.data_length);
        let last = self.ranges.last().map_or(0, |range| range.1);
        let fits = match (self.total, packet.more_fragments) {
            (Some(total), true) => end <= total,
            (Some(total), false) => end == total,
            (None, true) => true,
            (None, false) => end >= last,
        };
        if !fits {
            return false;
        }
        if !packet.more_fragments {
            self.total = Some(end);
        }
        self.take_header(packet, label);
        self.fill(start, end);
        self.fragments += 1;
        self.bytes += u64::from(packet.total_length());
        true
    }

    fn take_header(&mut self, packet: &Packet, label: Label) {
        let mixed = packet.transport != self.head.transport;
        let damaged = self.label.damaged || label.damaged || mixed;
        // RFC 3168, 5.3: a mark on any fragment is a mark on the datagram.
        let marked = [packet, &self.head]
            .iter()
            .any(|p| p.traffic_class & CONGESTION_EXPERIENCED == CONGESTION_EXPERIENCED);
        if packet.fragment_offset == 0 && (self.head.fragment_offset != 0 || self.fragments == 0) {
            (self.head, self.label) = (*packet, label);
        }
        self.label.damaged = damaged;
        if marked {
            self.head.traffic_class |= CONGESTION_EXPERIENCED;
        }
    }

    fn fill(&mut self, start: u32, end: u32) {
        let from = self.ranges.partition_point(|range| range.1 < start);
        let to = self.ranges.partition_point(|range| range.0 <= end);
        let touched = &self.ranges[from..to];
        let start = touched.first().map_or(start, |range| range.0.min(start));
        let end = touched.last().map_or(end, |range| range.1.max(end));
        self.ranges.splice(from..to, [(start, end)]);
    }

    fn is_complete(&self) -> bool {
        self.total.is_some_and(|total| self.ranges == [(0, total)])
    }

    fn whole(&self) -> Packet {
        let total = self.total.expect("a complete datagram's length is known");
        Packet {
            data_length: u16::try_from(total).expect("sound fragments end within a packet"),
            fragment_offset: 0,
            more_fragments: false,
            ..self.head
        }
    }
}

#[cfg(test)]
mod tests;
