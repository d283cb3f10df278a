//! How fast the network delivers (draft-cheng-iccrg-delivery-rate-estimation-00, as in Linux's
//! `tcp_rate.c`). Kept only for a congestion control that asks for it.
//!
//! Each segment remembers how much had been delivered when it was sent; its acknowledgment then
//! tells how much was delivered meanwhile.

use std::collections::VecDeque;

use super::Offset;
use super::congestion::RateSample;
use super::send_queue::Sent;
use crate::units::Time;

/// What is remembered of a segment when it is sent.
#[derive(Debug, Clone, Copy)]
struct Stamp {
    end: Offset,
    sent_at: Time,
    /// C.delivered, C.delivered_time and C.first_sent_time at that moment.
    delivered: u64,
    delivered_at: Time,
    first_sent_at: Time,
    application_limited: bool,
}

/// The newest segment that an acknowledgment told of.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    stamp: Stamp,
    /// From the first segment of the flight to this one.
    send_interval: Time,
}

/// The state of the estimation; names in capitals are those of the draft.
#[derive(Debug, Clone, Default)]
pub(super) struct DeliveryRate {
    /// C.delivered \[bytes\], and C.delivered_time.
    delivered: u64,
    delivered_at: Time,
    /// C.first_sent_time.
    first_sent_at: Time,
    /// C.app_limited: until so much is delivered, samples tell of the application.
    limited_until: Option<u64>,
    /// Taken for lost since the last acknowledgment \[bytes\].
    lost: u64,
    /// The least round trip: a sample over less time is not believed.
    min_rtt: Option<Time>,
    /// In order of offset.
    stamps: VecDeque<Stamp>,
    candidate: Option<Candidate>,
}

impl DeliveryRate {
    /// New data up to `end` go out; `idle` says that nothing was in flight.
    pub(super) fn on_sent(&mut self, now: Time, end: Offset, idle: bool) {
        if idle {
            self.first_sent_at = now;
            self.delivered_at = now;
        }
        let stamp = self.stamp(now, end);
        self.stamps.push_back(stamp);
    }

    /// The segment that ends at `end` goes out again.
    fn on_resent(&mut self, now: Time, end: Offset) {
        let fresh = self.stamp(now, end);
        let index = self.stamps.partition_point(|stamp| stamp.end < end);
        if let Some(stamp) = self.stamps.get_mut(index) {
            *stamp = Stamp { end: stamp.end, ..fresh };
        }
    }

    const fn stamp(&self, now: Time, end: Offset) -> Stamp {
        Stamp {
            end,
            sent_at: now,
            delivered: self.delivered,
            delivered_at: self.delivered_at,
            first_sent_at: self.first_sent_at,
            application_limited: self.limited_until.is_some(),
        }
    }

    /// A segment, or the first part of one, has arrived: `bytes` that belong to what ends at `end`.
    pub(super) fn on_delivered(&mut self, end: Offset, bytes: u64) {
        self.delivered += bytes;
        let index = self.stamps.partition_point(|stamp| stamp.end < end);
        let Some(stamp) = self.stamps.get(index).copied() else { return };
        let order = |stamp: &Stamp| (stamp.sent_at, stamp.end);
        if self.candidate.is_some_and(|best| order(&best.stamp) > order(&stamp)) {
            return;
        }
        self.first_sent_at = stamp.sent_at;
        let send_interval = stamp.sent_at.saturating_sub(stamp.first_sent_at);
        self.candidate = Some(Candidate { stamp, send_interval });
    }

    /// What was taken for lost since the last call \[bytes\].
    pub(super) const fn take_lost(&mut self) -> u64 {
        std::mem::replace(&mut self.lost, 0)
    }

    /// The marks of a segment have changed.
    pub(super) fn on_change(&mut self, before: &Sent, after: &Sent) {
        if after.sacked && !before.sacked {
            self.on_delivered(after.end, after.length());
        }
        if after.lost && !before.lost {
            self.lost += after.length();
        }
        if after.resent && !before.resent {
            self.on_resent(after.sent_at, after.end);
        }
    }

    /// SND.UNA has moved: what lies before it is forgotten.
    pub(super) fn forget(&mut self, upto: Offset) {
        while self.stamps.front().is_some_and(|stamp| stamp.end <= upto) {
            self.stamps.pop_front();
        }
    }

    /// The application left a gap while `in_network` bytes are on the way.
    pub(super) fn on_application_gap(&mut self, in_network: u64) {
        self.limited_until = Some(self.delivered + in_network);
    }

    /// Whether samples tell of the application now.
    pub(super) const fn is_limited(&self) -> bool {
        self.limited_until.is_some()
    }

    /// C.delivered \[bytes\].
    #[cfg(test)]
    const fn total(&self) -> u64 {
        self.delivered
    }

