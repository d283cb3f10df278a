//! What a loss does to a connection: fast retransmit and fast recovery (RFC 5681 section 3.2),
//! NewReno's partial acknowledgments (RFC 6582), limited transmit (RFC 3042) and the way back from
//! a timeout.
//!
//! One rule sends in all phases: as long as what is in the network fits into the window, lost
//! segments first. With SACK the scoreboard knows what is in the network (RFC 6675). Without it,
//! each duplicate acknowledgment counts for one segment that has left, as in Linux; this is what
//! "inflating the window" comes to, and it gives limited transmit too. Losses are told by time if
//! RACK is on (`rack`), by the duplicate threshold if not.
//!
//! What follows a timeout is in `after_timeout`; recoveries that prove wrong are undone (`undo`).

mod after_timeout;

use super::Offset;
use super::config::Config;
use super::congestion::CongestionControl;
use super::prr::ProportionalRate;
use super::rack::Delivery;
use super::send_queue::SendQueue;
use super::undo::Undo;
use crate::units::Time;

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// No loss is known of.
    Open,
    /// Marks told of congestion: the window comes down, and nothing is lost (CWR of Linux).
    Reduced,
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
    rate: Option<Box<ProportionalRate>>,
    /// What it would take to undo the last recovery.
    undo: Option<Box<Undo>>,
    /// The timer has run out, and nothing was acknowledged since.
    stalled: bool,
    /// F-RTO looks whether the timeout was needless.
    doubtful: bool,
    /// F-RTO: new data go out, and nothing is sent again, until the next acknowledgment.
    new_only: bool,
    sack: bool,
    /// Below 2^16 \[bytes\].
    mss: u32,
}

/// What one acknowledgment told.
#[derive(Debug, Clone, Copy)]
pub(super) struct News {
    /// Newly acknowledged \[bytes\].
    pub(super) bytes: u64,
    /// It is a duplicate, or its SACK blocks told of later data.
    pub(super) duplicate: bool,
    /// What has arrived.
    pub(super) delivery: Delivery,
    /// New data could be sent.
    pub(super) has_new_data: bool,
}

impl News {
    const fn advanced(&self) -> bool {
        self.bytes > 0
    }
}

/// What recovery has made of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The window may grow by what was acknowledged.
    pub(super) may_grow: bool,
    /// A recovery has ended, and was not undone.
    pub(super) recovered: bool,
}

/// What recovery works on.
pub(super) struct Parts<'a> {
    pub(super) queue: &'a mut SendQueue,
    pub(super) congestion: &'a mut dyn CongestionControl,
    pub(super) config: &'a Config,
}

/// Those of a connection, without borrowing the rest of it.
macro_rules! parts {
    ($connection:ident) => {
        $crate::tcp::recovery::Parts {
            queue: &mut $connection.queue,
            congestion: $connection
                .congestion
                .as_deref_mut()
                .expect("congestion control begins before anything is sent"),
            config: &$connection.config,
        }
    };
}
pub(super) use parts;

impl Parts<'_> {
    fn by_time(&self, sack: bool) -> bool {
        sack && self.config.rack
    }

    fn to_halve(&self) -> u64 {
        let flight = self.queue.in_flight();
        let window = self.congestion.window();
        if self.config.halve_window && window != u64::MAX { window } else { flight }
    }
}

impl Recovery {
    pub(super) const fn new(mss: u64, sack: bool) -> Self {
        Self {
            phase: Phase::Open,
            recover: 0,
            duplicates: 0,
            force: false,
            rate: None,
            undo: None,
            stalled: false,
            doubtful: false,
            new_only: false,
            sack,
            mss: mss as u32,
        }
    }

    /// Bytes that duplicate acknowledgments tell to have left the network.
    pub(super) const fn left_network(&self) -> u64 {
        if self.sack { 0 } else { self.duplicates as u64 * self.mss as u64 }
    }

    /// How much may be in the network.
    pub(super) fn window(&self, congestion: &dyn CongestionControl) -> u64 {
        self.rate.as_ref().map_or_else(|| congestion.window(), |rate| rate.window())
    }

    /// What is known to have arrived, counted from an arbitrary start \[bytes\].
    pub(super) const fn arrived(&self, queue: &SendQueue) -> i64 {
        queue.unacknowledged + (queue.sacked() + self.left_network()).cast_signed()
    }

