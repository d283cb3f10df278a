//! The computed routes of one node, in about two bytes per segment of the network.

use std::sync::Arc;

use ipnet::Ipv4Net;

use super::prefix::Prefixes;
use super::table::{NextHop, Route, Source};

/// The computed routes of one node: what [`compute`](super::compute) finds and
/// [`Routes::set_computed`](super::Routes::set_computed) takes.
///
/// All nodes share one list of prefixes. A node adds, per prefix, the number of one of its few sets
/// of next hops, and a metric; so thousands of routers with thousands of routes each fit in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Computed {
    prefixes: Arc<Prefixes>,
    /// For each prefix, the number of its group of next hops; 0 if there is no route.
    groups: Packed,
    /// For each prefix, the cost of the path; 0 if there is no route.
    metrics: Packed,
    /// Group 1, group 2 and so on, each ascending.
    hops: Vec<Box<[NextHop]>>,
}

impl Computed {
    /// Routes to `prefixes`, given for each the number of its group in `hops`, counted from 1, or 0
    /// for no route, and its metric.
    pub(super) fn new(
        prefixes: Arc<Prefixes>,
        groups: &[u32],
        metrics: &[u32],
        hops: Vec<Box<[NextHop]>>,
    ) -> Self {
        debug_assert!(groups.len() == prefixes.len() && metrics.len() == prefixes.len());
        Self { prefixes, groups: Packed::new(groups), metrics: Packed::new(metrics), hops }
    }

    /// How many routes these are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is no route at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The routes in the order of their prefixes.
    pub fn iter(&self) -> impl Iterator<Item = Route<'_>> {
        (0..self.prefixes.len()).filter_map(|index| self.route(index))
    }

    /// The route with the longest prefix that contains `to`.
    pub(super) fn longest_match(&self, to: std::net::Ipv4Addr) -> Option<Route<'_>> {
        let index = self.prefixes.longest_match(to, |index| self.groups.get(index) != 0)?;
        self.route(index)
    }

    /// Forgets the route to `prefix`. Says whether there was one.
    pub(super) fn remove(&mut self, prefix: Ipv4Net) -> bool {
        self.prefixes.position(prefix).is_some_and(|index| self.groups.take(index) != 0)
    }

    fn route(&self, index: usize) -> Option<Route<'_>> {
        let group = (self.groups.get(index) as usize).checked_sub(1)?;
        Some(Route {
            prefix: self.prefixes.get(index),
            source: Source::Computed,
            metric: self.metrics.get(index),
            hops: &self.hops[group],
        })
    }
}

/// A list of numbers in the fewest bytes that hold the largest of them.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Packed {
    Bytes(Box<[u8]>),
    Shorts(Box<[u16]>),
    Words(Box<[u32]>),
}

impl Packed {
    fn new(values: &[u32]) -> Self {
        // The narrowing casts keep every value: the largest decides the width.
        match values.iter().max().copied().unwrap_or(0) {
            0..=0xff => Self::Bytes(values.iter().map(|&value| value as u8).collect()),
            0x100..=0xffff => Self::Shorts(values.iter().map(|&value| value as u16).collect()),
            _ => Self::Words(values.into()),
        }
    }

    fn get(&self, index: usize) -> u32 {
        match self {
            Self::Bytes(values) => values[index].into(),
            Self::Shorts(values) => values[index].into(),
            Self::Words(values) => values[index],
        }
    }

    /// Sets a number to 0 and says what it was.
    fn take(&mut self, index: usize) -> u32 {
        match self {
            Self::Bytes(values) => std::mem::take(&mut values[index]).into(),
            Self::Shorts(values) => std::mem::take(&mut values[index]).into(),
            Self::Words(values) => std::mem::take(&mut values[index]),
        }
    }
}

impl Default for Packed {
    fn default() -> Self {
        Self::Bytes(Box::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_numbers_keep_their_values_and_their_narrowest_width() {
        for (largest, bytes) in
            [(0, 1), (255, 1), (256, 2), (65_535, 2), (65_536, 4), (u32::MAX, 4)]
        {
            let mut packed = Packed::new(&[7, largest, 0]);
            assert_eq!([0, 1, 2].map(|index| packed.get(index)), [7, largest, 0]);
            let width = match &packed {
                Packed::Bytes(values) => size_of_val(&**values),
                Packed::Shorts(values) => size_of_val(&**values),
                Packed::Words(values) => size_of_val(&**values),
            };
            assert_eq!(width, 3 * bytes);
            assert_eq!((packed.take(1), packed.get(1), packed.get(0)), (largest, 0, 7));
        }
    }
}
