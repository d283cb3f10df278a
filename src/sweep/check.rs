//! All cells loaded before any is run, so that everything that is wrong is told at once, and where the
//! reader can mend it: in the sweep file, if that is what a cell sets or measures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::file::Sweep;
use super::grid::Cell;
use super::setting::{Setting, within};
use super::study::Study as _;
use super::subject::{Subject, named};
use crate::scenario::LoadError;
use crate::scenario::fault::{Fault, Source, Span};
use crate::scenario::words;

/// Cells that are looked at before it is asked whether something is wrong.
const AT_ONCE: usize = 4096;

/// Loads all cells of a sweep on `jobs` threads and keeps none. Returns what the reader of the first cell
/// might not expect. Ends early if told to `stop`.
///
/// First come those cells in which at most one axis has another than its first value: in these every
/// value is seen, and a wrong one is told once and not for each of its combinations.
///
/// # Errors
/// Everything that is wrong with these cells; or if nothing is, with combinations of values.
pub fn check(
    sweep: &Sweep,
    subject: &Subject,
    jobs: usize,
    stop: &AtomicBool,
) -> Result<Vec<String>, LoadError> {
    let looking = Looking { sweep, subject, jobs, stop };
    let mut found = Found::default();
    let mut cells = cross(sweep, false);
    looking.look(&cells, &mut found);
    if !found.faults.is_empty() {
        // Whether it is the value alone that is wrong is seen where the others have their last.
        let mut more = cross(sweep, true);
        more.retain(|cell| !cells.contains(cell));
        looking.look(&more, &mut found);
        cells.extend(more);
        return Err(found.told(sweep, &cells));
    }
    let mut rest = (0..sweep.cell_count()).filter(|&cell| !is_in_cross(sweep, cell));
    loop {
        let some: Vec<usize> = rest.by_ref().take(AT_ONCE).collect();
        looking.look(&some, &mut found);
        if !found.faults.is_empty() {
            return Err(found.told(sweep, &some));
        }
        if some.is_empty() || stop.load(Ordering::Relaxed) {
            return Ok(found.notices);
        }
    }
}

/// The cells in which at most one axis has another than its first (or its last) value, in order.
fn cross(sweep: &Sweep, last: bool) -> Vec<usize> {
    let centre = if last { sweep.cell_count() - 1 } else { 0 };
    let mut cells = BTreeSet::from([centre]);
    let mut stride = sweep.cell_count();
    for axis in &sweep.axes {
        let count = axis.points.len();
        stride /= count;
        let line = centre - if last { (count - 1) * stride } else { 0 };
        cells.extend((0..count).map(|place| line + place * stride));
    }
    cells.into_iter().collect()
}

fn is_in_cross(sweep: &Sweep, cell: usize) -> bool {
    sweep.cell(cell).places.iter().filter(|place| **place > 0).count() <= 1
}

/// What it takes to load cells.
struct Looking<'a> {
    sweep: &'a Sweep,
    subject: &'a Subject,
    jobs: usize,
    stop: &'a AtomicBool,
}

impl Looking<'_> {
    /// Loads these cells.
    fn look(&self, cells: &[usize], found: &mut Found) {
        let Self { sweep, subject, .. } = *self;
        let next = AtomicUsize::new(0);
        let found = Mutex::new(found);
        let lock = || found.lock().unwrap_or_else(PoisonError::into_inner);
        let work = || {
            while !self.stop.load(Ordering::Relaxed) {
                let Some(&cell) = cells.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                let loaded = subject.read_cell(sweep, cell).and_then(|scenario| {
                    sweep.check(&scenario)?;
                    Ok(scenario)
                });
                match loaded {
                    Ok(scenario) if cell == 0 => lock().notices = scenario.notices,
                    Ok(_) => {}
                    Err(error) => lock().add(sweep, cell, &error),
                }
            }
        };
        std::thread::scope(|scope| (0..self.jobs.max(1)).for_each(|_| drop(scope.spawn(work))));
    }
}

/// A text that something is wrong with. Those that the reader is to look at first come first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Text {
    /// The sweep file.
    Sweep,
    /// The scenario, or a file that it names.
    Other(String),
}

