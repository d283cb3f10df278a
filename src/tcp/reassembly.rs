//! Data that arrived out of order: the ranges held, and the SACK blocks that tell of them
//! (RFC 2018, RFC 2883).

use std::collections::VecDeque;

use super::Offset;
use crate::packet::tcp::MAX_SACK_BLOCKS;

/// A piece of the stream, from its first offset up to and without its last.
pub(super) type Range = (Offset, Offset);

/// How many of the latest ranges are told again.
const REMEMBERED: usize = MAX_SACK_BLOCKS;

/// The ranges beyond the next expected byte.
#[derive(Debug, Clone, Default)]
pub(super) struct Reassembly {
    /// Only while there is something to tell.
    held: Option<Box<Held>>,
}

#[derive(Debug, Clone, Default)]
struct Held {
    /// In order of offset; never touching or overlapping.
    ranges: VecDeque<Range>,
    /// Starts of the latest arrivals, the latest first (RFC 2018 section 4).
    recent: [Option<Offset>; REMEMBERED],
    /// A piece that arrived twice and has not been told yet (RFC 2883).
    duplicate: Option<Range>,
}

impl Reassembly {
    /// Whether nothing is held.
    pub(super) fn is_empty(&self) -> bool {
        self.held.as_ref().is_none_or(|held| held.ranges.is_empty())
    }

    /// Whether there is anything to tell in a SACK option.
    pub(super) const fn has_report(&self) -> bool {
        self.held.is_some()
    }

    /// How far beyond `next` the last range reaches \[bytes\].
    pub(super) fn reach(&self, next: Offset) -> u64 {
        let last = self.held.as_ref().and_then(|held| held.ranges.back());
        last.map_or(0, |range| (range.1 - next).max(0).cast_unsigned())
    }

    /// Takes the data of one segment. `next` is the next expected offset; returns the new one.
    pub(super) fn insert(&mut self, next: Offset, piece: Range) -> Offset {
        let (start, end) = piece;
        if end <= start {
            return next;
        }
        if start == next && self.held.is_none() {
            return end;
        }
        let held = self.held.get_or_insert_default();
        held.note_duplicate(next, piece);
        let start = start.max(next);
        let reached = if end > start { held.take(next, (start, end)) } else { next };
        self.release_memory();
        reached
    }

    /// Tells what to report as arrived: a duplicate first, then the latest ranges. Duplicates
    /// are reported once.
    pub(super) fn report(&mut self) -> impl Iterator<Item = Range> {
        let mut told = [None; REMEMBERED + 1];
        if let Some(held) = self.held.as_mut() {
            told[0] = held.duplicate.take();
            for (index, place) in held.recent.iter().flatten().enumerate() {
                let range = held.range_at(*place);
                if !told[1..=index].contains(&range) {
                    told[index + 1] = range;
                }
            }
        }
        self.release_memory();
        told.into_iter().flatten()
    }

    /// Nobody is to be told of a duplicate.
    pub(super) fn forget_duplicate(&mut self) {
        if let Some(held) = self.held.as_mut() {
            held.duplicate = None;
            self.release_memory();
        }
    }

    fn release_memory(&mut self) {
        let useless = |held: &Held| held.ranges.is_empty() && held.duplicate.is_none();
        if self.held.as_deref().is_some_and(useless) {
            self.held = None;
        }
    }
}

impl Held {
    /// Takes a piece at or beyond `next`; returns the new next.
    fn take(&mut self, next: Offset, piece: Range) -> Offset {
        let merged = self.merge(piece);
        self.remember(piece.0);
        if merged.0 > next {
            return next;
        }
        while self.ranges.front().is_some_and(|range| range.0 <= merged.0) {
            self.ranges.pop_front();
        }
        for place in &mut self.recent {
            *place = place.filter(|place| *place >= merged.1);
        }
        merged.1
    }

