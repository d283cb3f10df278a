//! Sweeps on a real Slurm cluster, which `.ci/slurm` starts on this machine: whatever happens to the
//! tasks, the joined results are those of one machine, byte for byte.
//!
//! Without the cluster the tests say so and pass; with `CI=true` in the environment they fail.

mod cluster;

use std::fs;
use std::process::{Command, Stdio};

use cluster::{SWEEP, Study, Submitted, cluster, slurm, states, stderr, wait_for};

#[test]
fn a_job_array_gives_what_one_machine_gives() {
    let Some(_cluster) = cluster() else { return };
    let study = Study::new("array", SWEEP);
    let options = ["s.toml", "--slurm", "--shards", "3", "--jobs", "2", "--out", "many"];
    let table = study.done(&[&options[..], &["--", "--time=5", "--nice=1"]].concat());
    assert_eq!(table, study.table);
    study.assert_same("many");
    let script = study.read("many/slurm/job.sh");
    assert!(script.contains("#SBATCH --array=1-3\n#SBATCH --cpus-per-task=2\n"), "{script}");
    let log = study.read("many/slurm/task-3.log");
    assert!(log.contains("the 10 runs of this shard are in"), "{log}");

    let (code, told) = study.fails(&options);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("add --resume"), "{told}");
    // More seeds: each shard has more to do. Then nothing has: no job is submitted.
    fs::write(study.dir.join("s.toml"), SWEEP.replace("seeds = 5", "seeds = 7")).expect("seeds");
    let one = study.done(&["s.toml", "--out", "one", "--resume"]);
    assert_eq!(study.done(&[&options[..], &["--resume"]].concat()), one);
    study.assert_same("many");
    let job = study.read("many/slurm/job.json");
    assert_eq!(study.done(&[&options[..], &["--resume"]].concat()), one);
    assert_eq!(study.read("many/slurm/job.json"), job);
}

#[test]
fn seeds_are_added_on_a_cluster_too() {
    let Some(_cluster) = cluster() else { return };
    let study = Study::new("precision", SWEEP);
    let precision = ["s.toml", "--precision", "6%", "--max-seeds", "40"];
    let one = study.done(&[&precision[..], &["--out", "one", "--resume"]].concat());
    let many = study.done(&[&precision[..], &["--slurm", "--out", "many"]].concat());
    assert_eq!(one, many);
    assert_ne!(one, study.table);
    study.assert_same("many");
    let script = study.read("many/slurm/job.sh");
    assert!(script.contains("--array=1-6\n"), "a task for each cell: {script}");
}

#[test]
fn tasks_that_are_killed_and_requeued_go_on() {
    let Some(_cluster) = cluster() else { return };
    let study = Study::new("requeued", &SWEEP.replace("seeds = 5", "seeds = 200"));
    let options = ["s.toml", "--slurm", "--shards", "2", "--out", "many"];
    let job = study.done(&[&options[..], &["--detach", "--quiet"]].concat());
    let job = Submitted(job.trim().to_owned());
    let has_written = |bytes: u64| {
        let log = study.dir.join("many/shards/shard-1-of-2.sqlite-wal");
        wait_for("runs of shard 1", || fs::metadata(&log).is_ok_and(|log| log.len() >= bytes));
    };
    has_written(200_000);
    slurm("scontrol", &["requeue", &format!("{}_1", job.0)]);
    wait_for("a second start", || starts_of(&study, &job.0) == 2);
    has_written(400_000);
    // Both tasks die with their node, and wait two minutes in the queue unless told otherwise.
    let node = Node::fail();
    wait_for("both tasks to wait", || states(&job.0) == ["PENDING", "PENDING"]);
    let (code, told) = study.fails(&["merge", "many/shards", "--out", "early"]);
    assert_eq!(code, Some(3), "{told}");
    let kept = 1200 - missing(&told);
    assert!((100..1100).contains(&kept), "{told}");
    drop(node);
    slurm("scontrol", &["update", &format!("jobid={}", job.0), "starttime=now"]);
    assert_eq!(study.done(&[&options[..], &["--resume"]].concat()), study.table);
    assert_eq!(starts_of(&study, &job.0), 3);
    study.assert_same("many");
}

/// How many runs are missing, as `portolan sweep merge` says.
fn missing(told: &str) -> u32 {
    let line = told.lines().find(|line| line.contains("runs are missing")).expect("it says so");
    let number = line.split_whitespace().find_map(|word| word.parse().ok());
    number.expect("a number")
}

/// How often task 1 of a job was started.
fn starts_of(_study: &Study, job: &str) -> u32 {
    let text = slurm("scontrol", &["show", "job", &format!("{job}_1")]);
    let restarts = text.split_once("Restarts=").and_then(|(_, rest)| rest.split(' ').next());
    let is_running = !text.contains("JobState=PENDING");
    restarts.and_then(|number| number.parse::<u32>().ok()).unwrap_or(0) + u32::from(is_running)
}

/// The node of the cluster, which has failed until this is dropped.
struct Node(String);

