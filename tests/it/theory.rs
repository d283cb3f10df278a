//! Queues against exact theory: what a Poisson stream loses and how much of it waits.
//!
//! A link with a full queue is M/D/1/K, a server with exponential service M/M/1/K. Their loss
//! and mean number in the system are known exactly (`tests/data/queueing-theory.json`; the
//! waiting room does not count the packet in service). Each case is run with the seeds 1, 2, 3,
//! ... and the exact value must lie in the 99.9 % confidence interval of the runs, which must
//! itself be narrow.

use crate::support::parallel::in_parallel;
use crate::support::queueing::{self, Row};
use crate::support::statistics::Interval;
use crate::support::{Parts as _, load};
use portolan::observe::results::Summary;
use portolan::run::Nobody;
use portolan::scenario::Scenario;
use portolan::sim::Simulation;
use portolan::units::Time;

/// Runs per case, with the seeds from 1 on.
const RUNS: u64 = 20;
/// Half the width that an interval may have, in parts of the exact value ...
const RELATIVE: f64 = 0.03;
/// ... or as it is.
const ABSOLUTE: f64 = 0.0005;
/// Nothing is counted before this: the system starts empty, which is not its steady state. The
/// slowest of them forgets its start within some fifty service times of 1 ms.
const WARM_UP: Time = Time::from_secs(1);

/// What one run measured.
#[derive(Debug, Clone, Copy)]
struct Measured {
    loss: f64,
    mean_in_system: f64,
}

#[derive(Debug, Clone, Copy)]
enum Model {
    Deterministic,
    Exponential,
}

impl Model {
    /// A service takes 1 ms: 97 bytes of data and 28 of headers at 1 Mbit/s, or the server's work.
    fn scenario(self, row: &Row) -> Scenario {
        let gap_ps = (1e9 / row.rho).round();
        let room = row.waiting_room;
        let (link, server) = match self {
            Self::Deterministic => (format!("rate = '1Mbps'\nqueue = '{room}p'"), String::new()),
            Self::Exponential => (
                "rate = '1Tbps'".into(),
                format!("buffer = '{room}p'\nservice = {{ exponential = '1ms' }}"),
            ),
        };
        load(&format!(
            "duration = '{}'
            [nodes]
            a = 'host'
            b = 'host'
            [links.a--b]
            framing = 'none'
            {link}
            [apps.server]
            kind = 'udp-server'
            on = 'b'
            port = 9
            {server}
            [apps.source]
            kind = 'poisson'
            on = 'a'
            to = 'b:9'
            size = '97B'
            interval = '{gap_ps}ps'",
            self.length(row),
        ))
    }

    /// Long enough for a narrow interval: near saturation, states change slowly.
    const fn length(self, row: &Row) -> Time {
        let seconds = match (self, row.rho, row.waiting_room) {
            (Self::Deterministic, 0.95, 20) => 500,
            (Self::Exponential, 0.95, 20) => 800,
            (Self::Deterministic, 0.8, 5) => 220,
            (Self::Exponential, 0.5, 5) => 240,
            (Self::Exponential, 0.8, 5 | 20) => 160,
            _ => 80,
        };
        Time::from_secs(seconds)
    }

    /// From what was counted until the end of the warm-up and until the end.
    fn measure(self, before: &Summary, after: &Summary) -> Measured {
        let span = after.simulated_seconds - before.simulated_seconds;
        let grown = |value: &dyn Fn(&Summary) -> f64| value(after) - value(before);
        // From a mean over time to what accumulated until then.
        let over_time = |value: &dyn Fn(&Summary) -> f64| {
            grown(&|summary| value(summary) * summary.simulated_seconds)
        };
        match self {
            Self::Deterministic => {
                let offered = grown(&|s| s.flow("source").packets_sent as f64);
                let lost = grown(&|s| s.channel("a->b").drops.queue as f64);
                let waiting = over_time(&|s| s.channel("a->b").queue.mean_packets);
                let sending = over_time(&|s| s.channel("a->b").utilization);
                Measured { loss: lost / offered, mean_in_system: (waiting + sending) / span }
            }
            Self::Exponential => {
                let offered = grown(&|s| s.port("b:9/udp").received as f64);
                let lost = grown(&|s| s.port("b:9/udp").dropped as f64);
                let waiting = over_time(&|s| s.port("b:9/udp").mean_depth_packets);
                let working = grown(&|s| s.port("b:9/udp").delivered as f64) * 1e-3;
                Measured { loss: lost / offered, mean_in_system: (waiting + working) / span }
            }
        }
    }

    fn run(self, scenario: &Scenario, seed: u64) -> Measured {
        let mut plan = scenario.plan.clone();
        plan.seed = seed;
        let mut simulation = Simulation::new(plan);
        simulation.run_until(WARM_UP, &mut Nobody);
        let before = simulation.summary();
        simulation.run_until(scenario.duration, &mut Nobody);
        self.measure(&before, &simulation.summary())
    }
}

/// Those that are run.
fn rows() -> Vec<Row> {
    let is_run = |row: &Row| row.rho != 1.0 && [1, 5, 20].contains(&row.waiting_room);
    queueing::rows().into_iter().filter(is_run).collect()
}

/// What is wrong with the measurement of one value, if anything.
fn judge(what: &str, row: &Row, measured: &[f64], exact: f64) -> Option<String> {
    let interval = Interval::of(measured);
    let told = format!(
        "{what} at load {} with room for {}: exact {exact}, measured {} ± {}",
        row.rho, row.waiting_room, interval.mean, interval.half_width
    );
    if interval.half_width > (RELATIVE * exact).max(ABSOLUTE) {
        return Some(format!("{told}: too wide"));
    }
    // Losses too rare to have been seen once are as good as none.
    let rare = interval.mean == 0.0 && exact < 1e-5;
    (!interval.contains(exact) && !rare).then_some(told)
}

fn check(model: Model, exact: impl Fn(&Row) -> (f64, f64)) {
    let rows = rows();
    assert_eq!(rows.len(), 12, "four loads, three waiting rooms");
    let jobs: Vec<_> = rows
        .iter()
        .map(|row| model.scenario(row))
        .flat_map(|scenario| (1..=RUNS).map(move |seed| (scenario.clone(), seed)))
        .collect();
    let measured = in_parallel(&jobs, |(scenario, seed)| model.run(scenario, *seed));
    let mut wrong = Vec::new();
    for (row, runs) in rows.iter().zip(measured.chunks(RUNS as usize)) {
        let (loss, mean) = exact(row);
        let losses: Vec<_> = runs.iter().map(|run| run.loss).collect();
        let means: Vec<_> = runs.iter().map(|run| run.mean_in_system).collect();
        wrong.extend(judge("loss", row, &losses, loss));
        wrong.extend(judge("mean number in system", row, &means, mean));
    }
    assert!(wrong.is_empty(), "{model:?}:\n{}", wrong.join("\n"));
}

#[test]
fn a_link_is_a_queue_with_constant_service() {
    check(Model::Deterministic, |row| (row.md1k_loss, row.md1k_mean_in_system));
}

#[test]
fn a_port_is_a_queue_with_exponential_service() {
    check(Model::Exponential, |row| (row.mm1k_loss, row.mm1k_mean_in_system));
}
