//! `fq_codel`: a queue with CoDel for each flow (RFC 8290), as in Linux.
//!
//! A hash of addresses, protocol and ports puts each flow into one of `flows` queues. They take turns by bytes (deficit
//! round robin), and those that have just got something to send go first: a flow that sends little never waits for one
//! that sends much. When all of them together hold too much, up to `drop-batch` packets are dropped from the head of the
//! longest, at most half of what it holds.
//!
//! As in Linux, a queue's CoDel is at rest while *all* queues together hold no more than a frame.
//!
//! Not modelled: `ce-threshold-selector`, filters other than the hash. `memory-limit` counts bytes on the wire where
//! Linux counts the memory of its buffers.

use schemars::JsonSchema;
use serde::Deserialize;

use super::buffer::Buffer;
use super::classify::{flow_hash, part};
use super::codel::{self, Codel, Rules, Source};
use super::rounds::Rounds;
use super::{Backlog, Configuration, Drops, QueueDiscipline, Queued, Site};
use crate::kinds::Fault;
use crate::observe::DropReason;
use crate::packet::Packet;
use crate::units::{Bytes, Limit, Time};

/// Parameters of `fq_codel`, with the defaults of tc-fq_codel(8).
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
    /// The wait that is not too long.
    pub target: Time,
    /// How long waits must exceed it without a break: about the longest round trip.
    pub interval: Time,
    /// Whether ECN-capable packets are marked rather than dropped.
    pub ecn: bool,
    /// ECN-capable packets that have waited longer are marked, whatever the waits before.
    pub ce_threshold: Option<Time>,
    /// How many packets are dropped at once when there is no room.
    #[schemars(range(min = 1))]
    pub drop_batch: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limit: Limit::Packets(10_240),
            memory_limit: Bytes::new(32 << 20),
            flows: 1024,
            quantum: None,
            target: Time::from_ms(5),
            interval: Time::from_ms(100),
            ecn: true,
            ce_threshold: None,
            drop_batch: 64,
        }
    }
}

impl Config {
    fn rules(&self, site: &Site<'_>) -> Rules {
        let codel = codel::Config {
            limit: self.limit,
            target: self.target,
            interval: self.interval,
            ecn: self.ecn,
            ce_threshold: self.ce_threshold,
        };
        Rules::of(&codel, site)
    }
}

impl Configuration for Config {
    fn build(&self, site: &Site<'_>) -> Box<dyn QueueDiscipline> {
        let quantum = self.quantum.map_or(u64::from(site.longest), Bytes::get);
        Box::new(FqCodel {
            config: *self,
            rules: self.rules(site),
            salt: site.salt(),
            rounds: Rounds::new(self.flows, quantum),
            flows: vec![Flow::default(); self.flows as usize],
            total: Backlog::default(),
        })
    }
    fn limit(&self) -> Option<Limit> {
        Some(self.limit)
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = codel::check(self.target, self.interval);
        faults.extend(check_flows(self.flows, self.quantum));
        if self.drop_batch == 0 {
            faults.push(Fault {
                field: "drop-batch",
                message: "dropping nothing makes no room".into(),
                help: "write at least 1".into(),
            });
        }
        faults
    }
}

/// The faults of what disciplines by flow have in common.
pub(super) fn check_flows(flows: u32, quantum: Option<Bytes>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !(1..=65_536).contains(&flows) {
        faults.push(Fault {
            field: "flows",
            message: format!("there cannot be {flows} queues"),
            help: "write a number from 1 to 65536".into(),
        });
    }
    if quantum.is_some_and(|bytes| !(1..=1 << 20).contains(&bytes.get())) {
        faults.push(Fault {
            field: "quantum",
            message: "is no share that a queue could have".into(),
            help: "write about the length of a frame, such as \"1514B\", and at most 1MiB".into(),
        });
    }
    faults
}

#[derive(Debug, Clone, Default)]
struct Flow {
    buffer: Buffer,
    codel: Codel,
}

#[derive(Debug)]
struct FqCodel {
    config: Config,
    rules: Rules,
    salt: u64,
    rounds: Rounds,
    flows: Vec<Flow>,
    total: Backlog,
}

/// One flow's packets, which count in the total.
struct OfFlow<'a> {
    buffer: &'a mut Buffer,
    total: &'a mut Backlog,
}

impl Source for OfFlow<'_> {
    fn pop(&mut self) -> Option<Queued> {
        let next = self.buffer.pop()?;
        self.total.remove(&next);
        Some(next)
    }
    fn bytes(&self) -> u64 {
        self.total.bytes
    }
}

impl FqCodel {
    fn is_over_limit(&self) -> bool {
        let within = match self.config.limit {
            Limit::Packets(limit) => self.total.packets <= limit,
            Limit::Bytes(limit) => self.total.bytes <= limit.get(),
        };
        !within || self.total.bytes > self.config.memory_limit.get()
    }

    /// Drops from the head of the longest queue. Its CoDel counts that as its own drops.
    fn shorten_longest(&mut self, drops: &mut Drops) {
        let longest = self.flows.iter_mut().rev().max_by_key(|flow| flow.buffer.bytes());
        let flow = longest.expect("there is at least one queue");
        let half = flow.buffer.bytes() / 2;
        let mut dropped = 0;
        for _ in 0..self.config.drop_batch {
            let Some(packet) = flow.buffer.pop() else { break };
            self.total.remove(&packet);
            flow.codel.count = flow.codel.count.saturating_add(1);
            dropped += u64::from(packet.bytes);
            drops.push(packet, DropReason::Displaced);
            if dropped >= half {
                break;
            }
        }
    }
}

impl QueueDiscipline for FqCodel {
    fn enqueue(&mut self, _: Time, arriving: Queued, drops: &mut Drops) {
        let flow = part(arriving.flow_hash, self.config.flows);
        self.flows[flow as usize].buffer.push(arriving);
        self.total.add(&arriving);
        self.rounds.arrives(flow);
        if self.is_over_limit() {
            self.shorten_longest(drops);
        }
    }

    fn dequeue(&mut self, now: Time, drops: &mut Drops) -> Option<Queued> {
        while let Some(number) = self.rounds.turn() {
            let flow = &mut self.flows[number as usize];
            let mut packets = OfFlow { buffer: &mut flow.buffer, total: &mut self.total };
            if let Some(next) = flow.codel.dequeue(&self.rules, now, &mut packets, drops) {
                self.rounds.sent(number, next.bytes);
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
        self.flows.iter_mut().flat_map(|flow| std::mem::take(flow).buffer.take_all()).collect()
    }

    /// As in Linux: a packet that need not wait is not even counted in its flow's turn.
    fn can_bypass(&self) -> bool {
        true
    }

    fn classifies(&self) -> bool {
        true
    }

    fn classify(&self, packet: &Packet, arriving: &mut Queued) {
        arriving.flow_hash = flow_hash(packet, self.salt);
    }

    fn site_changed(&mut self, site: &Site<'_>) {
        self.rules = self.config.rules(site);
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests;
