//! Shares of a whole, written in per cent.

use std::fmt;
use std::str::FromStr;

use super::parse::{Kind, UnitError};

/// A probability or share between 0 and 1, held in billionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ratio(u32);

const ONE: u32 = 1_000_000_000;

const KIND: Kind = Kind {
    what: "a probability",
    allowed: "% (per cent)",
    example: "\"1%\"",
    low: "0%",
    high: "100%",
    units: &[("%", ONE as u128 / 100)],
};

impl Ratio {
    /// Never.
    pub const ZERO: Self = Self(0);
    /// Always.
    pub const ONE: Self = Self(ONE);

    /// As a number between 0 and 1.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / f64::from(ONE)
    }
    /// True of never.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

/// What is told of a number below 1 without a sign: it may be a share of 1 or of 100.
fn of_one(text: &str) -> Option<UnitError> {
    let text = text.trim();
    let number: f64 = text.parse().ok()?;
    let share = Ratio((number * f64::from(ONE)).round() as u32);
    let meant = format!("{share} if it is a share of 1, {text}% if it is one of 100");
    let is_plain = !share.is_zero() && number < 1.0 && !text.contains(['e', 'E']);
    is_plain.then(|| UnitError::Share { text: text.into(), meant })
}

impl FromStr for Ratio {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let read = KIND.read(text).map_err(|error| of_one(text).unwrap_or(error));
        match u32::try_from(read?) {
            Ok(billionths) if billionths <= ONE => Ok(Self(billionths)),
            _ => Err(UnitError::OutOfRange {
                text: text.trim().into(),
                kind: KIND.what,
                low: KIND.low,
                high: KIND.high,
            }),
        }
    }
}
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = format!("{}.{:07}", self.0 / 10_000_000, self.0 % 10_000_000);
        write!(f, "{}%", number.trim_end_matches('0').trim_end_matches('.'))
    }
}
super::as_text!(
    Ratio,
    "Ratio",
    "A probability in per cent, such as 0.1%.",
    r"^\s*[0-9_]*\.?[0-9_]+\s*%\s*$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        let ratio: Ratio = "0.1%".parse().expect("a ratio");
        assert_eq!(ratio.as_f64(), 0.001);
        assert_eq!(ratio.to_string(), "0.1%");
        assert_eq!("100%".parse(), Ok(Ratio::ONE));
        assert!("101%".parse::<Ratio>().expect_err("over").to_string().contains("0% and 100%"));
        assert!("0.5".parse::<Ratio>().expect_err("bare").to_string().contains("per cent"));
    }
}
