//! Losses told by time: what was sent before something that has arrived, by more than a reordering
//! window, is lost (RACK: RFC 8985 sections 5 and 6). Only with SACK.
//!
//! Not modelled: the least round trip is that of the whole connection; Linux forgets it after five
//! minutes.

use super::recovery::Phase;
use super::scoreboard::Cutoff;
use super::send_queue::Sent;
use super::timers::Timer;
use super::{Connection, NOWHERE, Offset};
use crate::packet::tcp::Segment;
use crate::units::{MaybeTime, Time};

/// For how many recoveries a wider reordering window lasts (RFC 8985 section 6.2 step 4).
const PERSISTENCE: u8 = 16;
/// Timers are set so many clock ticks late, lest they run out early (`TCP_TIMEOUT_MIN`).
pub(super) const MARGIN_TICKS: u64 = 2;

/// What one acknowledgment tells to have arrived, cumulatively or by its SACK blocks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Delivery {
    now: Time,
    /// Retransmissions that took no longer than this are not what arrived.
    least_rtt: Time,
    /// Nor are those that were sent at this time or later: the timestamp echoes an earlier one.
    pub(super) echoed: Option<Time>,
    /// RACK.fack before this acknowledgment.
    forward: Offset,
    /// When the latest sent of the segments was sent, and its end.
    latest: Option<(Time, Offset)>,
    /// When the first and the last of those were sent that were sent only once.
    pub(super) first_once: Option<Time>,
    last_once: Option<Time>,
    /// The least end of a segment that was sent only once.
    original: Option<Offset>,
    /// One of them was sent again.
    resent: bool,
    /// One of them was overtaken.
    reordered: bool,
}

impl Delivery {
    /// Takes a segment that was not known to have arrived.
    pub(super) fn note(&mut self, sent: &Sent) {
        if sent.once {
            self.first_once = self.first_once.or(Some(sent.sent_at));
            self.last_once = self.last_once.max(Some(sent.sent_at));
            self.original = Some(self.original.map_or(sent.end, |end| end.min(sent.end)));
            self.reordered |= sent.end < self.forward;
        } else {
            self.resent = true;
            if self.is_ambiguous(sent.sent_at) {
                return;
            }
        }
        // Not by `max`: a value chosen by its address is read back before it is written.
        let this = (sent.sent_at, sent.end);
        if self.latest.is_none_or(|latest| this > latest) {
            self.latest = Some(this);
        }
    }

    /// Whether something from before `upto` has arrived that was never sent again (RFC 5682
    /// section 3.1 (3b)). Without SACK, what was sent again may have closed a gap before the rest.
    pub(super) fn confirms_originals(&self, upto: Offset, sack: bool) -> bool {
        (sack || !self.resent) && self.original.is_some_and(|end| end <= upto)
    }

    /// RFC 8985 section 6.2 step 2: whether rather an earlier copy of a segment arrived than the
    /// one sent at `sent`. A lone segment is never slower than the least round trip of Linux,
    /// where that is a burst's; so an equal time counts as too short.
    fn is_ambiguous(&self, sent: Time) -> bool {
        self.now.saturating_sub(sent) <= self.least_rtt
            || self.echoed.is_some_and(|echoed| sent >= echoed)
    }
}

/// What RACK knows of a connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Rack {
    /// RACK.xmit_ts and RACK.end_seq.
    latest: (Time, Offset),
    /// RACK.rtt.
    rtt: Time,
    /// RACK.min_RTT.
    least_rtt: MaybeTime,
    /// RACK.dsack_round; zero, and so long past, before the first.
    dsack_round: Offset,
    /// RACK.reordering_seen.
    reordering_seen: bool,
    /// RACK.reo_wnd_mult less one.
    widened: u8,
    /// RACK.reo_wnd_persist.
    persist: u8,
}

impl Rack {
    /// Step 1: a round trip of a segment that was sent only once.
    pub(super) fn note_rtt(&mut self, rtt: Time) {
        self.least_rtt = MaybeTime::some(self.least_rtt.or_never().min(rtt));
    }

    /// Steps 1 to 3. Says whether anything was learnt.
    fn learn(&mut self, delivery: &Delivery) -> bool {
        if let Some(sent) = delivery.last_once {
            self.note_rtt(delivery.now.saturating_sub(sent));
        }
        self.reordering_seen |= delivery.reordered;
        let Some(latest) = delivery.latest else { return false };
        self.rtt = delivery.now.saturating_sub(latest.0);
        self.latest = self.latest.max(latest);
        true
    }

    /// Step 4: a D-SACK says that the window was too small; once per round trip.
    fn widen(&mut self, unacknowledged: Offset, next: Offset) {
        if unacknowledged >= self.dsack_round {
            self.dsack_round = next;
            self.widened = self.widened.saturating_add(1);
            self.persist = PERSISTENCE;
        }
    }

    /// What was sent after this may still arrive in time.
    pub(super) fn still_on_the_way(&self, now: Time) -> Time {
        now.saturating_sub(self.rtt)
    }

    /// A recovery has ended without being undone.
    pub(super) const fn on_recovered(&mut self) {
        self.persist = self.persist.saturating_sub(1);
        if self.persist == 0 {
            self.widened = 0;
        }
    }

    /// Step 4: RACK.reo_wnd. `sure` says that recovery is going on or has to begin.
    fn reordering_window(&self, smoothed: Option<Time>, sure: bool) -> Time {
        if sure && !self.reordering_seen {
            return Time::ZERO;
        }
        let quarter = self.least_rtt.get().unwrap_or(Time::ZERO).as_ps() / 4;
        let window = Time::from_ps(quarter).saturating_mul(1 + u64::from(self.widened));
        window.min(smoothed.unwrap_or(Time::ZERO))
    }
}

