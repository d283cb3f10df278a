//! What stands beside and between the arrows: lifelines with states, times, timers, idle times.

use super::Drawing;
use super::arrows::HALF_BAR;
use super::labels::{Placed, Segment};
use super::paper::{AGAIN, GREY, INK, LINE, Look, Paper, Pen, width_of};
use crate::report::human;
use crate::units::Time;

/// Where times end [px].
const TIMES: f64 = 84.0;
/// From a lifeline to its words [px].
const BESIDE: f64 = 14.0;
/// Two times are told if they are so far apart [px].
const BETWEEN_TIMES: f64 = 15.0;
/// So far from arrows there is room for their labels [px].
const CLEAR: f64 = 24.0;
/// Where it is told what is left out, as parts of the way from the first lifeline to the last.
const FOLDS: [f64; 5] = [0.5, 0.3, 0.7, 0.18, 0.82];

/// The colour of a state's bar: opening, open, closing first, closing second.
fn colour(state: &str) -> &'static str {
    match state {
        "SYN-SENT" | "SYN-RECEIVED" => "#e69f00",
        "ESTABLISHED" => "#009e73",
        "FIN-WAIT-1" | "FIN-WAIT-2" | "CLOSING" => "#0072b2",
        "CLOSE-WAIT" | "LAST-ACK" => "#cc79a7",
        "TIME-WAIT" => "#56b4e9",
        "LISTEN" => "#c9c9c9",
        _ => "#e6e6e6",
    }
}

