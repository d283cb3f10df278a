//! How far down the page things are: in proportion to time as long as something is on its way, with
//! idle times cut short and room for words.

use crate::report::diagram::model::Diagram;
use crate::report::diagram::sequence::{Happening, Step, steps, usual_flight};
use crate::units::Time;

/// How far down a usual flight goes [px].
const FLIGHT: f64 = 74.0;
/// The most that one step goes down while something is on its way [px].
const MOST: f64 = 110.0;
/// An idle time [px].
const IDLE: f64 = 62.0;
/// Between two arrows that leave the same lifeline [px].
const BETWEEN_ARROWS: f64 = 23.0;
/// Between two heads at the same lifeline [px].
const BETWEEN_HEADS: f64 = 20.0;
/// Between two words beside the same lifeline [px].
const BETWEEN_WORDS: f64 = 17.0;
/// Above and below words between the lifelines [px].
const AROUND_WORDS: f64 = 22.0;

/// Where an idle time is cut short.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Break {
    pub(super) top: f64,
    pub(super) bottom: f64,
    pub(super) idle: Time,
}

/// Distances from the upper edge [px], by places in the lists of the diagram.
#[derive(Debug, Default)]
pub(super) struct Scale {
    pub(super) sent: Vec<f64>,
    pub(super) ended: Vec<f64>,
    pub(super) states: Vec<f64>,
    pub(super) expired: Vec<f64>,
    pub(super) folds: Vec<f64>,
    pub(super) remarks: Vec<f64>,
    pub(super) breaks: Vec<Break>,
    /// All times that are told.
    pub(super) times: Vec<(Time, f64)>,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// The lowest things so far at one lifeline.
#[derive(Debug, Clone, Copy)]
struct Side {
    sent: f64,
    head: f64,
    words: f64,
}

impl Scale {
    pub(super) fn new(diagram: &Diagram, top: f64) -> Self {
        let mut scale = Self {
            sent: vec![top; diagram.arrows.len()],
            ended: vec![top; diagram.arrows.len()],
            states: vec![top; diagram.states.len()],
            expired: vec![top; diagram.timers.len()],
            folds: vec![top; diagram.folds.len()],
            remarks: vec![top; diagram.remarks.len()],
            top,
            ..Self::default()
        };
        let unit = usual_flight(diagram).as_secs_f64();
        let far = f64::NEG_INFINITY;
        let side = |line: &crate::report::diagram::model::Lifeline| {
            let words = if line.state.is_some() { top } else { far };
            Side { sent: far, head: far, words }
        };
        let mut sides: Vec<Side> = diagram.lifelines.iter().map(side).collect();
        // Below everything that is written between the lifelines.
        let mut clear = far;
        let mut last: Option<(Time, f64)> = None;
        for step in steps(diagram) {
            let mut y = match last {
                None => top,
                Some((before, y)) => y + down(step, before, unit),
            };
            y = y.max(clear).max(needed(diagram, step, &sides, y));
            if let Happening::Fold(_) = step.what
                && let Some((_, before)) = last
            {
                y = y.max(before + AROUND_WORDS);
            }
            if let (Some(idle), Some((_, above))) = (step.idle, last) {
                scale.breaks.push(Break { top: above + 14.0, bottom: y - 14.0, idle });
            }
            clear = scale.put(diagram, step, y, &mut sides);
            last = Some((step.at, y));
        }
        scale.bottom = last.map_or(top, |(_, y)| y.max(clear)) + 26.0;
        scale
    }

    /// Notes where a step is. Returns how far down the next one must be at least.
    fn put(&mut self, diagram: &Diagram, step: Step, y: f64, sides: &mut [Side]) -> f64 {
        let mut clear = f64::NEG_INFINITY;
        match step.what {
            Happening::Sent(i) => {
                self.sent[i] = y;
                sides[diagram.arrows[i].from].sent = y;
            }
            Happening::Ended(i) => {
                self.ended[i] = y;
                sides[diagram.arrows[i].to].head = y;
            }
            Happening::State(i) => {
                self.states[i] = y;
                sides[diagram.states[i].lifeline].words = y;
            }
            Happening::Expired(i) => self.expired[i] = y,
            Happening::Remark(i) => {
                self.remarks[i] = y;
                clear = y + AROUND_WORDS;
            }
            Happening::Fold(i) => {
                self.folds[i] = y;
                clear = y + AROUND_WORDS;
            }
            Happening::Purpose(_) => return clear,
        }
        if !matches!(step.what, Happening::Fold(_)) {
            self.times.push((step.at, y));
        }
        clear
    }

    /// Where a time is, if something happens then or later.
    pub(super) fn at(&self, time: Time) -> f64 {
        let later = self.times.iter().find(|(at, _)| *at >= time);
        later.map_or(self.bottom, |(_, y)| *y)
    }
}

/// How far the time since the last step goes down.
fn down(step: Step, before: Time, unit: f64) -> f64 {
    if step.idle.is_some() {
        return IDLE;
    }
    let passed = step.at.saturating_sub(before).as_secs_f64();
    if unit > 0.0 { (passed / unit * FLIGHT).min(MOST) } else { passed.min(1.0) * MOST }
}

/// The least distance from the upper edge that leaves room for what is there already.
fn needed(diagram: &Diagram, step: Step, sides: &[Side], y: f64) -> f64 {
    match step.what {
        Happening::Sent(i) => sides[diagram.arrows[i].from].sent + BETWEEN_ARROWS,
        Happening::Ended(i) => {
            let arrow = &diagram.arrows[i];
            match arrow.end.time() {
                Some(_) => sides[arrow.to].head + BETWEEN_HEADS,
                None => y + BETWEEN_ARROWS,
            }
        }
        Happening::State(i) => sides[diagram.states[i].lifeline].words + BETWEEN_WORDS,
        _ => y,
    }
}
