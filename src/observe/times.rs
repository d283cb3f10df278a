//! How long things took, in bounded memory.

use hdrhistogram::Histogram;

use crate::units::Time;

/// Times of one kind: their number, mean, extremes, and quantiles within 1 %.
#[derive(Debug, Clone, Default)]
pub struct Times {
    /// In microseconds. None before the first: most conversations have none.
    seen: Option<Box<Histogram<u32>>>,
    sum_ps: u128,
    least: Time,
    most: Time,
}

impl Times {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { seen: None, sum_ps: 0, least: Time::ZERO, most: Time::ZERO }
    }

    /// Adds one.
    pub fn add(&mut self, time: Time) {
        self.seen
            .get_or_insert_with(|| {
                Box::new(Histogram::new(2).expect("two significant digits are allowed"))
            })
            .record(time.as_ns() / 1000)
            .expect("a histogram that grows takes every value");
        self.least = if self.count() == 1 { time } else { self.least.min(time) };
        self.most = self.most.max(time);
        self.sum_ps += u128::from(time.as_ps());
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.seen.as_ref().map_or(0, |seen| seen.len())
    }

    /// The mean \[s\].
    #[must_use]
    pub fn mean_seconds(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.sum_ps as f64 / count as f64 / 1e12)
    }

    /// What this share of them did not exceed \[s\].
    #[must_use]
    pub fn quantile_seconds(&self, share: f64) -> Option<f64> {
        let seen = self.seen.as_ref()?;
        let value = seen.value_at_quantile(share) as f64 / 1e6;
        Some(value.clamp(self.least.as_secs_f64(), self.most.as_secs_f64()))
    }

    /// The mean of `all` times, of which those that were not added are zero \[s\].
    #[must_use]
    pub fn mean_of(&self, all: u64) -> f64 {
        if all == 0 { 0.0 } else { self.sum_ps as f64 / all as f64 / 1e12 }
    }

    /// What this share of `all` times did not exceed, if those that were not added are zero \[s\].
    #[must_use]
    pub fn quantile_of(&self, all: u64, share: f64) -> f64 {
        let beyond = all as f64 * (1.0 - share) / self.count().max(1) as f64;
        if beyond >= 1.0 {
            return 0.0;
        }
        self.quantile_seconds(1.0 - beyond).unwrap_or_default()
    }

    /// In words: `40 answers: mean 12.5 ms, median 11.9 ms, p95 20.1 ms, max 31.0 ms`, or
    /// `1 answer: 12.5 ms`. `what` is one of them.
    #[must_use]
    pub fn line(&self, what: &str) -> String {
        let count = counted(self.count(), what);
        let Some(mean) = self.mean_seconds() else { return count };
        if self.count() == 1 {
            return format!("{count}: {:.1} ms", mean * 1e3);
        }
        let quantile = |share| self.quantile_seconds(share).unwrap_or_default() * 1e3;
        let (mean, max) = (mean * 1e3, self.most.as_secs_f64() * 1e3);
        let (median, p95) = (quantile(0.5), quantile(0.95));
        format!(
            "{count}: mean {mean:.1} ms, median {median:.1} ms, p95 {p95:.1} ms, max {max:.1} ms"
        )
    }
}

/// So many of a thing: `1 page`, `2 pages`.
#[must_use]
pub fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_mean_and_quantiles() {
        let mut times = Times::default();
        assert_eq!(
            (times.count(), times.mean_seconds(), times.quantile_seconds(0.5)),
            (0, None, None)
        );
        assert_eq!(times.line("answer"), "0 answers");
        let mut one = Times::default();
        one.add(Time::from_us(12_500));
        assert_eq!(one.line("answer"), "1 answer: 12.5 ms");
        for ms in 1..=100 {
            times.add(Time::from_ms(ms));
        }
        // As many again took no time.
        assert_eq!((times.mean_of(200), times.quantile_of(200, 0.5)), (0.02525, 0.0));
        assert!((times.quantile_of(200, 0.75) - 0.05).abs() < 0.001);
        assert_eq!((times.mean_of(0), times.quantile_of(20_000, 0.99)), (0.0, 0.0));
        assert_eq!(
            times.line("answer"),
            "100 answers: mean 50.5 ms, median 50.2 ms, p95 95.2 ms, max 100.0 ms"
        );
    }
}
