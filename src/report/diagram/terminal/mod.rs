//! Diagrams as text: one row for each thing that happens, in order, whatever time passes between.
//!
//! This file: the columns of nodes and the words beside them; `arrows`: what goes from one to another.

mod arrows;

use super::grid::{DOWN, Grid, Ink, UP};
use super::model::{Diagram, shortened};
use super::rows::{Row, Rows, rows};
use super::stairs::arrange;
use crate::report::human;
use crate::units::Time;

/// The narrowest page that is drawn \[columns\].
pub const NARROWEST: usize = 40;
/// The widest page that is drawn \[columns\].
pub const WIDEST: usize = 1000;

/// How a diagram is to look.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Columns of the page, from [`NARROWEST`] to [`WIDEST`].
    pub width: usize,
    /// Whether to colour.
    pub colour: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { width: 80, colour: false }
    }
}

/// The diagram as lines of text, none longer than the page is wide.
#[must_use]
pub fn print(diagram: &Diagram, look: Look) -> String {
    let width = look.width.clamp(NARROWEST, WIDEST);
    let mut text = String::new();
    text.push_str(&paragraph(&diagram.title, width));
    if !diagram.lifelines.is_empty() {
        text.push('\n');
        text.push_str(&Page::new(diagram, width).draw().text(look.colour));
    }
    for (i, note) in diagram.notes.iter().enumerate() {
        if i == 0 {
            text.push('\n');
        }
        text.push_str(&paragraph(note, width));
    }
    text
}

/// Words in lines that are no longer than the page is wide.
fn paragraph(words: &str, width: usize) -> String {
    let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let lines = textwrap::wrap(&words, width);
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Lines above the first row: names, addresses.
const HEADING: usize = 2;

/// A diagram on its way to the grid.
struct Page<'a> {
    diagram: &'a Diagram,
    rows: Rows,
    /// Where the lifelines are.
    columns: Vec<usize>,
    /// Digits after the point of seconds.
    decimals: usize,
    grid: Grid,
}

impl<'a> Page<'a> {
    fn new(diagram: &'a Diagram, width: usize) -> Self {
        let rows = rows(diagram);
        let decimals = decimals(&rows.list);
        let longest = |lifeline: usize| {
            let texts = rows.list.iter().flat_map(|row| &row.beside);
            let own = texts.filter(|(place, _)| *place == lifeline);
            own.map(|(_, text)| text.chars().count()).max().unwrap_or(0).min(width / 5)
        };
        let time = rows.list.iter().map(|row| stamp(row.at, decimals).len()).max().unwrap_or(0);
        let count = diagram.lifelines.len();
        let [left, right] = [longest(0), longest(count - 1)];
        let margin = |text: usize| if text > 0 { text + 2 } else { 1 };
        let first = (time + 1 + margin(left)).min(width / 2);
        let last = width.saturating_sub(1 + margin(right)).max(first + 1);
        let apart = |i: usize| (last - first) * i / (count - 1).max(1);
        let columns = (0..count).map(|i| first + apart(i)).collect();
        let mut grid = Grid::new(width);
        grid.grow(HEADING + rows.list.len());
        Self { diagram, rows, columns, decimals, grid }
    }

    fn draw(mut self) -> Grid {
        self.headings();
        self.lifelines();
        let mut ways = self.ways();
        arrange(&mut ways, &|row| self.rows.is_straight(row));
        for (arrow, way) in self.diagram.arrows.iter().zip(&ways) {
            self.way(arrow, way);
        }
        self.timers();
        for (arrow, way) in self.diagram.arrows.iter().zip(&ways) {
            self.label(arrow, way);
        }
        for (arrow, way) in self.diagram.arrows.iter().zip(&ways) {
            self.fate(arrow, way);
        }
        self.margins();
        self.captions();
        self.grid
    }

    /// Names and addresses, in the middle over their lifelines as far as there is room.
    fn headings(&mut self) {
        let time = "time [s]";
        let width = stamp(Time::ZERO, self.decimals).len().max(time.len());
        self.grid.write(1, width.saturating_sub(time.len()), time, Ink::Dim);
        for (i, lifeline) in self.diagram.lifelines.iter().enumerate() {
            let middle = |a: usize, b: usize| a.midpoint(b);
            let (left, right) = (
                if i == 0 { width + 1 } else { middle(self.columns[i - 1], self.columns[i]) + 1 },
                self.columns
                    .get(i + 1)
                    .map_or(self.grid.width(), |&next| middle(self.columns[i], next)),
            );
            for (row, text, ink) in
                [(0, &lifeline.name, Ink::Bold), (1, &lifeline.address, Ink::Dim)]
            {
                let text = shortened(text, right.saturating_sub(left));
                let length = text.chars().count();
                let start = self.columns[i].saturating_sub(length / 2);
                let start = start.min(right.saturating_sub(length)).max(left);
                self.grid.write(row, start, &text, ink);
            }
        }
    }

    fn lifelines(&mut self) {
        for (i, row) in self.rows.list.iter().enumerate() {
            for &column in &self.columns {
                match row.idle {
                    Some(_) => self.grid.write(HEADING + i, column, "┊", Ink::Dim),
                    None => self.grid.line(HEADING + i, column, UP | DOWN, Ink::Dim),
                }
            }
        }
    }

