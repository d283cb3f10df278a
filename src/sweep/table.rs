//! The cells of a sweep as text: mean and half the width of the confidence interval.

use super::columns::{self, Column, elide, parts};
use super::file::Sweep;
use super::results::Outcome;

/// Cells that are shown.
const MOST: usize = 100;

/// The table, in as many parts as it takes to keep within the width of a terminal.
#[must_use]
pub fn print(sweep: &Sweep, outcome: &Outcome, confidence: f64) -> String {
    let shown = outcome.cells.len().min(MOST);
    let mut fixed = Vec::new();
    for (place, axis) in sweep.axes.iter().enumerate() {
        let labels = (0..shown)
            .map(|number| elide(&axis.points[sweep.cell(number).places[place]].label, 20))
            .collect();
        fixed.push(Column { heading: elide(&axis.label, 20), cells: labels, is_number: false });
    }
    let runs = outcome.runs.iter().take(shown).map(ToString::to_string).collect();
    fixed.push(Column { heading: "Runs".into(), cells: runs, is_number: true });
    let measures = sweep.measures.iter().enumerate().map(|(place, measure)| {
        let estimates = outcome.cells.iter().take(shown).map(|cell| cell[place]);
        Column::of_measure(measure, &estimates.collect::<Vec<_>>())
    });
    let columns: Vec<Column> = measures.collect();

    let mut text = parts(&fixed, &columns);
    if outcome.cells.len() > shown {
        let more = outcome.cells.len() - shown;
        text.push_str(&format!(" … and {more} more cells (cells.csv has all)\n"));
    }
    text.push_str(&columns::legend(confidence));
    text.push_str(&missing(sweep, outcome));
    text
}

/// How often measures had no value.
fn missing(sweep: &Sweep, outcome: &Outcome) -> String {
    let mut text = String::new();
    for (place, measure) in sweep.measures.iter().enumerate() {
        let missing: usize = outcome.cells.iter().map(|cell| cell[place].missing).sum();
        if missing > 0 {
            let (name, all) = (&measure.name, outcome.all_runs());
            text.push_str(&format!(" {name}: no value in {missing} of {all} runs\n"));
        }
    }
    text
}
