//! Means and their confidence intervals.

pub use crate::theory::student_t;

/// What several runs say of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Estimate {
    /// Runs that have a value.
    pub count: usize,
    /// Runs that have none.
    pub missing: usize,
    /// The mean of the values, if there are any.
    pub mean: Option<f64>,
    /// Half the width of the confidence interval round the mean; of two values or more.
    pub half_width: Option<f64>,
}

impl Estimate {
    /// The mean of independent values and its interval at this level of confidence, by the
    /// distribution of Student (1908): exact for values with a normal distribution, a good
    /// approximation for means of many.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = Option<f64>>, confidence: f64) -> Self {
        let mut present = Vec::new();
        let mut missing = 0;
        for value in values {
            match value {
                Some(value) => present.push(value),
                None => missing += 1,
            }
        }
        let count = present.len();
        if count == 0 {
            return Self { missing, ..Self::default() };
        }
        // In parts of the first, so that equal values have exactly their value as mean.
        let first = present[0];
        let n = count as f64;
        let mean = first + present.iter().map(|value| value - first).sum::<f64>() / n;
        let half_width = (count > 1).then(|| {
            let squares: f64 = present.iter().map(|value| (value - mean) * (value - mean)).sum();
            student_t(confidence, count - 1) * (squares / (n - 1.0) / n).sqrt()
        });
        Self { count, missing, mean: Some(mean), half_width }
    }

    /// Whether the interval reaches at most this share of the mean to either side. Where no run has
    /// a value there is nothing to be narrow.
    #[must_use]
    pub fn is_narrow(&self, precision: f64) -> bool {
        match (self.mean, self.half_width) {
            (Some(mean), Some(half)) => half <= precision * mean.abs(),
            (Some(_), None) => false,
            (None, _) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2: upper critical values.
    #[test]
    fn critical_values_are_those_of_the_published_table() {
        let table: &[(usize, [f64; 3])] = &[
            (1, [6.314, 12.706, 63.657]),
            (2, [2.920, 4.303, 9.925]),
            (4, [2.132, 2.776, 4.604]),
            (9, [1.833, 2.262, 3.250]),
            (10, [1.812, 2.228, 3.169]),
            (19, [1.729, 2.093, 2.861]),
            (29, [1.699, 2.045, 2.756]),
            (60, [1.671, 2.000, 2.660]),
            (100, [1.660, 1.984, 2.626]),
        ];
        for (freedom, expected) in table {
            let own = [0.90, 0.95, 0.99].map(|level| student_t(level, *freedom));
            for (own, expected) in own.iter().zip(expected) {
                assert!((own - expected).abs() < 6e-4, "{freedom}: {own} for {expected}");
            }
        }
    }

    #[test]
    fn the_interval_is_what_a_hand_finds() {
        // Mean 3, standard deviation sqrt(2.5), t of 4 degrees of freedom 2.776445.
        let estimate = Estimate::of([1.0, 2.0, 3.0, 4.0, 5.0].map(Some), 0.95);
        assert_eq!((estimate.count, estimate.mean), (5, Some(3.0)));
        let half = estimate.half_width.expect("five values");
        assert!((half - 1.963_243).abs() < 1e-6, "{half}");
        assert!(estimate.is_narrow(0.66) && !estimate.is_narrow(0.65));
    }

    #[test]
    fn missing_values_are_counted_and_nothing_else() {
        let estimate = Estimate::of([Some(1.0), None, Some(3.0)], 0.95);
        assert_eq!((estimate.count, estimate.missing, estimate.mean), (2, 1, Some(2.0)));
        let none = Estimate::of([None, None], 0.95);
        assert_eq!((none.count, none.missing, none.mean, none.half_width), (0, 2, None, None));
        assert!(none.is_narrow(0.01));
        let one = Estimate::of([Some(7.0)], 0.95);
        assert_eq!((one.mean, one.half_width, one.is_narrow(0.5)), (Some(7.0), None, false));
    }

    #[test]
    fn equal_values_have_an_interval_of_no_width() {
        let estimate = Estimate::of([Some(0.1); 7], 0.95);
        assert_eq!((estimate.mean, estimate.half_width), (Some(0.1), Some(0.0)));
        assert!(Estimate::of([Some(0.0); 3], 0.95).is_narrow(0.01));
    }

    #[test]
    fn intervals_hold_the_truth_as_often_as_they_say() {
        let mut dice = crate::rng::Stream::new(7, "statistics");
        let mut hits = 0;
        for _ in 0..2000 {
            // Sums of twelve: near enough to normal, of mean 6.
            let mut value = || Some((0..12).map(|_| dice.unit()).sum::<f64>());
            let estimate = Estimate::of([(); 5].map(|()| value()), 0.9);
            let (mean, half) = (estimate.mean.unwrap_or(0.0), estimate.half_width.unwrap_or(0.0));
            hits += usize::from((mean - 6.0).abs() <= half);
        }
        assert!((1740..=1860).contains(&hits), "{hits} of 2000, expected 1800");
    }
}
