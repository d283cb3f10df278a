//! Prefixes as sortable numbers, and the longest-prefix search over a sorted list of them.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

/// A prefix as one number that sorts by network, then by length, then by `rank`.
///
/// The rank (0 to 3) tells routes to the same prefix apart; the search prefers the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u64);

const MAX_RANK: u8 = 3;

impl Key {
    /// The key of `prefix`, whose bits beyond its length do not matter.
    pub(super) fn new(prefix: Ipv4Net, rank: u8) -> Self {
        debug_assert!(rank <= MAX_RANK);
        Self::of(prefix.network().to_bits(), u32::from(prefix.prefix_len()), rank)
    }

    fn of(network: u32, length: u32, rank: u8) -> Self {
        Self(u64::from(network) << 8 | u64::from(length) << 2 | u64::from(rank))
    }

    pub(super) fn network(self) -> u32 {
        (self.0 >> 8) as u32
    }

    pub(super) fn length(self) -> u8 {
        (self.0 >> 2) as u8 & 63
    }

    pub(super) fn prefix(self) -> Ipv4Net {
        Ipv4Net::new(Ipv4Addr::from_bits(self.network()), self.length())
            .expect("a key holds a length of at most 32")
    }
}

/// The place, in a sorted list of `keys`, of the longest prefix that contains `to` and is `usable`.
///
/// `count_up_to(key)` says how many keys are at most `key`.
///
/// Of all prefixes that contain `to`, the longest sorts last, and none sorts after `to` itself. So
/// look at the last key that is not too large. If it contains `to`, it is the answer; if not, it
/// shares only its first few bits with `to`, and a prefix that contains both is no longer than that.
/// Every step shortens the prefix sought, and with disjoint subnets the first step nearly always hits.
pub(super) fn longest_match(
    keys: &[Key],
    to: Ipv4Addr,
    count_up_to: impl Fn(Key) -> usize,
    usable: impl Fn(usize) -> bool,
) -> Option<usize> {
    let to = to.to_bits();
    let mut bound = Key::of(to, 32, MAX_RANK);
    loop {
        let index = count_up_to(bound).checked_sub(1)?;
        let key = keys[index];
        let common = (key.network() ^ to).leading_zeros();
        if common >= u32::from(key.length()) {
            if usable(index) {
                return Some(index);
            }
            bound = Key(key.0.checked_sub(1)?);
        } else {
            let mask = u32::MAX.checked_shl(32 - common).unwrap_or(0);
            bound = Key::of(to & mask, common, MAX_RANK);
        }
    }
}

/// A sorted list of prefixes that never changes, searched in nearly constant time.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Prefixes {
    keys: Vec<Key>,
    /// For each stretch of `1 << shift` addresses from the first network on, how many keys lie
    /// before it. Networks are handed out densely, so a stretch holds about one key.
    before: Vec<u32>,
    shift: u32,
}

impl Prefixes {
    /// The list of these prefixes, each once.
    pub(super) fn new(prefixes: impl IntoIterator<Item = Ipv4Net>) -> Self {
        let mut keys: Vec<Key> = prefixes.into_iter().map(|prefix| Key::new(prefix, 0)).collect();
        keys.sort_unstable();
        keys.dedup();
        let (Some(first), Some(last)) = (keys.first(), keys.last()) else { return Self::default() };
        let (first, span) = (first.network(), last.network() - first.network());
        let shift = (0..32).find(|shift| (span >> shift) as usize <= 2 * keys.len()).unwrap_or(31);
        let mut before = Vec::with_capacity((span >> shift) as usize + 2);
        for (index, key) in keys.iter().enumerate() {
            let stretch = ((key.network() - first) >> shift) as usize;
            while before.len() <= stretch {
                before.push(index as u32);
            }
        }
        before.push(keys.len() as u32);
        Self { keys, before, shift }
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn get(&self, index: usize) -> Ipv4Net {
        self.keys[index].prefix()
    }

    /// Where `prefix` stands in the list.
    pub(super) fn position(&self, prefix: Ipv4Net) -> Option<usize> {
        self.keys.binary_search(&Key::new(prefix, 0)).ok()
    }

    /// The place of the longest prefix that contains `to` and is `usable`.
    pub(super) fn longest_match(
        &self,
        to: Ipv4Addr,
        usable: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        longest_match(&self.keys, to, |bound| self.count_up_to(bound), usable)
    }

    fn count_up_to(&self, bound: Key) -> usize {
        let Some(offset) =
            self.keys.first().and_then(|first| bound.network().checked_sub(first.network()))
        else {
            return 0;
        };
        let stretch = (offset >> self.shift) as usize;
        let Some(&[start, end]) = self.before.get(stretch..).and_then(|rest| rest.first_chunk())
        else {
            return self.keys.len();
        };
        let (start, end) = (start as usize, end as usize);
        start + self.keys[start..end].partition_point(|&key| key <= bound)
    }
}
