//! The cluster that `.ci/slurm` starts, and sweeps that are done on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The name of the cluster: on no other are jobs submitted and nodes taken down.
const NAME: &str = "portolan-ci";
/// How often what is waited for is looked at, and how many times: a minute or more.
const LOOK: (Duration, u32) = (Duration::from_millis(50), 1_200);

/// Random arrivals at a short queue.
const SCENARIO: &str = "duration = '100ms'\n[nodes]\na = 'host'\nb = 'host'\n\
    [links.a--b]\nrate = '8Mbps'\ndelay = '1ms'\nqueue = '5p'\n\
    [apps.send]\nkind = 'poisson'\non = 'a'\nto = 'b:9'\ninterval = '1ms'\nsize = '900B'\n\
    [apps.hear]\nkind = 'udp-server'\non = 'b'\nport = 9\n";

/// A sweep over it of six cells.
pub(crate) const SWEEP: &str = "title = 'Short queues'\nscenario = 'net.toml'\nseeds = 5\n\
    [vary]\n'links.a--b.queue' = ['2p', '5p', '9p']\n\
    [vary.load]\npath = 'apps.send.interval'\nvalues = ['2ms', '1ms']\nlabels = ['0.5', '1']\n\
    [measure]\nsent = 'flows.send.packets_sent'\n\
    utilization = \"links['a--b']['a->b'].utilization\"\n\
    [[plot]]\nname = 'sent'\ny = 'sent'\nx = 'load'\n";

/// The cluster, for one test at a time; none if it is not there. If not, that is said; where everything
/// must be tested (`CI=true`) it is a failure.
pub(crate) fn cluster() -> Option<MutexGuard<'static, ()>> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let config = Command::new("scontrol").args(["show", "config"]).output();
    let is_ours = config.is_ok_and(|config| {
        String::from_utf8_lossy(&config.stdout).lines().any(|line| {
            line.split_once('=')
                .is_some_and(|(key, value)| key.trim() == "ClusterName" && value.trim() == NAME)
        })
    });
    if is_ours {
        return Some(guard);
    }
    let strict = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!strict, "the Slurm cluster {NAME} must run (.ci/slurm starts it)");
    eprintln!("SKIPPED: no Slurm cluster {NAME} (.ci/slurm starts it), no jobs were submitted");
    None
}

/// A folder of a test's own with the scenario and a sweep, and what one machine makes of it.
pub(crate) struct Study {
    pub(crate) dir: PathBuf,
    /// The table that one machine printed.
    pub(crate) table: String,
}

impl Study {
    pub(crate) fn new(name: &str, sweep: &str) -> Self {
        // A blank and a per cent sign are special in more than one of the places that it gets to.
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("slurm").join(format!("{name} 1%a"));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a folder");
        fs::write(dir.join("net.toml"), SCENARIO).expect("a scenario");
        fs::write(dir.join("s.toml"), sweep).expect("a sweep");
        let mut study = Self { dir, table: String::new() };
        study.table = study.done(&["s.toml", "--out", "one"]);
        study
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
        command.current_dir(&self.dir).arg("sweep").args(arguments);
        command
    }

    /// Runs `portolan sweep`: its exit code and what it says on standard error.
    pub(crate) fn fails(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.command(arguments).output().expect("the binary that cargo has built");
        (output.status.code(), stderr(&output))
    }

    /// Runs `portolan sweep`, all is well: what it prints.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the binary that cargo has built");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        String::from_utf8(output.stdout).expect("text")
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.dir.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// A file, if it is there.
    pub(crate) fn try_read(&self, file: &str) -> Option<String> {
        fs::read_to_string(self.dir.join(file)).ok()
    }

    /// The results in a folder are those of one machine, byte for byte.
    #[track_caller]
    pub(crate) fn assert_same(&self, folder: &str) {
        for file in ["results.csv", "cells.csv", "plots/sent.svg"] {
            let (own, one) =
                (self.read(&format!("{folder}/{file}")), self.read(&format!("one/{file}")));
            assert!(own == one, "{file} in {folder} differs from that of one machine");
        }
    }
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// What a program of Slurm prints.
pub(crate) fn slurm(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect("Slurm is installed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The states of the tasks of a job, in their order.
pub(crate) fn states(job: &str) -> Vec<String> {
    let text =
        slurm("squeue", &["--array", "-h", "--states=all", "-o%K %T", &format!("--jobs={job}")]);
    let mut tasks: Vec<&str> = text.lines().collect();
    tasks.sort_unstable();
    tasks.iter().filter_map(|task| task.split(' ').nth(1)).map(str::to_owned).collect()
}

/// Waits for something to become true.
#[track_caller]
pub(crate) fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..LOOK.1 {
        if is_so() {
            return;
        }
        std::thread::sleep(LOOK.0);
    }
    panic!("waited in vain: {what}");
}

/// A job that is cancelled if its test fails.
pub(crate) struct Submitted(pub(crate) String);

impl Submitted {
    /// Lets tasks start that are held back: for two minutes if they were requeued.
    #[track_caller]
    pub(crate) fn start(&self) {
        wait_for("a task to wait", || states(&self.0).iter().any(|state| state == "PENDING"));
        wait_for("no task to wait", || {
            slurm("scontrol", &["update", &format!("jobid={}", self.0), "starttime=now"]);
            states(&self.0).iter().all(|state| state != "PENDING")
        });
    }
}

impl Drop for Submitted {
    fn drop(&mut self) {
        slurm("scancel", &[&self.0]);
    }
}
