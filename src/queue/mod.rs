//! Queue disciplines: who waits, who goes first, who is dropped.
//!
//! A discipline is one file that implements [`QueueDiscipline`] and one line in [`QueueSpec`]. It
//! holds packets by id with what it needs to know of them ([`Queued`]); both ends may drop.

pub(crate) mod drop_tail;

pub use drop_tail::DropTail;

use crate::id::PacketId;
use crate::kinds::{Fault, kinds};
use crate::units::{Limit, Time};

/// A waiting packet, with what disciplines decide by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queued {
    /// The packet.
    pub packet: PacketId,
    /// Its length on the wire, link header included \[bytes\].
    pub bytes: u32,
    /// A hash of its addresses, ports and protocol: the same for all packets of a flow.
    pub flow_hash: u32,
    /// When it was enqueued.
    pub since: Time,
    /// Whether a queue may mark it (RFC 3168 section 5).
    pub ecn_capable: bool,
    /// Whether the queue has marked it: it leaves with "congestion experienced".
    pub marked: bool,
}

/// What a queue holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Waiting packets.
    pub packets: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
}

/// A queue before a link. Packets go in at one end; which come out, and when, is its art.
pub trait QueueDiscipline: std::fmt::Debug + Send {
    /// Takes `arriving` in. Packets that end here, be it this one or others, go into `drops`. Those
    /// that are ECN-capable may be marked instead.
    fn enqueue(&mut self, now: Time, arriving: Queued, drops: &mut Vec<Queued>);
    /// The next packet to send. Packets that end here go into `drops`.
    fn dequeue(&mut self, now: Time, drops: &mut Vec<Queued>) -> Option<Queued>;
    /// What waits now. O(1).
    fn backlog(&self) -> Backlog;
    /// Whether a packet that finds the link idle and the queue empty may skip the queue
    /// without changing what the discipline does (as Linux's `TCQ_F_CAN_BYPASS`).
    fn can_bypass(&self) -> bool {
        false
    }
}

/// What every discipline's `Config` can do.
pub trait Configuration {
    /// An empty queue with these parameters.
    fn build(&self) -> Box<dyn QueueDiscipline>;
    /// How much may wait in all, if there is one limit.
    fn limit(&self) -> Option<Limit> {
        None
    }
    /// Parameters that make no sense, alone or together.
    fn check(&self) -> Vec<Fault> {
        Vec::new()
    }
}

kinds! {
    /// Which discipline, with its parameters. Registers every discipline there is.
    QueueSpec: Configuration {
        /// First in, first out; a packet that finds no room is dropped.
        "fifo" => Fifo(drop_tail::Config),
    }
}

impl QueueSpec {
    /// A `fifo` of this size: what a queue written as just `"50p"` means.
    #[must_use]
    pub const fn fifo(limit: Limit) -> Self {
        Self::Fifo(drop_tail::Config { limit, mark: None })
    }
}

impl Default for QueueSpec {
    /// As Linux's `pfifo` on a link with a transmit queue of 1000 packets.
    fn default() -> Self {
        Self::fifo(Limit::Packets(1000))
    }
}
