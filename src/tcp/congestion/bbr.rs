//! BBR, version 1: as in draft-cardwell-iccrg-bbr-congestion-control-00 and Linux's `tcp_bbr.c`. It
//! knows the path by two numbers, the greatest delivery rate of the last ten round trips and the
//! least round trip of the last ten seconds, and sends at that rate with twice their product in
//! flight. Losses change nothing but the pace of the first round trip of recovery.
//!
//! Where the draft leaves the phase that the gain cycle starts with to chance, it is drawn from the
//! seed.
//!
//! Not modelled, though Linux has them: the long-term rate below a policer, and the allowance for
//! acknowledgments that come in bunches.

mod path;

use self::path::Path;
use super::{AckSample, CongestionControl, Feedback};
use crate::units::{Rate, Time};

/// One, as a gain; gains are whole multiples of 1/256, as in Linux.
const UNIT: u64 = 256;
/// 2 / ln 2: doubles the rate each round trip.
const HIGH_GAIN: u64 = UNIT * 2885 / 1000 + 1;
/// The inverse: drains in one round trip what that has filled.
const DRAIN_GAIN: u64 = UNIT * 1000 / 2885;
const WINDOW_GAIN: u64 = 2 * UNIT;
/// Probes for more, drains what that has filled, then cruises for six round trips.
const CYCLE: [u64; 8] = [UNIT * 5 / 4, UNIT * 3 / 4, UNIT, UNIT, UNIT, UNIT, UNIT, UNIT];
/// ProbeRTTDuration.
const PROBE_RTT_TIME: Time = Time::from_ms(200);
/// BBRMinPipeCwnd \[segments\].
const LEAST_WINDOW: u64 = 4;
/// Sends a hundredth less than the estimate, so that queues stay short \[percent\].
const MARGIN: u64 = 99;
/// Below this rate segments go out one by one.
const SLOW: u64 = 1_200_000;
/// A bunch of segments is no longer than this \[segments, bytes\].
const MOST_AT_ONCE: (u64, u64) = (127, 65_536);
/// The round trip that is assumed before one is measured.
const NOMINAL_RTT: Time = Time::from_ms(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Finds the rate by doubling.
    Startup,
    /// Lets the queue run empty that this has made.
    Drain,
    /// Cruises, and probes for more in one phase of the cycle.
    ProbeBw { phase: usize, since: Time },
    /// Keeps next to nothing in flight, to see the round trip without queues.
    ProbeRtt(Dip),
}

/// How far the search for the least round trip is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Dip {
    /// When it ends; not known until little enough is in flight.
    done: Option<Time>,
    /// A whole round trip was seen with that.
    round_done: bool,
}

/// What is in force of the recovery from losses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Repair {
    /// Losses are being repaired, since a loss or a timeout.
    active: bool,
    /// The first round trip: what arrives is what may be sent.
    conserving: bool,
}

/// The window and the pacing rate of BBR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bbr {
    mss: u64,
    initial: u64,
    seed: u32,
    mode: Mode,
    path: Path,
    repair: Repair,
    window: u64,
    /// The last window that nothing held down.
    prior_window: u64,
    pacing_rate: Rate,
    has_rtt: bool,
    idle_restart: bool,
}

impl Bbr {
    /// A window of `initial` segments of `mss` bytes.
    #[must_use]
    pub fn new(mss: u64, initial: u32, seed: u32) -> Self {
        let initial = mss * u64::from(initial.max(1));
        let mut bbr = Self {
            mss,
            initial,
            seed,
            mode: Mode::Startup,
            path: Path::default(),
            repair: Repair::default(),
            window: initial,
            prior_window: 0,
            pacing_rate: Rate::from_bps(1),
            has_rtt: false,
            idle_restart: false,
        };
        bbr.pacing_rate = bbr.first_rate(NOMINAL_RTT);
        bbr
    }

    /// The gains of rate and window.
    const fn gains(&self) -> (u64, u64) {
        match self.mode {
            Mode::Startup => (HIGH_GAIN, HIGH_GAIN),
            Mode::Drain => (DRAIN_GAIN, HIGH_GAIN),
            Mode::ProbeBw { phase, .. } => (CYCLE[phase], WINDOW_GAIN),
            Mode::ProbeRtt(_) => (UNIT, UNIT),
        }
    }

    /// BBRInitPacingRate.
    fn first_rate(&self, rtt: Time) -> Rate {
        let bits = u128::from(self.window) * 8_000_000_000_000;
        let bps = bits / u128::from(rtt.as_ps().max(1));
        self.paced(u64::try_from(bps).unwrap_or(u64::MAX), HIGH_GAIN)
    }

