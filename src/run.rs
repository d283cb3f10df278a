//! A scenario from start to end: simulated, recorded, judged.

use std::io::Write;

use crate::observe::results::Summary;
use crate::observe::{Both, Interest, Observation, Observer};
use crate::report::series::{Recorder, Recording, SeriesId};
use crate::scenario::{self, Every, Scenario};
use crate::sim::{Gauge, Simulation};
use crate::units::Time;

mod choice;

pub use choice::{Choice, spec};

/// Samples of a series over a run, unless the scenario says how often.
const SAMPLES: u64 = 1000;
/// Looks at the progress over a run.
const LOOKS: u64 = 200;

/// Told how far the simulated clock is; says whether to go on.
pub type Progress<'a> = &'a mut dyn FnMut(Time) -> bool;

/// An observer of runs that nobody watches.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl Observer for Nobody {
    fn interest(&self) -> Interest {
        Interest::Nothing
    }
    fn observe(&mut self, _: Time, _: &Observation) {}
}

/// An observer before whom every change happens in its time, though it wants to be told of fewer.
struct Closely<'a, O>(&'a mut O);

impl<O: Observer> Observer for Closely<'_, O> {
    fn interest(&self) -> Interest {
        Interest::Everything
    }
    fn observe(&mut self, now: Time, what: &Observation) {
        self.0.observe(now, what);
    }
}

/// Runs until `until`, or until `progress` says to stop.
pub fn simulate(simulation: &mut Simulation, until: Time, progress: Progress<'_>) {
    observe(simulation, until, &mut Nobody, progress);
}

/// The same, with an observer who is told what happens.
pub fn observe(
    simulation: &mut Simulation,
    until: Time,
    observer: &mut dyn Observer,
    progress: Progress<'_>,
) {
    for look in looks(until) {
        simulation.run_until(look, observer);
        if !progress(look) {
            return;
        }
    }
}

/// The times at which progress is looked at: ascending, `until` last.
fn looks(until: Time) -> impl Iterator<Item = Time> {
    let step = Time::from_ps((until.as_ps() / LOOKS).max(1));
    let mut next = Time::ZERO;
    std::iter::from_fn(move || {
        if next >= until && !(until.is_zero() && next.is_zero()) {
            return None;
        }
        next = next.saturating_add(step).min(until).max(Time::from_ps(1));
        Some(next.min(until))
    })
}

/// The same, with the series of `choice` recorded. What was recorded until then is kept if the
/// writer fails or `progress` says to stop.
///
/// # Errors
/// The first error of the writer.
pub fn record<W: Write>(
    simulation: &mut Simulation,
    until: Time,
    choice: &Choice,
    out: W,
    progress: Progress<'_>,
) -> std::io::Result<(Recording, W)> {
    record_and_tell(simulation, until, choice, out, &mut Nobody, progress)
}

/// The same, with an observer who is told what happens.
///
/// # Errors
/// The first error of the writer.
pub fn record_and_tell<W: Write, O: Observer>(
    simulation: &mut Simulation,
    until: Time,
    choice: &Choice,
    out: W,
    observer: &mut O,
    progress: Progress<'_>,
) -> std::io::Result<(Recording, W)> {
    let names = simulation.plan().apps.iter().map(|app| app.name.clone()).collect();
    let mut recorder = Recorder::new(out, names);
    let series: Vec<(SeriesId, Gauge)> = choice
        .series
        .iter()
        .map(|series| (recorder.add(spec(simulation.plan(), series)), series.gauge))
        .collect();
    match choice.every {
        Some(Every::Change) => {
            on_change(simulation, until, &series, &mut recorder, observer, progress);
        }
        every => {
            let step = match every {
                Some(Every::Interval(step)) => step,
                _ => Time::from_ps((until.as_ps() / SAMPLES).max(1)),
            };
            at_intervals(simulation, until, step, &series, &mut recorder, observer, progress);
        }
    }
    recorder.finish(simulation.now())
}

fn at_intervals<W: Write, O: Observer>(
    simulation: &mut Simulation,
    until: Time,
    step: Time,
    series: &[(SeriesId, Gauge)],
    recorder: &mut Recorder<W>,
    observer: &mut O,
    progress: Progress<'_>,
) {
    let mut next = Time::ZERO;
    loop {
        simulation.run_until(next, &mut Both(recorder, observer));
        for &(id, gauge) in series {
            let value = simulation.read(gauge);
            if let Some(peak) = simulation.take_peak(gauge) {
                recorder.peak(id, next, peak, value);
            }
            recorder.push(id, next, value);
        }
        if next >= until || recorder.has_failed() || !progress(next) {
            return;
        }
        next = next.saturating_add(step).min(until);
    }
}

fn on_change<W: Write, O: Observer>(
    simulation: &mut Simulation,
    until: Time,
    series: &[(SeriesId, Gauge)],
    recorder: &mut Recorder<W>,
    observer: &mut O,
    progress: Progress<'_>,
) {
    let mut last: Vec<Option<f64>> = vec![None; series.len()];
    for look in looks(until) {
        loop {
            let went_on = simulation.step(look, &mut Both(&mut Closely(recorder), observer));
            let now = simulation.now();
            for (&(id, gauge), last) in series.iter().zip(&mut last) {
                let value = simulation.read(gauge);
                if *last != Some(value) {
                    recorder.push(id, now, value);
                    *last = Some(value);
                }
            }
            if !went_on {
                break;
            }
        }
        if recorder.has_failed() || !progress(look) {
            return;
        }
    }
}

/// The results of a run of `scenario`, its expectations judged.
#[must_use]
pub fn summary(scenario: &Scenario, simulation: &Simulation) -> Summary {
    let mut summary = simulation.summary();
    summary.scenario.clone_from(&scenario.name);
    summary.title.clone_from(&scenario.title);
    summary.expectations = scenario::evaluate(&scenario.expects, &summary);
    summary
}
