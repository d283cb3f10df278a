//! Which segments in flight have arrived, are lost, or were sent again (RFC 6675, RFC 8985).
//!
//! Each segment in flight carries the marks. Beside them are kept the sums, so that the amount
//! still in the network costs nothing to ask, and places up to which all is settled, so that no
//! segment is looked at again with each acknowledgment.

mod late;
mod marks;
#[cfg(test)]
mod tests;

pub(super) use late::Cutoff;

use std::collections::VecDeque;

use self::marks::Marks;
use super::Offset;
use super::rack::Delivery;
use super::reassembly::Range;
use super::send_queue::{SendQueue, Sent};
use crate::packet::tcp::MAX_SACK_BLOCKS;
use crate::units::Time;

/// An empty queue keeps no room for more than this many segments.
const KEPT_WHEN_EMPTY: usize = 4;

/// What is known of the flight as a whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Scoreboard {
    marks: Marks,
    /// RACK.fack: the end of the last segment that has arrived.
    forward: Offset,
    /// No segment before this index is lost and not sent again.
    lost_from: u32,
    /// Each segment before this index has arrived, is lost, or was sent again.
    judged: u32,
    /// A loss was found that nobody has asked about yet.
    found_loss: bool,
    /// Only while something is missing.
    trouble: Option<Box<Trouble>>,
}

/// What is remembered while something is missing.
#[derive(Debug, Clone, Default)]
struct Trouble {
    /// The SACK blocks of the last acknowledgment that had any: all they cover is marked.
    told: [Range; MAX_SACK_BLOCKS],
    /// What was sent again, in that order: when, and where it starts. Kept for RACK only; has
    /// entries that no longer hold.
    again: VecDeque<(Time, Offset)>,
}

impl SendQueue {
    fn change(&mut self, index: usize, change: impl FnOnce(&mut Sent)) {
        let sent = &mut self.flight[index];
        let before = *sent;
        self.board.marks.remove(sent);
        change(sent);
        self.board.marks.add(sent);
        let after = *sent;
        if let Some(rate) = self.rate.as_mut() {
            rate.on_change(&before, &after);
        }
    }

    /// Takes the oldest segment out.
    pub(super) fn pop_first(&mut self) -> Option<Sent> {
        let first = self.flight.pop_front()?;
        let board = &mut self.board;
        board.marks.remove(&first);
        board.forward = board.forward.max(first.end);
        board.lost_from = board.lost_from.saturating_sub(1);
        board.judged = board.judged.saturating_sub(1);
        Some(first)
    }

    /// Puts what is left of the oldest segment back.
    pub(super) fn push_first(&mut self, rest: Sent) {
        self.board.marks.add(&rest);
        self.flight.push_front(rest);
        self.board.lost_from = 0;
        self.board.judged = 0;
    }

    /// Gives back what a large flight took, once nothing is in flight.
    pub(super) fn release_memory(&mut self) {
        if self.flight.is_empty() {
            self.board.trouble = None;
            if self.flight.capacity() > KEPT_WHEN_EMPTY {
                self.flight = VecDeque::new();
            }
        }
    }

    /// The index of the first segment that ends after `place`.
    fn index_at(&self, place: Offset) -> usize {
        self.flight.partition_point(|sent| sent.end <= place)
    }

    /// Takes the SACK blocks of one acknowledgment that are about data in flight; returns the
    /// bytes newly known to have arrived. What the last ones told is not looked at again.
    pub(super) fn mark_sacked(&mut self, blocks: &[Range], delivery: &mut Delivery) -> u64 {
        if blocks.is_empty() {
            return 0;
        }
        let before = self.board.marks.sacked;
        let mut known = self.board.trouble.get_or_insert_default().told;
        known.sort_unstable();
        let mut told = [(0, 0); MAX_SACK_BLOCKS];
        for (place, block) in told.iter_mut().zip(blocks) {
            *place = *block;
            let mut from = block.0;
            for old in known.into_iter().filter(|old| old.0 < block.1 && old.1 > block.0) {
                self.mark_range((from, old.0), *block, delivery);
                from = from.max(old.1);
            }
            self.mark_range((from, block.1), *block, delivery);
        }
        self.board.trouble.get_or_insert_default().told = told;
        u64::from(self.board.marks.sacked - before)
    }

    /// Marks the segments that have something in `part` of `block`, and all in `block`.
    fn mark_range(&mut self, part: Range, block: Range, delivery: &mut Delivery) {
        if part.0 >= part.1 {
            return;
        }
        for index in self.index_at(part.0)..self.flight.len() {
            let sent = self.flight[index];
            if sent.end > block.1 {
                break;
            }
            if !sent.sacked && sent.start >= block.0 {
                delivery.note(&sent);
                self.board.forward = self.board.forward.max(sent.end);
                self.change(index, |sent| sent.sacked = true);
            }
        }
    }

    fn mark_lost(&mut self, index: usize) {
        self.board.lost_from = self.board.lost_from.min(index as u32);
        let sent = &self.flight[index];
        self.board.found_loss |= !sent.lost || sent.resent;
        self.change(index, |sent| {
            sent.lost = true;
            sent.resent = false;
        });
    }

    /// Whether a loss was found since this was last asked.
    pub(super) const fn take_found_loss(&mut self) -> bool {
        std::mem::replace(&mut self.board.found_loss, false)
    }

