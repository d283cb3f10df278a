//! Results of links, the queues before them, and the memory that these share.

use serde::Serialize;

use super::super::{DropReason, MarkReason};

/// One direction of a link with the queue before it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Channel {
    /// Packets whose transmission was completed.
    pub packets: u64,
    /// Bytes of those packets, link header included.
    pub bytes: u64,
    /// Share of the time in which the link was sending.
    pub utilization: f64,
    /// Packets that ended here.
    pub drops: ChannelDrops,
    /// Packets that the queue marked instead (RFC 3168).
    pub marks: u64,
    /// These packets by why they were marked.
    pub marks_by_reason: QueueMarks,
    /// The queue of packets that wait for this direction.
    pub queue: Queue,
}

/// Packets that ended at one direction of a link, by cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ChannelDrops {
    /// Dropped by the queue, for whatever reason.
    pub queue: u64,
    /// These packets by why the queue dropped them.
    pub by_reason: QueueDrops,
    /// Taken by the loss model.
    pub loss: u64,
    /// Damaged on the way.
    pub corrupt: u64,
    /// Lost because the link was down.
    pub down: u64,
}

/// Packets that a queue dropped, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct QueueDrops {
    /// No room.
    pub full: u64,
    /// Before it was full, to slow the sender down.
    pub early: u64,
    /// Had waited too long when their turn came.
    pub overdue: u64,
    /// Made room for others.
    pub displaced: u64,
    /// Came too fast for a policer or a shaper.
    pub policed: u64,
    /// No room in the memory that the queues of the node share.
    pub shared_buffer: u64,
}

impl QueueDrops {
    /// Counts one more. Reasons that are no queue's are not counted.
    pub const fn count(&mut self, reason: DropReason) {
        match reason {
            DropReason::QueueFull => self.full += 1,
            DropReason::EarlyDrop => self.early += 1,
            DropReason::Overdue => self.overdue += 1,
            DropReason::Displaced => self.displaced += 1,
            DropReason::Policed => self.policed += 1,
            DropReason::SharedBufferFull => self.shared_buffer += 1,
            _ => {}
        }
    }

    /// How many for each reason.
    #[must_use]
    pub const fn counts(&self) -> [(DropReason, u64); 6] {
        [
            (DropReason::QueueFull, self.full),
            (DropReason::EarlyDrop, self.early),
            (DropReason::Overdue, self.overdue),
            (DropReason::Displaced, self.displaced),
            (DropReason::Policed, self.policed),
            (DropReason::SharedBufferFull, self.shared_buffer),
        ]
    }
}

/// Packets that a queue marked, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct QueueMarks {
    /// Found, or had waited for, more than a fixed threshold.
    pub threshold: u64,
    /// Would have been dropped early.
    pub early: u64,
    /// Would have been dropped because they had waited too long.
    pub overdue: u64,
}

impl QueueMarks {
    /// Counts one more.
    pub const fn count(&mut self, reason: MarkReason) {
        match reason {
            MarkReason::Threshold => self.threshold += 1,
            MarkReason::Early => self.early += 1,
            MarkReason::Overdue => self.overdue += 1,
        }
    }

    /// How many for each reason.
    #[must_use]
    pub const fn counts(&self) -> [(MarkReason, u64); 3] {
        [
            (MarkReason::Threshold, self.threshold),
            (MarkReason::Early, self.early),
            (MarkReason::Overdue, self.overdue),
        ]
    }
}

/// A queue over the whole run. The packet being sent does not count as waiting.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Queue {
    /// Mean number of waiting packets, weighted by time.
    pub mean_packets: f64,
    /// Largest number of waiting packets.
    pub max_packets: u64,
    /// Mean wait of the packets that were sent \[s\].
    pub mean_wait_seconds: f64,
    /// Median of their waits \[s\], within 1 %.
    pub p50_wait_seconds: f64,
    /// 95th percentile of their waits \[s\], within 1 %.
    pub p95_wait_seconds: f64,
    /// 99th percentile of their waits \[s\], within 1 %.
    pub p99_wait_seconds: f64,
}

/// The memory that the queues of a node share.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Buffer {
    /// How much there is.
    pub size_bytes: u64,
    /// How much was used, weighted by time.
    pub mean_bytes: f64,
    /// How much was used at most.
    pub max_bytes: u64,
    /// Packets for which there was no room.
    pub dropped: u64,
}
