//! What an acknowledgment does to the sending half (RFC 9293 section 3.10.7.4, fifth check;
//! RFC 5681; RFC 2018).

use super::congestion::CongestionControl;
use super::feedback::Told;
use super::rack::Delivery;
use super::reassembly::Range;
use super::receive::Arrival;
use super::recovery::{News, Phase, parts};
use super::timers::Timer;
use super::{Connection, Event, Offset, offset};
use crate::packet::tcp::{MAX_SACK_BLOCKS, Segment};
use crate::units::{MaybeTime, Time};

/// What the SACK blocks of one acknowledgment told.
#[derive(Debug, Clone, Copy, Default)]
struct Blocks {
    /// Something has arrived that was not known to.
    told: bool,
    /// Something has arrived twice (RFC 2883).
    repeated: bool,
}

impl Connection {
    /// Takes an acknowledgment up to `ack` that is not beyond what was sent.
    pub(super) fn take_ack(&mut self, now: Time, arrival: Arrival<'_>, ack: Offset) {
        let same_window = !self.update_window(arrival, ack);
        self.take_echo(arrival.segment, ack);
        let has_blocks = !arrival.segment.options.sack.as_slice().is_empty();
        if self.queue.in_flight() == 0 && !has_blocks {
            return;
        }
        self.start_control();
        let before = (self.recovery.arrived(&self.queue), self.queue.unacknowledged);
        let (phase, in_flight) = (self.recovery.phase, self.in_network());
        let in_use = self.window_in_use();
        let mut delivery = self.delivery(now, arrival.segment);
        let blocks = self.take_sack(arrival.segment, ack, &mut delivery);
        let rtt = self.advance(now, arrival.segment, ack, &mut delivery);
        let bytes = (self.queue.unacknowledged - before.1).cast_unsigned();
        let duplicate = bytes == 0 && self.is_duplicate(arrival, ack, same_window);
        let news = News {
            bytes,
            duplicate: bytes == 0 && blocks.told || duplicate,
            delivery,
            has_new_data: self.recovery.is_doubtful() && self.next_chunk().is_some(),
        };
        let may_grow = self.recover(now, &news, blocks.repeated);
        if self.recovery.phase == Phase::Recovery && phase != Phase::Recovery {
            self.on_reduction();
        }
        let delivered = self.recovery.arrived(&self.queue) - before.0;
        let told = Told {
            delivered: delivered.max(0).cast_unsigned(),
            in_flight,
            rtt,
            may_grow: may_grow && in_use,
        };
        self.give_feedback(now, arrival.segment, told);
        let repeats = bytes == 0 && ack == self.queue.unacknowledged;
        let bare = repeats && !blocks.told && same_window && arrival.start == arrival.end;
        self.account_for_probe(blocks.repeated, bare);
        self.recovery.pace(delivered, bytes > 0, &mut self.queue);
        if bytes > 0 {
            self.restart_retransmission(now);
            self.offer_room();
        }
    }

    /// Loss recovery makes of an acknowledgment what it can. Says whether the congestion window may
    /// grow by it.
    fn recover(&mut self, now: Time, news: &News, repeated: bool) -> bool {
        let outcome = self.recovery.on_ack(news, &mut parts!(self));
        if outcome.recovered {
            self.rack.on_recovered();
        }
        if self.detects_by_time() && self.detect_by_time(now, &news.delivery, repeated) {
            self.enter_recovery();
        }
        outcome.may_grow && self.recovery.phase != Phase::Recovery
    }

