//! One direction of a connection: which bytes of the stream each segment carried, which of them more
//! than once.
//!
//! Places in a stream count from 0, the SYN; data begin at 1. A FIN takes one place, too.

use std::collections::BTreeMap;

use crate::packet::tcp::{Flags, Segment, SeqNum, Timestamps};

/// Times are counted in nanoseconds, as captures do, and may lie before the first packet.
pub(super) type Nanos = i64;
/// A place in a stream.
pub(super) type Place = u64;

/// A segment as captured.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    /// Its place among the packets of the capture.
    pub(super) packet: usize,
    /// When it was seen.
    pub(super) at: Nanos,
    /// The places it takes up: its SYN, data and FIN.
    pub(super) begin: Place,
    pub(super) end: Place,
    /// What it acknowledges, as a place in the other direction.
    pub(super) ack: Option<Place>,
    /// Blocks of the other direction that it says have come.
    pub(super) sacked: Vec<(Place, Place)>,
    /// How far the other end may send, by its window.
    pub(super) edge: Option<Place>,
    pub(super) window: u64,
    pub(super) flags: Flags,
    pub(super) timestamps: Option<Timestamps>,
    pub(super) identification: u16,
    pub(super) dont_fragment: bool,
    pub(super) data: u64,
    /// Whether it never reached its receiver.
    pub(super) lost: bool,
}

/// A stretch of the stream that one segment was the first to carry.
#[derive(Debug, Clone)]
pub(super) struct Chunk {
    pub(super) begin: Place,
    pub(super) end: Place,
    /// The segments that carried its first byte, in order of time: places in [`Direction::sent`].
    pub(super) copies: Vec<usize>,
    /// When a segment of the other end first said that it had come.
    pub(super) acked: Option<Nanos>,
    /// Whether stretches after it were seen before it.
    pub(super) late: bool,
}

/// All segments of one direction.
#[derive(Debug, Clone, Default)]
pub(super) struct Direction {
    pub(super) sent: Vec<Sent>,
    /// In order of places.
    pub(super) chunks: Vec<Chunk>,
    /// By how much the windows that this end names are to be shifted.
    pub(super) scale: u8,
    /// Its SYN, if that was captured.
    pub(super) syn: Option<Segment>,
}

/// Turns sequence numbers into places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unwrap {
    seq: SeqNum,
    place: i64,
}

impl Unwrap {
    /// With this sequence number at a place.
    pub(super) const fn new(seq: SeqNum, place: i64) -> Self {
        Self { seq, place }
    }

    /// The place that a number near to the last one means; none before the beginning.
    pub(super) fn place(&mut self, seq: SeqNum) -> Option<Place> {
        let place = self.place.saturating_add(i64::from(seq.distance_from(self.seq)));
        let known = Place::try_from(place).ok()?;
        *self = Self { seq, place };
        Some(known)
    }
}

impl Direction {
    /// Finds which segment was the first to carry what.
    pub(super) fn find_chunks(&mut self) {
        let mut chunks: BTreeMap<Place, Chunk> = BTreeMap::new();
        for (index, sent) in self.sent.iter().enumerate() {
            if sent.end == sent.begin {
                continue;
            }
            cover(&mut chunks, index, sent);
        }
        self.chunks = chunks.into_values().collect();
    }

    /// The chunks that begin in a stretch.
    pub(super) fn chunks_in(&self, begin: Place, end: Place) -> std::ops::Range<usize> {
        let first = self.chunks.partition_point(|chunk| chunk.begin < begin);
        let after = self.chunks.partition_point(|chunk| chunk.begin < end);
        first..after.max(first)
    }

    /// Segments that carried only what others had carried before.
    pub(super) fn repeats(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.copies.len().saturating_sub(1)).sum()
    }
}

/// Adds what a segment is the first to carry, and notes what it carries again.
fn cover(chunks: &mut BTreeMap<Place, Chunk>, index: usize, sent: &Sent) {
    let mut place = sent.begin;
    let before = chunks.range(..=place).next_back().map(|(_, chunk)| chunk.end);
    place = place.max(before.unwrap_or(0).min(sent.end));
    let known: Vec<Place> = chunks.range(sent.begin..sent.end).map(|(begin, _)| *begin).collect();
    let is_late = chunks.range(sent.end..).next().is_some() || !known.is_empty();
    let add = |chunks: &mut BTreeMap<Place, Chunk>, begin: Place, end: Place| {
        if begin < end {
            let chunk = Chunk { begin, end, copies: vec![index], acked: None, late: is_late };
            chunks.insert(begin, chunk);
        }
    };
    for begin in known {
        add(chunks, place, begin);
        if let Some(chunk) = chunks.get_mut(&begin) {
            chunk.copies.push(index);
            place = place.max(chunk.end);
        }
    }
    add(chunks, place, sent.end);
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn sent(at: Nanos, begin: Place, end: Place) -> Sent {
        Sent {
            packet: 0,
            at,
            begin,
            end,
            ack: None,
            sacked: Vec::new(),
            edge: None,
            window: 0,
            flags: Flags::ACK,
            timestamps: None,
            identification: 0,
            dont_fragment: true,
            data: end - begin,
            lost: false,
        }
    }

    fn chunks(segments: &[(Place, Place)]) -> Vec<(Place, Place, usize, bool)> {
        let sent = segments.iter().map(|&(begin, end)| sent(0, begin, end)).collect();
        let mut direction = Direction { sent, ..Direction::default() };
        direction.find_chunks();
        let chunks = direction.chunks.iter();
        chunks.map(|chunk| (chunk.begin, chunk.end, chunk.copies.len(), chunk.late)).collect()
    }

    #[test]
    fn what_is_sent_again_is_counted_once() {
        assert_eq!(chunks(&[(1, 5), (5, 9), (1, 5)]), [(1, 5, 2, false), (5, 9, 1, false)]);
        // Two segments sent again as one, with something new at the end.
        assert_eq!(
            chunks(&[(1, 5), (5, 9), (1, 12)]),
            [(1, 5, 2, false), (5, 9, 2, false), (9, 12, 1, true)]
        );
    }

    #[test]
    fn holes_are_filled_later() {
        assert_eq!(chunks(&[(5, 9), (1, 5)]), [(1, 5, 1, true), (5, 9, 1, false)]);
        assert_eq!(chunks(&[(1, 2), (5, 9), (2, 5)])[1], (2, 5, 1, true));
    }

    #[test]
    fn numbers_go_round() {
        let mut unwrap = Unwrap::new(SeqNum::new(u32::MAX), 0);
        assert_eq!(unwrap.place(SeqNum::new(0)), Some(1));
        assert_eq!(unwrap.place(SeqNum::new(0x4000_0000)), Some(0x4000_0001));
        assert_eq!(unwrap.place(SeqNum::new(0x9000_0000)), Some(0x9000_0001));
        assert_eq!(unwrap.place(SeqNum::new(5)), Some(0x1_0000_0006));
        assert_eq!(Unwrap::new(SeqNum::new(9), 0).place(SeqNum::new(8)), None);
    }
}
