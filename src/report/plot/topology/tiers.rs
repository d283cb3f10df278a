//! Networks in tiers, as trees and Clos networks are drawn: hosts in the lowest row, what connects
//! them above, what connects that above again.

use super::super::canvas::Point;

/// A row of more nodes would be too crowded.
const MAX_ROW: usize = 36;
/// Sweeps that put nodes next to their neighbours.
const SWEEPS: usize = 8;

/// Places in rows, if the network is one of at least three tiers with links only between one tier
/// and the next; `heights` are the links from each node to the nearest host.
pub(super) fn places(neighbours: &[Vec<usize>], heights: &[Option<usize>]) -> Option<Vec<Point>> {
    let heights: Vec<usize> = heights.iter().copied().collect::<Option<_>>()?;
    let top = heights.iter().max().copied().filter(|&top| top >= 2)?;
    let tiered = |node: usize| {
        neighbours[node].iter().all(|&other| heights[node].abs_diff(heights[other]) == 1)
    };
    if !(0..heights.len()).all(tiered) {
        return None;
    }
    let mut rows = vec![Vec::new(); top + 1];
    for (node, &height) in heights.iter().enumerate() {
        rows[height].push(node);
    }
    if rows.iter().any(|row| row.len() > MAX_ROW) {
        return None;
    }
    let mut across = vec![0.0; heights.len()];
    rows.iter().for_each(|row| space_out(row, &mut across));
    for sweep in 0..SWEEPS {
        let order: Vec<usize> =
            if sweep % 2 == 0 { (0..=top).rev().collect() } else { (0..=top).collect() };
        for height in order {
            sort(&mut rows[height], neighbours, &mut across);
        }
    }
    let place = |(node, &height): (usize, &usize)| (across[node] * 2.0, (top - height) as f64);
    Some(heights.iter().enumerate().map(place).collect())
}

/// Spreads a row evenly from 0 to 1.
fn space_out(row: &[usize], across: &mut [f64]) {
    for (i, &node) in row.iter().enumerate() {
        across[node] = (i as f64 + 0.5) / row.len() as f64;
    }
}

/// Orders a row by the mean places of its nodes' neighbours.
fn sort(row: &mut [usize], neighbours: &[Vec<usize>], across: &mut [f64]) {
    let mean = |node: usize| {
        let sum: f64 = neighbours[node].iter().map(|&other| across[other]).sum();
        sum / neighbours[node].len().max(1) as f64
    };
    // Rounded, so that ties are ties: they keep the scenario's order.
    let key = |node: usize| libm::round(mean(node) * 1e6) as i64;
    row.sort_by_cached_key(|&node| (key(node), node));
    space_out(row, across);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_has_rows() {
        // 0 over 1 and 2, over hosts 3 to 6 in an order that would cross.
        let neighbours =
            [vec![1, 2], vec![0, 3, 5], vec![0, 4, 6], vec![1], vec![2], vec![1], vec![2]];
        let heights = [2, 1, 1, 0, 0, 0, 0].map(Some);
        let places = places(&neighbours, &heights).expect("tiers");
        assert_eq!(places[0], (1.0, 0.0));
        assert!(places[3].0.max(places[5].0) < places[4].0.min(places[6].0), "{places:?}");
        assert!(places.iter().zip([0.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]).all(|(p, y)| p.1 == y));
    }

    #[test]
    fn other_networks_have_none() {
        // A dumbbell: the routers are in the same tier.
        let neighbours = [vec![1], vec![0, 2], vec![1, 3], vec![2]];
        assert_eq!(places(&neighbours, &[0, 1, 1, 0].map(Some)), None);
        // No host at all.
        assert_eq!(places(&[vec![1], vec![0]], &[None, None]), None);
    }
}
