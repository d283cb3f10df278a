//! `head-drop`: first in, first out; when there is no room, the oldest packets make room (Lakshman,
//! Neidhardt and Ott, "The drop from front strategy in TCP and in TCP over ATM", INFOCOM 1996; Linux's
//! `pfifo_head_drop`).
//!
//! A sender learns of the loss by the queue's whole delay earlier than from a drop at the tail.

use schemars::JsonSchema;
use serde::Deserialize;

use super::buffer::Buffer;
use super::{Backlog, Configuration, Drops, QueueDiscipline, Queued, Site};
use crate::observe::DropReason;
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
    fn build(&self, _: &Site<'_>) -> Box<dyn QueueDiscipline> {
        Box::new(HeadDrop { limit: self.limit, buffer: Buffer::default() })
    }
    fn limit(&self) -> Option<Limit> {
        Some(self.limit)
    }
}

#[derive(Debug)]
struct HeadDrop {
    limit: Limit,
    buffer: Buffer,
}

impl QueueDiscipline for HeadDrop {
    fn enqueue(&mut self, _: Time, arriving: Queued, drops: &mut Drops) {
        let bytes = u64::from(arriving.bytes);
        if !self.limit.admits(0, 0, bytes) {
            // It does not even fit into the empty queue: others need not go for it.
            return drops.push(arriving, DropReason::QueueFull);
        }
        while !self.limit.admits(self.buffer.packets(), self.buffer.bytes(), bytes) {
            let oldest = self.buffer.pop().expect("an empty queue has room");
            drops.push(oldest, DropReason::Displaced);
        }
        self.buffer.push(arriving);
    }

    fn dequeue(&mut self, _: Time, _: &mut Drops) -> Option<Queued> {
        self.buffer.pop()
    }

    fn backlog(&self) -> Backlog {
        self.buffer.backlog()
    }

    fn take_all(&mut self) -> Vec<Queued> {
        self.buffer.take_all()
    }

    fn can_bypass(&self) -> bool {
        true
    }

    fn front(&self) -> Option<&Queued> {
        self.buffer.front()
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::lab::Lab;
    use crate::observe::DropReason;

    #[test]
    fn the_oldest_make_room() {
        let mut lab = Lab::of("head-drop", "limit = '250B'");
        for bytes in [100, 100, 200, 300] {
            lab.offer(0, bytes);
        }
        // The third needs the room of both before it; the fourth would never fit.
        let dropped = [(0, DropReason::Displaced), (1, DropReason::Displaced)];
        assert_eq!(lab.dropped(), [&dropped[..], &[(3, DropReason::QueueFull)]].concat());
        assert_eq!((lab.backlog(), lab.send(), lab.send()), ((1, 200), Some(2), None));
    }
}