    /// An acknowledgment was dealt with; `delivered` is by how much [`arrived`](Self::arrived)
    /// has grown.
    pub(super) fn pace(&mut self, delivered: i64, advanced: bool, queue: &mut SendQueue) {
        let pipe = queue.pipe().saturating_sub(self.left_network());
        if let Some(rate) = self.rate.as_mut() {
            let safe = !queue.take_found_loss() && advanced;
            rate.on_ack(delivered.max(0).cast_unsigned(), pipe, self.mss.into(), safe);
        }
    }

    /// Recovery has begun by a timer, not by an acknowledgment: it counts for one segment
    /// (`tcp_rack_reo_timeout` of Linux).
    pub(super) fn pace_by_timer(&mut self, queue: &mut SendQueue) {
        self.pace(self.mss.into(), false, queue);
    }

    /// `bytes` went out.
    pub(super) fn on_sent(&mut self, bytes: u64) {
        if let Some(rate) = self.rate.as_mut() {
            rate.on_sent(bytes);
        }
    }

    /// A segment was sent again.
    pub(super) fn on_resent(&mut self, now: Time) {
        if let Some(undo) = self.undo.as_mut() {
            undo.on_resent(now);
        }
    }

    /// `bytes` before `end` arrived twice (RFC 2883).
    pub(super) fn on_repeated(&mut self, end: Offset, bytes: u64) {
        let segments = u32::try_from(bytes.div_ceil(self.mss.into())).unwrap_or(u32::MAX);
        if let Some(undo) = self.undo.as_mut() {
            undo.on_repeated(end, segments);
        }
    }

    /// An acknowledgment has come.
    pub(super) fn on_ack(&mut self, news: &News, parts: &mut Parts<'_>) -> Outcome {
        self.stalled &= !news.advanced();
        self.new_only = false;
        match self.phase {
            Phase::Open | Phase::Reduced => self.in_order(news, parts),
            Phase::Recovery => self.in_recovery(news, parts),
            Phase::Loss => self.in_loss(news, parts),
        }
    }

    fn in_order(&mut self, news: &News, parts: &mut Parts<'_>) -> Outcome {
        if self.is_needless() {
            // The last D-SACK came late.
            self.restore(parts);
        }
        // What carries CWR has to be acknowledged too.
        if self.phase == Phase::Reduced && parts.queue.unacknowledged > self.recover {
            self.reopen();
            parts.congestion.on_recovered();
            return Outcome::default();
        }
        if news.advanced() {
            self.duplicates = 0;
        } else if news.duplicate {
            self.count_duplicate(parts);
        }
        Outcome { may_grow: news.advanced() && self.phase == Phase::Open, recovered: false }
    }

    fn in_recovery(&mut self, news: &News, parts: &mut Parts<'_>) -> Outcome {
        let delayed = news.advanced() && self.is_answer_to_original(news);
        let needless = self.is_needless();
        if news.advanced() && parts.queue.unacknowledged == self.recover && !self.sack {
            // Without SACK, old duplicates could look like a new loss: as in Linux, recovery lasts
            // until something later is acknowledged.
            self.duplicates = 0;
            if delayed || needless {
                self.restore(parts);
                self.rate = None;
            }
            return Outcome::default();
        }
        if news.advanced() && parts.queue.unacknowledged >= self.recover {
            let undone = (delayed || needless) && self.restore(parts);
            self.reopen();
            if !undone {
                parts.congestion.on_recovered();
            }
            return Outcome { may_grow: false, recovered: !undone };
        }
        // What was sent again already may still tell of the others.
        let all_answered = parts.queue.resent_bytes() == 0;
        if needless || (delayed && all_answered) {
            parts.queue.forget_losses();
            self.restore(parts);
            self.reopen();
        } else if news.advanced() && !delayed {
            self.partial(news.bytes, parts);
        } else if news.duplicate {
            self.count_duplicate(parts);
        }
        Outcome::default()
    }

    fn is_answer_to_original(&self, news: &News) -> bool {
        self.undo.as_ref().is_some_and(|undo| undo.is_answer_to_original(&news.delivery))
    }

    fn is_needless(&self) -> bool {
        self.undo.as_ref().is_some_and(|undo| undo.was_needless())
    }

