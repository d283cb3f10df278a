//! The studies of queues: a few cells of each, with few seeds, show what their pages say.

use std::fs;
use std::path::{Path, PathBuf};

use portolan::observe::{Interest, Observation, Observer};
use portolan::run::{self, Nobody};
use portolan::scenario::{Options, load_path, measure};
use portolan::sim::Simulation;
use portolan::sweep::{Subject, Sweep};
use portolan::units::Time;

use super::support::parallel::in_parallel;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/studies")
}

/// A few cells of a shipped sweep: what was measured in each, on average.
struct Study {
    sweep: Sweep,
    cells: Vec<(Vec<String>, Vec<f64>)>,
}

impl Study {
    /// Runs the sweep file `name` with the first `seeds` seeds, in all cells whose axes, in their order, have
    /// one of the labels in `keep`; an empty list keeps all.
    fn run(name: &str, keep: &[&[&str]], seeds: usize) -> Self {
        let file = folder().join(name);
        let text = fs::read(&file).expect("a study");
        let mut sweep = Sweep::read(&text, name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(sweep.axes.len(), keep.len(), "{name}: its axes");
        for (axis, labels) in sweep.axes.iter_mut().zip(keep) {
            let wanted = |label: &str| labels.is_empty() || labels.contains(&label);
            axis.points.retain(|point| wanted(&point.label));
            assert!(axis.points.len() >= labels.len(), "{name}: values of {}", axis.name);
        }
        sweep.seeds.truncate(seeds);
        let subject = Subject::find(&sweep, &folder()).unwrap_or_else(|e| panic!("{e}"));
        let cells: Vec<usize> = (0..sweep.cell_count()).collect();
        let cells = in_parallel(&cells, |&cell| {
            let labels = sweep.points(&sweep.cell(cell)).map(|point| point.label.clone()).collect();
            (labels, means(&sweep, &subject, cell))
        });
        Self { sweep, cells }
    }

    /// The mean of a measure in the cell with these labels.
    #[track_caller]
    fn mean(&self, measure: &str, labels: &[&str]) -> f64 {
        let place = self.sweep.measures.iter().position(|it| it.name == measure);
        let cell = self.cells.iter().find(|(own, _)| own == labels).expect("such a cell");
        cell.1[place.expect("such a measure")]
    }
}

/// The means of all measures over the seeds.
fn means(sweep: &Sweep, subject: &Subject, cell: usize) -> Vec<f64> {
    let scenario = subject.load(sweep, cell).unwrap_or_else(|error| panic!("{error}"));
    let mut sums = vec![0.0; sweep.measures.len()];
    for &seed in &sweep.seeds {
        let mut plan = scenario.plan.clone();
        plan.seed = seed;
        let mut simulation = Simulation::new(plan);
        if !sweep.warm_up.is_zero() {
            simulation.run_until(sweep.warm_up, &mut Nobody);
            simulation.restart_counts();
        }
        simulation.run_until(scenario.duration, &mut Nobody);
        let values = measure(&scenario.measures, &simulation.summary()).expect("numbers");
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value.expect("a value in every run");
        }
    }
    sums.iter().map(|sum| sum / sweep.seeds.len() as f64).collect()
}

#[track_caller]
fn near(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{value} is not {expected} ± {tolerance}");
}

#[test]
fn their_scenarios_keep_their_promises() {
    for name in
        ["bufferbloat-line", "port-queues-hosts", "listen-backlog-server", "listen-backlog-siege"]
    {
        for seed in 1..=2 {
            let options = Options { overrides: vec![format!("seed={seed}")], ..Options::default() };
            let path = folder().join(format!("{name}.toml"));
            let scenario = load_path(&path, &options).unwrap_or_else(|error| panic!("{error}"));
            let mut simulation = Simulation::new(scenario.plan.clone());
            simulation.run_until(scenario.duration, &mut Nobody);
            let summary = run::summary(&scenario, &simulation);
            assert!(!summary.expectations.is_empty(), "{name} expects nothing");
            for expectation in &summary.expectations {
                let (that, actual) = (&expectation.that, &expectation.actual);
                assert!(expectation.holds, "{name}, seed {seed}: {that}\n  actual {actual}");
            }
        }
    }
}

