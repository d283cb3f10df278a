//! Timers with a meaning.

use std::collections::BTreeMap;

use crate::app::Os;
use crate::units::Time;

/// The timers of a process that are under way, and what each is for. They are not cancelled:
/// whoever is woken looks whether it still matters.
#[derive(Debug)]
pub(in crate::app) struct Timers<T> {
    waiting: BTreeMap<u32, T>,
    next: u32,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), next: 0 }
    }
}

impl<T> Timers<T> {
    /// Wakes the process for `what` after a span.
    pub(in crate::app) fn set(&mut self, os: &mut dyn Os, after: Time, what: T) {
        self.waiting.insert(self.next, what);
        os.set_timer(after, self.next);
        self.next = self.next.wrapping_add(1);
    }

    /// What a timer that has run out was for.
    pub(in crate::app) fn take(&mut self, token: u32) -> Option<T> {
        self.waiting.remove(&token)
    }
}
