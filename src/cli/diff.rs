//! `portolan diff`: what differs between two results, or between two runs and from when on.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::args::DiffArgs;
use super::failure::Failure;
use super::run::Watch;
use super::{source, terminal};
use crate::report::diff::events::{Difference, Lockstep, Step};
use crate::report::diff::{numbers, samples};
use crate::report::trace::line::seconds;
use crate::run;
use crate::scenario::Scenario;
use crate::sim::Simulation;
use crate::units::Time;

const SUMMARY: &str = "summary.json";
const SERIES: &str = "series.csv";
/// Events between two looks at the clock.
const LOOK_EVERY: u64 = 4096;

pub(super) fn diff(args: &DiffArgs, quiet: bool) -> Result<(), Failure> {
    let is_results = |name: &str| Path::new(name).join(SUMMARY).is_file();
    let b = args.b.as_deref().unwrap_or(&args.a);
    match (is_results(&args.a), is_results(b)) {
        (true, true) => folders(args),
        (false, false) => scenarios(args, quiet),
        (a_is, _) => {
            let (folder, other) = if a_is { (&*args.a, b) } else { (b, &*args.a) };
            Err(Failure::BadInput(format!(
                "`{folder}` holds results and `{other}` does not: give two result folders, or two \
                 scenarios"
            )))
        }
    }
}

fn folders(args: &DiffArgs) -> Result<(), Failure> {
    let Some(b) = &args.b else {
        let why = format!("`{}` is a result folder: name another to compare it with", args.a);
        return Err(Failure::BadInput(why));
    };
    let given = [(&args.sets, "--set"), (&args.sets_a, "--set-a"), (&args.sets_b, "--set-b")];
    let set = given.iter().find(|(sets, _)| !sets.is_empty()).map(|(_, option)| *option);
    if let Some(option) = set.or_else(|| args.seed.map(|_| "--seed")) {
        return Err(Failure::BadInput(format!(
            "{option} is for scenarios; these are results that are there already"
        )));
    }
    let [first, second] = [&args.a, b].map(Path::new);
    let (differences, compared) = numbers::compare(&summary(first)?, &summary(second)?);
    let mut text = format!("A  {}\nB  {b}\n\n", args.a);
    text.push_str(&numbers::table(&differences, compared));
    text.push('\n');
    text.push_str(&series(first, second)?);
    super::print(&text)
}

fn summary(folder: &Path) -> Result<Value, Failure> {
    let path = folder.join(SUMMARY);
    let bad = |why: String| Failure::BadInput(format!("cannot read `{}`: {why}", path.display()));
    let text = fs::read(&path).map_err(|error| bad(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| bad(error.to_string()))
}

fn series(a: &Path, b: &Path) -> Result<String, Failure> {
    let paths = [a, b].map(|folder| folder.join(SERIES));
    let open = |path: &Path| fs::File::open(path).map_err(|error| unreadable(path, &error));
    let [a, b] = &paths;
    let parting = samples::compare(open(a)?, open(b)?)
        .map_err(|(which, error)| unreadable(&paths[which], &error))?;
    Ok(samples::words(&parting))
}

fn unreadable(path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::BadInput(format!("cannot read `{}`: {error}", path.display()))
}

fn scenarios(args: &DiffArgs, quiet: bool) -> Result<(), Failure> {
    let b = args.b.as_deref().unwrap_or(&args.a);
    if args.b.is_none() && args.sets_a.is_empty() && args.sets_b.is_empty() {
        return Err(Failure::BadInput(format!(
            "there is nothing to compare `{b}` with: name another scenario, or change something in \
             B, for example --set-b seed=2"
        )));
    }
    let load = |name: &str, own: &[String]| {
        let seed = args.seed.map(|seed| format!("seed={seed}"));
        let sets = args.sets.iter().cloned().chain(seed).chain(own.iter().cloned());
        source::load_named(name, sets.collect())
    };
    let sides = [load(&args.a, &args.sets_a)?, load(b, &args.sets_b)?];
    if !quiet {
        for (side, scenario) in ["A", "B"].iter().zip(&sides) {
            for notice in &scenario.notices {
                terminal::note(&format!("{side}: {notice}"));
            }
        }
    }
    let mut text = String::new();
    for (side, name, own) in [("A", &*args.a, &args.sets_a), ("B", b, &args.sets_b)] {
        let sets: Vec<String> = own.iter().map(|set| format!(" {set}")).collect();
        let _ = writeln!(text, "{side}  {name}{}", sets.join(""));
    }
    text.push('\n');
    let longest = sides[0].duration.max(sides[1].duration);
    let watch = Watch::new(longest);
    let compared = compare(&sides, &watch);
    watch.bar.finish_and_clear();
    text.push_str(&compared?);
    super::print(&text)
}

/// Runs both, compares what happens and what comes out.
fn compare(sides: &[Scenario; 2], watch: &Watch) -> Result<String, Failure> {
    let start = |side: &Scenario| (Simulation::new(side.plan.clone()), side.duration);
    let mut lockstep = Lockstep::new(start(&sides[0]), start(&sides[1]));
    let progress = |now: Time| match watch.goes_on(now) {
        true => Ok(()),
        false => Err(Failure::Unfinished(format!("interrupted at {now} simulated"))),
    };
    let text = loop {
        match lockstep.step() {
            Step::Same(now) => {
                if lockstep.same().is_multiple_of(LOOK_EVERY) {
                    progress(now)?;
                }
            }
            Step::End => break format!("All {} events are the same.\n", lockstep.same()),
            Step::Differs => match lockstep.difference() {
                Some(difference) => break told(&difference, terminal::stdout_has_colour()),
                None => break String::new(),
            },
        }
    };
    let mut values = Vec::new();
    for (mut simulation, scenario) in lockstep.into_simulations().into_iter().zip(sides) {
        let mut interrupted = None;
        run::simulate(&mut simulation, scenario.duration, &mut |now| {
            interrupted = progress(now).err();
            interrupted.is_none()
        });
        if let Some(failure) = interrupted {
            return Err(failure);
        }
        let summary = run::summary(scenario, &simulation);
        let value = serde_json::to_value(&summary);
        values.push(value.expect("a summary holds only names, numbers and lists"));
    }
    let (differences, compared) = numbers::compare(&values[0], &values[1]);
    Ok(format!("{text}\n{}", numbers::table(&differences, compared)))
}

/// The difference as `diff` shows one: what is the same, then what is only in A and what in B.
fn told(difference: &Difference, colour: bool) -> String {
    let Difference { same, at, before, after } = difference;
    let at = seconds(*at, 9);
    let mut text = match same {
        0 => format!("The very first event differs, at {at} s:\n\n"),
        _ => format!("The first {same} events are the same. From {at} s on they differ:\n\n"),
    };
    for line in before {
        let _ = writeln!(text, "  {line}");
    }
    for (lines, mark, code) in [(&after[0], 'A', "31"), (&after[1], 'B', "32")] {
        if lines.is_empty() {
            let _ = writeln!(text, "{mark} (nothing more happens)");
        }
        for line in lines {
            let _ = match colour {
                true => writeln!(text, "\x1b[{code}m{mark} {line}\x1b[0m"),
                false => writeln!(text, "{mark} {line}"),
            };
        }
    }
    text
}
