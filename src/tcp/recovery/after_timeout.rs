//! After the retransmission timer has run out: all that is lost comes again in slow start, unless
//! the timeout proves needless. F-RTO (RFC 5682) first sends new data and looks what comes back.

use super::{News, Outcome, Parts, Phase, Recovery};
use crate::tcp::Offset;
use crate::units::Time;

impl Recovery {
    /// The retransmission timer has run out. What was sent after `recent` is not lost yet.
    pub(in crate::tcp) fn on_timeout(&mut self, recent: Option<Time>, parts: &mut Parts<'_>) {
        let recovering = matches!(self.phase, Phase::Recovery | Phase::Loss);
        // Once per window, or if there was progress since the last timeout (RFC 5681 section 3.1).
        let fresh = match self.phase {
            Phase::Open => true,
            Phase::Reduced | Phase::Recovery => parts.queue.unacknowledged >= self.recover,
            Phase::Loss => !self.stalled,
        };
        self.doubtful = parts.config.f_rto && (!recovering || self.stalled);
        if fresh {
            self.prepare_undo(true, parts);
        }
        let flight = fresh.then(|| parts.to_halve());
        parts.congestion.on_timeout(flight);
        parts.queue.mark_all_lost(recent);
        self.phase = Phase::Loss;
        self.rate = None;
        self.recover = parts.queue.next;
        self.duplicates = 0;
        self.stalled = true;
        self.new_only = false;
        self.force = true;
    }

    /// After a timeout. RFC 5682 sections 2.1 and 3.1 for F-RTO, in the order of Linux.
    pub(super) fn in_loss(&mut self, news: &News, parts: &mut Parts<'_>) -> Outcome {
        let complete = parts.queue.unacknowledged >= self.recover;
        let needless = self.is_needless();
        let delayed = needless || self.is_answer_to_original(news);
        let originals = news.delivery.confirms_originals(self.recover, self.sack);
        if (news.advanced() && delayed && self.undo.is_some()) || (self.doubtful && originals) {
            parts.queue.forget_losses();
            self.restore(parts);
            self.reopen();
            return Outcome { may_grow: news.advanced(), recovered: false };
        }
        if self.doubtful && parts.queue.next > self.recover {
            self.doubtful = !news.duplicate;
        } else if self.doubtful && news.advanced() && !complete {
            self.recover = parts.queue.next;
            self.new_only = news.has_new_data;
            self.doubtful = news.has_new_data;
        }
        if news.advanced() && complete {
            self.reopen();
        } else if news.duplicate && !self.sack && parts.queue.next > self.recover {
            self.duplicates = self.duplicates.saturating_add(1);
        }
        Outcome { may_grow: news.advanced(), recovered: complete }
    }

    /// Whether F-RTO still looks whether a timeout was needless.
    pub(in crate::tcp) const fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// Whether only new data may go out now.
    pub(in crate::tcp) const fn sends_only_new_data(&self) -> bool {
        self.new_only
    }

    /// F-RTO wanted to send new data, and none could be sent: the timeout is believed.
    pub(in crate::tcp) const fn believe_timeout_unless_tested(&mut self, next: Offset) {
        if next <= self.recover {
            self.new_only = false;
            self.doubtful = false;
        }
    }

    /// What was too large for the path comes again in smaller segments. That is no sign of
    /// congestion: the window stays (`tcp_simple_retransmit` of Linux).
    pub(in crate::tcp) fn on_too_large(&mut self, parts: &mut Parts<'_>) {
        if self.phase != Phase::Loss {
            self.reopen();
            self.phase = Phase::Loss;
            self.recover = parts.queue.next;
            self.undo = None;
            self.stalled = false;
        }
        self.force = true;
    }
}
