//! `fq_pie`: a queue with PIE for each flow, as in Linux (tc-fq_pie(8)).
//!
//! Flows take turns as in `fq_codel`. Packets are dropped as they arrive, by the PIE of their flow (see `pie`).
//!
//! Not modelled: Linux adjusts 2048 flows at a time; here all are adjusted at the same instant, or rather when that can make a
//! difference. `memory-limit` counts bytes on the wire where Linux counts the memory of its buffers.

use schemars::JsonSchema;
use serde::Deserialize;

use super::buffer::Buffer;
use super::classify::{flow_hash, part};
use super::fq_codel::check_flows;
use super::pie::{self, Pie, Rules};
use super::rounds::Rounds;
use super::{Backlog, Configuration, Drops, QueueDiscipline, Queued, Site};
use crate::kinds::Fault;
use crate::observe::DropReason;
use crate::packet::Packet;
use crate::rng::Stream;
use crate::units::{Bytes, Limit, Time};

/// Parameters of `fq_pie`, with the defaults of tc-fq_pie(8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// How much may wait in all queues together.
    pub limit: Limit,
    /// How many bytes may wait in all queues together.
    pub memory_limit: Bytes,
    /// How many queues there are.
    #[schemars(range(min = 1, max = 65536))]
    pub flows: u32,
    /// What a queue may send in its turn; a frame unless said.
    pub quantum: Option<Bytes>,
    /// The delay that the controllers steer to.
    pub target: Time,
    /// How often they adjust their probabilities.
    pub tupdate: Time,
    /// How strongly they react to the distance from the target, from 0 to 32 \[1/16 Hz\].
    #[schemars(range(max = 32))]
    pub alpha: u32,
    /// How strongly they react to a change of the delay, from 0 to 32 \[1/16 Hz\].
    #[schemars(range(max = 32))]
    pub beta: u32,
    /// Whether ECN-capable packets are marked rather than dropped.
    pub ecn: bool,
    /// The highest probability at which they are marked \[%\].
    #[schemars(range(max = 100))]
    pub ecn_prob: u32,
    /// Whether shorter packets are dropped less often.
    pub bytemode: bool,
    /// Whether the delay is worked out from the rate at which packets leave.
    pub dq_rate_estimator: bool,
}

impl Default for Config {
    fn default() -> Self {
        let pie = pie::Config::default();
        Self {
            limit: Limit::Packets(10_240),
            memory_limit: Bytes::new(32 << 20),
            flows: 1024,
            quantum: None,
            target: pie.target,
            tupdate: pie.tupdate,
            alpha: pie.alpha,
            beta: pie.beta,
            ecn: false,
            ecn_prob: 10,
            bytemode: false,
            dq_rate_estimator: false,
        }
    }
}

impl Config {
    fn rules(&self, site: &Site<'_>) -> Rules {
        let pie = pie::Config {
            limit: self.limit,
            target: self.target,
            tupdate: self.tupdate,
            alpha: self.alpha,
            beta: self.beta,
            ecn: self.ecn,
            bytemode: self.bytemode,
            dq_rate_estimator: self.dq_rate_estimator,
        };
        Rules::of(&pie, f64::from(self.ecn_prob) / 100.0, site)
    }
}

impl Configuration for Config {
    fn build(&self, site: &Site<'_>) -> Box<dyn QueueDiscipline> {
        let quantum = self.quantum.map_or(u64::from(site.longest), Bytes::get);
        let rules = self.rules(site);
        let flow = Flow { buffer: Buffer::default(), pie: Pie::new(&rules) };
        Box::new(FqPie {
            config: *self,
            salt: site.salt(),
            rounds: Rounds::new(self.flows, quantum),
            flows: vec![flow; self.flows as usize],
            rules,
            total: Backlog::default(),
            dice: site.dice(),
        })
    }
    fn limit(&self) -> Option<Limit> {
        Some(self.limit)
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = pie::check(self.tupdate, self.alpha, self.beta);
        faults.extend(check_flows(self.flows, self.quantum));
        if self.ecn_prob > 100 {
            faults.push(Fault {
                field: "ecn-prob",
                message: format!("{} % is more than certain", self.ecn_prob),
                help: "write a number from 0 to 100".into(),
            });
        }
        faults
    }
}

