//! `sfq`: stochastic fairness queueing (McKenney, 1990), as in Linux.
//!
//! A hash puts each flow into one of `divisor` buckets; those that hold packets take turns, each for `quantum` bytes. A packet
//! that makes more than `limit` wait ends, or the last of the longest bucket does. Every `perturb` the hash becomes another, so that
//! flows that share a bucket do not do so for ever.
//!
//! Not modelled: RED within a flow (`redflowlimit`). Linux counts a flow's turn in units of eight bytes, rounded up; here it is
//! exact.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::Deserialize;

use super::buffer::Buffer;
use super::classify::flow_hash;
use super::{Backlog, Configuration, Drops, QueueDiscipline, Queued, Site};
use crate::kinds::Fault;
use crate::observe::DropReason;
use crate::packet::Packet;
use crate::rng::{Stream, mix};
use crate::units::{Bytes, Limit, Time};

/// Parameters of `sfq`, with the defaults of tc-sfq(8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many packets may wait in all.
    pub limit: u64,
    /// How many may wait in one bucket.
    #[schemars(range(min = 1))]
    pub depth: u64,
    /// How many buckets there are: a power of two.
    #[schemars(range(min = 1, max = 65536))]
    pub divisor: u32,
    /// How many of them may hold packets at one time.
    #[schemars(range(min = 1))]
    pub flows: u32,
    /// What a bucket may send in its turn; a frame unless said.
    pub quantum: Option<Bytes>,
    /// How often the hash becomes another; never if `0s`.
    pub perturb: Time,
    /// Whether a bucket that is full drops its first packet rather than the one that comes.
    pub headdrop: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limit: 127,
            depth: 127,
            divisor: 1024,
            flows: 127,
            quantum: None,
            perturb: Time::ZERO,
            headdrop: false,
        }
    }
}

impl Configuration for Config {
    fn build(&self, site: &Site<'_>) -> Box<dyn QueueDiscipline> {
        Box::new(Sfq {
            config: *self,
            quantum: self.quantum.map_or(i64::from(site.longest), |it| it.get() as i64),
            salt: site.salt(),
            perturbation: 0,
            next_perturb: self.perturb,
            buckets: vec![Bucket::default(); self.divisor as usize],
            active: VecDeque::new(),
            total: Backlog::default(),
            dice: site.dice(),
        })
    }
    fn limit(&self) -> Option<Limit> {
        Some(Limit::Packets(self.limit))
    }
    fn check(&self) -> Vec<Fault> {
        let fault =
            |field, message: String, help: &str| Fault { field, message, help: help.into() };
        let mut faults = super::fq_codel::check_flows(self.flows, self.quantum);
        if !self.divisor.is_power_of_two() || self.divisor > 65_536 {
            let message = format!("{} is no power of two up to 65536", self.divisor);
            faults.push(fault("divisor", message, "write for example 1024"));
        }
        if self.depth == 0 {
            faults.push(fault("depth", "no bucket could hold anything".into(), "write at least 1"));
        }
        faults
    }
}

#[derive(Debug, Clone, Default)]
struct Bucket {
    buffer: Buffer,
    /// What it may still send in this turn \[bytes\].
    allot: i64,
}

#[derive(Debug)]
struct Sfq {
    config: Config,
    quantum: i64,
    salt: u64,
    /// What the hash is mixed with now.
    perturbation: u64,
    next_perturb: Time,
    buckets: Vec<Bucket>,
    /// Buckets with packets, in turn.
    active: VecDeque<u32>,
    total: Backlog,
    dice: Stream,
}

impl Sfq {
    fn bucket_of(&self, packet: &Queued) -> u32 {
        let hash = match self.perturbation {
            0 => packet.flow_hash,
            other => mix(other ^ u64::from(packet.flow_hash)) as u32,
        };
        hash & (self.config.divisor - 1)
    }

    /// Puts a packet into its bucket, if that is allowed.
    fn put(&mut self, packet: Queued, drops: &mut Drops) {
        let number = self.bucket_of(&packet);
        let headdrop = self.config.headdrop;
        let bucket = &mut self.buckets[number as usize];
        if bucket.buffer.packets() == 0 {
            if self.active.len() >= self.config.flows as usize {
                return drops.push(packet, DropReason::QueueFull);
            }
            bucket.allot = self.quantum;
            self.active.push_back(number);
        } else if bucket.buffer.packets() >= self.config.depth {
            if !headdrop {
                return drops.push(packet, DropReason::QueueFull);
            }
            if let Some(first) = bucket.buffer.pop() {
                self.total.remove(&first);
                drops.push(first, DropReason::Displaced);
            }
        }
        bucket.buffer.push(packet);
        self.total.add(&packet);
    }

    /// Drops from the longest bucket; where all hold one packet, from the one whose turn it is.
    fn shorten_longest(&mut self, arriving: &Queued, drops: &mut Drops) {
        let length = |place: &usize| self.buckets[self.active[*place] as usize].buffer.packets();
        let Some(longest) = (0..self.active.len()).max_by_key(length) else { return };
        let place = if length(&longest) == 1 { 0 } else { longest };
        let buffer = &mut self.buckets[self.active[place] as usize].buffer;
        let dropped = if self.config.headdrop { buffer.pop() } else { buffer.pop_last() };
        if buffer.packets() == 0 {
            self.active.remove(place);
        }
        if let Some(dropped) = dropped {
            self.total.remove(&dropped);
            let own = dropped.packet == arriving.packet;
            drops.push(dropped, if own { DropReason::QueueFull } else { DropReason::Displaced });
        }
    }

