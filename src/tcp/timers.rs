//! The timers of one connection: a table of deadlines.

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

/// At most one deadline of each kind; one that is not set is at the end of time, so that the earliest
/// is found without asking.
#[derive(Debug, Clone)]
pub(super) struct Timers([Time; ALL.len()]);

impl Default for Timers {
    fn default() -> Self {
        Self([Time::MAX; ALL.len()])
    }
}

impl Timers {
    pub(super) const fn set(&mut self, timer: Timer, deadline: Time) {
        self.0[timer as usize] = deadline;
    }
    /// Lets a timer that is set run out at `deadline` at the latest.
    pub(super) fn bring_forward(&mut self, timer: Timer, deadline: Time) {
        if self.is_set(timer) {
            let place = &mut self.0[timer as usize];
            *place = (*place).min(deadline);
        }
    }
    pub(super) const fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = Time::MAX;
    }
    pub(super) const fn stop_all(&mut self) {
        self.0 = [Time::MAX; ALL.len()];
    }
    pub(super) const fn is_set(&self, timer: Timer) -> bool {
        self.0[timer as usize].as_ps() != Time::MAX.as_ps()
    }
    pub(super) fn deadline(&self, timer: Timer) -> Option<Time> {
        Some(self.0[timer as usize]).filter(|deadline| *deadline != Time::MAX)
    }
    /// The earliest deadline; the end of time if none is set.
    pub(super) fn first(&self) -> Time {
        self.0.iter().fold(Time::MAX, |first, deadline| first.min(*deadline))
    }
    /// Stops one timer that has run out by `now`, and says which.
    pub(super) fn take_expired(&mut self, now: Time) -> Option<Timer> {
        let timer = ALL.into_iter().find(|timer| self.0[*timer as usize] <= now)?;
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
        assert_eq!(timers.first(), Time::from_ms(3));
        assert_eq!(timers.take_expired(Time::from_ms(2)), None);
        assert_eq!(timers.take_expired(Time::from_ms(3)), Some(Timer::DelayedAck));
        assert_eq!(timers.take_expired(Time::from_ms(3)), None);
        timers.stop(Timer::Linger);
        assert_eq!(timers.first(), Time::MAX);
    }
}
