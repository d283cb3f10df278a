//! HyStart (Ha and Rhee 2011) as Linux has it in `tcp_cubic.c`: slow start ends before the first
//! loss, when the acknowledgments of a round last too long or when their delay rises.

use super::Feedback;
use crate::units::Time;

/// Not below this window \[segments\].
const LOW_WINDOW: u64 = 16;
/// Acknowledgments that follow each other so closely are one train.
const TRAIN_GAP: Time = Time::from_ms(2);
/// The delay of a round is the least of so many acknowledgments.
const SAMPLES: u8 = 8;
/// By how much the delay has to rise: an eighth, within these limits.
const LEAST_RISE: Time = Time::from_ms(4);
const GREATEST_RISE: Time = Time::from_ms(16);
/// An allowance for acknowledgments that came in bunches: what four of the largest bunches take,
/// but at most a millisecond.
const BUNCHES: u64 = 4 * 65_536;
const MOST_FOR_BUNCHES: Time = Time::from_ms(1);

/// What is known of the present round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Hystart {
    started: bool,
    /// It has found the end of slow start; it is not asked again until a timeout.
    found: bool,
    samples: u8,
    /// SND.NXT when the round began: the round ends after it.
    end: u64,
    round_start: Time,
    /// The last acknowledgment of the train.
    last: Time,
    /// The least delay of this round.
    delay: Option<Time>,
}

impl Hystart {
    fn begin_round(&mut self, feedback: &Feedback) {
        *self = Self {
            started: true,
            end: feedback.sent,
            round_start: feedback.now,
            last: feedback.now,
            ..Self::default()
        };
    }

    /// An acknowledgment came in slow start, `least` being the least round trip ever and `window`
    /// the congestion window \[bytes\]. Says whether slow start ends now.
    pub(super) fn observe(
        &mut self,
        feedback: &Feedback,
        least: Time,
        window: u64,
        mss: u64,
    ) -> bool {
        let Some(rtt) = feedback.rtt.filter(|_| !self.found) else { return false };
        if !self.started || feedback.acknowledged > self.end {
            self.begin_round(feedback);
        }
        if window < LOW_WINDOW * mss {
            return false;
        }
        self.found = self.train_is_long(feedback, least, window) | self.delay_rises(rtt, least);
        self.found
    }

    /// The train of acknowledgments is as long as half the round trip: so the window fills the
    /// pipe. If segments are paced, half of that is the pacing.
    fn train_is_long(&mut self, feedback: &Feedback, least: Time, window: u64) -> bool {
        if feedback.now.saturating_sub(self.last) > TRAIN_GAP {
            return false;
        }
        self.last = feedback.now;
        let enough = least.saturating_add(bunch_time(feedback.smoothed_rtt, window));
        let enough = if feedback.paced { enough } else { Time::from_ps(enough.as_ps() / 2) };
        feedback.now.saturating_sub(self.round_start) > enough
    }

    fn delay_rises(&mut self, rtt: Time, least: Time) -> bool {
        let delay = self.delay.map_or(rtt, |delay| delay.min(rtt));
        self.delay = Some(delay);
        if self.samples < SAMPLES {
            self.samples += 1;
            return false;
        }
        let rise = Time::from_ps(least.as_ps() / 8).clamp(LEAST_RISE, GREATEST_RISE);
        delay > least.saturating_add(rise)
    }
}

/// What four bunches take at the rate that slow start paces at: two windows a round trip.
fn bunch_time(smoothed: Option<Time>, window: u64) -> Time {
    let Some(smoothed) = smoothed else { return Time::ZERO };
    let ps = u128::from(smoothed.as_ps()) * u128::from(BUNCHES) / u128::from(2 * window.max(1));
    Time::from_ps(u64::try_from(ps).unwrap_or(u64::MAX)).min(MOST_FOR_BUNCHES)
}

#[cfg(test)]
mod tests {
    use super::super::feedback;
    use super::*;

    const MS: fn(u64) -> Time = Time::from_ms;
    const MSS: u64 = 1000;

    /// One round of acknowledgments, each (time [µs], rtt [µs]); returns which one ends slow start.
    fn round(hystart: &mut Hystart, window: u64, acks: &[(u64, u64)]) -> Option<usize> {
        let start = hystart.end;
        acks.iter().zip(1_u64..).position(|((now, rtt), number)| {
            let feedback = Feedback {
                now: Time::from_us(*now),
                rtt: Some(Time::from_us(*rtt)),
                smoothed_rtt: Some(MS(40)),
                sent: start + 1000 * MSS,
                acknowledged: start + number,
                ..feedback()
            };
            hystart.observe(&feedback, MS(40), window * MSS, MSS)
        })
    }

    #[test]
    fn a_train_of_half_a_round_trip_ends_slow_start() {
        // One millisecond apart: after more than (40 + 1) / 2 = 20.5 ms.
        let acks: Vec<_> = (0..30).map(|ms| (ms * 1000, 40_000)).collect();
        assert_eq!(round(&mut Hystart::default(), 30, &acks), Some(21));
        // Three milliseconds apart are no train.
        let acks: Vec<_> = (0..30).map(|ms| (ms * 3000, 40_000)).collect();
        assert_eq!(round(&mut Hystart::default(), 30, &acks), None);
        // A pause ends the train for this round.
        let acks: Vec<_> =
            (0..30).map(|ms| (ms * 1000 + 5000 * u64::from(ms > 9), 40_000)).collect();
        assert_eq!(round(&mut Hystart::default(), 30, &acks), None);
    }

    #[test]
    fn a_delay_that_rises_by_an_eighth_ends_slow_start() {
        // 40 ms and an eighth: 45 ms. The ninth acknowledgment is the first that may judge.
        let acks = |us| (0..12).map(|_| (0, us)).collect::<Vec<_>>();
        assert_eq!(round(&mut Hystart::default(), 30, &acks(45_001)), Some(8));
        assert_eq!(round(&mut Hystart::default(), 30, &acks(45_000)), None);
        // One short delay among them is enough to go on.
        let mut mixed = acks(50_000);
        mixed[3].1 = 41_000;
        assert_eq!(round(&mut Hystart::default(), 30, &mixed), None);
    }

    #[test]
    fn the_rise_has_limits() {
        let judge = |least_ms, rtt_us| {
            let mut hystart = Hystart::default();
            let rtt = Some(Time::from_us(rtt_us));
            (0..9).any(|_| {
                hystart.observe(&Feedback { rtt, ..feedback() }, MS(least_ms), 30_000, MSS)
            })
        };
        assert_eq!((judge(1, 5000), judge(1, 5001)), (false, true));
        assert_eq!((judge(200, 216_000), judge(200, 216_001)), (false, true));
    }

    #[test]
    fn a_small_window_goes_on_and_a_verdict_is_final() {
        let acks: Vec<_> = (0..30).map(|ms| (ms * 1000, 60_000)).collect();
        assert_eq!(round(&mut Hystart::default(), 15, &acks), None);
        let mut hystart = Hystart::default();
        assert!(round(&mut hystart, 16, &acks).is_some());
        assert_eq!(round(&mut hystart, 16, &acks), None);
    }

    #[test]
    fn bunches_are_allowed_a_millisecond_at_most() {
        assert_eq!(bunch_time(Some(MS(40)), 30_000), MS(1));
        // 262 144 bytes at two windows of 26 214 400 bytes in 40 ms: 0.2 ms.
        assert_eq!(bunch_time(Some(MS(40)), 26_214_400), Time::from_us(200));
    }
}
