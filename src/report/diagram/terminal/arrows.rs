//! Arrows in the terminal: their ways, their words, what became of them.

use super::{HEADING, Page};
use crate::report::diagram::grid::{DOWN, Ink, LEFT, RIGHT, UP};
use crate::report::diagram::model::{Arrow, End, shortened};
use crate::report::diagram::stairs::Stairs;

impl Page<'_> {
    /// The ways of all arrows, as wide as they need to be for their labels.
    pub(super) fn ways(&self) -> Vec<Stairs> {
        let way = |(i, arrow): (usize, &Arrow)| {
            let (start, end) = (self.columns[arrow.from], self.columns[arrow.to]);
            let room = start.abs_diff(end).saturating_sub(1);
            let ahead = self.ahead(i).min(room / 2);
            let label = arrow.label.fitted(room.saturating_sub(8 + ahead)).chars().count();
            let level = label + 6;
            let (reach, spare) = match arrow.end {
                End::Lost { .. } => {
                    let reach = (room / 2).max(level + 3).min(room);
                    (reach, room - reach)
                }
                _ => (room, 0),
            };
            let end = if end > start { start + reach } else { start.saturating_sub(reach) };
            let rows = self.rows.sent[i]..=self.rows.ended[i].max(self.rows.sent[i] + 1);
            Stairs::new((start, end), rows, level, spare)
        };
        self.diagram.arrows.iter().enumerate().map(way).collect()
    }

    /// How many arrows are ahead of one on the same way when it begins.
    fn ahead(&self, i: usize) -> usize {
        let own = &self.diagram.arrows[i];
        let is_ahead = |&j: &usize| {
            let other = &self.diagram.arrows[j];
            (other.from, other.to) == (own.from, own.to) && self.rows.ended[j] > self.rows.sent[i]
        };
        (0..i).filter(is_ahead).count()
    }

    pub(super) fn way(&mut self, arrow: &Arrow, way: &Stairs) {
        let ink = ink(arrow);
        for row in way.rows.clone() {
            let (begin, end) = way.span(row);
            self.grid.level(HEADING + row, way.column(begin), way.column(end), ink);
            if row < *way.rows.end() {
                self.grid.line(HEADING + row, way.column(end), DOWN, ink);
                self.grid.line(HEADING + row + 1, way.column(end), UP, ink);
            }
        }
        let outwards = if way.is_rightward() { RIGHT } else { LEFT };
        self.grid.line(HEADING + way.rows.start(), way.start, outwards, Ink::Dim);
    }

    /// Writes what the arrow says onto its first row, near its start.
    pub(super) fn label(&mut self, arrow: &Arrow, way: &Stairs) {
        let row = *way.rows.start();
        let (_, end) = way.span(row);
        let text = format!(" {} ", arrow.label.fitted(end.saturating_sub(5)));
        let length = text.chars().count();
        let start = |offset: usize| match way.is_rightward() {
            true => way.start + offset,
            false => (way.start + 1).saturating_sub(offset + length),
        };
        let offsets = (3..=end.saturating_sub(length + 1).max(3)).chain([2]);
        let crossed = |offset: &usize| {
            (0..length).filter(|i| self.grid.is_crossed(HEADING + row, start(*offset) + i)).count()
        };
        let offset = offsets.min_by_key(crossed).unwrap_or(3);
        let hidden = if ink(arrow) == Ink::Dim { Ink::Plain } else { ink(arrow) };
        self.words(row, start(offset), &text, hidden);
    }

    /// Writes words; spaces before and after them hide level lines only.
    pub(super) fn words(&mut self, row: usize, column: usize, words: &str, ink: Ink) {
        for (i, letter) in words.chars().enumerate() {
            let is_edge = i == 0 || i + 1 == words.chars().count();
            if !is_edge || letter != ' ' || !self.grid.is_crossed(HEADING + row, column + i) {
                self.grid.write(HEADING + row, column + i, letter.encode_utf8(&mut [0; 4]), ink);
            }
        }
    }

    /// Draws the head of an arrow, or its cross with the reason.
    pub(super) fn fate(&mut self, arrow: &Arrow, way: &Stairs) {
        let row = *way.rows.end();
        let (sign, why) = match &arrow.end {
            End::Arrived(_) => (if way.is_rightward() { "►" } else { "◄" }, ""),
            End::Underway => ("…", ""),
            End::Lost { why, .. } | End::Refused { why, .. } => ("✗", why.as_str()),
        };
        self.grid.write(HEADING + row, way.end, sign, ink(arrow));
        if why.is_empty() {
            return;
        }
        let (begin, end) = way.span(row);
        let length = why.chars().count();
        if matches!(arrow.end, End::Refused { .. }) && end - begin > length + 3 {
            let before = way.end.saturating_sub(length + 2);
            let start = if way.is_rightward() { before } else { way.end + 1 };
            return self.words(row, start, &format!(" {why} "), Ink::Bad);
        }
        // Beyond the cross if there is room, before the last step otherwise.
        let own = way.column(begin);
        let target = self.columns[arrow.to];
        let beyond = target.abs_diff(way.end).saturating_sub(2);
        let near = own.abs_diff(way.start).saturating_sub(2);
        let (edge, room, is_right) = match length <= beyond || beyond > near {
            true => (way.end, beyond, way.is_rightward()),
            false => (own, near, !way.is_rightward()),
        };
        let text = shortened(why, room.saturating_sub(1));
        let start = match is_right {
            true => edge + 2,
            false => edge.saturating_sub(text.chars().count() + 1),
        };
        self.words(row, start, &text, Ink::Bad);
    }
}

const fn ink(arrow: &Arrow) -> Ink {
    match (arrow.end.is_good(), &arrow.purpose) {
        (false, _) => Ink::Bad,
        (true, Some(_)) => Ink::Again,
        (true, None) => Ink::Plain,
    }
}
