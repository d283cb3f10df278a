//! Confidence intervals of what independent runs measured.

use statrs::distribution::{Binomial, ContinuousCDF as _, DiscreteCDF as _, StudentsT};

/// The confidence of every interval in these tests.
const CONFIDENCE: f64 = 0.999;

/// Where the mean lies, by Student's t distribution.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interval {
    pub(crate) mean: f64,
    pub(crate) half_width: f64,
}

impl Interval {
    /// The interval for the mean of independent, identically distributed `values`.
    pub(crate) fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let error = (squares / (count - 1.0) / count).sqrt();
        let student = StudentsT::new(0.0, 1.0, count - 1.0).expect("two values or more");
        Self { mean, half_width: student.inverse_cdf(f64::midpoint(CONFIDENCE, 1.0)) * error }
    }

    pub(crate) fn contains(&self, value: f64) -> bool {
        (value - self.mean).abs() <= self.half_width
    }
}

/// The fewest and the most successes that are no surprise in so many trials.
pub(crate) fn binomial(chance: f64, trials: u64) -> std::ops::RangeInclusive<u64> {
    let binomial = Binomial::new(chance, trials).expect("a probability");
    let tail = (1.0 - CONFIDENCE) / 2.0;
    binomial.inverse_cdf(tail)..=binomial.inverse_cdf(1.0 - tail)
}
