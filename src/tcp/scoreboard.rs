//! Which segments in flight have arrived, are lost, or were sent again (RFC 6675).
//!
//! Each segment in flight carries the marks; the sums are kept beside them, so that the amount
//! still in the network costs nothing to ask.

use super::reassembly::Range;
use super::send_queue::{SendQueue, Sent};
use crate::units::Time;

/// Bytes in flight by their marks. Data that arrived are neither lost nor sent again.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Marks {
    sacked: u64,
    lost: u64,
    resent: u64,
}

impl Marks {
    pub(super) const fn add(&mut self, sent: &Sent) {
        if sent.sacked {
            self.sacked += sent.length();
        } else {
            self.lost += sent.length() * sent.lost as u64;
            self.resent += sent.length() * sent.resent as u64;
        }
    }
    pub(super) const fn remove(&mut self, sent: &Sent) {
        if sent.sacked {
            self.sacked -= sent.length();
        } else {
            self.lost -= sent.length() * sent.lost as u64;
            self.resent -= sent.length() * sent.resent as u64;
        }
    }
}

impl SendQueue {
    fn change(&mut self, index: usize, change: impl FnOnce(&mut Sent)) {
        let sent = &mut self.flight[index];
        self.marks.remove(sent);
        change(sent);
        self.marks.add(sent);
    }

    /// Takes one SACK block; returns the bytes newly known to have arrived.
    pub(super) fn mark_sacked(&mut self, (start, end): Range) -> u64 {
        let before = self.marks.sacked;
        let first = self.flight.partition_point(|sent| sent.start < start);
        let last = self.flight.partition_point(|sent| sent.end <= end);
        for index in first..last {
            self.change(index, |sent| sent.sacked = true);
        }
        self.marks.sacked - before
    }

    /// Marks as lost what `threshold` later segments, or more than `threshold - 1` full ones,
    /// have overtaken (RFC 6675 IsLost). Says whether there was any.
    pub(super) fn mark_overtaken(&mut self, threshold: u32, mss: u64) -> bool {
        if self.marks.sacked == 0 {
            return false;
        }
        let (mut segments, mut bytes) = (0, 0);
        let enough = u64::from(threshold.saturating_sub(1)) * mss;
        let Some(last) = self.flight.iter().rposition(|sent| {
            segments += u32::from(sent.sacked);
            bytes += sent.length() * u64::from(sent.sacked);
            segments >= threshold || bytes > enough
        }) else {
            return false;
        };
        let mut any = false;
        for index in 0..last {
            if !self.flight[index].sacked && !self.flight[index].lost {
                self.change(index, |sent| sent.lost = true);
                any = true;
            }
        }
        any
    }

    /// Marks the oldest segment as lost, even if it was sent again.
    pub(super) fn mark_first_lost(&mut self) {
        if self.flight.front().is_some_and(|first| !first.sacked) {
            self.change(0, |sent| {
                sent.lost = true;
                sent.resent = false;
            });
        }
    }

    /// The timeout: all that has not arrived is lost. If even the oldest is said to have arrived,
    /// the receiver has thrown it away again, and no mark counts (RFC 2018 section 8).
    pub(super) fn mark_all_lost(&mut self) {
        let reneged = self.flight.front().is_some_and(|first| first.sacked);
        for index in 0..self.flight.len() {
            self.change(index, |sent| {
                sent.sacked &= !reneged;
                sent.lost |= !sent.sacked;
                sent.resent = false;
            });
        }
    }

    /// The oldest segment that is lost and was not sent again.
    pub(super) fn next_lost(&self) -> Option<usize> {
        if self.marks.lost == self.marks.resent {
            return None;
        }
        self.flight.iter().position(|sent| sent.lost && !sent.resent && !sent.sacked)
    }

    /// Notes that the segment at `index` was sent again.
    pub(super) fn resent(&mut self, index: usize, now: Time) {
        self.change(index, |sent| {
            sent.resent = true;
            sent.once = false;
            sent.sent_at = now;
        });
    }

    /// Bytes in flight that have arrived, by SACK.
    pub(super) const fn sacked(&self) -> u64 {
        self.marks.sacked
    }

    /// Bytes that are taken to be in the network (RFC 6675 SetPipe).
    pub(super) const fn pipe(&self) -> u64 {
        self.in_flight() + self.marks.resent - self.marks.sacked - self.marks.lost
    }
}

#[cfg(test)]
mod tests {
    use super::super::send_queue::FIRST_DATA;
    use super::*;

    fn queue() -> SendQueue {
        let mut queue = SendQueue::new();
        queue.next = FIRST_DATA;
        queue.unacknowledged = FIRST_DATA;
        queue.written = 101;
        (0..10).for_each(|_| queue.sent(Time::ZERO, 10, false));
        queue
    }

    #[test]
    fn three_overtaking_segments_mean_a_loss() {
        let mut queue = queue();
        assert_eq!(queue.mark_sacked((11, 31)), 20);
        assert!(!queue.mark_overtaken(3, 10));
        assert_eq!(queue.mark_sacked((11, 41)), 10);
        assert!(queue.mark_overtaken(3, 10));
        assert_eq!(queue.next_lost(), Some(0));
        assert_eq!(queue.pipe(), 60);
        queue.resent(0, Time::ZERO);
        assert_eq!((queue.next_lost(), queue.pipe()), (None, 70));
        queue.acknowledge(41);
        assert_eq!(queue.pipe(), queue.in_flight());
    }

    #[test]
    fn a_timeout_loses_all_but_what_arrived() {
        let mut queue = queue();
        queue.mark_sacked((21, 31));
        queue.mark_all_lost();
        assert_eq!(queue.pipe(), 0);
        queue.resent(0, Time::ZERO);
        queue.resent(1, Time::ZERO);
        assert_eq!((queue.next_lost(), queue.pipe()), (Some(3), 20));
    }

    #[test]
    fn a_receiver_that_forgets_is_not_believed() {
        let mut queue = queue();
        queue.mark_sacked((1, 11));
        queue.mark_all_lost();
        assert_eq!(queue.next_lost(), Some(0));
    }
}
