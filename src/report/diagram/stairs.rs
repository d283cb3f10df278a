//! Where arrows run in the cells of a terminal: level in each row, a step down between two rows.
//!
//! An arrow alone has steps of the same width. Those that follow each other in the same direction
//! keep apart, the earlier ones ahead. Where two meet that go in opposite directions, one of them
//! goes straight down, so that they cross and do not seem to touch.

use std::ops::RangeInclusive;

/// The way of an arrow, in columns of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stairs {
    /// The column that it starts from: a lifeline.
    pub(super) start: usize,
    /// The column of its head or cross.
    pub(super) end: usize,
    /// The rows from its start to its end.
    pub(super) rows: RangeInclusive<usize>,
    /// Distances from the start at which it goes down, from each of its rows but the last.
    steps: Vec<usize>,
    /// It must go level for so long in its first row, to carry its label.
    level: usize,
    /// How far it may go beyond `end` to let others pass behind it, if it is lost.
    spare: usize,
}

impl Stairs {
    /// An arrow from `start` in the first of `rows` to `end` in the last, which is another one. If
    /// its cross may be elsewhere, it can go `spare` columns further.
    pub(super) fn new(
        (start, end): (usize, usize),
        rows: RangeInclusive<usize>,
        level: usize,
        spare: usize,
    ) -> Self {
        Self { start, end, rows, steps: Vec::new(), level, spare }
    }

    fn length(&self) -> usize {
        self.start.abs_diff(self.end)
    }

    /// Whether it goes to the right.
    pub(super) const fn is_rightward(&self) -> bool {
        self.end > self.start
    }

    /// Columns at a distance from the start.
    pub(super) fn column(&self, distance: usize) -> usize {
        match self.is_rightward() {
            true => self.start + distance,
            false => self.start.saturating_sub(distance),
        }
    }

    /// Distances at which it begins and ends in a row.
    pub(super) fn span(&self, row: usize) -> (usize, usize) {
        let i = row - self.rows.start();
        let begin = if i == 0 { 0 } else { self.steps[i - 1] };
        (begin, self.steps.get(i).copied().unwrap_or_else(|| self.length()))
    }

    /// Columns that it takes up in a row, from left to right.
    fn columns(&self, row: usize) -> (usize, usize) {
        let (begin, end) = self.span(row);
        let (a, b) = (self.column(begin), self.column(end));
        (a.min(b), a.max(b))
    }

    fn runs_beside(&self, other: &Self) -> bool {
        self.is_rightward() == other.is_rightward()
            && self.start == other.start
            && other.rows.start() <= self.rows.end()
    }
}

/// Finds the ways of arrows, which are in the order of sending. In rows where something else `is_written`
/// they go straight down.
pub(super) fn arrange(arrows: &mut [Stairs], is_written: &dyn Fn(usize) -> bool) {
    for i in (0..arrows.len()).rev() {
        let (before, after) = arrows.split_at_mut(i + 1);
        if let Some(own) = before.last_mut() {
            take_steps(own, after, is_written);
        }
    }
    for i in 1..arrows.len() {
        let (before, rest) = arrows.split_at_mut(i);
        for other in before {
            uncross(other, &mut rest[0], is_written);
        }
    }
}

/// Steps of the same width, but ahead of those that are sent later.
fn take_steps(own: &mut Stairs, later: &[Stairs], is_written: &dyn Fn(usize) -> bool) {
    let (first, last) = (*own.rows.start(), *own.rows.end());
    let mut steps = even_steps(own, is_written);
    for other in later.iter().take_while(|other| *other.rows.start() <= last) {
        let overtakes = other.end == own.end && other.rows.end() < own.rows.end();
        if !own.runs_beside(other) || overtakes {
            continue;
        }
        // In each row that both have, the other must have stepped down before this one begins.
        for row in (*other.rows.start()).max(first + 1)..=last {
            if let Some(&step) = other.steps.get(row - other.rows.start()) {
                let behind = &mut steps[row - 1 - first];
                *behind = (*behind).max(step + 1);
            }
        }
    }
    // What must be reached by the end of a row with words is reached before it.
    for i in (1..steps.len()).rev() {
        if is_written(first + i) {
            steps[i - 1] = steps[i - 1].max(steps[i]);
        }
    }
    let wanted = steps.iter().max().map_or(0, |step| step + 3);
    let further = wanted.saturating_sub(own.length()).min(own.spare);
    own.end = own.column(own.length() + further);
    let most = own.length().saturating_sub(2).max(1);
    let mut reached = 1;
    for step in &mut steps {
        reached = (*step).clamp(reached, most.max(reached));
        *step = reached;
    }
    own.steps = steps;
}

