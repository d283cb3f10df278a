//! CUBIC (RFC 9438): the window grows as a cube of the time since the last loss, slowly near where
//! that loss was and fast far from it.
//!
//! Not modelled: the ways out of slow start before a loss (HyStart, HyStart++), and the undoing of
//! a reduction that proves wrong.

use super::{AckSample, CongestionControl};
use crate::units::Time;

/// What is left of the window after a loss (RFC 9438 section 4.6).
const BETA: f64 = 0.7;
/// How steep the cube is [segments/s³] (section 4.1.2).
const C: f64 = 0.4;
/// By how many segments a round trip the Reno-friendly estimate grows (section 4.3).
const ALPHA: f64 = 3.0 * (1.0 - BETA) / (1.0 + BETA);

/// One stretch of congestion avoidance.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Epoch {
    start: Time,
    /// K: when the cube reaches its middle \[s\].
    middle: f64,
    /// The window there \[segments\].
    origin: f64,
    /// W_est: what Reno would have \[segments\].
    reno: f64,
}

/// The window of CUBIC.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cubic {
    mss: f64,
    initial: f64,
    /// cwnd \[segments\].
    window: f64,
    /// ssthresh \[segments\].
    threshold: Option<f64>,
    /// W_max: the window at the last loss \[segments\].
    at_loss: f64,
    epoch: Option<Epoch>,
}

impl Cubic {
    /// A window of `initial` segments of `mss` bytes.
    #[must_use]
    pub fn new(mss: u64, initial: u32) -> Self {
        let initial = f64::from(initial.max(1));
        Self {
            mss: mss as f64,
            initial,
            window: initial,
            threshold: None,
            at_loss: 0.0,
            epoch: None,
        }
    }

    fn bytes(&self, segments: f64) -> u64 {
        (segments * self.mss) as u64
    }

    fn begin(&self, now: Time) -> Epoch {
        let below = (self.at_loss - self.window).max(0.0);
        Epoch {
            start: now,
            middle: libm::cbrt(below / C),
            origin: self.window.max(self.at_loss),
            reno: self.window,
        }
    }

    /// RFC 9438 sections 4.2 to 4.5, for `acked` segments.
    fn avoid_congestion(&mut self, sample: AckSample, acked: f64) {
        let mut epoch = self.epoch.unwrap_or_else(|| self.begin(sample.now));
        let friendly = if epoch.reno >= self.at_loss { 1.0 } else { ALPHA };
        epoch.reno += friendly * acked / self.window;
        let elapsed = sample.now.saturating_sub(epoch.start).as_secs_f64();
        let rtt = sample.rtt.unwrap_or(Time::ZERO).as_secs_f64();
        if cube(&epoch, elapsed) < epoch.reno {
            self.window = self.window.max(epoch.reno);
        } else {
            let target = cube(&epoch, elapsed + rtt).clamp(self.window, 1.5 * self.window);
            self.window += (target - self.window) / self.window * acked;
        }
        self.epoch = Some(epoch);
    }

    /// RFC 9438 sections 4.6 and 4.7.
    fn reduce(&mut self, flight: u64) {
        let converges = self.window < self.at_loss;
        self.at_loss = if converges { self.window * (1.0 + BETA) / 2.0 } else { self.window };
        // Whole segments, as in Linux.
        self.threshold = Some((flight as f64 / self.mss * BETA).floor().max(2.0));
        self.epoch = None;
    }
}

/// W_cubic at a time since the start of the epoch \[s\].
fn cube(epoch: &Epoch, seconds: f64) -> f64 {
    let distance = seconds - epoch.middle;
    C * distance * distance * distance + epoch.origin
}

impl CongestionControl for Cubic {
    fn window(&self) -> u64 {
        self.bytes(self.window)
    }
    fn threshold(&self) -> Option<u64> {
        self.threshold.map(|threshold| self.bytes(threshold))
    }
    fn on_ack(&mut self, sample: AckSample) {
        let acked = sample.bytes as f64 / self.mss;
        let room = self.threshold.map_or(f64::INFINITY, |limit| (limit - self.window).max(0.0));
        let fast = acked.min(room);
        self.window += fast;
        if acked > fast {
            self.avoid_congestion(sample, acked - fast);
        }
    }
    fn on_loss(&mut self, flight: u64) {
        self.reduce(flight);
        self.on_recovered();
    }
    fn on_recovered(&mut self) {
        self.window = self.threshold.unwrap_or(self.window);
    }
    fn on_timeout(&mut self, flight: Option<u64>) {
        if let Some(flight) = flight {
            self.reduce(flight);
        }
        self.window = 1.0;
    }
    fn on_idle(&mut self) {
        self.window = self.window.min(self.initial);
        self.epoch = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Time = Time::from_ms(100);

    /// Acknowledges one window each round trip and returns the window after each \[segments\].
    fn rounds(cubic: &mut Cubic, count: u64) -> Vec<u64> {
        (0..count)
            .map(|round| {
                let segments = cubic.window() / 1000;
                for _ in 0..segments {
                    let now = Time::from_ps(RTT.as_ps() * round);
                    cubic.on_ack(AckSample { now, bytes: 1000, rtt: Some(RTT) });
                }
                cubic.window() / 1000
            })
            .collect()
    }

    #[test]
    fn a_loss_takes_three_tenths() {
        let mut cubic = Cubic::new(1000, 100);
        cubic.on_loss(100_000);
        assert_eq!((cubic.window(), cubic.threshold()), (70_000, Some(70_000)));
    }

    #[test]
    fn the_window_returns_to_where_the_loss_was_after_k() {
        let mut cubic = Cubic::new(1000, 500);
        cubic.on_loss(500_000);
        // K = cbrt(150 / 0.4) = 7.2 s.
        let windows = rounds(&mut cubic, 110);
        assert!(windows[40] > 450 && windows[40] < 500, "{windows:?}");
        assert!((495..=501).contains(&windows[72]), "{windows:?}");
        // Concave before, convex after.
        assert!(windows[20] - windows[0] > windows[70] - windows[50]);
        assert!(windows[109] - windows[89] > windows[80] - windows[60]);
    }

    #[test]
    fn a_small_window_grows_as_reno_does() {
        let mut cubic = Cubic::new(1000, 10);
        cubic.on_loss(10_000);
        let windows = rounds(&mut cubic, 12);
        // ALPHA a round trip until ten, then one; the cube alone would still be near ten.
        assert!(windows[11] >= 13, "{windows:?}");
    }

    #[test]
    fn a_second_loss_lower_down_leaves_room_for_others() {
        let mut cubic = Cubic::new(1000, 100);
        cubic.on_loss(100_000);
        cubic.on_loss(70_000);
        assert!((cubic.at_loss - 59.5).abs() < 1e-9);
        cubic.on_timeout(None);
        assert_eq!(cubic.window(), 1000);
    }
}
