//! The sweep file: TOML text in, a [`Sweep`] out, or everything that is wrong with the text.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use super::axis::{self, Axis};
use super::drawing::{self, Drawing};
use super::forecast::Model;
use super::unit::Unit;
use crate::scenario::LoadError;
use crate::scenario::decode::{Form, decode, unknown_key};
use crate::scenario::fault::{Fault, Faults, Source, Span};
use crate::scenario::value::{Entry, Table, Value};
use crate::scenario::{parse, path, words};
use crate::units::{Ratio, Time};

/// A sweep, as its file says.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// Its name: that of the file, without extension.
    pub name: String,
    /// What it is about, in a line.
    pub title: String,
    /// The scenario: a file beside the sweep file, or the name of a built-in one.
    pub scenario: String,
    /// Where the sweep file says so.
    pub(super) scenario_span: Span,
    /// The seeds of each cell, ascending.
    pub seeds: Vec<u64>,
    /// The confidence level of the intervals, between 0 and 1.
    pub confidence: f64,
    /// How narrow the intervals are to be, as a share of the mean.
    pub precision: Option<f64>,
    /// The most seeds of a cell if there is a precision to reach.
    pub max_seeds: usize,
    /// The time from which on results count.
    pub warm_up: Time,
    /// Where the sweep file says so.
    pub(super) warm_up_span: Span,
    /// What is set in all cells: paths and values.
    pub fixed: Vec<(String, String)>,
    /// What varies.
    pub axes: Vec<Axis>,
    /// What is measured.
    pub measures: Vec<Measure>,
    /// What is drawn.
    pub drawings: Vec<Drawing>,
    /// The text of the file.
    pub text: String,
}

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
}

/// The keys of a sweep.
const TOP: &[&str] = &[
    "title",
    "about",
    "scenario",
    "seeds",
    "warm-up",
    "confidence",
    "precision",
    "max-seeds",
    "set",
    "vary",
    "measure",
    "plot",
];

/// Keys of tables that are read by themselves.
const SECTIONS: &[&str] = &["set", "vary", "measure", "plot"];

/// The most cells.
const MOST_CELLS: usize = 1_000_000;
/// The most measures; each is a column of the store.
const MOST_MEASURES: usize = 500;
/// Seeds of a cell unless the file says, and the most of them.
const SEEDS: u64 = 10;
const MOST_SEEDS: u64 = 1_000_000;
/// The largest seed: SQLite's whole numbers have a sign, and more seeds may follow.
const LARGEST_SEED: u64 = u64::MAX >> 2;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Head {
    #[serde(default)]
    title: String,
    #[serde(default, rename = "about")]
    _about: String,
    scenario: String,
    #[serde(default)]
    seeds: Seeds,
    #[serde(default)]
    warm_up: Time,
    #[serde(default)]
    confidence: Option<Ratio>,
    #[serde(default)]
    precision: Option<Ratio>,
    #[serde(default)]
    max_seeds: Option<usize>,
}

/// A number of seeds (from 1 on), a range `"1..20"`, or a list.
#[derive(Debug, Serialize)]
struct Seeds(Vec<u64>);

impl Default for Seeds {
    fn default() -> Self {
        Self((1..=SEEDS).collect())
    }
}

impl Seeds {
    fn range(first: u64, last: u64) -> Result<Self, &'static str> {
        let fits = first <= last && last - first < MOST_SEEDS && last <= LARGEST_SEED;
        if fits { Ok(Self((first..=last).collect())) } else { Err(Self::WRONG) }
    }
    const WRONG: &'static str = "these are no seeds; write a number of them such as 20, a range such as \"1..20\", or a list";
}

impl<'de> Deserialize<'de> for Seeds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Seeds;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of seeds such as 20, a range such as \"1..20\", or a list")
            }
            fn visit_i64<E: de::Error>(self, count: i64) -> Result<Seeds, E> {
                let count = u64::try_from(count).map_err(|_| E::custom(Seeds::WRONG))?;
                self.visit_u64(count)
            }
            fn visit_u64<E: de::Error>(self, count: u64) -> Result<Seeds, E> {
                Seeds::range(1, count).map_err(E::custom)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Seeds, E> {
                let ends = text.split_once("..").and_then(|(first, last)| {
                    Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
                });
                let (first, last) = ends.ok_or_else(|| E::custom(Seeds::WRONG))?;
                Seeds::range(first, last).map_err(E::custom)
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Seeds, A::Error> {
                let mut seeds = Vec::new();
                while let Some(seed) = list.next_element::<u64>()? {
                    seeds.push(seed);
                }
                seeds.sort_unstable();
                seeds.dedup();
                let fits = seeds.last().is_some_and(|last| *last <= LARGEST_SEED);
                if fits { Ok(Seeds(seeds)) } else { Err(de::Error::custom(Seeds::WRONG)) }
            }
        }
        deserializer.deserialize_any(Form)
    }
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

