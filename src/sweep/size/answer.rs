//! What was found, and how sure it is.

use std::collections::BTreeMap;

use super::bounds::Bounds;
use super::judge::{Judged, Verdict};
use super::seek::{Edge, Seek};

/// What a search has found out.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Which edge was looked for: of targets that larger queues meet the smallest size, else the largest.
    pub edge: Edge,
    /// Where it is.
    pub end: Seek,
    /// The sizes that were to be looked at.
    pub bounds: Bounds,
    /// All sizes that were tested.
    pub tested: BTreeMap<usize, Judged>,
}

impl Answer {
    /// The size that was found; there is none if no size meets the target.
    #[must_use]
    pub const fn size(&self) -> Option<usize> {
        match self.end {
            Seek::Found(size) => Some(size),
            Seek::Try(_) | Seek::Nowhere(_) => None,
        }
    }

    /// What is found of a size concerning the targets that the edge is of.
    #[must_use]
    pub fn verdict(&self, judged: &Judged) -> Verdict {
        match self.edge {
            Edge::Smallest => judged.large,
            Edge::Largest => judged.small,
        }
    }

    /// The sizes on the bad side of the one that was found, the nearest first.
    fn beyond(&self) -> Vec<(usize, Verdict)> {
        let Some(found) = self.size() else { return Vec::new() };
        let of = |(size, judged): (&usize, &Judged)| (*size, self.verdict(judged));
        match self.edge {
            Edge::Smallest => self.tested.range(..found).rev().map(of).collect(),
            Edge::Largest => self.tested.range(found + 1..).map(of).collect(),
        }
    }

    /// The size nearest to the one found that surely misses the target.
    #[must_use]
    pub fn sure_miss(&self) -> Option<usize> {
        let beyond = self.beyond();
        beyond.iter().find(|(_, verdict)| *verdict == Verdict::Missed).map(|(size, _)| *size)
    }

    /// The sizes between that and the one found of which the runs cannot tell, ascending.
    #[must_use]
    pub fn unclear(&self) -> Vec<usize> {
        let beyond = self.beyond().into_iter();
        let before = beyond.take_while(|(_, verdict)| *verdict != Verdict::Missed);
        let mut sizes: Vec<usize> = before.map(|(size, _)| size).collect();
        sizes.sort_unstable();
        sizes
    }

    /// Sizes that surely miss the target though they are on the good side of the one found, and such
    /// that surely meet it though they are beyond one that misses it.
    #[must_use]
    pub fn exceptions(&self) -> Vec<(usize, Verdict)> {
        let Some(found) = self.size() else { return Vec::new() };
        let is_good_side = |size: usize| match self.edge {
            Edge::Smallest => size > found,
            Edge::Largest => size < found,
        };
        let miss = self.sure_miss();
        let is_far = |size: usize| match self.edge {
            Edge::Smallest => miss.is_some_and(|miss| size < miss),
            Edge::Largest => miss.is_some_and(|miss| size > miss),
        };
        let of = |(size, judged): (&usize, &Judged)| {
            let verdict = self.verdict(judged);
            let odd = match verdict {
                Verdict::Missed => is_good_side(*size),
                Verdict::Met => is_far(*size),
                Verdict::Unclear => false,
            };
            odd.then_some((*size, verdict))
        };
        self.tested.iter().filter_map(of).collect()
    }

    /// Whether other targets are not surely met at the size that was found.
    #[must_use]
    pub fn is_contradiction(&self) -> bool {
        let judged = self.size().and_then(|size| self.tested.get(&size));
        judged.is_some_and(|judged| judged.overall() != Verdict::Met)
    }

    /// Whether runs with different seeds never differed: then an interval says nothing.
    #[must_use]
    pub fn is_without_chance(&self) -> bool {
        let mut halves =
            self.tested.values().flat_map(|it| &it.estimates).filter_map(|it| it.half_width);
        !self.tested.is_empty() && halves.all(|half| half == 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(edge: Edge, found: usize, tested: &[(usize, Verdict)]) -> Answer {
        let judged = |verdict| Judged {
            runs: 5,
            estimates: Vec::new(),
            verdicts: vec![verdict],
            large: if edge == Edge::Smallest { verdict } else { Verdict::Met },
            small: if edge == Edge::Largest { verdict } else { Verdict::Met },
        };
        let tested = tested.iter().map(|(size, verdict)| (*size, judged(*verdict))).collect();
        let bounds = Bounds { least: 1, most: 100 };
        Answer { edge, end: Seek::Found(found), bounds, tested }
    }

    use Verdict::{Met, Missed, Unclear};

    #[test]
    fn says_what_is_sure_on_either_side() {
        let tested =
            [(8, Missed), (12, Missed), (14, Unclear), (15, Unclear), (16, Met), (64, Met)];
        let smallest = answer(Edge::Smallest, 16, &tested);
        assert_eq!((smallest.sure_miss(), smallest.unclear()), (Some(12), vec![14, 15]));
        assert_eq!(smallest.exceptions(), []);
        assert!(!smallest.is_contradiction());
        let tested = [(8, Met), (10, Met), (11, Unclear), (12, Missed), (64, Missed)];
        let largest = answer(Edge::Largest, 10, &tested);
        assert_eq!((largest.sure_miss(), largest.unclear()), (Some(12), vec![11]));
        assert_eq!(largest.exceptions(), []);
        let lonely = answer(Edge::Smallest, 1, &[(1, Met)]);
        assert_eq!((lonely.sure_miss(), lonely.unclear()), (None, vec![]));
    }

    #[test]
    fn what_is_not_monotone_is_told() {
        let tested = [(4, Met), (8, Missed), (16, Met), (32, Missed), (64, Met)];
        let odd = answer(Edge::Smallest, 16, &tested);
        assert_eq!(odd.exceptions(), [(4, Met), (32, Missed)]);
        let odd = answer(Edge::Largest, 16, &[(4, Missed), (16, Met), (32, Missed), (64, Met)]);
        assert_eq!(odd.exceptions(), [(4, Missed), (64, Met)]);
    }
}
