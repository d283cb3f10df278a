//! Tests on whole runs: many packets are followed at once.

use super::Follower;
use super::life::Last;
use crate::report::names::Names;
use crate::report::trace::Reader;
use crate::scenario::{Options, builtin};
use crate::sim::Simulation;
use crate::units::Time;

/// Followers of these packets at the end of a run.
fn followed(scenario: &str, numbers: impl Iterator<Item = u64>) -> (Vec<Follower>, Names) {
    let found = builtin::find(scenario).expect("a scenario that ships");
    let scenario = found.load(&Options::default()).expect("no faults");
    let mut followers: Vec<Follower> = numbers.map(Follower::new).collect();
    loop {
        let simulation = Simulation::new(scenario.plan.clone());
        let names = Names::of(&simulation);
        let mut reader = Reader::new(simulation, scenario.duration.min(Time::from_secs(3)));
        followers.iter_mut().for_each(Follower::begin);
        while reader.step() {
            for (at, what) in reader.seen() {
                for follower in &mut followers {
                    follower.observe(*at, what, &names, reader.simulation());
                }
            }
        }
        if !followers.iter().any(Follower::must_look_again) {
            return (followers, names);
        }
    }
}

#[test]
fn the_parts_of_a_delivered_packets_time_add_up_to_its_age() {
    let mut delivered = 0;
    for (scenario, step) in [("two-services", 37), ("handshake", 1), ("port-queue", 211)] {
        let (followers, names) = followed(scenario, (1..1000).step_by(step));
        for follower in &followers {
            let number = follower.number;
            let own = follower.seen.lives.iter().find(|life| life.number == number);
            if !own.is_some_and(|life| matches!(life.last.1, Last::Port(_))) {
                continue;
            }
            delivered += 1;
            let rows = &follower.seen.timeline.rows;
            let age = rows[rows.len() - 1].at - rows[0].at;
            let spent = follower.seen.timeline.spent;
            let story = follower.story(&names).expect("it was seen");
            assert_eq!(spent.arp + spent.queues + spent.sending + spent.way, age, "{story}");
        }
    }
    assert!(delivered > 20, "{delivered} were delivered");
}

#[test]
fn every_story_fits_and_says_how_it_ended() {
    for scenario in ["fragmentation", "hub-vs-switch", "sack", "traceroute"] {
        let (followers, names) = followed(scenario, (1..300).step_by(23));
        for follower in &followers {
            let Ok(story) = follower.story(&names) else { continue };
            let widest = story.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(80), "{scenario}:\n{story}");
            let ends = ["\nAfter ", "\nAt once "].iter().any(|start| story.contains(start));
            assert!(ends, "{scenario}:\n{story}");
        }
    }
}

#[test]
fn a_packet_that_never_was_has_no_story() {
    let (followers, names) = followed("handshake", [3, 1000].into_iter());
    assert!(followers[0].story(&names).is_ok());
    assert_eq!(followers[1].story(&names), Err(10), "those of the first three seconds");
}
