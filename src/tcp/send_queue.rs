//! What was written, what of it was sent, and what was acknowledged (RFC 9293 section 3.3.1).
//!
//! Data have no content: the queue is a few offsets and a list of the segments in flight. The
//! marks on those segments are in [`scoreboard`](super::scoreboard).

use std::collections::VecDeque;

use super::Offset;
use crate::units::Time;

/// The first offset of data: SYN takes offset zero.
pub(super) const FIRST_DATA: Offset = 1;

/// A segment in flight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) start: Offset,
    /// Without the last; counts FIN.
    pub(super) end: Offset,
    /// Whether its last sequence number is a FIN.
    pub(super) fin: bool,
    pub(super) sent_at: Time,
    /// Sent once only, so that its acknowledgment measures a round trip (Karn).
    pub(super) once: bool,
    /// The other end has it, says a SACK block.
    pub(super) sacked: bool,
    /// Taken for lost.
    pub(super) lost: bool,
    /// Sent again since it was taken for lost.
    pub(super) resent: bool,
}

impl Sent {
    /// Sequence numbers it takes up.
    pub(super) const fn length(&self) -> u64 {
        (self.end - self.start).cast_unsigned()
    }
}

/// What an acknowledgment has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Acked {
    /// Sequence numbers newly acknowledged.
    pub(super) bytes: u64,
    /// When the oldest of them was sent, if none of them was sent twice.
    pub(super) sent_at: Option<Time>,
}

/// The sending half's buffer.
#[derive(Debug, Clone)]
pub(super) struct SendQueue {
    /// SND.UNA.
    pub(super) unacknowledged: Offset,
    /// SND.NXT.
    pub(super) next: Offset,
    /// The end of what the application has written.
    pub(super) written: Offset,
    /// The application will write no more: a FIN follows the data.
    pub(super) finishing: bool,
    pub(super) flight: VecDeque<Sent>,
    pub(super) marks: super::scoreboard::Marks,
}

impl SendQueue {
    pub(super) fn new() -> Self {
        Self {
            unacknowledged: 0,
            next: 0,
            written: FIRST_DATA,
            finishing: false,
            flight: VecDeque::new(),
            marks: super::scoreboard::Marks::default(),
        }
    }

    /// Bytes written and not acknowledged.
    pub(super) fn buffered(&self) -> u64 {
        (self.written - self.unacknowledged.clamp(FIRST_DATA, self.written)).cast_unsigned()
    }
    /// Bytes written and not sent yet.
    pub(super) fn unsent(&self) -> u64 {
        (self.written - self.next).max(0).cast_unsigned()
    }
    /// Whether the FIN is due and not sent yet.
    pub(super) const fn fin_waits(&self) -> bool {
        self.finishing && self.next <= self.written
    }
    /// Whether our FIN was acknowledged.
    pub(super) const fn fin_acknowledged(&self) -> bool {
        self.finishing && self.unacknowledged > self.written
    }
    /// Sequence numbers sent and not acknowledged.
    pub(super) const fn in_flight(&self) -> u64 {
        (self.next - self.unacknowledged).cast_unsigned()
    }

    /// Notes that a new segment of `bytes`, with a FIN or not, was sent.
    pub(super) fn sent(&mut self, now: Time, bytes: u64, fin: bool) {
        let start = self.next;
        self.next += bytes.cast_signed() + Offset::from(fin);
        let end = self.next;
        self.flight.push_back(Sent {
            start,
            end,
            fin,
            sent_at: now,
            once: true,
            sacked: false,
            lost: false,
            resent: false,
        });
    }

    /// Takes a cumulative acknowledgment of everything before `upto`.
    pub(super) fn acknowledge(&mut self, upto: Offset) -> Acked {
        let mut acked =
            Acked { bytes: (upto - self.unacknowledged).cast_unsigned(), sent_at: None };
        let mut sent_twice = false;
        while let Some(first) = self.flight.front().copied().filter(|first| first.start < upto) {
            self.marks.remove(&first);
            self.flight.pop_front();
            sent_twice |= !first.once;
            if !first.sacked {
                acked.sent_at = acked.sent_at.or(Some(first.sent_at));
            }
            if first.end > upto {
                let rest = Sent { start: upto, ..first };
                self.marks.add(&rest);
                self.flight.push_front(rest);
            }
        }
        self.unacknowledged = upto;
        if sent_twice {
            acked.sent_at = None;
        }
        acked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(segments: u64) -> SendQueue {
        let mut queue = SendQueue::new();
        queue.next = FIRST_DATA;
        queue.unacknowledged = FIRST_DATA;
        queue.written += (segments * 10).cast_signed();
        queue.finishing = true;
        for number in 0..segments {
            queue.sent(Time::from_ms(number), 10, number + 1 == segments);
        }
        queue
    }

    #[test]
    fn an_acknowledgment_frees_what_it_covers() {
        let mut queue = queue(3);
        assert_eq!((queue.in_flight(), queue.buffered(), queue.unsent()), (31, 30, 0));
        let acked = queue.acknowledge(16);
        assert_eq!(acked, Acked { bytes: 15, sent_at: Some(Time::ZERO) });
        assert_eq!((queue.in_flight(), queue.buffered()), (16, 15));
        assert!(!queue.fin_acknowledged());
        queue.acknowledge(32);
        assert!(queue.fin_acknowledged() && queue.flight.is_empty());
        assert_eq!(queue.buffered(), 0);
    }

    #[test]
    fn what_was_sent_twice_measures_nothing() {
        let mut queue = queue(2);
        queue.mark_first_lost();
        queue.resent(0, Time::from_ms(9));
        assert_eq!(queue.acknowledge(21).sent_at, None);
    }
}
