//! What goes into queues and comes out of them, and where they stand.

use crate::id::PacketId;
use crate::observe::{DropReason, MarkReason};
use crate::rng::Stream;
use crate::units::{Rate, Time};

/// A waiting packet, with what disciplines decide by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queued {
    /// The packet.
    pub packet: PacketId,
    /// Its length on the wire, link header included \[bytes\].
    pub bytes: u32,
    /// A hash of its addresses, ports and protocol: the same for all packets of a flow. 0 unless the
    /// discipline classifies.
    pub flow_hash: u32,
    /// When it was enqueued.
    pub since: Time,
    /// The class that a discipline with classes has put it in.
    pub class: u8,
    /// Whether a queue may mark it (RFC 3168 section 5).
    pub ecn_capable: bool,
    /// Why the queue has marked it, if it has: it leaves with "congestion experienced".
    pub mark: Option<MarkReason>,
}

impl Queued {
    /// A packet that arrives at `since`, not yet looked into.
    #[must_use]
    #[inline]
    pub const fn new(packet: PacketId, bytes: u32, since: Time, ecn_capable: bool) -> Self {
        Self { packet, bytes, flow_hash: 0, since, class: 0, ecn_capable, mark: None }
    }

    /// Marks the packet, if it can be; the first reason stays. True if it is marked.
    pub const fn try_mark(&mut self, reason: MarkReason) -> bool {
        if self.ecn_capable && self.mark.is_none() {
            self.mark = Some(reason);
        }
        self.mark.is_some()
    }

    /// How long it has waited at `now`.
    #[must_use]
    pub const fn waited(&self, now: Time) -> Time {
        now.saturating_sub(self.since)
    }
}

/// What a queue holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Waiting packets.
    pub packets: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
}

impl Backlog {
    /// With one more packet.
    pub const fn add(&mut self, packet: &Queued) {
        self.packets += 1;
        self.bytes += packet.bytes as u64;
    }
    /// With one less.
    pub const fn remove(&mut self, packet: &Queued) {
        self.packets -= 1;
        self.bytes -= packet.bytes as u64;
    }
}

/// A packet that a queue dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped {
    /// Which.
    pub packet: Queued,
    /// Why.
    pub reason: DropReason,
}

/// Where disciplines put what they drop, in order.
#[derive(Debug, Default)]
pub struct Drops(Vec<Dropped>);

impl Drops {
    /// A packet ends here.
    pub fn push(&mut self, packet: Queued, reason: DropReason) {
        self.0.push(Dropped { packet, reason });
    }
    /// How many there are.
    #[must_use]
    #[inline]
    pub const fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether there is none.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Those after the first `before`.
    #[must_use]
    pub fn since(&self, before: usize) -> &[Dropped] {
        &self.0[before..]
    }
    /// Takes all out.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Dropped> {
        self.0.drain(..)
    }
}

/// Where a queue stands: before one direction of a link.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// How fast the link sends.
    pub rate: Rate,
    /// The longest frame that it carries \[bytes\].
    pub longest: u32,
    dice: &'a Stream,
}

impl<'a> Site<'a> {
    /// Before a link whose own dice are these.
    #[must_use]
    pub const fn new(rate: Rate, longest: u32, dice: &'a Stream) -> Self {
        Self { rate, longest, dice }
    }

    /// The dice of the queue: not those of the link, so that neither disturbs the other.
    #[must_use]
    pub fn dice(&self) -> Stream {
        self.dice.part(1)
    }

    /// What the queue's hash of flows starts from.
    #[must_use]
    pub fn salt(&self) -> u64 {
        self.dice.part(2).below(u64::MAX)
    }
}
