//! The rows of a diagram in a terminal: what happens at the same time and place shares one.

use super::model::Diagram;
use super::sequence::{Happening, Step, steps};
use crate::report::human;
use crate::units::Time;

/// A row.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) at: Time,
    /// Nothing happens for so long.
    pub(super) idle: Option<Time>,
    /// Packets that are left out here.
    pub(super) fold: Option<usize>,
    /// What is written beside lifelines.
    pub(super) beside: Vec<(usize, String)>,
    /// What is written between lifelines, and at which.
    pub(super) caption: Option<(usize, String)>,
    /// The lifeline where it happens.
    lifeline: Option<usize>,
    /// Whether an arrow begins or ends in it.
    has_arrow: bool,
}

impl Row {
    fn is_free_beside(&self, lifeline: usize) -> bool {
        self.beside.iter().all(|(place, _)| *place != lifeline)
    }

    fn is_at(&self, at: Time, lifeline: usize) -> bool {
        self.idle.is_none() && self.at == at && self.lifeline == Some(lifeline)
    }
}

/// All rows, and where in them things are.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) list: Vec<Row>,
    /// By arrow: the row in which it begins.
    pub(super) sent: Vec<usize>,
    /// By arrow: the row in which it ends.
    pub(super) ended: Vec<usize>,
    /// Timers with the rows from which and to which they ran.
    pub(super) timers: Vec<(usize, usize, usize)>,
}

/// Puts all that happens into rows.
pub(super) fn rows(diagram: &Diagram) -> Rows {
    let count = diagram.arrows.len();
    let mut rows = Rows { sent: vec![0; count], ended: vec![0; count], ..Rows::default() };
    let steps = steps(diagram);
    rows.first(diagram, steps.first().map_or(Time::ZERO, |step| step.at));
    for step in steps {
        if let Some(idle) = step.idle {
            rows.list.push(Row { at: step.at, idle: Some(idle), ..Row::default() });
        }
        rows.put(diagram, step);
    }
    // Room below the last step of arrows that end in the row in which they begin.
    let needed = rows.sent.iter().map(|row| row + 2).max().unwrap_or(0);
    while rows.list.len() < needed {
        let at = rows.list.last().map_or(Time::ZERO, |row| row.at);
        rows.list.push(Row { at, ..Row::default() });
    }
    rows
}

impl Rows {
    /// Whether arrows go straight down in a row, because words are in their way.
    pub(super) fn is_straight(&self, row: usize) -> bool {
        self.list.get(row).is_some_and(|row| row.fold.is_some() || row.idle.is_some())
    }

    /// A row with the states at the start, if there are any.
    fn first(&mut self, diagram: &Diagram, at: Time) {
        let state = |(place, lifeline): (usize, &super::model::Lifeline)| {
            lifeline.state.clone().map(|state| (place, state))
        };
        let beside: Vec<_> = diagram.lifelines.iter().enumerate().filter_map(state).collect();
        if !beside.is_empty() {
            self.list.push(Row { at, beside, ..Row::default() });
        }
    }

    fn put(&mut self, diagram: &Diagram, Step { at, what, .. }: Step) {
        match what {
            Happening::Sent(i) => {
                let lifeline = diagram.arrows[i].from;
                self.sent[i] = self.empty(at, lifeline);
                self.list[self.sent[i]].has_arrow = true;
            }
            Happening::Ended(i) => {
                self.ended[i] = self.add(at, diagram.arrows[i].to);
                self.list[self.ended[i]].has_arrow = true;
            }
            Happening::State(i) => {
                let mark = &diagram.states[i];
                self.beside(at, mark.lifeline, mark.state.clone());
            }
            Happening::Remark(i) => {
                let mark = &diagram.remarks[i];
                let row = self.add(at, mark.lifeline);
                self.list[row].caption = Some((mark.lifeline, mark.text.clone()));
            }
            Happening::Fold(i) => {
                self.list.push(Row { at, fold: Some(i), ..Row::default() });
            }
            Happening::Purpose(i) => {
                let arrow = &diagram.arrows[i];
                let Some(purpose) = arrow.purpose.clone() else { return };
                let row = self.empty(at, arrow.from);
                self.list[row].caption = Some((arrow.from, purpose));
            }
            Happening::Expired(i) => {
                let timer = diagram.timers[i];
                let begins =
                    |row: &Row| row.at >= timer.armed && row.lifeline == Some(timer.lifeline);
                let from = self.list.iter().position(begins).unwrap_or(self.list.len());
                let ran = timer.expired.saturating_sub(timer.armed).as_secs_f64();
                self.beside(at, timer.lifeline, format!("RTO {}", human::time(ran)));
                let to = self.list.iter().rposition(|row| row.lifeline == Some(timer.lifeline));
                self.timers.push((i, from, to.unwrap_or(from)));
            }
        }
    }

    /// A row with room between the lifelines: the last one if it has, or a new one.
    fn empty(&mut self, at: Time, lifeline: usize) -> usize {
        match self.list.last() {
            Some(row) if row.is_at(at, lifeline) && !row.has_arrow && row.caption.is_none() => {
                self.list.len() - 1
            }
            _ => self.add(at, lifeline),
        }
    }

    fn add(&mut self, at: Time, lifeline: usize) -> usize {
        self.list.push(Row { at, lifeline: Some(lifeline), ..Row::default() });
        self.list.len() - 1
    }

    /// Writes beside a lifeline, in the row of what has just happened there if that is free.
    fn beside(&mut self, at: Time, lifeline: usize, text: String) {
        let now = self.list.iter().rev().take_while(|row| row.at == at && row.idle.is_none());
        let since = now.take_while(|row| row.lifeline != Some(lifeline)).count();
        let latest = self.list.len().checked_sub(since + 1);
        let fits = |row: &Row| row.is_at(at, lifeline) && row.is_free_beside(lifeline);
        let row = match latest.filter(|&row| fits(&self.list[row])) {
            Some(row) => row,
            None => self.add(at, lifeline),
        };
        self.list[row].beside.push((lifeline, text));
    }
}
