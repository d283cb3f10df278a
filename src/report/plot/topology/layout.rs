//! Where nodes go: by their coordinates if all have some, in rows if they form tiers, else so that the distance between any
//! two on paper is like the number of links between them (stress majorization: Gansner, Koren and
//! North, 2004), begun from the layers of a breadth-first search. Every step is fixed: the same
//! network always gets the same picture.

use std::collections::VecDeque;

use super::super::canvas::Point;
use super::super::page::Area;
use super::{Shape, Topology, tiers};

/// Beyond so many nodes the layers alone must do: the work grows with the square.
const MAX_STRESSED: usize = 400;
/// Rounds of improvement. More change nothing that the eye could see.
const ROUNDS: usize = 200;
/// One direction may be stretched so much more than the other.
const STRETCH: f64 = 1.7;

/// The same on maps, where degrees of latitude are longer than those of longitude.
const MAP_STRETCH: f64 = 1.35;

/// The place of each node on the sheet; nodes nearer than about `apart` are moved.
pub(super) fn places(network: &Topology, area: Area, apart: f64) -> Vec<Point> {
    let given: Option<Vec<Point>> =
        network.nodes.iter().map(|node| node.at.map(|(east, north)| (east, -north))).collect();
    match given {
        Some(places) if places.iter().all(|(x, y)| x.is_finite() && y.is_finite()) => {
            let mut places = fit(&places, area, MAP_STRETCH);
            spread(&mut places, area, apart);
            places
        }
        _ => {
            let graph = Graph::new(network.nodes.len(), &network.edges());
            if let Some(places) = tiers::places(&graph.0, &graph.heights(network)) {
                return fit(&places, area, f64::MAX);
            }
            let mut places = graph.layered();
            if places.len() <= MAX_STRESSED {
                graph.relax(&mut places);
                turn(&mut places);
            }
            let mut places = fit(&places, area, STRETCH);
            spread(&mut places, area, apart * 0.75);
            places
        }
    }
}

/// The distance between the two nodes that are nearest to each other.
pub(super) fn nearest(places: &[Point]) -> f64 {
    let mut order = places.to_vec();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut nearest = f64::MAX;
    for (i, a) in order.iter().enumerate() {
        for b in &order[i + 1..] {
            if b.0 - a.0 >= nearest {
                break;
            }
            nearest = nearest.min(libm::hypot(a.0 - b.0, a.1 - b.1));
        }
    }
    nearest
}

/// Neighbours by node.
struct Graph(Vec<Vec<usize>>);

impl Graph {
    fn new(nodes: usize, edges: &[[usize; 2]]) -> Self {
        let mut neighbours = vec![Vec::new(); nodes];
        for &[a, b] in edges.iter().filter(|[a, b]| a != b) {
            neighbours[a].push(b);
            neighbours[b].push(a);
        }
        Self(neighbours)
    }

    /// Links from `start` to each node that can be reached.
    fn distances(&self, start: usize) -> Vec<Option<usize>> {
        self.distances_to_nearest([start])
    }

    /// Links from each node to the nearest host.
    fn heights(&self, network: &Topology) -> Vec<Option<usize>> {
        let hosts = network.nodes.iter().enumerate().filter(|(_, node)| node.shape == Shape::Host);
        self.distances_to_nearest(hosts.map(|(host, _)| host))
    }

    /// Links to each node from the nearest of `starts`.
    fn distances_to_nearest(&self, starts: impl IntoIterator<Item = usize>) -> Vec<Option<usize>> {
        let mut distances = vec![None; self.0.len()];
        let mut next = VecDeque::new();
        for start in starts {
            distances[start] = Some(0);
            next.push_back((start, 0));
        }
        while let Some((node, distance)) = next.pop_front() {
            for &neighbour in &self.0[node] {
                if distances[neighbour].is_none() {
                    distances[neighbour] = Some(distance + 1);
                    next.push_back((neighbour, distance + 1));
                }
            }
        }
        distances
    }

    /// The reachable node farthest from `start`; of several the first.
    fn farthest(&self, start: usize) -> usize {
        let distances = self.distances(start);
        let far = |&node: &usize| (distances[node], std::cmp::Reverse(node));
        (0..self.0.len()).max_by_key(far).unwrap_or(start)
    }

