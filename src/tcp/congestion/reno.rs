//! Slow start, congestion avoidance and halving (RFC 5681 section 3.1), with byte counting.
//!
//! Not modelled: the limit of two segments per acknowledgment in slow start (RFC 3465), which
//! Linux does not have either; HyStart++ has a limit of eight.

use super::slow_start::{Round, SlowStart};
use super::{AckSample, CongestionControl, Feedback, halved, remembered};
use crate::tcp::config::Hystart;

/// The window of Reno and NewReno.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reno {
    mss: u64,
    initial: u64,
    window: u64,
    threshold: Option<u64>,
    /// Bytes acknowledged in congestion avoidance since the window last grew.
    credit: u64,
    slow_start: SlowStart,
}

impl Reno {
    /// A window of `initial` segments of `mss` bytes.
    #[must_use]
    pub const fn new(mss: u64, initial: u32) -> Self {
        let window = mss * if initial == 0 { 1 } else { initial as u64 };
        let slow_start = SlowStart::Classic;
        Self { mss, initial: window, window, threshold: None, credit: 0, slow_start }
    }

    /// With a way out of slow start before a loss.
    #[must_use]
    pub fn with_hystart(mut self, kind: Hystart) -> Self {
        self.slow_start = SlowStart::new(kind);
        self
    }

    /// A reduction of another measure.
    pub(super) fn come_down_to(&mut self, window: u64) {
        self.threshold = Some(window);
        self.window = window;
        self.credit = 0;
        self.slow_start.end();
    }

    fn halve(&mut self, flight: u64) {
        // RFC 5681 (4)
        self.threshold = Some((flight / 2).max(2 * self.mss));
        self.credit = 0;
        self.slow_start.end();
    }
}

impl CongestionControl for Reno {
    fn window(&self) -> u64 {
        self.window
    }
    fn threshold(&self) -> Option<u64> {
        self.threshold
    }
    fn on_feedback(&mut self, feedback: &Feedback) {
        if !self.in_slow_start() {
            return;
        }
        let round = Round {
            feedback,
            least_rtt: None,
            window: self.window,
            mss: self.mss,
            first: self.threshold.is_none(),
        };
        if self.slow_start.observe(&round) {
            self.threshold = Some(self.window);
            self.slow_start.end();
        }
    }
    fn on_ack(&mut self, sample: AckSample) {
        let room =
            self.threshold.map_or(u64::MAX, |threshold| threshold.saturating_sub(self.window));
        let fast = sample.bytes.min(room);
        self.window += self.slow_start.growth(fast, self.mss);
        self.credit += sample.bytes - fast;
        if self.credit >= self.window {
            self.credit -= self.window;
            self.window += self.mss;
        }
    }
    fn on_loss(&mut self, flight: u64) {
        self.halve(flight);
        self.on_recovered();
    }
    fn on_recovered(&mut self) {
        self.window = self.threshold.unwrap_or(self.window);
    }
    fn on_timeout(&mut self, flight: Option<u64>) {
        if let Some(flight) = flight {
            self.halve(flight);
        }
        self.window = self.mss;
    }
    fn on_undo(&mut self, window: u64, threshold: Option<u64>) {
        self.window = self.window.max(window);
        self.threshold = threshold.map(|before| before.max(self.threshold.unwrap_or(0)));
    }
    fn on_segment_size(&mut self, mss: u64) {
        let old = self.mss;
        let scale = |bytes: u64| bytes / old * mss;
        self.window = scale(self.window);
        self.initial = scale(self.initial);
        self.threshold = self.threshold.map(scale);
        self.credit = 0;
        self.mss = mss;
    }
    fn on_idle(&mut self, halvings: u32) {
        self.threshold = self.threshold.map(|threshold| remembered(threshold, self.window));
        self.window = halved(self.window, self.initial, halvings);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Time;

    fn acked(reno: &mut Reno, bytes: u64) {
        reno.on_ack(AckSample { now: Time::ZERO, bytes, rtt: None });
    }

    #[test]
    fn doubles_each_round_trip_in_slow_start() {
        let mut reno = Reno::new(1000, 10);
        (0..10).for_each(|_| acked(&mut reno, 1000));
        assert_eq!(reno.window(), 20_000);
        assert!(reno.in_slow_start());
    }

    #[test]
    fn grows_by_one_segment_each_round_trip_after_a_loss() {
        let mut reno = Reno::new(1000, 20);
        reno.on_loss(20_000);
        assert_eq!((reno.window(), reno.threshold()), (10_000, Some(10_000)));
        for round in 1..=5 {
            let segments = reno.window() / 1000;
            (0..segments).for_each(|_| acked(&mut reno, 1000));
            assert_eq!(reno.window(), 10_000 + round * 1000);
        }
    }

    #[test]
    fn a_timeout_starts_again_from_one_segment() {
        let mut reno = Reno::new(1000, 10);
        reno.on_timeout(Some(10_000));
        reno.on_timeout(None);
        assert_eq!((reno.window(), reno.threshold()), (1000, Some(5000)));
        (0..10).for_each(|_| acked(&mut reno, 1000));
        // Four in slow start, then six of the five needed for the next segment.
        assert_eq!(reno.window(), 6000);
    }

    #[test]
    fn never_below_two_segments() {
        let mut reno = Reno::new(1000, 10);
        reno.on_loss(1000);
        assert_eq!(reno.threshold(), Some(2000));
    }

    #[test]
    fn idleness_takes_back_to_the_initial_window() {
        for (halvings, window) in [(1, 25_000), (2, 12_500), (3, 10_000), (u32::MAX, 10_000)] {
            let mut reno = Reno::new(1000, 10);
            acked(&mut reno, 40_000);
            reno.on_idle(halvings);
            assert_eq!((reno.window(), reno.threshold()), (window, None));
        }
        // What it was is remembered: three quarters of 20.
        let mut reno = Reno::new(1000, 20);
        reno.threshold = Some(6000);
        reno.on_idle(1);
        assert_eq!((reno.window(), reno.threshold()), (20_000, Some(15_000)));
        // A small window is not made larger.
        reno.window = 2000;
        reno.on_idle(5);
        assert_eq!(reno.window(), 2000);
    }

    #[test]
    fn hystart_ends_slow_start_where_the_window_is() {
        let mut reno = Reno::new(1000, 10).with_hystart(Hystart::PlusPlus);
        let mut place = 0;
        // Round trips of 40 ms, 60 ms, and five more: each with eight samples.
        let ended = (0..8_u64).find(|round| {
            for _ in 0..8 {
                place += 1;
                reno.on_feedback(&Feedback {
                    rtt: Some(Time::from_ms(if *round == 0 { 40 } else { 60 })),
                    acknowledged: place,
                    sent: (place - 1) / 8 * 8 + 9,
                    ..super::super::feedback()
                });
                acked(&mut reno, 1000);
            }
            reno.threshold().is_some()
        });
        assert_eq!(ended, Some(6));
        // Fifteen acknowledgments added a segment each; the sixteenth shows the delay, and it and
        // the next 32 add a quarter; then the first of the seventh round ends it.
        assert_eq!(reno.threshold(), Some(25_000 + 33 * 250));
    }
}
