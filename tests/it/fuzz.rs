//! The fuzz targets on what ships and on what fuzzing once found: the same code as in `fuzz/`, without a
//! nightly compiler.

use std::path::{Path, PathBuf};

#[path = "../../fuzz/bodies/expect.rs"]
mod expect;
#[path = "../../fuzz/bodies/import.rs"]
mod import;
#[path = "../../fuzz/bodies/results.rs"]
mod results;
#[path = "../../fuzz/bodies/run.rs"]
mod run;
#[path = "../../fuzz/bodies/scenario.rs"]
mod scenario;
#[path = "../../fuzz/bodies/slurm.rs"]
mod slurm;
#[path = "../../fuzz/bodies/sweep.rs"]
mod sweep;
#[path = "../../fuzz/bodies/units.rs"]
mod units;

/// The files of a folder of the repository; none if it is not there.
fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files
}

/// Gives each file of the folders, and each that was found for the target, to it.
fn try_all(target: &str, run: fn(&[u8]), folders: &[&str]) {
    let found = format!("tests/it/found/{target}");
    for path in folders.iter().copied().chain([&found[..]]).flat_map(files) {
        println!("{}", path.display());
        run(&std::fs::read(path).expect("a readable file"));
    }
}

#[test]
fn scenarios() {
    try_all("scenario", scenario::run, &["scenarios", "scenarios/bench", "tests/it/bad"]);
    scenario::run(b"{}");
    scenario::run(b"title = 'x'\0<graphml/>\0links.a.queue={");
}

#[test]
fn scenarios_that_run() {
    try_all("run", run::run, &["scenarios"]);
}

#[test]
fn sweeps() {
    try_all("sweep", sweep::run, &["scenarios/studies", "scenarios"]);
}

#[test]
fn captures() {
    try_all("import", import::run, &[]);
}

#[test]
fn results_of_runs() {
    results::run(b"");
    try_all("results", results::run, &[]);
}

#[test]
fn expressions() {
    for text in [
        "true",
        "flows.ask.bytes_delivered == 10000 && hosts.bob.resets_sent == 0",
        "links['alice--bob']['alice->bob'].queue.mean_packets",
        "flows.all(f, flows[f].goodput_bps > 0.0)",
        "jain([1, 2.0, flows.ask.goodput_bps])",
        "flows.nobody.x",
        "1 / 0",
        "((((",
        "'",
    ] {
        expect::run(text.as_bytes());
    }
    try_all("expect", expect::run, &[]);
}

#[test]
fn what_slurm_prints() {
    for text in [
        "4711\n",
        "4711;cluster\n",
        "0|RUNNING|None\n1|PENDING|Resources\n",
        "12_3|CANCELLED by 0\n",
    ] {
        slurm::run(text.as_bytes());
    }
    try_all("slurm", slurm::run, &[]);
}

#[test]
fn quantities() {
    for text in
        ["5ms", "10Mbps", "64KiB", "50p", "1%", "utilization >= 98%", "-1s", "1e400s", "٣ms"]
    {
        units::run(text.as_bytes());
    }
    try_all("units", units::run, &[]);
}
