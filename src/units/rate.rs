//! Data rates: whole bits per second.

use std::fmt;
use std::str::FromStr;

use super::parse::{Kind, UnitError};
use super::{Bytes, Time};

/// A data rate in bits per second. Prefixes are decimal, as on every line card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(u64);

const KIND: Kind = Kind {
    what: "a data rate",
    allowed: "bps, kbps, Mbps, Gbps, Tbps",
    example: "\"10Mbps\"",
    low: "1bps",
    high: "10000Tbps",
    units: &[
        ("Tbps", 1_000_000_000_000),
        ("Gbps", 1_000_000_000),
        ("Mbps", 1_000_000),
        ("kbps", 1_000),
        ("bps", 1),
        ("Tbit/s", 1_000_000_000_000),
        ("Gbit/s", 1_000_000_000),
        ("Mbit/s", 1_000_000),
        ("kbit/s", 1_000),
        ("bit/s", 1),
        ("bps", 1),
    ],
};

impl Rate {
    /// From bits per second; at least one, so that every packet ends.
    #[must_use]
    pub const fn from_bps(bps: u64) -> Self {
        Self(if bps == 0 { 1 } else { bps })
    }
    /// Bits per second.
    #[must_use]
    pub const fn as_bps(self) -> u64 {
        self.0
    }
    /// How long `bytes` take to serialise, rounded to the nearest picosecond (half up).
    /// This is the one rounding rule of the simulator.
    #[must_use]
    pub const fn time_for(self, bytes: Bytes) -> Time {
        let bits = bytes.get() as u128 * 8_000_000_000_000;
        let ps = (bits + self.0 as u128 / 2) / self.0 as u128;
        Time::from_ps(if ps > u64::MAX as u128 { u64::MAX } else { ps as u64 })
    }
}

impl FromStr for Rate {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        match KIND.read(text)? {
            bps @ 1..=10_000_000_000_000_000 => Ok(Self(bps)),
            _ => Err(UnitError::OutOfRange {
                text: text.trim().into(),
                kind: KIND.what,
                low: KIND.low,
                high: KIND.high,
            }),
        }
    }
}
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        KIND.show(self.0, f)
    }
}
super::as_text!(
    Rate,
    "Rate",
    "A data rate with its unit, such as 10Mbps; units bps, kbps, Mbps, Gbps, Tbps.",
    r"^\s*[0-9_]*\.?[0-9_]+\s*[kMGT]?(bps|bit/s)\s*$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_prints_and_times() {
        let rate: Rate = "10Mbps".parse().expect("a rate");
        assert_eq!((rate.as_bps(), rate.to_string().as_str()), (10_000_000, "10Mbps"));
        assert_eq!("1.5 Gbit/s".parse::<Rate>().expect("a rate").to_string(), "1.5Gbps");
        assert_eq!(rate.time_for(Bytes::new(1250)), Time::from_ms(1));
        assert!("0bps".parse::<Rate>().expect_err("zero").to_string().contains("1bps"));
        assert!("10mbps".parse::<Rate>().expect_err("milli").to_string().contains("Mbps"));
    }
}
