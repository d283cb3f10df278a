//! Simulated time: whole picoseconds.

use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};
use std::str::FromStr;

use super::parse::{Kind, UnitError};

/// An instant since the start of the simulation, or a span between two, in picoseconds.
///
/// Picoseconds make the time of one byte a whole number at every common line rate from
/// 10 Mbit/s to 400 Gbit/s, and 64 bits of them last 213 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(u64);

const KIND: Kind = Kind {
    what: "a time",
    allowed: "ps, ns, us, ms, s, min, h",
    example: "\"5ms\"",
    low: "0s",
    high: "18446744s (213 days)",
    units: &[
        ("s", 1_000_000_000_000),
        ("ms", 1_000_000_000),
        ("us", 1_000_000),
        ("µs", 1_000_000),
        ("ns", 1_000),
        ("min", 60_000_000_000_000),
        ("h", 3_600_000_000_000_000),
        ("ps", 1),
    ],
};

impl Time {
    /// The start of the simulation, or no time at all.
    pub const ZERO: Self = Self(0);
    /// The last instant that can be named.
    pub const MAX: Self = Self(u64::MAX);

    /// From picoseconds.
    #[must_use]
    pub const fn from_ps(ps: u64) -> Self {
        Self(ps)
    }
    /// From nanoseconds.
    #[must_use]
    pub const fn from_ns(ns: u64) -> Self {
        Self(ns * 1_000)
    }
    /// From microseconds.
    #[must_use]
    pub const fn from_us(us: u64) -> Self {
        Self(us * 1_000_000)
    }
    /// From milliseconds.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms * 1_000_000_000)
    }
    /// From seconds.
    #[must_use]
    pub const fn from_secs(s: u64) -> Self {
        Self(s * 1_000_000_000_000)
    }
    /// From fractional seconds, rounded to the nearest picosecond; out of range is clamped.
    #[must_use]
    pub fn from_secs_f64(seconds: f64) -> Self {
        Self(libm::round(seconds * 1e12) as u64)
    }
    /// Picoseconds.
    #[must_use]
    pub const fn as_ps(self) -> u64 {
        self.0
    }
    /// Whole nanoseconds, rounded down.
    #[must_use]
    pub const fn as_ns(self) -> u64 {
        self.0 / 1_000
    }
    /// Seconds, for results and plots.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e12
    }
    /// The span from `earlier` to here, or zero if `earlier` is later.
    #[must_use]
    pub const fn saturating_sub(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
    /// The sum, or the last instant if it cannot be held.
    #[must_use]
    pub const fn saturating_add(self, span: Self) -> Self {
        Self(self.0.saturating_add(span.0))
    }
    /// The product, or the last instant if it cannot be held.
    #[must_use]
    pub const fn saturating_mul(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
    /// True of no time at all.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Add for Time {
    type Output = Self;
    fn add(self, span: Self) -> Self {
        Self(self.0 + span.0)
    }
}
impl AddAssign for Time {
    fn add_assign(&mut self, span: Self) {
        self.0 += span.0;
    }
}
impl Sub for Time {
    type Output = Self;
    fn sub(self, earlier: Self) -> Self {
        Self(self.0 - earlier.0)
    }
}
impl Mul<u64> for Time {
    type Output = Self;
    fn mul(self, factor: u64) -> Self {
        Self(self.0 * factor)
    }
}
impl FromStr for Time {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        KIND.read(text).map(Self)
    }
}
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { f.write_str("0s") } else { KIND.show(self.0, f) }
    }
}
super::as_text!(
    Time,
    "Time",
    "A time with its unit, such as 5ms; units ps, ns, us, ms, s, min, h.",
    r"^\s*[0-9_]*\.?[0-9_]+\s*(ps|ns|us|µs|ms|s|min|h)\s*$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        for (text, ps, shown) in [
            ("5ms", 5_000_000_000, "5ms"),
            ("1.5 s", 1_500_000_000_000, "1.5s"),
            ("250us", 250_000_000, "250us"),
            ("0s", 0, "0s"),
            ("2min", 120_000_000_000_000, "120s"),
            ("1ps", 1, "1ps"),
            ("1.0005ms", 1_000_500_000, "1000.5us"),
        ] {
            let time: Time = text.parse().expect(text);
            assert_eq!(time.as_ps(), ps, "{text}");
            assert_eq!(time.to_string(), shown);
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let told = |text: &str| text.parse::<Time>().expect_err(text).to_string();
        assert_eq!(
            told("5"),
            "`5` has no unit; a time needs one of ps, ns, us, ms, s, min, h, for example \"5ms\""
        );
        assert!(told("5 parsecs").starts_with("`parsecs` is not a unit of a time"));
        assert!(told("-1s").contains("out of range"));
        assert!(told("fast").contains("does not begin with a number"));
        assert!(told("1e9s").contains("`e9s` is not a unit"));
        assert!(told(".s").contains("does not begin with a number"));
        assert!(told("99999999999999999999999999999999999999999s").contains("out of range"));
    }
}
