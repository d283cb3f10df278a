//! The one reader of "number and unit" text.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserializer, Visitor};

use super::hint;

/// Why a text is not a quantity. Prints as a fragment that names the units allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// The text does not begin with a number.
    #[error("`{text}` does not begin with a number; write for example {example}")]
    NoNumber {
        /// What was written.
        text: String,
        /// A correct quantity of this kind.
        example: &'static str,
    },
    /// A number without a unit.
    #[error("`{text}` has no unit; {kind} needs one of {allowed}, for example {example}")]
    NoUnit {
        /// What was written.
        text: String,
        /// What kind of quantity was expected, with its article.
        kind: &'static str,
        /// The units allowed.
        allowed: &'static str,
        /// A correct quantity of this kind.
        example: &'static str,
    },
    /// A unit that this kind of quantity does not have.
    #[error("`{unit}` is not a unit of {kind}; {hint}use one of {allowed}, for example {example}")]
    UnknownUnit {
        /// What was probably meant, ready to be printed; empty if that is not clear.
        hint: String,
        /// The unit as written.
        unit: String,
        /// What kind of quantity was expected, with its article.
        kind: &'static str,
        /// The units allowed.
        allowed: &'static str,
        /// A correct quantity of this kind.
        example: &'static str,
    },
    /// A probability without the sign for per cent.
    #[error("`{text}` has no unit; a probability is in per cent: write {meant}")]
    Share {
        /// What was written.
        text: String,
        /// What it may mean.
        meant: String,
    },
    /// A comma within the number.
    #[error("`{text}` has a comma; write {meant}")]
    Comma {
        /// What was written.
        text: String,
        /// What was probably meant.
        meant: String,
    },
    /// Negative, or too large to hold.
    #[error("`{text}` is out of range; {kind} lies between {low} and {high}")]
    OutOfRange {
        /// What was written.
        text: String,
        /// What kind of quantity was expected, with its article.
        kind: &'static str,
        /// The smallest value that can be held.
        low: &'static str,
        /// The largest value that can be held.
        high: &'static str,
    },
}

/// One kind of quantity: its words for messages and its table of units.
pub(super) struct Kind {
    pub(super) what: &'static str,
    pub(super) allowed: &'static str,
    pub(super) example: &'static str,
    pub(super) low: &'static str,
    pub(super) high: &'static str,
    /// Unit and how many base units one of it holds.
    pub(super) units: &'static [(&'static str, u128)],
}

/// Splits `"12.5 ms"` into the number's text and the unit.
pub(super) fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text
        .char_indices()
        .find(|&(i, c)| {
            let sign = i == 0 && (c == '-' || c == '+');
            !(c.is_ascii_digit() || c == '.' || c == '_' || sign)
        })
        .map_or(text.len(), |(i, _)| i);
    (&text[..end], text[end..].trim_start())
}

/// What a number with a comma was probably to be: the comma is the point of many countries, and
/// divides thousands in others. `rest` is what follows the digits before the comma.
fn without_comma(number: &str, rest: &str) -> Option<String> {
    let after = rest.strip_prefix(',')?;
    let (fraction, unit) = split(after);
    let is_digit = |c: char| c.is_ascii_digit();
    if !fraction.starts_with(is_digit) || unit.starts_with(',') {
        return None;
    }
    let whole = number.replace('.', "");
    let point = format!("a point: {whole}.{fraction}{unit}");
    let thousands = fraction.len() == 3 && fraction.chars().all(is_digit) && whole == number;
    Some(if thousands { format!("{point}, or no sign: {whole}{fraction}{unit}") } else { point })
}

/// Reads a decimal such as `1_000.25` as an exact fraction: digits over a power of ten.
fn decimal(text: &str) -> Option<(u128, u128)> {
    let (mut digits, mut scale, mut point, mut any) = (0u128, 1u128, false, false);
    for c in text.strip_prefix('+').unwrap_or(text).chars() {
        match c {
            '_' => {}
            '.' if !point => point = true,
            _ => {
                digits = digits.checked_mul(10)?.checked_add(u128::from(c.to_digit(10)?))?;
                any = true;
                if point {
                    scale = scale.checked_mul(10)?;
                }
            }
        }
    }
    any.then_some((digits, scale))
}

impl Kind {
    /// Reads `text` as a whole number of base units, rounding to nearest (half up).
    pub(super) fn read(&self, text: &str) -> Result<u64, UnitError> {
        let (number, unit) = split(text);
        let text = text.trim();
        if number.is_empty() {
            return Err(UnitError::NoNumber { text: text.into(), example: self.example });
        }
        let range = || UnitError::OutOfRange {
            text: text.into(),
            kind: self.what,
            low: self.low,
            high: self.high,
        };
        if number.starts_with('-') {
            return Err(range());
        }
        if let Some(meant) = without_comma(number, unit) {
            return Err(UnitError::Comma { text: text.into(), meant });
        }
        if unit.is_empty() {
            return Err(UnitError::NoUnit {
                text: text.into(),
                kind: self.what,
                allowed: self.allowed,
                example: self.example,
            });
        }
        let &(_, factor) = self.units.iter().find(|(name, _)| *name == unit).ok_or_else(|| {
            UnitError::UnknownUnit {
                hint: hint::meant(unit, self.units),
                unit: unit.into(),
                kind: self.what,
                allowed: self.allowed,
                example: self.example,
            }
        })?;
        if number.matches('.').count() > 1 || !number.contains(|c: char| c.is_ascii_digit()) {
            return Err(UnitError::NoNumber { text: text.into(), example: self.example });
        }
        let (digits, scale) = decimal(number).ok_or_else(range)?;
        let value =
            digits.checked_mul(factor).and_then(|v| v.checked_add(scale / 2)).ok_or_else(range)?
                / scale;
        u64::try_from(value).map_err(|_| range())
    }

    /// Prints `value` in the largest unit that shows it exactly, within three decimals.
    pub(super) fn show(&self, value: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = u128::from(value);
        let mut shown = self.units;
        while let [(unit, factor), rest @ ..] = shown {
            let thousandths = value * 1000 / factor;
            if (value >= *factor && thousandths * factor == value * 1000) || rest.is_empty() {
                let number = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
                return write!(f, "{}{unit}", number.trim_end_matches('0').trim_end_matches('.'));
            }
            shown = rest;
        }
        Ok(())
    }
}

/// Deserializes a quantity from its text; a bare number is told which units it needs.
pub(super) fn from_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = UnitError>,
{
    struct Text<T>(std::marker::PhantomData<T>);
    impl<T: FromStr<Err = UnitError>> Text<T> {
        fn read<E: de::Error>(text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }
    impl<T: FromStr<Err = UnitError>> Visitor<'_> for Text<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match "".parse::<T>() {
                Err(UnitError::NoNumber { example, .. }) => write!(f, "text such as {example}"),
                _ => f.write_str("a quantity as text"),
            }
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            Self::read(text)
        }
        fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
            Self::read(&number.to_string())
        }
        fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
            Self::read(&number.to_string())
        }
        fn visit_f64<E: de::Error>(self, number: f64) -> Result<T, E> {
            Self::read(&number.to_string())
        }
    }
    deserializer.deserialize_any(Text(std::marker::PhantomData))
}
