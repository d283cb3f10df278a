//! How much the other end takes: its window, silly windows, Nagle's algorithm, and the watch over a
//! window that is shut (RFC 9293 sections 3.7.4 and 3.8.6).

use super::Connection;
use super::config::Nagle;
use super::rto::doubled;
use super::timers::Timer;
use crate::units::Time;

/// The most SACK blocks beside timestamps, and without them.
const SACK_LIMITS: (u64, u64) = (3, 4);

/// New data, and whether a FIN goes with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) bytes: u64,
    pub(super) fin: bool,
}

impl Connection {
    /// What the other end's window, silly window avoidance (RFC 9293 section 3.8.6.2.1) and Nagle
    /// let out next.
    pub(super) fn next_chunk(&self) -> Option<Chunk> {
        if !self.state.can_transmit() {
            return None;
        }
        let unsent = self.queue.unsent();
        let room = self.window_room();
        if unsent == 0 {
            return (self.queue.fin_waits() && room > 0).then_some(Chunk { bytes: 0, fin: true });
        }
        let largest = self.largest_chunk();
        let bytes = unsent.min(largest).min(room);
        let is_last = bytes == unsent;
        if bytes < largest && !is_last && bytes < u64::from(self.window.largest / 2).max(1) {
            return None;
        }
        if bytes < largest && is_last && !self.queue.finishing && self.nagle_holds() {
            return None;
        }
        let fin = is_last && self.queue.fin_waits() && room > bytes;
        (bytes > 0).then_some(Chunk { bytes, fin })
    }

    fn nagle_holds(&self) -> bool {
        match self.config.nagle {
            Nagle::Off => false,
            Nagle::Classic => self.queue.in_flight() > 0,
            Nagle::Minshall => self.progress.small_end > self.queue.unacknowledged,
        }
    }

    /// How much more the other end's window takes.
    pub(super) fn window_room(&self) -> u64 {
        u64::from(self.window.size).saturating_sub(self.queue.in_flight())
    }

    /// The most data for one segment, with room for the SACK blocks that are due.
    pub(super) fn largest_chunk(&self) -> u64 {
        let sack = if self.agreed.sack && self.receiver.held.has_report() {
            4 + 8 * self.sack_limit()
        } else {
            0
        };
        self.segment_size().saturating_sub(sack).max(1)
    }

    pub(super) const fn sack_limit(&self) -> u64 {
        if self.agreed.timestamps { SACK_LIMITS.0 } else { SACK_LIMITS.1 }
    }

    /// Whether something waits for nothing but a larger window.
    pub(super) fn is_blocked_by_window(&self) -> bool {
        self.queue.in_flight() == 0
            && self.queue.has_new()
            && self.state.can_transmit()
            && self.next_chunk().is_none()
    }

    /// Runs the persist timer while it is needed (RFC 9293 section 3.8.6.1).
    pub(super) fn watch_window(&mut self, now: Time) {
        if !self.is_blocked_by_window() {
            self.timers.stop(Timer::Persist);
        } else if !self.timers.is_set(Timer::Persist) {
            let base = self.rtt.base(&self.config);
            let wait = doubled(base, self.progress.persist_backoff, &self.config);
            self.timers.set(Timer::Persist, now.saturating_add(wait));
            if let Some(since) = self.progress.shut_since.get() {
                self.hurry_for_user(now, Timer::Persist, since);
            }
        }
    }
}