    /// An acknowledgment was dealt with; it told of `delivered` bytes and measured `rtt`.
    pub(super) fn sample(
        &mut self,
        now: Time,
        delivered: u64,
        rtt: Option<Time>,
    ) -> Option<RateSample> {
        if self.limited_until.is_some_and(|limit| self.delivered > limit) {
            self.limited_until = None;
        }
        if delivered > 0 {
            self.delivered_at = now;
        }
        self.min_rtt = rtt.into_iter().chain(self.min_rtt).min();
        let Candidate { stamp, send_interval } = self.candidate.take()?;
        // The longer of the two phases, lest acknowledgments that were held up and came together
        // tell too much.
        let interval = send_interval.max(now.saturating_sub(stamp.delivered_at));
        let credible =
            !interval.is_zero() && self.min_rtt.is_none_or(|min_rtt| interval >= min_rtt);
        credible.then_some(RateSample {
            delivered: self.delivered - stamp.delivered,
            prior_delivered: stamp.delivered,
            interval,
            application_limited: stamp.application_limited,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Rate;

    const MS: fn(u64) -> Time = Time::from_ms;

    /// Ten segments of 1000 bytes at once at time zero.
    fn flight() -> DeliveryRate {
        let mut delivery = DeliveryRate::default();
        (1..=10).for_each(|number| delivery.on_sent(MS(0), number * 1000, number == 1));
        delivery
    }

    fn acknowledge(delivery: &mut DeliveryRate, now: Time, end: Offset) -> Option<RateSample> {
        delivery.on_delivered(end, 1000);
        delivery.forget(end);
        delivery.sample(now, 1000, Some(MS(40)))
    }

    #[test]
    fn a_flight_is_measured_from_its_beginning_to_each_acknowledgment() {
        let mut delivery = flight();
        // 1000 bytes in 40 ms, then 2000 in 41 ms ...
        for (number, ms) in (1..=10_u64).zip(40..) {
            let sample = acknowledge(&mut delivery, MS(ms), (number * 1000).cast_signed());
            let sample = sample.expect("a sample");
            assert_eq!((sample.delivered, sample.interval), (number * 1000, MS(ms)));
            assert_eq!(sample.prior_delivered, 0);
        }
        // 10 000 bytes in 49 ms are 1.63 Mb/s.
        assert_eq!(delivery.total(), 10_000);
    }

    #[test]
    fn a_full_pipe_shows_the_rate_of_the_bottleneck() {
        // One segment out for each acknowledgment in, one each millisecond: 8 Mb/s.
        let mut delivery = flight();
        let mut last = None;
        for ms in 40..200_i64 {
            let end = (ms - 39) * 1000;
            last = acknowledge(&mut delivery, MS(ms.cast_unsigned()), end);
            delivery.on_sent(MS(ms.cast_unsigned()), end + 10_000, false);
        }
        // A segment waits for ten others: 10 000 bytes in 10 ms, less than the round trip of
        // 40 ms that the first one took; nothing is believed.
        assert_eq!(last, None);
        delivery.min_rtt = Some(MS(10));
        delivery.on_delivered(161_000, 1000);
        let sample = delivery.sample(MS(200), 1000, None).expect("a sample");
        assert_eq!((sample.delivered, sample.interval), (10_000, MS(10)));
        assert_eq!(sample.rate(), Rate::from_bps(8_000_000));
    }

    #[test]
    fn acknowledgments_that_come_together_do_not_tell_too_much() {
        let mut delivery = DeliveryRate::default();
        // Sent 1 ms apart, all acknowledged at once: the send phase is the longer one.
        for number in 0..50_i64 {
            delivery.on_sent(MS(number.cast_unsigned()), (number + 1) * 1000, number == 0);
        }
        (1..=49).for_each(|number| delivery.on_delivered(number * 1000, 1000));
        let sample = delivery.sample(MS(60), 49_000, Some(MS(12))).expect("a sample");
        assert_eq!((sample.delivered, sample.interval), (49_000, MS(60)));
        delivery.on_sent(MS(60), 51_000, false);
        delivery.on_delivered(50_000, 1000);
        let sample = delivery.sample(MS(60), 1000, None).expect("a sample");
        assert_eq!((sample.delivered, sample.interval), (50_000, MS(60)));
    }

    #[test]
    fn a_gap_of_the_application_marks_what_follows_until_it_is_delivered() {
        let mut delivery = flight();
        delivery.on_application_gap(10_000);
        delivery.on_sent(MS(5), 11_000, false);
        delivery.on_sent(MS(5), 12_000, false);
        let first = acknowledge(&mut delivery, MS(40), 1000).expect("a sample");
        assert!(!first.application_limited);
        for number in 2..=10 {
            acknowledge(&mut delivery, MS(40), number * 1000);
        }
        let second = acknowledge(&mut delivery, MS(45), 11_000).expect("a sample");
        assert!(second.application_limited);
        // The bubble has gone.
        delivery.on_sent(MS(45), 13_000, false);
        acknowledge(&mut delivery, MS(45), 12_000);
        let third = acknowledge(&mut delivery, MS(90), 13_000).expect("a sample");
        assert!(!third.application_limited);
    }

    #[test]
    fn what_is_sent_again_counts_from_then() {
        let mut delivery = flight();
        for number in 2..=10 {
            delivery.on_delivered(number * 1000, 1000);
        }
        delivery.sample(MS(40), 9000, Some(MS(40)));
        delivery.on_resent(MS(40), 1000);
        let sample = acknowledge(&mut delivery, MS(80), 1000).expect("a sample");
        assert_eq!((sample.delivered, sample.interval), (1000, MS(40)));
    }
}
