//! Link transmissions per second through the whole simulator, on the scenarios of
//! `scenarios/bench`.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use portolan::run::Nobody;
use portolan::scenario::{Options, load_path};
use portolan::sim::Simulation;
use portolan::units::Time;

fn network(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hops");
    group.sample_size(10);
    for (name, milliseconds, sets) in
        [("chain", 200, &[][..]), ("poisson", 20_000, &[]), ("grid", 100, &["topology.side=8"])]
    {
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

criterion_group!(benches, network);
criterion_main!(benches);
