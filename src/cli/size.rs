//! `portolan size`: the smallest queue of a link that meets a target.

use std::path::Path;
use std::sync::atomic::Ordering;

use super::args::SizeArgs;
use super::failure::Failure;
use super::sweep::Watch;
use super::terminal;
use crate::report::file::make_folder;
use crate::scenario::{Options, Scenario};
use crate::sweep::size::report::Report;
use crate::sweep::size::survey::{self, Traffic};
use crate::sweep::size::thumb::{Path as Pipe, Rule};
use crate::sweep::size::{Bounds, Grain, Judge, Place, Search, Sizing};
use crate::sweep::work::{self, Agenda as _};
use crate::sweep::{Identity, Store, Study as _, Subject};
use crate::units::{Limit, Time};

/// The queue, in packets or frames, with which it is looked at what crosses the link: so short that
/// round trips are those of the path.
const SURVEYED: usize = 10;
/// The largest size unless the rules of thumb lead to a larger one.
const MOST: usize = 100;
/// How many times what the path holds is tried.
const TIMES: usize = 4;

/// What is known before the search begins.
struct Task {
    subject: Subject,
    place: Place,
    sizing: Sizing,
    judge: Judge,
    pipe: Option<Pipe>,
    /// Sizes with their names: the rules of thumb and the scenario's own.
    named: Vec<(String, usize)>,
    bounds: Bounds,
}

pub(super) fn size(args: &SizeArgs, quiet: bool) -> Result<(), Failure> {
    let watch = Watch::new();
    let task = prepare(args, quiet, &watch)?;
    let store = open(args, &task)?;
    let first = task.named.iter().map(|(_, size)| *size).collect();
    let mut search = Search::new(task.judge.clone(), task.bounds, first);
    let jobs = args.jobs.unwrap_or_else(super::sweep::cores);
    let workers = (jobs, &*watch.interrupted);
    let mut look = |progress| watch.show_so_far(progress);
    let (subject, sizing) = (&task.subject, &task.sizing);
    let complete = work::run_all(sizing, subject, &mut search, &store, workers, &mut look);
    watch.bar.finish_and_clear();
    let complete = complete?;
    store.describe(sizing, &store.cells_with_runs()?)?;
    let answer = search.answer().filter(|_| complete);
    let Some(answer) = answer else {
        let (_, done) = search.progress();
        return Err(Failure::Unfinished(match &args.out {
            Some(dir) => format!(
                "interrupted after {done} runs; they are kept in `{}`: go on with --resume",
                dir.display()
            ),
            None => format!("interrupted after {done} runs; with --out DIR they would be kept"),
        }));
    };
    let report = Report { sizing, judge: &task.judge, answer: &answer };
    if let Some(dir) = &args.out {
        report.write(dir, &store)?;
    }
    print(&task, &report, quiet)
}

/// Prints what came out; the answer alone if `quiet`.
fn print(task: &Task, report: &Report<'_>, quiet: bool) -> Result<(), Failure> {
    let found = report.answer();
    let mut text = String::new();
    if !quiet {
        let (place, rate) = (&task.place, task.place.config.rate);
        text.push_str(&format!(
            "Queue of {}, {}, {rate}: {}\n\n{}\n",
            place.name,
            place.direction,
            report.target(),
            report.sizes()
        ));
        text.push_str(&task.pipe.map_or_else(without_rules, |pipe| Report::path(&pipe)));
        let mut named = task.named.clone();
        named.extend(report.answer.size().map(|size| ("found".to_owned(), size)));
        if !named.is_empty() {
            text.push_str(&format!("\n{}", report.named("Rule", &named)));
        }
    }
    match found {
        Ok(found) => super::print(&format!("{text}{found}")),
        Err(why) => {
            super::print(&text)?;
            terminal::tell(&format!("portolan: {why}\n"));
            Err(Failure::Expectation)
        }
    }
}

fn without_rules() -> String {
    "No long TCP connection crosses the link: rules of thumb need --rtt and --flows\n".into()
}

