//! Two simulations side by side, to the first event that differs.

use std::collections::VecDeque;

use crate::observe::Observation;
use crate::report::names::Names;
use crate::report::trace::describe::Context;
use crate::report::trace::line::{Columns, line, seconds};
use crate::report::trace::sequences::Sequences;
use crate::report::trace::{Detail, Reader};
use crate::sim::Simulation;
use crate::units::Time;

/// Lines before the difference, and after it on each side.
const AROUND: usize = 6;
/// Digits of seconds after the point.
const DECIMALS: usize = 9;

/// Something that happened.
type Event = (Time, Observation);

/// Two simulations that go on together for as long as the same happens in both.
#[derive(Debug)]
pub struct Lockstep {
    sides: [Side; 2],
    /// The last things that were the same.
    before: VecDeque<Event>,
    same: u64,
}

/// How far two simulations have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To this time, and everything has been the same.
    Same(Time),
    /// To the end of both: everything was the same.
    End,
    /// To something that happens in only one of them, or otherwise.
    Differs,
}

#[derive(Debug)]
struct Side {
    reader: Reader,
    names: Names,
    columns: Columns,
    sequences: Sequences,
    /// What has happened and was not compared yet: no more than of one instant.
    next: VecDeque<Event>,
}

impl Side {
    fn new(simulation: Simulation, until: Time) -> Self {
        let names = Names::of(&simulation);
        let columns = Columns::of(&simulation, &names, &[], until, Detail::Everything);
        let reader = Reader::new(simulation, until);
        Self { reader, names, columns, sequences: Sequences::new(), next: VecDeque::new() }
    }

    /// Sees to it that something waits to be compared, if anything is left.
    fn fill(&mut self) {
        while self.next.is_empty() && self.reader.step() {
            self.next.extend(self.reader.seen().iter().cloned());
        }
    }

    fn take(&mut self) -> Option<Event> {
        self.fill();
        let event = self.next.pop_front();
        if let Some((_, what)) = &event {
            self.sequences.observe(what);
        }
        event
    }

    fn line(&self, (now, what): &Event, headers: bool) -> String {
        let dns = |place| self.reader.simulation().dns_name(place);
        let cx = Context { sequences: &self.sequences, dns: &dns, headers };
        line(*now, what, &self.names, self.columns, &cx)
    }
}

/// The first event that differs, with its surroundings, as lines of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// How many events came before it, all the same.
    pub same: u64,
    /// When: the earlier of the two.
    pub at: Time,
    /// The last lines that are the same.
    pub before: Vec<String>,
    /// The first line that is not, of A and of B, with some that follow; empty where nothing follows.
    pub after: [Vec<String>; 2],
}

impl Lockstep {
    /// Two simulations at their beginning, each with its end.
    #[must_use]
    pub fn new(a: (Simulation, Time), b: (Simulation, Time)) -> Self {
        let sides = [Side::new(a.0, a.1), Side::new(b.0, b.1)];
        Self { sides, before: VecDeque::new(), same: 0 }
    }

    /// How many events were the same so far.
    #[must_use]
    pub const fn same(&self) -> u64 {
        self.same
    }

    /// Compares one more event.
    pub fn step(&mut self) -> Step {
        let [a, b] = &mut self.sides;
        a.fill();
        b.fill();
        match (a.next.front(), b.next.front()) {
            (None, None) => return Step::End,
            (first, second) if first != second => return Step::Differs,
            _ => {}
        }
        self.same += 1;
        b.take();
        let Some(event) = a.take() else { return Step::End };
        let now = event.0;
        if Detail::of(&event.1) <= Detail::More {
            if self.before.len() == AROUND {
                self.before.pop_front();
            }
            self.before.push_back(event);
        }
        Step::Same(now)
    }

    /// What differs now, after [`Step::Differs`]. Both go on for some lines.
    pub fn difference(&mut self) -> Option<Difference> {
        let before = self.before.iter().map(|event| self.sides[0].line(event, false)).collect();
        let firsts = self.sides.each_ref().map(|side| side.next.front().cloned());
        let at = firsts.iter().flatten().map(|(now, _)| *now).min()?;
        let mut after = self.sides.each_mut().map(Side::rest);
        if let [Some(a), Some(b)] = &firsts {
            tell_apart(&self.sides, a, b, &mut after);
        }
        Some(Difference { same: self.same, at, before, after })
    }

    /// The simulations as far as they have come.
    #[must_use]
    pub fn into_simulations(self) -> [Simulation; 2] {
        self.sides.map(|side| side.reader.into_simulation())
    }
}

impl Side {
    /// The next event, and lines that follow.
    fn rest(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while lines.len() < AROUND
            && let Some(event) = self.take()
        {
            if lines.is_empty() || Detail::of(&event.1) <= Detail::More {
                lines.push(self.line(&event, false));
            }
        }
        lines
    }
}

/// If the first lines look the same, adds what they do not show.
fn tell_apart(sides: &[Side; 2], a: &Event, b: &Event, lines: &mut [Vec<String>; 2]) {
    let same = |lines: &[Vec<String>; 2]| lines[0].first() == lines[1].first();
    if same(lines) {
        for ((side, event), lines) in sides.iter().zip([a, b]).zip(lines.iter_mut()) {
            lines[0] = side.line(event, true);
        }
    }
    if same(lines) {
        for (event, lines) in [a, b].into_iter().zip(lines.iter_mut()) {
            lines[0].push_str(&hidden(&event.1));
        }
    }
}

/// What a line does not show.
fn hidden(what: &Observation) -> String {
    match what {
        Observation::TransmitStarted { waited, arrives, packet, .. } => {
            let (waited, arrives) = (seconds(*waited, DECIMALS), seconds(*arrives, DECIMALS));
            let Some(purpose) = packet.label.purpose.words() else {
                return format!(" (waited {waited}, arrives {arrives})");
            };
            format!(" (waited {waited}, arrives {arrives}, {purpose})")
        }
        other => format!(" ({other:?})"),
    }
}