    fn paced(&self, bps: u64, gain: u64) -> Rate {
        let bps = u128::from(bps) * u128::from(gain * MARGIN) / u128::from(UNIT * 100);
        Rate::from_bps(u64::try_from(bps).unwrap_or(u64::MAX))
    }

    /// BBRSetPacingRateWithGain.
    fn set_pacing_rate(&mut self, smoothed_rtt: Option<Time>, gain: u64) {
        if let Some(rtt) = smoothed_rtt.filter(|_| !self.has_rtt) {
            self.has_rtt = true;
            self.pacing_rate = self.first_rate(rtt);
        }
        let rate = self.paced(self.path.rate.get(), gain);
        if self.path.filled || rate > self.pacing_rate {
            self.pacing_rate = rate;
        }
    }

    /// What has to be in flight for this gain \[bytes\]: the product of rate and round trip, and
    /// some more to keep both ends busy. Whole segments, and an even number of them.
    fn inflight(&self, gain: u64) -> u64 {
        let Some(min_rtt) = self.path.min_rtt else { return self.initial };
        let bits = u128::from(self.path.rate.get()) * u128::from(min_rtt.as_ps());
        let bytes = (bits * u128::from(gain)).div_ceil(u128::from(UNIT) * 8_000_000_000_000);
        let product = u64::try_from(bytes).unwrap_or(u64::MAX).div_ceil(self.mss);
        let segments = product.saturating_add(3 * self.at_once()).next_multiple_of(2);
        let probing = matches!(self.mode, Mode::ProbeBw { phase: 0, .. });
        // So that even a small window grows when it probes.
        (segments + if probing { 2 } else { 0 }).saturating_mul(self.mss)
    }

    /// BBR.send_quantum: how many segments leave a host in one piece, a millisecond's worth.
    fn at_once(&self) -> u64 {
        let bps = self.pacing_rate.as_bps();
        let bytes = (bps / 8 / 1024).min(MOST_AT_ONCE.1);
        (bytes / self.mss).clamp(if bps < SLOW { 1 } else { 2 }, MOST_AT_ONCE.0)
    }

    /// BBREnterProbeBW: any phase but the one that drains.
    fn enter_probe_bw(&mut self, now: Time) {
        // The constants of Knuth and Lewis; the upper bits are the better ones.
        self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let skipped = (self.seed >> 16) as usize % (CYCLE.len() - 1);
        let phase = (CYCLE.len() - skipped) % CYCLE.len();
        self.mode = Mode::ProbeBw { phase, since: now };
    }

    /// BBRCheckCyclePhase.
    fn turn_cycle(&mut self, feedback: &Feedback) {
        let Mode::ProbeBw { phase, since } = self.mode else { return };
        let long_enough =
            self.path.min_rtt.is_none_or(|rtt| feedback.now.saturating_sub(since) > rtt);
        let before = feedback.in_flight.0;
        let next = match CYCLE[phase] {
            UNIT => long_enough,
            gain if gain > UNIT => {
                long_enough && (feedback.lost > 0 || before >= self.inflight(gain))
            }
            _ => long_enough || before <= self.inflight(UNIT),
        };
        if next {
            self.mode = Mode::ProbeBw { phase: (phase + 1) % CYCLE.len(), since: feedback.now };
        }
    }

    /// BBRCheckDrain.
    fn check_drain(&mut self, feedback: &Feedback) {
        if self.mode == Mode::Startup && self.path.filled {
            self.mode = Mode::Drain;
        }
        if self.mode == Mode::Drain && feedback.in_flight.1 <= self.inflight(UNIT) {
            self.enter_probe_bw(feedback.now);
        }
    }

    /// BBRCheckProbeRTT.
    fn check_probe_rtt(&mut self, feedback: &Feedback, expired: bool) {
        if expired && !self.idle_restart && !matches!(self.mode, Mode::ProbeRtt(_)) {
            self.save_window();
            self.mode = Mode::ProbeRtt(Dip::default());
        }
        if let Mode::ProbeRtt(mut dip) = self.mode {
            if dip.done.is_some() {
                dip.round_done |= self.path.round_start;
            } else if feedback.in_flight.1 <= LEAST_WINDOW * self.mss {
                dip.done = Some(feedback.now.saturating_add(PROBE_RTT_TIME));
                self.path.round_end = self.path.delivered;
            }
            self.mode = Mode::ProbeRtt(dip);
            if dip.round_done {
                self.leave_probe_rtt(feedback.now, dip);
            }
        }
        self.idle_restart &= feedback.rate.is_none();
    }

