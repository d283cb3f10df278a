//! The retransmission timeout (RFC 6298).

use super::config::Config;
use crate::units::Time;

/// Round trip times seen so far, and the timeout that follows from them.
#[derive(Debug, Clone, Default)]
pub(super) struct RttEstimator {
    /// SRTT, if there was a measurement.
    average: Time,
    variance: Time,
    backoff: u32,
    fallback: bool,
    /// How many measurements there were, and the latest.
    measured: (u32, Time),
}

impl RttEstimator {
    /// SRTT, once there is a measurement.
    pub(super) const fn smoothed(&self) -> Option<Time> {
        if self.measured.0 > 0 { Some(self.average) } else { None }
    }

    /// RTTVAR, zero before the first measurement.
    pub(super) const fn variance(&self) -> Time {
        self.variance
    }

    /// How many measurements there were, and the latest.
    pub(super) const fn measured(&self) -> (u64, Time) {
        (self.measured.0 as u64, self.measured.1)
    }

    /// A measurement of a segment that was sent only once, or by its timestamp (Karn's rule).
    /// Ends the doubling.
    pub(super) fn sample(&mut self, rtt: Time) {
        self.backoff = 0;
        let smoothed = self.smoothed();
        self.measured = (self.measured.0.saturating_add(1), rtt);
        let ps = rtt.as_ps();
        match smoothed {
            // RFC 6298 (2.2)
            None => {
                self.average = rtt;
                self.variance = Time::from_ps(ps / 2);
            }
            // RFC 6298 (2.3): the variance first, with alpha 1/8 and beta 1/4.
            Some(smoothed) => {
                let deviation = smoothed.as_ps().abs_diff(ps);
                self.variance = Time::from_ps(
                    self.variance.as_ps() - self.variance.as_ps() / 4 + deviation / 4,
                );
                self.average = Time::from_ps(smoothed.as_ps() - smoothed.as_ps() / 8 + ps / 8);
            }
        }
    }

    /// RFC 6298 (5.5): the timer has run out.
    pub(super) const fn back_off(&mut self) {
        self.backoff = self.backoff.saturating_add(1);
    }

    /// RFC 6298 (5.7): the SYN was sent again; what follows starts anew, from a longer timeout if
    /// nothing was measured.
    pub(super) const fn after_syn_loss(&mut self) {
        self.backoff = 0;
        self.fallback = true;
    }

    /// The timeout without doubling.
    pub(super) fn base(&self, config: &Config) -> Time {
        let raw = match self.smoothed() {
            None if self.fallback => config.rto_fallback,
            None => config.rto_initial,
            Some(smoothed) => {
                let variance = self.variance.saturating_mul(4).max(config.clock);
                if config.rto_min_of_variance {
                    smoothed.saturating_add(variance.max(config.rto_min))
                } else {
                    smoothed.saturating_add(variance).max(config.rto_min)
                }
            }
        };
        round_up(raw, config.clock).min(config.rto_max)
    }

    /// The timeout with doubling.
    pub(super) fn timeout(&self, config: &Config) -> Time {
        doubled(self.base(config), self.backoff, config)
    }
}

/// `timeout` doubled `times`, up to the greatest timeout.
pub(super) fn doubled(timeout: Time, times: u32, config: &Config) -> Time {
    timeout.saturating_mul(1_u64 << times.min(40)).min(config.rto_max)
}

fn round_up(time: Time, clock: Time) -> Time {
    if clock.is_zero() {
        return time;
    }
    time.as_ps().checked_next_multiple_of(clock.as_ps()).map_or(Time::MAX, Time::from_ps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(samples_us: &[u64]) -> RttEstimator {
        let mut estimator = RttEstimator::default();
        for us in samples_us {
            estimator.sample(Time::from_us(*us));
        }
        estimator
    }

    #[test]
    fn linux_gives_244_ms_at_40_ms() {
        let linux = Config::linux();
        assert_eq!(after(&[]).timeout(&linux), Time::from_secs(1));
        for samples in [&[40_297][..], &[40_297, 40_250, 40_290, 40_310]] {
            assert_eq!(after(samples).timeout(&linux), Time::from_ms(244));
        }
        assert_eq!(after(&[40_000]).timeout(&linux), Time::from_ms(240));
        // A handshake that took 1053 ms: SRTT + 4 * SRTT / 2.
        assert_eq!(after(&[1_053_000]).timeout(&linux), Time::from_ms(3160));
    }

    #[test]
    fn the_rfc_never_waits_less_than_a_second() {
        assert_eq!(after(&[40_000]).timeout(&Config::rfc()), Time::from_secs(1));
        assert_eq!(after(&[900_000]).timeout(&Config::rfc()), Time::from_ms(2700));
    }

    #[test]
    fn variance_falls_by_a_quarter() {
        let mut estimator = after(&[40_000]);
        for expected_us in [15_000, 11_250] {
            estimator.sample(Time::from_ms(40));
            assert_eq!(estimator.variance, Time::from_us(expected_us));
        }
    }

    #[test]
    fn doubles_until_a_sample() {
        let config = Config::linux();
        let mut estimator = after(&[40_000]);
        estimator.back_off();
        estimator.back_off();
        assert_eq!(estimator.timeout(&config), Time::from_ms(960));
        (0..60).for_each(|_| estimator.back_off());
        assert_eq!(estimator.timeout(&config), config.rto_max);
        estimator.sample(Time::from_ms(40));
        assert_eq!(estimator.timeout(&config), Time::from_ms(240));
    }

    #[test]
    fn a_lost_syn_makes_the_next_timeout_three_seconds() {
        let mut estimator = RttEstimator::default();
        estimator.back_off();
        estimator.after_syn_loss();
        assert_eq!(estimator.timeout(&Config::rfc()), Time::from_secs(3));
    }
}
