//! `drr`: classes take turns by bytes (Shreedhar and Varghese, "Efficient fair queuing using deficit round robin", 1995), as in
//! Linux.
//!
//! In its turn a class may send what its deficit allows, which grows by `quantum` with each turn; what it does not use is
//! kept for as long as it has something to send. Classes that always have something share the link by their quanta.
//!
//! A packet goes into the first class whose `match` it fits; a class without one takes all. Linux drops packets that no class
//! takes; here the last class takes them. Each class has a queue of its own, which must not hold packets back.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::Deserialize;

use super::child::Child;
use super::classify::{Filter, check_classes, class};
use super::{Backlog, Configuration, Drops, QueueDiscipline, QueueSpec, Queued, Site};
use crate::kinds::Fault;
use crate::packet::Packet;
use crate::units::{Bytes, Time};

/// Parameters of `drr`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The classes; one for everything unless said.
    pub classes: Vec<Class>,
}

/// One class.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Class {
    /// Which packets it takes; all that come so far unless said.
    #[serde(rename = "match")]
    pub filter: Option<Filter>,
    /// What it may send more in each turn; a frame unless said.
    pub quantum: Option<Bytes>,
    /// Where its packets wait; 1000 packets, drop-tail, unless said.
    pub queue: QueueSpec,
}

impl Default for Config {
    fn default() -> Self {
        Self { classes: vec![Class::default()] }
    }
}

impl Configuration for Config {
    fn build(&self, site: &Site<'_>) -> Box<dyn QueueDiscipline> {
        let lane = |class: &Class| Lane {
            quantum: class.quantum.map_or(u64::from(site.longest), Bytes::get),
            deficit: 0,
            child: Child::new(&class.queue, site),
        };
        Box::new(Drr {
            config: self.clone(),
            lanes: self.classes.iter().map(lane).collect(),
            active: VecDeque::new(),
            total: Backlog::default(),
        })
    }
    fn has_classes(&self) -> bool {
        true
    }
    fn check(&self) -> Vec<Fault> {
        let classes = self.classes.iter().map(|class| (class.filter.as_ref(), Some(&class.queue)));
        let mut faults = check_classes(classes, 255);
        let mut fault = |message: String, help: &str| {
            faults.push(Fault { field: "classes", message, help: help.into() });
        };
        if self.classes.is_empty() {
            fault("nothing could be sent without a class".into(), "write at least one, such as {}");
        }
        if self.classes.iter().any(|class| class.quantum.is_some_and(|bytes| bytes.get() == 0)) {
            fault("a class with a quantum of nothing never sends".into(), "write at least \"1B\"");
        }
        for class in self.classes.iter().filter(|class| class.queue.config().holds_back()) {
            let message =
                format!("a class has a `{}`, which holds packets back", class.queue.kind());
            fault(message, "put it around the `drr`, or into a class of a `prio`");
        }
        faults
    }
}

/// A class with what it may still send.
#[derive(Debug)]
struct Lane {
    quantum: u64,
    deficit: u64,
    child: Child,
}

#[derive(Debug)]
struct Drr {
    config: Config,
    lanes: Vec<Lane>,
    /// Those that have something to send, in turn.
    active: VecDeque<u8>,
    total: Backlog,
}

impl Drr {
    /// What a call has put into `drops` counts no longer.
    fn forget(&mut self, drops: &Drops, before: usize) {
        drops.since(before).iter().for_each(|dropped| self.total.remove(&dropped.packet));
    }
}

impl QueueDiscipline for Drr {
    fn enqueue(&mut self, now: Time, arriving: Queued, drops: &mut Drops) {
        let number = usize::from(arriving.class).min(self.lanes.len() - 1);
        let lane = &mut self.lanes[number];
        let (was_empty, before) = (lane.child.is_empty(), drops.len());
        lane.child.queue.enqueue(now, arriving, drops);
        if was_empty && !lane.child.is_empty() {
            lane.deficit = lane.quantum;
            self.active.push_back(number as u8);
        }
        self.total.add(&arriving);
        self.forget(drops, before);
    }

