//! Tokens: how much may pass at a rate, with bursts.

use crate::units::{Bytes, Rate, Time};

/// A bucket of tokens, counted in time as in Linux: a token is what the rate sends in a picosecond.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    rate: Rate,
    /// The time that a full bucket takes to send \[ps\].
    size: i128,
    tokens: i128,
    /// When they were counted.
    since: Time,
}

impl Bucket {
    /// A full bucket of this size.
    pub(super) fn new(rate: Rate, size: Bytes) -> Self {
        let size = i128::from(rate.time_for(size).as_ps());
        Self { rate, size, tokens: size, since: Time::ZERO }
    }

    fn cost(&self, bytes: u32) -> i128 {
        i128::from(self.rate.time_for(Bytes::new(u64::from(bytes))).as_ps())
    }

    fn tokens_at(&self, now: Time) -> i128 {
        let grown = i128::from(now.saturating_sub(self.since).as_ps());
        (self.tokens + grown).min(self.size)
    }

    /// Whether a packet of this length can pass at all.
    pub(super) fn can_ever_pass(&self, bytes: u32) -> bool {
        self.cost(bytes) <= self.size
    }

    /// How long it must still wait; zero if it may pass now.
    pub(super) fn lacks(&self, now: Time, bytes: u32) -> Time {
        let lacking = self.cost(bytes) - self.tokens_at(now);
        Time::from_ps(u64::try_from(lacking.max(0)).unwrap_or(u64::MAX))
    }

    /// It passes now.
    pub(super) fn pays(&mut self, now: Time, bytes: u32) {
        self.tokens = self.tokens_at(now) - self.cost(bytes);
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_the_rate() {
        // 1 byte per microsecond, bursts of 3000 bytes.
        let mut bucket = Bucket::new(Rate::from_bps(8_000_000), Bytes::new(3000));
        let at = Time::from_us;
        assert!(bucket.can_ever_pass(3000) && !bucket.can_ever_pass(3001));
        for _ in 0..3 {
            assert_eq!(bucket.lacks(at(0), 1000), Time::ZERO);
            bucket.pays(at(0), 1000);
        }
        assert_eq!(bucket.lacks(at(0), 1000), at(1000));
        assert_eq!(bucket.lacks(at(600), 1000), at(400));
        bucket.pays(at(1000), 1000);
        assert_eq!(bucket.lacks(at(1000), 1), at(1));
        // It is full after 3000 us and gets no fuller.
        assert_eq!(bucket.lacks(at(9000), 3000), Time::ZERO);
        assert_eq!(bucket.lacks(at(9000), 3001), at(1));
    }
}
