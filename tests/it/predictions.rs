//! Theory beside measurement: the formulas against published figures, predictions against what runs of
//! shipped and written scenarios measured, and what is printed of them.

use std::process::Command;

use crate::support::parallel::in_parallel;
use crate::support::{load, queueing, run_scenario};
use portolan::observe::results::Comparison;
use portolan::run::{self, Nobody};
use portolan::scenario::{Options, Scenario, builtin};
use portolan::sim::Simulation;
use portolan::sweep::statistics::Estimate;
use portolan::theory::queueing::{Steady, md1k, mm1k};
use portolan::theory::{Prediction, Theory};
use portolan::units::Time;

#[test]
fn queues_are_solved_to_the_last_digits() {
    let near = |own: f64, exact: f64| (own - exact).abs() < 1e-10;
    let fits = |own: Option<Steady>, loss: f64, in_system: f64| {
        own.is_some_and(|own| near(own.loss, loss) && near(own.in_system(), in_system))
    };
    for row in queueing::rows() {
        let (md1k, mm1k) = (md1k(row.rho, row.waiting_room), mm1k(row.rho, row.waiting_room));
        assert!(fits(md1k, row.md1k_loss, row.md1k_mean_in_system), "{row:?} {md1k:?}");
        assert!(fits(mm1k, row.mm1k_loss, row.mm1k_mean_in_system), "{row:?} {mm1k:?}");
    }
}

/// What models say of a scenario.
fn predictions(scenario: &Scenario) -> Vec<Prediction> {
    let simulation = Simulation::new(scenario.plan.clone());
    Theory::of(&simulation, Time::ZERO, scenario.duration).predictions
}

/// A run of a scenario with this seed, beside what models say.
fn compared(scenario: &Scenario, seed: u64) -> Vec<Comparison> {
    let mut plan = scenario.plan.clone();
    plan.seed = seed;
    let mut simulation = Simulation::new(plan);
    let theory = Theory::of(&simulation, Time::ZERO, scenario.duration);
    simulation.look_at(theory.looks(scenario.duration));
    simulation.run_until(scenario.duration, &mut Nobody);
    theory.beside(&run::summary(scenario, &simulation), simulation.looks())
}

/// What several seeds measured of each predicted quantity, with the interval that holds the mean in 99.9 %.
fn over_seeds(scenario: &Scenario, seeds: u64) -> Vec<(Comparison, Estimate)> {
    let seeds: Vec<u64> = (1..=seeds).collect();
    let runs = in_parallel(&seeds, |seed| compared(scenario, *seed));
    let estimate = |i: usize| {
        let values = runs.iter().map(|run| run[i].measured);
        (runs[0][i].clone(), Estimate::of(values, 0.999))
    };
    (0..runs[0].len()).map(estimate).collect()
}

/// What is said of a subject by a model: quantity, prediction, what was measured.
fn told(comparison: &Comparison, estimate: &Estimate) -> String {
    format!("{comparison:?}\n{estimate:?}")
}

#[test]
fn mm1k_measures_what_theory_predicts() {
    let options = Options { overrides: vec!["duration=40s".into()], ..Options::default() };
    let scenario = builtin::find("mm1k").expect("shipped").load(&options).expect("a scenario");
    let all = over_seeds(&scenario, 12);
    let models: Vec<(&str, &str, &str)> =
        all.iter().map(|(it, _)| (it.subject.as_str(), it.model, it.quantity)).collect();
    let (link, port) = ("links.r1--carl.r1->carl", "ports.bob:5000/udp");
    assert_eq!(
        models,
        [
            (link, "M/D/1/K", "loss"),
            (link, "M/D/1/K", "mean_packets"),
            (link, "M/D/1/K", "mean_wait_seconds"),
            (link, "M/D/1/K", "utilization"),
            (port, "M/M/1/K", "loss"),
            (port, "M/M/1/K", "mean_packets"),
            (port, "M/M/1/K", "mean_wait_seconds"),
        ]
    );
    for (comparison, estimate) in &all {
        let (mean, half) = (estimate.mean.expect("runs"), estimate.half_width.expect("runs"));
        let told = told(comparison, estimate);
        assert!((mean - comparison.predicted).abs() <= half, "{told}");
        // Losses come in clusters.
        let widest = if comparison.quantity == "loss" { 0.4 } else { 0.12 };
        assert!(half < widest * comparison.predicted, "too wide to say anything: {told}");
        assert!(comparison.strained.is_empty(), "{told}");
    }
}

