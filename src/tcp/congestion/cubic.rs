//! CUBIC (RFC 9438): the window grows as a cube of the time since the last loss, slowly near where
//! that loss was and fast far from it.
//!
//! Where Linux and the RFC differ, both are here: how the window follows the estimate of Reno (see
//! [`as_rfc`](Cubic::as_rfc)), and that before the first loss Linux grows by a twentieth a round
//! trip at least. Linux counts whole segments, and steps of a clock tick; here both are fractions.

use super::slow_start::{Round, SlowStart};
use super::{AckSample, CongestionControl, Feedback, halved, remembered};
use crate::tcp::config::Hystart;
use crate::units::Time;

/// What is left of the window after a loss (RFC 9438 section 4.6).
const BETA: f64 = 0.7;
/// How steep the cube is [segments/s³] (section 4.1.2).
const C: f64 = 0.4;
/// By how many segments a round trip the Reno-friendly estimate grows (section 4.3).
const ALPHA: f64 = 3.0 * (1.0 - BETA) / (1.0 + BETA);

/// The least growth a round trip while no loss has shown the way, as in Linux.
const EARLY_GROWTH: f64 = 1.0 / 20.0;
/// The greatest growth a round trip (section 4.4).
const GREATEST_GROWTH: f64 = 1.5;

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
#[derive(Debug, Clone, PartialEq)]
pub struct Cubic {
    /// \[bytes\]
    mss: u32,
    /// \[segments\]
    initial: u32,
    /// cwnd \[segments\].
    window: f64,
    /// ssthresh \[segments\]; infinite before the first loss.
    threshold: f64,
    /// cwnd_prior: the window before the last reduction \[segments\]; zero if that means nothing.
    prior: f64,
    /// That reduction left room for others, as the one before was at a larger window.
    converged: bool,
    /// Boxed, as idle connections have none.
    epoch: Option<Box<Epoch>>,
    /// The least round trip ever.
    least_rtt: Option<Time>,
    slow_start: SlowStart,
    rfc: bool,
}

impl Cubic {
    /// A window of `initial` segments of `mss` bytes.
    #[must_use]
    pub fn new(mss: u64, initial: u32) -> Self {
        let initial = initial.max(1);
        Self {
            mss: segment_size(mss),
            initial,
            window: f64::from(initial),
            threshold: f64::INFINITY,
            prior: 0.0,
            converged: false,
            epoch: None,
            least_rtt: None,
            slow_start: SlowStart::Classic,
            rfc: false,
        }
    }

    /// With a way out of slow start before a loss.
    #[must_use]
    pub fn with_hystart(mut self, kind: Hystart) -> Self {
        self.slow_start = SlowStart::new(kind);
        self
    }

    /// The estimate of Reno as in RFC 9438 section 4.3: the window jumps to it, and it grows by a
    /// segment a round trip once it is back where the loss was. Without this, as in Linux, it
    /// never grows faster, and the window comes up to it within a round trip.
    #[must_use]
    pub const fn as_rfc(mut self) -> Self {
        self.rfc = true;
        self
    }

    fn bytes(&self, segments: f64) -> u64 {
        (segments * f64::from(self.mss)) as u64
    }

    fn segments(&self, bytes: u64) -> f64 {
        bytes as f64 / f64::from(self.mss)
    }

    /// W_max: the window at the last loss, or less of it (section 4.7) \[segments\].
    fn at_loss(&self) -> f64 {
        if self.converged { self.prior * (1.0 + BETA) / 2.0 } else { self.prior }
    }

    fn begin(&self, now: Time) -> Epoch {
        let at_loss = self.at_loss();
        let below = (at_loss - self.window).max(0.0);
        Epoch {
            start: now,
            middle: libm::cbrt(below / C),
            origin: self.window.max(at_loss),
            reno: self.window,
        }
    }

    /// RFC 9438 sections 4.2 to 4.5, for `acked` segments.
    fn avoid_congestion(&mut self, sample: AckSample, acked: f64) {
        let mut epoch = self.epoch.take().unwrap_or_else(|| Box::new(self.begin(sample.now)));
        let caught_up = self.rfc && epoch.reno >= self.prior;
        epoch.reno += if caught_up { 1.0 } else { ALPHA } * acked / self.window;
        let elapsed = sample.now.saturating_sub(epoch.start).as_secs_f64();
        if self.rfc && cube(&epoch, elapsed) < epoch.reno {
            self.window = self.window.max(epoch.reno);
        } else {
            let target = self.target(&epoch, elapsed);
            self.window += (target - self.window) / self.window * acked;
        }
        self.epoch = Some(epoch);
    }

    /// Where the window shall be in a round trip.
    fn target(&self, epoch: &Epoch, elapsed: f64) -> f64 {
        let rtt = self.least_rtt.unwrap_or(Time::ZERO).as_secs_f64();
        let mut target = cube(epoch, elapsed + rtt);
        if !self.rfc {
            let early = if self.prior > 0.0 { 0.0 } else { EARLY_GROWTH };
            target = target.max(epoch.reno).max(self.window * (1.0 + early));
        }
        target.clamp(self.window, GREATEST_GROWTH * self.window)
    }

    /// RFC 9438 sections 4.6 and 4.7.
    fn reduce(&mut self, flight: u64) {
        self.converged = self.window < self.at_loss();
        self.prior = self.window;
        // Whole segments, as in Linux.
        self.threshold = (self.segments(flight) * BETA).floor().max(2.0);
        self.epoch = None;
        self.slow_start.end();
    }
}

