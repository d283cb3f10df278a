//! How slow start ends if no loss ends it: one of the two HyStarts, or never.

use super::Feedback;
use super::hystart::Hystart;
use super::hystart_plus::HystartPlus;
use crate::tcp::config;
use crate::units::Time;

/// The way out of slow start. What it needs to know is made when the first data are acknowledged,
/// so that idle connections stay small.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum SlowStart {
    /// Only a loss ends it.
    #[default]
    Classic,
    /// HyStart, as in Linux.
    Linux(Option<Box<Hystart>>),
    /// HyStart++.
    PlusPlus(Option<Box<HystartPlus>>),
}

/// An acknowledgment in slow start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round<'a> {
    pub(super) feedback: &'a Feedback,
    /// The least round trip ever.
    pub(super) least_rtt: Option<Time>,
    /// The congestion window \[bytes\].
    pub(super) window: u64,
    pub(super) mss: u64,
    /// There was no loss yet.
    pub(super) first: bool,
}

impl SlowStart {
    pub(super) const fn new(kind: config::Hystart) -> Self {
        match kind {
            config::Hystart::Off => Self::Classic,
            config::Hystart::Linux => Self::Linux(None),
            config::Hystart::PlusPlus => Self::PlusPlus(None),
        }
    }

    /// Says whether slow start ends now.
    pub(super) fn observe(&mut self, round: &Round<'_>) -> bool {
        match self {
            Self::Classic => false,
            Self::Linux(state) => round.least_rtt.is_some_and(|least| {
                let state = state.get_or_insert_default();
                state.observe(round.feedback, least, round.window, round.mss)
            }),
            // RFC 9406 section 4.3: later slow starts know where to end.
            Self::PlusPlus(state) => {
                round.first && state.get_or_insert_default().observe(round.feedback)
            }
        }
    }

    /// By how much the window grows for `bytes` that were acknowledged in slow start.
    pub(super) fn growth(&self, bytes: u64, mss: u64) -> u64 {
        match self {
            Self::PlusPlus(Some(state)) => state.growth(bytes, mss),
            _ => bytes,
        }
    }

    /// It has ended, by whatever. HyStart++ is for the first one only; Linux's HyStart remembers
    /// whether it has found the end.
    pub(super) fn end(&mut self) {
        if let Self::PlusPlus(state) = self {
            *state = None;
        }
    }

    /// A timeout: all is forgotten.
    pub(super) fn reset(&mut self) {
        if let Self::Linux(state) = self {
            *state = None;
        }
        self.end();
    }
}