#[derive(Debug, Clone)]
struct Flow {
    buffer: Buffer,
    pie: Pie,
}

#[derive(Debug)]
struct FqPie {
    config: Config,
    rules: Rules,
    salt: u64,
    rounds: Rounds,
    flows: Vec<Flow>,
    total: Backlog,
    dice: Stream,
}

impl FqPie {
    fn has_room(&self, bytes: u32) -> bool {
        let bytes = u64::from(bytes);
        self.config.limit.admits(self.total.packets, self.total.bytes, bytes)
            && self.total.bytes + bytes <= self.config.memory_limit.get()
    }
}

impl QueueDiscipline for FqPie {
    fn enqueue(&mut self, now: Time, mut arriving: Queued, drops: &mut Drops) {
        let number = part(arriving.flow_hash, self.config.flows);
        let has_room = self.has_room(arriving.bytes);
        let Flow { buffer, pie } = &mut self.flows[number as usize];
        pie.catch_up(&self.rules, now, buffer.bytes());
        if !has_room {
            pie.dropped();
            drops.push(arriving, DropReason::QueueFull);
        } else if pie.admits(&self.rules, &mut arriving, buffer.bytes(), &mut self.dice) {
            buffer.push(arriving);
            self.total.add(&arriving);
            self.rounds.arrives(number);
        } else {
            drops.push(arriving, DropReason::EarlyDrop);
        }
    }

    fn dequeue(&mut self, now: Time, _: &mut Drops) -> Option<Queued> {
        while let Some(number) = self.rounds.turn() {
            let Flow { buffer, pie } = &mut self.flows[number as usize];
            pie.catch_up(&self.rules, now, buffer.bytes());
            if let Some(next) = buffer.pop() {
                self.total.remove(&next);
                self.rounds.sent(number, next.bytes);
                pie.leaves(&self.rules, now, &next, buffer.bytes());
                return Some(next);
            }
            self.rounds.has_none();
        }
        None
    }

    fn backlog(&self) -> Backlog {
        self.total
    }

    fn take_all(&mut self) -> Vec<Queued> {
        self.rounds.clear();
        self.total = Backlog::default();
        let empty = Pie::new(&self.rules);
        let taken = self.flows.iter_mut().map(|flow| {
            flow.pie = empty;
            flow.buffer.take_all()
        });
        taken.flatten().collect()
    }

    fn classifies(&self) -> bool {
        true
    }

    fn classify(&self, packet: &Packet, arriving: &mut Queued) {
        arriving.flow_hash = flow_hash(packet, self.salt);
    }

    fn site_changed(&mut self, site: &Site<'_>) {
        self.rules.resized(site);
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::lab::{Lab, faults};
    use super::*;

    /// A flow that sends twice what the link takes, and one that sends a packet now and then.
    #[test]
    fn only_the_flow_that_fills_its_queue_loses_packets() {
        let mut lab = Lab::of("fq_pie", "");
        let mut light = Vec::new();
        for ms in 0..5000 {
            lab.offer(0, 1000);
            lab.offer(0, 1000);
            if ms % 20 == 1 {
                light.push(lab.offer(1, 100));
                assert_eq!(lab.send(), light.last().copied(), "a new flow goes first");
            }
            lab.wait(1);
            lab.send();
        }
        let dropped = lab.dropped();
        assert!(dropped.len() > 50, "{}", dropped.len());
        assert!(dropped.iter().all(|(number, _)| !light.contains(number)));
        assert!(dropped.iter().all(|(_, reason)| *reason == DropReason::EarlyDrop));
    }

    #[test]
    fn the_limits_hold_and_faults_are_told() {
        let mut lab = Lab::of("fq_pie", "limit = '2p'");
        for of in 0..3 {
            lab.offer(of, 1000);
        }
        assert_eq!(lab.dropped(), [(2, DropReason::QueueFull)]);
        let mut lab = Lab::of("fq_pie", "memory-limit = '2kB'");
        for of in 0..3 {
            lab.offer(of, 1000);
        }
        assert_eq!(lab.dropped(), [(2, DropReason::QueueFull)]);
        assert_eq!(faults("fq_pie", "ecn-prob = 101; flows = 0"), ["flows", "ecn-prob"]);
    }
}
