//! `portolan run`: a scenario simulated, its results printed and kept.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::{PlotFormat, RecordMode, RunArgs};
use super::capture::{self, Wanted};
use super::clock::Stopwatch;
use super::failure::Failure;
use super::{source, terminal};
use crate::observe::results::{Summary, Timing};
use crate::report::file::{Pending, WriteError};
use crate::report::paragraph;
use crate::report::plot::{PlotInput, Topology};
use crate::report::series::{Recorder, Recording};
use crate::report::store::OutDir;
use crate::report::{summary as json, tables};
use crate::run::{self, Choice};
use crate::scenario::Scenario;
use crate::sim::Simulation;
use crate::socket::services;
use crate::theory::Theory;
use crate::units::Time;

pub(super) fn run(args: &RunArgs, quiet: bool, verbose: bool) -> Result<(), Failure> {
    let building = Stopwatch::start();
    let scenario = source::load(&args.scenario, &[])?;
    let until = until(args, &scenario)?;
    let wanted = Wanted::of(args, &scenario)?;
    let mut simulation = Simulation::new(scenario.plan.clone());
    let theory = Theory::of(&simulation, Time::ZERO, until);
    simulation.look_at(theory.looks(until));
    let build_seconds = building.seconds();
    if !quiet {
        for notice in scenario.notices.iter().cloned().chain(of_no_effect(args, &scenario)) {
            terminal::note(&notice);
        }
    }
    let running = Stopwatch::start();
    let watch = Watch::new(until);
    let recorded = drive(args, &scenario, &wanted, &mut simulation, until, &watch, quiet);
    let run_seconds = running.seconds();
    watch.bar.finish_and_clear();
    // If writing failed on the way, the run ended there: numbers of a part would mislead.
    let recorded = match recorded {
        Err(failure) if simulation.now() < until => return Err(failure),
        recorded => recorded,
    };
    let mut summary = run::summary(&scenario, &simulation);
    summary.theory = theory.beside(&summary, simulation.looks());
    summary.timing = Some(Timing { build_seconds, run_seconds });
    say(args, &summary, quiet, verbose)?;
    if let Some((out, recording, series, captures)) = recorded? {
        let input = PlotInput::new(&scenario.title, recording, Topology::of(&scenario.plan, &[]));
        capture::commit(&out, captures)?;
        out.finish(&summary, &input, series, args.plots.format())?;
        if !quiet {
            terminal::tell(&format!("results are in {}\n", out.path().display()));
        }
    }
    if watch.interrupted.load(Ordering::Relaxed) {
        let (now, all) = (simulation.now(), until);
        return Err(Failure::Unfinished(format!(
            "interrupted at {now} of {all} simulated; the results are those until then"
        )));
    }
    match summary.expectations.iter().all(|expectation| expectation.holds) {
        true => Ok(()),
        false => Err(Failure::Expectation),
    }
}

fn until(args: &RunArgs, scenario: &Scenario) -> Result<Time, Failure> {
    match &args.until {
        None => Ok(scenario.duration),
        Some(text) => text
            .parse::<Time>()
            .map(|until| until.min(scenario.duration))
            .map_err(|error| Failure::BadInput(format!("--until: {error}"))),
    }
}

/// Options that were given and change nothing.
fn of_no_effect(args: &RunArgs, scenario: &Scenario) -> Vec<String> {
    let mut notices = Vec::new();
    if let Some(until) = &args.until
        && until.parse::<Time>().is_ok_and(|until| until > scenario.duration)
    {
        let end = scenario.duration;
        notices.push(format!(
            "--until {until} is after the end, {end}; to run longer: --set \
             duration={until}"
        ));
    }
    if args.out.is_none() {
        let record = (args.record == RecordMode::All).then_some("--record");
        let plots = (args.plots == PlotFormat::Png).then_some("--plots");
        let snap = args.snap.as_ref().map(|_| "--snap");
        for option in record.into_iter().chain(plots).chain(snap) {
            notices.push(format!("{option} has no effect without --out DIR"));
        }
    }
    notices
}