/// What is wrong, and with which cells.
struct Trouble {
    fault: Fault,
    /// The value that it is about: which axis, and which of its values.
    value: Option<(usize, usize)>,
    /// The first cell that has it, and how many have.
    first: usize,
    count: usize,
}

/// Text, place and remedy of a fault.
type Key = (Text, Span, String);

/// What was found in several cells.
#[derive(Default)]
struct Found {
    notices: Vec<String>,
    /// What different cells have in common is told once, though the words may name their values. The
    /// number tells such faults of one cell apart.
    faults: BTreeMap<(Key, usize), Trouble>,
    texts: BTreeMap<String, Source>,
}

impl Found {
    /// Takes what is wrong with a cell.
    fn add(&mut self, sweep: &Sweep, cell: usize, error: &LoadError) {
        let reader = Reader { sweep, error, cell: sweep.cell(cell) };
        let mut seen: BTreeMap<Key, usize> = BTreeMap::new();
        for fault in &error.faults {
            let (text, fault, value) = reader.placed(fault);
            if let Text::Other(name) = &text {
                let of_fault = fault.places.first().map_or(0, |(span, _)| span.source);
                if let Some(source) = error.sources.get(usize::from(of_fault)) {
                    self.texts.entry(name.clone()).or_insert_with(|| source.clone());
                }
            }
            let place = fault.places.first().map(|(span, _)| *span).unwrap_or_default();
            let help = fault.help.clone().unwrap_or_default();
            let key = (text, Span { source: 0, ..place }, help);
            let nth = seen.entry(key.clone()).and_modify(|nth| *nth += 1).or_default();
            let key = (key, *nth);
            let trouble = Trouble { fault, value, first: cell, count: 1 };
            match self.faults.get_mut(&key) {
                None => drop(self.faults.insert(key, trouble)),
                Some(known) => {
                    let count = known.count + 1;
                    if cell < known.first {
                        *known = trouble;
                    }
                    known.count = count;
                }
            }
        }
    }

    /// All of it, in the order of the texts.
    fn told(self, sweep: &Sweep, cells: &[usize]) -> LoadError {
        let own = Source { name: sweep.file.clone(), text: sweep.text.clone() };
        let names: Vec<String> = self.texts.keys().cloned().collect();
        let sources = std::iter::once(own).chain(self.texts.into_values()).collect();
        let faults = self.faults.into_iter().map(|(((text, ..), _), trouble)| {
            let source = match &text {
                Text::Sweep => 0,
                Text::Other(name) => names.binary_search(name).map_or(0, |place| place + 1) as u16,
            };
            let mut fault = trouble.told(sweep, cells);
            fault.places.iter_mut().for_each(|(span, _)| span.source = source);
            fault
        });
        LoadError { faults: faults.collect(), sources }
    }
}

impl Trouble {
    /// The fault, with the cell that has it if others with the same value have not.
    fn told(self, sweep: &Sweep, cells: &[usize]) -> Fault {
        let has_value = |cell: &&usize| {
            self.value.is_none_or(|(axis, place)| sweep.cell(**cell).places[axis] == place)
        };
        let mut fault = self.fault;
        if self.count < cells.iter().filter(has_value).count() {
            let cell = sweep.describe(&sweep.cell(self.first));
            fault.message.push_str(&format!(", where {}", words::short(&cell)));
        }
        fault
    }
}

/// Finds the places of what is wrong with a cell.
struct Reader<'a> {
    sweep: &'a Sweep,
    error: &'a LoadError,
    cell: Cell,
}

