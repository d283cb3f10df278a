//! Pacing: segments leave at a rate, not as fast as the window lets them. As in Linux, the first
//! ten data segments are not paced, and one that leaves late is followed the sooner.

use super::Connection;
use super::config::Pacing;
use crate::units::{Bytes, Rate, Time};

/// So many data segments leave at once in any case.
const UNPACED: u8 = 10;
/// What an algorithm that has no rate of its own is paced at, in parts of a window a round trip:
/// in slow start, and later (`tcp_pacing_ss_ratio`, `tcp_pacing_ca_ratio`) \[percent\].
const RATIOS: (u128, u128) = (200, 120);

/// When the next segment may leave.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pacer {
    release: Time,
    /// Data segments sent so far, up to the limit above.
    sent: u8,
    /// A segment waits for nothing but its time.
    waiting: bool,
}

impl Pacer {
    /// When the segment that waits may leave; at the end of time if none does.
    pub(super) const fn wakeup(&self) -> Time {
        if self.waiting { self.release } else { Time::MAX }
    }

    /// Nothing waits any more.
    pub(super) const fn stop(&mut self) {
        self.waiting = false;
    }

    /// Whether a segment has to wait.
    pub(super) fn holds(&mut self, now: Time) -> bool {
        self.waiting = self.release > now;
        self.waiting
    }

    /// Whether what leaves now is among the first that are not paced; counts it.
    fn lets_go(&mut self) -> bool {
        let free = self.sent < UNPACED;
        self.sent += u8::from(free);
        free
    }

    fn on_sent(&mut self, now: Time, bytes: u64, rate: Rate) {
        let span = rate.time_for(Bytes::new(bytes)).as_ps();
        let late = now.saturating_sub(self.release).as_ps();
        let span = span - late.min(span / 2);
        self.release = self.release.max(now).saturating_add(Time::from_ps(span));
    }
}

impl Connection {
    /// Data have left: the next may follow when these have gone at the pacing rate.
    pub(super) fn pace(&mut self, now: Time, bytes: u64) {
        if !self.pacer.lets_go()
            && let Some(rate) = self.pacing_rate()
        {
            self.pacer.on_sent(now, bytes, rate);
        }
    }

    /// How fast segments leave; absent if as fast as the window lets them.
    #[must_use]
    #[inline(always)]
    pub fn pacing_rate(&self) -> Option<Rate> {
        match self.config.pacing {
            Pacing::Off => None,
            Pacing::Auto => self.ask_control(|control| control.pacing_rate()),
            Pacing::On => {
                self.ask_control(|control| control.pacing_rate()).or_else(|| self.usual_rate())
            }
        }
    }

    fn usual_rate(&self) -> Option<Rate> {
        let rtt = u128::from(self.rtt.smoothed()?.as_ps().max(1));
        let (window, threshold) =
            self.ask_control(|control| (control.window(), control.threshold()));
        let early = threshold.is_none_or(|threshold| window < threshold / 2);
        let percent = if early { RATIOS.0 } else { RATIOS.1 };
        let bits = u128::from(window.max(self.queue.in_flight())) * 80_000_000_000;
        Some(Rate::from_bps(u64::try_from(bits * percent / rtt).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: fn(u64) -> Time = Time::from_us;
    /// 1000 bytes a millisecond.
    const RATE: Rate = Rate::from_bps(8_000_000);

    #[test]
    fn ten_go_at_once_and_then_one_by_one() {
        let mut pacer = Pacer::default();
        assert!((0..10).all(|_| pacer.lets_go()));
        assert!(!pacer.lets_go());
        assert!(!pacer.holds(US(0)));
        pacer.on_sent(US(0), 1000, RATE);
        assert!(pacer.holds(US(999)));
        assert_eq!(pacer.wakeup(), US(1000));
        assert!(!pacer.holds(US(1000)));
        assert_eq!(pacer.wakeup(), Time::MAX);
    }

    #[test]
    fn who_is_late_is_followed_sooner_by_half_at_most() {
        let mut pacer = Pacer::default();
        pacer.on_sent(US(1000), 1000, RATE);
        // A thousand late: half is given back.
        assert_eq!(pacer.release, US(1500));
        // A hundred late.
        pacer.on_sent(US(1600), 1000, RATE);
        assert_eq!(pacer.release, US(2500));
    }
}
