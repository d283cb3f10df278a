//! Data that arrived out of order: the ranges held, and the SACK blocks that tell of them
//! (RFC 2018, RFC 2883).

use super::Offset;

/// A piece of the stream, from its first offset up to and without its last.
pub(super) type Range = (Offset, Offset);

/// How many of the latest ranges are told again.
const REMEMBERED: usize = 4;

/// The ranges beyond the next expected byte.
#[derive(Debug, Clone, Default)]
pub(super) struct Reassembly {
    /// In order of offset; never touching or overlapping.
    ranges: Vec<Range>,
    /// Starts of the latest arrivals, the latest first (RFC 2018 section 4).
    recent: Vec<Offset>,
    /// A piece that arrived twice and has not been told yet (RFC 2883).
    duplicate: Option<Range>,
}

impl Reassembly {
    pub(super) const fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether there is anything to tell in a SACK option.
    pub(super) const fn has_report(&self) -> bool {
        self.duplicate.is_some() || !self.ranges.is_empty()
    }

    /// Takes the data of one segment. `next` is the next expected offset; returns the new one.
    pub(super) fn insert(&mut self, next: Offset, piece: Range) -> Offset {
        let (start, end) = piece;
        if end <= start {
            return next;
        }
        self.note_duplicate(next, piece);
        let start = start.max(next);
        if end <= start {
            return next;
        }
        let merged = self.merge((start, end));
        self.remember(start);
        if merged.0 > next {
            return next;
        }
        self.ranges.retain(|range| range.0 > merged.0);
        self.recent.retain(|place| *place >= merged.1);
        merged.1
    }

    /// Tells what to report as arrived: a duplicate first, then the latest ranges. Duplicates
    /// are reported once.
    pub(super) fn report(&mut self) -> (Option<Range>, impl Iterator<Item = Range>) {
        let mut blocks: Vec<Range> = Vec::new();
        for place in &self.recent {
            let holding = self.ranges.iter().find(|range| range.0 <= *place && *place < range.1);
            if let Some(range) = holding.filter(|range| !blocks.contains(range)) {
                blocks.push(*range);
            }
        }
        (self.duplicate.take(), blocks.into_iter())
    }

    fn merge(&mut self, piece: Range) -> Range {
        let first = self.ranges.partition_point(|range| range.1 < piece.0);
        let last = self.ranges.partition_point(|range| range.0 <= piece.1);
        let merged = self.ranges[first..last]
            .iter()
            .fold(piece, |all, range| (all.0.min(range.0), all.1.max(range.1)));
        self.ranges.splice(first..last, [merged]);
        merged
    }

    fn remember(&mut self, place: Offset) {
        self.recent.retain(|old| *old != place);
        self.recent.insert(0, place);
        self.recent.truncate(REMEMBERED);
    }

    fn note_duplicate(&mut self, next: Offset, (start, end): Range) {
        let known = if start < next {
            Some((start, end.min(next)))
        } else {
            let overlap = self.ranges.iter().find(|range| range.0 < end && start < range.1);
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
        held.report().1.collect()
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
        assert_eq!(held.report().0, Some((5, 11)));
        assert_eq!(held.report().0, None);
        held.insert(11, (20, 30));
        held.insert(11, (25, 40));
        assert_eq!(held.report().0, Some((25, 30)));
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
                for (start, end) in &held.ranges {
                    (*start..*end).for_each(|byte| beyond[byte as usize] = true);
                }
                let all = (0..160).all(|byte| beyond[byte] == (arrived[byte] && byte as Offset >= next));
                prop_assert!(all);
                prop_assert!(held.ranges.windows(2).all(|pair| pair[0].1 < pair[1].0));
            }
        }
    }
}
