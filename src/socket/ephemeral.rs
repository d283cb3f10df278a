//! Ephemeral ports (RFC 6056): the number that a socket gets when it does not ask for one.
//!
//! The choice is RFC 6056's algorithm 1, simple port randomization: a random place in the range,
//! then the next free port from there, round the end. So it is hard to guess, and it finds the
//! last free port of a range. As in Linux, TCP divides the range by parity so that
//! `connect()` and `bind(0)` keep out of each other's way while there is room.
//!
//! Not modelled: Linux's `connect()` takes rising ports for one destination (RFC 6056,
//! algorithm 4, double-hash); here each is random. Reserved ports (`ip_local_reserved_ports`).

use crate::rng::Stream;

/// The first and the last port of a range.
pub type PortRange = [u16; 2];

/// In which order the ports of a range are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// All alike: UDP.
    Any,
    /// First every second port, beginning with the first one: TCP's `connect()`.
    FirstHalf,
    /// First the ports that [`Order::FirstHalf`] leaves: TCP's `bind(0)`.
    SecondHalf,
}

/// A random port of `range` that is `free`; `None` if there is none.
///
/// A range that ends before it begins is empty. Port 0 is never picked: it is the number that
/// asks for another one.
pub fn pick(
    range: PortRange,
    order: Order,
    rng: &mut Stream,
    mut free: impl FnMut(u16) -> bool,
) -> Option<u16> {
    let first = range[0].max(1);
    let count = u32::from(range[1]).checked_sub(u32::from(first))? + 1;
    let mut walk = |start: u32, stride: u32| {
        // How many of start, start + stride, start + 2 stride ... are in the range.
        let steps = count.saturating_sub(start).div_ceil(stride);
        let offset = rng.below(u64::from(steps)) as u32;
        (0..steps)
            .map(|step| start + (offset + step) % steps * stride)
            .map(|place| first + place as u16)
            .find(|&port| free(port))
    };
    match order {
        Order::Any => walk(0, 1),
        Order::FirstHalf => walk(0, 2).or_else(|| walk(1, 2)),
        Order::SecondHalf => walk(1, 2).or_else(|| walk(0, 2)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn dice() -> Stream {
        Stream::new(1, "ephemeral")
    }

    /// All ports of a range in the order in which they are given away.
    fn exhaust(range: PortRange, order: Order, rng: &mut Stream) -> Vec<u16> {
        let mut taken = BTreeSet::new();
        let mut list = Vec::new();
        while let Some(port) = pick(range, order, rng, |port| !taken.contains(&port)) {
            taken.insert(port);
            list.push(port);
        }
        list
    }

    #[test]
    fn tcp_parities_are_those_of_linux() {
        // Measured in the range 50000–50009: connect() took the even ports first, bind(0) the
        // odd ones, UDP mixed them.
        let range = [50_000, 50_009];
        for (order, parity) in [(Order::FirstHalf, 0), (Order::SecondHalf, 1)] {
            let list = exhaust(range, order, &mut dice());
            assert!(list[..5].iter().all(|port| port % 2 == parity), "{list:?}");
            assert!(list[5..].iter().all(|port| port % 2 != parity), "{list:?}");
        }
        let mut rng = dice();
        let mixed = (0..40).map(|_| pick([32_768, 60_999], Order::Any, &mut rng, |_| true));
        let even = mixed.flatten().filter(|port| port % 2 == 0).count();
        assert!((10..=30).contains(&even), "{even} of 40 are even");
    }

    #[test]
    fn picks_are_even_over_the_range() {
        // Chi-square with 99 degrees of freedom: beyond 149 once in a thousand times.
        let (mut rng, mut counts) = (dice(), [0_u32; 100]);
        for _ in 0..10_000 {
            let port = pick([1000, 1099], Order::Any, &mut rng, |_| true).expect("all are free");
            counts[usize::from(port - 1000)] += 1;
        }
        let chi: f64 = counts.iter().map(|&n| (f64::from(n) - 100.0).powi(2) / 100.0).sum();
        assert!(chi < 149.0, "{chi}");
    }

    #[test]
    fn odd_ranges() {
        let pick = |range| pick(range, Order::SecondHalf, &mut dice(), |_| true);
        assert_eq!(pick([7, 7]), Some(7));
        assert_eq!(pick([0, 1]), Some(1));
        assert_eq!(pick([0, 0]), None);
        assert_eq!(pick([9, 8]), None);
        assert_eq!(exhaust([1, u16::MAX], Order::Any, &mut dice()).len(), 65_535);
    }

    proptest! {
        #[test]
        fn gives_every_port_of_the_range_once(first in 1..=u16::MAX, length in 0..300_u16, seed: u64) {
            let last = first.saturating_add(length);
            for order in [Order::Any, Order::FirstHalf, Order::SecondHalf] {
                let mut list = exhaust([first, last], order, &mut Stream::new(seed, "ports"));
                list.sort_unstable();
                prop_assert!(list.iter().copied().eq(first..=last));
            }
        }

        #[test]
        fn finds_the_only_free_port(port in 1024..=u16::MAX, seed: u64) {
            let mut rng = Stream::new(seed, "ports");
            for order in [Order::Any, Order::FirstHalf, Order::SecondHalf] {
                prop_assert_eq!(pick([1024, 65_535], order, &mut rng, |p| p == port), Some(port));
            }
        }
    }
}
