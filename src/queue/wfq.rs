//! `wfq`: weighted fair queueing (Demers, Keshav and Shenker, 1989; Parekh and Gallager's PGPS, 1993).
//!
//! In the ideal, all classes that have something to send do so at the same time, each at a share of the link in
//! proportion to its weight, bit by bit. Packets leave in the order in which they would have been finished so: each is late by
//! one frame at most. The ideal is followed by a virtual time, which runs at the link's rate over the weights of the classes that would
//! still be sending.
//!
//! A packet goes into the first class whose `match` it fits; a class without one takes all, and the last class takes what no other does.
//! Without classes each flow is one of weight 1, by a hash into `flows` parts. Linux has no such discipline; routers have.

use std::collections::{BTreeSet, VecDeque};

use schemars::JsonSchema;
use serde::Deserialize;

use super::classify::{Filter, check_classes, class, flow_hash, part};
use super::{Backlog, Configuration, Drops, QueueDiscipline, Queued, Site};
use crate::kinds::Fault;
use crate::observe::DropReason;
use crate::packet::Packet;
use crate::units::{Limit, Rate, Time};

/// Parameters of `wfq`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How much may wait in each class, or of each flow; more is dropped at the tail.
    pub limit: Limit,
    /// How many parts flows are hashed into, if there are no classes.
    #[schemars(range(min = 1, max = 65536))]
    pub flows: u32,
    /// The classes; each flow is one unless said.
    pub classes: Vec<Class>,
}

/// One class.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Class {
    /// Which packets it takes; all that come so far unless said.
    #[serde(rename = "match")]
    pub filter: Option<Filter>,
    /// Its share of the link, relative to those of the others.
    #[schemars(range(min = 1))]
    pub weight: u32,
    /// How much may wait in it; that of the others unless said.
    pub limit: Option<Limit>,
}

impl Default for Class {
    fn default() -> Self {
        Self { filter: None, weight: 1, limit: None }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self { limit: Limit::Packets(1000), flows: 1024, classes: Vec::new() }
    }
}

impl Configuration for Config {
    fn build(&self, site: &Site<'_>) -> Box<dyn QueueDiscipline> {
        let lane = |weight: u32, limit| Lane {
            weight: f64::from(weight),
            limit,
            finish: 0.0,
            waiting: VecDeque::new(),
            bytes: 0,
        };
        let of_class = |class: &Class| lane(class.weight, class.limit.unwrap_or(self.limit));
        let lanes = match self.classes.len() {
            0 => (0..self.flows).map(|_| lane(1, self.limit)).collect(),
            _ => self.classes.iter().map(of_class).collect(),
        };
        Box::new(Wfq {
            config: self.clone(),
            salt: site.salt(),
            ideal: Ideal::new(site.rate),
            lanes,
            heads: BTreeSet::new(),
            total: Backlog::default(),
        })
    }
    fn has_classes(&self) -> bool {
        true
    }
    fn check(&self) -> Vec<Fault> {
        let classes = self.classes.iter().map(|class| (class.filter.as_ref(), None));
        let mut faults = check_classes(classes, 255);
        faults.extend(super::fq_codel::check_flows(self.flows, None));
        if self.classes.iter().any(|class| class.weight == 0) {
            faults.push(Fault {
                field: "classes",
                message: "a class of weight 0 would never send".into(),
                help: "write at least 1, or use a `prio`".into(),
            });
        }
        faults
    }
}

/// A moment of virtual time \[bytes for a weight of 1\]: never negative, so that its bits sort as it does.
fn bits(moment: f64) -> u64 {
    moment.to_bits()
}

/// The ideal link, which sends a little of all at once.
#[derive(Debug)]
struct Ideal {
    /// \[bytes/ps\]
    rate: f64,
    virtual_time: f64,
    since: Time,
    /// The weights of the classes that are sending.
    weights: f64,
    /// These classes by when each will have nothing left.
    sending: BTreeSet<(u64, u32)>,
}

