//! `portolan diff`: what changed, and the moment from which on.

use std::fs;
use std::path::{Path, PathBuf};

use portolan::report::diff::events::{Lockstep, Step};
use portolan::scenario::{Options, Scenario, builtin};
use portolan::sim::Simulation;
use portolan::units::Time;

use crate::support::Watch;
use crate::trace::{refusal, stdout};

fn scenario(name: &str, sets: &[&str]) -> Scenario {
    let overrides = sets.iter().map(|&set| set.to_owned()).collect();
    let found = builtin::find(name).expect("a scenario that ships");
    found
        .load(&Options { overrides, ..Options::default() })
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Where two runs part, if they do.
fn parting(a: &Scenario, b: &Scenario) -> Option<portolan::report::diff::events::Difference> {
    let start = |it: &Scenario| (Simulation::new(it.plan.clone()), it.duration);
    let mut lockstep = Lockstep::new(start(a), start(b));
    loop {
        match lockstep.step() {
            Step::Same(_) => {}
            Step::End => return None,
            Step::Differs => return lockstep.difference(),
        }
    }
}

fn watch(scenario: &Scenario, until: Time) -> Watch {
    let mut watch = Watch::default();
    Simulation::new(scenario.plan.clone()).run_until(until, &mut watch);
    watch
}

/// With the same seed and one parameter changed, everything before the first difference is identical; and it
/// is the first.
#[test]
fn everything_before_the_first_difference_is_the_same() {
    for (name, set, expected_late) in [
        ("port-queue", "apps.slow.buffer=128KiB", true),
        ("udp-loss", "links.r2--bob.jitter=3ms", false),
        ("udp-loss", "links.r1--r2.loss=3%", true),
        ("bufferbloat", "links.r1--home.queue=20p", true),
        ("fast-recovery", "links.r1--bob.queue=20p", true),
        ("lost-syn", "apps.second.start=9s", true),
        ("hub-vs-switch", "apps.switch34.count=50", true),
    ] {
        let (a, b) = (scenario(name, &["duration=10s"]), scenario(name, &["duration=10s", set]));
        let found = parting(&a, &b).unwrap_or_else(|| panic!("{name} {set}: no difference"));
        let (first, second) = (watch(&a, found.at), watch(&b, found.at));
        let same = usize::try_from(found.same).expect("few events");
        assert_eq!(first.seen[..same], second.seen[..same], "{name} {set}");
        assert_ne!(first.seen.get(same), second.seen.get(same), "{name} {set}");
        let is_earlier = |watch: &Watch| watch.seen[same..].iter().all(|(at, _)| *at >= found.at);
        assert!(is_earlier(&first) && is_earlier(&second), "{name} {set}");
        assert_eq!(same > 50, expected_late, "{name} {set}: {same} events are the same");
        assert!(found.after[0] != found.after[1], "{name} {set}: {found:#?}");
        assert_ne!(found.after[0].first(), found.after[1].first(), "{name} {set}: {found:#?}");
    }
}

#[test]
fn a_longer_run_begins_like_the_shorter() {
    let (a, b) = (scenario("hello", &["duration=1s"]), scenario("hello", &["duration=2s"]));
    let found = parting(&a, &b).expect("a difference");
    assert!(found.at > Time::from_secs(1) && found.after[0].is_empty(), "{found:#?}");
    assert_eq!(parting(&a, &a), None);
}

#[test]
fn one_scenario_under_two_settings() {
    let text = stdout(&["diff", "port-queue", "--set-b", "apps.slow.buffer=128KiB"]);
    insta::assert_snapshot!(text);
    for line in text.lines().skip_while(|line| !line.contains("results differ")) {
        assert!(line.chars().count() <= 80, "too wide: {line}");
    }
}

#[test]
fn nothing_differs() {
    let text = stdout(&["diff", "hello", "hello"]);
    assert!(text.contains("events are the same.") && text.contains("of the results are the same."));
    let text = stdout(&["diff", "hello", "--set-a", "seed=3", "--set-b", "seed=3"]);
    assert!(text.contains("of the results are the same."), "{text}");
}

#[test]
fn seeds_and_files() {
    let text =
        stdout(&["diff", "udp-loss", "--seed", "5", "--set-b", "seed=6", "--set", "duration=1s"]);
    assert!(text.contains("differ") && text.contains("\nseed "), "{text}");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/hello.toml");
    let other = stdout(&["diff", root.to_str().expect("a path"), "hello"]);
    assert!(other.contains("events are the same."), "{other}");
}

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("diff").join(name);
    let _ = fs::remove_dir_all(&path);
    path
}

#[test]
fn two_folders_of_results() {
    let (a, b) = (folder("a"), folder("b"));
    let [a, b] = [&a, &b].map(|path| path.to_str().expect("a path"));
    for (out, set) in [(a, "apps.slow.buffer=32KiB"), (b, "apps.slow.buffer=128KiB")] {
        stdout(&["run", "port-queue", "-q", "--plots", "none", "--out", out, "--set", set]);
    }
    let text = stdout(&["diff", a, b]);
    let place = Path::new(a).parent().expect("a folder").to_str().expect("a path");
    insta::assert_snapshot!(text.replace(place, "[results]"));
    let same = stdout(&["diff", a, a]);
    assert!(same.contains("samples of the series are the same."), "{same}");
    assert!(refusal(&["diff", a]).contains("name another"));
    assert!(refusal(&["diff", a, "hello"]).contains("two result folders, or two scenarios"));
    assert!(refusal(&["diff", a, b, "--set", "seed=1"]).contains("--set is for scenarios"));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    assert!(refusal(&["diff", "hello"]).contains("--set-b"));
    assert!(refusal(&["diff", "hello", "--set-b", "links.r1--bob.rat=1Mbps"]).contains("rate"));
    assert!(refusal(&["diff", "hello", "no-such-scenario"]).contains("no-such-scenario"));
}
