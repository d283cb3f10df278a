//! The scenarios that ship: each runs, keeps its promises, and does so again in the same way.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use portolan::observe::results::Summary;
use portolan::report::summary;
use portolan::run::{self, Choice};
use portolan::scenario::builtin::{self, Builtin};
use portolan::scenario::{Options, Scenario, load_path};
use portolan::sim::Simulation;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// All scenario files in a folder, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of scenarios");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("a file in it").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    files
}

fn seeded(scenario: &Builtin, seed: u64) -> Scenario {
    let options = Options { overrides: vec![format!("seed={seed}")], ..Options::default() };
    scenario.load(&options).unwrap_or_else(|error| panic!("{}: {error}", scenario.name))
}

/// Runs a scenario to its end: the results, the text of the summary, the recorded series.
fn run_whole(scenario: &Scenario) -> (Summary, String, Vec<u8>) {
    let mut simulation = Simulation::new(scenario.plan.clone());
    let choice = Choice::default_of(scenario);
    let until = scenario.duration;
    let recorded = run::record(&mut simulation, until, &choice, Vec::new(), &mut |_| true);
    let (_, series) = recorded.expect("memory takes all that is written");
    assert_eq!(simulation.now(), until, "{} stopped early", scenario.name);
    let results = run::summary(scenario, &simulation);
    let text = summary::to_json(&results);
    (results, text, series)
}

fn keeps_its_promises(scenario: &Builtin, seed: u64) -> (String, Vec<u8>) {
    let (results, text, series) = run_whole(&seeded(scenario, seed));
    assert!(!results.expectations.is_empty(), "{} expects nothing", scenario.name);
    for expectation in &results.expectations {
        let (name, that, actual) = (scenario.name, &expectation.that, &expectation.actual);
        assert!(expectation.holds, "{name}, seed {seed}: {that}\n  actual {actual}");
        assert!(!expectation.because.is_empty(), "{name}: why {that}?");
    }
    (text, series)
}

#[test]
fn what_they_expect_holds_with_any_dice() {
    for scenario in builtin::ALL {
        for seed in 1..=3 {
            keeps_its_promises(scenario, seed);
        }
    }
}

#[test]
fn a_second_run_is_the_same_to_the_last_byte() {
    for scenario in builtin::ALL {
        let (first, second) = (keeps_its_promises(scenario, 1), keeps_its_promises(scenario, 1));
        assert_eq!(first.0, second.0, "{}: other results", scenario.name);
        assert!(first.1 == second.1, "{}: other series", scenario.name);
    }
}

#[test]
fn the_list_in_the_program_is_that_of_the_folder() {
    let stem = |path: &PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let in_folder: BTreeSet<String> = files(&folder()).iter().map(stem).collect();
    let in_program: BTreeSet<String> =
        builtin::ALL.iter().map(|scenario| scenario.name.to_owned()).collect();
    assert_eq!(in_folder, in_program);
}

#[test]
fn each_opens_with_a_comment_and_says_what_to_watch() {
    for path in files(&folder()).into_iter().chain(files(&folder().join("bench"))) {
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let mut lines = text.lines().filter(|line| !line.starts_with("#:"));
        let first = lines.next().unwrap_or_default();
        assert!(first.starts_with("# "), "{} opens with `{first}`", path.display());
        let scenario = load_path(&path, &Options::default())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!scenario.title.is_empty() && !scenario.expects.is_empty(), "{}", path.display());
        for part in ["Question:", "Watch:", "Expect:"] {
            assert!(scenario.about.contains(part), "{} has no {part}", path.display());
        }
    }
}
