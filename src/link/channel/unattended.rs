//! A transmitter whose every step is known beforehand needs no event for a packet.
//!
//! So it is with a queue that only keeps packets in order, on a link that does nothing to them:
//! what such a transmitter has done is worked out when somebody
//! looks ([`Channel::catch_up`]): when a packet comes or arrives, and before anything is read off.
//! That is early enough: a packet that waits starts when the one before it has been sent, so no
//! later than that one arrives. Who watches every step ([`Channel::watch`]) looks when
//! [`Channel::next_look`] says so, which changes nothing. A packet that comes at the very
//! instant at which another leaves still finds it there: a real transmitter takes a moment to say
//! that it is free.

use super::{Channel, Started};
use crate::queue::Queued;
use crate::units::Time;

impl Channel {
    /// Whether [`Channel::offer_unattended`] is enough.
    #[must_use]
    #[inline(always)]
    pub const fn is_unattended(&self) -> bool {
        self.unattended
    }

    /// [`Channel::offer`] for a channel that nobody attends: there is nothing to tell of it but when to
    /// schedule an `arrival` event.
    #[inline(always)]
    pub fn offer_unattended(&mut self, now: Time, arriving: Queued) -> Option<Time> {
        debug_assert!(self.unattended && !self.watched);
        self.catch_up(now);
        if self.is_idle(now) {
            return self.send(now, arriving);
        }
        self.enqueue(now, arriving);
        None
    }

    /// Does what the transmitter has done until `now` while nobody attended.
    #[inline(always)]
    pub fn catch_up(&mut self, now: Time) {
        if self.unattended && self.busy_until < now && !self.queue.is_empty() {
            self.work_off(now);
        }
    }

    #[inline(never)]
    fn work_off(&mut self, now: Time) {
        while self.busy_until < now && !self.queue.is_empty() {
            self.start_unattended();
        }
    }

    /// Starts the packet that waits first, the moment the one before it has been sent.
    pub(super) fn start_unattended(&mut self) {
        let now = self.busy_until;
        self.stats.queue_changes(now, self.queue.backlog());
        let Some(next) = self.queue.dequeue(now, &mut self.drops) else { return };
        if self.watched {
            let outcome = self.transmit(now, next);
            self.started.extend(outcome.started.map(|started| (now, started)));
        } else {
            let arrival = self.send(now, next);
            debug_assert!(arrival.is_none(), "the packet before it arrives no earlier");
        }
    }

    /// Somebody wants to know of every packet that starts, or no longer does. Returns when to look
    /// first, see [`Channel::next_look`].
    pub fn watch(&mut self, now: Time, watched: bool) -> Option<Time> {
        self.catch_up(now);
        self.watched = watched;
        self.look = None;
        self.next_look()
    }

    /// Whether there may be something to tell those who watch: packets that were started while nobody
    /// attended, or another time to look.
    #[must_use]
    #[inline(always)]
    pub fn has_news(&self) -> bool {
        !self.started.is_empty() || self.look.is_some() || !self.queue.is_empty()
    }

    /// Packets that were started while nobody attended, since the last call, and when; only those who
    /// watch may ask.
    pub fn take_started(&mut self) -> std::vec::Drain<'_, (Time, Started)> {
        self.started.drain(..)
    }

    /// When to look again for those who watch, if packets wait: right after the next one has started.
    /// The look that was asked for before is done, or not needed.
    pub fn next_look(&mut self) -> Option<Time> {
        let waits = self.unattended && self.watched && self.queue.backlog().packets > 0;
        let next = waits.then(|| self.busy_until.saturating_add(Time::from_ps(1)));
        (next != self.look).then(|| self.look = next).and(next)
    }
}
