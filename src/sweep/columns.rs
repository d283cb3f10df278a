//! Columns of numbers as text, with their intervals, in tables no wider than a terminal.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::measure::Measure;
use super::statistics::Estimate;
use super::unit::Unit;

/// One light rule below the headings and nothing else.
const RULED: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Characters that a line may have.
pub(super) const WIDTH: usize = 80;

/// A column: its heading, and a text for each cell.
pub(super) struct Column {
    pub(super) heading: String,
    pub(super) cells: Vec<String>,
    pub(super) is_number: bool,
}

impl Column {
    /// A measure's column: all its values in one unit.
    pub(super) fn of_measure(measure: &Measure, estimates: &[Estimate]) -> Self {
        let (unit, one) = measure.unit.scaled(highest(estimates));
        let heading = match unit {
            "" => measure.name.clone(),
            _ => format!("{}\n[{unit}]", measure.name),
        };
        let cells = estimates.iter().map(|estimate| interval(estimate, one)).collect();
        Self { heading, cells, is_number: true }
    }

    fn width(&self) -> usize {
        let lines = self.cells.iter().map(String::as_str).chain(self.heading.lines());
        lines.map(|line| line.chars().count()).max().unwrap_or(0) + 2
    }
}

/// A table, in as many parts as it takes to keep within the width of a terminal: each begins with the
/// `fixed` columns, and columns of a group stay together. All columns have a text for every row.
pub(super) fn parts(fixed: &[Column], groups: &[Vec<Column>]) -> String {
    let mut text = String::new();
    let mut rest = groups;
    let taken: usize = fixed.iter().map(Column::width).sum();
    loop {
        let mut width = taken;
        let fits = rest.iter().take_while(|group| {
            width += group.iter().map(Column::width).sum::<usize>();
            width <= WIDTH
        });
        let count = fits.count().max(1).min(rest.len());
        text.push_str(&drawn(fixed.iter().chain(rest[..count].iter().flatten())));
        text.push('\n');
        rest = &rest[count..];
        if rest.is_empty() {
            return text;
        }
    }
}

/// What the intervals are.
pub(super) fn legend(confidence: f64) -> String {
    let level = format!("{:.4}", confidence * 100.0);
    let level = level.trim_end_matches('0').trim_end_matches('.');
    format!(" ±: {level} % confidence interval of the mean (Student's t)\n")
}

/// Mean and half width with their unit, if there is a mean.
pub(super) fn shown(unit: Unit, estimate: &Estimate) -> Option<String> {
    let (name, one) = unit.scaled(estimate.mean?.abs());
    Some(format!("{} {name}", interval(estimate, one)).trim_end().to_owned())
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

/// The largest mean, without its sign.
pub(super) fn highest(estimates: &[Estimate]) -> f64 {
    estimates.iter().filter_map(|it| it.mean).fold(0.0, |high: f64, x| high.max(x.abs()))
}

/// How many decimals show so many significant digits.
pub(super) fn decimals(value: f64, digits: i32) -> usize {
    if value == 0.0 {
        return 0;
    }
    let exponent = libm::floor(libm::log10(value.abs())) as i32;
    usize::try_from(digits - 1 - exponent).unwrap_or(0).min(12)
}

fn drawn<'a>(columns: impl Iterator<Item = &'a Column>) -> String {
    let columns: Vec<&Column> = columns.collect();
    let rows = columns.first().map_or(0, |column| column.cells.len());
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
pub(super) fn elide(text: &str, width: usize) -> String {
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
