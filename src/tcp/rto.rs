//! The retransmission timeout (RFC 6298).

use super::config::Config;
use crate::units::Time;

/// Round trip times seen so far, and the timeout that follows from them.
#[derive(Debug, Clone, Default)]
pub(super) struct RttEstimator {
    /// SRTT, if there was a measurement.
    average: Time,
    variance: Time,
    /// The timeout that follows from them, without doubling.
    settled: Time,
    /// How often the timeout is doubled, up to what takes it beyond all limits.
    backoff: u8,
    fallback: bool,
    /// How many measurements there were, and the latest.
    measurements: u32,
    latest: Time,
}

impl RttEstimator {
    /// SRTT, once there is a measurement.
    pub(super) const fn smoothed(&self) -> Option<Time> {
        if self.measurements > 0 { Some(self.average) } else { None }
    }

    /// RTTVAR, zero before the first measurement.
    pub(super) const fn variance(&self) -> Time {
        self.variance
    }

    /// How many measurements there were, and the latest.
    pub(super) const fn measured(&self) -> (u32, Time) {
        (self.measurements, self.latest)
    }

    /// A measurement of a segment that was sent only once, or by its timestamp (Karn's rule).
    /// Ends the doubling.
    pub(super) fn sample(&mut self, config: &Config, rtt: Time) {
        self.backoff = 0;
        let smoothed = self.smoothed();
        self.measurements = self.measurements.saturating_add(1);
        self.latest = rtt;
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
        let variance = self.variance.saturating_mul(4).max(config.clock);
        let timeout = if config.rto_min_of_variance {
            self.average.saturating_add(variance.max(config.rto_min))
        } else {
            self.average.saturating_add(variance).max(config.rto_min)
        };
        self.settled = on_clock(timeout, config);
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
        match self.measurements {
            0 if self.fallback => on_clock(config.rto_fallback, config),
            0 => on_clock(config.rto_initial, config),
            _ => self.settled,
        }
    }

    /// The timeout with doubling.
    pub(super) fn timeout(&self, config: &Config) -> Time {
        doubled(self.base(config), self.backoff.into(), config)
    }
}

/// `timeout` doubled `times`, up to the greatest timeout.
pub(super) fn doubled(timeout: Time, times: u32, config: &Config) -> Time {
    timeout.saturating_mul(1_u64 << times.min(40)).min(config.rto_max)
}

/// The next tick of the clock, up to the greatest timeout.
fn on_clock(time: Time, config: &Config) -> Time {
    let rounded = match config.clock.as_ps() {
        0 => time,
        tick => time.as_ps().checked_next_multiple_of(tick).map_or(Time::MAX, Time::from_ps),
    };
    rounded.min(config.rto_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(config: &Config, samples_us: &[u64]) -> RttEstimator {
        let mut estimator = RttEstimator::default();
        for us in samples_us {
            estimator.sample(config, Time::from_us(*us));
        }
        estimator
    }

    #[test]
    fn linux_gives_244_ms_at_40_ms() {
        let linux = Config::linux();
        assert_eq!(after(&linux, &[]).timeout(&linux), Time::from_secs(1));
        for samples in [&[40_297][..], &[40_297, 40_250, 40_290, 40_310]] {
            assert_eq!(after(&linux, samples).timeout(&linux), Time::from_ms(244));
        }
        assert_eq!(after(&linux, &[40_000]).timeout(&linux), Time::from_ms(240));
        // A handshake that took 1053 ms: SRTT + 4 * SRTT / 2.
        assert_eq!(after(&linux, &[1_053_000]).timeout(&linux), Time::from_ms(3160));
    }

    #[test]
    fn the_rfc_never_waits_less_than_a_second() {
        let rfc = Config::rfc();
        assert_eq!(after(&rfc, &[40_000]).timeout(&rfc), Time::from_secs(1));
        assert_eq!(after(&rfc, &[900_000]).timeout(&rfc), Time::from_ms(2700));
    }

    #[test]
    fn variance_falls_by_a_quarter() {
        let config = Config::linux();
        let mut estimator = after(&config, &[40_000]);
        for expected_us in [15_000, 11_250] {
            estimator.sample(&config, Time::from_ms(40));
            assert_eq!(estimator.variance, Time::from_us(expected_us));
        }
    }

    #[test]
    fn doubles_until_a_sample() {
        let config = Config::linux();
        let mut estimator = after(&config, &[40_000]);
        estimator.back_off();
        estimator.back_off();
        assert_eq!(estimator.timeout(&config), Time::from_ms(960));
        (0..60).for_each(|_| estimator.back_off());
        assert_eq!(estimator.timeout(&config), config.rto_max);
        estimator.sample(&config, Time::from_ms(40));
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