    /// Columns by distance from an outermost node, parts that are not connected side by side.
    fn layered(&self) -> Vec<Point> {
        let mut places: Vec<Option<Point>> = vec![None; self.0.len()];
        let mut left = 0;
        for start in 0..self.0.len() {
            if places[start].is_some() {
                continue;
            }
            let distances = self.distances(self.farthest(start));
            let depth = distances.iter().flatten().max().copied().unwrap_or(0);
            for layer in 0..=depth {
                let mut members: Vec<(f64, usize)> = (0..self.0.len())
                    .filter(|&node| distances[node] == Some(layer))
                    .map(|node| (self.mean_height(node, &places), node))
                    .collect();
                members.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                let middle = (members.len() as f64 - 1.0) / 2.0;
                for (i, (_, node)) in members.into_iter().enumerate() {
                    places[node] = Some(((left + layer) as f64, i as f64 - middle));
                }
            }
            left += depth + 2;
        }
        places.into_iter().map(Option::unwrap_or_default).collect()
    }

    /// The mean height of the neighbours that have a place.
    fn mean_height(&self, node: usize, places: &[Option<Point>]) -> f64 {
        let placed = self.0[node].iter().filter_map(|&neighbour| places[neighbour]);
        let (sum, count) = placed.fold((0.0, 0.0), |(sum, n), (_, y)| (sum + y, n + 1.0));
        if count > 0.0 { sum / count } else { 0.0 }
    }

    /// Moves every node to where its distances to all others fit best, again and again.
    fn relax(&self, places: &mut [Point]) {
        let distances: Vec<_> = (0..places.len()).map(|node| self.distances(node)).collect();
        for _ in 0..ROUNDS {
            for node in 0..places.len() {
                let (mut x, mut y, mut weights) = (0.0, 0.0, 0.0);
                for (other, &(ox, oy)) in places.iter().enumerate() {
                    let Some(wanted) = distances[node][other].filter(|&links| links > 0) else {
                        continue;
                    };
                    let (dx, dy) = (places[node].0 - ox, places[node].1 - oy);
                    let is = libm::sqrt(dx * dx + dy * dy).max(1e-6);
                    let (wanted, weight) = (wanted as f64, 1.0 / (wanted * wanted) as f64);
                    x += weight * (ox + dx * wanted / is);
                    y += weight * (oy + dy * wanted / is);
                    weights += weight;
                }
                if weights > 0.0 {
                    places[node] = (x / weights, y / weights);
                }
            }
        }
    }
}

/// Turns the picture so that it is widest from left to right, the first node left of the middle
/// and not below it.
fn turn(places: &mut [Point]) {
    let count = places.len().max(1) as f64;
    let (sx, sy) = places.iter().fold((0.0, 0.0), |(sx, sy), (x, y)| (sx + x, sy + y));
    let (cx, cy) = (sx / count, sy / count);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for &(x, y) in places.iter() {
        xx += (x - cx) * (x - cx);
        xy += (x - cx) * (y - cy);
        yy += (y - cy) * (y - cy);
    }
    // Without a longest direction, as in a ring, any will do.
    let angle = libm::atan2(2.0 * xy, xx - yy) / 2.0;
    let (sin, cos) = if (xx - yy).abs() + xy.abs() > 1e-3 * (xx + yy) {
        (libm::sin(angle), libm::cos(angle))
    } else {
        (0.0, 1.0)
    };
    let turned = |(x, y): Point| ((x - cx) * cos + (y - cy) * sin, (y - cy) * cos - (x - cx) * sin);
    let (x, y) = places.first().map_or((0.0, 0.0), |&first| turned(first));
    let (right, down) = (if x > 1e-6 { -1.0 } else { 1.0 }, if y > 1e-6 { -1.0 } else { 1.0 });
    for place in places {
        let (x, y) = turned(*place);
        *place = (x * right, y * down);
    }
}