    /// Brackets beside the lifelines, from arming to expiry.
    fn timers(&mut self) {
        let last = self.columns.len() - 1;
        for &(timer, from, to) in &self.rows.timers {
            let lifeline = self.diagram.timers[timer].lifeline;
            let column = match lifeline {
                0 => self.columns[0].saturating_sub(1),
                _ => self.columns[lifeline] + 1,
            };
            if lifeline != 0 && lifeline != last {
                continue;
            }
            let signs = if lifeline == 0 {
                ["╭", "╎", "╰", "├"]
            } else {
                ["╮", "╎", "╯", "┤"]
            };
            // One that expires may be armed again at once.
            let goes_on = |row: usize| {
                self.rows.timers.iter().any(|&(other, _, end)| {
                    end == row && self.diagram.timers[other].lifeline == lifeline
                })
            };
            for row in from..=to {
                let sign = if row == from && to > from && goes_on(row) {
                    signs[3]
                } else if row == from {
                    signs[0]
                } else if row == to {
                    signs[2]
                } else {
                    signs[1]
                };
                self.grid.write(HEADING + row, column, sign, Ink::Again);
            }
        }
    }

    /// Times, states and timers beside the lifelines.
    fn margins(&mut self) {
        let rows = std::mem::take(&mut self.rows.list);
        let last = self.columns.len() - 1;
        let mut before = None;
        for (i, row) in rows.iter().enumerate() {
            if row.idle.is_none() && before != Some(row.at) {
                self.grid.write(HEADING + i, 0, &stamp(row.at, self.decimals), Ink::Dim);
                before = Some(row.at);
            }
            for (lifeline, text) in &row.beside {
                let length = text.chars().count();
                let column = self.columns[*lifeline];
                match *lifeline {
                    0 => {
                        let text = shortened(text, column.saturating_sub(2));
                        let start = column.saturating_sub(1 + text.chars().count());
                        self.grid.write(HEADING + i, start, &text, Ink::State);
                    }
                    place if place == last => {
                        let room = self.grid.width().saturating_sub(column + 2);
                        self.grid.write(
                            HEADING + i,
                            column + 2,
                            &shortened(text, room),
                            Ink::State,
                        );
                    }
                    _ => self.words(i, column + 2, &shortened(text, length), Ink::State),
                }
            }
        }
        self.rows.list = rows;
    }

    /// Words between the lifelines: idle times, what is left out, why a packet is sent.
    fn captions(&mut self) {
        let rows = std::mem::take(&mut self.rows.list);
        for (i, row) in rows.iter().enumerate() {
            if let Some(idle) = row.idle {
                self.centred(i, &human::time(idle.as_secs_f64()));
                self.grid.write(
                    HEADING + i,
                    0,
                    &format!("{:>1$}", "⋮", self.columns[0].min(4)),
                    Ink::Dim,
                );
            }
            if let Some(fold) = row.fold {
                self.centred(i, &format!("⋮ {} ⋮", self.diagram.folds[fold].words()));
            }
            if let Some((lifeline, text)) = &row.caption {
                self.caption(i, *lifeline, text);
            }
        }
        self.rows.list = rows;
    }

    fn centred(&mut self, row: usize, text: &str) {
        let (first, last) = (self.columns[0], self.columns[self.columns.len() - 1]);
        let text = format!(" {} ", shortened(text, (last - first).saturating_sub(3)));
        let length = text.chars().count();
        let middle = first.midpoint(last).saturating_sub(length / 2).max(first + 1);
        let end = last.saturating_sub(length).max(first + 1);
        // As near to the middle as it can be without hiding a line.
        let cost = |&start: &usize| {
            let hidden =
                (start..start + length).filter(|&i| self.grid.is_crossed(HEADING + row, i)).count();
            (hidden, start.abs_diff(middle))
        };
        let start = (first + 1..=end).min_by_key(cost).unwrap_or(middle);
        self.words(row, start, &text, Ink::Dim);
    }

    /// Words at a lifeline, on the side where the others are.
    fn caption(&mut self, row: usize, lifeline: usize, text: &str) {
        let column = self.columns[lifeline];
        let next = self.columns.get(lifeline + 1);
        let other = next.or_else(|| self.columns.get(lifeline.wrapping_sub(1)));
        let room = other.map_or(usize::MAX, |other| other.abs_diff(column)).saturating_sub(3);
        let text = shortened(text, room.min(self.grid.width()));
        let start = match next {
            Some(_) => column + 2,
            None => column.saturating_sub(1 + text.chars().count()),
        };
        self.grid.write(HEADING + row, start, &text, Ink::Again);
    }
}

/// Seconds.
fn stamp(at: Time, decimals: usize) -> String {
    let ps_per_digit = 10u64.pow(12 - decimals as u32);
    let units = at.as_ps().saturating_add(ps_per_digit / 2) / ps_per_digit;
    let per_second = 10u64.pow(decimals as u32);
    format!("{:>3}.{:0decimals$}", units / per_second, units % per_second)
}

/// As few digits as tell all times apart, but not less than three and not more than six.
fn decimals(rows: &[Row]) -> usize {
    let differ = |decimals: &usize| {
        rows.windows(2).all(|pair| {
            pair[0].at == pair[1].at || stamp(pair[0].at, *decimals) != stamp(pair[1].at, *decimals)
        })
    };
    (3..6).find(differ).unwrap_or(6)
}
