//! How long something took and when, in bounded memory.

use crate::units::Time;

/// Means over stretches of time of equal width, which doubles when there are too many. As long as
/// there are few times, each is kept as it is.
#[derive(Debug, Clone, Default)]
pub(super) struct Moments {
    /// The width of a stretch is two to the power of this \[ps\].
    shift: u32,
    stretches: Vec<Stretch>,
}

#[derive(Debug, Clone, Copy)]
struct Stretch {
    /// When the first of them ended.
    start: Time,
    sum: f64,
    count: f64,
}

impl Moments {
    /// About as many as can be told apart on a slide.
    const CAPACITY: usize = 512;

    /// Something ended at `now`, which is never before the time of the last call, and `took` so long.
    pub(super) fn push(&mut self, now: Time, took: Time) {
        let took = took.as_secs_f64();
        let shift = self.shift;
        match self.stretches.last_mut() {
            Some(last) if shift > 0 && last.start.as_ps() >> shift == now.as_ps() >> shift => {
                last.sum += took;
                last.count += 1.0;
            }
            _ => self.stretches.push(Stretch { start: now, sum: took, count: 1.0 }),
        }
        while self.stretches.len() > Self::CAPACITY {
            self.widen();
        }
    }

    fn widen(&mut self) {
        // With 63 there are two stretches in all of time.
        self.shift = (self.shift + 1).min(63);
        let shift = self.shift;
        self.stretches.dedup_by(|later, earlier| {
            let same = earlier.start.as_ps() >> shift == later.start.as_ps() >> shift;
            if same {
                earlier.sum += later.sum;
                earlier.count += later.count;
            }
            same
        });
    }

    /// When and how long, both \[s\].
    pub(super) fn points(&self) -> Vec<(f64, f64)> {
        let point = |it: &Stretch| (it.start.as_secs_f64(), it.sum / it.count);
        self.stretches.iter().map(point).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_kept_as_they_are() {
        let mut moments = Moments::default();
        for (at, took) in [(1, 5), (1, 7), (3, 2)] {
            moments.push(Time::from_secs(at), Time::from_secs(took));
        }
        assert_eq!(moments.points(), [(1.0, 5.0), (1.0, 7.0), (3.0, 2.0)]);
    }

    #[test]
    fn many_become_means() {
        let mut moments = Moments::default();
        for ms in 0..100_000 {
            moments.push(Time::from_ms(ms), Time::from_ms(ms));
        }
        let points = moments.points();
        assert!((200..=512).contains(&points.len()), "{}", points.len());
        // What takes as long as the clock shows has on average taken half a stretch more.
        for pair in points.windows(2) {
            let expected = (pair[0].0 + pair[1].0 - 0.001) / 2.0;
            assert!((pair[0].1 - expected).abs() < 1e-6, "{pair:?}");
        }
    }

    #[test]
    fn the_end_of_time_is_no_problem() {
        let mut moments = Moments::default();
        for _ in 0..2000 {
            moments.push(Time::MAX, Time::MAX);
        }
        assert!(moments.points().len() <= Moments::CAPACITY);
    }
}
