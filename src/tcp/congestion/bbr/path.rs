//! What BBR knows of the path: the greatest delivery rate, the least round trip, and whether the
//! pipe is full.

use super::super::windowed_max::WindowedMax;
use super::super::{Feedback, RateSample};
use super::UNIT;
use crate::units::Time;

/// BtlBwFilterLen: a cycle and two round trips.
const FILTER_ROUNDS: u64 = 10;
/// RTpropFilterLen.
const MIN_RTT_LIFETIME: Time = Time::from_secs(10);
/// The pipe is full after three round trips in which the rate grew by less than a quarter.
const FULL_GROWTH: u64 = UNIT * 5 / 4;
const FULL_ROUNDS: u8 = 3;

/// What is known of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Path {
    /// BtlBw \[bit/s\].
    pub(super) rate: WindowedMax,
    /// RTprop, and when it was seen.
    pub(super) min_rtt: Option<Time>,
    pub(super) min_rtt_at: Time,
    /// BBR.round_count.
    pub(super) round: u64,
    /// BBR.next_round_delivered.
    pub(super) round_end: u64,
    /// The last acknowledgment began a round.
    pub(super) round_start: bool,
    /// C.delivered.
    pub(super) delivered: u64,
    /// The rate when it last grew by a quarter, and rounds since then.
    pub(super) full_rate: u64,
    pub(super) full_rounds: u8,
    /// BBR.filled_pipe.
    pub(super) filled: bool,
}

impl Path {
    /// BBRUpdateRound and BBRUpdateBtlBw. Says whether a round has begun.
    pub(super) fn take_rate(&mut self, sample: Option<RateSample>) -> bool {
        self.round_start = false;
        let Some(sample) = sample else { return false };
        self.delivered = sample.prior_delivered + sample.delivered;
        if sample.prior_delivered >= self.round_end {
            self.round_end = self.delivered;
            self.round += 1;
            self.round_start = true;
        }
        let rate = sample.rate().as_bps();
        if !sample.application_limited || rate >= self.rate.get() {
            self.rate.update(FILTER_ROUNDS, self.round, rate);
        }
        self.round_start
    }

    /// BBRCheckFullPipe.
    pub(super) fn check_full(&mut self, sample: Option<RateSample>) {
        let limited = sample.is_none_or(|sample| sample.application_limited);
        if self.filled || !self.round_start || limited {
            return;
        }
        if self.rate.get() >= self.full_rate * FULL_GROWTH / UNIT {
            self.full_rate = self.rate.get();
            self.full_rounds = 0;
            return;
        }
        self.full_rounds += 1;
        self.filled = self.full_rounds >= FULL_ROUNDS;
    }

    /// BBRUpdateRTprop. Says whether the least round trip was too old.
    pub(super) fn take_rtt(&mut self, feedback: &Feedback) -> bool {
        let expired = feedback.now > self.min_rtt_at.saturating_add(MIN_RTT_LIFETIME);
        let better = |rtt: &Time| expired || self.min_rtt.is_none_or(|least| *rtt < least);
        if let Some(rtt) = feedback.rtt.filter(better) {
            self.min_rtt = Some(rtt);
            self.min_rtt_at = feedback.now;
        }
        expired
    }
}
