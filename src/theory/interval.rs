//! How well a mean is known: Student's t for independent values, means of batches for one long run.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// The value that Student's t stays within, to either side, with this probability.
#[must_use]
pub fn student_t(confidence: f64, freedom: usize) -> f64 {
    let t = StudentsT::new(0.0, 1.0, freedom.max(1) as f64)
        .expect("there is a t distribution of one degree of freedom and more")
        .inverse_cdf(0.5 + confidence / 2.0);
    // The last digits may differ between computers, which results must not.
    format!("{t:.8e}").parse().unwrap_or(t)
}

/// What the parts of one run say of its mean (the method of batch means: Law, Simulation Modeling and
/// Analysis, section 9.5.3).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Batches {
    /// Half the width of the confidence interval.
    pub half_width: f64,
    /// How like each part is to the one before it, from -1 to 1: near zero if the parts are long
    /// enough to be independent.
    pub correlation: f64,
}

impl Batches {
    /// Of parts of equal length; nothing of fewer than three, or if they are all the same.
    #[must_use]
    pub fn of(parts: &[f64], confidence: f64) -> Option<Self> {
        let n = parts.len() as f64;
        if parts.len() < 3 || parts.iter().any(|part| !part.is_finite()) {
            return None;
        }
        let mean = parts.iter().sum::<f64>() / n;
        let squares: f64 = parts.iter().map(|part| (part - mean) * (part - mean)).sum();
        // What rounding leaves of equal parts.
        if squares <= mean * mean * n * 1e-20 {
            return None;
        }
        let products: f64 = parts.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
        Some(Self {
            half_width: student_t(confidence, parts.len() - 1) * (squares / (n - 1.0) / n).sqrt(),
            correlation: products / squares,
        })
    }

    /// Whether parts are so like their neighbours that the interval is too narrow: by more than chance
    /// makes of so many independent ones.
    #[must_use]
    pub fn depend(&self, parts: usize) -> bool {
        self.correlation > 2.0 / (parts as f64).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_by_hand() {
        let batches = Batches::of(&[1.0, 2.0, 3.0, 4.0], 0.95).expect("four");
        // t(3) = 3.182446, standard deviation 1.290994.
        assert!((batches.half_width - 3.182_446 * 1.290_994 / 2.0).abs() < 1e-4);
        // (-1.5)(-0.5) + (-0.5)(0.5) + (0.5)(1.5) over 5.
        assert!((batches.correlation - 1.25 / 5.0).abs() < 1e-12);
        assert!(!batches.depend(4));
        assert_eq!(Batches::of(&[1.0, 2.0], 0.95), None);
        assert_eq!(Batches::of(&[1.0; 9], 0.95), None);
        assert_eq!(Batches::of(&[1.0, f64::NAN, 2.0], 0.95), None);
    }

    #[test]
    fn a_slow_wave_is_noticed() {
        let wave: Vec<f64> = (0..20).map(|i| f64::from((i / 10) % 2)).collect();
        assert!(Batches::of(&wave, 0.95).expect("twenty").depend(20));
    }
}
