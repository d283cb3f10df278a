//! The greatest of the latest values, in three samples (Kathleen Nichols' filter, as in Linux's
//! `win_minmax.c`): the best, the best after it, and the best after that.

/// A value and the time it was seen, in any unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Sample {
    time: u64,
    value: u64,
}

/// The greatest value of a window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct WindowedMax([Sample; 3]);

impl WindowedMax {
    /// The greatest value, or zero.
    pub(super) const fn get(&self) -> u64 {
        self.0[0].value
    }

    /// Takes a value; what is older than `window` is forgotten.
    pub(super) fn update(&mut self, window: u64, time: u64, value: u64) {
        let sample = Sample { time, value };
        let [best, second, third] = self.0;
        if value >= best.value || time - third.time > window {
            self.0 = [sample; 3];
            return;
        }
        if value >= second.value {
            self.0 = [best, sample, sample];
        } else if value >= third.value {
            self.0[2] = sample;
        }
        self.expire(window, sample);
    }

    fn expire(&mut self, window: u64, latest: Sample) {
        let [best, second, third] = self.0;
        let age = latest.time - best.time;
        if age > window {
            self.0 = [second, third, latest];
            if latest.time - second.time > window {
                self.0 = [third, latest, latest];
            }
        } else if second.time == best.time && age > window / 4 {
            // A quarter of the window without a better one: a second choice from the second.
            self.0 = [best, latest, latest];
        } else if third.time == second.time && age > window / 2 {
            self.0[2] = latest;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_maximum_lasts_as_long_as_the_window() {
        let mut filter = WindowedMax::default();
        filter.update(10, 0, 100);
        let seen: Vec<_> = (1..=12)
            .map(|time| {
                filter.update(10, time, 50 + time);
                filter.get()
            })
            .collect();
        assert_eq!(seen[..10], [100; 10]);
        assert!(seen[10] > 50 && seen[10] < 100, "{seen:?}");
        filter.update(10, 13, 200);
        assert_eq!(filter.get(), 200);
    }

    proptest! {
        #[test]
        fn it_is_never_above_the_true_maximum_nor_below_the_latest(
            values in prop::collection::vec((0..4_u64, 0..1000_u64), 1..200)
        ) {
            let mut filter = WindowedMax::default();
            let mut seen: Vec<(u64, u64)> = Vec::new();
            let mut time = 0;
            for (step, value) in values {
                time += step;
                seen.push((time, value));
                filter.update(10, time, value);
                let window = seen.iter().filter(|(at, _)| time - at <= 10);
                let most = window.map(|(_, value)| *value).max().expect("a value");
                prop_assert!(filter.get() <= most && filter.get() >= value);
            }
        }
    }
}
