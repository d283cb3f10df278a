//! The cells of a sweep as text: mean and half the width of the confidence interval.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::file::{Measure, Sweep};
use super::results::Outcome;
use super::statistics::Estimate;

/// One light rule below the headings and nothing else.
const RULED: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Cells that are shown.
const MOST: usize = 100;

/// Characters that a line may have.
const WIDTH: usize = 80;

/// A column: its heading, and a text for each cell.
struct Column {
    heading: String,
    cells: Vec<String>,
    is_number: bool,
}

impl Column {
    fn width(&self) -> usize {
        let lines = self.cells.iter().map(String::as_str).chain(self.heading.lines());
        lines.map(|line| line.chars().count()).max().unwrap_or(0) + 2
    }
}

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
        std::iter::once(of_measure(measure, &estimates)).chain(predicted).collect()
    });
    let columns: Vec<Vec<Column>> = measures.collect();

    let mut text = String::new();
    let mut rest = columns.as_slice();
    let taken: usize = fixed.iter().map(Column::width).sum();
    while !rest.is_empty() {
        let mut width = taken;
        let fits = rest.iter().take_while(|group| {
            width += group.iter().map(Column::width).sum::<usize>();
            width <= WIDTH
        });
        let count = fits.count().max(1);
        text.push_str(&drawn(fixed.iter().chain(rest[..count].iter().flatten()), shown));
        text.push('\n');
        rest = &rest[count..];
    }
    if outcome.cells.len() > shown {
        let more = outcome.cells.len() - shown;
        text.push_str(&format!(" … and {more} more cells (cells.csv has all)\n"));
    }
    let level = confidence * 100.0;
    text.push_str(format!(" ±: {level:.4}").trim_end_matches('0').trim_end_matches('.'));
    text.push_str(" % confidence interval of the mean (Student's t)\n");
    text.push_str(&missing(sweep, outcome));
    text.push_str(&strained(sweep, outcome));
    text
}

/// Which assumptions of models are strained.
fn strained(sweep: &Sweep, outcome: &Outcome) -> String {
    let look = textwrap::Options::new(WIDTH)
        .initial_indent(" ~ ")
        .subsequent_indent("   ")
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let lines = outcome.forecasts.strains(sweep).into_iter().map(|(strain, of)| {
        format!("{}\n", textwrap::fill(&format!("{}: {strain}", of.join(", ")), &look))
    });
    lines.collect()
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

/// A measure's column: all its values in one unit.
fn of_measure(measure: &Measure, estimates: &[Estimate]) -> Column {
    let (unit, one) = measure.unit.scaled(highest(estimates));
    let heading = match unit {
        "" => measure.name.clone(),
        _ => format!("{}\n[{unit}]", measure.name),
    };
    let cells = estimates.iter().map(|estimate| interval(estimate, one)).collect();
    Column { heading, cells, is_number: true }
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

fn highest(estimates: &[Estimate]) -> f64 {
    estimates.iter().filter_map(|it| it.mean).fold(0.0, |high: f64, x| high.max(x.abs()))
}

/// Mean and half width, with two digits of the latter.
fn interval(estimate: &Estimate, one: f64) -> String {
    let Some(mean) = estimate.mean else { return "-".into() };
    match estimate.half_width.map(|half| half / one) {
        Some(half) if half > 0.0 => {
            let digits = decimals(half, 2);
            format!("{:.digits$} ± {half:.digits$}", mean / one)
        }
        half => {
            let digits = decimals(mean / one, 4);
            let text = format!("{:.digits$}", mean / one);
            let short = match text.contains('.') {
                true => text.trim_end_matches('0').trim_end_matches('.'),
                false => &text,
            };
            half.map_or_else(|| short.to_owned(), |_| format!("{short} ± 0"))
        }
    }
}

/// How many decimals show so many significant digits.
fn decimals(value: f64, digits: i32) -> usize {
    if value == 0.0 {
        return 0;
    }
    let exponent = libm::floor(libm::log10(value.abs())) as i32;
    usize::try_from(digits - 1 - exponent).unwrap_or(0).min(12)
}

fn drawn<'a>(columns: impl Iterator<Item = &'a Column>, rows: usize) -> String {
    let columns: Vec<&Column> = columns.collect();
    let mut table = Table::new();
    let tall = columns.iter().any(|column| column.heading.contains('\n'));
    let lowered = |heading: &String| match tall && !heading.contains('\n') {
        true => format!("\n{heading}"),
        false => heading.clone(),
    };
    table
        .load_style(RULED)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(columns.iter().map(|column| lowered(&column.heading)));
    table.add_rows((0..rows).map(|row| columns.iter().map(move |column| &column.cells[row])));
    for (drawn, column) in table.column_iter_mut().zip(&columns) {
        drawn.set_padding((1, 0));
        if column.is_number {
            drawn.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// `text` in at most `width` characters.
fn elide(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    // The end of a path says most.
    let skipped = text.chars().count() - (width - 1);
    std::iter::once('…').chain(text.chars().skip(skipped)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(mean: f64, half: Option<f64>, one: f64) -> String {
        interval(&Estimate { count: 3, missing: 0, mean: Some(mean), half_width: half }, one)
    }

    #[test]
    fn intervals_have_two_digits() {
        assert_eq!(shown(9.4137e6, Some(12_345.0), 1e6), "9.414 ± 0.012");
        assert_eq!(shown(123.4, Some(45.6), 1.0), "123 ± 46");
        assert_eq!(shown(0.25, Some(0.0), 0.01), "25 ± 0");
        assert_eq!(shown(0.123_456, None, 1.0), "0.1235");
        assert_eq!(shown(1500.0, None, 1.0), "1500");
        assert_eq!(interval(&Estimate::default(), 1.0), "-");
    }

    #[test]
    fn long_names_keep_their_ends() {
        assert_eq!(elide("links.r1--bob.queue", 10), "…bob.queue");
        assert_eq!(elide("queue", 10), "queue");
    }
}