impl Node {
    fn fail() -> Self {
        let name = slurm("sinfo", &["--noheader", "--format=%n"]).trim().to_owned();
        slurm("scontrol", &["update", &format!("nodename={name}"), "state=down", "reason=test"]);
        Self(name)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        wait_for("the node to come back", || {
            let state = slurm("sinfo", &["--noheader", "--format=%T"]);
            let is_down = state.starts_with("down") || state.starts_with("drain");
            if is_down {
                slurm("scontrol", &["update", &format!("nodename={}", self.0), "state=resume"]);
            }
            !is_down
        });
    }
}

#[test]
fn who_goes_away_can_come_back_or_join_by_hand() {
    let Some(_cluster) = cluster() else { return };
    let study = Study::new("detached", &SWEEP.replace("seeds = 5", "seeds = 100"));
    let options = ["s.toml", "--slurm", "--shards", "2", "--out", "many"];
    // Ctrl-C while the tasks are held back.
    let child = study
        .command(&[&options[..], &["--", "--begin=now+1hour"]].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary that cargo has built");
    wait_for("a job", || study.dir.join("many/slurm/job.json").exists());
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let told = stderr(&output);
    let again =
        "\n  portolan sweep s.toml --slurm --shards 2 --out many --resume -- --begin=now+1hour\n";
    assert!(told.contains("goes on") && told.contains(again), "{told}");
    // Who comes back finds the same job.
    let job = study.done(&[&options[..], &["--resume", "--detach", "--quiet"]].concat());
    let job = Submitted(job.trim().to_owned());
    assert!(told.contains(&format!("scancel {}", job.0)), "{told}");
    assert_eq!(states(&job.0), ["PENDING", "PENDING"]);
    let text = study.done(&[&options[..], &["--resume", "--detach"]].concat());
    assert!(text.contains("\n  portolan sweep merge many/shards --out many\n"), "{text}");
    slurm("scontrol", &["update", &format!("jobid={}", job.0), "starttime=now"]);
    wait_for("the job to end", || states(&job.0) == ["COMPLETED", "COMPLETED"]);
    assert_eq!(study.done(&["merge", "many/shards", "--out", "many"]), study.table);
    study.assert_same("many");
}

#[test]
fn what_fails_is_told_with_its_reason_and_can_be_gone_on_with() {
    let Some(_cluster) = cluster() else { return };
    let study = Study::new("failing", SWEEP);
    let options = ["s.toml", "--slurm", "--shards", "5", "--out", "many"];
    // Something is wrong with the nodes: they cannot read what they are to run.
    let moved = study.dir.join("elsewhere.toml");
    let job = study.done(&[&options[..], &["--detach", "-q", "--", "--begin=now+1hour"]].concat());
    let job = Submitted(job.trim().to_owned());
    fs::rename(study.dir.join("net.toml"), &moved).expect("moves");
    slurm("scontrol", &["update", &format!("jobid={}", job.0), "starttime=now"]);
    wait_for("the job to fail", || states(&job.0) == ["FAILED"; 5]);
    fs::rename(&moved, study.dir.join("net.toml")).expect("moves back");
    drop(job);
    // A task that is killed on the way leaves the others alone.
    let child = study
        .command(&[&options[..], &["--resume", "--", "--begin=now+1hour"]].concat())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary that cargo has built");
    let job = || study.read("many/slurm/job.json").split('"').nth(3).map(str::to_owned);
    let first = job();
    wait_for("another job", || job() != first);
    let job = Submitted(job().expect("its number"));
    slurm("scancel", &[&format!("{}_4", job.0)]);
    slurm("scontrol", &["update", &format!("jobid={}", job.0), "starttime=now"]);
    let output = child.wait_with_output().expect("it ends");
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{told}");
    for expected in [
        "1 of 5 shards are not done",
        "24 of 30 runs are kept",
        "task 4: CANCELLED; the end of many/slurm/task-4.log:\n",
        "net.toml",
        "go on with:\n  portolan sweep s.toml --slurm --shards 5 --out many --resume",
    ] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
    assert_eq!(study.done(&[&options[..], &["--resume"]].concat()), study.table);
    assert!(study.read("many/slurm/job.sh").contains("--array=4\n"));
    study.assert_same("many");
}

#[test]
fn what_sbatch_does_not_take_is_told() {
    let Some(_cluster) = cluster() else { return };
    let study = Study::new("refused", SWEEP);
    let options = ["s.toml", "--slurm", "--out", "many", "--"];
    let (code, told) = study.fails(&[&options[..], &["--partition=nowhere"]].concat());
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("invalid partition specified: nowhere"), "{told}");
    let (code, told) = study.fails(&[&options[..], &["--array=1-2"]].concat());
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("--shards"), "{told}");
    // Nothing is left that would be in the way.
    assert_eq!(study.done(&["s.toml", "--slurm", "--out", "many"]), study.table);
}

#[test]
fn without_slurm_it_says_what_else_can_be_done() {
    let study = Study::new("without", SWEEP);
    let output = study
        .command(&["s.toml", "--slurm", "--out", "many"])
        .env("PATH", "/nowhere")
        .output()
        .expect("the binary that cargo has built");
    assert_eq!(output.status.code(), Some(2));
    let told = stderr(&output);
    assert!(told.contains("there is no `sbatch` here") && told.contains("--shard K/N"), "{told}");
}
