//! `portolan sweep`: a grid of runs, its store, and what came out.

mod jobs;
mod merge;
mod notes;
mod slurm;
mod waiting;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::{PlotFormat, SweepArgs, SweepCommand};
use super::clock::Stopwatch;
use super::failure::Failure;
use super::terminal;
use crate::report::file::{make_folder, write_atomically};
use crate::scenario::builtin;
use crate::sweep::check;
use crate::sweep::results::{self, ResultsError};
use crate::sweep::statistics::Estimate;
use crate::sweep::work::{self, Agenda as _, WorkError};
use crate::sweep::{
    Forecasts, Goal, Identity, Schedule, Store, StoreError, Subject, Sweep, pictures, table,
};

/// The name of the store of a whole sweep.
const STORE: &str = "sweep.sqlite";

pub(super) fn sweep(args: &SweepArgs, quiet: bool) -> Result<(), Failure> {
    match &args.command {
        Some(SweepCommand::Merge(args)) => merge::join(args, quiet),
        None if args.cluster.slurm => slurm::sweep(args, quiet),
        None => run(args, quiet),
    }
}

/// A sweep that has been read, all cells of which can be run.
struct Prepared {
    sweep: Sweep,
    subject: Subject,
    identity: Identity,
    goal: Goal,
    /// Where its results go.
    dir: PathBuf,
}

fn read(args: &SweepArgs, jobs: usize, watch: &Watch, quiet: bool) -> Result<Prepared, Failure> {
    let file = args.sweep.as_deref().unwrap_or_else(|| Path::new(""));
    let name = file.display().to_string();
    let text = std::fs::read(file).map_err(|error| Failure::BadInput(unreadable(&name, &error)))?;
    let sweep = Sweep::read(&text, &name)?;
    let base = file.parent().unwrap_or_else(|| Path::new(""));
    let subject = Subject::find(&sweep, base)?;
    let notices = check::check(&sweep, &subject, jobs, &watch.interrupted)?;
    if watch.interrupted.load(Ordering::Relaxed) {
        return Err(Failure::Unfinished("interrupted before anything was run".into()));
    }
    if !quiet {
        notices.iter().for_each(|notice| terminal::note(notice));
    }
    let goal = Goal::of(&sweep, args.precision.map(|it| it.as_f64()), args.max_seeds);
    let dir = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}-sweep", sweep.name)));
    make_folder(&dir)?;
    let identity = Identity::of(&sweep, &subject);
    Ok(Prepared { sweep, subject, identity, goal, dir })
}

/// Why there is no sweep file of this name, and what to write.
fn unreadable(name: &str, error: &std::io::Error) -> String {
    if builtin::find(name).is_some() {
        return format!(
            "`{name}` is a built-in scenario, not a sweep file: write a file that begins with \
             scenario = \"{name}\" and says what varies and what is measured; or run it once: \
             portolan run {name}"
        );
    }
    let why = crate::scenario::context::unreadable(error);
    format!("`{name}` cannot be read: {why}; give the path of a sweep file (.toml)")
}

fn run(args: &SweepArgs, quiet: bool) -> Result<(), Failure> {
    let jobs = args.jobs.unwrap_or_else(cores);
    let watch = Watch::new();
    let Prepared { sweep, subject, identity, goal, dir } = read(args, jobs, &watch, quiet)?;
    let path = dir.join(args.shard.map_or_else(|| STORE.to_owned(), notes::store_name));
    let store = match args.cluster.wait {
        true => {
            let stop = &watch.interrupted;
            notes::open_patiently(&path, &sweep, &identity, args.resume, stop)?
        }
        false => Store::open(&path, &sweep, &identity, args.resume)?,
    };
    store.note_goal(&goal)?;
    let forecasts = Forecasts::of(&sweep, &subject, &watch.interrupted);
    if !quiet {
        forecasts.silences(&sweep).iter().for_each(|silence| terminal::note(silence));
    }
    store.note_forecasts(&forecasts)?;
    let mut schedule = Schedule::new(sweep.cell_count(), goal, args.shard.unwrap_or_default());
    let mut note = args.shard.map(|_| notes::Note::beside(&path));
    let workers = (jobs, &*watch.interrupted);
    let mut look = |progress| {
        watch.show(progress);
        note.iter_mut().for_each(|note| note.write(progress));
    };
    let complete = work::run_all(&sweep, &subject, &mut schedule, &store, workers, &mut look);
    watch.bar.finish_and_clear();
    let (total, done) = schedule.progress();
    note.iter().for_each(|note| note.write_now((total, done)));
    if !complete.map_err(|error| failed(&sweep, error))? {
        let store = path.display();
        return Err(Failure::Unfinished(format!(
            "interrupted after {done} of {total} runs; they are kept in `{store}`: go on with --resume"
        )));
    }
    match args.shard {
        None => finish(&dir, &sweep, schedule.goal(), &store, (args.plots, quiet)),
        Some(_) if quiet => Ok(()),
        Some(_) => {
            let store = path.display();
            terminal::tell(&format!(
                "{} of this shard {} in {store}; join all shards with:\n  portolan sweep merge {} --out DIR\n",
                plural(done, "run"),
                if done == 1 { "is" } else { "are" },
                dir.display()
            ));
            Ok(())
        }
    }
}