    /// Marks as lost what `threshold` later segments, or more than `threshold - 1` full ones,
    /// have overtaken (RFC 6675 IsLost). Says whether there was any.
    pub(super) fn mark_overtaken(&mut self, threshold: u32, mss: u64) -> bool {
        if self.board.marks.sacked == 0 {
            return false;
        }
        let (mut segments, mut bytes) = (0, 0);
        let enough = u64::from(threshold.saturating_sub(1)) * mss;
        let end = self.index_at(self.board.forward);
        let Some(last) = self.flight.range(..end).rposition(|sent| {
            segments += u32::from(sent.sacked);
            bytes += sent.length() * u64::from(sent.sacked);
            segments >= threshold || bytes > enough
        }) else {
            return false;
        };
        let mut any = false;
        for index in self.board.judged as usize..last {
            if !self.flight[index].sacked && !self.flight[index].lost {
                self.mark_lost(index);
                any = true;
            }
        }
        self.board.judged = self.board.judged.max(last as u32);
        any
    }

    /// Marks the oldest segment as lost, even if it was sent again.
    pub(super) fn mark_first_lost(&mut self) {
        if self.flight.front().is_some_and(|first| !first.sacked) {
            self.mark_lost(0);
        }
    }

    /// The timeout: all that has not arrived is lost, except, if times tell of losses, what was
    /// sent after `recent` (RFC 8985 section 6.3); the oldest is in any case. If even that is said
    /// to have arrived, the receiver has thrown it away again, and no mark counts (RFC 2018
    /// section 8).
    pub(super) fn mark_all_lost(&mut self, recent: Option<Time>) {
        let reneged = self.flight.front().is_some_and(|first| first.sacked);
        if reneged {
            self.board.trouble = None;
        }
        for index in 0..self.flight.len() {
            let spared = recent.is_some_and(|recent| self.flight[index].sent_at > recent);
            self.change(index, |sent| {
                sent.sacked &= !reneged;
                if index == 0 || reneged || !spared {
                    sent.lost |= !sent.sacked;
                    sent.resent = false;
                }
            });
        }
        self.board.lost_from = 0;
        self.board.judged = 0;
    }

    /// Cuts what has more than `size` bytes of data into segments of that size, and marks it as
    /// lost. Says whether there was any.
    pub(super) fn cut(&mut self, size: u64) -> bool {
        let data = |sent: &Sent| sent.length() - u64::from(sent.fin);
        let too_large = |sent: &Sent| !sent.sacked && data(sent) > size;
        if !self.flight.iter().any(too_large) {
            return false;
        }
        let mut marks = Marks::default();
        let mut pieces = VecDeque::new();
        for sent in std::mem::take(&mut self.flight) {
            let mut rest = sent;
            while too_large(&rest) {
                let end = rest.start + size.cast_signed();
                pieces.push_back(Sent { end, fin: false, lost: true, resent: false, ..rest });
                rest = Sent { start: end, lost: true, resent: false, ..rest };
            }
            pieces.push_back(rest);
        }
        pieces.iter().for_each(|piece| marks.add(piece));
        self.flight = pieces;
        self.board.marks = marks;
        self.board.lost_from = 0;
        self.board.judged = 0;
        true
    }

    /// Nothing was lost after all.
    pub(super) fn forget_losses(&mut self) {
        for index in 0..self.flight.len() {
            self.change(index, |sent| sent.lost = false);
        }
        self.board.judged = 0;
    }

    /// Whether a segment is lost and was not sent again.
    pub(super) const fn has_lost(&self) -> bool {
        self.board.marks.lost > 0
    }

    /// The oldest segment that is lost and was not sent again.
    pub(super) fn next_lost(&mut self) -> Option<usize> {
        if !self.has_lost() {
            return None;
        }
        let from = (self.board.lost_from as usize).min(self.flight.len());
        let waits = |sent: &Sent| sent.lost && !sent.resent && !sent.sacked;
        let found = self.flight.range(from..).position(waits).map(|index| from + index);
        self.board.lost_from = found.unwrap_or(self.flight.len()) as u32;
        found
    }

    /// Notes that the segment at `index` was sent again. `timed` says that times tell of losses.
    pub(super) fn resent(&mut self, index: usize, now: Time, timed: bool) {
        let start = self.flight[index].start;
        if timed {
            self.board.trouble.get_or_insert_default().again.push_back((now, start));
        }
        self.change(index, |sent| {
            sent.resent = true;
            sent.once = false;
            sent.sent_at = now;
        });
    }

    /// Bytes in flight that have arrived, by SACK.
    pub(super) const fn sacked(&self) -> u64 {
        self.board.marks.sacked as u64
    }

    /// Segments in flight that have arrived, by SACK.
    pub(super) const fn sacked_segments(&self) -> u32 {
        self.board.marks.sacked_segments
    }

    /// Bytes that were sent again and are not known to have arrived.
    pub(super) const fn resent_bytes(&self) -> u64 {
        self.board.marks.resent as u64
    }

    /// RACK.fack.
    pub(super) const fn forward(&self) -> Offset {
        self.board.forward
    }

    /// Bytes that are taken to be in the network (RFC 6675 SetPipe).
    pub(super) const fn pipe(&self) -> u64 {
        let marks = &self.board.marks;
        self.in_flight() + marks.resent as u64 - marks.sacked as u64 - marks.lost as u64
    }
}