/// Intervals of single runs, from the means of their parts, hold the truth about as often as they say.
#[test]
fn intervals_of_single_runs_hold_the_truth() {
    let options = Options { overrides: vec!["duration=20s".into()], ..Options::default() };
    let scenario = builtin::find("mm1k").expect("shipped").load(&options).expect("a scenario");
    let seeds: Vec<u64> = (1..=30).collect();
    let runs = in_parallel(&seeds, |seed| compared(&scenario, *seed));
    let holds = |it: &&Comparison| {
        let measured = it.measured.zip(it.half_width);
        measured.is_some_and(|(mean, half)| (mean - it.predicted).abs() <= half)
    };
    let all: Vec<&Comparison> = runs.iter().flatten().collect();
    let share = all.iter().filter(|it| holds(it)).count() as f64 / all.len() as f64;
    assert!((0.88..=1.0).contains(&share), "{share} of {}", all.len());
}

/// Two hosts; what differs is set by the tests.
fn line(link: &str, apps: &str, duration: &str) -> Scenario {
    load(&format!(
        "duration = '{duration}'
        nodes = {{ alice = 'host', bob = 'host' }}
        [links.alice--bob]
        {link}
        {apps}"
    ))
}

fn download(congestion: &str) -> String {
    format!(
        "[apps.server]
        kind = 'tcp-server'
        on = 'bob'
        port = 80
        tcp = {{ receive-buffer = '64MB' }}
        [apps.client]
        kind = 'tcp-client'
        on = 'alice'
        to = 'bob:80'
        tcp = {{ congestion = '{congestion}', send-buffer = '64MB' }}"
    )
}

#[test]
fn packets_of_several_sizes_are_mg1() {
    let source = |name: &str, size: u32, interval: &str| {
        format!(
            "[apps.{name}]\nkind = 'poisson'\non = 'alice'\nto = 'bob:9'\nsize = '{size}B'\n\
             interval = '{interval}'\n"
        )
    };
    let apps = format!(
        "[apps.sink]\nkind = 'udp-server'\non = 'bob'\nport = 9\n{}{}",
        source("small", 97, "3ms"),
        source("large", 972, "40ms")
    );
    for (queue, model) in [("5p", "M/G/1/K"), ("1000p", "M/G/1")] {
        let link = format!("rate = '1Mbps'\nframing = 'none'\nqueue = '{queue}'");
        let all = over_seeds(&line(&link, &apps, "120s"), 8);
        assert!(all.len() >= 3 && all.iter().all(|(it, _)| it.model == model), "{all:?}");
        for (comparison, estimate) in &all {
            let (mean, half) = (estimate.mean.expect("runs"), estimate.half_width.expect("runs"));
            let told = told(comparison, estimate);
            assert!((mean - comparison.predicted).abs() <= half, "{told}");
            assert!(half < 0.2 * comparison.predicted, "too wide to say anything: {told}");
        }
    }
}

/// How far formulas of TCP may be from a simulation of everything that they leave out ...
const TOLERANCE: f64 = 0.15;
/// ... and that of CUBIC, which reckons with losses at even distances.
const UNEVEN: f64 = 0.25;

fn near(scenario: &Scenario, tolerance: f64, expected: &[(&str, &str)]) {
    let all = over_seeds(scenario, 3);
    let models: Vec<(&str, &str)> = all.iter().map(|(it, _)| (it.model, it.quantity)).collect();
    assert_eq!(models, expected);
    for (comparison, estimate) in &all {
        let mean = estimate.mean.expect("runs");
        let (told, ratio) = (told(comparison, estimate), mean / comparison.predicted);
        assert!((ratio - 1.0).abs() < tolerance, "{told}");
    }
}