/// A measure that is no number is told at its place in the sweep file.
fn failed(sweep: &Sweep, error: WorkError) -> Failure {
    match error {
        WorkError::Measure { name, cell, seed, why } => {
            sweep.at_measure(&name, &format!("{why}; {cell}, seed {seed}")).into()
        }
        other => other.into(),
    }
}

/// How many runs are simulated at a time unless the user says.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

/// A number of things.
fn plural(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// Writes and prints what came out.
fn finish(
    dir: &Path,
    sweep: &Sweep,
    goal: &Goal,
    store: &Store,
    (plots, quiet): (PlotFormat, bool),
) -> Result<(), Failure> {
    let outcome = results::write(dir, sweep, goal, store)?;
    if let Some(format) = plots.format()
        && !sweep.drawings.is_empty()
    {
        let folder = dir.join("plots");
        make_folder(&folder)?;
        for (name, bytes) in pictures::draw(sweep, &outcome, goal.confidence, format) {
            write_atomically(&folder.join(format!("{name}.{}", format.extension())), &bytes)?;
        }
    }
    if quiet {
        return Ok(());
    }
    let mut text = String::new();
    if !sweep.title.is_empty() {
        text.push_str(&format!("{}\n\n", sweep.title));
    }
    text.push_str(&table::print(sweep, &outcome, goal.confidence));
    super::print(&text)?;
    if let Some(precision) = goal.precision {
        let is_wide = |cell: &&Vec<Estimate>| !cell.iter().all(|it| it.is_narrow(precision));
        let wide = outcome.cells.iter().filter(is_wide).count();
        if wide > 0 {
            // To the digits that a share can be given with: 0.07 is 7 %, not 7.000000000000001 %.
            let (most, share) = (goal.most(), (precision * 1e9).round() / 1e7);
            let (cells, have) = (plural(wide, "cell"), if wide == 1 { "has" } else { "have" });
            terminal::note(&format!(
                "{cells} {have} wider intervals than {share} % even with {most} seeds"
            ));
        }
    }
    terminal::tell(&format!("results are in {}\n", dir.display()));
    Ok(())
}

/// Watches a sweep: the progress bar, and whether the user wants to stop.
pub(super) struct Watch {
    pub(super) bar: ProgressBar,
    pub(super) interrupted: Arc<AtomicBool>,
    started: Stopwatch,
    /// Runs that were done before this sitting, once known.
    before: Cell<Option<usize>>,
}

impl Watch {
    pub(super) fn new() -> Self {
        let interrupted = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&interrupted);
        // Without a handler Ctrl-C ends the program at once; what is finished is kept all the same.
        let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}") {
            bar.set_style(style);
        }
        Self { bar, interrupted, started: Stopwatch::start(), before: Cell::new(None) }
    }

    /// Draws the bar once a second has passed.
    pub(super) fn show(&self, (total, done): (usize, usize)) {
        let before = self.before.get().unwrap_or(done);
        self.before.set(Some(before));
        if self.is_shown() {
            let each = self.started.seconds() / (done - before).max(1) as f64;
            let left = each * (total - done) as f64;
            self.draw((total, done), format!("{done} of {total} runs, {left:.0} s left"));
        }
    }

    /// Draws the bar once a second has passed; more runs than these may be found to be needed.
    pub(super) fn show_so_far(&self, (total, done): (usize, usize)) {
        if self.is_shown() {
            let text = format!("{done} runs, {} more at least", total.saturating_sub(done));
            self.draw((total, done), text);
        }
    }

    fn draw(&self, (total, done): (usize, usize), text: String) {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        self.bar.set_message(text);
    }

    /// Whether there is a bar; it appears when a second has passed.
    fn is_shown(&self) -> bool {
        if self.bar.is_hidden() && terminal::stderr_is_terminal() && self.started.seconds() > 1.0 {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        !self.bar.is_hidden()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error.is_of_the_disk() {
            true => Self::Unfinished(error.to_string()),
            false => Self::BadInput(error.to_string()),
        }
    }
}

impl From<WorkError> for Failure {
    fn from(error: WorkError) -> Self {
        match error {
            WorkError::Store(error) => error.into(),
            WorkError::Scenario(error) => Self::Scenario(error),
            WorkError::Measure { .. } => Self::BadInput(error.to_string()),
        }
    }
}

impl From<ResultsError> for Failure {
    fn from(error: ResultsError) -> Self {
        match error {
            ResultsError::Store(error) => error.into(),
            ResultsError::Write(error) => error.into(),
        }
    }
}
