//! What was written, what of it was sent, and what was acknowledged (RFC 9293 section 3.3.1).
//!
//! Data have no content: the queue is a few offsets and a list of the segments in flight. The
//! marks on those segments are in [`scoreboard`](super::scoreboard).

use std::collections::VecDeque;

use super::Offset;
use super::delivery_rate::DeliveryRate;
use super::rack::Delivery;
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
    /// How much may be written and not acknowledged \[bytes\].
    pub(super) capacity: u64,
    /// The application will write no more: a FIN follows the data.
    pub(super) finishing: bool,
    pub(super) flight: VecDeque<Sent>,
    pub(super) board: super::scoreboard::Scoreboard,
    /// Only if the congestion control wants to know.
    pub(super) rate: Option<Box<DeliveryRate>>,
}

impl SendQueue {
    pub(super) fn new(capacity: u64) -> Self {
        Self {
            capacity,
            unacknowledged: 0,
            next: 0,
            written: FIRST_DATA,
            finishing: false,
            flight: VecDeque::new(),
            board: super::scoreboard::Scoreboard::default(),
            rate: None,
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
    /// Whether anything was written that was not sent yet.
    pub(super) const fn has_new(&self) -> bool {
        self.next < self.written || self.fin_waits()
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
        let idle = self.flight.is_empty();
        if let Some(rate) = self.rate.as_mut() {
            rate.on_sent(now, end, idle);
        }
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

    /// Takes a cumulative acknowledgment of everything before `upto`; what was not known to have
    /// arrived goes into `delivery`.
    pub(super) fn acknowledge(&mut self, upto: Offset, delivery: &mut Delivery) -> Acked {
        let mut acked =
            Acked { bytes: (upto - self.unacknowledged).cast_unsigned(), sent_at: None };
        let mut sent_twice = false;
        while self.flight.front().is_some_and(|first| first.start < upto) {
            let Some(first) = self.pop_first() else { break };
            sent_twice |= !first.once;
            if let Some(rate) = self.rate.as_mut().filter(|_| !first.sacked) {
                let bytes = (first.end.min(upto) - first.start).cast_unsigned();
                rate.on_delivered(first.end, bytes);
            }
            if !first.sacked {
                acked.sent_at = acked.sent_at.or(Some(first.sent_at));
                delivery.note(&first);
            }
            if first.end > upto {
                self.push_first(Sent { start: upto, ..first });
            }
        }
        self.unacknowledged = upto;
        if let Some(rate) = self.rate.as_mut() {
            rate.forget(upto);
        }
        if sent_twice {
            acked.sent_at = None;
        }
        self.release_memory();
        acked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(segments: u64) -> SendQueue {
        let mut queue = SendQueue::new(1000);
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
        let acked = queue.acknowledge(16, &mut Delivery::default());
        assert_eq!(acked, Acked { bytes: 15, sent_at: Some(Time::ZERO) });
        assert_eq!((queue.in_flight(), queue.buffered()), (16, 15));
        assert!(!queue.fin_acknowledged());
        queue.acknowledge(32, &mut Delivery::default());
        assert!(queue.fin_acknowledged() && queue.flight.is_empty());
        assert_eq!(queue.buffered(), 0);
    }

    #[test]
    fn what_was_sent_twice_measures_nothing() {
        let mut queue = queue(2);
        queue.mark_first_lost();
        queue.resent(0, Time::from_ms(9), false);
        assert_eq!(queue.acknowledge(21, &mut Delivery::default()).sent_at, None);
    }
}