#[test]
fn random_losses_leave_what_is_predicted() {
    let link = "rate = '10Gbps'\ndelay = '50ms'\nforward = { loss = '0.5%' }";
    let scenario = line(link, &download("reno"), "200s");
    near(&scenario, TOLERANCE, &[("PFTK", "goodput_bps"), ("Mathis", "goodput_bps")]);
    let link = "rate = '10Gbps'\ndelay = '100ms'\nforward = { loss = '0.1%' }";
    near(&line(link, &download("cubic"), "1000s"), UNEVEN, &[("CUBIC", "goodput_bps")]);
}

#[test]
fn one_flow_uses_what_its_saw_leaves() {
    // 10 Mbit/s, 40 ms: the path holds 33 packets.
    let saw = [("sawtooth", "utilization"), ("sawtooth", "goodput_bps")];
    for (congestion, queue) in [("reno", 4), ("reno", 12), ("reno", 50), ("cubic", 6)] {
        let link = format!("rate = '10Mbps'\ndelay = '20ms'\nqueue = '{queue}p'");
        near(&line(&link, &download(congestion), "120s"), TOLERANCE, &saw);
    }
}

#[test]
fn many_flows_keep_a_link_busy_with_a_short_queue() {
    let delays: String = (1..=60)
        .map(|i| format!("[links.s{i}--left]\ndelay = '{}ms'\n", 5 + i * 37 % 60))
        .collect();
    let text = format!(
        "duration = '30s'
        [nodes]
        's[1..60]' = 'host'
        left = 'router'
        right = 'router'
        sink = 'host'
        [links.'s[1..60]--left']
        rate = '100Mbps'
        {delays}
        [links.left--right]
        rate = '50Mbps'
        delay = '20ms'
        queue = '60p'
        [links.right--sink]
        rate = '1Gbps'
        [apps.sink]
        kind = 'tcp-server'
        on = 'sink'
        port = 80
        [apps.flow]
        kind = 'tcp-client'
        on = 's[1..60]'
        to = 'sink:80'
        tcp = {{ congestion = 'reno' }}"
    );
    let all = compared(&load(&text), 1);
    let [only] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((only.model, only.quantity, only.at_least), ("√n", "utilization", true));
    assert!(only.measured.is_some_and(|measured| measured >= only.predicted), "{only:?}");
    assert!(only.predicted > 0.9 && only.strained.len() == 1, "{only:?}");
}

#[test]
fn nothing_is_predicted_where_assumptions_fail() {
    let sink = "[apps.sink]\nkind = 'udp-server'\non = 'bob'\nport = 9\n";
    let source = |kind: &str, more: &str| {
        format!(
            "{sink}[apps.source]\nkind = '{kind}'\non = 'alice'\nto = 'bob:9'\nsize = '972B'\n\
             interval = '10ms'\n{more}"
        )
    };
    let link = "rate = '1Mbps'\nframing = 'none'";
    let count = |link: &str, apps: &str, duration| predictions(&line(link, apps, duration)).len();
    assert_eq!(count(link, &source("poisson", ""), "600s"), 4);
    assert_eq!(count(link, &source("cbr", ""), "600s"), 0, "even arrivals");
    assert_eq!(count(link, &source("poisson", ""), "2s"), 0, "too short to say anything");
    assert_eq!(count(link, &source("poisson", "stop = '300s'"), "600s"), 0, "idle half the time");
    let codel = format!("{link}\nqueue = {{ kind = 'codel' }}");
    assert_eq!(count(&codel, &source("poisson", ""), "600s"), 0, "drops before it is full");
    let changed =
        source("poisson", "[[changes]]\nat = '9s'\nset = { 'links.alice--bob.rate' = '2Mbps' }");
    assert_eq!(count(link, &changed, "600s"), 0, "not the same from beginning to end");
    let download = download("reno");
    let both = format!("{}{}", source("poisson", ""), download.replace("apps.client", "apps.tcp"));
    assert_eq!(count(link, &both, "600s"), 0, "TCP fills the rest of the link");
    let bursts =
        "rate = '1Gbps'\nforward = { loss = { kind = 'gilbert-elliott', p = '1%', r = '10%' } }";
    assert_eq!(count(bursts, &download, "600s"), 0, "losses depend on each other");
    assert_eq!(
        count("rate = '10Mbps'\ndelay = '20ms'\nqueue = { kind = 'codel' }", &download, "600s"),
        0
    );
}

