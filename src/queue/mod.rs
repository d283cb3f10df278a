//! Queue disciplines: who waits, who goes first, who is dropped.
//!
//! A discipline is one file that implements [`QueueDiscipline`] and one line in [`QueueSpec`]. It
//! holds packets by id with what it needs to know of them ([`Queued`]); both ends may drop.
//!
//! - `queued`: what goes in and out: [`Queued`], [`Dropped`], [`Backlog`], and the [`Site`] of a queue;
//! - `spec`: how a scenario writes a discipline; `any`: a queue of any kind, as a link holds it;
//! - `buffer`, `child`, `classify`, `rounds`, `bucket`: what several disciplines are made of: packets in order;
//!   a queue within a queue; flows and classes; whose turn it is; tokens;
//! - one after the other: `drop_tail` and `head_drop`; `red`, `codel`, `pie` (active queue management);
//!   `fq_codel`, `fq_pie`, `sfq` (fair queueing by flow); `prio`, `drr`, `wfq` (by class); `tbf`, `police`
//!   (rates);
//! - `contract`: what every discipline must keep to, tested on all; `lab`: a queue in the hands of a test.

mod any;
mod bucket;
mod buffer;
mod child;
mod classify;
pub mod codel;
pub(crate) mod drop_tail;
pub mod drr;
pub mod fq_codel;
pub mod fq_pie;
pub mod head_drop;
pub mod pie;
pub mod police;
pub mod prio;
mod queued;
pub mod red;
mod rounds;
pub mod sfq;
mod spec;
pub mod tbf;
pub mod wfq;

pub use any::Queue;
pub use drop_tail::DropTail;
pub use queued::{Backlog, Dropped, Drops, Queued, Site};

use crate::kinds::{Fault, kinds};
use crate::packet::Packet;
use crate::units::{Limit, Time};

/// A queue before a link. Packets go in at one end; which come out, and when, is its art.
pub trait QueueDiscipline: std::fmt::Debug + Send {
    /// Takes `arriving` in. Packets that end here, be it this one or others, go into `drops`. Those
    /// that are ECN-capable may be marked instead.
    fn enqueue(&mut self, now: Time, arriving: Queued, drops: &mut Drops);
    /// The next packet to send. Packets that end here go into `drops`.
    fn dequeue(&mut self, now: Time, drops: &mut Drops) -> Option<Queued>;
    /// What waits now. O(1).
    fn backlog(&self) -> Backlog;
    /// Takes out all that waits, in an order in which they might have left, and leaves the queue as new: the link goes
    /// down, or gets another queue.
    fn take_all(&mut self) -> Vec<Queued>;
    /// Whether a packet that finds the link idle and the queue empty may skip the queue
    /// without changing what the discipline does (as Linux's `TCQ_F_CAN_BYPASS`).
    fn can_bypass(&self) -> bool {
        false
    }
    /// The packet that [`QueueDiscipline::dequeue`] would give, where that is known beforehand.
    fn front(&self) -> Option<&Queued> {
        None
    }
    /// Packets wait and `dequeue` gave none: when to ask again.
    fn ready_at(&self, _now: Time) -> Option<Time> {
        None
    }
    /// Whether it decides by what is in a packet: asked once, when the queue is built.
    fn classifies(&self) -> bool {
        false
    }
    /// Looks into a packet that is about to be enqueued, and notes its flow and class. Called only
    /// if [`QueueDiscipline::classifies`].
    fn classify(&self, _packet: &Packet, _arriving: &mut Queued) {}
    /// The link sends at another rate, or carries longer frames, from now on.
    fn site_changed(&mut self, _site: &Site<'_>) {}
}

/// What every discipline's `Config` can do.
pub trait Configuration {
    /// An empty queue with these parameters.
    fn build(&self, site: &Site<'_>) -> Box<dyn QueueDiscipline>;
    /// How much may wait in all, if there is one limit.
    fn limit(&self) -> Option<Limit> {
        None
    }
    /// Whether packets may wait though the link is idle.
    fn holds_back(&self) -> bool {
        false
    }
    /// Whether it puts packets into classes: only one discipline of those within each other may.
    fn has_classes(&self) -> bool {
        false
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
        /// First in, first out; the oldest packets make room.
        "head-drop" => HeadDrop(head_drop::Config),
        /// Random early detection: drops some early, the more the longer the queue is on average.
        "red" => Red(red::Config),
        /// Controlled delay: drops at the head, the more often the longer packets have waited too long.
        "codel" => Codel(codel::Config),
        /// A queue with CoDel for each flow; new flows go first.
        "fq_codel" => FqCodel(fq_codel::Config),
        /// Proportional integral controller, enhanced: drops early to keep the delay near a target.
        "pie" => Pie(pie::Config),
        /// A queue with PIE for each flow; new flows go first.
        "fq_pie" => FqPie(fq_pie::Config),
        /// Stochastic fairness: flows take turns, by a hash that may change.
        "sfq" => Sfq(sfq::Config),
        /// Classes take turns by bytes, each its quantum.
        "drr" => Drr(drr::Config),
        /// Weighted fair queueing: classes or flows share the link by their weights.
        "wfq" => Wfq(wfq::Config),
        /// Bands of strict priority.
        "prio" => Prio(prio::Config),
        /// A token bucket: holds packets back to keep to a rate.
        "tbf" => Tbf(tbf::Config),
        /// A policer: drops what comes faster than a rate.
        "police" => Police(police::Config),
    }
}

impl QueueSpec {
    /// An empty queue.
    #[must_use]
    pub fn build(&self, site: &Site<'_>) -> Queue {
        match self {
            Self::Fifo(config) => Queue::Fifo(DropTail::new(*config)),
            other => Queue::Other(other.config().build(site)),
        }
    }

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

#[cfg(all(test, feature = "cli"))]
mod contract;
#[cfg(all(test, feature = "cli"))]
mod lab;
