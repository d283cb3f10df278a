//! `lifo`: last in, first out. Whoever came last goes first, and the oldest packets make room.
//!
//! Data that are worth nothing when they are late get through at once, or not at all.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Backlog, Configuration, Drops, QueueDiscipline, Queued, Site};
use crate::observe::DropReason;
use crate::units::{Limit, Time};

/// Parameters of `lifo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How much may wait, the packet being sent not counted.
    pub limit: Limit,
}

impl Default for Config {
    fn default() -> Self {
        Self { limit: Limit::Packets(1000) }
    }
}

impl Configuration for Config {
    fn build(&self, _: &Site<'_>) -> Box<dyn QueueDiscipline> {
        Box::new(Lifo { limit: self.limit, waiting: Vec::new(), backlog: Backlog::default() })
    }
    fn limit(&self) -> Option<Limit> {
        Some(self.limit)
    }
}

#[derive(Debug)]
struct Lifo {
    limit: Limit,
    waiting: Vec<Queued>,
    backlog: Backlog,
}

impl QueueDiscipline for Lifo {
    fn enqueue(&mut self, _: Time, arriving: Queued, drops: &mut Drops) {
        let bytes = u64::from(arriving.bytes);
        if !self.limit.admits(0, 0, bytes) {
            // It would not even fit into the empty queue.
            return drops.push(arriving, DropReason::QueueFull);
        }
        while !self.limit.admits(self.backlog.packets, self.backlog.bytes, bytes) {
            let oldest = self.waiting.remove(0);
            self.backlog.remove(&oldest);
            drops.push(oldest, DropReason::Displaced);
        }
        self.backlog.add(&arriving);
        self.waiting.push(arriving);
    }

    fn dequeue(&mut self, _: Time, _: &mut Drops) -> Option<Queued> {
        let next = self.waiting.pop()?;
        self.backlog.remove(&next);
        Some(next)
    }

    fn backlog(&self) -> Backlog {
        self.backlog
    }

    fn take_all(&mut self) -> Vec<Queued> {
        self.backlog = Backlog::default();
        self.waiting.drain(..).rev().collect()
    }

    fn can_bypass(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PacketId;
    use crate::rng::Stream;
    use crate::units::Rate;

    #[test]
    fn the_last_goes_first_and_the_oldest_makes_room() {
        let config = Config { limit: Limit::Packets(2) };
        let dice = Stream::new(1, "lifo");
        let mut queue = config.build(&Site::new(Rate::from_bps(1_000_000), 1518, &dice));
        let mut drops = Drops::default();
        for n in 0..3 {
            queue.enqueue(Time::ZERO, Queued::new(PacketId(n), 100, Time::ZERO, false), &mut drops);
        }
        let dropped: Vec<u32> = drops.drain().map(|dropped| dropped.packet.packet.0).collect();
        let mut next = || queue.dequeue(Time::ZERO, &mut drops).map(|packet| packet.packet.0);
        assert_eq!((dropped, next(), next(), next()), (vec![0], Some(2), Some(1), None));
    }
}
