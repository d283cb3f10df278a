//! Slurm's job arrays: the script of one whose tasks are the shards of a sweep, and what Slurm's
//! programs print. Nothing is asked or written here.
//!
//! Words are those of Slurm's manual pages (sbatch, squeue, sacct): a *job array* has *tasks*, each with
//! a *state*; a task whose node fails is *requeued*.

use std::fmt::Write as _;

/// A job array whose task `K` does shard `K` of a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Array {
    /// What `squeue` calls it.
    pub name: String,
    /// Which tasks, ascending.
    pub tasks: Vec<usize>,
    /// Cores of a task.
    pub cores: usize,
    /// Where a task's output goes, with `%a` for its number.
    pub log: String,
    /// What a task runs: program and arguments. Words that begin with [`TASK`], and [`CORES`], are
    /// replaced in each task.
    pub command: Vec<String>,
}

impl Array {
    /// The script that `sbatch` takes.
    ///
    /// A task goes on with the store of its shard if there is one: so does one that was requeued.
    #[must_use]
    pub fn script(&self) -> String {
        let mut text = String::from("#!/bin/sh\n");
        let options = [
            format!("--job-name={}", directive(&self.name)),
            format!("--array={}", ranges(&self.tasks)),
            format!("--cpus-per-task={}", self.cores),
            format!("--output={}", directive(&self.log)),
            "--open-mode=append".to_owned(),
            "--requeue".to_owned(),
        ];
        for option in options {
            let _ = writeln!(text, "#SBATCH {option}");
        }
        text.push_str(
            "# Each task does one shard of the sweep, in a store of its own. Killed and requeued, it goes\n\
             # on where it was. Options given to sbatch take the place of those above.\n",
        );
        let words: Vec<String> = self.command.iter().map(|word| shell_word(word)).collect();
        let _ = writeln!(text, "exec {}", words.join(" "));
        text
    }
}

/// A value in a line `#SBATCH`.
fn directive(text: &str) -> String {
    format!("\"{text}\"")
}

/// Whether a folder may stand in a line `#SBATCH`: there is no way to write some characters.
#[must_use]
pub fn can_be_told(path: &str) -> bool {
    !path.contains(['"', '\\', '\n'])
}

/// The number of a task, in its [`Array::command`].
pub const TASK: &str = "$SLURM_ARRAY_TASK_ID";
/// The cores that a task has got; Slurm tells only if sbatch was asked for a number.
pub const CORES: &str = "${SLURM_CPUS_PER_TASK:-1}";

/// A word as the shell takes it: as it is, but for [`TASK`] and [`CORES`].
#[must_use]
pub fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:%+@".contains(c);
    if word == CORES || word.starts_with(TASK) {
        format!("\"{word}\"")
    } else if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Numbers in ascending order as `sbatch --array` takes them, such as `1-4,7`.
#[must_use]
pub fn ranges(numbers: &[usize]) -> String {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => parts.push((number, number)),
        }
    }
    let part = |&(first, last): &(usize, usize)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    parts.iter().map(part).collect::<Vec<_>>().join(",")
}

/// The name of the job of a sweep: letters and digits only, and what is harmless beside them.
#[must_use]
pub fn job_name(sweep: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    format!("portolan-{}", sweep.chars().map(plain).collect::<String>())
}

/// What `sbatch --parsable` prints: the number of the job, and the cluster if it was asked for one.
#[must_use]
pub fn submitted(text: &str) -> Option<(String, Option<String>)> {
    let line = text.lines().last()?.trim();
    let (job, cluster) = match line.split_once(';') {
        Some((job, cluster)) => (job, Some(cluster.to_owned())),
        None => (line, None),
    };
    let is_number = !job.is_empty() && job.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| (job.to_owned(), cluster))
}

/// A task of a job array, as `squeue` or `sacct` tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its number.
    pub number: usize,
    /// Its state, such as `RUNNING`.
    pub state: String,
    /// Why it waits, where that is told.
    pub reason: String,
}

/// How `squeue` is asked to print tasks: number, state, reason.
pub const SQUEUE_FORMAT: &str = "%K|%T|%r";

impl Task {
    /// The tasks in the output of `squeue` with [`SQUEUE_FORMAT`].
    #[must_use]
    pub fn of_squeue(text: &str) -> Vec<Self> {
        let task = |line: &str| {
            let mut fields = line.trim().split('|');
            let (number, state) = (fields.next()?.parse().ok()?, fields.next()?.to_owned());
            let reason = fields.next().filter(|reason| *reason != "None").unwrap_or_default();
            Some(Self { number, state, reason: reason.to_owned() })
        };
        text.lines().filter_map(task).collect()
    }

