//! `[vary]`: what varies, each entry an axis of the grid.
//!
//! ```toml
//! [vary]
//! "links.r1--bob.queue" = ["10p", "20p"]                      # a path and its values
//! "links.r1--bob.delay" = { from = "5ms", to = "80ms", steps = 5, scale = "log" }
//!
//! [vary.discipline]                                           # an axis with a name of its own
//! path   = "links.r1--bob.queue"
//! values = ["50p", { kind = "codel" }]
//! labels = ["drop-tail", "CoDel"]
//!
//! [vary.size.together]                                        # several paths, changed as one
//! "apps.a.size" = ["1MB", "10MB"]
//! "apps.b.size" = ["2MB", "20MB"]
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use super::range::{MOST, Range, Scale};
use super::setting::{Setting, toml};
use crate::scenario::decode::{Form, decode};
use crate::scenario::fault::{Fault, Faults, Span};
use crate::scenario::value::{Entry, Node, Table, Value};
use crate::scenario::{path, words};

/// One thing that varies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// What it is called: in results, and in the plots of the same file.
    pub name: String,
    /// What it is called in plots and tables.
    pub label: String,
    /// Its values, in order.
    pub points: Vec<Point>,
}

/// One value of an axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The value in words.
    pub label: String,
    /// What is set.
    pub settings: Vec<Setting>,
}

/// What may be said of an axis besides its values.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Written {
    path: Option<String>,
    label: Option<String>,
    labels: Option<Vec<String>>,
    steps: Option<usize>,
    scale: Scale,
}

/// Keys whose values may be of any kind.
const VALUES: &[&str] = &["values", "together", "from", "to", "step"];

/// Reads all axes, in the order of the text. One that cannot be used has a fault and no points.
pub(super) fn collect(table: &Table, faults: &mut Faults) -> Vec<Axis> {
    let mut axes: Vec<(Axis, Span)> = Vec::new();
    for (name, entry) in &table.0 {
        check_name(name, entry.key, &axes, faults);
        // A plot may go along it, whatever is wrong with its values.
        let lacking = || Axis { name: name.clone(), label: name.clone(), points: Vec::new() };
        let axis = read(name, entry, faults).unwrap_or_else(lacking);
        let paths = |axis: &Axis| -> Vec<String> {
            let settings = axis.points.first().map(|point| point.settings.as_slice());
            settings.unwrap_or_default().iter().map(|set| set.path.clone()).collect()
        };
        let own = paths(&axis);
        if let Some((other, span)) =
            axes.iter().find(|(other, _)| paths(other).iter().any(|path| own.contains(path)))
        {
            faults.push(
                Fault::new(entry.key, format!("`{name}` sets what `{}` sets too", other.name))
                    .also(*span, "set here as well")
                    .help("vary each path in one axis"),
            );
        }
        axes.push((axis, entry.key));
    }
    axes.into_iter().map(|(axis, _)| axis).collect()
}

/// Names are columns of the store, which knows no case and has columns of its own.
fn check_name(name: &str, key: Span, axes: &[(Axis, Span)], faults: &mut Faults) {
    let lower = name.to_lowercase();
    if matches!(lower.as_str(), "cell" | "seed" | "runs") {
        faults.push(
            Fault::new(key, format!("`{}` cannot be the name of an axis", words::short(name)))
                .help("choose another name: the results have columns `cell`, `seed` and `runs`"),
        );
    }
    if let Some((other, span)) = axes.iter().find(|(other, _)| other.name.to_lowercase() == lower) {
        let message = format!("`{}` and `{}` differ only in case", words::short(name), other.name);
        faults.push(
            Fault::new(key, message)
                .also(*span, "this axis")
                .help("give one of them a name of its own: [vary.NAME] and path = \"...\""),
        );
    }
}

fn read(name: &str, entry: &Entry, faults: &mut Faults) -> Option<Axis> {
    let place = format!("vary.{name}");
    let (written, columns) =
        match &entry.node.value {
            Value::Array(values) => {
                (Written::default(), vec![(name.to_owned(), entry.key, values.clone())])
            }
            Value::Table(table) => {
                let nested = table.0.values().all(|inner| inner.node.as_table().is_some());
                if nested && table.get("together").is_none() {
                    faults.push(Fault::new(entry.key, format!("{place} has no values")).help(
                        "write paths in quotes: \"links.r1--bob.queue\" = [\"10p\", \"20p\"]",
                    ));
                    return None;
                }
                let form =
                    Form { place: &place, anchor: entry.key, without: VALUES, required: &Vec::new };
                let written: Written = decode(table, form, faults)?;
                let columns = columns(name, table, &written, entry, faults)?;
                (written, columns)
            }
            _ => {
                let what = entry.node.what();
                faults.push(
                    Fault::new(entry.node.span, format!("{place}: expected values, found {what}"))
                        .help("write a list of values, or { from = ..., to = ..., steps = ... }"),
                );
                return None;
            }
        };
    let before = faults.len();
    check(&place, entry, &written, &columns, faults);
    if faults.len() > before {
        return None;
    }
    let labels = entry.node.as_table().and_then(|table| table.get("labels"));
    let axis = assemble(name, written, &columns);
    check_differ(&axis, &columns, labels.map(|entry| &*entry.node), faults);
    (faults.len() == before).then_some(axis)
}

