//! Which sizes a queue can have: some disciplines ask for room (the limit of RED is not below its
//! `max`), and a scenario with less cannot be loaded.

/// The sizes that can be loaded, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The smallest.
    pub least: usize,
    /// The largest that need be looked at.
    pub most: usize,
}

impl Bounds {
    /// The sizes from 1 to `most` that `loads` takes, which takes `good`. Those that it does not are all at
    /// the ends.
    #[must_use]
    pub fn find(good: usize, most: usize, loads: &dyn Fn(usize) -> bool) -> Self {
        let edge =
            |end: usize| if end == good || loads(end) { end } else { edge(good, end, loads) };
        Self { least: edge(1), most: edge(most.max(good)).min(most.max(1)) }
    }

    /// Whether a size is among them.
    #[must_use]
    pub const fn holds(self, size: usize) -> bool {
        self.least <= size && size <= self.most
    }
}

/// The good size nearest to a bad one.
fn edge(mut good: usize, mut bad: usize, loads: &dyn Fn(usize) -> bool) -> usize {
    while good.abs_diff(bad) > 1 {
        let middle = good.min(bad) + good.abs_diff(bad) / 2;
        *(if loads(middle) { &mut good } else { &mut bad }) = middle;
    }
    good
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_are_found() {
        for (least, most) in [(1, 1000), (27, 1000), (27, 400), (50, 50), (1, 50)] {
            let loads = |size: usize| (least..=most).contains(&size);
            let found = Bounds::find(50, 1000, &loads);
            assert_eq!(found, Bounds { least, most });
            assert!(found.holds(50) && found.holds(least) && !found.holds(most + 1));
        }
        let low = Bounds::find(50, 20, &|size| size >= 30);
        assert_eq!(low, Bounds { least: 30, most: 20 }, "none of those that were asked for");
    }
}
