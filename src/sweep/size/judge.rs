//! Whether the runs of a size say that it meets the target.

use std::collections::BTreeMap;

use super::target::{Quantity, Target};
use crate::sweep::statistics::Estimate;

/// The values of a run, by the place of their measures.
pub(super) type Values = Vec<Option<f64>>;

/// What runs say of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The whole interval is on the good side.
    Met,
    /// The whole interval is on the bad side.
    Missed,
    /// The target is within the interval, or there is none.
    Unclear,
}

impl Verdict {
    /// In a word, for tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Unclear => "unclear",
        }
    }

    fn of(target: &Target, estimate: &Estimate) -> Self {
        let (Some(mean), Some(half)) = (estimate.mean, estimate.half_width) else {
            return Self::Unclear;
        };
        let sign = if target.at_least { 1.0 } else { -1.0 };
        let above = sign * (mean - target.value);
        // The target itself is good enough.
        if above >= half {
            Self::Met
        } else if above < -half {
            Self::Missed
        } else {
            Self::Unclear
        }
    }

    /// Of several targets: all must be met.
    fn all(verdicts: impl Iterator<Item = Self>) -> Self {
        verdicts.fold(Self::Met, |all, one| match (all, one) {
            (Self::Missed, _) | (_, Self::Missed) => Self::Missed,
            (Self::Unclear, _) | (_, Self::Unclear) => Self::Unclear,
            (Self::Met, Self::Met) => Self::Met,
        })
    }
}

/// What is found of a size.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Runs that count.
    pub runs: usize,
    /// By the place of the measure.
    pub estimates: Vec<Estimate>,
    /// By the place of the target.
    pub verdicts: Vec<Verdict>,
    /// Of the targets that larger queues meet: utilisation, loss.
    pub large: Verdict,
    /// Of the targets that smaller queues meet: waits.
    pub small: Verdict,
}

impl Judged {
    /// Of all targets.
    #[must_use]
    pub fn overall(&self) -> Verdict {
        Verdict::all([self.large, self.small].into_iter())
    }
}

/// Judges sizes by their runs.
#[derive(Debug, Clone)]
pub struct Judge {
    /// All must be met.
    pub targets: Vec<Target>,
    /// The confidence level of intervals.
    pub confidence: f64,
    /// Seeds that each size gets at once.
    pub start: usize,
    /// The most seeds that a size gets.
    pub most: usize,
}

impl Judge {
    /// Whether some target is met by larger queues: then the smallest one is looked for.
    #[must_use]
    pub fn wants_large(&self) -> bool {
        self.targets.iter().any(Target::wants_large)
    }

    /// Judges a size by its runs, by seed from 1 on; or says how many seeds that needs. They are looked
    /// at when there are as many as at the start, then each time there are half as many more: at fixed
    /// numbers, so that the outcome does not depend on which run ends first.
    ///
    /// # Errors
    /// The number of seeds, if there are fewer.
    pub fn judge(&self, runs: &BTreeMap<u64, Values>) -> Result<Judged, usize> {
        let mut count = self.start.min(self.most);
        loop {
            let values: Vec<&Values> = runs.range(1..=count as u64).map(|(_, run)| run).collect();
            if values.len() < count {
                return Err(count);
            }
            let judged = self.look(&values);
            if count >= self.most || self.is_settled(&judged) {
                return Ok(judged);
            }
            count = (count + (count / 2).max(2)).min(self.most);
        }
    }

    fn look(&self, runs: &[&Values]) -> Judged {
        let estimates: Vec<Estimate> = (0..Quantity::ALL.len())
            .map(|place| Estimate::of(runs.iter().map(|run| run[place]), self.confidence))
            .collect();
        let verdict = |target: &Target| Verdict::of(target, &estimates[target.quantity.place()]);
        let verdicts: Vec<Verdict> = self.targets.iter().map(verdict).collect();
        let of = |large: bool| {
            let targets = self.targets.iter().zip(&verdicts);
            Verdict::all(targets.filter(|(it, _)| it.wants_large() == large).map(|(_, v)| *v))
        };
        let (large, small) = (of(true), of(false));
        Judged { runs: runs.len(), estimates, verdicts, large, small }
    }

    /// Whether more seeds would change nothing.
    fn is_settled(&self, judged: &Judged) -> bool {
        match (judged.large, judged.small) {
            (Verdict::Missed, _) => true,
            (Verdict::Unclear, _) | (Verdict::Met, Verdict::Unclear) => false,
            (Verdict::Met, Verdict::Met | Verdict::Missed) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(targets: &[&str]) -> Judge {
        let read = |text: &&str| text.parse().unwrap_or_else(|error| panic!("{error}"));
        Judge { targets: targets.iter().map(read).collect(), confidence: 0.95, start: 3, most: 9 }
    }

    /// Runs with these utilisations, whose waits are all 10 ms.
    fn runs(utilizations: &[f64]) -> BTreeMap<u64, Values> {
        let run = |(place, value): (usize, &f64)| {
            let mut values = vec![Some(0.01); Quantity::ALL.len()];
            values[0] = Some(*value);
            values[1] = None;
            (place as u64 + 1, values)
        };
        utilizations.iter().enumerate().map(run).collect()
    }

    #[test]
    fn seeds_are_added_until_the_interval_is_on_one_side() {
        let judge = judge(&["utilization >= 90%"]);
        assert_eq!(judge.judge(&runs(&[0.95, 0.96])), Err(3));
        let met = judge.judge(&runs(&[0.95, 0.96, 0.97, 0.1])).expect("three are enough");
        assert_eq!((met.runs, met.overall()), (3, Verdict::Met));
        let missed = judge.judge(&runs(&[0.85, 0.86, 0.87])).expect("three are enough");
        assert_eq!(missed.overall(), Verdict::Missed);
        let wide = [0.80, 0.99, 0.85, 0.97, 0.88, 0.93, 0.91, 0.89, 0.9];
        assert_eq!(judge.judge(&runs(&wide[..3])), Err(5));
        assert_eq!(judge.judge(&runs(&wide[..5])), Err(7));
        assert_eq!(judge.judge(&runs(&wide[..7])), Err(9));
        let unclear = judge.judge(&runs(&wide)).expect("there will be no more");
        assert_eq!((unclear.runs, unclear.overall()), (9, Verdict::Unclear));
    }

    #[test]
    fn the_target_itself_is_good_enough() {
        let judged = judge(&["utilization >= 90%"]).judge(&runs(&[0.9; 3])).expect("no width");
        assert_eq!(judged.overall(), Verdict::Met);
    }

    #[test]
    fn all_targets_count_each_on_its_side() {
        let both = judge(&["utilization >= 90%", "p99_wait <= 5ms"]);
        let judged = both.judge(&runs(&[0.95, 0.96, 0.97])).expect("clear");
        assert_eq!((judged.large, judged.small), (Verdict::Met, Verdict::Missed));
        assert_eq!(judged.verdicts, [Verdict::Met, Verdict::Missed]);
        assert_eq!(judged.overall(), Verdict::Missed);
        assert!(both.wants_large() && !judge(&["p99_wait <= 5ms"]).wants_large());
    }

    #[test]
    fn what_has_no_value_is_never_clear() {
        let judged = judge(&["loss <= 1%"]).judge(&runs(&[0.9; 9])).expect("the most");
        assert_eq!((judged.runs, judged.overall()), (9, Verdict::Unclear));
    }
}
