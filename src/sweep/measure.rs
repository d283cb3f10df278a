//! What a sweep measures: `[measure]`.

use serde::Deserialize;

use super::axis::Axis;
use super::file::section;
use super::forecast::Model;
use super::unit::Unit;
use crate::scenario::decode::{Form, decode};
use crate::scenario::fault::{Fault, Faults, Span};
use crate::scenario::value::{Entry, Table, Value};
use crate::scenario::words;

/// The most measures; each is a column of the store.
const MOST_MEASURES: usize = 500;

/// Something that is measured in each run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Its name.
    pub name: String,
    /// What it is called in plots.
    pub label: String,
    /// The expression over the results.
    pub expression: String,
    /// The unit it is shown in.
    pub unit: Unit,
    /// The model whose prediction stands beside it.
    pub model: Model,
    /// Where the sweep file has the expression.
    pub(super) span: Span,
}

/// What may be said of a measure besides its expression.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMeasure {
    value: String,
    label: Option<String>,
    unit: Option<Unit>,
    #[serde(default)]
    model: Model,
}

/// Reads all measures, in the order of the text. One that cannot be used has a fault and no expression.
pub(super) fn collect(root: &Table, axes: &[Axis], faults: &mut Faults) -> Vec<Measure> {
    let anchor = root.get("measure").map_or(Span::default(), |entry| entry.key);
    let empty = Table::default();
    let table = match root.get("measure") {
        Some(_) => section(root, "measure", faults),
        None => Some(&empty),
    };
    let Some(table) = table else { return Vec::new() };
    if table.0.is_empty() || table.0.len() > MOST_MEASURES {
        faults.push(
            Fault::new(anchor, format!("a sweep measures from one thing to {MOST_MEASURES}")).help(
                "add a table [measure] with lines such as goodput = \"flows.web.goodput_bps\"",
            ),
        );
    }
    let mut seen: Vec<String> = vec!["cell".into(), "seed".into(), "runs".into()];
    seen.extend(axes.iter().map(|axis| axis.name.to_lowercase()));
    let mut measures = Vec::new();
    for (name, entry) in &table.0 {
        let lower = name.to_lowercase();
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
        if name.is_empty() || !name.chars().all(plain) || seen.contains(&lower) {
            let message = format!("`{}` cannot be the name of a measure", words::short(name));
            faults.push(Fault::new(entry.key, message).help(
                "write letters, digits, `_`, `-`; no axis, other measure, `cell`, `seed` or `runs` has this name",
            ));
            continue;
        }
        seen.push(lower);
        // A plot may show it, whatever is wrong with it.
        let lacking = || Measure {
            name: name.clone(),
            label: name.clone(),
            expression: String::new(),
            unit: Unit::Number,
            model: Model::Any,
            span: entry.key,
        };
        measures.push(measure(name, entry, faults).unwrap_or_else(lacking));
    }
    measures
}

fn measure(name: &str, entry: &Entry, faults: &mut Faults) -> Option<Measure> {
    let place = format!("measure.{name}");
    let written = match &entry.node.value {
        Value::String(text) => {
            WrittenMeasure { value: text.clone(), label: None, unit: None, model: Model::Any }
        }
        Value::Table(table) => {
            let required = || vec!["value".to_owned()];
            let form = Form { place: &place, anchor: entry.key, without: &[], required: &required };
            decode(table, form, faults)?
        }
        _ => {
            let what = entry.node.what();
            faults.push(
                Fault::new(entry.node.span, format!("{place}: expected a text, found {what}"))
                    .help("write an expression over the results: \"flows.web.goodput_bps\""),
            );
            return None;
        }
    };
    let unit = written.unit.unwrap_or_else(|| Unit::of_expression(&written.value));
    let label = written.label.unwrap_or_else(|| name.to_owned());
    let node = entry.node.as_table().and_then(|table| table.get("value"));
    let span = node.map_or(entry.node.span, |value| value.node.span);
    let (name, model) = (name.to_owned(), written.model);
    Some(Measure { name, label, expression: written.value, unit, model, span })
}