    /// The tasks in the output of `sacct -X -n -P -o JobID,State`, such as `12_3|CANCELLED by 0`.
    #[must_use]
    pub fn of_sacct(text: &str) -> Vec<Self> {
        let task = |line: &str| {
            let (job, state) = line.trim().split_once('|')?;
            let (_, number) = job.split_once('_')?;
            let state = state.split_whitespace().next()?.to_owned();
            Some(Self { number: number.parse().ok()?, state, reason: String::new() })
        };
        text.lines().filter_map(task).collect()
    }

    /// Whether it waits for its turn.
    #[must_use]
    pub fn waits(&self) -> bool {
        matches!(self.state.as_str(), "PENDING" | "REQUEUED" | "REQUEUE_HOLD" | "REQUEUE_FED")
    }

    /// Whether it will do no more. A state that is not known here has not ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        const ENDED: &[&str] = &[
            "BOOT_FAIL",
            "CANCELLED",
            "COMPLETED",
            "DEADLINE",
            "FAILED",
            "NODE_FAIL",
            "OUT_OF_MEMORY",
            "PREEMPTED",
            "REVOKED",
            "TIMEOUT",
        ];
        ENDED.contains(&self.state.as_str())
    }

    /// What may help, if the state says it.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        match self.state.as_str() {
            "TIMEOUT" | "DEADLINE" => {
                Some("give it more time (-- --time=...), or use more --shards")
            }
            "OUT_OF_MEMORY" => Some("give it more memory: -- --mem-per-cpu=..."),
            "BOOT_FAIL" | "NODE_FAIL" => Some("its node failed"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_says_what_sbatch_and_the_shell_understand() {
        let array = Array {
            name: job_name("loss by load"),
            tasks: vec![1, 2, 3, 5, 8, 9],
            cores: 2,
            log: "/home/o'brien/100%% of it/task-%a.log".into(),
            command: ["/bin/portolan", "sweep", "/home/o'brien/$x.toml", "$SLURM_ARRAY_TASK_ID/9"]
                .into_iter()
                .chain(["--jobs", CORES])
                .map(str::to_owned)
                .collect(),
        };
        let script = array.script();
        let lines: Vec<&str> = script.lines().collect();
        assert_eq!(lines[0], "#!/bin/sh");
        assert_eq!(lines[1], "#SBATCH --job-name=\"portolan-loss-by-load\"");
        assert_eq!(lines[2], "#SBATCH --array=1-3,5,8-9");
        assert_eq!(lines[4], "#SBATCH --output=\"/home/o'brien/100%% of it/task-%a.log\"");
        assert_eq!(
            lines.last().copied(),
            Some(
                r#"exec /bin/portolan sweep '/home/o'\''brien/$x.toml' "$SLURM_ARRAY_TASK_ID/9" --jobs "${SLURM_CPUS_PER_TASK:-1}""#
            )
        );
        assert_eq!(shell_word(""), "''");
        assert!(can_be_told("/a b/c%") && !can_be_told("/a\"b"));
    }

    #[test]
    fn the_number_of_a_job_is_read() {
        assert_eq!(submitted("17\n"), Some(("17".into(), None)));
        assert_eq!(submitted("note: x\n17;big\n"), Some(("17".into(), Some("big".into()))));
        assert_eq!(submitted("Submitted batch job 17\n"), None);
        assert_eq!(submitted(""), None);
    }

    #[test]
    fn tasks_are_read_from_squeue_and_sacct() {
        let tasks = Task::of_squeue(
            "CLUSTER: big\n1|RUNNING|None\n3|PENDING|Resources\n4|FAILED|NonZeroExitCode\nN/A|x|y\n",
        );
        let numbers: Vec<usize> = tasks.iter().map(|task| task.number).collect();
        assert_eq!(numbers, [1, 3, 4]);
        assert_eq!((tasks[1].waits(), tasks[1].reason.as_str()), (true, "Resources"));
        assert_eq!(tasks[0].reason, "");
        let ended: Vec<bool> = tasks.iter().map(Task::has_ended).collect();
        assert_eq!(ended, [false, false, true]);
        let tasks = Task::of_sacct("12_1|COMPLETED\n12_7|CANCELLED by 0\n12_[8-9]|PENDING\n");
        assert_eq!(tasks.len(), 2);
        assert_eq!((tasks[1].number, tasks[1].state.as_str()), (7, "CANCELLED"));
        assert!(tasks[1].has_ended() && tasks[1].advice().is_none());
    }
}
