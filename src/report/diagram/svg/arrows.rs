//! Arrows, with their words and what became of them.

use super::Drawing;
use super::labels::{self, Placed, Segment, direction};
use super::paper::{AGAIN, BAD, INK, Look, Paper, Pen, Point, width_of};
use crate::report::diagram::model::{Arrow, End, shortened};
use crate::units::Time;

/// Size of words at arrows [px].
const WORDS: f64 = 13.0;
/// Labels are made briefer if they hide so many points of others.
const CROWDED: usize = 3;
/// Letters of a brief label.
const BRIEF: usize = 22;
/// Half of the width of a lifeline's bar [px].
pub(super) const HALF_BAR: f64 = 5.0;

impl Drawing<'_> {
    pub(super) fn arrows(&self, paper: &mut Paper) {
        let arrows = &self.diagram.arrows;
        let ways: Vec<Segment> = (0..arrows.len()).map(|i| self.way(i)).collect();
        for (arrow, &way) in arrows.iter().zip(&ways) {
            paper.open(&self.told(arrow));
            line(paper, arrow, way);
            paper.close();
        }
        let mut placed = self.folds(paper, &ways);
        for (arrow, &way) in arrows.iter().zip(&ways) {
            placed.extend(self.fate(paper, arrow, way));
        }
        for (i, arrow) in arrows.iter().enumerate() {
            self.label(paper, arrow, &ways, i, &mut placed);
        }
    }

    /// From where to where an arrow goes.
    fn way(&self, i: usize) -> Segment {
        let arrow = &self.diagram.arrows[i];
        let (from, to) = (self.columns[arrow.from], self.columns[arrow.to]);
        let side = if to > from { HALF_BAR } else { -HALF_BAR };
        let (start, end) = (from + side, to - side);
        let reach = match &arrow.end {
            End::Arrived(_) | End::Refused { .. } => 1.0,
            End::Lost { at, .. } => self.share(i, *at),
            End::Underway => 0.8,
        };
        ((start, self.scale.sent[i]), (start + (end - start) * reach, self.scale.ended[i]))
    }

    /// How much of its way a lost packet has made, by the time that others take for the whole.
    fn share(&self, i: usize, lost: Time) -> f64 {
        let arrows = &self.diagram.arrows;
        let own = &arrows[i];
        let flown = |j: usize| match arrows[j].end {
            End::Arrived(at) if (arrows[j].from, arrows[j].to) == (own.from, own.to) => {
                Some(at.saturating_sub(arrows[j].sent).as_secs_f64())
            }
            _ => None,
        };
        let nearest = (0..arrows.len())
            .filter_map(|j| flown(j).map(|time| (j.abs_diff(i), time)))
            .min_by_key(|(apart, _)| *apart);
        let whole = nearest.map_or(0.0, |(_, time)| time);
        let made = lost.saturating_sub(own.sent).as_secs_f64();
        if whole > 0.0 { (made / whole).clamp(0.2, 0.75) } else { 0.5 }
    }

    /// An arrow in words.
    fn told(&self, arrow: &Arrow) -> String {
        let name = |place: usize| self.diagram.lifelines[place].name.as_str();
        let (from, to, sent) = (name(arrow.from), name(arrow.to), arrow.sent);
        let label = arrow.label.full();
        let purpose = arrow.purpose.as_ref().map_or(String::new(), |why| format!(" ({why})"));
        let fate = match &arrow.end {
            End::Arrived(at) => format!("arrives at {at}"),
            End::Refused { at, why } => format!("arrives at {at}: {why}"),
            End::Lost { why, .. } => format!("lost: {why}"),
            End::Underway => "still on its way".to_owned(),
        };
        format!("{from} to {to} at {sent}: {label}{purpose}; {fate}")
    }

    fn label(
        &self,
        paper: &mut Paper,
        arrow: &Arrow,
        ways: &[Segment],
        own: usize,
        placed: &mut Vec<Placed>,
    ) {
        let room = (self.columns[arrow.to] - self.columns[arrow.from]).abs() - 40.0;
        let more = match &arrow.end {
            End::Refused { why, .. } => why,
            _ => arrow.purpose.as_deref().unwrap_or_default(),
        };
        let taken = if more.is_empty() { 0.0 } else { width_of(more, WORDS) * 1.1 + WORDS };
        let letters = ((room - taken) / (WORDS * 0.6)).max(4.0) as usize;
        let others: Vec<Segment> = ways
            .iter()
            .enumerate()
            .filter(|(i, way)| *i != own && is_near(**way, ways[own]))
            .map(|(_, way)| *way)
            .collect();
        let whole = self.whole_way(arrow, ways[own]);
        let fitted = |letters: usize| {
            let words = arrow.label.fitted(letters);
            let width = width_of(&words, WORDS) + taken;
            (words, labels::place(whole, width, &others, placed))
        };
        // In a throng fewer words say more.
        let (words, ((x, y), taken, _)) = match fitted(letters) {
            (_, (_, _, hidden)) if hidden > CROWDED => fitted(letters.min(BRIEF)),
            good => good,
        };
        placed.push(taken);
        let (cos, sin) = direction(ways[own]);
        let at = (x + sin * 5.0, y - cos * 5.0);
        let fill = if arrow.end.is_good() { INK } else { BAD };
        let look = Look { size: WORDS, fill, anchor: "middle", ..Look::default() };
        paper.slanted(at, (cos, sin), (&words, more), look);
    }

    /// The way of an arrow, or what it would be if the packet had not been lost early.
    fn whole_way(&self, arrow: &Arrow, way: Segment) -> Segment {
        let ((ax, ay), (bx, by)) = way;
        let whole = self.columns[arrow.to] - self.columns[arrow.from];
        let share = ((bx - ax) / whole).abs();
        match arrow.end {
            End::Lost { .. } if share > 0.0 && share < 0.6 => {
                let longer = 0.6 / share;
                ((ax, ay), (ax + (bx - ax) * longer, ay + (by - ay) * longer))
            }
            _ => way,
        }
    }

    /// Why a packet did not get through: beyond its cross, in two lines if need be.
    fn fate(&self, paper: &mut Paper, arrow: &Arrow, (_, (x, y)): Segment) -> Vec<Placed> {
        let End::Lost { why, .. } = &arrow.end else { return Vec::new() };
        let is_rightward = arrow.to > arrow.from;
        let letters =
            (((self.columns[arrow.to] - x).abs() - 24.0) / (WORDS * 0.58)).max(4.0) as usize;
        let lines: Vec<&str> = match why.split_once(", ") {
            Some((what, place)) if why.chars().count() > letters => vec![what, place],
            _ => vec![why],
        };
        let (x, anchor) = if is_rightward { (x + 13.0, "start") } else { (x - 13.0, "end") };
        let look = Look { size: WORDS, fill: BAD, anchor, ..Look::default() };
        let mut placed = Vec::new();
        for (i, line) in lines.iter().enumerate() {
            let words = shortened(line, letters);
            let y = y + 4.5 + 15.0 * (i as f64 - (lines.len() - 1) as f64 / 2.0);
            paper.slanted((x, y), (1.0, 0.0), (&words, ""), look);
            let width = width_of(&words, WORDS);
            let left = if is_rightward { x } else { x - width };
            placed.push(Placed::level((left, y - 4.5), width));
        }
        placed
    }
}

