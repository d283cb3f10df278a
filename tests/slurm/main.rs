//! Sweeps on a real Slurm cluster, which `.ci/slurm` starts on this machine: whatever happens to the
//! tasks, the joined results are those of one machine, byte for byte.
//!
//! Without the cluster the tests say so and pass; with `CI=true` in the environment they fail.

mod cluster;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

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
    assert!(log.contains("10 runs of this shard are in"), "{log}");

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

/// The sweep with runs for some seconds.
fn long() -> String {
    SWEEP.replace("seeds = 5", "seeds = 100\n[set]\nduration = '10s'")
}

#[test]
fn tasks_that_are_killed_and_requeued_go_on() {
    let Some(_cluster) = cluster() else { return };
    let study = Study::new("requeued", &long());
    let options = ["s.toml", "--slurm", "--shards", "2", "--out", "many"];
    let job = study.done(&[&options[..], &["--detach", "--quiet"]].concat());
    let job = Submitted(job.trim().to_owned());
    let log = study.dir.join("many/shards/shard-1-of-2.sqlite-wal");
    let has_written = |bytes| fs::metadata(&log).is_ok_and(|log| log.len() >= bytes);
    wait_for("runs of shard 1", || has_written(200_000));
    slurm("scontrol", &["requeue", &format!("{}_1", job.0)]);
    job.start();
    wait_for("more runs of shard 1", || has_written(400_000));
    // What runs dies with its node, and waits in the queue.
    let node = Node::fail();
    wait_for("task 1 to wait", || states(&job.0)[0] == "PENDING");
    let (code, told) = study.fails(&["merge", "many/shards", "--out", "early"]);
    assert_eq!(code, Some(3), "{told}");
    assert!((1..600).contains(&missing(&told)), "runs were kept, and not all: {told}");
    drop(node);
    job.start();
    assert_eq!(study.done(&[&options[..], &["--resume"]].concat()), study.table);
    let task = slurm("scontrol", &["show", "job", &format!("{}_1", job.0)]);
    assert!(task.contains("Restarts=2 "), "{task}");
    study.assert_same("many");
}

/// How many runs are missing, as `portolan sweep merge` says.
fn missing(told: &str) -> u32 {
    let line = told.lines().find(|line| line.contains("runs are missing")).expect("it says so");
    let number = line.split_whitespace().find_map(|word| word.parse().ok());
    number.expect("a number")
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

/// A sweep that waits for its job, no task of which may start yet.
struct Waits {
    child: Child,
    job: Submitted,
}

fn held_back(study: &Study, options: &[&str]) -> Waits {
    let job = || Some(study.try_read("many/slurm/job.json")?.split('"').nth(3)?.to_owned());
    let last = job();
    let child = study
        .command(&[options, &["--", "--begin=now+1hour"]].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary that cargo has built");
    wait_for("a job", || job() != last);
    Waits { child, job: Submitted(job().expect("its number")) }
}

impl Waits {
    /// Lets the tasks start; something fails: what is said.
    fn fails(self) -> String {
        self.job.start();
        let output = self.child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        stderr(&output)
    }
}

fn signal(signal: &str, child: &Child) {
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(status.expect("kill is there").success());
}

#[test]
fn who_goes_away_can_come_back_or_join_by_hand() {
    let Some(_cluster) = cluster() else { return };
    let study = Study::new("detached", &SWEEP.replace("seeds = 5", "seeds = 100"));
    let options = ["s.toml", "--slurm", "--shards", "2", "--out", "many"];
    // Ctrl-C while the tasks wait.
    let waits = held_back(&study, &options);
    signal("-INT", &waits.child);
    let Waits { child, job } = waits;
    let output = child.wait_with_output().expect("it ends");
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{told}");
    let again =
        "\n  portolan sweep s.toml --slurm --shards 2 --out many --resume -- --begin=now+1hour\n";
    assert!(told.contains("goes on") && told.contains(again), "{told}");
    // Who comes back finds the same job.
    let same = study.done(&[&options[..], &["--resume", "--detach", "--quiet"]].concat());
    assert_eq!(same.trim(), job.0);
    assert!(told.contains(&format!("scancel {}", job.0)), "{told}");
    assert_eq!(states(&job.0), ["PENDING", "PENDING"]);
    let text = study.done(&[&options[..], &["--resume", "--detach"]].concat());
    assert!(text.contains("\n  portolan sweep merge many/shards --out many\n"), "{text}");
    job.start();
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
    let (scenario, moved) = (study.dir.join("net.toml"), study.dir.join("elsewhere.toml"));
    let waits = held_back(&study, &options);
    fs::rename(&scenario, &moved).expect("moves");
    let told = waits.fails();
    fs::rename(&moved, &scenario).expect("moves back");
    for expected in [
        " ended: FAILED\n",
        "5 of 5 shards are not done",
        "0 of 30 runs are kept",
        "task 1: FAILED; the end of many/slurm/task-1.log:\n",
        "net.toml",
        "and likewise 4-5\n",
        "go on with:\n  portolan sweep s.toml --slurm --shards 5 --out many --resume",
    ] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
    // A task that is cancelled leaves the others alone.
    let waits = held_back(&study, &[&options[..], &["--resume"]].concat());
    slurm("scancel", &[&format!("{}_4", waits.job.0)]);
    let told = waits.fails();
    for expected in [
        "1 of 5 shards are not done",
        "24 of 30 runs are kept",
        "task 4: Slurm does not know it any longer; it has printed nothing",
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

/// A task that was given up may still run when Slurm starts it elsewhere.
#[test]
fn a_store_that_is_in_use_is_waited_for() {
    let study = Study::new("in use", &long());
    let shard = ["s.toml", "--out", "parts", "--shard", "1/2", "--resume", "--wait"];
    let spawn = || study.command(&shard).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut first = spawn();
    let store = study.dir.join("parts/shard-1-of-2.sqlite-wal");
    wait_for("runs", || fs::metadata(&store).is_ok_and(|log| log.len() > 100_000));
    signal("-STOP", &first);
    let mut second = spawn();
    let mut told = String::new();
    let pipe = second.stderr.take().expect("it is piped");
    let mut lines = BufReader::new(pipe);
    lines.read_line(&mut told).expect("a line");
    assert!(told.contains("is in use: waiting for it"), "{told}");
    first.kill().expect("SIGKILL");
    first.wait().expect("it ends");
    assert!(second.wait().expect("it ends").success());
    study.done(&["s.toml", "--out", "parts", "--shard", "2/2"]);
    assert_eq!(study.done(&["merge", "parts", "--out", "many"]), study.table);
    study.assert_same("many");
}
