//! `portolan follow`: the life of one packet.

use std::sync::atomic::Ordering;

use super::args::FollowArgs;
use super::failure::Failure;
use super::run::Watch;
use super::source;
use super::terminal;
use crate::report::follow::Follower;
use crate::report::names::Names;
use crate::report::trace::Reader;
use crate::scenario::Scenario;
use crate::sim::Simulation;

/// Runs after which kin that were found late are given up: each finds the elders of the last.
const MOST_RUNS: usize = 20;
/// Instants between two looks at the clock.
const LOOK_EVERY: u32 = 4096;

pub(super) fn follow(args: &FollowArgs, quiet: bool) -> Result<(), Failure> {
    let scenario = source::load(&args.scenario, &[])?;
    if !quiet {
        for notice in &scenario.notices {
            terminal::note(notice);
        }
    }
    let number = number(&args.packet)?;
    let mut follower = Follower::new(number);
    let watch = Watch::new(scenario.duration);
    let mut names = Names::default();
    for _ in 0..MOST_RUNS {
        names = look(&scenario, &mut follower, &watch)?;
        if !follower.must_look_again() {
            break;
        }
    }
    watch.bar.finish_and_clear();
    let text = follower.story(&names).map_err(|highest| {
        let name = &scenario.name;
        Failure::BadInput(match highest {
            0 => format!("no packet #{number}: nothing is sent in `{name}`"),
            _ => format!(
                "no packet #{number} in this run of `{name}`: they are numbered up to #{highest}; \
                 `portolan trace` shows them"
            ),
        })
    })?;
    super::print(&text)
}

/// `17` or `#17`, as traces show it.
fn number(text: &str) -> Result<u64, Failure> {
    text.trim().trim_start_matches('#').parse().map_err(|_| {
        let why = format!("--packet: `{text}` is not a packet's number; write it as traces do: 17");
        Failure::BadInput(why)
    })
}

/// One run from start to end.
fn look(scenario: &Scenario, follower: &mut Follower, watch: &Watch) -> Result<Names, Failure> {
    let simulation = Simulation::new(scenario.plan.clone());
    let names = Names::of(&simulation);
    let mut reader = Reader::new(simulation, scenario.duration);
    let mut instants = 0_u32;
    follower.begin();
    while reader.step() {
        for (at, what) in reader.seen() {
            follower.observe(*at, what, &names, reader.simulation());
        }
        instants = instants.wrapping_add(1);
        if instants.is_multiple_of(LOOK_EVERY) {
            watch.goes_on(reader.now());
        }
        if watch.interrupted.load(Ordering::Relaxed) {
            watch.bar.finish_and_clear();
            let (now, all) = (reader.now(), scenario.duration);
            let why = format!("interrupted at {now} of {all} simulated, before the packet's end");
            return Err(Failure::Unfinished(why));
        }
    }
    Ok(names)
}
