//! Sets of next hops, each kept once and known by a number.
//!
//! While paths are searched, every vertex has the set of first hops that lead there on a shortest
//! path. A node has few different sets however large the network is, so a vertex holds a number,
//! and joining two sets is a comparison nearly always and a look at a memo otherwise.

use std::collections::BTreeMap;

/// The number of a set within one [`HopSets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SetId(u32);

impl SetId {
    /// The set of nothing.
    pub(super) const EMPTY: Self = Self(0);

    /// The set of one hop alone.
    pub(super) fn single(hop: usize) -> Self {
        Self(u32::try_from(hop + 1).expect("fewer next hops than 2^32"))
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// The different sets of first hops of one node, where a hop is its place in the node's list.
#[derive(Debug, Default)]
pub(super) struct HopSets {
    /// By number; the members in ascending order.
    sets: Vec<Box<[u32]>>,
    by_members: BTreeMap<Box<[u32]>, SetId>,
    unions: BTreeMap<(SetId, SetId), SetId>,
}

impl HopSets {
    /// Forgets all sets and starts anew with the empty one and one for each of `count` hops.
    pub(super) fn reset(&mut self, count: usize) {
        let count = u32::try_from(count).expect("fewer next hops than 2^32");
        self.sets.clear();
        self.sets.push(Box::default());
        self.sets.extend((0..count).map(|hop| Box::from([hop])));
        self.by_members.clear();
        self.unions.clear();
    }

    /// How many sets there are.
    pub(super) fn len(&self) -> usize {
        self.sets.len()
    }

    /// The hops of a set in ascending order.
    pub(super) fn members(&self, set: SetId) -> &[u32] {
        &self.sets[set.index()]
    }

    /// The set of the members of both.
    pub(super) fn union(&mut self, a: SetId, b: SetId) -> SetId {
        if a == b || b == SetId::EMPTY {
            return a;
        }
        if a == SetId::EMPTY {
            return b;
        }
        let pair = (a.min(b), a.max(b));
        if let Some(&known) = self.unions.get(&pair) {
            return known;
        }
        let joined = self.intern(merge(self.members(a), self.members(b)));
        self.unions.insert(pair, joined);
        joined
    }

    fn intern(&mut self, members: Box<[u32]>) -> SetId {
        // A union of two different sets that are not empty has two members or more, so the single
        // ones need not be in the map.
        if let Some(&known) = self.by_members.get(&members) {
            return known;
        }
        let id = SetId(u32::try_from(self.sets.len()).expect("fewer sets than 2^32"));
        self.sets.push(members.clone());
        self.by_members.insert(members, id);
        id
    }
}

/// The members of both ascending lists, ascending and each once.
fn merge(a: &[u32], b: &[u32]) -> Box<[u32]> {
    let mut all = [a, b].concat();
    all.sort_unstable();
    all.dedup();
    all.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_unions_have_equal_numbers_whatever_the_order() {
        let mut sets = HopSets::default();
        sets.reset(3);
        let [a, b, c] = [0, 1, 2].map(SetId::single);
        let ab = sets.union(a, b);
        let bc = sets.union(c, b);
        let abc = sets.union(ab, c);
        assert_eq!(sets.union(a, bc), abc);
        assert_eq!(sets.union(ab, bc), abc);
        assert_eq!(sets.union(abc, b), abc);
        assert_eq!(sets.union(SetId::EMPTY, ab), ab);
        assert_eq!(sets.members(abc), [0, 1, 2]);
        assert_eq!(sets.len(), 1 + 3 + 3);
    }
}
