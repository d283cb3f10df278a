//! A time series in bounded memory: what a plot needs of arbitrarily many samples.

use crate::units::Time;

/// The samples of one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// When the first of them was taken.
    pub start: Time,
    /// When the last of them was taken.
    pub end: Time,
    /// The first value.
    pub first: f64,
    /// The smallest value.
    pub min: f64,
    /// The largest value, be it of a sample or of a peak between samples.
    pub max: f64,
    /// The last value.
    pub last: f64,
    /// The integral over time from the first sample to the last, each value holding until the
    /// next sample [value × s].
    pub area: f64,
    /// How many there were.
    pub count: u64,
}

impl Bucket {
    const fn of(time: Time, value: f64) -> Self {
        Self {
            start: time,
            end: time,
            first: value,
            min: value,
            max: value,
            last: value,
            area: 0.0,
            count: 1,
        }
    }

    /// The mean over time from the first sample to `next`, the time of the sample that follows.
    #[must_use]
    pub fn mean_until(&self, next: Time) -> f64 {
        let span = next.saturating_sub(self.start).as_secs_f64();
        match span > 0.0 {
            true => (self.area + self.held_until(next)) / span,
            false => self.last,
        }
    }

    /// What the last value adds to the integral until `next`.
    fn held_until(&self, next: Time) -> f64 {
        self.last * next.saturating_sub(self.end).as_secs_f64()
    }

    /// Takes in the samples of `later`, which follow.
    fn absorb(&mut self, later: &Self) {
        self.area += self.held_until(later.start) + later.area;
        self.end = later.end;
        self.min = self.min.min(later.min);
        self.max = self.max.max(later.max);
        self.last = later.last;
        self.count += later.count;
    }
}

/// Samples in at most [`Decimated::CAPACITY`] buckets of equal width. A series with fewer samples
/// is kept exactly; when the buckets run out, their width doubles and neighbours merge, so that
/// extremes, first and last values survive while memory does not grow with simulated time.
#[derive(Debug, Clone, Default)]
pub struct Decimated {
    /// The width of a bucket is two to the power of this \[ps\].
    shift: u32,
    buckets: Vec<Bucket>,
}

impl Decimated {
    /// The most buckets that are kept: about two for each column of pixels in a plot.
    pub const CAPACITY: usize = 2000;

    /// Adds a sample; time never runs back.
    pub fn push(&mut self, time: Time, value: f64) {
        let new = Bucket::of(time, value);
        match self.buckets.last_mut() {
            Some(last) if last.start.as_ps() >> self.shift >= time.as_ps() >> self.shift => {
                last.absorb(&new);
            }
            _ => self.buckets.push(new),
        }
        while self.buckets.len() > Self::CAPACITY {
            self.widen();
        }
    }

    /// Adds a mean over the time since the value before, or since time zero: it holds from there on.
    /// The last value stands for nothing yet but the end of the one before.
    pub fn push_mean(&mut self, time: Time, mean: f64) {
        match self.buckets.last_mut() {
            Some(last) if last.count == 1 => {
                *last = Bucket { end: last.end, ..Bucket::of(last.start, mean) }
            }
            Some(last) => {
                last.last = mean;
                (last.min, last.max) = (last.min.min(mean), last.max.max(mean));
            }
            None => self.push(Time::ZERO, mean),
        }
        self.push(time, mean);
    }

    /// Between the last sample and the next the value was once as large as this.
    pub fn raise(&mut self, peak: f64) {
        if let Some(last) = self.buckets.last_mut() {
            last.max = last.max.max(peak);
        }
    }

    /// The samples so far, in order of time.
    #[must_use]
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// Merges neighbours until at most `most` (but at least two) buckets are left.
    pub fn reduce(&mut self, most: usize) {
        while self.buckets.len() > most.max(2) {
            self.widen();
        }
    }

    /// Forgets what begins after `end`.
    pub fn cut(&mut self, end: Time) {
        let kept = self.buckets.partition_point(|bucket| bucket.start <= end);
        self.buckets.truncate(kept);
    }