impl Drawing<'_> {
    /// Lifelines, and on them a bar for each state.
    pub(super) fn lifelines(&self, paper: &mut Paper) {
        let (top, bottom) = (self.scale.top - 14.0, self.scale.bottom);
        for (place, (lifeline, &x)) in self.diagram.lifelines.iter().zip(&self.columns).enumerate()
        {
            paper.line((x, top), (x, bottom), Pen::solid(LINE, 2.0));
            let mut states: Vec<(f64, &str)> = Vec::new();
            if let Some(state) = &lifeline.state {
                states.push((top, state));
            }
            let marks = self.diagram.states.iter().zip(&self.scale.states);
            let own = marks.filter(|(mark, _)| mark.lifeline == place);
            states.extend(own.map(|(mark, &y)| (y, mark.state.as_str())));
            for (i, &(y, state)) in states.iter().enumerate() {
                let end = states.get(i + 1).map_or(bottom, |next| next.0);
                paper.rectangle((x - HALF_BAR, y), (x + HALF_BAR, end), 0.0, colour(state));
            }
        }
    }

    /// The names of states, outside of the outermost lifelines.
    pub(super) fn states(&self, paper: &mut Paper) {
        for (place, lifeline) in self.diagram.lifelines.iter().enumerate() {
            if let Some(state) = &lifeline.state {
                self.beside(paper, place, self.scale.top - 14.0, state);
            }
        }
        for (mark, &y) in self.diagram.states.iter().zip(&self.scale.states) {
            self.beside(paper, mark.lifeline, y, &mark.state);
        }
    }

    fn beside(&self, paper: &mut Paper, place: usize, y: f64, words: &str) {
        let x = self.columns[place];
        let look = Look { size: 12.0, bold: true, ..Look::default() };
        match place {
            0 => paper.text((x - BESIDE, y + 4.5), words, Look { anchor: "end", ..look }),
            _ => paper.text((x + BESIDE, y + 4.5), words, look),
        }
    }

    /// Times at the left edge, as many as there is room for.
    pub(super) fn times(&self, paper: &mut Paper) {
        let look = Look { size: 12.0, fill: GREY, anchor: "end", ..Look::default() };
        paper.text((TIMES, self.scale.top - 24.0), "time [s]", look);
        let mut last: Option<(Time, f64)> = None;
        let decimals = self.decimals();
        for &(time, y) in &self.scale.times {
            let is_told =
                last.is_none_or(|(before, above)| time != before && y - above >= BETWEEN_TIMES);
            if is_told {
                let seconds = format!("{:.decimals$}", time.as_secs_f64());
                paper.text((TIMES, y + 4.5), &seconds, look);
                paper.line((TIMES + 5.0, y), (TIMES + 11.0, y), Pen::solid(LINE, 1.0));
                last = Some((time, y));
            }
        }
    }

    /// Digits after the point that tell times apart, from three to six.
    fn decimals(&self) -> usize {
        let mut times: Vec<Time> = self.scale.times.iter().map(|(time, _)| *time).collect();
        times.dedup();
        let told = |time: Time, decimals: usize| format!("{:.decimals$}", time.as_secs_f64());
        let differ = |decimals: &usize| {
            times.windows(2).all(|pair| told(pair[0], *decimals) != told(pair[1], *decimals))
        };
        (3..6).find(differ).unwrap_or(6)
    }

    /// Where idle times are cut short: a band across.
    pub(super) fn idle_bands(&self, paper: &mut Paper) {
        for cut in &self.scale.breaks {
            let (left, right) = (TIMES + 16.0, self.width - 20.0);
            paper.rectangle((left, cut.top), (right, cut.bottom), 6.0, "#f1f1f1");
        }
    }

    /// How long they are.
    pub(super) fn idle_times(&self, paper: &mut Paper) {
        let look = Look { size: 13.0, fill: GREY, anchor: "middle", ..Look::default() };
        for cut in &self.scale.breaks {
            let y = cut.top.midpoint(cut.bottom) + 4.5;
            let words = format!("⋮  {}  ⋮", human::time(cut.idle.as_secs_f64()));
            let (x, half) = (self.middle(), width_of(&words, 13.0) / 2.0);
            paper.rectangle((x - half, y - 13.0), (x + half, y + 5.0), 4.0, "#f1f1f1");
            paper.text((x, y), &words, look);
        }
    }

    fn middle(&self) -> f64 {
        let last = self.columns.last().copied().unwrap_or_default();
        self.columns.first().copied().unwrap_or_default().midpoint(last)
    }

    /// Packets that are left out, where that hides least of `ways`. Returns where it is told.
    pub(super) fn folds(&self, paper: &mut Paper, ways: &[Segment]) -> Vec<Placed> {
        let mut placed = Vec::new();
        let (first, last) = (self.columns[0], self.columns[self.columns.len() - 1]);
        for (fold, &y) in self.diagram.folds.iter().zip(&self.scale.folds) {
            let words = fold.words();
            let half = width_of(&words, 12.0) / 2.0 + 8.0;
            let at = |part: f64| first + (last - first) * part;
            let cost =
                |&part: &f64| Placed::level((at(part) - half, y), 2.0 * half).hides(ways, CLEAR);
            let part = FOLDS.into_iter().min_by_key(cost).unwrap_or(0.5);
            let x = at(part);
            paper.rectangle((x - half, y - 10.0), (x + half, y + 10.0), 10.0, "#e9eef3");
            let look = Look { size: 12.0, fill: GREY, anchor: "middle", ..Look::default() };
            paper.text((x, y + 4.5), &words, look);
            placed.push(Placed::level((x - half, y), 2.0 * half));
        }
        placed
    }

    /// Brackets from where a timer was armed to where it expired.
    pub(super) fn timers(&self, paper: &mut Paper) {
        for (timer, &bottom) in self.diagram.timers.iter().zip(&self.scale.expired) {
            let x = self.columns[timer.lifeline];
            let side = if timer.lifeline == 0 { -1.0 } else { 1.0 };
            let top = self.scale.at(timer.armed) + 8.0;
            let bottom = bottom.max(top + 12.0);
            let (near, far) = (x + side * (HALF_BAR + 3.0), x + side * (HALF_BAR + 10.0));
            let corners = [(near, top), (far, top), (far, bottom), (near, bottom)];
            paper.path(&corners, Pen::solid(AGAIN, 1.8));
            let ran = timer.expired.saturating_sub(timer.armed).as_secs_f64();
            let words = format!("RTO {}", human::time(ran));
            let anchor = if timer.lifeline == 0 { "end" } else { "start" };
            let look = Look { size: 12.0, fill: AGAIN, anchor, bold: true };
            let y = top.midpoint(bottom) + 4.5;
            paper.text((far + side * 6.0, y), &words, look);
        }
    }

    /// What else happened at lifelines.
    pub(super) fn remarks(&self, paper: &mut Paper) {
        for (remark, &y) in self.diagram.remarks.iter().zip(&self.scale.remarks) {
            let x = self.columns[remark.lifeline];
            let look = Look { size: 13.0, fill: INK, ..Look::default() };
            match remark.lifeline + 1 == self.columns.len() && remark.lifeline > 0 {
                true => {
                    let look = Look { anchor: "end", ..look };
                    paper.text((x - BESIDE, y + 4.5), &remark.text, look);
                }
                false => paper.text((x + BESIDE, y + 4.5), &remark.text, look),
            }
        }
    }
}
