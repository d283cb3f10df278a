//! The vertices that wait for their turn in Dijkstra's algorithm, nearest first.
//!
//! A radix heap (Ahuja, Mehlhorn, Orlin, Tarjan, "Faster algorithms for the shortest path problem",
//! 1990): the search never goes back to a smaller distance, so it is enough to sort a vertex by the
//! highest bit in which its distance differs from the present one. Where all interfaces cost the
//! same this is a breadth-first search; with other costs it is still several times faster than a
//! binary heap.

/// A queue of vertices by distance.
#[derive(Debug)]
pub(super) struct Frontier {
    /// Vertices below this number are segments, the others are nodes.
    segments: u32,
    /// The distance of what was taken last.
    now: u64,
    /// Waiting at exactly the distance `now`.
    near_segments: Vec<u32>,
    near_nodes: Vec<u32>,
    /// The others, by the highest bit in which their distance differs from `now`.
    later: [Vec<(u64, u32)>; u64::BITS as usize],
    /// The bits that have vertices.
    occupied: u64,
}

impl Frontier {
    /// An empty queue at distance 0 for a graph whose vertices below `segments` are segments.
    pub(super) fn new(segments: usize) -> Self {
        Self {
            segments: u32::try_from(segments).expect("fewer segments than 2^32"),
            now: 0,
            near_segments: Vec::new(),
            near_nodes: Vec::new(),
            later: [const { Vec::new() }; u64::BITS as usize],
            occupied: 0,
        }
    }

    /// Starts anew at distance 0.
    pub(super) fn reset(&mut self) {
        self.near_segments.clear();
        self.near_nodes.clear();
        self.later.iter_mut().for_each(Vec::clear);
        (self.now, self.occupied) = (0, 0);
    }

    /// Adds a vertex, not nearer than what was taken last.
    pub(super) fn push(&mut self, distance: u64, vertex: u32) {
        debug_assert!(distance >= self.now, "the search never goes back");
        match (distance ^ self.now).checked_ilog2() {
            Some(bit) => {
                self.later[bit as usize].push((distance, vertex));
                self.occupied |= 1 << bit;
            }
            None if vertex < self.segments => self.near_segments.push(vertex),
            None => self.near_nodes.push(vertex),
        }
    }

    /// Takes the nearest vertex.
    ///
    /// Of equally far ones segments come before nodes: a node's first hops are complete only when
    /// all segments at its distance have been seen (RFC 2328, section 16.1, step 3).
    pub(super) fn pop(&mut self) -> Option<(u64, u32)> {
        if self.near_segments.is_empty() && self.near_nodes.is_empty() {
            self.advance()?;
        }
        let vertex = self.near_segments.pop().or_else(|| self.near_nodes.pop())?;
        Some((self.now, vertex))
    }

    /// Moves on to the next distance at which there is a vertex.
    fn advance(&mut self) -> Option<()> {
        let bit = self.occupied.trailing_zeros() as usize;
        // Vertices that differ in a lower bit are nearer, so this list has the nearest of all.
        let mut list = std::mem::take(self.later.get_mut(bit)?);
        self.occupied &= !(1 << bit);
        self.now = list.iter().map(|&(distance, _)| distance).min()?;
        for (distance, vertex) in list.drain(..) {
            self.push(distance, vertex);
        }
        // Its vertices agree with `now` in this bit, so nothing has been put back here.
        self.later[bit] = list;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const SEGMENTS: u32 = 8;

    proptest! {
        /// The order is that of a binary heap, but for the order within one distance and kind.
        #[test]
        fn vertices_come_nearest_first_and_segments_before_nodes(
            pushes in vec((0_u64..40, 0_u32..16, 0_usize..3), 1..60),
            scale in prop_oneof![Just(1_u64), 1_u64..1 << 50],
        ) {
            let (mut frontier, mut heap) = (Frontier::new(SEGMENTS as usize), BinaryHeap::new());
            let mut now = 0;
            for round in 0..2 {
                for &(ahead, vertex, pops) in &pushes {
                    frontier.push(now + ahead * scale, vertex);
                    heap.push(Reverse((now + ahead * scale, vertex >= SEGMENTS)));
                    for _ in 0..pops {
                        let popped = frontier.pop();
                        now = popped.map_or(now, |(distance, _)| distance);
                        let kind = popped.map(|(distance, vertex)| (distance, vertex >= SEGMENTS));
                        prop_assert_eq!(kind, heap.pop().map(|Reverse(nearest)| nearest));
                    }
                }
                if round == 0 {
                    frontier.reset();
                    heap.clear();
                    now = 0;
                }
            }
        }
    }
}
