//! A queue that holds packets back though the transmitter is free: when it is asked again.

use super::{Channel, Outcome};
use crate::units::Time;

impl Channel {
    /// Whether the queue was to be asked again now, and the transmitter is free.
    #[must_use]
    pub fn is_due(&self, now: Time) -> bool {
        self.retry == Some(now) && self.is_idle(now)
    }

    /// If the queue holds packets back, asks it again now: its settings may be others. True if a
    /// `free` event is to be scheduled for now.
    pub fn ask_again(&mut self, now: Time) -> bool {
        let held_back = self.retry.is_some();
        if held_back {
            self.retry = Some(now);
        }
        held_back
    }

    /// The queue lets nothing leave now: asks for an event when it will, if packets wait.
    #[cold]
    pub(super) fn wait_for_queue(&mut self, now: Time) -> Outcome {
        let ready = self.queue.ready_at(now);
        debug_assert!(
            ready.is_some() || self.queue.backlog().packets == 0,
            "who holds packets back says until when"
        );
        let free = ready.filter(|at| self.retry != Some(*at));
        self.retry = ready;
        Outcome { free, ..Outcome::default() }
    }
}
