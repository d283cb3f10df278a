//! Tail loss probes (RFC 8985 section 7): if the end of a flight is lost, no duplicates tell of it;
//! so one segment is sent before the retransmission timer would run out. Only with SACK.
//!
//! Not modelled: RACK, the other half of the RFC: the answer to a probe tells of losses by the
//! duplicate threshold only.

use super::recovery::{Parts, Phase};
use super::timers::Timer;
use super::{Connection, Offset};
use crate::packet::tcp::Segment;
use crate::units::Time;

/// A probe that went out and is not accounted for yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct TailProbe {
    /// TLP.end_seq: SND.NXT after it.
    end: Offset,
    /// It was old data sent again.
    repeated: bool,
}

impl Connection {
    /// How long to wait for an acknowledgment before probing, if a probe is possible (RFC 8985
    /// section 7.2, with the margins of Linux).
    pub(super) fn probe_timeout(&self) -> Option<Time> {
        let quiet = self.recovery.phase == Phase::Open && self.queue.sacked() == 0;
        let allowed = self.config.tail_loss_probe && self.agreed.sack && self.tail_probe.is_none();
        let smoothed = self.rtt.smoothed().filter(|_| quiet && allowed)?;
        // A lone segment may meet a delayed acknowledgment.
        let lone = self.queue.flight.len() == 1;
        let margin = if lone { self.config.rto_min } else { self.config.clock.saturating_mul(2) };
        Some(smoothed.saturating_mul(2).saturating_add(margin))
    }

    pub(super) const fn on_tail_probe_timeout(&mut self) {
        self.pending.tail_probe = self.queue.in_flight() > 0;
    }

    /// The probe: new data if the window takes any, or else the last segment again.
    pub(super) fn send_tail_probe(&mut self, now: Time) -> Option<Segment> {
        let last = self.queue.flight.len().checked_sub(1)?;
        let fresh = self.new_data_beyond_window(now);
        let repeated = fresh.is_none();
        let segment = fresh.unwrap_or_else(|| self.send_again(now, last));
        self.tail_probe = Some(TailProbe { end: self.queue.next, repeated });
        self.restart_retransmission(now);
        Some(segment)
    }

    /// An acknowledgment came. If the probe repaired a loss, the window comes down for it once
    /// (RFC 8985 section 7.4.2); a duplicate report says that there was none.
    pub(super) fn account_for_probe(&mut self, duplicate_reported: bool) {
        let Some(probe) = self.tail_probe else { return };
        let acknowledged = self.queue.unacknowledged;
        if acknowledged < probe.end {
            return;
        }
        if !probe.repeated || duplicate_reported {
            self.tail_probe = None;
        } else if acknowledged > probe.end {
            self.tail_probe = None;
            let mut parts = Parts {
                queue: &mut self.queue,
                congestion: &mut *self.congestion,
                config: &self.config,
            };
            self.recovery.on_repaired(&mut parts);
        }
    }

    /// RFC 6298 (5.1) to (5.3): runs the retransmission timer, or in its place the one of the
    /// probe, while anything is in flight.
    pub(super) fn restart_retransmission(&mut self, now: Time) {
        self.timers.stop(Timer::Retransmit);
        self.timers.stop(Timer::TailProbe);
        if self.queue.in_flight() == 0 {
            return;
        }
        let timeout = self.rtt.timeout(&self.config);
        let (timer, wait) = match self.probe_timeout() {
            Some(probe) => (Timer::TailProbe, probe.min(timeout)),
            None => (Timer::Retransmit, timeout),
        };
        self.timers.set(timer, now.saturating_add(wait));
    }
}