    /// Takes another hash if it is time, and puts all that waits where that says.
    fn perturb(&mut self, now: Time, drops: &mut Drops) {
        if self.config.perturb.is_zero() || now < self.next_perturb {
            return;
        }
        let periods = now.saturating_sub(self.next_perturb).as_ps() / self.config.perturb.as_ps();
        self.next_perturb =
            self.next_perturb.saturating_add(self.config.perturb.saturating_mul(periods + 1));
        let waiting = self.take_all();
        self.perturbation = self.dice.below(u64::MAX).max(1);
        for packet in waiting {
            self.put(packet, drops);
        }
    }
}

impl QueueDiscipline for Sfq {
    fn enqueue(&mut self, now: Time, arriving: Queued, drops: &mut Drops) {
        self.perturb(now, drops);
        self.put(arriving, drops);
        if self.total.packets > self.config.limit {
            self.shorten_longest(&arriving, drops);
        }
    }

    fn dequeue(&mut self, now: Time, drops: &mut Drops) -> Option<Queued> {
        self.perturb(now, drops);
        loop {
            let number = *self.active.front()?;
            let bucket = &mut self.buckets[number as usize];
            if bucket.allot <= 0 {
                bucket.allot += self.quantum;
                self.active.rotate_left(1);
                continue;
            }
            let next = bucket.buffer.pop()?;
            bucket.allot -= i64::from(next.bytes);
            if bucket.buffer.packets() == 0 {
                self.active.pop_front();
            }
            self.total.remove(&next);
            return Some(next);
        }
    }

    fn backlog(&self) -> Backlog {
        self.total
    }

    fn take_all(&mut self) -> Vec<Queued> {
        self.total = Backlog::default();
        let active = std::mem::take(&mut self.active);
        active.into_iter().flat_map(|it| self.buckets[it as usize].buffer.take_all()).collect()
    }

    fn can_bypass(&self) -> bool {
        true
    }

    fn classifies(&self) -> bool {
        true
    }

    fn classify(&self, packet: &Packet, arriving: &mut Queued) {
        arriving.flow_hash = flow_hash(packet, self.salt);
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::lab::{Lab, faults};
    use super::*;

    #[test]
    fn buckets_take_turns_by_bytes() {
        let mut lab = Lab::of("sfq", "quantum = '1000B'");
        for _ in 0..4 {
            lab.offer(0, 500);
        }
        lab.offer(1, 1000);
        lab.offer(1, 1000);
        // 0 to 3 are short ones of the first flow, 4 and 5 long ones of the second.
        assert_eq!(lab.send_all(), [0, 1, 4, 2, 3, 5]);
    }

    #[test]
    fn the_longest_bucket_makes_room() {
        let mut lab = Lab::of("sfq", "limit = 5");
        for of in [0, 1, 1, 1, 2] {
            lab.offer(of, 1000);
        }
        lab.offer(3, 1000);
        assert_eq!(lab.dropped(), [(3, DropReason::Displaced)], "the last of the longest");
        let own = lab.offer(1, 1000);
        assert_eq!(lab.dropped(), [(own, DropReason::QueueFull)]);
        assert_eq!(lab.send_all(), [0, 1, 4, 5, 2]);
        let mut lab = Lab::of("sfq", "limit = 2; headdrop = true");
        for of in [0, 1, 2] {
            lab.offer(of, 1000);
        }
        assert_eq!(lab.dropped(), [(0, DropReason::Displaced)], "all have one: whose turn it is");
    }

    #[test]
    fn a_bucket_holds_no_more_than_its_depth() {
        for (parameters, dropped, left) in [
            ("depth = 2", (2, DropReason::QueueFull), [0, 1]),
            ("depth = 2; headdrop = true", (0, DropReason::Displaced), [1, 2]),
        ] {
            let mut lab = Lab::of("sfq", parameters);
            for _ in 0..3 {
                lab.offer(0, 1000);
            }
            assert_eq!(lab.dropped(), [dropped]);
            assert_eq!(lab.send_all(), left);
        }
        let mut lab = Lab::of("sfq", "flows = 1");
        lab.offer(0, 1000);
        lab.offer(1, 1000);
        assert_eq!(lab.dropped(), [(1, DropReason::QueueFull)]);
    }

    /// With two buckets two flows share one half of the time. A new hash each second parts them sooner or later.
    #[test]
    fn another_hash_parts_flows() {
        let mut lab = Lab::of("sfq", "divisor = 2; perturb = '1s'");
        let mut together = 0;
        for _ in 0..200 {
            lab.wait(1000);
            for of in [0, 0, 1] {
                lab.offer(of, 1000);
            }
            let sent: Vec<u8> = (0..3).map(|_| lab.take().expect("three wait").class).collect();
            together += u32::from(sent == [0, 0, 1]);
        }
        assert!((70..130).contains(&together), "{together}");
        assert_eq!(lab.dropped(), []);
    }

    #[test]
    fn faults_are_told() {
        assert_eq!(faults("sfq", "divisor = 1000"), ["divisor"]);
        assert_eq!(faults("sfq", "depth = 0; flows = 0"), ["flows", "depth"]);
    }
}
