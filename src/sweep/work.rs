//! The threads that simulate.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::schedule::Job;
use super::store::{Row, Store, StoreError};
use super::study::Study;
use super::subject::Subject;
use crate::run;
use crate::scenario::{self, LoadError, Scenario};
use crate::sim::Simulation;

/// Why a study ended before all was done.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// The store cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The scenario cannot be used.
    #[error(transparent)]
    Scenario(Box<LoadError>),
    /// What is measured is no number.
    #[error("measure `{name}` of {cell}, seed {seed}: {why}; correct its expression")]
    Measure {
        /// Which measure.
        name: String,
        /// In which cell.
        cell: String,
        /// With which seed.
        seed: u64,
        /// What is wrong with it.
        why: String,
    },
}

/// How often the main thread looks at whether to stop.
const LOOK: Duration = Duration::from_millis(100);

/// Which runs are to be done: asked for the next one, told of those that are done.
pub trait Agenda {
    /// The next run to start, if one is known to be needed.
    fn start_next(&mut self) -> Option<Job>;
    /// A run is done. True if the runs of its cell are to be looked at ([`Agenda::update`]).
    fn finish(&mut self, job: Job) -> bool;
    /// Takes the runs of a cell that are in the store into account: they are not done again, and others
    /// may be needed because of them.
    fn update(&mut self, cell: usize, rows: &[Row]);
    /// Runs that are known to be needed, and those of them that are done.
    fn progress(&self) -> (usize, usize);
}

/// What a thread has to say of a run; nothing if it was abandoned.
type Done = (Job, Result<Option<Row>, WorkError>);

/// Does all runs of an agenda on `jobs` threads, keeping each as it is done. `look` is called again
/// and again, with the progress. Ends early if told to `stop`: true if all was done.
///
/// # Errors
/// The first thing that went wrong; what was finished until then is kept.
pub fn run_all(
    study: &dyn Study,
    subject: &Subject,
    agenda: &mut dyn Agenda,
    store: &Store,
    (jobs, stop): (usize, &AtomicBool),
    look: &mut dyn FnMut((usize, usize)),
) -> Result<bool, WorkError> {
    for cell in store.cells_with_runs()? {
        agenda.update(cell, &store.rows(cell)?);
    }
    let abandon = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (send_job, receive_job) = mpsc::channel();
        let (send_done, receive_done) = mpsc::channel();
        let receive_job = std::sync::Arc::new(Mutex::new(receive_job));
        for _ in 0..jobs.max(1) {
            let (jobs, done) = (std::sync::Arc::clone(&receive_job), send_done.clone());
            let abandon = &abandon;
            scope.spawn(move || {
                let _alarm = Alarm(abandon);
                Worker { study, subject, abandon, loaded: None }.work(&jobs, &done);
            });
        }
        drop(send_done);
        let mut desk = Desk { agenda, store, send_job, receive_done, running: 0 };
        let ended = || stop.load(Ordering::Relaxed) || abandon.load(Ordering::Relaxed);
        let result = desk.run(2 * jobs.max(1), &ended, look);
        abandon.store(true, Ordering::Relaxed);
        result
    })
}

/// The main thread's part: hands out runs and keeps their results.
struct Desk<'a> {
    agenda: &'a mut dyn Agenda,
    store: &'a Store,
    send_job: Sender<Job>,
    receive_done: Receiver<Done>,
    running: usize,
}

impl Desk<'_> {
    fn run(
        &mut self,
        most: usize,
        ended: &dyn Fn() -> bool,
        look: &mut dyn FnMut((usize, usize)),
    ) -> Result<bool, WorkError> {
        loop {
            while self.running < most
                && let Some(job) = self.agenda.start_next()
            {
                // Who is gone has told why, which is read below.
                let _ = self.send_job.send(job);
                self.running += 1;
            }
            if self.running == 0 {
                return Ok(true);
            }
            look(self.agenda.progress());
            if ended() {
                return Ok(false);
            }
            match self.receive_done.recv_timeout(LOOK) {
                Ok((job, row)) => self.keep(job, row?)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(false),
            }
        }
    }

    fn keep(&mut self, job: Job, row: Option<Row>) -> Result<(), StoreError> {
        self.running -= 1;
        let Some(row) = row else { return Ok(()) };
        self.store.add(job.cell, &row)?;
        if self.agenda.finish(job) {
            let rows = self.store.rows(job.cell)?;
            self.agenda.update(job.cell, &rows);
        }
        Ok(())
    }
}

/// Tells the others if its thread fails: the run that it was at will never be done.
struct Alarm<'a>(&'a AtomicBool);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// A thread that simulates.
struct Worker<'a> {
    study: &'a dyn Study,
    subject: &'a Subject,
    abandon: &'a AtomicBool,
    /// The cell loaded last: runs of one cell come after each other.
    loaded: Option<(usize, Scenario)>,
}

impl Worker<'_> {
    fn work(&mut self, jobs: &Mutex<Receiver<Job>>, done: &Sender<Done>) {
        loop {
            let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(job) = job else { return };
            if self.abandon.load(Ordering::Relaxed) {
                return;
            }
            let row = self.run(job);
            if done.send((job, row)).is_err() {
                return;
            }
        }
    }

    fn run(&mut self, job: Job) -> Result<Option<Row>, WorkError> {
        let (abandon, study) = (self.abandon, self.study);
        let scenario = self.scenario(job.cell)?;
        let mut plan = scenario.plan.clone();
        plan.seed = job.seed;
        let mut simulation = Simulation::new(plan);
        let mut goes_on = |_| !abandon.load(Ordering::Relaxed);
        if !study.warm_up().is_zero() {
            run::simulate(&mut simulation, study.warm_up(), &mut goes_on);
            simulation.restart_counts();
        }
        run::simulate(&mut simulation, scenario.duration, &mut goes_on);
        if simulation.now() < scenario.duration {
            return Ok(None);
        }
        let mut summary = simulation.summary();
        summary.scenario.clone_from(&scenario.name);
        summary.title.clone_from(&scenario.title);
        match scenario::measure(&scenario.measures, &summary) {
            Ok(values) => Ok(Some(Row { seed: job.seed, values })),
            Err((place, why)) => {
                let name = study.measures()[place].name.clone();
                let cell = study.cell_name(job.cell);
                Err(WorkError::Measure { name, cell, seed: job.seed, why })
            }
        }
    }

    fn scenario(&mut self, cell: usize) -> Result<&Scenario, WorkError> {
        let current = self.loaded.as_ref().is_some_and(|(loaded, _)| *loaded == cell);
        if !current {
            self.loaded = None;
            let scenario = self.subject.load(self.study, cell);
            self.loaded = Some((cell, scenario.map_err(|e| WorkError::Scenario(Box::new(e)))?));
        }
        Ok(&self.loaded.as_ref().expect("loaded just now or before").1)
    }
}