/// One-way delays of the datagrams of 172 bytes that a node reads after the warm-up: the call's.
struct Call(Vec<Time>);

impl Observer for Call {
    fn interest(&self) -> Interest {
        Interest::Outcomes
    }
    fn observe(&mut self, _: Time, what: &Observation) {
        if let Observation::Delivered { bytes: 172, delay, .. } = *what {
            self.0.push(delay);
        }
    }
}

/// The 99th percentile of the call's delay with a discipline.
fn p99(queue: &str) -> f64 {
    let set = |path: &str, value: &str| format!("{path}={value}");
    let overrides =
        vec![set("links.r1--home.forward.queue", queue), set("apps.reply.size", "160B")];
    let options = Options { overrides, ..Options::default() };
    let path = folder().join("bufferbloat-line.toml");
    let scenario = load_path(&path, &options).unwrap_or_else(|error| panic!("{error}"));
    let mut simulation = Simulation::new(scenario.plan.clone());
    let mut call = Call(Vec::new());
    simulation.run_until(scenario.duration, &mut call);
    call.0.sort_unstable();
    assert!(call.0.len() > 2800, "{} datagrams", call.0.len());
    call.0[call.0.len() * 99 / 100].as_secs_f64()
}

#[test]
fn bufferbloat_is_cured_by_codel_and_pie_and_out_of_sight_behind_fair_queues() {
    let rooms = ["30kB", "250kB", "1000kB"];
    let study = Study::run("bufferbloat.toml", &[&[], &rooms], 1);
    let of = |measure, discipline| study.mean(measure, &[discipline, "1000kB"]);
    assert!(of("wait", "FIFO") > 30.0 * of("wait", "CoDel"), "340 ms, and 9 ms");
    near(of("wait", "FIFO"), 0.34, 0.02);
    assert!(of("wait", "CoDel") > 0.005 && of("wait", "CoDel") < 0.012, "some 5 ms and more");
    near(of("wait", "PIE"), 0.015, 0.004);
    assert!(of("wait", "FQ-CoDel") < 0.001 && of("lost", "FQ-CoDel") == 0.0);
    for discipline in ["FQ-CoDel", "CoDel", "PIE"] {
        let (small, large) = (study.mean("wait", &[discipline, "250kB"]), of("wait", discipline));
        near(small, large, 0.05 * large + 0.0005);
        assert!(of("goodput", discipline) > 0.94 * of("goodput", "FIFO"), "{discipline}");
    }
    // The wait in a plain queue grows as its room does, and so does RED's; but not their goodput.
    for (discipline, least) in [("FIFO", 3.5), ("RED", 3.5)] {
        assert!(of("wait", discipline) > least * study.mean("wait", &[discipline, "250kB"]));
    }
    assert!(study.mean("goodput", &["FIFO", "30kB"]) > 0.93 * of("goodput", "FIFO"));
    assert!(study.mean("goodput", &["RED", "30kB"]) < 0.65 * of("goodput", "FIFO"));
    assert!(of("fairness", "FQ-CoDel") > 0.99 && of("fairness", "CoDel") < 0.98);
    assert!(of("page", "FIFO") > 4.0 * of("page", "FQ-CoDel"));
}

#[test]
fn one_call_in_a_hundred_waits_for_milliseconds_at_most_behind_fair_queues() {
    let least = 0.010_09;
    let codel = p99("{ kind = 'fq_codel', limit = '1000kB' }") - least;
    assert!(codel < 0.002, "{codel}");
    let fifo = p99("{ kind = 'fifo', limit = '1000kB' }") - least;
    assert!(fifo > 0.38, "{fifo}");
}

/// The loss of M/M/1/K.
fn mm1k(load: f64, k: i32) -> f64 {
    (1.0 - load) * load.powi(k) / (1.0 - load.powi(k + 1))
}