/// Whether two lines are at the same height somewhere, with room for words.
fn is_near((a, b): Segment, (c, d): Segment) -> bool {
    let (top, bottom) = (a.1.min(b.1), a.1.max(b.1));
    c.1.min(d.1) - 20.0 < bottom && top < c.1.max(d.1) + 20.0
}

fn line(paper: &mut Paper, arrow: &Arrow, (from, to): Segment) {
    let colour = match (arrow.end.is_good(), &arrow.purpose) {
        (false, _) => BAD,
        (true, Some(_)) => AGAIN,
        (true, None) => INK,
    };
    let dash = if arrow.end == End::Underway { "6 5" } else { "" };
    let (cos, sin) = direction((from, to));
    let ahead = if to.0 >= from.0 { 1.0 } else { -1.0 };
    let (cos, sin) = (cos * ahead, sin * ahead);
    // Seen from the tip: back along the line, and to one side of it.
    let behind = |back: f64, side: f64| -> Point {
        (to.0 - cos * back - sin * side, to.1 - sin * back + cos * side)
    };
    let pen = Pen { colour, width: 1.6, dash };
    match arrow.end {
        End::Arrived(_) => {
            paper.line(from, behind(8.0, 0.0), pen);
            paper.area(&[to, behind(11.0, 4.2), behind(11.0, -4.2)], colour);
        }
        End::Underway => paper.line(from, to, pen),
        End::Lost { .. } | End::Refused { .. } => {
            let back = if matches!(arrow.end, End::Refused { .. }) { 8.0 } else { 0.0 };
            let (x, y) = behind(back, 0.0);
            paper.line(from, (x, y), pen);
            let cross = Pen::solid(BAD, 2.6);
            paper.line((x - 6.0, y - 6.0), (x + 6.0, y + 6.0), cross);
            paper.line((x - 6.0, y + 6.0), (x + 6.0, y - 6.0), cross);
        }
    }
}
