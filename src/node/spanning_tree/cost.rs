//! What crossing a link costs in the spanning tree.

use crate::units::Rate;

/// IEEE 802.1D-1998, table 8-5: rate [Mbit/s] and cost; the last line is ours, for the end.
const TABLE: [(u64, u64); 5] = [(10, 100), (100, 19), (1_000, 4), (10_000, 2), (100_000, 1)];

/// The largest cost that the standard allows.
const MAX: u64 = 65_535;

/// The path cost of an interface with this rate: 100 at 10 Mbit/s, 19 at 100 Mbit/s, 4 at
/// 1 Gbit/s, 2 at 10 Gbit/s.
///
/// Between these the cost falls in proportion to the rate, starting from the slower rate's and
/// never below the faster rate's. That gives the standard's 250 at 4 Mbit/s and 62 at
/// 16 Mbit/s too, and a faster link never costs more.
#[must_use]
pub fn path_cost(rate: Rate) -> u32 {
    let bps = rate.as_bps();
    let faster = TABLE.partition_point(|&(mbps, _)| mbps * 1_000_000 <= bps);
    let (mbps, cost) = TABLE[faster.saturating_sub(1)];
    let floor = TABLE.get(faster.max(1)).map_or(1, |&(_, cost)| cost);
    let cost = (cost * mbps * 1_000_000 / bps).clamp(floor, MAX);
    u32::try_from(cost).expect("clamped to sixteen bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_standards_table() {
        for (mbps, cost) in
            [(4, 250), (10, 100), (16, 62), (100, 19), (1_000, 4), (10_000, 2), (100_000, 1)]
        {
            assert_eq!(path_cost(Rate::from_bps(mbps * 1_000_000)), cost, "{mbps} Mbit/s");
        }
    }

    #[test]
    fn never_rises_with_the_rate_and_is_never_nothing() {
        let rates = (0..400).map(|n| Rate::from_bps(libm::pow(10.0, f64::from(n) / 25.0) as u64));
        let costs: Vec<_> = rates.map(path_cost).collect();
        assert_eq!((costs.first(), costs.last()), (Some(&65_535), Some(&1)));
        assert!(costs.is_sorted_by(|a, b| a >= b));
    }
}
