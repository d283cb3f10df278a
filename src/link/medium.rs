//! The shared half-duplex medium of hubs: one frame at a time for all stations together.
//!
//! Not modelled: collisions. Stations that find the medium busy wait and get it in the order in
//! which they asked, as if carrier sense were perfect and back-off cost nothing (IEEE 802.3
//! clause 4 has stations collide, back off and try again). Throughput is therefore the upper
//! bound of what CSMA/CD reaches; that everybody shares it and hears everything is as in life.

use std::collections::VecDeque;

use crate::id::ChannelId;
use crate::units::Time;

/// The medium of one hub, or of several that are connected to each other.
#[derive(Debug, Default)]
pub struct Medium {
    busy_until: Time,
    event_pending: bool,
    waiting: VecDeque<ChannelId>,
}

impl Medium {
    /// Asks for the medium at `now`: true if the station may send at once. Otherwise it is
    /// remembered, and the time of a `free` event to schedule is given if one is needed.
    pub fn ask(&mut self, now: Time, station: ChannelId) -> Result<(), Option<Time>> {
        if now >= self.busy_until && !self.event_pending {
            return Ok(());
        }
        self.join(station);
        let needed = !self.event_pending;
        self.event_pending = true;
        Err(needed.then_some(self.busy_until))
    }

    /// Remembers a station that wants the medium when it is free. A station that sends and has more
    /// to send does so before [`Medium::occupy`].
    pub fn join(&mut self, station: ChannelId) {
        if !self.waiting.contains(&station) {
            self.waiting.push_back(station);
        }
    }

    /// A station sends until `until`. Returns the time of a `free` event to schedule if others
    /// wait.
    pub fn occupy(&mut self, until: Time) -> Option<Time> {
        self.busy_until = until;
        if self.waiting.is_empty() || self.event_pending {
            return None;
        }
        self.event_pending = true;
        Some(until)
    }

    /// The station that sends was cut off at `now`: the medium is silent. Returns the time of a
    /// `free` event to schedule if others wait; one that was scheduled before has become stale.
    pub fn cut(&mut self, now: Time) -> Option<Time> {
        self.busy_until = now;
        self.event_pending = !self.waiting.is_empty();
        self.event_pending.then_some(now)
    }

    /// A `free` event came up: the station that may send now, if the event is not stale. If it has
    /// nothing left to send, call again for the next.
    pub fn next_station(&mut self, now: Time) -> Option<ChannelId> {
        if now < self.busy_until {
            return None;
        }
        self.event_pending = false;
        self.waiting.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_in_the_order_of_asking() {
        let mut medium = Medium::default();
        let (a, b, c) = (ChannelId(0), ChannelId(1), ChannelId(2));
        assert_eq!(medium.ask(Time::ZERO, a), Ok(()));
        assert_eq!(medium.occupy(Time::from_ms(1)), None);
        assert_eq!(medium.ask(Time::ZERO, b), Err(Some(Time::from_ms(1))));
        assert_eq!(medium.ask(Time::ZERO, c), Err(None));
        assert_eq!(medium.next_station(Time::from_ms(1)), Some(b));
        assert_eq!(medium.occupy(Time::from_ms(2)), Some(Time::from_ms(2)));
        assert_eq!(medium.next_station(Time::from_ms(2)), Some(c));
        assert_eq!(medium.occupy(Time::from_ms(3)), None);
        assert_eq!(medium.next_station(Time::from_ms(3)), None);
    }

    #[test]
    fn a_station_that_is_cut_off_leaves_silence() {
        let mut medium = Medium::default();
        let (a, b, c) = (ChannelId(0), ChannelId(1), ChannelId(2));
        assert_eq!(medium.ask(Time::ZERO, a), Ok(()));
        assert_eq!(medium.occupy(Time::from_ms(9)), None);
        assert_eq!(medium.cut(Time::from_ms(1)), None, "nobody waits");
        assert_eq!(medium.ask(Time::from_ms(1), a), Ok(()));
        assert_eq!(medium.occupy(Time::from_ms(9)), None);
        assert_eq!(medium.ask(Time::from_ms(2), b), Err(Some(Time::from_ms(9))));
        assert_eq!(medium.cut(Time::from_ms(3)), Some(Time::from_ms(3)));
        assert_eq!(medium.ask(Time::from_ms(3), c), Err(None), "b has asked before");
        assert_eq!(medium.next_station(Time::from_ms(3)), Some(b));
        assert_eq!(medium.occupy(Time::from_ms(10)), Some(Time::from_ms(10)));
        assert_eq!(medium.next_station(Time::from_ms(9)), None, "the event from before the cut");
        assert_eq!(medium.next_station(Time::from_ms(10)), Some(c));
    }
}
