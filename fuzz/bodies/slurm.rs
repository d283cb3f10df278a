//! Any text as what the commands of Slurm print, and as a word of the script for it.

use portolan::sweep::slurm::{Task, can_be_told, job_name, ranges, shell_word, submitted};

pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some((job, _)) = submitted(&text) {
        assert!(job.bytes().all(|byte| byte.is_ascii_digit()), "{job}");
    }
    let tasks: Vec<Task> =
        Task::of_squeue(&text).into_iter().chain(Task::of_sacct(&text)).collect();
    for task in &tasks {
        assert!(!(task.waits() && task.has_ended()), "{task:?}");
        let _ = task.advice();
    }
    let mut numbers: Vec<usize> = tasks.iter().map(|task| task.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let _ = ranges(&numbers);
    let word = job_name(&text);
    assert!(word.bytes().all(|byte| byte.is_ascii_graphic()), "{word}");
    if can_be_told(&text) {
        assert!(!shell_word(&text).is_empty());
    }
}