impl Connection {
    /// An empty list of what `segment` tells to have arrived.
    pub(super) fn delivery(&self, now: Time, segment: &Segment) -> Delivery {
        let stamps = segment.options.timestamps.filter(|_| self.agreed.timestamps);
        let echoed = stamps.filter(|stamps| stamps.echo != 0).map(|stamps| {
            let age = self.timestamp(now).wrapping_sub(stamps.echo);
            Time::from_ms((now.as_ns() / 1_000_000 + 1).saturating_sub(u64::from(age)))
        });
        Delivery {
            now,
            least_rtt: self.rack.least_rtt.get().unwrap_or(Time::ZERO),
            echoed,
            forward: self.queue.forward(),
            ..Delivery::default()
        }
    }

    /// Whether losses are told by time.
    pub(super) fn detects_by_time(&self) -> bool {
        self.config.rack && self.agreed.sack
    }

    /// Takes what an acknowledgment told of; says whether a segment was found lost. `repeated`
    /// says that it carried a D-SACK.
    pub(super) fn detect_by_time(
        &mut self,
        now: Time,
        delivery: &Delivery,
        repeated: bool,
    ) -> bool {
        let learnt = self.rack.learn(delivery);
        // As in Linux, only what reordering may have caused counts: that has to have been seen, and
        // a probe is sent by a timer.
        if repeated && self.rack.reordering_seen && self.tail_probe == NOWHERE {
            self.rack.widen(self.queue.unacknowledged, self.queue.next);
        }
        learnt && self.mark_late(now)
    }

    /// Step 5.
    fn mark_late(&mut self, now: Time) -> bool {
        let threshold = self.config.duplicate_threshold;
        let recovering = matches!(self.recovery.phase, Phase::Recovery | Phase::Loss);
        let sure = recovering || self.queue.sacked_segments() >= threshold;
        let window = self.rack.reordering_window(self.rtt.smoothed(), sure);
        let patience = self.rack.rtt.saturating_add(window);
        let cutoff = Cutoff {
            latest: self.rack.latest,
            sent: (now >= patience).then(|| now.saturating_sub(patience)),
        };
        let late = self.queue.mark_late(cutoff);
        if late.pending {
            // All that may still be found lost was sent before the latest that arrived.
            let due = self.rack.latest.0.saturating_add(patience).max(now);
            let margin = self.config.clock.saturating_mul(MARGIN_TICKS);
            self.timers.set(Timer::Reorder, due.saturating_add(margin));
            self.wait_without_probe(now);
        } else {
            self.timers.stop(Timer::Reorder);
        }
        late.lost
    }

    /// The reordering timer has run out (RFC 8985 section 6.3).
    pub(super) fn on_reorder_timeout(&mut self, now: Time) {
        if self.mark_late(now) {
            if self.enter_recovery() {
                self.recovery.pace_by_timer(&mut self.queue);
            } else {
                // The next acknowledgment answers for its own losses only (`tcp_ack` of Linux).
                self.queue.take_found_loss();
            }
            self.restart_retransmission(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::packet::ipv4::Ecn;
    use crate::packet::tcp::{Flags, SackBlock, SeqNum};
    use crate::tcp::Opening;
    use crate::tcp::config::Config;

    fn opening(local_port: u16, remote_port: u16) -> Opening {
        let isn = SeqNum::new(u32::from(local_port));
        Opening { local_port, remote_port, mss: 1460, isn, timestamp_offset: 7 }
    }

    /// A sender with ten segments in flight, and the acknowledgment of none of them.
    fn sender() -> (Connection, Segment) {
        let config = Arc::new(Config::linux());
        let mut client = Connection::connect(Arc::clone(&config), opening(1, 2));
        let syn = client.poll_transmit(Time::ZERO).expect("a SYN").segment;
        let mut server = Connection::accept(config, opening(2, 1), Time::ZERO, &syn);
        let answer = server.poll_transmit(Time::ZERO).expect("a SYN-ACK").segment;
        let now = Time::from_ms(40);
        client.handle_segment(now, &answer, Ecn::NotEct);
        client.send(14_480).expect("room");
        while client.poll_transmit(now).is_some() {}
        let options = crate::packet::tcp::Options { mss: None, ..answer.options };
        let seq = answer.seq.wrapping_add(1);
        (client, Segment { seq, flags: Flags::ACK, options, window: 500, ..answer })
    }

    /// The first segment has arrived twice, says a D-SACK.
    fn repeat(sender: &mut Connection, bare: &Segment) -> u8 {
        let (start, end) = (bare.ack, bare.ack.wrapping_add(1448));
        let mut told = Segment { ack: end, ..*bare };
        told.options.sack.push(SackBlock { start, end });
        sender.handle_segment(Time::from_ms(80), &told, Ecn::NotEct);
        sender.rack.widened
    }

    #[test]
    fn a_duplicate_widens_the_window_if_reordering_may_have_caused_it() {
        let (mut client, bare) = sender();
        assert_eq!(repeat(&mut client, &bare), 0);
        client.rack.reordering_seen = true;
        assert_eq!(repeat(&mut client, &bare), 1);
        // Once in a round trip.
        assert_eq!(repeat(&mut client, &bare), 1);
        // A probe is sent by a timer.
        let (mut client, bare) = sender();
        client.rack.reordering_seen = true;
        client.tail_probe = client.queue.next;
        assert_eq!(repeat(&mut client, &bare), 0);
    }
}
