//! Which of several equal-cost next hops a conversation takes.
//!
//! All packets of one conversation take the same path, or TCP would see them out of order
//! (RFC 2991, section 2). So a router hashes what the packets of a conversation have in common and
//! picks by *hash threshold* (RFC 2992): the hash's range is cut into as many equal regions as there
//! are next hops. Adding or losing a next hop then moves at most half of the conversations, where
//! hash modulo count would move nearly all.

use std::net::Ipv4Addr;

use crate::rng::mix;

/// What the packets of one direction of a conversation have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow {
    /// The sender's address.
    pub source: Ipv4Addr,
    /// The receiver's address.
    pub destination: Ipv4Addr,
    /// The IP protocol number: 6 for TCP, 17 for UDP.
    pub protocol: u8,
    /// The sender's port, or 0 where the protocol has none.
    pub source_port: u16,
    /// The receiver's port, or 0 where the protocol has none.
    pub destination_port: u16,
}

impl Flow {
    /// A hash of the flow, evenly spread over all 64-bit numbers and fixed for ever.
    ///
    /// The fields are packed, in order, into two 64-bit words; each is xored into the state, which
    /// starts as the salt, and the state is mixed with SplitMix64's finaliser after each of the
    /// three. Every router needs a `salt` of its own: with a common one, all routers at the second
    /// stage would make the choice of the first again and leave links idle.
    #[must_use]
    pub fn hash(&self, salt: u64) -> u64 {
        let addresses =
            u64::from(self.source.to_bits()) << 32 | u64::from(self.destination.to_bits());
        let rest = u64::from(self.protocol) << 32
            | u64::from(self.source_port) << 16
            | u64::from(self.destination_port);
        mix(mix(mix(salt) ^ addresses) ^ rest)
    }

    /// The upper half of the hash, never 0: what a router keeps of a flow.
    #[must_use]
    pub fn short_hash(&self, salt: u64) -> u32 {
        (self.hash(salt) >> 32) as u32 | 1
    }
}

/// The index, below `count`, of the next hop that flows of this short hash take. It is 0 if `count`
/// is 0.
#[must_use]
pub const fn next_hop(short_hash: u32, count: usize) -> usize {
    // The high half of the product is the region that the hash lies in.
    ((short_hash as u64 * count as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOWS: u16 = 20_000;

    /// Flows as they come in practice: they differ in the source port only, and in order.
    fn flows() -> impl Iterator<Item = Flow> {
        (0..FLOWS).map(|number| Flow {
            source: Ipv4Addr::new(10, 0, 0, 2),
            destination: Ipv4Addr::new(10, 0, 9, 2),
            protocol: 6,
            source_port: 32_768 + number,
            destination_port: 80,
        })
    }

    #[test]
    fn flows_spread_evenly_over_the_next_hops() {
        for count in 2..=16 {
            let mut taken = vec![0_f64; count];
            flows().for_each(|flow| taken[next_hop(flow.short_hash(7), count)] += 1.0);
            let mean = f64::from(FLOWS) / count as f64;
            let chi_squared: f64 = taken.iter().map(|n| (n - mean) * (n - mean) / mean).sum();
            // The 99.99% quantile with 15 degrees of freedom is 44.3.
            assert!(chi_squared < 44.3, "{count} next hops: {taken:?}");
        }
    }

    #[test]
    fn every_field_matters() {
        let flow = flows().next().expect("there are flows");
        let variants = [
            Flow { source: Ipv4Addr::new(10, 0, 0, 3), ..flow },
            Flow { destination: Ipv4Addr::new(10, 0, 9, 3), ..flow },
            Flow { protocol: 17, ..flow },
            Flow { source_port: 32_769, ..flow },
            Flow { destination_port: 81, ..flow },
            Flow { source: flow.destination, destination: flow.source, ..flow },
        ];
        for variant in variants {
            let flipped = (flow.hash(7) ^ variant.hash(7)).count_ones();
            assert!((16..=48).contains(&flipped), "{variant:?} flips {flipped} of 64 bits");
        }
    }

    #[test]
    fn routers_with_different_salts_choose_independently() {
        let both = flows()
            .filter(|flow| {
                next_hop(flow.short_hash(1), 2) == 0 && next_hop(flow.short_hash(2), 2) == 0
            })
            .count();
        let share = both as f64 / f64::from(FLOWS);
        assert!((share - 0.25).abs() < 0.02, "{share}");
    }

    #[test]
    fn another_next_hop_moves_at_most_half_of_the_flows() {
        for count in 1..8 {
            let moved = flows().filter(|flow| {
                next_hop(flow.short_hash(3), count) != next_hop(flow.short_hash(3), count + 1)
            });
            let share = moved.count() as f64 / f64::from(FLOWS);
            // RFC 2992, section 3.2: half of them, if the new region comes last.
            assert!((share - 0.5).abs() < 0.02, "{count}: {share}");
        }
    }

    #[test]
    fn the_hash_never_changes() {
        let flow = flows().next().expect("there are flows");
        // SplitMix64's first number from seed 0, as its authors' program prints it.
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(flow.hash(7), PINNED);
        assert_eq!(next_hop(flow.short_hash(7), 0), 0);
    }
    const PINNED: u64 = 1_494_554_788_317_808_382;
}