    /// The integral over time from the first sample to the last [value × s].
    #[must_use]
    pub fn area(&self) -> f64 {
        let nexts = self.buckets.iter().skip(1);
        let until_next =
            self.buckets.iter().zip(nexts).map(|(it, next)| it.area + it.held_until(next.start));
        until_next.sum::<f64>() + self.buckets.last().map_or(0.0, |last| last.area)
    }

    /// Doubles the width of all buckets.
    fn widen(&mut self) {
        // With 63 there are two buckets in all of time: wider is never asked for.
        self.shift = (self.shift + 1).min(63);
        let shift = self.shift;
        self.buckets.dedup_by(|later, earlier| {
            let same = earlier.start.as_ps() >> shift == later.start.as_ps() >> shift;
            if same {
                earlier.absorb(later);
            }
            same
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_samples_are_kept_exactly() {
        let mut series = Decimated::default();
        for i in 0..2000 {
            series.push(Time::from_ps(i * i), i as f64);
        }
        assert_eq!(series.buckets().len(), 2000);
        assert!(series.buckets().iter().all(|bucket| bucket.count == 1));
        assert_eq!(series.buckets()[1999].start, Time::from_ps(1999 * 1999));
    }

    #[test]
    fn a_mean_holds_from_the_value_before() {
        let mut series = Decimated::default();
        for (ms, mean) in [(0, 0.0), (250, 8.0), (500, 4.0), (1000, 0.0)] {
            series.push_mean(Time::from_ms(ms), mean);
        }
        let area = 8.0 * 0.25 + 4.0 * 0.25;
        assert_eq!(series.area(), area);
        assert_eq!(series.buckets()[0].mean_until(Time::from_ms(250)), 8.0);
        for most in [3, 2] {
            series.reduce(most);
            assert_eq!(series.area(), area, "{series:?}");
        }
        let mut late = Decimated::default();
        late.push_mean(Time::from_secs(2), 3.0);
        assert_eq!(late.area(), 6.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
        #[test]
        fn nothing_that_matters_is_lost(
            samples in prop::collection::vec((0u64..2_000_000_000, -1e9f64..1e9), 1..9000),
        ) {
            let mut series = Decimated::default();
            let (mut now, mut min, mut max) = (0, f64::MAX, f64::MIN);
            let (mut area, mut before) = (0.0, 0.0);
            for (i, &(step, value)) in samples.iter().enumerate() {
                let step = if i == 0 { 0 } else { step };
                now += step;
                area += before * Time::from_ps(step).as_secs_f64();
                before = value;
                series.push(Time::from_ps(now), value);
                (min, max) = (value.min(min), value.max(max));
            }
            let buckets = series.buckets();
            prop_assert!(buckets.len() <= Decimated::CAPACITY);
            prop_assert_eq!(buckets.iter().map(|b| b.count).sum::<u64>(), samples.len() as u64);
            prop_assert_eq!(buckets.iter().map(|b| b.min).fold(f64::MAX, f64::min), min);
            prop_assert_eq!(buckets.iter().map(|b| b.max).fold(f64::MIN, f64::max), max);
            let starts = buckets.iter().skip(1).map(|b| b.start).chain([Time::from_ps(now)]);
            let means = buckets.iter().zip(starts).map(|(b, next)| {
                b.mean_until(next) * next.saturating_sub(b.start).as_secs_f64()
            });
            let span = Time::from_ps(now).as_secs_f64();
            prop_assert!((means.sum::<f64>() - area).abs() <= 1e-9 * 1e9 * span + 1e-12);
            prop_assert_eq!(buckets[0].first, samples[0].1);
            prop_assert_eq!(buckets[buckets.len() - 1].last, samples[samples.len() - 1].1);
            prop_assert!(buckets.windows(2).all(|pair| pair[0].end < pair[1].start));
            let within = |b: &Bucket, value| b.min <= value && value <= b.max;
            prop_assert!(buckets.iter().all(|b| within(b, b.first) && within(b, b.last)));
        }

        #[test]
        fn reducing_ends(steps in prop::collection::vec(0u64..u64::MAX / 100, 1..100), most in 0usize..50) {
            let mut series = Decimated::default();
            let mut now = 0;
            for step in steps {
                now += step;
                series.push(Time::from_ps(now), 1.0);
            }
            series.reduce(most);
            prop_assert!(series.buckets().len() <= most.max(2));
        }
    }
}
