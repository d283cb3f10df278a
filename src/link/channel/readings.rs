//! What can be read off a channel.

use super::Channel;
use crate::link::config::Config;
use crate::units::Time;

impl Channel {
    /// What the channel is set to.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What waits now.
    #[must_use]
    pub fn backlog(&self) -> crate::queue::Backlog {
        self.queue.backlog()
    }

    /// Whether the link carries anything.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        self.up
    }

    /// Whether what arrives may be damaged.
    #[must_use]
    #[inline(always)]
    pub const fn may_damage(&self) -> bool {
        self.may_damage
    }

    /// Whether it matters to the queue that a packet is ECN-capable.
    #[must_use]
    #[inline(always)]
    pub const fn heeds_ecn(&self) -> bool {
        !self.keeps_order
    }

    /// The results until `now`.
    #[must_use]
    pub fn results(&self, now: Time) -> crate::observe::results::Channel {
        self.stats.results(now, self.busy_until, self.queue.backlog().packets)
    }

    /// Counts from `now` on.
    pub fn restart_counts(&mut self, now: Time) {
        self.catch_up(now);
        self.stats.restart(now, self.busy_until, self.queue.backlog().packets);
    }

    /// Packets whose transmission has ended by `now`.
    #[must_use]
    pub fn packets_sent(&self, now: Time) -> u64 {
        self.stats.packets_sent(now, self.busy_until)
    }

    /// Bytes of the packets whose transmission has ended by `now`.
    #[must_use]
    pub fn bytes_sent(&self, now: Time) -> u64 {
        self.stats.bytes_sent(now, self.busy_until)
    }

    /// Time spent sending until `now`.
    #[must_use]
    pub fn busy_time(&self, now: Time) -> Time {
        self.stats.busy() - self.busy_until.saturating_sub(now)
    }

    /// Until when the transmitter is busy.
    #[must_use]
    pub const fn busy_until(&self) -> Time {
        self.busy_until
    }
}