impl Ideal {
    fn new(rate: Rate) -> Self {
        let mut ideal = Self {
            rate: 0.0,
            virtual_time: 0.0,
            since: Time::ZERO,
            weights: 0.0,
            sending: BTreeSet::new(),
        };
        ideal.set_rate(rate);
        ideal
    }

    fn set_rate(&mut self, rate: Rate) {
        self.rate = rate.as_bps() as f64 / 8e12;
    }

    /// Lets the virtual time run until `now`; classes that finish by then weigh no more.
    fn run_until(&mut self, now: Time, lanes: &[Lane]) {
        let mut bytes = self.rate * now.saturating_sub(self.since).as_ps() as f64;
        self.since = now;
        while let Some(&(finish, lane)) = self.sending.first() {
            let needed = (f64::from_bits(finish) - self.virtual_time) * self.weights;
            if needed > bytes {
                self.virtual_time += bytes / self.weights;
                return;
            }
            bytes -= needed;
            self.virtual_time = f64::from_bits(finish);
            self.sending.remove(&(finish, lane));
            self.weights -= lanes[lane as usize].weight;
        }
        self.weights = 0.0;
    }
}

/// A class, or one part of the flows.
#[derive(Debug)]
struct Lane {
    weight: f64,
    limit: Limit,
    /// When the ideal link will have sent all that it got, in virtual time.
    finish: f64,
    /// Packets with the virtual times at which the ideal link will have sent them.
    waiting: VecDeque<(Queued, f64)>,
    bytes: u64,
}

#[derive(Debug)]
struct Wfq {
    config: Config,
    salt: u64,
    ideal: Ideal,
    lanes: Vec<Lane>,
    /// The first packets of all that have some, by when they should be finished.
    heads: BTreeSet<(u64, u32)>,
    total: Backlog,
}

impl Wfq {
    fn lane_of(&self, packet: &Queued) -> u32 {
        match self.config.classes.len() {
            0 => part(packet.flow_hash, self.config.flows),
            count => u32::from(packet.class).min(count as u32 - 1),
        }
    }
}

impl QueueDiscipline for Wfq {
    fn enqueue(&mut self, now: Time, arriving: Queued, drops: &mut Drops) {
        let number = self.lane_of(&arriving);
        self.ideal.run_until(now, &self.lanes);
        let lane = &mut self.lanes[number as usize];
        let bytes = u64::from(arriving.bytes);
        if !lane.limit.admits(lane.waiting.len() as u64, lane.bytes, bytes) {
            return drops.push(arriving, DropReason::QueueFull);
        }
        if self.ideal.sending.remove(&(bits(lane.finish), number)) {
            lane.finish += bytes as f64 / lane.weight;
        } else {
            self.ideal.weights += lane.weight;
            lane.finish = self.ideal.virtual_time + bytes as f64 / lane.weight;
        }
        self.ideal.sending.insert((bits(lane.finish), number));
        if lane.waiting.is_empty() {
            self.heads.insert((bits(lane.finish), number));
        }
        lane.waiting.push_back((arriving, lane.finish));
        lane.bytes += bytes;
        self.total.add(&arriving);
    }

    fn dequeue(&mut self, _: Time, _: &mut Drops) -> Option<Queued> {
        let (_, number) = self.heads.pop_first()?;
        let lane = &mut self.lanes[number as usize];
        let (next, _) = lane.waiting.pop_front()?;
        lane.bytes -= u64::from(next.bytes);
        self.total.remove(&next);
        if let Some((_, finish)) = lane.waiting.front() {
            self.heads.insert((bits(*finish), number));
        }
        Some(next)
    }

    fn backlog(&self) -> Backlog {
        self.total
    }

