//! Slow start, congestion avoidance and halving (RFC 5681 section 3.1), with byte counting.
//!
//! Not modelled: the limit of two segments per acknowledgment in slow start (RFC 3465), which
//! Linux does not have either.

use super::{AckSample, CongestionControl};

/// The window of Reno and NewReno.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reno {
    mss: u64,
    initial: u64,
    window: u64,
    threshold: Option<u64>,
    /// Bytes acknowledged in congestion avoidance since the window last grew.
    credit: u64,
}

impl Reno {
    /// A window of `initial` segments of `mss` bytes.
    #[must_use]
    pub const fn new(mss: u64, initial: u32) -> Self {
        let window = mss * if initial == 0 { 1 } else { initial as u64 };
        Self { mss, initial: window, window, threshold: None, credit: 0 }
    }

    fn halve(&mut self, flight: u64) {
        // RFC 5681 (4)
        self.threshold = Some((flight / 2).max(2 * self.mss));
        self.credit = 0;
    }
}

impl CongestionControl for Reno {
    fn window(&self) -> u64 {
        self.window
    }
    fn threshold(&self) -> Option<u64> {
        self.threshold
    }
    fn on_ack(&mut self, sample: AckSample) {
        let room =
            self.threshold.map_or(u64::MAX, |threshold| threshold.saturating_sub(self.window));
        let fast = sample.bytes.min(room);
        self.window += fast;
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
    fn on_idle(&mut self) {
        // RFC 5681 section 4.1
        self.window = self.window.min(self.initial);
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
        let mut reno = Reno::new(1000, 10);
        acked(&mut reno, 30_000);
        reno.on_idle();
        assert_eq!(reno.window(), 10_000);
    }
}
