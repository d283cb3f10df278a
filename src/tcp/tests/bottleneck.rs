//! A slow link with a queue before it, on the way from the client to the server.

use super::pair::Record;
use crate::units::{Bytes, Rate, Time};

/// Bytes of the headers below TCP.
const BELOW_TCP: u64 = 20;

/// A queue that drops at its end and marks what finds it longer than a threshold.
#[derive(Debug, Clone)]
pub(super) struct Bottleneck {
    pub(super) rate: Rate,
    /// How much may wait \[bytes\].
    pub(super) limit: u64,
    /// Marks what finds more than this waiting \[bytes\].
    pub(super) threshold: u64,
    pub(super) drops: u64,
    pub(super) marked: u64,
    /// The most that waited since this was last set to zero \[bytes\].
    pub(super) longest: u64,
    free_at: Time,
}

/// How a segment passes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Passage {
    pub(super) wait: Time,
    pub(super) over_threshold: bool,
}

impl Bottleneck {
    pub(super) fn new(rate: Rate, limit: u64) -> Self {
        Self {
            rate,
            limit,
            threshold: u64::MAX,
            drops: 0,
            marked: 0,
            longest: 0,
            free_at: Time::ZERO,
        }
    }

    /// None if it is dropped.
    pub(super) fn pass(&mut self, record: &Record) -> Option<Passage> {
        let now = record.at;
        let backlog = self.free_at.saturating_sub(now);
        let waiting = u128::from(backlog.as_ps()) * u128::from(self.rate.as_bps());
        let waiting = u64::try_from(waiting / 8_000_000_000_000).expect("a backlog in bytes");
        let length = u64::from(record.segment.length()) + BELOW_TCP;
        if waiting + length > self.limit {
            self.drops += 1;
            return None;
        }
        self.longest = self.longest.max(waiting + length);
        self.free_at = self.free_at.max(now) + self.rate.time_for(Bytes::new(length));
        let over_threshold = waiting > self.threshold;
        self.marked += u64::from(over_threshold);
        Some(Passage { wait: self.free_at.saturating_sub(now), over_threshold })
    }
}