/// Steps of the same width, with none where something is written.
fn even_steps(own: &Stairs, is_written: &dyn Fn(usize) -> bool) -> Vec<usize> {
    let (first, last) = (*own.rows.start(), *own.rows.end());
    let free = |row: &usize| *row == first || !is_written(*row);
    let count = (first..last).filter(free).count() + 1;
    let mut taken = 0;
    let step = |row: usize| {
        taken += usize::from(free(&row));
        (own.length() * taken / count).max(own.level)
    };
    (first..last).map(step).collect()
}

/// Where both go level over each other in a row, one of them goes straight down there.
fn uncross(one: &mut Stairs, other: &mut Stairs, is_written: &dyn Fn(usize) -> bool) {
    if one.is_rightward() == other.is_rightward() {
        return;
    }
    let (from, to) =
        ((*one.rows.start()).max(*other.rows.start()), (*one.rows.end()).min(*other.rows.end()));
    for row in from..=to {
        let (a, b) = (one.columns(row), other.columns(row));
        let (left, right) = (a.0.max(b.0), a.1.min(b.1));
        if left >= right {
            continue;
        }
        let middle = left.midpoint(right);
        if !go_straight(one, row, middle) {
            go_straight(other, row, middle);
        }
    }
    for row in (from..to).filter(|&row| !is_written(row) && !is_written(row + 1)) {
        part(one, other, row);
    }
}

/// Where both step down from a row in the same column, the other one does so a column further.
fn part(one: &Stairs, other: &mut Stairs, row: usize) {
    let place = row - other.rows.start();
    let step = other.steps[place];
    let next = other.steps.get(place + 1).copied().unwrap_or(other.length().saturating_sub(2));
    let own = one.steps[row - one.rows.start()];
    if one.column(own) == other.column(step) && step < next {
        other.steps[place] = step + 1;
    }
}

fn go_straight(arrow: &mut Stairs, row: usize, column: usize) -> bool {
    let is_inner = row > *arrow.rows.start() && row < *arrow.rows.end();
    if is_inner {
        let i = row - arrow.rows.start();
        let distance = column.abs_diff(arrow.start);
        arrow.steps[i - 1] = distance;
        arrow.steps[i] = distance;
    }
    is_inner
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arranged(mut arrows: Vec<Stairs>) -> Vec<Vec<usize>> {
        arrange(&mut arrows, &|_| false);
        arrows.into_iter().map(|arrow| arrow.steps).collect()
    }

    #[test]
    fn alone_the_steps_are_even() {
        assert_eq!(arranged(vec![Stairs::new((10, 50), 3..=6, 5, 0)]), [vec![10, 20, 30]]);
        assert_eq!(arranged(vec![Stairs::new((50, 10), 3..=4, 25, 0)]), [vec![25]]);
    }

    #[test]
    fn earlier_ones_are_ahead() {
        let steps = arranged(vec![
            Stairs::new((0, 40), 0..=3, 20, 0),
            Stairs::new((0, 40), 1..=4, 20, 0),
            Stairs::new((0, 40), 2..=5, 20, 0),
        ]);
        assert_eq!(steps, [vec![22, 22, 32], vec![21, 21, 31], vec![20, 20, 30]]);
    }

    #[test]
    fn opposite_ones_cross_at_right_angles() {
        let mut arrows =
            vec![Stairs::new((0, 40), 0..=4, 10, 0), Stairs::new((40, 0), 0..=4, 10, 0)];
        arrange(&mut arrows, &|_| false);
        let (a, b) = (arrows[0].columns(2), arrows[1].columns(2));
        assert_eq!(a.0, a.1, "straight down");
        assert!(b.0 < a.0 && a.0 < b.1, "through the other: {a:?} {b:?}");
    }
}