    /// BBRExitProbeRTT, if its time has come.
    fn leave_probe_rtt(&mut self, now: Time, dip: Dip) {
        if dip.done.is_none_or(|done| now <= done) {
            return;
        }
        self.path.min_rtt_at = now;
        self.window = self.window.max(self.prior_window);
        if self.path.filled {
            self.enter_probe_bw(now);
        } else {
            self.mode = Mode::Startup;
        }
    }

    /// BBRSaveCwnd.
    fn save_window(&mut self) {
        let held = self.repair.active || matches!(self.mode, Mode::ProbeRtt(_));
        self.prior_window = if held { self.prior_window.max(self.window) } else { self.window };
    }

    /// BBRModulateCwndForRecovery, and the way back from it.
    fn follow_recovery(&mut self, feedback: &Feedback) {
        let arrived = feedback.in_flight.1 + feedback.delivered;
        if feedback.lost > 0 {
            self.window = self.window.saturating_sub(feedback.lost).max(self.mss);
        }
        if feedback.recovering && !self.repair.active {
            self.repair.conserving = true;
            self.path.round_end = self.path.delivered;
            self.window = arrived;
        } else if !feedback.recovering && self.repair.active {
            self.window = self.window.max(self.prior_window);
            self.repair.conserving = false;
        }
        self.repair.active = feedback.recovering;
        if self.repair.conserving {
            self.window = self.window.max(arrived);
        }
    }

    /// BBRSetCwnd.
    fn set_window(&mut self, feedback: &Feedback, gain: u64) {
        if feedback.delivered > 0 {
            self.follow_recovery(feedback);
            if !self.repair.conserving {
                let target = self.inflight(gain);
                let more = self.window + feedback.delivered;
                if self.path.filled {
                    self.window = more.min(target);
                } else if self.window < target || self.path.delivered < self.initial {
                    self.window = more;
                }
                self.window = self.window.max(LEAST_WINDOW * self.mss);
            }
        }
        if matches!(self.mode, Mode::ProbeRtt(_)) {
            self.window = self.window.min(LEAST_WINDOW * self.mss);
        }
    }
}

impl CongestionControl for Bbr {
    fn window(&self) -> u64 {
        self.window
    }
    fn threshold(&self) -> Option<u64> {
        None
    }
    fn on_established(&mut self, rtt: Option<Time>) {
        if let Some(rtt) = rtt {
            self.has_rtt = true;
            self.pacing_rate = self.first_rate(rtt);
        }
    }
    fn on_feedback(&mut self, feedback: &Feedback) {
        if self.path.take_rate(feedback.rate) {
            self.repair.conserving = false;
        }
        self.turn_cycle(feedback);
        self.path.check_full(feedback.rate);
        self.check_drain(feedback);
        let expired = self.path.take_rtt(feedback);
        self.check_probe_rtt(feedback, expired);
        let (rate_gain, window_gain) = self.gains();
        self.set_pacing_rate(feedback.smoothed_rtt, rate_gain);
        self.set_window(feedback, window_gain);
    }
    fn on_ack(&mut self, _: AckSample) {}
    fn on_loss(&mut self, _: u64) {
        self.save_window();
    }
    fn on_timeout(&mut self, _: Option<u64>) {
        self.save_window();
        self.repair.active = true;
        self.path.full_rate = 0;
        self.window = self.mss;
    }
    fn on_undo(&mut self, window: u64, _: Option<u64>) {
        self.window = self.window.max(window);
        self.path.full_rate = 0;
        self.path.full_rounds = 0;
    }
    fn on_segment_size(&mut self, mss: u64) {
        let old = self.mss;
        let scale = |bytes: u64| bytes / old * mss;
        self.window = scale(self.window);
        self.initial = scale(self.initial);
        self.prior_window = scale(self.prior_window);
        self.mss = mss;
    }
    fn on_idle(&mut self, _: u32) {}
    fn on_restart(&mut self, now: Time, _: Time, application_limited: bool) {
        if !application_limited {
            return;
        }
        self.idle_restart = true;
        match self.mode {
            Mode::ProbeBw { .. } => self.set_pacing_rate(None, UNIT),
            Mode::ProbeRtt(dip) => self.leave_probe_rtt(now, dip),
            _ => {}
        }
    }
    fn in_slow_start(&self) -> bool {
        self.mode == Mode::Startup
    }
    fn pacing_rate(&self) -> Option<Rate> {
        Some(self.pacing_rate)
    }
    fn wants_rate_samples(&self) -> bool {
        true
    }
    fn holds_back(&self) -> bool {
        matches!(self.mode, Mode::ProbeRtt(_))
    }
}

#[cfg(test)]
mod tests;