    fn range_at(&self, place: Offset) -> Option<Range> {
        let index = self.ranges.partition_point(|range| range.1 <= place);
        self.ranges.get(index).copied().filter(|range| range.0 <= place)
    }

    fn merge(&mut self, piece: Range) -> Range {
        let first = self.ranges.partition_point(|range| range.1 < piece.0);
        let last = self.ranges.partition_point(|range| range.0 <= piece.1);
        let merged = self
            .ranges
            .range(first..last)
            .fold(piece, |all, range| (all.0.min(range.0), all.1.max(range.1)));
        if first == last {
            self.ranges.insert(first, merged);
        } else {
            self.ranges[first] = merged;
            self.ranges.drain(first + 1..last);
        }
        merged
    }

    fn remember(&mut self, place: Offset) {
        let known = self.recent.iter().position(|old| *old == Some(place));
        let gap = self.recent.iter().position(Option::is_none);
        let last = known.or(gap).unwrap_or(REMEMBERED - 1);
        self.recent[..=last].rotate_right(1);
        self.recent[0] = Some(place);
    }

    fn note_duplicate(&mut self, next: Offset, (start, end): Range) {
        let known = if start < next {
            Some((start, end.min(next)))
        } else {
            let index = self.ranges.partition_point(|range| range.1 <= start);
            let overlap = self.ranges.get(index).filter(|range| range.0 < end);
            overlap.map(|range| (start.max(range.0), end.min(range.1)))
        };
        if known.is_some() {
            self.duplicate = known;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn blocks(held: &mut Reassembly) -> Vec<Range> {
        held.report().collect()
    }

    #[test]
    fn in_order_data_leave_nothing_behind() {
        let mut held = Reassembly::default();
        assert_eq!(held.insert(1, (1, 11)), 11);
        assert!(held.is_empty());
        assert_eq!(blocks(&mut held), []);
    }

    #[test]
    fn the_latest_block_comes_first() {
        let mut held = Reassembly::default();
        for piece in [(20, 30), (40, 50), (60, 70), (30, 35)] {
            assert_eq!(held.insert(1, piece), 1);
        }
        assert_eq!(blocks(&mut held), [(20, 35), (60, 70), (40, 50)]);
        assert_eq!(held.insert(1, (1, 20)), 35);
        assert_eq!(blocks(&mut held), [(60, 70), (40, 50)]);
    }

    #[test]
    fn a_duplicate_is_told_once() {
        let mut held = Reassembly::default();
        held.insert(1, (1, 11));
        held.insert(11, (5, 11));
        assert_eq!(blocks(&mut held), [(5, 11)]);
        assert_eq!(blocks(&mut held), []);
        held.insert(11, (20, 30));
        held.insert(11, (25, 40));
        assert_eq!(blocks(&mut held), [(25, 30), (20, 40)]);
    }

    proptest! {
        #[test]
        fn holds_what_a_map_of_bytes_holds(
            pieces in prop::collection::vec((0_i64..120, 1_i64..40), 1..40)
        ) {
            let mut held = Reassembly::default();
            let mut next = 0;
            let mut arrived = [false; 160];
            for (start, length) in pieces {
                next = held.insert(next, (start, start + length));
                (start..start + length).for_each(|byte| arrived[byte as usize] = true);
                let expected = arrived.iter().position(|here| !here).unwrap_or(160) as Offset;
                prop_assert_eq!(next, expected);
                let mut beyond = [false; 160];
                let ranges = held.held.clone().unwrap_or_default().ranges;
                for (start, end) in &ranges {
                    (*start..*end).for_each(|byte| beyond[byte as usize] = true);
                }
                let all = (0..160).all(|byte| beyond[byte] == (arrived[byte] && byte as Offset >= next));
                prop_assert!(all);
                prop_assert!(ranges.iter().zip(ranges.iter().skip(1)).all(|(a, b)| a.1 < b.0));
            }
        }
    }
}