/// Pushes nodes away from each other until none are nearer than `apart`, or as far as a few rounds
/// get.
fn spread(places: &mut [Point], area: Area, apart: f64) {
    if places.len() > MAX_STRESSED {
        return;
    }
    for _ in 0..60 {
        for i in 0..places.len() {
            for j in 0..i {
                let (dx, dy) = (places[i].0 - places[j].0, places[i].1 - places[j].1);
                let is = libm::sqrt(dx * dx + dy * dy);
                if is >= apart {
                    continue;
                }
                let push = (apart - is) / 2.0;
                // Two in the same place part sideways.
                let (ux, uy) = if is > 1e-6 { (dx / is, dy / is) } else { (1.0, 0.0) };
                for (node, sign) in [(i, 1.0), (j, -1.0)] {
                    let (x, y) = places[node];
                    let (x, y) = (x + ux * push * sign, y + uy * push * sign);
                    places[node] = (x.clamp(area.left, area.right), y.clamp(area.top, area.bottom));
                }
            }
        }
    }
}

/// Turns nothing, but moves and scales the places to fill the area; one direction at most
/// `stretch` times as much as the other.
fn fit(places: &[Point], area: Area, stretch: f64) -> Vec<Point> {
    let range = |of: fn(&Point) -> f64| {
        places.iter().map(of).fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)))
    };
    let ((x0, x1), (y0, y1)) = (range(|p| p.0), range(|p| p.1));
    let scale = |room: f64, extent: f64| if extent > 1e-6 { room / extent } else { f64::MAX };
    let (sx, sy) = (scale(area.width(), x1 - x0), scale(area.height(), y1 - y0));
    let (sx, sy) = (sx.min(sy * stretch).min(1e6), sy.min(sx * stretch).min(1e6));
    let (cx, cy) = ((area.left + area.right) / 2.0, (area.top + area.bottom) / 2.0);
    let place =
        |&(x, y): &Point| (cx + (x - (x0 + x1) / 2.0) * sx, cy + (y - (y0 + y1) / 2.0) * sy);
    places.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Area = Area { left: 0.0, top: 0.0, right: 1000.0, bottom: 500.0 };

    fn laid_out(nodes: usize, edges: &[[usize; 2]]) -> Vec<Point> {
        let graph = Graph::new(nodes, edges);
        let mut places = graph.layered();
        graph.relax(&mut places);
        turn(&mut places);
        fit(&places, AREA, STRETCH)
    }

    #[test]
    fn a_line_is_a_line() {
        let places = laid_out(4, &[[0, 1], [1, 2], [2, 3]]);
        assert!(places.iter().all(|place| (place.1 - 250.0).abs() < 1.0), "{places:?}");
        let mut across: Vec<_> = places.iter().map(|place| place.0).collect();
        across.sort_by(f64::total_cmp);
        assert!((across[0], across[3]) == (0.0, 1000.0), "{across:?}");
    }

    #[test]
    fn nodes_keep_apart_and_inside() {
        let star: Vec<_> = (1..9).map(|leaf| [0, leaf]).collect();
        let ring: Vec<_> = (0..9).map(|node| [node, (node + 1) % 9]).collect();
        let apart: Vec<_> = (0..4).map(|node| [2 * node, 2 * node + 1]).collect();
        for edges in [star, ring, apart, Vec::new()] {
            let places = laid_out(9, &edges);
            assert!(nearest(&places) > 60.0, "{edges:?}: {places:?}");
            let inside =
                |&(x, y): &Point| (0.0..=1000.0).contains(&x) && (0.0..=500.0).contains(&y);
            assert!(places.iter().all(inside), "{places:?}");
        }
    }

    #[test]
    fn neighbours_on_maps_part() {
        let mut places = vec![(100.0, 100.0), (100.0, 100.0), (110.0, 100.0), (900.0, 400.0)];
        spread(&mut places, AREA, 50.0);
        assert!(nearest(&places) > 45.0, "{places:?}");
        assert_eq!(places[3], (900.0, 400.0));
    }

    #[test]
    fn odd_networks_are_harmless() {
        assert!(laid_out(0, &[]).is_empty());
        assert_eq!(laid_out(1, &[[0, 0]]), [(500.0, 250.0)]);
        let double = laid_out(2, &[[0, 1], [1, 0]]);
        assert!(nearest(&double) > 100.0);
    }
}
