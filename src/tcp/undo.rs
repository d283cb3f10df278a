//! Recoveries that prove wrong, because segments were late and not lost: the window goes back to
//! what it was (Eifel: RFC 3522, RFC 4015; D-SACK: RFC 2883, RFC 3708), as Linux does it.

use super::Offset;
use super::rack::Delivery;
use crate::units::Time;

/// What a recovery takes away, and the evidence that it had to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Undo {
    /// SND.UNA when it began.
    since: Offset,
    /// When it first sent something again.
    first_resent: Option<Time>,
    /// How many segments it sent again that were not reported to have arrived twice.
    unaccounted: u32,
    /// cwnd \[bytes\]; absent if it was already coming down for another reason.
    pub(super) window: Option<u64>,
    /// ssthresh \[bytes\].
    pub(super) threshold: Option<u64>,
}

impl Undo {
    /// Recovery begins with `since` unacknowledged.
    pub(super) const fn new(since: Offset, window: Option<u64>, threshold: Option<u64>) -> Self {
        Self { since, first_resent: None, unaccounted: 0, window, threshold }
    }

    /// A segment is sent again.
    pub(super) fn on_resent(&mut self, now: Time) {
        self.first_resent.get_or_insert(now);
        self.unaccounted += 1;
    }

    /// `segments` before `end` arrived twice.
    pub(super) const fn on_repeated(&mut self, end: Offset, segments: u32) {
        if end > self.since {
            self.unaccounted = self.unaccounted.saturating_sub(segments);
        }
    }

    /// Whether all that was sent again had arrived already.
    pub(super) const fn was_needless(&self) -> bool {
        self.first_resent.is_some() && self.unaccounted == 0
    }

    /// Whether what arrived was sent before anything was sent again: the echo of its timestamp is
    /// older.
    pub(super) fn is_answer_to_original(&self, delivery: &Delivery) -> bool {
        match (self.first_resent, delivery.echoed) {
            (Some(resent), Some(echoed)) => resent >= echoed,
            _ => false,
        }
    }
}
