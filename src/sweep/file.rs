//! The sweep file: TOML text in, a [`Sweep`] out, or everything that is wrong with the text.

use serde::Deserialize;

use super::axis::{self, Axis};
use super::drawing::{self, Drawing};
use super::measure::{self, Measure};
use super::mistaken;
use super::seeds::{MOST_SEEDS, Seeds};
use super::setting::Setting;
use crate::scenario::LoadError;
use crate::scenario::decode::{Form, decode, unknown_key};
use crate::scenario::fault::{Fault, Faults, Source, Span};
use crate::scenario::value::Table;
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
    /// What is set in all cells.
    pub fixed: Vec<Setting>,
    /// What varies.
    pub axes: Vec<Axis>,
    /// What is measured.
    pub measures: Vec<Measure>,
    /// What is drawn.
    pub drawings: Vec<Drawing>,
    /// The text of the file.
    pub text: String,
    /// What messages call the file.
    pub(super) file: String,
}

/// The keys of a sweep.
pub(super) const TOP: &[&str] = &[
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

/// The most axes; each is a column of the store.
const MOST_AXES: usize = 100;
/// The most cells.
const MOST_CELLS: usize = 1_000_000;
/// The most runs that are known to be needed from the start: cells times seeds.
const MOST_RUNS: usize = 10_000_000;

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
            sweep = match mistaken::scenario(&root, file) {
                Some(fault) => {
                    faults.push(fault);
                    None
                }
                None => of_root(&root, &mut faults),
            };
        }
    }
    match sweep {
        Some(sweep) if faults.is_empty() => {
            let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
            let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
            Ok(Sweep { name, text, file: file.into(), ..sweep })
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
    let measures = measure::collect(root, &axes, faults);
    let drawings = root
        .get("plot")
        .map_or_else(Vec::new, |entry| drawing::collect(&entry.node, &axes, &measures, faults));
    let head = head?;
    check(&head, root, faults);
    check_size(&axes, head.seeds.count(), root, faults);
    let max_seeds = head.max_seeds.unwrap_or_else(|| head.seeds.count().max(200));
    Some(Sweep {
        name: String::new(),
        title: head.title,
        scenario: head.scenario,
        scenario_span: root.get("scenario").map_or(Span::default(), |entry| entry.node.span),
        seeds: head.seeds.into_list(),
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
        file: String::new(),
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
    let seeds = head.seeds.count();
    if head.max_seeds.is_some_and(|most| most < seeds) {
        faults.push(
            Fault::new(span("max-seeds"), format!("max-seeds is less than the {seeds} seeds"))
                .help("it says how many seeds a cell may have in all"),
        );
    }
    if head.max_seeds.is_some_and(|most| most as u64 > MOST_SEEDS) {
        faults.push(
            Fault::new(span("max-seeds"), format!("a cell has {MOST_SEEDS} seeds at most"))
                .help("write for example max-seeds = 1000"),
        );
    }
}

/// A sweep must end some day, and its plan fit into memory.
fn check_size(axes: &[Axis], seeds: usize, root: &Table, faults: &mut Faults) {
    let anchor = root.get("vary").map_or(Span::default(), |entry| entry.key);
    if axes.len() > MOST_AXES {
        faults.push(
            Fault::new(anchor, format!("these are {} axes, and {MOST_AXES} the most", axes.len()))
                .help("let several paths change as one: [vary.NAME.together]"),
        );
    }
    let mut sizes = axes.iter().map(|axis| axis.points.len().max(1) as u128);
    let count = sizes.try_fold(1u128, u128::checked_mul);
    let cells = count.and_then(|count| usize::try_from(count).ok());
    let Some(cells) = cells.filter(|cells| *cells <= MOST_CELLS) else {
        let count = match count {
            Some(count) if count < 1_000_000_000_000 => count.to_string(),
            Some(count) => format!("some 10^{}", count.ilog10()),
            None => "more than 10^38".into(),
        };
        let message = format!("{} axes have {count} combinations", axes.len());
        faults.push(
            Fault::new(anchor, format!("{message}, and {MOST_CELLS} cells are the most"))
                .help("vary fewer things, or give axes fewer values"),
        );
        return;
    };
    let runs = cells.saturating_mul(seeds);
    if runs > MOST_RUNS {
        let anchor = root.get("seeds").map_or(anchor, |entry| entry.node.span);
        let message = format!(
            "{cells} cells with {seeds} seeds each are {runs} runs, and {MOST_RUNS} the most"
        );
        faults.push(Fault::new(anchor, message).help(
            "begin with fewer seeds (precision = \"1%\" adds more where they are needed), or vary less",
        ));
    }
}

pub(super) fn section<'t>(root: &'t Table, key: &str, faults: &mut Faults) -> Option<&'t Table> {
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
fn fixed(table: &Table, faults: &mut Faults) -> Vec<Setting> {
    let mut fixed = Vec::new();
    for (name, entry) in &table.0 {
        match path::parse(name) {
            Err((message, help)) => faults.push(Fault::new(entry.key, message).help(help)),
            Ok(_) if name.contains('=') || name == "seed" => faults.push(
                Fault::new(entry.key, format!("`{}` cannot be set here", words::short(name)))
                    .help("write a path; seeds have a key of their own: seeds = 20"),
            ),
            Ok(_) => fixed.push(Setting::new(name, entry.key, &entry.node)),
        }
    }
    fixed
}

impl Sweep {
    /// Reads the sweep `text`, which messages call `file`.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the text.
    pub fn read(text: &[u8], file: &str) -> Result<Self, LoadError> {
        read(text, file)
    }

    /// A fault of the sweep file.
    pub(super) fn at_fault(&self, fault: Fault) -> LoadError {
        let source = Source { name: self.file.clone(), text: self.text.clone() };
        LoadError { sources: vec![source], faults: vec![fault] }
    }

    /// What is wrong with the expression of the measure called `name`, at its place.
    #[must_use]
    pub fn at_measure(&self, name: &str, why: &str) -> LoadError {
        let measure = self.measures.iter().find(|measure| measure.name == name);
        let span = measure.map_or(Span::default(), |measure| measure.span);
        self.at_fault(Fault::new(span, format!("measure `{}`: {why}", words::short(name))).help(
            "write an expression whose value is a number, true, false or null: \
             \"flows.web.goodput_bps\"",
        ))
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
    use super::super::unit::Unit;
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
            ("max-seeds = 18446744073709551615\n[measure]\na = 'seed'", "seeds at most"),
            ("precision = '0%'\n[measure]\na = 'seed'", "no width"),
            ("[set]\nseed = 3\n[measure]\na = 'seed'", "a key of their own"),
            ("set = 3\n[measure]\na = 'seed'", "expected a table"),
        ] {
            let told = faults(text);
            assert!(told.contains(expected), "{text}\n{told}");
        }
        let plots = "[[plot]]\nx = 'a.b'\ny = 'a'\n[[plot]]\nx = 'a.b'\ny = 'n'\n";
        let told = faults(&format!("[vary]\n'a.b' = 7\n[measure]\na = {{ unit = 'x' }}\n{plots}"));
        assert!(!told.contains("no axis") && !told.contains("no measure `a`"), "{told}");
        assert!(told.contains("there is no measure `n`"), "{told}");
        assert!(Sweep::read(b"", "s.toml").expect_err("empty").to_string().contains("scenario"));
        assert!(Sweep::read(b"\xff", "s.toml").expect_err("bytes").to_string().contains("UTF-8"));
    }

    /// A line of `[vary]` with so many values.
    fn axis(name: &str, values: usize) -> String {
        format!("'apps.x.{name}' = {{ from = 1, to = {values}, step = 1 }}\n")
    }

    #[test]
    fn too_much_is_told_before_it_takes_memory() {
        let twelve: String = ('a'..='l').map(|c| axis(&c.to_string(), 1000)).collect();
        let told = faults(&format!("[vary]\n{twelve}{M}"));
        assert!(told.contains("12 axes have some 10^36 combinations"), "{told}");
        assert!(
            told.contains("s.toml:2:2") && told.contains("1000000 cells are the most"),
            "{told}"
        );
        let thirteen = format!("{twelve}{}{}", axis("m", 10_000), axis("n", 10_000));
        assert!(faults(&format!("[vary]\n{thirteen}{M}")).contains("have more than 10^38"));
        let square = format!("[vary]\n{}{}{M}", axis("a", 1000), axis("b", 1000));
        assert_eq!(sweep(&square).cell_count(), 1_000_000);
        let told = faults(&format!("seeds = 11\n{square}"));
        assert!(told.contains("are 11000000 runs, and 10000000 the most"), "{told}");
        assert!(told.contains("s.toml:2:9"), "{told}");
        let many: String = (0..101).map(|i| format!("'apps.x.k{i}' = [1]\n")).collect();
        assert!(faults(&format!("[vary]\n{many}{M}")).contains("101 axes, and 100 the most"));
    }

    #[test]
    fn a_scenario_is_told_from_a_sweep() {
        let text = "duration = '1s'\n[nodes]\na = 'host'\n[links.a--b]\n[apps.bulk]\n";
        let told = Sweep::read(text.as_bytes(), "x/n.toml").expect_err("a scenario").to_string();
        for expected in ["this is a scenario", "n.toml:2:2", "scenario = \"n.toml\"", "links.a--b"]
        {
            assert!(told.contains(expected), "{expected}: {told}");
        }
        assert!(told.contains("portolan run x/n.toml") && !told.contains("lacks"), "{told}");
        let told = faults(&format!("[nodes]\na = 'host'\n{M}"));
        assert!(told.contains("a sweep has no `nodes`"), "both: {told}");
    }
}