fn segment_size(mss: u64) -> u32 {
    u32::try_from(mss.max(1)).unwrap_or(u32::MAX)
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
        self.threshold.is_finite().then(|| self.bytes(self.threshold))
    }
    fn on_feedback(&mut self, feedback: &Feedback) {
        let Some(rtt) = feedback.rtt else { return };
        self.least_rtt = Some(self.least_rtt.map_or(rtt, |least| least.min(rtt)));
        if self.window >= self.threshold {
            return;
        }
        let round = Round {
            feedback,
            least_rtt: self.least_rtt,
            window: self.window(),
            mss: u64::from(self.mss),
            first: self.threshold.is_infinite(),
        };
        if self.slow_start.observe(&round) {
            self.threshold = self.window;
            self.slow_start.end();
        }
    }
    fn on_ack(&mut self, sample: AckSample) {
        let acked = self.segments(sample.bytes);
        let fast = acked.min((self.threshold - self.window).max(0.0));
        if fast > 0.0 {
            // To the nearest byte.
            let bytes = (fast * f64::from(self.mss) + 0.5) as u64;
            self.window += self.segments(self.slow_start.growth(bytes, u64::from(self.mss)));
        }
        if acked > fast {
            self.avoid_congestion(sample, acked - fast);
        }
    }
    fn on_loss(&mut self, flight: u64) {
        self.reduce(flight);
        self.on_recovered();
    }
    fn on_recovered(&mut self) {
        self.window = if self.threshold.is_finite() { self.threshold } else { self.window };
    }
    fn on_timeout(&mut self, flight: Option<u64>) {
        if let Some(flight) = flight {
            self.reduce(flight);
        }
        self.window = 1.0;
        // Section 4.8, and Linux: what was known of the last loss means nothing any more.
        self.prior = 0.0;
        self.converged = false;
        self.least_rtt = None;
        self.slow_start.reset();
    }
    fn on_undo(&mut self, window: u64, threshold: Option<u64>) {
        self.window = self.window.max(self.segments(window));
        let before = threshold.map_or(f64::INFINITY, |threshold| self.segments(threshold));
        self.threshold = self.threshold.max(before);
        self.epoch = None;
    }
    fn on_segment_size(&mut self, mss: u64) {
        self.mss = segment_size(mss);
    }
    fn on_idle(&mut self, halvings: u32) {
        let window = self.window();
        if let Some(threshold) = self.threshold() {
            self.threshold = self.segments(remembered(threshold, window));
        }
        let initial = self.bytes(f64::from(self.initial));
        self.window = self.segments(halved(window, initial, halvings));
    }
    fn on_restart(&mut self, now: Time, idle: Time, _: bool) {
        // The cube stands still while nothing is sent, as in Linux.
        if let Some(epoch) = self.epoch.as_mut() {
            epoch.start = epoch.start.saturating_add(idle).min(now);
        }
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
                    cubic.on_feedback(&Feedback {
                        now,
                        rtt: Some(RTT),
                        ..super::super::feedback()
                    });
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
        let grown = |mut cubic: Cubic, count| {
            cubic.on_loss(10_000);
            rounds(&mut cubic, count);
            cubic.window() as f64 / 1000.0
        };
        // From seven, 0.53 a round trip, and one or two round trips later.
        let linux = grown(Cubic::new(1000, 10), 12);
        assert!((7.0 + 10.0 * ALPHA..=7.0 + 11.0 * ALPHA).contains(&linux), "{linux}");
        // ... but one a round trip from ten on.
        let rfc = grown(Cubic::new(1000, 10).as_rfc(), 12);
        assert!((12.5..=16.5).contains(&rfc) && rfc > linux + 1.0, "{rfc} {linux}");
    }

    #[test]
    fn a_second_loss_lower_down_leaves_room_for_others() {
        let mut cubic = Cubic::new(1000, 100);
        cubic.on_loss(100_000);
        cubic.on_loss(70_000);
        assert!((cubic.at_loss() - 59.5).abs() < 1e-9);
        cubic.on_timeout(None);
        assert_eq!(cubic.window(), 1000);
    }

    #[test]
    fn before_the_first_loss_linux_grows_by_a_twentieth_a_round_trip() {
        let left_slow_start = |mut cubic: Cubic| {
            cubic.threshold = 100.0;
            rounds(&mut cubic, 1);
            cubic.window
        };
        // A hundred acknowledgments of a twentieth each, and the RFC: the cube at 0.1 s, 0.0004.
        assert!((left_slow_start(Cubic::new(1000, 100)) - 105.0).abs() < 1e-9);
        // ... the RFC by a segment: there is no loss to catch up with.
        let rfc = left_slow_start(Cubic::new(1000, 100).as_rfc());
        assert!((100.9..=101.0).contains(&rfc), "{rfc}");
    }

    #[test]
    fn a_timeout_forgets_where_the_loss_was() {
        let mut cubic = Cubic::new(1000, 100);
        cubic.on_loss(100_000);
        cubic.on_timeout(Some(70_000));
        assert_eq!((cubic.threshold(), cubic.at_loss()), (Some(49_000), 0.0));
    }

    #[test]
    fn the_cube_stands_still_while_nothing_is_sent() {
        let mut cubic = Cubic::new(1000, 500);
        cubic.on_loss(500_000);
        rounds(&mut cubic, 2);
        let start = cubic.epoch.as_ref().expect("an epoch").start;
        cubic.on_restart(Time::from_secs(60), Time::from_secs(50), false);
        assert_eq!(cubic.epoch.as_ref().expect("an epoch").start, start + Time::from_secs(50));
    }
}