/// Reads the sweep `text`, which messages call `file`.
///
/// # Errors
/// Everything that is wrong, in the order of the text.
pub(super) fn read(text: &[u8], file: &str) -> Result<Sweep, LoadError> {
    let mut faults = Faults::default();
    let text = String::from_utf8(text.to_vec()).unwrap_or_else(|error| {
        let at = error.utf8_error().valid_up_to();
        faults.push(
            Fault::new(Span { source: 0, start: at as u32, end: at as u32 + 3 }, "not UTF-8 text")
                .help("save the file as UTF-8"),
        );
        String::from_utf8_lossy(text).into_owned()
    });
    let mut sweep = None;
    if faults.is_empty() {
        let root = parse::document(file, &text, &mut faults);
        // What follows a syntax error may not be what was meant.
        if faults.is_empty() {
            sweep = of_root(&root, &mut faults);
        }
    }
    match sweep {
        Some(sweep) if faults.is_empty() => {
            let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
            let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
            Ok(Sweep { name, text, ..sweep })
        }
        _ => Err(LoadError {
            sources: vec![Source { name: file.into(), text }],
            faults: faults.into_sorted(),
        }),
    }
}

fn of_root(root: &Table, faults: &mut Faults) -> Option<Sweep> {
    for (key, entry) in &root.0 {
        if !TOP.contains(&key.as_str()) {
            let known = TOP.iter().copied();
            faults.push(unknown_key(entry.key, "a sweep", key, known));
        }
    }
    let required = || vec!["scenario".to_owned()];
    let form = Form { place: "sweep", anchor: Span::default(), without: &[], required: &required };
    let own: Vec<&str> = TOP.iter().copied().filter(|key| !SECTIONS.contains(key)).collect();
    let head: Option<Head> = decode(&root.only(&own), form, faults);
    let fixed = section(root, "set", faults).map_or_else(Vec::new, |table| fixed(table, faults));
    let axes = section(root, "vary", faults).map_or_else(Vec::new, |t| axis::collect(t, faults));
    let cells = axes.iter().try_fold(1usize, |all, axis| all.checked_mul(axis.points.len()));
    if cells.is_none_or(|cells| cells > MOST_CELLS) {
        let anchor = root.get("vary").map_or(Span::default(), |entry| entry.key);
        faults.push(
            Fault::new(anchor, format!("these are more than {MOST_CELLS} combinations"))
                .help("vary fewer things at once"),
        );
    }
    let measures = measures(root, &axes, faults);
    let drawings = root
        .get("plot")
        .map_or_else(Vec::new, |entry| drawing::collect(&entry.node, &axes, &measures, faults));
    let head = head?;
    check(&head, root, faults);
    let max_seeds = head.max_seeds.unwrap_or_else(|| head.seeds.0.len().max(200));
    Some(Sweep {
        name: String::new(),
        title: head.title,
        scenario: head.scenario,
        scenario_span: root.get("scenario").map_or(Span::default(), |entry| entry.node.span),
        seeds: head.seeds.0,
        confidence: head.confidence.map_or(0.95, Ratio::as_f64),
        precision: head.precision.map(Ratio::as_f64),
        max_seeds,
        warm_up: head.warm_up,
        warm_up_span: root.get("warm-up").map_or(Span::default(), |entry| entry.node.span),
        fixed,
        axes,
        measures,
        drawings,
        text: String::new(),
    })
}

fn check(head: &Head, root: &Table, faults: &mut Faults) {
    let span = |key: &str| root.get(key).map_or(Span::default(), |entry| entry.node.span);
    if head.confidence.is_some_and(|level| level.is_zero() || level == Ratio::ONE) {
        faults.push(
            Fault::new(span("confidence"), "nothing is certain, nor quite uncertain")
                .help("write for example confidence = \"95%\""),
        );
    }
    if head.precision.is_some_and(Ratio::is_zero) {
        faults.push(
            Fault::new(span("precision"), "an interval is never of no width")
                .help("write for example precision = \"1%\""),
        );
    }
    let seeds = head.seeds.0.len();
    if head.max_seeds.is_some_and(|most| most < seeds) {
        faults.push(
            Fault::new(span("max-seeds"), format!("max-seeds is less than the {seeds} seeds"))
                .help("it says how many seeds a cell may have in all"),
        );
    }
}

fn section<'t>(root: &'t Table, key: &str, faults: &mut Faults) -> Option<&'t Table> {
    let entry = root.get(key)?;
    let table = entry.node.as_table();
    if table.is_none() {
        let what = entry.node.what();
        faults.push(
            Fault::new(entry.node.span, format!("{key}: expected a table, found {what}"))
                .help(format!("write a table: [{key}] and its keys below")),
        );
    }
    table
}

/// `[set]`: what is the same in all cells.
fn fixed(table: &Table, faults: &mut Faults) -> Vec<(String, String)> {
    let mut fixed = Vec::new();
    for (name, entry) in &table.0 {
        match path::parse(name) {
            Err((message, help)) => faults.push(Fault::new(entry.key, message).help(help)),
            Ok(_) if name.contains('=') || name == "seed" => faults.push(
                Fault::new(entry.key, format!("`{}` cannot be set here", words::short(name)))
                    .help("write a path; seeds have a key of their own: seeds = 20"),
            ),
            Ok(_) => fixed.push((name.clone(), axis::toml(&entry.node))),
        }
    }
    fixed
}