    /// A duplicate acknowledgment, or one with news of later data.
    fn count_duplicate(&mut self, parts: &mut Parts<'_>) {
        if parts.by_time(self.sack) {
            return;
        }
        self.duplicates = self.duplicates.saturating_add(1);
        let threshold = parts.config.duplicate_threshold;
        let overtaken = self.sack && parts.queue.mark_overtaken(threshold, self.mss.into());
        let enough = overtaken || self.duplicates >= threshold;
        // RFC 6582 section 3.2 (2): not for duplicates of what was sent before the last loss.
        let fresh =
            self.sack || self.phase == Phase::Reduced || parts.queue.unacknowledged > self.recover;
        if self.phase != Phase::Recovery && enough && fresh {
            parts.queue.mark_first_lost();
            self.begin(parts);
        }
    }

    /// A loss was found: fast recovery begins, unless a recovery is going on already. Says whether
    /// it does.
    pub(super) fn begin(&mut self, parts: &mut Parts<'_>) -> bool {
        if matches!(self.phase, Phase::Recovery | Phase::Loss) {
            return false;
        }
        let reduced = self.phase == Phase::Reduced;
        self.phase = Phase::Recovery;
        self.recover = parts.queue.next;
        self.prepare_undo(!reduced, parts);
        // Once per window, be it for marks or for losses (RFC 3168 section 6.1.2).
        if !reduced {
            let flight = parts.to_halve();
            parts.congestion.on_loss(flight);
            self.come_down(flight, parts);
        }
        self.force = true;
        true
    }

    /// Notes what the window is. If it came down for a congestion mark, that stays.
    fn prepare_undo(&mut self, with_window: bool, parts: &Parts<'_>) {
        let window = with_window.then(|| parts.congestion.window());
        let threshold = parts.congestion.threshold();
        let since = parts.queue.unacknowledged;
        self.undo = parts.config.undo.then(|| Box::new(Undo::new(since, window, threshold)));
    }

    /// Undoes what the recovery has taken from the window. Says whether there was anything to.
    fn restore(&mut self, parts: &mut Parts<'_>) -> bool {
        let undo = self.undo.take();
        let Some(undo) = undo else { return false };
        if let Some(window) = undo.window {
            parts.congestion.on_undo(window, undo.threshold);
        }
        true
    }

    /// Sends in proportion until the window is down from `flight`.
    fn come_down(&mut self, flight: u64, parts: &Parts<'_>) {
        let target = parts.congestion.window();
        let paced = parts.config.prr && target < flight;
        self.rate = paced.then(|| Box::new(ProportionalRate::new(flight, target)));
    }

    /// The other end echoes a mark of congestion (RFC 3168 section 6.1.2). Says whether the window
    /// comes down for it.
    pub(super) fn on_echo(&mut self, parts: &mut Parts<'_>) -> bool {
        if self.phase != Phase::Open {
            return false;
        }
        self.undo = None;
        self.phase = Phase::Reduced;
        self.recover = parts.queue.next;
        parts.queue.take_found_loss();
        let flight = parts.to_halve();
        parts.congestion.on_echo(flight);
        self.come_down(flight, parts);
        true
    }

    /// A tail loss probe has repaired a loss.
    pub(super) fn on_repaired(&self, parts: &mut Parts<'_>) {
        if self.phase == Phase::Open {
            let flight = parts.to_halve();
            parts.congestion.on_loss(flight);
        }
    }

    /// Segments are no longer than this from now on \[bytes\].
    pub(super) const fn set_segment_size(&mut self, mss: u64) {
        self.mss = mss as u32;
    }

    /// RFC 6582 section 3.2 (3): the next hole is lost too, and is filled at once. With SACK, it
    /// is so if it has not been filled yet (RFC 6675 NextSeg (3)).
    fn partial(&mut self, bytes: u64, parts: &mut Parts<'_>) {
        if parts.by_time(self.sack) {
            return;
        }
        if self.sack {
            parts.queue.mark_overtaken(parts.config.duplicate_threshold, self.mss.into());
            if parts.queue.flight.front().is_some_and(|first| !first.resent) {
                parts.queue.mark_first_lost();
            }
            return;
        }
        let arrived = u32::try_from(bytes / u64::from(self.mss)).unwrap_or(u32::MAX);
        self.duplicates = self.duplicates.saturating_sub(arrived.saturating_sub(1));
        parts.queue.mark_first_lost();
        self.force = true;
    }

    fn reopen(&mut self) {
        self.phase = Phase::Open;
        self.rate = None;
        self.duplicates = 0;
        self.force = false;
        self.doubtful = false;
        self.new_only = false;
    }
}