    fn dequeue(&mut self, now: Time, drops: &mut Drops) -> Option<Queued> {
        let before = drops.len();
        let next = loop {
            let Some(&number) = self.active.front() else { break None };
            let lane = &mut self.lanes[usize::from(number)];
            match lane.child.peek(now, drops) {
                // The queue of the class has dropped what it had.
                None => {
                    self.active.pop_front();
                }
                Some(bytes) if u64::from(bytes) <= lane.deficit => {
                    lane.deficit -= u64::from(bytes);
                    let next = lane.child.take(now, drops);
                    if lane.child.is_empty() {
                        self.active.pop_front();
                    }
                    break next;
                }
                Some(_) => {
                    lane.deficit += lane.quantum;
                    self.active.rotate_left(1);
                }
            }
        };
        self.forget(drops, before);
        if let Some(next) = &next {
            self.total.remove(next);
        }
        next
    }

    fn backlog(&self) -> Backlog {
        self.total
    }

    fn take_all(&mut self) -> Vec<Queued> {
        (self.total, self.active) = (Backlog::default(), VecDeque::new());
        self.lanes.iter_mut().flat_map(|lane| lane.child.take_all()).collect()
    }

    fn classifies(&self) -> bool {
        true
    }

    fn classify(&self, packet: &Packet, arriving: &mut Queued) {
        let filters = self.config.classes.iter().map(|class| class.filter.as_ref());
        let last = self.lanes.len() as u8 - 1;
        arriving.class = class(filters, packet, true).unwrap_or(last);
        self.lanes[usize::from(arriving.class)].child.queue.classify(packet, arriving);
    }

    fn site_changed(&mut self, site: &Site<'_>) {
        self.lanes.iter_mut().for_each(|lane| lane.child.queue.site_changed(site));
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::lab::{Lab, faults};
    use crate::units::Time;

    /// The example of the paper: quanta of 500; packets of 200 and 750 bytes. The first class sends two and keeps 100, the second
    /// waits for its second turn.
    #[test]
    fn deficits_are_kept_from_turn_to_turn() {
        let mut lab = Lab::of("drr", "classes = [{ quantum = '500B' }, { quantum = '500B' }]");
        for class in [0, 0, 0, 0, 0, 1, 1] {
            lab.offer(class, if class == 0 { 200 } else { 750 });
        }
        // Class 0: 500, sends 0 and 1, keeps 100; class 1 has 500, then 1000. Class 0: 600, sends 2, 3 and 4. Class 1: sends 5,
        // keeps 250; then 750.
        assert_eq!(lab.send_all(), [0, 1, 2, 3, 4, 5, 6]);
        for class in [1, 0, 0, 0] {
            lab.offer(class, if class == 0 { 200 } else { 750 });
        }
        assert_eq!(lab.send_all(), [8, 9, 7, 10]);
    }

    #[test]
    fn quanta_are_shares() {
        let classes = "classes = [{ quantum = '3kB' }, { quantum = '1kB' }, { quantum = '500B' }]";
        let mut lab = Lab::of("drr", classes);
        let mut sent = [0_u64; 3];
        for class in 0..3 {
            for _ in 0..900 {
                lab.offer(class, 100 + u32::from(class) * 400);
            }
        }
        while sent.iter().sum::<u64>() < 90_000 {
            let packet = lab.take().expect("all have packets");
            sent[usize::from(packet.class)] += u64::from(packet.bytes);
        }
        let shares = sent.map(|bytes| bytes as f64 / 90_000.0);
        for (share, expected) in shares.into_iter().zip([60.0, 20.0, 10.0]) {
            assert!((share - expected / 90.0).abs() < 0.03, "{shares:?}");
        }
    }

    /// CoDel within a class may drop the last that it has.
    #[test]
    fn a_class_may_end_up_with_nothing() {
        let codel = "{ kind = 'codel', target = '1ms', interval = '2ms', limit = '9p' }";
        let mut lab = Lab::of("drr", &format!("classes = [{{ queue = {codel} }}, {{}}]"));
        for _ in 0..3 {
            for class in [0, 0, 0, 0, 0, 0, 1] {
                lab.offer(class, 1000);
            }
            lab.now += Time::from_ms(50);
            while lab.send().is_some() {
                lab.now += Time::from_ms(50);
            }
            assert_eq!(lab.backlog(), (0, 0));
        }
        assert!(!lab.dropped().is_empty());
    }

    #[test]
    fn faults_are_told() {
        assert_eq!(faults("drr", "classes = []"), ["classes"]);
        assert_eq!(faults("drr", "classes = [{ quantum = '0B' }]"), ["classes"]);
        let tbf = "classes = [{ queue = { kind = 'tbf', rate = '1Mbps', burst = '9kB' } }]";
        assert_eq!(faults("drr", tbf), ["classes"]);
        assert_eq!(faults("drr", "classes = [{ queue = { kind = 'drr' } }]"), ["classes"]);
    }
}