/// A path, where it is written, and its values.
type Column = (String, Span, Vec<Node>);

/// What an axis sets, path by path.
fn columns(
    name: &str,
    table: &Table,
    written: &Written,
    entry: &Entry,
    faults: &mut Faults,
) -> Option<Vec<Column>> {
    if let Some(together) = table.get("together") {
        let Some(inner) = together.node.as_table() else {
            faults.push(
                Fault::new(together.node.span, format!("vary.{name}.together is no table"))
                    .help("write a path and its values on each line of [vary.NAME.together]"),
            );
            return None;
        };
        if let Some(other) = ["values", "from", "path"].iter().find_map(|key| table.get(key)) {
            faults.push(
                Fault::new(other.key, "an axis has `together`, or values of its own")
                    .help("put all paths into [vary.NAME.together]"),
            );
        }
        let column = |(path, entry): (&String, &Entry)| {
            let values = match &entry.node.value {
                Value::Array(values) => values.clone(),
                Value::Table(range) => of_range(range, path, entry, faults)?,
                _ => vec![(*entry.node).clone()],
            };
            Some((path.clone(), entry.key, values))
        };
        return inner.0.iter().map(column).collect();
    }
    let path = written.path.clone().unwrap_or_else(|| name.to_owned());
    let span = table.get("path").map_or(entry.key, |entry| entry.node.span);
    let values = match table.get("values").map(|entry| &entry.node) {
        Some(node) => match &node.value {
            Value::Array(values) => values.clone(),
            _ => {
                faults.push(
                    Fault::new(node.span, format!("vary.{name}.values is no list"))
                        .help("write values = [\"10p\", \"20p\"]"),
                );
                return None;
            }
        },
        None => range(table, written.steps, written.scale, entry.key, faults)?,
    };
    Some(vec![(path, span, values)])
}

/// The values of a range that is one of several paths.
fn of_range(table: &Table, path: &str, entry: &Entry, faults: &mut Faults) -> Option<Vec<Node>> {
    let form = Form { place: path, anchor: entry.key, without: VALUES, required: &Vec::new };
    let written: Written = decode(table, form, faults)?;
    range(table, written.steps, written.scale, entry.key, faults)
}

fn range(
    table: &Table,
    steps: Option<usize>,
    scale: Scale,
    anchor: Span,
    faults: &mut Faults,
) -> Option<Vec<Node>> {
    let node = |key: &str| table.get(key).map(|entry| &*entry.node);
    let (Some(from), Some(to)) = (node("from"), node("to")) else {
        faults.push(
            Fault::new(anchor, "this axis has no values")
                .help("add values = [...], or from = ..., to = ... and steps = ..."),
        );
        return None;
    };
    let range = Range { from, to, steps, step: node("step"), scale };
    range.values().map_err(|fault| faults.push(fault)).ok()
}

fn check(place: &str, entry: &Entry, written: &Written, columns: &[Column], faults: &mut Faults) {
    let count = columns.first().map_or(0, |column| column.2.len());
    if !(1..=MOST).contains(&count) {
        faults.push(
            Fault::new(entry.key, format!("{place} has {count} values"))
                .help(format!("give it from one to {MOST}")),
        );
    }
    for (path, span, values) in columns {
        if let Err((message, help)) = path::parse(path) {
            faults.push(Fault::new(*span, message).help(help));
        }
        if path.contains('=') {
            faults.push(
                Fault::new(*span, format!("`{}` is not a path", words::short(path)))
                    .help("a path has no equals sign"),
            );
        }
        if path == "seed" {
            faults.push(
                Fault::new(*span, "the seed is no axis")
                    .help("write seeds = 20 at the top: each cell is run with each seed"),
            );
        }
        if values.len() != count {
            let message = format!("{} values here, {count} at the first path", values.len());
            faults.push(
                Fault::new(*span, message).help("what varies together has equally many values"),
            );
        }
        if let Some(odd) = values.iter().find(|node| matches!(node.value, Value::Null)) {
            faults.push(Fault::new(odd.span, "nothing cannot be set").help("write a value"));
        }
    }
    if let Some(labels) = &written.labels
        && labels.len() != count
    {
        let message = format!("{place} has {count} values and {} labels", labels.len());
        faults.push(Fault::new(entry.key, message).help("give each value its label"));
    }
}

