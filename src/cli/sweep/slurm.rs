//! `portolan sweep --slurm`: the shards of a sweep as the tasks of a job array, waited for and joined.
//!
//! | in the folder of results | what it is |
//! | --- | --- |
//! | `shards/` | a store for each shard, and a note of how far it is |
//! | `slurm/job.sh` | the script that sbatch was given |
//! | `slurm/job.json` | the job, for who comes back |
//! | `slurm/task-K.log` | what task K printed |
//!
//! Whether a shard is done is seen from its store alone; Slurm only tells why one is not.

use std::path::{Path, PathBuf};

use super::super::args::{MergeArgs, SweepArgs};
use super::super::failure::Failure;
use super::super::terminal;
use super::jobs::{self, Job, Look};
use super::notes::{Note, shard_of, store_name};
use super::waiting::{self, Count};
use super::{Prepared, STORE, Watch};
use crate::report::file::{make_folder, write_atomically};
use crate::sweep::slurm::{Array, CORES, TASK, can_be_told, job_name, shell_word};
use crate::sweep::work::Agenda as _;
use crate::sweep::{Schedule, Shard, Store, StoreError};

/// Tasks of a job unless said: enough to be done soon, few enough to wait their turn.
const TASKS: usize = 16;

pub(super) fn sweep(args: &SweepArgs, quiet: bool) -> Result<(), Failure> {
    let watch = Watch::new();
    let study = super::read(args, super::cores(), &watch, quiet)?;
    let old = last_job(&study.dir)?;
    refuse_begun(&study, old.is_some(), args.resume)?;
    check_division(args, divided(&study.dir, old.as_ref())?)?;
    make_folder(&shards_of(&study.dir))?;
    make_folder(&slurm_of(&study.dir))?;
    let running = match &old {
        Some(job) if has_tasks_left(job)? => Some(job),
        _ => None,
    };
    let (job, counts) = if let Some(job) = running {
        if !quiet {
            terminal::tell(&format!("job {} of this sweep has not ended yet\n", job.id));
        }
        (job.clone(), (1..=job.shards).map(|number| due(&study, shard(number, job))).collect())
    } else {
        let shards = shards(args, &study, old.as_ref())?;
        match submit(args, &study, shards, quiet)? {
            Some(submitted) => submitted,
            None => return join(&study, args, quiet),
        }
    };
    if args.cluster.detach {
        return detach(&study, &job, quiet);
    }
    let tasks = waiting::wait(&study, &job, counts, &watch)?;
    waiting::report(&study, &job, &tasks)?;
    join(&study, args, quiet)
}

/// Whether a job submitted before runs, or will run.
fn has_tasks_left(job: &Job) -> Result<bool, Failure> {
    match jobs::look(job)? {
        Look::Tasks(tasks) => Ok(tasks.iter().any(|task| !task.has_ended())),
        Look::Gone => Ok(false),
        Look::Silent(why) => Err(Failure::Unfinished(format!(
            "Slurm does not say whether job {} is still there ({why}); try again later",
            job.id
        ))),
    }
}

/// Shard `number` of those of a job.
pub(super) fn shard(number: usize, job: &Job) -> Shard {
    Shard { number, of: job.shards }
}

pub(super) fn shards_of(dir: &Path) -> PathBuf {
    dir.join("shards")
}

pub(super) fn slurm_of(dir: &Path) -> PathBuf {
    dir.join("slurm")
}

/// What task `number` prints into.
pub(super) fn log_of(dir: &Path, number: usize) -> PathBuf {
    slurm_of(dir).join(format!("task-{number}.log"))
}

fn record(dir: &Path) -> PathBuf {
    slurm_of(dir).join("job.json")
}

/// The job that was submitted for this folder last.
fn last_job(dir: &Path) -> Result<Option<Job>, Failure> {
    let path = record(dir);
    let Ok(bytes) = std::fs::read(&path) else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        let path = path.display();
        Failure::BadInput(format!("`{path}` does not name a job ({error}); remove it"))
    })
}

/// Without `--resume` nothing may be there.
fn refuse_begun(study: &Prepared, had_job: bool, resume: bool) -> Result<(), Failure> {
    let shards = shards_of(&study.dir);
    let is_begun = had_job
        || study.dir.join(STORE).exists()
        || (shards.is_dir() && !super::merge::stores(std::slice::from_ref(&shards))?.is_empty());
    if is_begun && !resume {
        return Err(StoreError::Exists(study.dir.display().to_string()).into());
    }
    Ok(())
}

/// Into how many shards the sweep of this folder has been divided, if it has.
fn divided(dir: &Path, old: Option<&Job>) -> Result<Option<usize>, Failure> {
    let shards = shards_of(dir);
    if let Some(job) = old {
        return Ok(Some(job.shards));
    }
    if !shards.is_dir() {
        return Ok(None);
    }
    let stores = super::merge::stores(&[shards])?;
    Ok(stores.iter().find_map(|path| shard_of(path)).map(|shard| shard.of))
}

/// What has been divided stays so: stores of another division would not fit to those that are there.
fn check_division(args: &SweepArgs, divided: Option<usize>) -> Result<(), Failure> {
    match (args.cluster.shards, divided) {
        (Some(asked), Some(there)) if asked != there => Err(Failure::BadInput(format!(
            "--shards {asked}: this sweep is divided into {there} already; leave --shards out, or use \
             --out DIR to start anew elsewhere"
        ))),
        _ => Ok(()),
    }
}