/// What is kept of a run besides the summary: the folder, the recording, its rows, and captures.
type Recorded = Option<(OutDir, Recording, Pending, Vec<Pending>)>;

/// Simulates, and records if a folder is to be written.
fn drive(
    args: &RunArgs,
    scenario: &Scenario,
    wanted: &Wanted,
    simulation: &mut Simulation,
    until: Time,
    watch: &Watch,
    quiet: bool,
) -> Result<Recorded, Failure> {
    let Some(dir) = &args.out else {
        run::simulate(simulation, until, &mut |now| watch.goes_on(now));
        return Ok(None);
    };
    let out = OutDir::create(dir)?;
    let rows = io::BufWriter::new(out.series()?);
    let mut capture = wanted.start(&out, simulation, scenario)?;
    let failed = capture.failed();
    let mut progress = |now: Time| watch.goes_on(now) && !failed.load(Ordering::Relaxed);
    let choice = match args.record {
        RecordMode::None => None,
        RecordMode::Default => Some(Choice::default_of(scenario)),
        RecordMode::All => Some(Choice::all_of(scenario)),
    };
    let recorded = match choice {
        None => {
            run::observe(simulation, until, &mut capture, &mut progress);
            Recorder::new(rows, Vec::new()).finish(until)
        }
        Some(choice) => {
            run::record_and_tell(simulation, until, &choice, rows, &mut capture, &mut progress)
        }
    };
    if capture.cuts_packets() {
        watch.bar.suspend(|| capture::say_cut(quiet));
    }
    let captures = capture.finish(simulation.now())?;
    let path = dir.join("series.csv");
    let (recording, rows) = recorded.map_err(|error| WriteError::new(&path, error))?;
    let file = rows.into_inner().map_err(|error| WriteError::new(&path, error.into_error()))?;
    Ok(Some((out, recording, file, captures)))
}

/// Prints the results.
fn say(args: &RunArgs, summary: &Summary, quiet: bool, verbose: bool) -> Result<(), Failure> {
    if args.json {
        return super::print(&json::to_json(summary));
    }
    if quiet {
        return Ok(());
    }
    let colour = terminal::stdout_has_colour();
    let look = tables::Look { colour, service: services::service_name, ..tables::Look::default() };
    let mut text = tables::print(summary, &look);
    if verbose {
        text.push_str(&not_modelled());
    }
    super::print(&text)
}

/// The simplifications in force: the model's limits are part of its result.
fn not_modelled() -> String {
    let mut text = String::from("\nNot modelled:\n");
    for line in crate::limits::NOT_MODELLED {
        text.push_str(&paragraph::filled(line, "  - ", "    "));
        text.push('\n');
    }
    text
}

/// Watches a run: the progress bar, and whether the user wants to stop.
pub(super) struct Watch {
    pub(super) bar: ProgressBar,
    pub(super) interrupted: Arc<AtomicBool>,
    started: Stopwatch,
    until: Time,
}

impl Watch {
    pub(super) fn new(until: Time) -> Self {
        let interrupted = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&interrupted);
        // Without a handler Ctrl-C ends the program at once, as it would anyway.
        let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
        let bar = ProgressBar::with_draw_target(Some(until.as_ps()), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}") {
            bar.set_style(style);
        }
        Self { bar, interrupted, started: Stopwatch::start(), until }
    }

    /// Draws the bar once a second has passed; says whether to go on.
    pub(super) fn goes_on(&self, now: Time) -> bool {
        if self.bar.is_hidden() && terminal::stderr_is_terminal() && self.started.seconds() > 1.0 {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        if !self.bar.is_hidden() {
            let share = now.as_secs_f64() / self.until.as_secs_f64().max(f64::MIN_POSITIVE);
            let left = self.started.seconds() * (1.0 - share) / share.max(1e-9);
            self.bar.set_position(now.as_ps());
            self.bar.set_message(format!("{now} of {}, {left:.0} s left", self.until));
        }
        !self.interrupted.load(Ordering::Relaxed)
    }
}
