//! Slurm's programs: `sbatch` takes a job, `squeue` and `sacct` tell of it.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output};

use super::super::failure::Failure;
use crate::sweep::slurm::{self, SQUEUE_FORMAT, Task};

/// A job array that was submitted, as the folder of results remembers it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Job {
    /// Its number.
    pub(super) id: String,
    /// The cluster, where there are several.
    pub(super) cluster: Option<String>,
    /// Into how many shards the sweep was divided.
    pub(super) shards: usize,
}

/// What there is to say of a job.
pub(super) enum Look {
    /// Slurm knows these tasks of it.
    Tasks(Vec<Task>),
    /// It ended so long ago that Slurm has forgotten it.
    Gone,
    /// Slurm does not answer, and says why.
    Silent(String),
}

/// Gives a script to `sbatch`, with the user's own options.
///
/// # Errors
/// If there is no Slurm here, or it does not take the job.
pub(super) fn submit(script: &Path, options: &[String], shards: usize) -> Result<Job, Failure> {
    if let Some(ours) = options.iter().find(|option| is_ours(option)) {
        return Err(Failure::BadInput(format!(
            "sbatch's `{ours}` is said by portolan itself; leave it out (the number of tasks is --shards)"
        )));
    }
    let mut command = Command::new("sbatch");
    command.arg("--parsable").args(options).arg(script);
    let output = output(command)?;
    if !output.status.success() {
        return Err(Failure::BadInput(format!(
            "sbatch does not take the job:\n{}\nits options come after --, for example: \
             -- --partition=short --time=10",
            indented(&output.stderr)
        )));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    match slurm::submitted(&text) {
        Some((id, cluster)) => Ok(Job { id, cluster, shards }),
        None => Err(Failure::BadInput(format!(
            "sbatch took the script but named no job; what it said:\n{}{}",
            indented(&output.stdout),
            indented(&output.stderr)
        ))),
    }
}

/// Whether an option of sbatch would take the place of what makes the job work.
fn is_ours(option: &str) -> bool {
    let name = option.split('=').next().unwrap_or_default();
    let is_long = ["--array", "--wrap", "--output", "--open-mode", "--no-requeue", "--test-only"]
        .contains(&name);
    is_long || ["-a", "-o"].iter().any(|short| name.starts_with(short))
}

/// How the tasks of a job are.
///
/// # Errors
/// If there is no Slurm here.
pub(super) fn look(job: &Job) -> Result<Look, Failure> {
    let mut command = Command::new("squeue");
    command.args(["--array", "--noheader", "--states=all"]);
    command.arg(format!("--format={SQUEUE_FORMAT}")).arg(format!("--jobs={}", job.id));
    command.args(job.cluster.iter().map(|cluster| format!("--clusters={cluster}")));
    let output = output(command)?;
    let told = String::from_utf8_lossy(&output.stderr);
    if told.contains("Invalid job id") {
        return Ok(Look::Gone);
    }
    if !output.status.success() {
        return Ok(Look::Silent(told.trim().to_owned()));
    }
    Ok(Look::Tasks(Task::of_squeue(&String::from_utf8_lossy(&output.stdout))))
}

/// What the accounting remembers of the tasks of a job; many clusters have none.
pub(super) fn history(job: &Job) -> Vec<Task> {
    let mut command = Command::new("sacct");
    command.args(["--allocations", "--noheader", "--parsable2", "--format=JobID,State"]);
    command.arg(format!("--jobs={}", job.id));
    command.args(job.cluster.iter().map(|cluster| format!("--clusters={cluster}")));
    match output(command) {
        Ok(output) => Task::of_sacct(&String::from_utf8_lossy(&output.stdout)),
        Err(_) => Vec::new(),
    }
}

fn output(mut command: Command) -> Result<Output, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.env("LC_ALL", "C").output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::BadInput(format!(
            "there is no `{program}` here: --slurm works where Slurm's commands are, such as the login \
             node of a cluster; elsewhere run the shards yourself (--shard K/N) and join them with: \
             portolan sweep merge"
        )),
        _ => Failure::Unfinished(format!("cannot run `{program}`: {error}")),
    })
}

/// What a program said, further to the right.
fn indented(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.trim_end()
        .lines()
        .map(|line| format!("    {line}\n"))
        .collect::<String>()
        .trim_end()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_would_break_the_job_are_refused() {
        for option in ["--array=1-9", "--array", "-a1-9", "--wrap=true", "-o", "--output=x"] {
            let failure = submit(Path::new("/no/script"), &[option.to_owned()], 1);
            assert!(
                matches!(&failure, Err(Failure::BadInput(text)) if text.contains("leave it out")),
                "{option}: {failure:?}"
            );
        }
        assert!(!is_ours("--account=me") && !is_ours("-A") && !is_ours("--time=10"));
    }
}
