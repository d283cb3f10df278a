//! `head-drop`: first in, first out; when there is no room, the oldest packets make room (Lakshman,
//! Neidhardt and Ott, "The drop from front strategy in TCP and in TCP over ATM", INFOCOM 1996).

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Backlog, Configuration, QueueDiscipline, Queued};
use crate::units::{Limit, Time};

/// Parameters of `head-drop`.
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
    fn build(&self) -> Box<dyn QueueDiscipline> {
        Box::new(HeadDrop { limit: self.limit, waiting: VecDeque::new(), bytes: 0 })
    }
    fn limit(&self) -> Option<Limit> {
        Some(self.limit)
    }
}

#[derive(Debug)]
struct HeadDrop {
    limit: Limit,
    waiting: VecDeque<Queued>,
    bytes: u64,
}

impl HeadDrop {
    fn take_oldest(&mut self) -> Option<Queued> {
        let oldest = self.waiting.pop_front()?;
        self.bytes -= u64::from(oldest.bytes);
        Some(oldest)
    }
}

impl QueueDiscipline for HeadDrop {
    fn enqueue(&mut self, _now: Time, arriving: Queued, drops: &mut Vec<Queued>) {
        let bytes = u64::from(arriving.bytes);
        while !self.limit.admits(self.waiting.len() as u64, self.bytes, bytes) {
            match self.take_oldest() {
                Some(oldest) => drops.push(oldest),
                // It does not even fit into the empty queue.
                None => return drops.push(arriving),
            }
        }
        self.bytes += bytes;
        self.waiting.push_back(arriving);
    }

    fn dequeue(&mut self, _now: Time, _drops: &mut Vec<Queued>) -> Option<Queued> {
        self.take_oldest()
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

    fn packet(n: u32, bytes: u32) -> Queued {
        Queued {
            packet: PacketId(n),
            bytes,
            flow_hash: 0,
            since: Time::ZERO,
            ecn_capable: false,
            marked: false,
        }
    }

    #[test]
    fn the_oldest_make_room() {
        let limit = "250B".parse().expect("a limit");
        let (mut queue, mut drops) = (Config { limit }.build(), Vec::new());
        for (n, bytes) in [(0, 100), (1, 100), (2, 200), (3, 300)] {
            queue.enqueue(Time::ZERO, packet(n, bytes), &mut drops);
        }
        assert_eq!(drops.iter().map(|drop| drop.packet.0).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(queue.backlog(), Backlog::default());
    }
}
