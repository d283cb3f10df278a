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

    /// In words: `40 answers: mean 12.5 ms, median 11.9 ms, p95 20.1 ms, max 31.0 ms`.
    #[must_use]
    pub fn line(&self, what: &str) -> String {
        let count = self.count();
        let Some(mean) = self.mean_seconds() else { return format!("{count} {what}") };
        let quantile = |share| self.quantile_seconds(share).unwrap_or_default() * 1e3;
        let (mean, max) = (mean * 1e3, self.most.as_secs_f64() * 1e3);
        let (median, p95) = (quantile(0.5), quantile(0.95));
        format!(
            "{count} {what}: mean {mean:.1} ms, median {median:.1} ms, p95 {p95:.1} ms, max {max:.1} ms"
        )
    }
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
        assert_eq!(times.line("answers"), "0 answers");
        for ms in 1..=100 {
            times.add(Time::from_ms(ms));
        }
        assert_eq!(
            times.line("answers"),
            "100 answers: mean 50.5 ms, median 50.2 ms, p95 95.2 ms, max 100.0 ms"
        );
    }
}
