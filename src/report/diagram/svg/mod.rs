//! Diagrams as SVG: arrows slanted by their real delays, idle times cut short.
//!
//! `scale` says how far down the page each thing is, `labels` where words along arrows hide least,
//! `paper` writes the elements, `parts` draws what is beside the arrows.

mod arrows;
mod labels;
mod paper;
mod parts;
mod scale;

use super::model::{Diagram, End};
use paper::{Look, Paper};
use scale::Scale;

/// Room on the left for times and states [px].
const LEFT: f64 = 236.0;
/// Room on the right for states [px].
const RIGHT: f64 = 170.0;
/// Room on the right if nothing is written there [px].
const BORDER: f64 = 90.0;
/// Between two lifelines: if there are two only, and if there are more [px].
const APART: [f64; 2] = [520.0, 400.0];
/// From the upper edge to the first thing that happens [px].
const TOP: f64 = 130.0;
/// Height of a note [px].
const NOTE: f64 = 20.0;

/// A diagram with the places of its parts.
struct Drawing<'a> {
    diagram: &'a Diagram,
    scale: Scale,
    /// Where the lifelines are, from the left [px].
    columns: Vec<f64>,
    width: f64,
}

/// The diagram as a file.
#[must_use]
pub fn draw(diagram: &Diagram) -> String {
    let scale = Scale::new(diagram, TOP);
    let count = diagram.lifelines.len();
    let apart = if count > 2 { APART[1] } else { APART[0] };
    let columns: Vec<f64> = (0..count).map(|i| LEFT + apart * i as f64).collect();
    let has_text = |place: usize| {
        diagram.lifelines.get(place).is_some_and(|lifeline| lifeline.state.is_some())
            || diagram.states.iter().any(|mark| mark.lifeline == place)
    };
    let right = if has_text(count.saturating_sub(1)) { RIGHT } else { BORDER };
    let width = columns.last().copied().unwrap_or(LEFT) + right;
    let drawing = Drawing { diagram, scale, columns, width };
    let height = drawing.scale.bottom + 34.0 + NOTE * diagram.notes.len() as f64;
    let mut paper = Paper::new(width, height, &diagram.title, &description(diagram));
    drawing.heading(&mut paper);
    drawing.idle_bands(&mut paper);
    drawing.lifelines(&mut paper);
    drawing.idle_times(&mut paper);
    drawing.times(&mut paper);
    drawing.arrows(&mut paper);
    drawing.timers(&mut paper);
    drawing.states(&mut paper);
    drawing.remarks(&mut paper);
    drawing.notes(&mut paper);
    paper.finish()
}

/// The diagram in a sentence, for readers who cannot see it.
fn description(diagram: &Diagram) -> String {
    let names: Vec<&str> = diagram.lifelines.iter().map(|line| line.name.as_str()).collect();
    let lost = diagram.arrows.iter().filter(|arrow| matches!(arrow.end, End::Lost { .. })).count();
    let packets = diagram.arrows.len();
    let mut text = format!(
        "Sequence diagram with the lifelines {}, time from top to bottom: {packets} packets, {lost} \
         of them lost.",
        names.join(", ")
    );
    for state in &diagram.states {
        let name = names.get(state.lifeline).copied().unwrap_or_default();
        text.push_str(&format!(" {}: {name} {}.", state.at, state.state));
    }
    text
}

impl Drawing<'_> {
    fn heading(&self, paper: &mut Paper) {
        let title = Look { size: 20.0, bold: true, ..Look::default() };
        paper.text((24.0, 36.0), &self.diagram.title, title);
        for (lifeline, &x) in self.diagram.lifelines.iter().zip(&self.columns) {
            let name = Look { size: 17.0, bold: true, anchor: "middle", ..Look::default() };
            paper.text((x, 76.0), &lifeline.name, name);
            let address =
                Look { size: 12.0, fill: paper::GREY, anchor: "middle", ..Look::default() };
            paper.text((x, 94.0), &lifeline.address, address);
        }
    }

    fn notes(&self, paper: &mut Paper) {
        let look = Look { size: 13.0, fill: paper::GREY, ..Look::default() };
        for (i, note) in self.diagram.notes.iter().enumerate() {
            paper.text((24.0, self.scale.bottom + 30.0 + NOTE * i as f64), note, look);
        }
    }
}
