//! The cells of a sweep as text: mean and half the width of the confidence interval.

use super::columns::{self, Column, decimals, elide, highest, parts};
use super::file::Sweep;
use super::results::Outcome;
use super::statistics::Estimate;
use crate::report::paragraph;

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
        let estimates: Vec<Estimate> = estimates.collect();
        let predicted = of_model(sweep, outcome, place, &estimates);
        std::iter::once(Column::of_measure(measure, &estimates)).chain(predicted).collect()
    });
    let columns: Vec<Vec<Column>> = measures.collect();

    let mut text = parts(&fixed, &columns);
    if outcome.cells.len() > shown {
        let more = outcome.cells.len() - shown;
        let cells = if more == 1 { "cell" } else { "cells" };
        text.push_str(&format!(" … and {more} more {cells} (cells.csv has all)\n"));
    }
    text.push_str(&columns::legend(confidence));
    text.push_str(no_chance(outcome));
    text.push_str(&idle(sweep, outcome));
    text.push_str(&missing(sweep, outcome));
    text.push_str(&strained(sweep, outcome));
    text.push_str(&silent(sweep, outcome));
    text
}

/// Which assumptions of models are strained.
fn strained(sweep: &Sweep, outcome: &Outcome) -> String {
    let all = outcome.forecasts.strains(sweep).into_iter();
    all.map(|(strain, of)| filled(" ~ ", &format!("{}: {strain}", of.join(", ")))).collect()
}

/// Which models were asked for and say nothing.
fn silent(sweep: &Sweep, outcome: &Outcome) -> String {
    outcome.forecasts.silences(sweep).iter().map(|silence| filled(" ", silence)).collect()
}

/// A note below the table, in lines no longer than those above.
fn filled(mark: &str, text: &str) -> String {
    paragraph::filled(text, mark, "   ") + "\n"
}

/// Says so if all seeds of each cell give the same: then intervals say nothing.
fn no_chance(outcome: &Outcome) -> &'static str {
    let mut widths = outcome.cells.iter().flatten().filter_map(|it| it.half_width).peekable();
    if widths.peek().is_none() || widths.any(|half| half > 0.0) {
        return "";
    }
    " ± 0: all seeds give the same results; nothing in this scenario is left to chance.\n   \
     Random arrivals, or `jitter` on a link, bring chance in\n"
}

/// Which axes change nothing: perhaps not what was meant.
fn idle(sweep: &Sweep, outcome: &Outcome) -> String {
    let cells = &outcome.cells;
    if cells.is_empty() || cells.len() != sweep.cell_count() {
        return String::new();
    }
    let has_value = cells.iter().flatten().any(|estimate| estimate.mean.is_some());
    let mut stride = cells.len();
    let mut text = String::new();
    for axis in &sweep.axes {
        let count = axis.points.len();
        stride /= count;
        // The cell with the first value of the axis and the same values of all others.
        let first = |cell: usize| cell - cell / stride % count * stride;
        if has_value && count > 1 && (0..cells.len()).all(|cell| cells[cell] == cells[first(cell)])
        {
            let what = format!("{}: all its values give the same results", axis.label);
            text.push_str(&filled(" ", &what));
        }
    }
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

/// The column of what a model predicts of a measure, in the measure's unit; none if there is no such model.
fn of_model(
    sweep: &Sweep,
    outcome: &Outcome,
    measure: usize,
    estimates: &[Estimate],
) -> Option<Column> {
    let name = outcome.forecasts.name(sweep, measure)?;
    let (_, one) = sweep.measures[measure].unit.scaled(highest(estimates));
    let cell = |(number, estimate): (usize, &Estimate)| {
        let forecast = outcome.forecasts.get(sweep, number, measure)?;
        let value = forecast.value / one;
        let half = estimate.half_width.map_or(0.0, |half| half / one);
        // As many digits as the mean has, and four at least.
        let digits = decimals(half, 2).max(decimals(value, 4)).min(12);
        let digits = if value.abs() < 1e-6 { 0 } else { digits };
        Some(format!("{}{value:.digits$}", if forecast.at_least { "≥ " } else { "" }))
    };
    let cells = estimates.iter().enumerate().map(|pair| cell(pair).unwrap_or_else(|| "-".into()));
    Some(Column { heading: name.to_owned(), cells: cells.collect(), is_number: true })
}
