//! Link transmissions per second through the whole simulator, on the scenarios of
//! `scenarios/bench`.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use portolan::report::capture::{Capture, Choice};
use portolan::run::Nobody;
use portolan::scenario::{Options, load_path};
use portolan::sim::Simulation;
use portolan::units::Time;

fn network(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hops");
    group.sample_size(10);
    for (name, milliseconds, sets) in [
        ("chain", 200, &[][..]),
        ("poisson", 20_000, &[]),
        ("dumbbell", 2000, &[]),
        ("grid", 100, &["topology.side=8"]),
    ] {
        let file = format!("{}/scenarios/bench/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        let options = Options {
            overrides: sets.iter().map(ToString::to_string).collect(),
            ..Options::default()
        };
        let scenario = load_path(file.as_ref(), &options).expect("a scenario of the project");
        let end = Time::from_ms(milliseconds);
        let mut once = Simulation::new(scenario.plan.clone());
        once.run_until(end, &mut Nobody);
        group.throughput(Throughput::Elements(once.hops()));
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || Simulation::new(scenario.plan.clone()),
                |mut simulation| {
                    simulation.run_until(end, &mut Nobody);
                    simulation
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// The same chain with every interface captured, into files.
fn captured(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("captured");
    group.sample_size(10);
    let file = format!("{}/scenarios/bench/chain.toml", env!("CARGO_MANIFEST_DIR"));
    let scenario =
        load_path(file.as_ref(), &Options::default()).expect("a scenario of the project");
    let end = Time::from_ms(1000);
    let mut once = Simulation::new(scenario.plan.clone());
    once.run_until(end, &mut Nobody);
    group.throughput(Throughput::Elements(once.hops()));
    let choice = Choice::everything(&scenario.plan);
    for (name, snap) in [("chain", None), ("chain-48-bytes", Some(48))] {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || (Simulation::new(scenario.plan.clone()), tempfile::tempdir().expect("a folder")),
                |(mut simulation, folder)| {
                    let out = folder.path();
                    let mut capture =
                        Capture::start(out, &simulation, &choice, snap, "a benchmark")
                            .expect("files can be made");
                    simulation.run_until(end, &mut capture);
                    (capture.finish(end).expect("files can be written"), folder)
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, network, captured);
criterion_main!(benches);
