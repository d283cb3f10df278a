//! The distribution of delays, in bounded memory.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::units::Time;

/// Counts of times, each within one part in a thousand.
#[derive(Debug, Clone)]
pub(super) struct Times(Histogram<u32>);

impl Times {
    pub(super) fn new() -> Self {
        Self(Histogram::new(3).expect("three digits are within what a histogram can do"))
    }

    pub(super) fn push(&mut self, time: Time) {
        self.0.record(time.as_ns()).expect("the histogram grows to take any number of nanoseconds");
    }

    /// The distribution, or nothing if there was no time at all.
    pub(super) fn cdf(&self) -> Option<Cdf> {
        let total = self.0.len();
        let mut cdf = Cdf { count: total, points: Vec::new() };
        let (mut below, mut shown) = (0u64, 0u64);
        for value in self.0.iter_recorded() {
            below += value.count_since_last_iteration();
            let last = below == total;
            if cdf.points.is_empty() || last || (below - shown) * Cdf::STEPS >= total {
                let seconds = Time::from_ns(value.value_iterated_to()).as_secs_f64();
                cdf.points.push((seconds, below as f64 / total as f64));
                shown = below;
            }
        }
        (total > 0).then_some(cdf)
    }
}

/// A cumulative distribution.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Cdf {
    /// How many times were measured.
    pub count: u64,
    /// A time \[s\] and the share of times not above it, ascending in both.
    pub points: Vec<(f64, f64)>,
}

impl Cdf {
    /// A point at least at every such part of the whole.
    const STEPS: u64 = 200;

    /// The smallest time \[s\] that at least `share` of all do not exceed.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let reached = self.points.iter().find(|&&(_, below)| below >= share);
        reached.or(self.points.last()).map(|&(seconds, _)| seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_near_the_truth() {
        let mut times = Times::new();
        for us in 1..=10_000 {
            times.push(Time::from_us(us));
        }
        let cdf = times.cdf().expect("times");
        assert_eq!(cdf.count, 10_000);
        assert!(cdf.points.len() <= 203, "{}", cdf.points.len());
        for share in [0.01, 0.5, 0.9, 0.99, 1.0] {
            let told = cdf.quantile(share).expect("a quantile");
            assert!((told / (share * 0.01) - 1.0).abs() < 0.6 * 0.01 / share, "{share}: {told}");
        }
        assert!(cdf.points.windows(2).all(|p| p[0].0 < p[1].0 && p[0].1 < p[1].1));
    }

    #[test]
    fn nothing_has_no_distribution() {
        assert_eq!(Times::new().cdf(), None);
    }
}