/// Into how many shards the sweep is to be divided.
fn shards(args: &SweepArgs, study: &Prepared, old: Option<&Job>) -> Result<usize, Failure> {
    if let Some(known) = divided(&study.dir, old)?.or(args.cluster.shards) {
        return Ok(known);
    }
    let parts = match study.goal.precision {
        Some(_) => study.sweep.cell_count(),
        None => due(study, Shard::default()).total,
    };
    Ok(parts.clamp(1, TASKS))
}

/// What a shard has to do at first.
fn due(study: &Prepared, shard: Shard) -> Count {
    let schedule = Schedule::new(study.sweep.cell_count(), study.goal.clone(), shard);
    Count { total: schedule.progress().0, done: 0 }
}

/// How far a shard is, by its store.
pub(super) fn count(study: &Prepared, shard: Shard) -> Result<Count, Failure> {
    let path = shards_of(&study.dir).join(store_name(shard));
    if !path.exists() {
        return Ok(due(study, shard));
    }
    let store = Store::open(&path, &study.sweep, &study.identity, true)?;
    let mut schedule = Schedule::new(study.sweep.cell_count(), study.goal.clone(), shard);
    for cell in store.cells_with_runs()? {
        schedule.update(cell, &store.rows(cell)?);
    }
    // Who joins them goes by what the stores say.
    store.note_goal(&study.goal)?;
    let (total, done) = schedule.progress();
    Ok(Count { total, done })
}

/// Submits a job for the shards that are not done; nothing if all are.
fn submit(
    args: &SweepArgs,
    study: &Prepared,
    shards: usize,
    quiet: bool,
) -> Result<Option<(Job, Vec<Count>)>, Failure> {
    let all = 1..=shards;
    let counts = all.clone().map(|number| count(study, Shard { number, of: shards }));
    let counts = counts.collect::<Result<Vec<Count>, Failure>>()?;
    let tasks: Vec<usize> = all.filter(|number| !counts[number - 1].is_complete()).collect();
    if tasks.is_empty() {
        return Ok(None);
    }
    // What an earlier job left behind is of no use to who reads what becomes of this one.
    for &number in &tasks {
        let _ = std::fs::remove_file(log_of(&study.dir, number));
        let store = shards_of(&study.dir).join(store_name(Shard { number, of: shards }));
        Note::beside(&store).remove();
    }
    let many = super::plural(tasks.len(), "task");
    let script = slurm_of(&study.dir).join("job.sh");
    let array = array(args, study, tasks, shards)?;
    write_atomically(&script, array.script().as_bytes())?;
    let job = jobs::submit(&script, &args.cluster.sbatch, shards)?;
    let text = serde_json::to_vec(&job).map_err(|error| Failure::Unfinished(error.to_string()))?;
    write_atomically(&record(&study.dir), &text)?;
    if !quiet {
        let (id, dir) = (&job.id, slurm_of(&study.dir));
        terminal::tell(&format!(
            "job {id} has {many}; its script and logs are in {}\n",
            dir.display()
        ));
    }
    Ok(Some((job, counts)))
}

/// The job array that does these tasks. Paths are whole: tasks start in another folder.
fn array(
    args: &SweepArgs,
    study: &Prepared,
    tasks: Vec<usize>,
    shards: usize,
) -> Result<Array, Failure> {
    let file = whole(args.sweep.as_deref().unwrap_or_else(|| Path::new("")))?;
    let program = std::env::current_exe()
        .map_err(|error| Failure::Unfinished(format!("where is portolan? {error}")))?;
    let logs = whole(&slurm_of(&study.dir))?;
    let stores = whole(&shards_of(&study.dir))?;
    let shard = format!("{TASK}/{shards}");
    let mut command = vec![whole(&program)?, "sweep".into(), file, "--out".into(), stores];
    command.extend(["--shard", &shard, "--jobs", CORES, "--resume", "--wait"].map(str::to_owned));
    if let Some(precision) = args.precision {
        command.push(format!("--precision={precision}"));
    }
    command.extend(args.max_seeds.map(|most| format!("--max-seeds={most}")));
    Ok(Array {
        name: job_name(&study.sweep.name),
        tasks,
        cores: args.jobs.unwrap_or(1),
        log: format!("{}/task-%a.log", logs.replace('%', "%%")),
        command,
    })
}

/// A path from the root on, as text.
fn whole(path: &Path) -> Result<String, Failure> {
    let told = path.display();
    let whole = std::path::absolute(path)
        .map_err(|error| Failure::BadInput(format!("where is `{told}`? {error}")))?;
    match whole.to_str() {
        Some(text) if can_be_told(text) => Ok(text.to_owned()),
        _ => Err(Failure::BadInput(format!(
            "`{told}` cannot be told to Slurm: use a path without quotation marks, backslashes and line \
             breaks"
        ))),
    }
}

/// Says how to come back to a job.
fn detach(study: &Prepared, job: &Job, quiet: bool) -> Result<(), Failure> {
    if quiet {
        return super::super::print(&format!("{}\n", job.id));
    }
    let word = |path: &Path| shell_word(&path.display().to_string());
    let (id, dir, shards) = (&job.id, word(&study.dir), word(&shards_of(&study.dir)));
    super::super::print(&format!(
        "job {id}\n\nWhen it has ended, join its shards:\n  portolan sweep merge {shards} --out {dir}\n\
         Wait for it and join, or go on if it failed:\n  {}\nStop it:\n  scancel {id}\n",
        waiting::again()
    ))
}

/// Joins the shards, of which all are done, as `portolan sweep merge` does.
fn join(study: &Prepared, args: &SweepArgs, quiet: bool) -> Result<(), Failure> {
    let (stores, out) = (vec![shards_of(&study.dir)], study.dir.clone());
    super::merge::join(&MergeArgs { stores, out, plots: args.plots }, quiet)
}
