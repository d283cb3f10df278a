//! What a loss does to a connection: fast retransmit and fast recovery (RFC 5681 section 3.2),
//! NewReno's partial acknowledgments (RFC 6582), limited transmit (RFC 3042) and the way back from
//! a timeout.
//!
//! One rule sends in all phases: as long as what is in the network fits into the window, lost
//! segments first. With SACK the scoreboard knows what is in the network (RFC 6675). Without it,
//! each duplicate acknowledgment counts for one segment that has left, as in Linux; this is what
//! "inflating the window" comes to, and it gives limited transmit too.
//!
//! Not modelled: RACK (RFC 8985), F-RTO (RFC 5682).

use super::Offset;
use super::config::Config;
use super::congestion::CongestionControl;
use super::prr::ProportionalRate;
use super::send_queue::SendQueue;

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// No loss is known of.
    Open,
    /// Duplicates told of a loss: fast recovery.
    Recovery,
    /// The retransmission timer has run out.
    Loss,
}

/// The state of loss recovery.
#[derive(Debug, Clone)]
pub(super) struct Recovery {
    pub(super) phase: Phase,
    /// SND.NXT when the loss was found: recovery ends when all before it is acknowledged.
    recover: Offset,
    duplicates: u32,
    /// The first retransmission goes out whatever the window says (RFC 6675 section 5 (4.3)).
    pub(super) force: bool,
    /// How fast recovery sends, if not by the window alone.
    rate: Option<ProportionalRate>,
    sack: bool,
    mss: u64,
}

/// What recovery works on.
pub(super) struct Parts<'a> {
    pub(super) queue: &'a mut SendQueue,
    pub(super) congestion: &'a mut dyn CongestionControl,
    pub(super) config: &'a Config,
}

impl Parts<'_> {
    fn to_halve(&self) -> u64 {
        let flight = self.queue.in_flight();
        let window = self.congestion.window();
        if self.config.halve_window && window != u64::MAX { window } else { flight }
    }
}

impl Recovery {
    pub(super) const fn new(mss: u64, sack: bool) -> Self {
        Self { phase: Phase::Open, recover: 0, duplicates: 0, force: false, rate: None, sack, mss }
    }

    /// Bytes that duplicate acknowledgments tell to have left the network.
    pub(super) const fn left_network(&self) -> u64 {
        if self.sack { 0 } else { self.duplicates as u64 * self.mss }
    }

    /// How much may be in the network.
    pub(super) fn window(&self, congestion: &dyn CongestionControl) -> u64 {
        self.rate.as_ref().map_or_else(|| congestion.window(), ProportionalRate::window)
    }

    /// What is known to have arrived, counted from an arbitrary start \[bytes\].
    pub(super) const fn arrived(&self, queue: &SendQueue) -> i64 {
        queue.unacknowledged + (queue.sacked() + self.left_network()).cast_signed()
    }

    /// An acknowledgment was dealt with; `delivered` is by how much [`arrived`](Self::arrived)
    /// has grown.
    pub(super) fn pace(&mut self, delivered: i64, advanced: bool, queue: &SendQueue) {
        let pipe = queue.pipe().saturating_sub(self.left_network());
        if let Some(rate) = self.rate.as_mut() {
            rate.on_ack(delivered.max(0).cast_unsigned(), pipe, self.mss, advanced);
        }
    }

    /// `bytes` went out.
    pub(super) const fn on_sent(&mut self, bytes: u64) {
        if let Some(rate) = self.rate.as_mut() {
            rate.on_sent(bytes);
        }
    }

    /// A duplicate acknowledgment, or one with news of later data.
    pub(super) fn on_duplicate(&mut self, parts: &mut Parts<'_>) {
        if self.phase == Phase::Loss {
            return;
        }
        self.duplicates = self.duplicates.saturating_add(1);
        let threshold = parts.config.duplicate_threshold;
        let overtaken = self.sack && parts.queue.mark_overtaken(threshold, self.mss);
        let enough = overtaken || self.duplicates >= threshold;
        // RFC 6582 section 3.2 (2): not for duplicates of what was sent before the last loss.
        let fresh = self.sack || parts.queue.unacknowledged > self.recover;
        if self.phase == Phase::Open && enough && fresh {
            self.phase = Phase::Recovery;
            self.recover = parts.queue.next;
            let flight = parts.to_halve();
            parts.queue.mark_first_lost();
            parts.congestion.on_loss(flight);
            let target = parts.congestion.window();
            let paced = parts.config.prr && target < flight;
            self.rate = paced.then(|| ProportionalRate::new(flight, target));
            self.force = true;
        }
    }

    /// `bytes` more were acknowledged. Says whether the window may grow by them.
    pub(super) fn on_progress(&mut self, bytes: u64, parts: &mut Parts<'_>) -> bool {
        let complete = parts.queue.unacknowledged >= self.recover;
        match self.phase {
            Phase::Open => {
                self.duplicates = 0;
                true
            }
            Phase::Recovery if complete => {
                self.reopen();
                parts.congestion.on_recovered();
                false
            }
            Phase::Recovery => {
                self.partial(bytes, parts);
                false
            }
            Phase::Loss => {
                if complete {
                    self.reopen();
                }
                true
            }
        }
    }

    /// A tail loss probe has repaired a loss.
    pub(super) fn on_repaired(&self, parts: &mut Parts<'_>) {
        if self.phase == Phase::Open {
            let flight = parts.to_halve();
            parts.congestion.on_loss(flight);
        }
    }

    /// The retransmission timer has run out.
    pub(super) fn on_timeout(&mut self, parts: &mut Parts<'_>) {
        let flight = (self.phase != Phase::Loss).then(|| parts.to_halve());
        parts.congestion.on_timeout(flight);
        parts.queue.mark_all_lost();
        self.phase = Phase::Loss;
        self.rate = None;
        self.recover = parts.queue.next;
        self.duplicates = 0;
        self.force = true;
    }

    /// RFC 6582 section 3.2 (3): the next hole is lost too, and is filled at once. With SACK, it
    /// is so if it has not been filled yet (RFC 6675 NextSeg (3)).
    fn partial(&mut self, bytes: u64, parts: &mut Parts<'_>) {
        if self.sack {
            parts.queue.mark_overtaken(parts.config.duplicate_threshold, self.mss);
            if parts.queue.flight.front().is_some_and(|first| !first.resent) {
                parts.queue.mark_first_lost();
            }
            return;
        }
        let arrived = u32::try_from(bytes / self.mss).unwrap_or(u32::MAX);
        self.duplicates = self.duplicates.saturating_sub(arrived.saturating_sub(1));
        parts.queue.mark_first_lost();
        self.force = true;
    }

    const fn reopen(&mut self) {
        self.phase = Phase::Open;
        self.rate = None;
        self.duplicates = 0;
        self.force = false;
    }
}
