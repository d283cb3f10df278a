//! Where packets to recent destinations go: the answer of the routing table, kept ready.
//!
//! A direct-mapped table in front of the longest-prefix match, emptied whenever routes change (as
//! the route cache of early Linux kernels). It starts small and doubles while destinations
//! collide, so a leaf host stays small and a busy router finds everything at the first probe.

use std::net::Ipv4Addr;

use crate::id::InterfaceId;
use crate::node::neighbor::NeighborIx;

/// Where packets to a destination go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// To this node itself.
    Local,
    /// Out of an interface, to a neighbour.
    Via(InterfaceId, NeighborIx),
    /// One of several ways, by the hash of the flow: look again with it.
    Spread,
    /// There is no route.
    Unreachable,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    destination: Ipv4Addr,
    flow: u32,
    next: Option<Next>,
}

/// The cache.
#[derive(Debug)]
pub(super) struct DestinationCache {
    entries: Vec<Entry>,
    shift: u32,
}

const EMPTY: Entry = Entry { destination: Ipv4Addr::UNSPECIFIED, flow: 0, next: None };
const SMALLEST: u32 = 3;
const LARGEST: u32 = 12;

impl DestinationCache {
    pub(super) fn new() -> Self {
        Self { entries: vec![EMPTY; 1 << SMALLEST], shift: 32 - SMALLEST }
    }

    /// The answer for packets to `destination`; `flow` is 0 unless the answer was
    /// [`Next::Spread`].
    #[inline]
    pub(super) fn get(&self, destination: Ipv4Addr, flow: u32) -> Option<Next> {
        let entry = &self.entries[self.slot(destination, flow)];
        if entry.destination == destination && entry.flow == flow { entry.next } else { None }
    }

    pub(super) fn put(&mut self, destination: Ipv4Addr, flow: u32, next: Next) {
        let mut slot = self.slot(destination, flow);
        while self.is_taken(slot, destination, flow) && 32 - self.shift < LARGEST {
            self.grow();
            slot = self.slot(destination, flow);
        }
        self.entries[slot] = Entry { destination, flow, next: Some(next) };
    }

    /// Forgets everything: routes or neighbours have changed.
    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    /// Whether a slot holds the answer to another question.
    fn is_taken(&self, slot: usize, destination: Ipv4Addr, flow: u32) -> bool {
        let entry = &self.entries[slot];
        entry.next.is_some() && (entry.destination, entry.flow) != (destination, flow)
    }

    fn slot(&self, destination: Ipv4Addr, flow: u32) -> usize {
        let mixed = (destination.to_bits() ^ flow).wrapping_mul(0x9e37_79b1);
        (mixed >> self.shift) as usize
    }

    fn grow(&mut self) {
        self.shift -= 1;
        let larger = vec![EMPTY; self.entries.len() * 2];
        for entry in std::mem::replace(&mut self.entries, larger) {
            let slot = self.slot(entry.destination, entry.flow);
            if entry.next.is_some() {
                self.entries[slot] = entry;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_what_was_put_until_cleared() {
        let mut cache = DestinationCache::new();
        let address = |n: u32| Ipv4Addr::from_bits(0x0a00_0001 + (n << 8));
        for n in 0..100 {
            cache.put(address(n), 0, Next::Via(InterfaceId(n as u16), NeighborIx(n)));
        }
        let kept = (0..100).filter(|&n| {
            cache.get(address(n), 0) == Some(Next::Via(InterfaceId(n as u16), NeighborIx(n)))
        });
        assert!(kept.count() > 95);
        assert_eq!(cache.get(address(500), 0), None);
        assert_eq!(cache.get(address(1), 7), None);
        cache.clear();
        assert_eq!(cache.get(address(1), 0), None);
    }

    #[test]
    fn an_answer_put_again_takes_no_more_room() {
        let mut cache = DestinationCache::new();
        for _ in 0..100 {
            cache.put(Ipv4Addr::new(10, 0, 0, 1), 0, Next::Spread);
        }
        assert_eq!(cache.entries.len(), 1 << SMALLEST);
    }
}