/// Everything up to the search: the queue, how it is set, and what crosses the link.
fn prepare(args: &SizeArgs, quiet: bool, watch: &Watch) -> Result<Task, Failure> {
    let subject = Subject::named(&args.scenario)?;
    let with = |more: Option<String>| {
        let overrides = args.sets.iter().cloned().chain(more).collect();
        subject.load_with(&Options { overrides, ..Options::default() })
    };
    let scenario = with(None)?;
    if !quiet {
        scenario.notices.iter().for_each(|notice| terminal::note(notice));
    }
    let warm_up = warm_up(args, &scenario)?;
    let place = place(args, &scenario, warm_up, watch)?;
    let frame = place.full_frame();
    let grain = if args.bytes { Grain::Frames(frame) } else { Grain::Packets };
    let setting = place.setting(grain, &|text| with(Some(text)).ok()).map_err(Failure::BadInput)?;
    let sizing = Sizing::new(&place, setting, grain, args.sets.clone(), warm_up);
    let loads = |size: usize| subject.load(&sizing, size).is_ok();
    let good = place.size(grain);
    let least = Bounds::find(good, good, &loads).least;
    let traffic = traffic(args, (&subject, &sizing, least), &place, watch)?;
    let rtt = args.rtt.map(Time::as_secs_f64).or(traffic.rtt_seconds);
    let connections = args.flows.unwrap_or(traffic.connections);
    let rate = place.config.rate;
    let pipe = rtt.filter(|_| connections > 0).map(|rtt_seconds| Pipe {
        rate,
        rtt_seconds,
        connections,
        frame,
    });
    let rules = pipe.map_or_else(Vec::new, |pipe| pipe.rules().to_vec());
    let mut named = named(&rules, &place, grain);
    let bounds = bounds(args, (&subject, &sizing), (good, least), &mut named, quiet)?;
    let judge = Judge {
        targets: args.targets.clone(),
        confidence: args.confidence.as_f64(),
        start: args.seeds,
        most: args.max_seeds.max(args.seeds),
    };
    Ok(Task { subject, place, sizing, judge, pipe, named, bounds })
}

fn warm_up(args: &SizeArgs, scenario: &Scenario) -> Result<Time, Failure> {
    let end = scenario.duration;
    let warm_up = args.warm_up.unwrap_or_else(|| Time::from_ps(end.as_ps() / 10));
    if warm_up < end {
        return Ok(warm_up);
    }
    Err(Failure::BadInput(format!(
        "--warm-up {warm_up}: a run takes {end}; results are counted from the warm-up's end on: shorten \
         it, or --set duration"
    )))
}

/// The direction of the link that is asked for, or the busiest one.
fn place(
    args: &SizeArgs,
    scenario: &Scenario,
    warm_up: Time,
    watch: &Watch,
) -> Result<Place, Failure> {
    let plan = &scenario.plan;
    let found = Place::find(plan, &args.link, args.direction.as_deref());
    if let Some(place) = found.map_err(Failure::BadInput)? {
        return Ok(place);
    }
    let summary = survey::summary(scenario, warm_up, &mut |_| goes_on(watch));
    let summary = summary.ok_or_else(interrupted)?;
    Place::busiest(plan, &args.link, &summary).map_err(Failure::BadInput)
}

/// What crosses the link, unless the command line says all that matters of it.
fn traffic(
    args: &SizeArgs,
    (subject, sizing, least): (&Subject, &Sizing, usize),
    place: &Place,
    watch: &Watch,
) -> Result<Traffic, Failure> {
    let scenario = subject.load(sizing, SURVEYED.max(least))?;
    if args.rtt.is_some() && args.flows.is_some() {
        return Ok(Traffic::default());
    }
    survey::survey(&scenario, place, sizing.warm_up(), &mut |_| goes_on(watch))
        .ok_or_else(interrupted)
}

fn goes_on(watch: &Watch) -> bool {
    !watch.interrupted.load(Ordering::Relaxed)
}

fn interrupted() -> Failure {
    Failure::Unfinished("interrupted before anything was run".into())
}