    fn take_all(&mut self) -> Vec<Queued> {
        let mut all = Vec::new();
        let mut drops = Drops::default();
        while let Some(next) = self.dequeue(Time::ZERO, &mut drops) {
            all.push(next);
        }
        self.ideal.sending.clear();
        self.ideal.weights = 0.0;
        all
    }

    fn front(&self) -> Option<&Queued> {
        let (_, number) = self.heads.first()?;
        self.lanes[*number as usize].waiting.front().map(|(packet, _)| packet)
    }

    fn classifies(&self) -> bool {
        true
    }

    fn classify(&self, packet: &Packet, arriving: &mut Queued) {
        if self.config.classes.is_empty() {
            arriving.flow_hash = flow_hash(packet, self.salt);
            return;
        }
        let filters = self.config.classes.iter().map(|class| class.filter.as_ref());
        let last = self.config.classes.len() as u8 - 1;
        arriving.class = class(filters, packet, true).unwrap_or(last);
    }

    fn site_changed(&mut self, site: &Site<'_>) {
        self.ideal.set_rate(site.rate);
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::lab::{Lab, faults};
    use crate::observe::DropReason;

    /// Weights 2 and 1, packets of 1000 bytes, all at once: the ideal link has finished those of the first class at virtual times 500, 1000,
    /// 1500, 2000 and those of the second at 1000, 2000. Of two that finish together the lower class goes first.
    #[test]
    fn packets_leave_in_the_order_of_the_ideal() {
        let mut lab = Lab::of("wfq", "classes = [{ weight = 2 }, { weight = 1 }]");
        for class in [1, 1, 0, 0, 0, 0] {
            lab.offer(class, 1000);
        }
        assert_eq!(lab.send_all(), [2, 3, 0, 4, 5, 1]);
    }

    /// By hand, a link of 1 byte per us. Class 0 gets 3000 bytes at 0, all due at 3000. At 1000 us the virtual time is 1000; class 1 gets
    /// 500 bytes, due at 1500: they overtake what class 0 has waiting. From then on virtual time runs at half speed: class 1 is
    /// finished at 2000 us, so what it gets at 2500 us begins at 1500 + 500 = 2000 and is due at 2100.
    #[test]
    fn virtual_time_runs_by_the_weights_of_those_who_send() {
        let mut lab = Lab::of("wfq", "classes = [{}, {}]");
        for _ in 0..3 {
            lab.offer(0, 1000);
        }
        assert_eq!(lab.send(), Some(0));
        lab.wait(1);
        let late = lab.offer(1, 500);
        assert_eq!(lab.send(), Some(late), "due at 1500, before 1, which is due at 2000");
        lab.now += crate::units::Time::from_us(1500);
        let later = lab.offer(1, 100);
        assert_eq!((lab.send(), lab.send()), (Some(1), Some(later)), "2000, 2100, 3000");
        assert_eq!(lab.send_all(), [2]);
    }

    #[test]
    fn flows_are_classes_unless_said() {
        let mut lab = Lab::of("wfq", "");
        for of in [0, 0, 0, 1, 1, 2] {
            lab.offer(of, 1000);
        }
        // Due at 1000: 0, 3 and 5; at 2000: 1 and 4.
        let sent = lab.send_all();
        let mut first = sent[..3].to_vec();
        first.sort_unstable();
        assert_eq!((first, sent[5]), (vec![0, 3, 5], 2), "{sent:?}");
    }

    #[test]
    fn each_class_has_its_limit() {
        let mut lab = Lab::of("wfq", "limit = '1p'; classes = [{}, { limit = '2p' }]");
        for class in [0, 0, 1, 1, 1] {
            lab.offer(class, 1000);
        }
        let full = DropReason::QueueFull;
        assert_eq!(lab.dropped(), [(1, full), (4, full)]);
        assert_eq!(faults("wfq", "classes = [{ weight = 0 }]"), ["classes"]);
        assert_eq!(faults("wfq", "flows = 0"), ["flows"]);
    }
}
