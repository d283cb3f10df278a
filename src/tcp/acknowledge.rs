//! What an acknowledgment does to the sending half (RFC 9293 section 3.10.7.4, fifth check;
//! RFC 5681; RFC 2018).

use super::congestion::AckSample;
use super::receive::Arrival;
use super::recovery::Parts;
use super::timers::Timer;
use super::{Connection, Event, Offset, offset};
use crate::packet::tcp::Segment;
use crate::units::Time;

impl Connection {
    /// Takes an acknowledgment up to `ack` that is not beyond what was sent.
    pub(super) fn take_ack(&mut self, now: Time, arrival: Arrival<'_>, ack: Offset) {
        let same_window = !self.update_window(arrival, ack);
        let before = (self.recovery.arrived(&self.queue), self.queue.unacknowledged);
        let (told, duplicate) = self.take_sack(arrival.segment, ack);
        if ack > self.queue.unacknowledged {
            self.advance(now, arrival.segment, ack);
        } else if told || self.is_duplicate(arrival, ack, same_window) {
            let mut parts = Parts {
                queue: &mut self.queue,
                congestion: &mut *self.congestion,
                config: &self.config,
            };
            self.recovery.on_duplicate(&mut parts);
        }
        self.account_for_probe(duplicate);
        let delivered = self.recovery.arrived(&self.queue) - before.0;
        let advanced = self.queue.unacknowledged > before.1;
        self.recovery.pace(delivered, advanced, &self.queue);
    }

    /// RFC 5681 section 2: the definition of a duplicate acknowledgment.
    fn is_duplicate(&self, arrival: Arrival<'_>, ack: Offset, same_window: bool) -> bool {
        let without_sack = !self.agreed.sack;
        without_sack
            && ack == self.queue.unacknowledged
            && self.queue.in_flight() > 0
            && arrival.start == arrival.end
            && same_window
    }

    /// SND.WND, SND.WL1 and SND.WL2. Says whether the window has changed.
    fn update_window(&mut self, arrival: Arrival<'_>, ack: Offset) -> bool {
        let window = &mut self.window;
        let newer = window.updated_seq < arrival.start
            || (window.updated_seq == arrival.start && window.updated_ack <= ack);
        if ack < self.queue.unacknowledged || !newer {
            return false;
        }
        let shift = self.agreed.window_scale.unwrap_or(0);
        let size = u64::from(arrival.segment.window) << shift;
        let changed = size != window.size;
        window.size = size;
        window.largest = window.largest.max(size);
        window.updated_seq = arrival.start;
        window.updated_ack = ack;
        if changed && size > 0 {
            self.progress.persist_backoff = 0;
            self.timers.stop(Timer::Persist);
        }
        changed
    }

    /// Takes the SACK blocks. Says whether any told something new, and whether one told of a
    /// duplicate (RFC 2883).
    fn take_sack(&mut self, segment: &Segment, ack: Offset) -> (bool, bool) {
        if !self.agreed.sack {
            return (false, false);
        }
        let near = self.queue.unacknowledged;
        let (mut news, mut duplicate) = (0, false);
        for block in segment.options.sack.as_slice() {
            let range = [block.start, block.end].map(|seq| offset(self.opening.isn, near, seq));
            duplicate |= range[0] < ack;
            // A block of what was acknowledged long ago is a D-SACK and marks nothing.
            if range[0] >= near && range[0] < range[1] && range[1] <= self.queue.next {
                news += self.queue.mark_sacked((range[0], range[1]));
            }
        }
        (news > 0, duplicate)
    }

    /// SND.UNA moves on.
    fn advance(&mut self, now: Time, segment: &Segment, ack: Offset) {
        let in_use = self.window_in_use();
        let acked = self.queue.acknowledge(ack);
        let rtt = acked
            .sent_at
            .map(|sent| now.saturating_sub(sent))
            .or_else(|| self.timestamp_rtt(now, segment));
        if let Some(rtt) = rtt {
            self.rtt.sample(rtt);
        }
        self.progress.stalled_since = None;
        let mut parts = Parts {
            queue: &mut self.queue,
            congestion: &mut *self.congestion,
            config: &self.config,
        };
        let may_grow = self.recovery.on_progress(acked.bytes, &mut parts);
        if may_grow && in_use {
            self.congestion.on_ack(AckSample { now, bytes: acked.bytes, rtt });
        }
        self.restart_retransmission(now);
        self.offer_room();
    }

    /// Whether the congestion window is what limits (RFC 9293 section 3.8.2 by way of RFC 7661):
    /// in slow start, whether half of it was in use, as Linux has it.
    fn window_in_use(&self) -> bool {
        let most = self.progress.most_in_flight;
        let slow_start = self.congestion.in_slow_start();
        self.progress.window_limited
            || (slow_start && self.congestion.window() < most.saturating_mul(2))
    }

    /// A round trip by the timestamp that came back (RFC 7323 section 4.1).
    pub(super) fn timestamp_rtt(&self, now: Time, segment: &Segment) -> Option<Time> {
        let stamps = segment.options.timestamps.filter(|_| self.agreed.timestamps)?;
        let elapsed = self.timestamp(now).wrapping_sub(stamps.echo);
        (stamps.echo != 0 && elapsed.cast_signed() >= 0)
            .then(|| Time::from_ms(u64::from(elapsed).max(1)))
    }

    /// Tells a writer that waits once a third of the buffer is free, as Linux does.
    fn offer_room(&mut self) {
        let capacity = self.config.send_buffer.get();
        if self.wants_room && capacity - self.queue.buffered().min(capacity) >= capacity.div_ceil(3)
        {
            self.wants_room = false;
            self.events.push_back(Event::Writable);
        }
    }
}
