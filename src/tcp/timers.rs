//! The timers of one connection: a table of deadlines.

use std::num::NonZeroU64;

use crate::units::Time;

/// What a deadline is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// Nothing was acknowledged: send again (RFC 6298).
    Retransmit,
    /// Segments that others have overtaken may be lost by now (RFC 8985).
    Reorder,
    /// Nothing was acknowledged: probe the end of the flight (RFC 8985).
    TailProbe,
    /// The other end's window is shut: probe it (RFC 9293 section 3.8.6.1).
    Persist,
    /// An acknowledgment has waited long enough.
    DelayedAck,
    /// The connection was idle: probe it (RFC 9293 section 3.8.4).
    KeepAlive,
    /// The end of TIME-WAIT, or of a FIN-WAIT-2 that no application waits for.
    Linger,
}

const ALL: [Timer; 7] = [
    Timer::Retransmit,
    Timer::Reorder,
    Timer::TailProbe,
    Timer::Persist,
    Timer::DelayedAck,
    Timer::KeepAlive,
    Timer::Linger,
];

/// A deadline [ps]. One at the very start of time comes a picosecond late, so that none costs no
/// room.
type Deadline = NonZeroU64;

/// At most one deadline of each kind.
#[derive(Debug, Clone, Default)]
pub(super) struct Timers([Option<Deadline>; ALL.len()]);

impl Timers {
    pub(super) const fn set(&mut self, timer: Timer, deadline: Time) {
        let ps = deadline.as_ps();
        self.0[timer as usize] = Deadline::new(if ps == 0 { 1 } else { ps });
    }
    pub(super) const fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }
    pub(super) const fn stop_all(&mut self) {
        self.0 = [None; ALL.len()];
    }
    pub(super) const fn is_set(&self, timer: Timer) -> bool {
        self.0[timer as usize].is_some()
    }
    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<Time> {
        self.0.iter().flatten().min().map(|deadline| Time::from_ps(deadline.get()))
    }
    /// Stops one timer that has run out by `now`, and says which.
    pub(super) fn take_expired(&mut self, now: Time) -> Option<Timer> {
        let timer = ALL
            .into_iter()
            .find(|timer| self.0[*timer as usize].is_some_and(|at| at.get() <= now.as_ps()))?;
        self.stop(timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_out_once_and_not_early() {
        let mut timers = Timers::default();
        timers.set(Timer::Linger, Time::from_ms(5));
        timers.set(Timer::DelayedAck, Time::from_ms(3));
        assert_eq!(timers.next(), Some(Time::from_ms(3)));
        assert_eq!(timers.take_expired(Time::from_ms(2)), None);
        assert_eq!(timers.take_expired(Time::from_ms(3)), Some(Timer::DelayedAck));
        assert_eq!(timers.take_expired(Time::from_ms(3)), None);
        timers.stop(Timer::Linger);
        assert_eq!(timers.next(), None);
    }
}
