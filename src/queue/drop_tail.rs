//! Drop-tail FIFO (`pfifo`, `bfifo`): a packet that finds no room is dropped.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Backlog, Configuration, QueueDiscipline, Queued};
use crate::units::{Limit, Time};

/// Parameters of `fifo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    fn build(&self) -> Box<dyn QueueDiscipline> {
        Box::new(DropTail::new(*self))
    }
    fn limit(&self) -> Option<Limit> {
        Some(self.limit)
    }
}

/// The queue.
#[derive(Debug)]
pub struct DropTail {
    limit: Limit,
    waiting: VecDeque<Queued>,
    bytes: u64,
}

impl DropTail {
    /// An empty queue.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self { limit: config.limit, waiting: VecDeque::new(), bytes: 0 }
    }
}

impl QueueDiscipline for DropTail {
    fn enqueue(&mut self, _now: Time, arriving: Queued, drops: &mut Vec<Queued>) {
        if self.limit.admits(self.waiting.len() as u64, self.bytes, u64::from(arriving.bytes)) {
            self.bytes += u64::from(arriving.bytes);
            self.waiting.push_back(arriving);
        } else {
            drops.push(arriving);
        }
    }

    fn dequeue(&mut self, _now: Time, _drops: &mut Vec<Queued>) -> Option<Queued> {
        let next = self.waiting.pop_front()?;
        self.bytes -= u64::from(next.bytes);
        Some(next)
    }

    fn backlog(&self) -> Backlog {
        Backlog { packets: self.waiting.len() as u64, bytes: self.bytes }
    }

    fn can_bypass(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PacketId;
    use crate::units::Bytes;

    fn packet(n: u32, bytes: u32) -> Queued {
        Queued { packet: PacketId(n), bytes, flow_hash: 0, since: Time::ZERO }
    }

    #[test]
    fn keeps_order_and_drops_the_last_by_packets() {
        let mut queue = DropTail::new(Config { limit: Limit::Packets(2) });
        let mut drops = Vec::new();
        for n in 0..3 {
            queue.enqueue(Time::ZERO, packet(n, 100), &mut drops);
        }
        assert_eq!(drops, [packet(2, 100)]);
        assert_eq!(queue.backlog(), Backlog { packets: 2, bytes: 200 });
        assert_eq!(queue.dequeue(Time::ZERO, &mut drops), Some(packet(0, 100)));
        assert_eq!(queue.dequeue(Time::ZERO, &mut drops), Some(packet(1, 100)));
        assert_eq!(queue.dequeue(Time::ZERO, &mut drops), None);
        assert_eq!(queue.backlog(), Backlog::default());
    }

    #[test]
    fn drops_by_bytes_but_lets_a_smaller_one_in() {
        let mut queue = DropTail::new(Config { limit: Limit::Bytes(Bytes::new(250)) });
        let mut drops = Vec::new();
        for (n, bytes) in [(0, 100), (1, 200), (2, 150)] {
            queue.enqueue(Time::ZERO, packet(n, bytes), &mut drops);
        }
        assert_eq!(drops, [packet(1, 200)]);
        assert_eq!(queue.backlog(), Backlog { packets: 2, bytes: 250 });
    }
}
