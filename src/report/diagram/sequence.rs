//! The order in which the things of a diagram happened.

use super::model::{Diagram, End};
use crate::units::Time;

/// So many times a usual flight without anything is an idle time.
const IDLE: u64 = 3;

/// Something that happened; numbers are places in the lists of the diagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happening {
    /// An arrow ended, in whatever way.
    Ended(usize),
    /// A timer expired.
    Expired(usize),
    /// An end went into a state.
    State(usize),
    /// Something else.
    Remark(usize),
    /// Packets are left out from here on.
    Fold(usize),
    /// A packet is about to be sent, and why.
    Purpose(usize),
    /// An arrow begins.
    Sent(usize),
}

/// Something that happened, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) at: Time,
    pub(super) what: Happening,
    /// How long nothing at all had happened before, if that was long.
    pub(super) idle: Option<Time>,
}

/// What things are ordered by: when; what kind they are; their place, and the order at it.
type Key = (Time, u8, usize, u8);

/// Everything in order. What happens at the same time is in the order of cause and effect. Arrows
/// that did not end come last.
pub(super) fn steps(diagram: &Diagram) -> Vec<Step> {
    use Happening::{Ended, Expired, Fold, Purpose, Remark, Sent, State};
    let mut keyed: Vec<(Key, Happening)> = Vec::new();
    for (i, arrow) in diagram.arrows.iter().enumerate() {
        if arrow.purpose.is_some() {
            keyed.push(((arrow.sent, 5, i, 0), Purpose(i)));
        }
        keyed.push(((arrow.sent, 5, i, 1), Sent(i)));
        keyed.push(match arrow.end.time() {
            None => ((Time::MAX, 9, i, 0), Ended(i)),
            Some(at) if at <= arrow.sent => ((arrow.sent, 5, i, 2), Ended(i)),
            Some(at) => ((at, 0, i, 0), Ended(i)),
        });
    }
    let timers = diagram.timers.iter().enumerate();
    keyed.extend(timers.map(|(i, timer)| ((timer.expired, 1, i, 0), Expired(i))));
    let states = diagram.states.iter().enumerate();
    keyed.extend(states.map(|(i, state)| ((state.at, 2, i, 0), State(i))));
    let remarks = diagram.remarks.iter().enumerate();
    keyed.extend(remarks.map(|(i, remark)| ((remark.at, 3, i, 0), Remark(i))));
    let folds = diagram.folds.iter().enumerate();
    keyed.extend(folds.map(|(i, fold)| ((fold.at, 4, i, 0), Fold(i))));
    keyed.sort_by_key(|(key, _)| *key);
    with_idle_times(diagram, &keyed)
}

fn with_idle_times(diagram: &Diagram, keyed: &[(Key, Happening)]) -> Vec<Step> {
    let limit = usual_flight(diagram).saturating_mul(IDLE);
    let last = keyed.iter().map(|((at, ..), _)| *at).filter(|&at| at < Time::MAX).max();
    let mut steps: Vec<Step> = Vec::new();
    let (mut underway, mut before) = (0u32, None::<Time>);
    for &((at, ..), what) in keyed {
        let at = if at == Time::MAX { last.unwrap_or_default() } else { at };
        let gap = before.map_or(Time::ZERO, |before| at.saturating_sub(before));
        let idle = (underway == 0 && gap > limit && !gap.is_zero()).then_some(gap);
        match what {
            Happening::Sent(_) => underway += 1,
            Happening::Ended(i) if diagram.arrows[i].end != End::Underway => underway -= 1,
            _ => {}
        }
        before = Some(at);
        steps.push(Step { at, what, idle });
    }
    steps
}

/// The median of the times from sending to arrival.
pub(super) fn usual_flight(diagram: &Diagram) -> Time {
    let flown = diagram.arrows.iter().filter_map(|arrow| match arrow.end {
        End::Arrived(at) | End::Refused { at, .. } => Some(at.saturating_sub(arrow.sent)),
        End::Lost { .. } | End::Underway => None,
    });
    let mut times: Vec<Time> = flown.collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or(Time::ZERO)
}
