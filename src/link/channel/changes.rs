//! New settings of a channel while it works.

use super::{Channel, site};
use crate::id::PacketId;
use crate::link::config::Config;
use crate::packet::PacketStore;
use crate::units::Time;

impl Channel {
    /// New settings. What waits is moved to the new queue if the queue changes. Packets that
    /// end because the link went down are returned; those that the new queue has no room
    /// for are in [`Channel::take_drops`]. Then call [`Channel::attend`].
    pub fn reconfigure(
        &mut self,
        now: Time,
        config: Config,
        packets: &PacketStore,
    ) -> Vec<PacketId> {
        self.catch_up(now);
        self.unattended = false;
        let queue_changes = config.queue != self.config.queue;
        *self.config = config;
        let site = site(&self.config, &self.dice);
        if queue_changes {
            let new = self.config.queue.build(&site);
            let mut old = std::mem::replace(&mut self.queue, new);
            (self.can_bypass, self.classifies) = (self.queue.can_bypass(), self.queue.classifies());
            self.stats.queue_changes(now, old.backlog());
            let before = self.drops.len();
            for mut waiting in old.take_all() {
                if self.classifies {
                    self.queue.classify(&packets[waiting.packet], &mut waiting);
                }
                self.queue.enqueue(now, waiting, &mut self.drops);
            }
            self.count_drops(before);
        } else {
            self.queue.site_changed(&site);
        }
        self.derive();
        if self.up { Vec::new() } else { self.cut(now) }
    }

    /// Ends everything that waits or flies: the link is down.
    fn cut(&mut self, now: Time) -> Vec<PacketId> {
        self.stats.queue_changes(now, self.queue.backlog());
        let mut ended: Vec<_> =
            self.in_flight.take_all().into_iter().map(|flying| flying.packet).collect();
        ended.extend(self.queue.take_all().into_iter().map(|waiting| waiting.packet));
        self.arrival_pending = None;
        self.retry = None;
        self.free_pending = false;
        self.stats.cut(now, self.busy_until);
        self.busy_until = now;
        ended
    }
}
