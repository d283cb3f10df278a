//! Confidence intervals of what independent runs measured.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// `work` of each job, in order, on all processors.
pub(crate) fn in_parallel<J: Sync, R: Send>(jobs: &[J], work: impl Fn(&J) -> R + Sync) -> Vec<R> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(jobs.len())));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| {
                while let index = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(job) = jobs.get(index)
                {
                    let result = work(job);
                    done.lock().expect("no worker panicked").push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no worker panicked");
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
