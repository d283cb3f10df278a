//! Drop-tail FIFO (`pfifo`, `bfifo`): a packet that finds no room is dropped.
//!
//! With a threshold it marks as well: a packet that is ECN-capable and finds that much waiting gets
//! "congestion experienced" (RFC 3168), as DCTCP wants it (RFC 8257 section 3.1). The length of the
//! moment counts, not an average.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Backlog, Configuration, Drops, QueueDiscipline, Queued, Site};
use crate::fifo::Fifo;
use crate::kinds::Fault;
use crate::observe::{DropReason, MarkReason};
use crate::units::{Limit, Time};

/// Parameters of `fifo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How much may wait, the packet being sent not counted.
    pub limit: Limit,
    /// An ECN-capable packet that finds at least this much waiting is marked.
    pub mark: Option<Limit>,
}

impl Default for Config {
    fn default() -> Self {
        Self { limit: Limit::Packets(1000), mark: None }
    }
}

impl Configuration for Config {
    fn build(&self, _: &Site<'_>) -> Box<dyn QueueDiscipline> {
        Box::new(DropTail::new(*self))
    }
    fn limit(&self) -> Option<Limit> {
        Some(self.limit)
    }
    fn check(&self) -> Vec<Fault> {
        let never = match (self.mark, self.limit) {
            (Some(Limit::Packets(mark)), Limit::Packets(limit)) => mark >= limit,
            (Some(Limit::Bytes(mark)), Limit::Bytes(limit)) => mark >= limit,
            _ => false,
        };
        let fault = || Fault {
            field: "mark",
            message: "is not below `limit`, so nothing would be marked".to_string(),
            help: "write less than the limit".to_string(),
        };
        never.then(fault).into_iter().collect()
    }
}

/// The queue.
#[derive(Debug)]
pub struct DropTail {
    limit: Limit,
    mark: Option<Limit>,
    waiting: Fifo<Queued>,
    bytes: u64,
}

impl DropTail {
    /// An empty queue.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self { limit: config.limit, mark: config.mark, waiting: Fifo::new(), bytes: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether it marks packets.
    pub(super) const fn marks(&self) -> bool {
        self.mark.is_some()
    }

    /// Whether a packet that arrives now finds as much waiting as is too much.
    fn is_congested(&self) -> bool {
        match self.mark {
            None => false,
            Some(Limit::Packets(mark)) => self.waiting.len() as u64 >= mark,
            Some(Limit::Bytes(mark)) => self.bytes >= mark.get(),
        }
    }
}

impl QueueDiscipline for DropTail {
    #[inline(always)]
    fn enqueue(&mut self, _now: Time, mut arriving: Queued, drops: &mut Drops) {
        if self.limit.admits(self.waiting.len() as u64, self.bytes, u64::from(arriving.bytes)) {
            if self.is_congested() {
                arriving.try_mark(MarkReason::Threshold);
            }
            self.bytes += u64::from(arriving.bytes);
            self.waiting.push(arriving);
        } else {
            drops.push(arriving, DropReason::QueueFull);
        }
    }

    #[inline]
    fn dequeue(&mut self, _now: Time, _drops: &mut Drops) -> Option<Queued> {
        let next = self.waiting.pop()?;
        self.bytes -= u64::from(next.bytes);
        Some(next)
    }

    #[inline]
    fn backlog(&self) -> Backlog {
        Backlog { packets: self.waiting.len() as u64, bytes: self.bytes }
    }

    fn take_all(&mut self) -> Vec<Queued> {
        self.bytes = 0;
        self.waiting.take_all()
    }

    fn can_bypass(&self) -> bool {
        true
    }

    fn front(&self) -> Option<&Queued> {
        self.waiting.front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PacketId;
    use crate::units::Bytes;

    fn packet(n: u32, bytes: u32) -> Queued {
        Queued::new(PacketId(n), bytes, Time::ZERO, true)
    }

    fn ended(drops: &Drops) -> Vec<(Queued, DropReason)> {
        drops.since(0).iter().map(|dropped| (dropped.packet, dropped.reason)).collect()
    }

    #[test]
    fn keeps_order_and_drops_the_last_by_packets() {
        let mut queue = DropTail::new(Config { limit: Limit::Packets(2), mark: None });
        let mut drops = Drops::default();
        for n in 0..3 {
            queue.enqueue(Time::ZERO, packet(n, 100), &mut drops);
        }
        assert_eq!(ended(&drops), [(packet(2, 100), DropReason::QueueFull)]);
        assert_eq!(queue.backlog(), Backlog { packets: 2, bytes: 200 });
        assert_eq!(queue.dequeue(Time::ZERO, &mut drops), Some(packet(0, 100)));
        assert_eq!(queue.dequeue(Time::ZERO, &mut drops), Some(packet(1, 100)));
        assert_eq!(queue.dequeue(Time::ZERO, &mut drops), None);
        assert_eq!(queue.backlog(), Backlog::default());
    }

    #[test]
    fn drops_by_bytes_but_lets_a_smaller_one_in() {
        let mut queue = DropTail::new(Config { limit: Limit::Bytes(Bytes::new(250)), mark: None });
        let mut drops = Drops::default();
        for (n, bytes) in [(0, 100), (1, 200), (2, 150)] {
            queue.enqueue(Time::ZERO, packet(n, bytes), &mut drops);
        }
        assert_eq!(ended(&drops), [(packet(1, 200), DropReason::QueueFull)]);
        assert_eq!(queue.backlog(), Backlog { packets: 2, bytes: 250 });
    }

    /// Which of five packets of 100 bytes a queue for four marks.
    fn marked(mark: &str, ecn_capable: bool) -> Vec<bool> {
        let mark = Some(mark.parse().expect("a limit"));
        let mut queue = DropTail::new(Config { limit: Limit::Packets(4), mark });
        let mut drops = Drops::default();
        for n in 0..5 {
            queue.enqueue(Time::ZERO, Queued { ecn_capable, ..packet(n, 100) }, &mut drops);
        }
        assert_eq!(drops.len(), 1, "a mark is no room");
        std::iter::from_fn(|| queue.dequeue(Time::ZERO, &mut drops))
            .map(|out| out.mark.is_some())
            .collect()
    }

    #[test]
    fn marks_those_that_find_the_threshold_waiting() {
        assert_eq!(marked("2p", true), [false, false, true, true]);
        assert_eq!(marked("250B", true), [false, false, false, true]);
        assert_eq!(marked("2p", false), [false; 4], "not ECN-capable");
    }

    #[test]
    fn a_threshold_that_is_never_reached_is_a_fault() {
        let faults = |mark: &str, limit: &str| {
            let read = |text: &str| text.parse().expect("a limit");
            Config { limit: read(limit), mark: Some(read(mark)) }.check().len()
        };
        assert_eq!((faults("19p", "20p"), faults("20p", "20p")), (0, 1));
        assert_eq!((faults("1kB", "20p"), faults("2kB", "1kB")), (0, 1));
    }
}