/// The sizes of the rules and the scenario's own, if it is counted in the same way.
fn named(rules: &[Rule], place: &Place, grain: Grain) -> Vec<(String, usize)> {
    let rules = rules.iter().map(|rule| (rule.name.to_owned(), rule.size));
    let limit = place.config.queue.config().limit();
    let own = limit.and_then(|limit| grain.size(limit)).filter(|size| *size > 0);
    rules.chain(own.map(|size| ("as it is".to_owned(), size))).collect()
}

/// The largest size to try.
fn most(args: &SizeArgs, grain: Grain, named: &[(String, usize)]) -> Result<usize, Failure> {
    let Some(limit) = args.max else {
        let largest = named.iter().map(|(_, size)| *size).max().unwrap_or(0);
        return Ok(largest.saturating_mul(TIMES).max(MOST));
    };
    match (grain.size(limit), limit) {
        (Some(size), _) if (1..=1_000_000_000).contains(&size) => Ok(size),
        (None, Limit::Bytes(_)) => Err(Failure::BadInput(format!(
            "--max {limit}: sizes are counted in packets; write for example 1000p, or add --bytes"
        ))),
        (None, Limit::Packets(_)) => Err(Failure::BadInput(format!(
            "--max {limit}: with --bytes sizes are counted in bytes; write for example 1MB"
        ))),
        (Some(_), _) => Err(Failure::BadInput(format!(
            "--max {limit}: this is no size to search up to; write for example 1000p"
        ))),
    }
}

/// Which sizes are tried. Of those that have names the ones that the queue cannot have are left out.
fn bounds(
    args: &SizeArgs,
    (subject, sizing): (&Subject, &Sizing),
    (good, least): (usize, usize),
    named: &mut Vec<(String, usize)>,
    quiet: bool,
) -> Result<Bounds, Failure> {
    let most = most(args, sizing.grain, named)?;
    if most < least {
        return Err(too_small(args, subject, sizing, least));
    }
    let highest = named.iter().map(|(_, size)| *size).fold(most.max(good), usize::max);
    let loads = |size: usize| subject.load(sizing, size).is_ok();
    let possible = Bounds { least, ..Bounds::find(good, highest, &loads) };
    named.retain(|(name, size)| {
        let fits = possible.holds(*size);
        if !fits && !quiet {
            let end = if *size < least { least } else { possible.most };
            terminal::note(&left_out(name, (*size, end), subject, sizing));
        }
        fits
    });
    Ok(Bounds { least, most: most.min(possible.most) })
}

/// Why a size that has a name is not tested.
fn left_out(name: &str, (size, end): (usize, usize), subject: &Subject, sizing: &Sizing) -> String {
    let side = if end > size { "smallest" } else { "largest" };
    let why = why(subject, sizing, size);
    let (size, end) = (sizing.label(size), sizing.label(end));
    format!("{name}, {size}, is left out: {end} is the {side} that this queue can be ({why})")
}

/// What is wrong with a queue of this size.
fn why(subject: &Subject, sizing: &Sizing, size: usize) -> String {
    let error = subject.load(sizing, size).err();
    let fault = error.as_ref().and_then(|error| error.faults().first());
    fault.map_or_else(String::new, |fault| fault.message.clone())
}

/// The queue cannot be as small as the user wants.
fn too_small(args: &SizeArgs, subject: &Subject, sizing: &Sizing, least: usize) -> Failure {
    let max = args.max.map_or_else(String::new, |max| format!("--max {max}: "));
    let why = why(subject, sizing, least.saturating_sub(1));
    Failure::BadInput(format!(
        "{max}{} is the smallest that this queue can be ({why}); search further, or change the queue \
         (--set)",
        sizing.label(least)
    ))
}

/// The store in the folder that is asked for, or one that is forgotten.
fn open(args: &SizeArgs, task: &Task) -> Result<Store, Failure> {
    let identity = Identity::of(&task.sizing, &task.subject);
    let path = match &args.out {
        Some(dir) => {
            make_folder(dir)?;
            dir.join("size.sqlite")
        }
        None => Path::new(":memory:").to_path_buf(),
    };
    Ok(Store::open(&path, &task.sizing, &identity, args.resume)?)
}