#[test]
fn ports_lose_what_theory_says_and_bursts_lose_more() {
    let study = Study::run("port-queues.toml", &[&[], &["2p", "10p", "100p"]], 3);
    let of = |measure, work, room| study.mean(measure, &[work, room]);
    near(of("random", "random", "2p"), mm1k(0.8, 3), 0.006);
    near(of("random", "random", "10p"), mm1k(0.8, 11), 0.003);
    // M/D/1/K from its embedded Markov chain, D/M/1/K likewise.
    near(of("random", "even", "2p"), 0.103_30, 0.005);
    near(of("random", "even", "10p"), 0.002_353, 0.001);
    near(of("even", "random", "2p"), 0.067_61, 0.005);
    assert_eq!(of("even", "even", "2p"), 0.0);
    for work in ["even", "random"] {
        assert!(of("bursts", work, "10p") > 0.35, "a burst is larger than the buffer");
        assert!(of("bursts", work, "100p") < 0.05, "and this one holds five");
        assert!(of("bursts-wait", work, "100p") > 4.0 * of("bursts-wait", work, "10p"));
    }
}

#[test]
fn a_buffer_holds_fewer_datagrams_where_their_memory_counts() {
    let study = Study::run("port-queues-bytes.toml", &[&[], &["8192B"]], 2);
    let of = |measure, what| study.mean(measure, &[what, "8192B"]);
    assert_eq!((of("held", "100 B, data"), of("held", "1400 B, data")), (81.0, 5.0));
    // As measured on Linux, which doubles what it is told: 16384 / 832 and 16384 / 2304.
    assert_eq!((of("held", "100 B, memory"), of("held", "1400 B, memory")), (19.0, 7.0));
    near(of("loss", "1400 B, data"), mm1k(0.95, 6), 0.01);
    // Memory of what was read is given back in batches: Linux loses more than so many places would.
    assert!(of("loss", "1400 B, memory") > mm1k(0.95, 8));
    assert!(of("loss", "100 B, memory") > 10.0 * of("loss", "100 B, data"));
}

#[test]
fn a_backlog_is_a_queue_with_one_place_more() {
    let study = Study::run("listen-backlog.toml", &[&["0.8", "1.2"], &["1", "2", "10"]], 3);
    let of = |measure, load, places| study.mean(measure, &[load, places]);
    for (load, places, loss, tolerance) in [
        // M/D/1/K, K being the places and the connection that is worked on.
        ("0.8", "1", 0.199_57, 0.012),
        ("0.8", "2", 0.103_30, 0.012),
        ("0.8", "10", 0.002_35, 0.003),
        ("1.2", "10", 0.169_56, 0.015),
    ] {
        near(of("refused", load, places), loss, tolerance);
    }
    assert_eq!((of("queue", "1.2", "1"), of("queue", "1.2", "10")), (1.0, 10.0));
}

#[test]
fn cookies_open_the_door_that_a_flood_has_closed() {
    let keep: [&[&str]; 2] = [&["backlog 127", "127, cookies"], &["1", "10", "50"]];
    let study = Study::run("listen-backlog-flood.toml", &keep, 1);
    let of = |defence, rate| study.mean("refused", &[defence, rate]);
    assert_eq!(of("backlog 127", "1"), 0.0);
    // Erlang's formula B for 128 places, and SYNs that stay for 63 s.
    near(of("backlog 127", "10"), erlang_b(630.1, 128), 0.04);
    near(of("backlog 127", "50"), erlang_b(3150.1, 128), 0.02);
    for rate in ["1", "10", "50"] {
        assert_eq!(of("127, cookies", rate), 0.0, "{rate} SYNs a second");
    }
    let memory = |rate| study.mean("memory", &["127, cookies", rate]);
    assert!(memory("50") < 64.0 * 1024.0 && memory("50") < 1.1 * memory("10"));
}

/// The share that finds all of `places` taken, if `load` would be taken on average.
fn erlang_b(load: f64, places: u32) -> f64 {
    (1..=places).fold(1.0, |b, n| load * b / (f64::from(n) + load * b))
}

#[test]
fn cookies_do_not_help_a_server_that_is_slow() {
    let keep: [&[&str]; 3] = [&[], &["1.2"], &["9"]];
    let study = Study::run("listen-backlog-retries.toml", &keep, 1);
    let of = |measure, cookies| study.mean(measure, &[cookies, "1.2", "9"]);
    near(of("dropped", "off"), of("dropped", "on"), 0.02);
    assert!(of("dropped", "off") > 0.5, "who is sent away comes again, and makes it worse");
    assert!(of("refused", "off") < 0.05, "but most are served in the end");
}