impl Reader<'_> {
    /// A fault with its place in the text that it is told of, and the value of an axis that it is about.
    fn placed(&self, fault: &Fault) -> (Text, Fault, Option<(usize, usize)>) {
        let first = fault.places.first().map_or(0, |(span, _)| usize::from(span.source));
        let name = self.error.sources.get(first).map_or("", |source| source.name.as_str());
        if name == self.sweep.file && self.error.sources.len() == 1 {
            return (Text::Sweep, fault.clone(), None);
        }
        let place = |span: Span| match self.setting(first) {
            Some((setting, _)) => Some(setting.place(range(span), &self.sweep.text)),
            None => self.of_measure(name, span),
        };
        let mut own = fault.clone();
        for (span, _) in &mut own.places {
            let Some(found) = place(*span) else {
                return (Text::Other(name.to_owned()), fault.clone(), None);
            };
            *span = found;
        }
        let setting = self.setting(first);
        if let (Some((setting, _)), [(span, note @ None)]) = (setting, own.places.as_mut_slice())
            && let Some(value) = setting.unwritten(*span, &self.sweep.text)
        {
            *note = Some(format!("its value {}", words::short(value)));
        }
        (Text::Sweep, own, setting.and_then(|(_, value)| value))
    }

    /// The setting that is the text of this number, and the value of an axis that it is of.
    fn setting(&self, source: usize) -> Option<(&Setting, Option<(usize, usize)>)> {
        let place = source.checked_sub(1)?;
        let fixed = self.sweep.fixed.iter().map(|setting| (setting, None));
        let axes = self.sweep.axes.iter().zip(&self.cell.places).enumerate();
        let varied = axes.flat_map(|(axis, (of, &place))| {
            of.points[place].settings.iter().map(move |setting| (setting, Some((axis, place))))
        });
        fixed.chain(varied).nth(place)
    }

    fn of_measure(&self, name: &str, span: Span) -> Option<Span> {
        let measure = self.sweep.measures.iter().find(|measure| named(measure) == name)?;
        Some(within(measure.span, &self.sweep.text, &measure.expression, range(span)))
    }
}

const fn range(span: Span) -> std::ops::Range<usize> {
    span.start as usize..span.end as usize
}

#[cfg(test)]
mod tests {
    use super::super::file::tests::sweep;
    use super::*;

    #[test]
    fn the_first_cells_have_every_value() {
        let sweep = sweep(
            "[vary]\n'a.x' = [1, 2]\n'a.y' = [1, 2, 3]\n'a.z' = [1, 2]\n[measure]\nm = 'seed'",
        );
        assert_eq!(cross(&sweep, false), [0, 1, 2, 4, 6]);
        assert_eq!(cross(&sweep, true), [5, 7, 9, 10, 11]);
        let own: Vec<usize> = (0..12).filter(|&cell| is_in_cross(&sweep, cell)).collect();
        assert_eq!(own, cross(&sweep, false));
    }

    /// What is told of a sweep over the built-in scenario `hello`.
    fn told(rest: &str) -> LoadError {
        let sweep = sweep(&format!("{rest}\n[measure]\nm = 'seed'"));
        let subject = Subject::find(&sweep, std::path::Path::new("/")).expect("built in");
        check(&sweep, &subject, 3, &AtomicBool::new(false)).expect_err("faults")
    }

    #[test]
    fn a_wrong_value_is_told_once_and_a_wrong_combination_with_its_cell() {
        let wrong = told("[vary]\nduration = ['1s', 'x']\nseed-of = [1, 2, 3]");
        assert_eq!(wrong.faults.len(), 2, "{wrong}");
        assert!(!wrong.to_string().contains("where"), "{wrong}");
        for durations in ["['1s', '9s']", "['9s', '1s']"] {
            let text = format!("warm-up = '2s'\n[vary]\nduration = {durations}");
            let wrong = told(&text);
            assert_eq!(wrong.faults.len(), 1, "{wrong}");
            assert!(wrong.to_string().contains(", where duration = 1s"), "{wrong}");
        }
    }

    #[test]
    fn two_faults_at_one_place_are_both_told() {
        let sweep = sweep("[vary]\nseed-of = [1, 2]\n[measure]\nm = 'seed'");
        let source = Source { name: sweep.file.clone(), text: sweep.text.clone() };
        let of_cell = |cell: usize| {
            let messages = [format!("too long in {cell}"), format!("too late in {cell}")];
            let faults = messages.map(|message| Fault::new(Span::default(), message)).to_vec();
            LoadError { faults, sources: vec![source.clone()] }
        };
        let mut found = Found::default();
        (0..2).for_each(|cell| found.add(&sweep, cell, &of_cell(cell)));
        let told = found.told(&sweep, &[0, 1]);
        let messages: Vec<_> = told.faults.iter().map(|fault| fault.message.as_str()).collect();
        assert_eq!(messages, ["too long in 0", "too late in 0"]);
    }
}