/// `[measure]`: what is measured.
fn measures(root: &Table, axes: &[Axis], faults: &mut Faults) -> Vec<Measure> {
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
    let mut seen: Vec<String> = vec!["cell".into(), "seed".into()];
    seen.extend(axes.iter().map(|axis| axis.name.to_lowercase()));
    let mut measures = Vec::new();
    for (name, entry) in &table.0 {
        let lower = name.to_lowercase();
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
        if name.is_empty() || !name.chars().all(plain) || seen.contains(&lower) {
            let message = format!("`{}` cannot be the name of a measure", words::short(name));
            faults.push(Fault::new(entry.key, message).help(
                "write letters, digits, `_`, `-`; no axis, other measure, `cell` or `seed` has this name",
            ));
            continue;
        }
        seen.push(lower);
        measures.extend(measure(name, entry, faults));
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
    let (name, model) = (name.to_owned(), written.model);
    Some(Measure { name, label, expression: written.value, unit, model })
}

impl Sweep {
    /// Reads the sweep `text`, which messages call `file`.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the text.
    pub fn read(text: &[u8], file: &str) -> Result<Self, LoadError> {
        read(text, file)
    }

    /// The seeds that a cell may have, in the order in which it gets them: those of the file, then
    /// more if there is a precision to reach.
    #[must_use]
    pub fn all_seeds(&self, precise: bool) -> Vec<u64> {
        let mut seeds = self.seeds.clone();
        if precise {
            let last = seeds.last().copied().unwrap_or_default();
            let more = self.max_seeds.saturating_sub(seeds.len()) as u64;
            seeds.extend((1..=more).map(|i| last.saturating_add(i)));
        }
        seeds
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn sweep(rest: &str) -> Sweep {
        let text = format!("scenario = 'hello'\n{rest}");
        Sweep::read(text.as_bytes(), "s.toml").unwrap_or_else(|error| panic!("{error}"))
    }

    pub(in super::super) fn faults(rest: &str) -> String {
        let text = format!("scenario = 'hello'\n{rest}");
        Sweep::read(text.as_bytes(), "s.toml").expect_err("faults").to_string()
    }

    const M: &str = "[measure]\nm = 'seed'\n";

    #[test]
    fn seeds_in_three_forms() {
        let seeds = |text: &str| sweep(&format!("seeds = {text}\n{M}")).seeds;
        assert_eq!(seeds("3"), [1, 2, 3]);
        assert_eq!(seeds("'5..8'"), [5, 6, 7, 8]);
        assert_eq!(seeds("[9, 1, 9]"), [1, 9]);
        assert_eq!(sweep(M).seeds.len(), 10);
        let precise = sweep(&format!("seeds = 2\nmax-seeds = 4\nprecision = '5%'\n{M}"));
        assert_eq!(precise.all_seeds(true), [1, 2, 3, 4]);
        assert_eq!(precise.all_seeds(false), [1, 2]);
        assert_eq!((precise.precision, precise.confidence), (Some(0.05), 0.95));
    }

    #[test]
    fn measures_have_units_and_labels() {
        let sweep = sweep(
            "[measure]\na = 'flows.x.goodput_bps'\n\
             b = { value = 'seed', label = 'The seed', unit = '%' }\n",
        );
        assert_eq!(sweep.measures[0].unit, Unit::BitsPerSecond);
        assert_eq!(sweep.measures[1].unit, Unit::Share);
        assert_eq!(sweep.measures[1].label, "The seed");
    }

    #[test]
    fn everything_wrong_is_told_at_once_with_its_place() {
        let told = faults("seedz = 3\nconfidence = '100%'\n[vary]\nx = 3\n");
        for expected in [
            "s.toml:2:1",
            "did you mean `seeds`?",
            "nothing is certain",
            "expected values, found a whole number",
            "a sweep measures from one thing",
        ] {
            assert!(told.contains(expected), "{expected}:\n{told}");
        }
        for (text, expected) in [
            ("[measure]\nseed = 'seed'", "cannot be the name"),
            ("[measure]\n'a\"' = 'seed'", "cannot be the name"),
            ("[measure]\na = 7", "expected a text"),
            ("seeds = 0\n[measure]\na = 'seed'", "these are no seeds"),
            ("seeds = 'all'\n[measure]\na = 'seed'", "these are no seeds"),
            ("seeds = 9\nmax-seeds = 3\n[measure]\na = 'seed'", "less than the 9 seeds"),
            ("precision = '0%'\n[measure]\na = 'seed'", "no width"),
            ("[set]\nseed = 3\n[measure]\na = 'seed'", "a key of their own"),
            ("set = 3\n[measure]\na = 'seed'", "expected a table"),
        ] {
            let told = faults(text);
            assert!(told.contains(expected), "{text}\n{told}");
        }
        assert!(Sweep::read(b"", "s.toml").expect_err("empty").to_string().contains("scenario"));
        assert!(Sweep::read(b"\xff", "s.toml").expect_err("bytes").to_string().contains("UTF-8"));
    }
}
