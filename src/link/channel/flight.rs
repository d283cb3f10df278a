//! Packets in the air, in order of arrival, of which only the first has an event.

use super::Channel;
use crate::id::PacketId;
use crate::units::Time;

#[derive(Debug, Clone, Copy)]
pub(super) struct InFlight {
    arrives: Time,
    pub(super) packet: PacketId,
}

impl Channel {
    /// The packet that arrives now, if this event is not stale, and when to schedule the next
    /// `arrival` event.
    #[inline(always)]
    pub fn arrive(&mut self, now: Time) -> (Option<PacketId>, Option<Time>) {
        if self.arrival_pending != Some(now) {
            return (None, None);
        }
        self.catch_up(now);
        if self.unattended && self.in_flight.len() == 1 && !self.queue.is_empty() {
            // Without any delay the next one starts just now. It must do so while the one before
            // it is still in flight, whose arrival sees to the next event.
            self.start_unattended();
        }
        self.arrival_pending = None;
        let arrived = self.in_flight.pop_if(|first| first.arrives == now);
        (arrived.map(|arrived| arrived.packet), self.next_arrival())
    }

    /// Puts a packet into the air that arrives at `arrives`; also used for second copies and
    /// for what a hub repeats. Returns when to schedule an `arrival` event, if one is needed.
    #[inline(always)]
    pub fn launch(&mut self, packet: PacketId, arrives: Time) -> Option<Time> {
        let flying = InFlight { arrives, packet };
        if arrives >= self.last_arrival {
            self.last_arrival = arrives;
            self.in_flight.push(flying);
            if self.in_flight.len() > 1 && self.arrival_pending.is_some() {
                // The event of the first in flight is pending, and this is not the first.
                return None;
            }
        } else {
            let place = self.in_flight.iter().take_while(|other| other.arrives <= arrives).count();
            self.in_flight.insert(place, flying);
        }
        self.next_arrival()
    }

    #[inline(always)]
    pub(super) fn next_arrival(&mut self) -> Option<Time> {
        let first = self.in_flight.front()?.arrives;
        if self.arrival_pending.is_some_and(|pending| pending <= first) {
            return None;
        }
        self.arrival_pending = Some(first);
        Some(first)
    }

    /// Counts an IPv4 packet that just went onto the wire against the list of losses, if there is one, and
    /// takes it out of the air again if it is on the list: true if so. Its event comes up stale.
    pub fn lose_listed(&mut self, packet: PacketId) -> bool {
        let takes = self.impairments.as_mut().is_some_and(|it| it.takes_listed());
        let place = || self.in_flight.iter().rposition(|flying| flying.packet == packet);
        if let Some(place) = takes.then(place).flatten() {
            self.in_flight.remove(place);
            self.stats.lost(true);
        }
        takes
    }
}
