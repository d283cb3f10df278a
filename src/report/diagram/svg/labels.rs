//! Where along their arrows words hide least.

use super::paper::Point;

/// A straight line.
pub(super) type Segment = (Point, Point);

/// Places along an arrow, as parts of it, the best one first. Nobody reads a label from its end.
const PLACES: [f64; 9] = [0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73, 0.2, 0.8];
/// Between two points at which a label is looked at [px].
const APART: f64 = 14.0;
/// Above the arrow \[px\]: the middle of its words.
const LIFT: f64 = 9.0;
/// What is nearer to the middle of words than this is hidden by them \[px\].
const NEAR: f64 = 8.0;

/// Words on a line: the middle of them, as points.
#[derive(Debug, Clone, Default)]
pub(super) struct Placed(Vec<Point>);

impl Placed {
    /// Words on a level line from `left`.
    pub(super) fn level((x, y): Point, width: f64) -> Self {
        let count = (width / APART) as i32 + 1;
        Self((0..=count).map(|i| (x + width * f64::from(i) / f64::from(count), y)).collect())
    }

    /// How many of its points are nearer than `near` to some of `lines`.
    pub(super) fn hides(&self, lines: &[Segment], near: f64) -> usize {
        let is_hidden = |&&point: &&Point| lines.iter().any(|&line| distance(point, line) < near);
        self.0.iter().filter(is_hidden).count()
    }
}

/// The unit vector along a segment from left to right.
pub(super) fn direction((a, b): Segment) -> Point {
    let (from, to) = if a.0 <= b.0 { (a, b) } else { (b, a) };
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = (dx * dx + dy * dy).sqrt();
    if length > 0.0 { (dx / length, dy / length) } else { (1.0, 0.0) }
}

/// Finds a place for words of some `width` along `own`: where their middle is on the line. `others`
/// are lines that they should not hide, `placed` words that they should not touch.
pub(super) fn place(
    own: Segment,
    width: f64,
    others: &[Segment],
    placed: &[Placed],
) -> (Point, Placed, usize) {
    let (cos, sin) = direction(own);
    // Not beyond the ends.
    let ((ax, ay), (bx, by)) = own;
    let length = ((bx - ax) * (bx - ax) + (by - ay) * (by - ay)).sqrt().max(1.0);
    let least = ((width / 2.0 + 8.0) / length).min(0.5);
    let at = |part: f64| {
        let part = part.clamp(least, 1.0 - least);
        (ax + (bx - ax) * part, ay + (by - ay) * part)
    };
    let points = |(x, y): Point| {
        let count = (width / APART) as i32 + 1;
        let middle = f64::from(count) / 2.0;
        let point = |i: i32| {
            let along = (f64::from(i) - middle) * APART;
            (x + cos * along + sin * LIFT, y + sin * along - cos * LIFT)
        };
        Placed((0..=count).map(point).collect())
    };
    let cost = |place: Point| {
        let words = points(place);
        let on_words = |&(x, y): &Point| {
            placed
                .iter()
                .flat_map(|other| &other.0)
                .any(|&(a, b)| (a - x).abs() < APART && (b - y).abs() < 2.0 * NEAR - 2.0)
        };
        let words_hidden = words.0.iter().filter(|point| on_words(point)).count();
        words_hidden * 4 + words.hides(others, NEAR)
    };
    let places = PLACES.iter().map(|&part| (at(part), cost(at(part))));
    let (best, hidden) = places.min_by_key(|(_, cost)| *cost).unwrap_or((at(0.5), 0));
    (best, points(best), hidden)
}

/// How far a point is from a segment.
fn distance((x, y): Point, ((ax, ay), (bx, by)): Segment) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx * dx + dy * dy;
    let part = if length > 0.0 { ((x - ax) * dx + (y - ay) * dy) / length } else { 0.0 };
    let part = part.clamp(0.0, 1.0);
    let (px, py) = (x - ax - part * dx, y - ay - part * dy);
    (px * px + py * py).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_make_way_for_lines_and_words() {
        let own = ((0.0, 0.0), (500.0, 50.0));
        assert_eq!(place(own, 80.0, &[], &[]).0, (250.0, 25.0));
        let crossing = ((500.0, 0.0), (0.0, 50.0));
        let (moved, _, hidden) = place(own, 80.0, &[crossing], &[]);
        assert_ne!((moved, hidden), ((250.0, 25.0), 1));
        let (_, words, _) = place(own, 80.0, &[], &[]);
        assert_ne!(place(own, 80.0, &[], &[words]).0, (250.0, 25.0));
    }
}