/// Each value is there once: whoever gave it twice meant another, and would see two cells that are one.
fn check_differ(axis: &Axis, columns: &[Column], labels: Option<&Node>, faults: &mut Faults) {
    let mut values: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    let written = |place: usize| columns.first().map_or(Span::default(), |it| it.2[place].span);
    let labelled = |place: usize| match labels.map(|node| &node.value) {
        Some(Value::Array(items)) => items.get(place).map(|node| node.span),
        _ => None,
    };
    for (place, point) in axis.points.iter().enumerate() {
        let value = point.settings.iter().map(|setting| setting.value.as_str()).collect();
        let value = values.insert(value, place);
        let name = names.insert(&point.label, place);
        let shown = words::short(&point.label);
        if let Some(first) = value {
            faults.push(
                Fault::new(written(place), format!("`{shown}` is a value of this axis already"))
                    .also(written(first), "first here")
                    .help("write each value once; for more runs of it: seeds = 20"),
            );
        } else if let Some(first) = name {
            let at = |place| labelled(place).unwrap_or_else(|| written(place));
            faults.push(
                Fault::new(at(place), format!("two values of this axis are called `{shown}`"))
                    .also(at(first), "so is this one")
                    .help("give each value a label of its own: labels = [...]"),
            );
        }
    }
}

fn assemble(name: &str, written: Written, columns: &[Column]) -> Axis {
    let count = columns.first().map_or(0, |column| column.2.len());
    let point = |i: usize| {
        let settings =
            columns.iter().map(|(path, span, values)| Setting::new(path, *span, &values[i]));
        let own = || {
            let all: Vec<String> = columns.iter().map(|(.., values)| label(&values[i])).collect();
            all.join(", ")
        };
        let label = written.labels.as_ref().map_or_else(own, |labels| labels[i].clone());
        Point { label, settings: settings.collect() }
    };
    let points = (0..count).map(point).collect();
    Axis { name: name.to_owned(), label: written.label.unwrap_or_else(|| name.to_owned()), points }
}

/// A value as people would write it.
fn label(node: &Node) -> String {
    node.as_str().map_or_else(|| toml(node), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::file::tests::{faults, sweep};

    #[test]
    fn values_keep_their_kinds() {
        let sweep = sweep(
            "[vary.discipline]\npath = 'links.a--b.queue'\n\
             values = ['5p', { kind = 'fifo', limit = '9p' }]\nlabels = ['five', 'nine']\n\
             [vary]\n'apps.x.on' = [true, 7, 0.5, 'say \"hi\"']\n[measure]\nm = 'seed'",
        );
        let [first, second] = &sweep.axes[..] else { panic!("two axes") };
        assert_eq!((first.name.as_str(), second.name.as_str()), ("discipline", "apps.x.on"));
        assert_eq!(first.points[1].label, "nine");
        let set = &first.points[1].settings[0];
        assert_eq!(set.path, "links.a--b.queue");
        assert_eq!(set.value, "{ \"kind\" = \"fifo\", \"limit\" = \"9p\" }");
        let set: Vec<_> =
            second.points.iter().map(|point| point.settings[0].value.as_str()).collect();
        assert_eq!(set, ["true", "7", "0.5", "'say \"hi\"'"]);
        assert_eq!(second.points[3].label, "say \"hi\"");
    }

    #[test]
    fn says_what_is_wrong_with_an_axis() {
        for (text, expected) in [
            ("[vary]\nlinks.a--b.queue = ['1p']", "write paths in quotes"),
            ("[vary]\n'links.a--b.queue' = []", "has 0 values"),
            ("[vary]\n'links.a--b.queue' = '1p'", "expected values, found a text"),
            ("[vary]\n'links..queue' = ['1p']", "a name is empty"),
            ("[vary]\nseed = [1, 2]", "seeds = 20"),
            ("[vary]\nx = { path = 'a.b', valeus = [1] }", "did you mean `values`?"),
            ("[vary]\nx = { path = 'a.b', values = [1], labels = ['1', '2'] }", "and 2 labels"),
            ("[vary]\nx = { path = 'a.b' }", "has no values"),
            ("[vary.Cell]\npath = 'a.b'\nvalues = [1]", "`Cell` cannot be the name of an axis"),
            ("[vary.seed]\npath = 'a.b'\nvalues = [1]", "the results have columns"),
            ("[vary]\n'a.b' = [1]\n'a.B' = [2]", "`a.B` and `a.b` differ only in case"),
            ("[vary]\nx = { path = 'a.b', values = [1] }\n'a.b' = [2]", "sets what `x` sets too"),
            ("[vary.x.together]\n'a.b' = [1, 2]\n'a.c' = [1]", "equally many"),
            ("[vary]\n'a.b' = ['1p', '2p', '1p']", "`1p` is a value of this axis already"),
            ("[vary.x.together]\n'a.b' = [1, 1]\n'a.c' = [2, 2]", "`1, 2` is a value of this"),
            ("[vary]\nCELL = 7", "`CELL` cannot be the name of an axis"),
            ("[vary]\n'a.b' = ['1', 1]", "two values of this axis are called `1`"),
            ("[vary.x]\npath = 'a.b'\nvalues = [1, 2]\nlabels = ['A', 'A']", "s.toml:5:16"),
            ("[vary]\n'a.b' = { from = 1, to = 9, steps = 3, scale = 'lgo' }", "`log`"),
        ] {
            let told = faults(&format!("{text}\n[measure]\nm = 'seed'"));
            assert!(told.contains(expected), "{text}\n{told}");
        }
    }
}
