//! Bisection over whole numbers: from the sizes that were tested and whether each was good to the
//! next one to test.
//!
//! Nothing is kept: whoever asks again with the same sizes gets the same answer. Good sizes are taken to
//! be on one side of bad ones; where they are not, the edge that is found is one of several.

use std::collections::BTreeMap;

use super::bounds::Bounds;

/// Which edge of the good sizes is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// Larger sizes are good: the smallest of them.
    Smallest,
    /// Smaller sizes are good: the largest of them.
    Largest,
}

/// How to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seek {
    /// Test this size.
    Try(usize),
    /// This is the edge.
    Found(usize),
    /// Not even this size is good, which is the last that could be.
    Nowhere(usize),
}

/// How to go on among the sizes within `bounds`, having found out of some whether they are good. Edges
/// are found exactly up to a hundred, then within 1 %.
#[must_use]
pub fn seek(edge: Edge, bounds: Bounds, tested: &BTreeMap<usize, bool>) -> Seek {
    match edge {
        Edge::Smallest => smallest(bounds, tested),
        Edge::Largest => largest(bounds, tested),
    }
}

fn smallest(Bounds { least, most }: Bounds, tested: &BTreeMap<usize, bool>) -> Seek {
    let within = || tested.range(least..=most);
    match within().find(|(_, good)| **good) {
        Some((&high, _)) => {
            let low = tested.range(least..high).next_back().map_or(least - 1, |(size, _)| *size);
            between(low, high).map_or(Seek::Found(high), Seek::Try)
        }
        None => match within().next_back() {
            None => Seek::Try(most.min(16).max(least)),
            Some((&top, _)) if top >= most => Seek::Nowhere(most),
            Some((&top, _)) => Seek::Try(top.saturating_mul(2).min(most)),
        },
    }
}

fn largest(Bounds { least, most }: Bounds, tested: &BTreeMap<usize, bool>) -> Seek {
    let within = || tested.range(least..=most);
    match within().rev().find(|(_, good)| **good) {
        Some((&low, _)) if low >= most => Seek::Found(low),
        Some((&low, _)) => match tested.range(low + 1..=most).next() {
            Some((&high, _)) => between(low, high).map_or(Seek::Found(low), Seek::Try),
            None => Seek::Try(low.saturating_mul(2).min(most)),
        },
        None => match within().next() {
            None => Seek::Try(most.min(16).max(least)),
            Some((&bottom, _)) if bottom <= least => Seek::Nowhere(least),
            Some((&bottom, _)) => Seek::Try((bottom / 2).max(least)),
        },
    }
}

/// The size to test between two, if they are not near enough: in the middle of their logarithms while
/// they are far apart.
fn between(low: usize, high: usize) -> Option<usize> {
    if high - low <= (high / 100).max(1) {
        return None;
    }
    let middle = match high / 4 > low {
        true => (low.max(1).saturating_mul(high)).isqrt(),
        false => low + (high - low) / 2,
    };
    Some(middle.clamp(low + 1, high - 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Tests what is asked for until there is an answer; which, and after how many tests.
    fn play(
        edge: Edge,
        (least, most): (usize, usize),
        first: &[usize],
        good: &dyn Fn(usize) -> bool,
    ) -> (Seek, usize) {
        let mut tested: BTreeMap<usize, bool> =
            first.iter().map(|size| (*size, good(*size))).collect();
        for count in 0..200 {
            match seek(edge, Bounds { least, most }, &tested) {
                Seek::Try(size) => {
                    assert!((least..=most).contains(&size), "{size} is out of range");
                    assert_eq!(tested.insert(size, good(size)), None, "{size} twice");
                }
                end => return (end, count),
            }
        }
        panic!("it never ends");
    }

    proptest! {
        #[test]
        fn finds_the_edge_wherever_it_is(
            least in 1usize..1_000,
            more in 0usize..100_000,
            edge in 0usize..100_001,
            first in prop::collection::vec(1usize..200_000, 0..5),
        ) {
            let most = least + more;
            let near = |own: usize, exact: usize| own.abs_diff(exact) <= exact.max(own) / 100;
            let (end, tests) = play(Edge::Smallest, (least, most), &first, &|size| size >= edge);
            match end {
                Seek::Found(size) => prop_assert!(size >= edge && near(size, edge.max(least))),
                end => prop_assert!(end == Seek::Nowhere(most) && edge > most),
            }
            prop_assert!(tests <= 40, "{} tests", tests);
            let (end, tests) = play(Edge::Largest, (least, most), &first, &|size| size <= edge);
            match end {
                Seek::Found(size) => prop_assert!(size <= edge && near(size, edge.min(most))),
                end => prop_assert!(end == Seek::Nowhere(least) && edge < least),
            }
            prop_assert!(tests <= 40, "{} tests", tests);
        }

        #[test]
        fn ends_however_the_good_sizes_lie(most in 1usize..5_000, salt in any::<u64>()) {
            let good = |size: usize| (size as u64).wrapping_mul(salt | 1).count_ones().is_multiple_of(2);
            for edge in [Edge::Smallest, Edge::Largest] {
                let (end, _) = play(edge, (1, most), &[], &good);
                if let Seek::Found(size) = end {
                    prop_assert!(good(size));
                }
            }
        }
    }

    #[test]
    fn small_numbers_are_exact() {
        assert_eq!(play(Edge::Smallest, (1, 90), &[], &|size| size >= 37).0, Seek::Found(37));
        assert_eq!(play(Edge::Largest, (1, 90), &[], &|size| size <= 37).0, Seek::Found(37));
        assert_eq!(play(Edge::Largest, (1, 90), &[], &|_| true).0, Seek::Found(90));
        assert_eq!(play(Edge::Smallest, (1, 90), &[50, 120], &|_| true).0, Seek::Found(1));
        assert_eq!(play(Edge::Smallest, (31, 90), &[], &|_| true).0, Seek::Found(31));
        assert_eq!(play(Edge::Largest, (31, 90), &[], &|_| false).0, Seek::Nowhere(31));
    }
}