    /// A loss was found: begins fast recovery, unless a recovery is going on. Says whether it does.
    pub(super) fn enter_recovery(&mut self) -> bool {
        let begins = self.recovery.begin(&mut parts!(self));
        if begins {
            self.on_reduction();
        }
        begins
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

    /// SND.WND and SND.WL1. Says whether the window has changed. What has no other news may come late;
    /// so then, as in Linux (`tcp_may_update_window`), the window can only grow, or shut.
    fn update_window(&mut self, arrival: Arrival<'_>, ack: Offset) -> bool {
        let window = &mut self.window;
        let shift = self.agreed.window_scale.unwrap_or(0);
        let size = u32::from(arrival.segment.window) << shift;
        let newer = ack > self.queue.unacknowledged
            || window.updated_seq < arrival.start
            || (window.updated_seq == arrival.start && (size > window.size || size == 0));
        if ack < self.queue.unacknowledged || !newer {
            return false;
        }
        let changed = size != window.size;
        window.size = size;
        window.largest = window.largest.max(size);
        window.updated_seq = arrival.start;
        if changed && size > 0 {
            self.progress.persist_backoff = 0;
            self.progress.shut_since = MaybeTime::NONE;
            self.timers.stop(Timer::Persist);
        }
        changed
    }

    /// Takes the SACK blocks.
    fn take_sack(&mut self, segment: &Segment, ack: Offset, delivery: &mut Delivery) -> Blocks {
        let blocks = segment.options.sack.as_slice();
        if !self.agreed.sack || blocks.is_empty() {
            return Blocks::default();
        }
        let near = self.queue.unacknowledged;
        let mut ranges = [(0, 0); MAX_SACK_BLOCKS];
        for (range, block) in ranges.iter_mut().zip(blocks) {
            *range = (
                offset(self.opening.isn, near, block.start),
                offset(self.opening.isn, near, block.end),
            );
        }
        let ranges = &mut ranges[..blocks.len()];
        let repeated = self.take_repetition(ranges, ack);
        // A block of what was acknowledged long ago marks nothing.
        let next = self.queue.next;
        let mut count = 0;
        for index in 0..ranges.len() {
            let (start, end) = ranges[index];
            if start >= near && start < end && end <= next {
                ranges[count] = (start, end);
                count += 1;
            }
        }
        let told = self.queue.mark_sacked(&ranges[..count], delivery) > 0;
        Blocks { told, repeated }
    }

    /// RFC 2883 section 4: the first block tells of data that arrived twice if they are
    /// acknowledged or in the second block.
    fn take_repetition(&mut self, ranges: &[Range], ack: Offset) -> bool {
        let Some((start, end)) = ranges.first().copied().filter(|(start, end)| start < end) else {
            return false;
        };
        let within = |outer: &Range| outer.0 <= start && end <= outer.1;
        let repeated = start < ack || ranges.get(1).is_some_and(within);
        if repeated {
            self.recovery.on_repeated(end, (end - start).cast_unsigned());
        }
        repeated
    }

    /// SND.UNA moves on, if `ack` says so; and the round trip is measured, by SACK too.
    fn advance(
        &mut self,
        now: Time,
        segment: &Segment,
        ack: Offset,
        delivery: &mut Delivery,
    ) -> Option<Time> {
        let since = |sent: Time| now.saturating_sub(sent);
        let by_sack = delivery.first_once.map(since);
        let rtt = if ack > self.queue.unacknowledged {
            self.progress.stalled_since = MaybeTime::NONE;
            let acked = self.queue.acknowledge(ack, delivery);
            let by_ack = acked.sent_at.map(since).or(by_sack);
            by_ack.or_else(|| self.timestamp_rtt(now, segment))
        } else {
            by_sack
        };
        if let Some(rtt) = rtt {
            self.rtt.sample(&self.config, rtt);
        }
        rtt
    }

    /// Whether the congestion window is what limits (RFC 9293 section 3.8.2 by way of RFC 7661):
    /// in slow start, whether half of it was in use, as Linux has it.
    fn window_in_use(&self) -> bool {
        let most = self.progress.most_in_flight;
        let half_in_use = |control: &dyn CongestionControl| {
            control.in_slow_start() && control.window() < most.saturating_mul(2)
        };
        self.progress.window_limited || self.ask_control(half_in_use)
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
        self.grow_send_buffer();
        let capacity = self.queue.capacity;
        if self.wants_room && capacity - self.queue.buffered().min(capacity) >= capacity.div_ceil(3)
        {
            self.wants_room = false;
            self.events.push(Event::Writable);
        }
    }
}