#[test]
fn strained_assumptions_are_named() {
    let apps = "[apps.sink]\nkind = 'udp-server'\non = 'bob'\nport = 9\n\
        [apps.source]\nkind = 'poisson'\non = 'alice'\nto = 'bob:9'\nsize = '972B'\ninterval = '10ms'\n\
        [apps.ping]\nkind = 'ping'\non = 'alice'\nto = 'bob'\n";
    let all = predictions(&line("rate = '1Mbps'\nframing = 'none'", apps, "100s"));
    let strained = all.first().expect("a prediction").strained.join("; ");
    assert!(strained.contains("not all arrivals are Poisson: ping (ping)"), "{strained}");
    assert!(strained.contains("the run is short"), "{strained}");
    let small = download("reno").replace("receive-buffer = '64MB'", "receive-buffer = '60kB'");
    let all = predictions(&line("rate = '10Mbps'\ndelay = '20ms'\nqueue = '8p'", &small, "120s"));
    let strained = all.first().expect("a prediction").strained.join("; ");
    assert!(strained.contains("rwnd"), "{strained}");
}

#[test]
fn results_do_not_depend_on_who_looks() {
    let scenario = builtin::find("mm1k")
        .expect("shipped")
        .load(&Options { overrides: vec!["duration=5s".into()], ..Options::default() });
    let scenario = scenario.expect("a scenario");
    let mut looked = Simulation::new(scenario.plan.clone());
    looked.look_at((1..50).map(|i| Time::from_ms(i * 97)).collect());
    looked.run_until(scenario.duration, &mut Nobody);
    assert_eq!(looked.looks().len(), 49);
    assert_eq!(run::summary(&scenario, &looked), run_scenario(&scenario));
}

const SWEEP: &str = "scenario = 'mm1k'\nseeds = 3\nwarm-up = '1s'\n[set]\nduration = '11s'\n\
    [vary.load]\npath = 'apps.to-link.interval'\nvalues = ['1ms', '800us']\nlabels = ['0.8', '1']\n\
    [vary.queue]\npath = 'links.r1--carl.queue'\nvalues = ['5p', '10p']\n\
    [measure]\n\
    loss = { value = \"double(links['r1--carl']['r1->carl'].drops.queue) / double(flows['to-link'].packets_sent)\", unit = '%' }\n\
    wait = \"links['r1--carl']['r1->carl'].queue.mean_wait_seconds\"\n\
    quiet = { value = \"links['r1--carl']['r1->carl'].utilization\", model = 'none' }\n\
    port = \"ports['bob:5000/udp'].mean_depth_packets\"\n\
    [[plot]]\nx = 'load'\ny = 'wait'\n";

#[test]
fn sweeps_show_predictions_beside_measures_also_when_joined() {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("predictions");
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).expect("a folder");
    std::fs::write(dir.join("s.toml"), SWEEP).expect("a sweep");
    let sweep = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
        let output = command.current_dir(&dir).arg("sweep").args(arguments).output();
        let output = output.expect("the program starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let text = sweep(&["s.toml", "--out", "whole"]);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
    let read = |file: &str| std::fs::read_to_string(dir.join(file)).expect(file);
    let cells = read("whole/cells.csv");
    let heading = cells.lines().next().expect("a heading");
    assert!(heading.ends_with(
        "loss model,loss predicted,wait model,wait predicted,port model,port predicted"
    ));
    assert!(read("whole/plots/wait.svg").contains("\nM/D/1/K\n"));
    for shard in ["1/2", "2/2"] {
        sweep(&["s.toml", "--out", "parts", "--shard", shard]);
    }
    assert_eq!(sweep(&["merge", "parts", "--out", "joined"]), text);
    assert_eq!(read("joined/cells.csv"), cells);
}

#[test]
fn the_table_is_printed_after_the_others() {
    let output = Command::new(env!("CARGO_BIN_EXE_portolan"))
        .args(["run", "mm1k", "--set", "duration=100s"])
        .output()
        .expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let (_, theory) = text.split_once("\nTheory\n").expect("a table");
    let theory = theory.split("\nExpectations\n").next().expect("a first part");
    insta::assert_snapshot!(theory);
}
