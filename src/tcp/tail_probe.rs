//! Tail loss probes (RFC 8985 section 7): if the end of a flight is lost, no duplicates tell of it;
//! so one segment is sent before the retransmission timer would run out. Only with SACK.
//! The other half of the RFC is in `rack`.

use super::flow::Chunk;
use super::recovery::{Phase, parts};
use super::timers::Timer;
use super::transmit::Departure;
use super::{Connection, NOWHERE};
use crate::packet::tcp::Purpose;
use crate::units::Time;

impl Connection {
    /// How long to wait for an acknowledgment before probing, if a probe is possible (RFC 8985
    /// section 7.2, with the margins of Linux).
    pub(super) fn probe_timeout(&self) -> Option<Time> {
        let quiet =
            matches!(self.recovery.phase, Phase::Open | Phase::Reduced) && self.queue.sacked() == 0;
        let allowed = self.config.tail_loss_probe && self.agreed.sack && self.tail_probe == NOWHERE;
        if !quiet || !allowed {
            return None;
        }
        // A lone segment may meet a delayed acknowledgment.
        let lone = self.queue.flight.len() == 1;
        let margin = if lone { self.config.rto_min } else { self.config.clock.saturating_mul(2) };
        let twice = |rtt: Time| rtt.saturating_mul(2).saturating_add(margin);
        Some(self.rtt.smoothed().map_or(self.config.rto_initial, twice))
    }

    /// New data went out: the probe waits for their acknowledgment, but no longer than the
    /// retransmission timer would.
    pub(super) fn postpone_probe(&mut self, now: Time) {
        let Some((first, wait)) = self.queue.flight.front().zip(self.probe_timeout()) else {
            return self.restart_retransmission(now);
        };
        let timeout = first.sent_at.saturating_add(self.rtt.timeout(&self.config));
        let due = now.saturating_add(wait).min(timeout).max(now);
        self.timers.set(Timer::TailProbe, due);
    }

    pub(super) const fn on_tail_probe_timeout(&mut self) {
        self.pending.tail_probe = self.queue.in_flight() > 0;
    }

    /// New data for the probe: as much as the other end takes, whatever Nagle says.
    fn chunk_to_probe(&self) -> Option<Chunk> {
        if !self.state.can_transmit() {
            return None;
        }
        let (unsent, room) = (self.queue.unsent(), self.window_room());
        let bytes = unsent.min(room).min(self.largest_chunk());
        let fin = bytes == unsent && self.queue.fin_waits() && room > bytes;
        (bytes > 0 || fin).then_some(Chunk { bytes, fin })
    }

    /// The probe: new data if the window takes any, or else the last segment again.
    pub(super) fn send_tail_probe(&mut self, now: Time) -> Option<Departure> {
        let last = self.queue.flight.len().checked_sub(1)?;
        let window = self.congestion_window();
        let fresh = self.chunk_to_probe().map(|chunk| self.send_new(now, chunk, window));
        let repeated = fresh.is_none();
        let departure = fresh.unwrap_or_else(|| self.send_again(now, last));
        self.tail_probe = self.queue.next;
        self.progress.probe_repeated = repeated;
        self.restart_retransmission(now);
        Some(departure.for_purpose(Purpose::TailLossProbe))
    }

    /// An acknowledgment came. If the probe repaired a loss, the window comes down for it once
    /// (RFC 8985 section 7.4.2). A D-SACK says that there was no loss, and so does a bare duplicate.
    pub(super) fn account_for_probe(&mut self, repeated: bool, bare_duplicate: bool) {
        let (end, acknowledged) = (self.tail_probe, self.queue.unacknowledged);
        if acknowledged < end {
            return;
        }
        if !self.progress.probe_repeated || repeated || (bare_duplicate && acknowledged == end) {
            self.tail_probe = NOWHERE;
        } else if acknowledged > end {
            self.recovery.on_repaired(&mut parts!(self));
            self.on_reduction();
        }
    }

    /// The window comes down: the other end is told of it, and what a probe may have repaired is
    /// accounted for (`tcp_init_cwnd_reduction` of Linux).
    pub(super) const fn on_reduction(&mut self) {
        self.ecn.on_reduction();
        self.tail_probe = NOWHERE;
    }

    /// No probe is sent any more: what is missing is known.
    pub(super) fn wait_without_probe(&mut self, now: Time) {
        if self.timers.is_set(Timer::TailProbe) {
            self.restart_retransmission(now);
        }
    }

    /// RFC 6298 (5.1) to (5.3): runs the retransmission timer, or in its place the one of the
    /// probe, while anything is in flight.
    pub(super) fn restart_retransmission(&mut self, now: Time) {
        self.timers.stop(Timer::Retransmit);
        self.timers.stop(Timer::TailProbe);
        if self.queue.in_flight() == 0 {
            self.timers.stop(Timer::Reorder);
            return;
        }
        let timeout = self.rtt.timeout(&self.config);
        let (timer, wait) = match self.probe_timeout() {
            Some(probe) => (Timer::TailProbe, probe.min(timeout)),
            None => (Timer::Retransmit, timeout),
        };
        self.timers.set(timer, now.saturating_add(wait));
        if let Some(since) = self.progress.stalled_since.get() {
            self.hurry_for_user(now, timer, since);
        }
    }
}
