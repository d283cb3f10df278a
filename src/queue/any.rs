//! A queue of any kind, of which the commonest costs least.

use super::{Backlog, DropTail, Drops, QueueDiscipline, Queued, Site};
use crate::packet::Packet;
use crate::units::Time;

/// A queue before a link, of any kind. The commonest is known by its type, so that it costs no calls
/// through a table.
#[derive(Debug)]
pub enum Queue {
    /// First in, first out.
    Fifo(DropTail),
    /// Any other.
    Other(Box<dyn QueueDiscipline>),
}

impl Queue {
    /// See [`QueueDiscipline::enqueue`].
    #[inline(always)]
    pub fn enqueue(&mut self, now: Time, arriving: Queued, drops: &mut Drops) {
        match self {
            Self::Fifo(queue) => queue.enqueue(now, arriving, drops),
            Self::Other(queue) => queue.enqueue(now, arriving, drops),
        }
    }
    /// See [`QueueDiscipline::dequeue`].
    #[inline(always)]
    pub fn dequeue(&mut self, now: Time, drops: &mut Drops) -> Option<Queued> {
        match self {
            Self::Fifo(queue) => queue.dequeue(now, drops),
            Self::Other(queue) => queue.dequeue(now, drops),
        }
    }
    /// See [`QueueDiscipline::backlog`].
    #[must_use]
    #[inline(always)]
    pub fn backlog(&self) -> Backlog {
        match self {
            Self::Fifo(queue) => queue.backlog(),
            Self::Other(queue) => queue.backlog(),
        }
    }
    /// Whether nothing waits.
    #[must_use]
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Fifo(queue) => queue.is_empty(),
            Self::Other(queue) => queue.backlog().packets == 0,
        }
    }
    /// Whether it does no more than keep packets in order until they leave: when one leaves changes
    /// nothing but its wait.
    #[must_use]
    pub const fn only_keeps_order(&self) -> bool {
        matches!(self, Self::Fifo(queue) if !queue.marks())
    }
    /// As a discipline like any other, for what is not asked for each packet.
    fn discipline(&self) -> &dyn QueueDiscipline {
        match self {
            Self::Fifo(queue) => queue,
            Self::Other(queue) => &**queue,
        }
    }
    /// See [`QueueDiscipline::can_bypass`].
    #[must_use]
    pub fn can_bypass(&self) -> bool {
        self.discipline().can_bypass()
    }
    /// See [`QueueDiscipline::ready_at`].
    #[must_use]
    pub fn ready_at(&self, now: Time) -> Option<Time> {
        self.discipline().ready_at(now)
    }
    /// See [`QueueDiscipline::classifies`].
    #[must_use]
    pub fn classifies(&self) -> bool {
        self.discipline().classifies()
    }
    /// See [`QueueDiscipline::classify`].
    pub fn classify(&self, packet: &Packet, arriving: &mut Queued) {
        self.discipline().classify(packet, arriving);
    }
    /// See [`QueueDiscipline::take_all`].
    pub fn take_all(&mut self) -> Vec<Queued> {
        match self {
            Self::Fifo(queue) => queue.take_all(),
            Self::Other(queue) => queue.take_all(),
        }
    }
    /// See [`QueueDiscipline::site_changed`].
    pub fn site_changed(&mut self, site: &Site<'_>) {
        match self {
            Self::Fifo(queue) => queue.site_changed(site),
            Self::Other(queue) => queue.site_changed(site),
        }
    }
}
