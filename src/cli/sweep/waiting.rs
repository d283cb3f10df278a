//! Waiting for the tasks of a job, and telling what became of those that did not do their shard.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::{ProgressDrawTarget, ProgressStyle};

use super::super::clock::Stopwatch;
use super::super::failure::Failure;
use super::super::terminal;
use super::jobs::{self, Job, Look};
use super::notes::{Note, store_name};
use super::slurm::{count, log_of, shard, shards_of};
use super::{Prepared, Watch};
use crate::sweep::slurm::{Task, ranges, shell_word};

/// How long Slurm is left in peace between questions, at first and at most \[s\]: its controller
/// serves all users.
const GAP: (f64, f64) = (1.0, 30.0);
/// So many notes of shards are read in a second: they are on a disk that many share.
const NOTES: f64 = 100.0;
/// How often the user is shown something.
const LOOK: Duration = Duration::from_millis(200);
/// Of so many tasks that failed the log is shown, and so many lines of it.
const LOGS: (usize, usize) = (3, 12);

/// Runs of a shard, and those of them that are done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count {
    pub(super) total: usize,
    pub(super) done: usize,
}

impl Count {
    pub(super) const fn is_complete(self) -> bool {
        self.done >= self.total
    }
}

/// Waits until no task of a job runs or will run. Returns what Slurm said of each last.
///
/// # Errors
/// If the user does not want to wait any longer: the job goes on.
pub(super) fn wait(
    study: &Prepared,
    job: &Job,
    mut counts: Vec<Count>,
    watch: &Watch,
) -> Result<BTreeMap<usize, Task>, Failure> {
    let mut tasks = BTreeMap::new();
    let (mut asked, mut gap, mut is_silent) = (Stopwatch::start(), GAP.0, false);
    // One answer in which nothing is left need not be the truth.
    let mut ends = 0;
    let mut read: Option<Stopwatch> = None;
    while !watch.interrupted.load(Ordering::Relaxed) {
        if read.is_none_or(|read| read.seconds() >= job.shards as f64 / NOTES) {
            read_notes(study, job, &mut counts);
            read = Some(Stopwatch::start());
        }
        let is_near = counts.iter().all(|it| it.is_complete());
        if asked.seconds() >= if is_near { GAP.0 } else { gap } {
            match jobs::look(job)? {
                Look::Silent(why) => {
                    if !is_silent {
                        say(watch, &format!("Slurm does not answer, it is asked again: {why}"));
                    }
                    is_silent = true;
                }
                told => {
                    is_silent = false;
                    ends = if take_over(&mut tasks, told, watch) { ends + 1 } else { 0 };
                    if ends > 1 || ends == 1 && is_near {
                        watch.bar.finish_and_clear();
                        recall(&mut tasks, job);
                        return Ok(tasks);
                    }
                }
            }
            gap = if ends > 0 { GAP.0 } else { (gap * 1.5).min(GAP.1) };
            asked = Stopwatch::start();
        }
        show(&counts, &tasks, watch);
        std::thread::sleep(LOOK);
    }
    watch.bar.finish_and_clear();
    let (id, again) = (&job.id, again());
    Err(Failure::Unfinished(format!(
        "job {id} goes on; wait for it again with:\n  {again}\nstop it with: scancel {id}"
    )))
}

fn read_notes(study: &Prepared, job: &Job, counts: &mut [Count]) {
    for (number, count) in (1..).zip(counts) {
        let store = shards_of(&study.dir).join(store_name(shard(number, job)));
        if !count.is_complete()
            && let Some((total, done)) = Note::beside(&store).read()
        {
            *count = Count { total, done };
        }
    }
}

/// Takes over what Slurm tells: true if the job has ended.
fn take_over(known: &mut BTreeMap<usize, Task>, told: Look, watch: &Watch) -> bool {
    let Look::Tasks(tasks) = told else { return true };
    let all_ended = tasks.iter().all(Task::has_ended);
    note_tasks(known, tasks, watch);
    all_ended
}

/// Asks the accounting for tasks of which the end was not seen.
fn recall(known: &mut BTreeMap<usize, Task>, job: &Job) {
    for task in jobs::history(job) {
        if known.get(&task.number).is_none_or(|known| !known.has_ended()) {
            known.insert(task.number, task);
        }
    }
}

/// Takes over what Slurm says now; whoever waits wants to know at once what went wrong.
fn note_tasks(known: &mut BTreeMap<usize, Task>, now: Vec<Task>, watch: &Watch) {
    let mut failed: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for task in now {
        let had_ended = known.get(&task.number).is_some_and(Task::has_ended);
        if task.has_ended() && task.state != "COMPLETED" && !had_ended {
            failed.entry(task.state.clone()).or_default().push(task.number);
        }
        known.insert(task.number, task);
    }
    for (state, mut numbers) in failed {
        numbers.sort_unstable();
        let s = if numbers.len() == 1 { "" } else { "s" };
        say(watch, &format!("task{s} {} ended: {state}", ranges(&numbers)));
    }
}

fn say(watch: &Watch, text: &str) {
    watch.bar.suspend(|| terminal::note(text));
}

fn show(counts: &[Count], tasks: &BTreeMap<usize, Task>, watch: &Watch) {
    if watch.bar.is_hidden() && terminal::stderr_is_terminal() {
        // A short bar: there is more to say than of a sweep on this machine.
        if let Ok(style) = ProgressStyle::with_template("{bar:20} {percent:>3} %  {msg}") {
            watch.bar.set_style(style);
        }
        watch.bar.set_draw_target(ProgressDrawTarget::stderr());
    }
    let sum = |part: fn(&Count) -> usize| counts.iter().map(part).sum::<usize>();
    let (total, done) = (sum(|it| it.total), sum(|it| it.done));
    let waiting: Vec<&Task> = tasks.values().filter(|task| task.waits()).collect();
    let running = tasks.values().filter(|task| !task.waits() && !task.has_ended()).count();
    let mut text = format!("{done} of {total} runs");
    if !tasks.is_empty() {
        let _ = write!(text, "; tasks: {running} run, {} wait", waiting.len());
    }
    if let Some(first) = waiting.iter().find(|task| !task.reason.is_empty()) {
        let _ = write!(text, " ({})", first.reason);
    }
    watch.bar.set_length(total as u64);
    watch.bar.set_position(done as u64);
    watch.bar.set_message(text);
}

/// Looks at the stores once a job has ended.
///
/// # Errors
/// If shards are not done: which, why, and what to do.
pub(super) fn report(
    study: &Prepared,
    job: &Job,
    tasks: &BTreeMap<usize, Task>,
) -> Result<(), Failure> {
    let mut undone = Vec::new();
    let (mut total, mut done) = (0, 0);
    for number in 1..=job.shards {
        let count = count(study, shard(number, job))?;
        (total, done) = (total + count.total, done + count.done);
        if !count.is_complete() {
            undone.push(number);
        }
    }
    if undone.is_empty() {
        return Ok(());
    }
    let mut text = format!(
        "{} of {} shards are not done after job {}; {done} of {total} runs are kept\n",
        undone.len(),
        job.shards,
        job.id
    );
    for &number in undone.iter().take(LOGS.0) {
        text.push_str(&fate(study, number, tasks.get(&number)));
    }
    if undone.len() > LOGS.0 {
        let _ = writeln!(text, "and likewise {}", ranges(&undone[LOGS.0..]));
    }
    let _ = write!(text, "go on with:\n  {}", again());
    Err(Failure::Unfinished(text))
}

/// What became of a task that did not do its shard.
fn fate(study: &Prepared, number: usize, task: Option<&Task>) -> String {
    // A state that is no end was seen before Slurm forgot the task.
    let task = task.filter(|task| task.has_ended());
    let state = task.map_or("Slurm does not know it any longer", |task| task.state.as_str());
    let mut text = format!("task {number}: {state}");
    if let Some(advice) = task.and_then(Task::advice) {
        let _ = write!(text, "; {advice}");
    }
    let path = log_of(&study.dir, number);
    match fs::read(&path) {
        Ok(log) => {
            let log = String::from_utf8_lossy(&log);
            let lines: Vec<&str> = log.lines().collect();
            let _ = writeln!(text, "; the end of {}:", path.display());
            for line in &lines[lines.len().saturating_sub(LOGS.1)..] {
                let _ = writeln!(text, "    {line}");
            }
        }
        Err(_) => text.push_str(
            "; it has printed nothing: was it cancelled before\n    it began, or do the nodes not \
             share this folder?\n",
        ),
    }
    text
}

/// The command that goes on with this one.
pub(super) fn again() -> String {
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    format!("portolan {}", going_on(words.collect()))
}

fn going_on(mut words: Vec<String>) -> String {
    let own = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let sbatch = words.split_off(own);
    words.retain(|word| word != "--detach");
    if !words.iter().any(|word| word == "--resume") {
        words.push("--resume".into());
    }
    words.extend(sbatch);
    words.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_on_is_the_same_command_with_resume() {
        let going_on = |line: &str| going_on(line.split(' ').map(str::to_owned).collect());
        assert_eq!(going_on("sweep s.toml --slurm"), "sweep s.toml --slurm --resume");
        assert_eq!(going_on("sweep --resume s.toml"), "sweep --resume s.toml");
        assert_eq!(
            going_on("sweep s.toml --slurm --detach -- -p short"),
            "sweep s.toml --slurm --resume -- -p short"
        );
    }
}
