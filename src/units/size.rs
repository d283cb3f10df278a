//! Amounts of data: whole bytes.

use std::fmt;
use std::str::FromStr;

use super::parse::{Kind, UnitError};

/// An amount of data in bytes (octets).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes(u64);

const KIND: Kind = Kind {
    what: "a size",
    allowed: "B, kB, MB, GB, TB, KiB, MiB, GiB, TiB",
    example: "\"64KiB\"",
    low: "0B",
    high: "18446744TB",
    units: &[
        ("TiB", 1 << 40),
        ("TB", 1_000_000_000_000),
        ("GiB", 1 << 30),
        ("GB", 1_000_000_000),
        ("MiB", 1 << 20),
        ("MB", 1_000_000),
        ("KiB", 1 << 10),
        ("kB", 1_000),
        ("KB", 1_000),
        ("B", 1),
    ],
};

impl Bytes {
    /// From a number of bytes.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }
    /// The number of bytes.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for Bytes {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        KIND.read(text).map(Self)
    }
}
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = KIND.units.iter().find(|(_, factor)| {
            u128::from(self.0) >= *factor && u128::from(self.0).is_multiple_of(*factor)
        });
        match exact {
            Some((unit, factor)) => write!(f, "{}{unit}", u128::from(self.0) / factor),
            None => write!(f, "{}B", self.0),
        }
    }
}
super::as_text!(
    Bytes,
    "Bytes",
    "An amount of data with its unit, such as 64KiB; units B, kB, MB, GB, TB (powers of 1000) and KiB, MiB, GiB, TiB (powers of 1024).",
    r"^\s*[0-9_]*\.?[0-9_]+\s*([kKMGT]?B|[KMGT]iB)\s*$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        for (text, bytes, shown) in [
            ("64KiB", 65_536, "64KiB"),
            ("2MB", 2_000_000, "2MB"),
            ("1500B", 1500, "1500B"),
            ("0B", 0, "0B"),
            ("1.5kB", 1500, "1500B"),
        ] {
            let size: Bytes = text.parse().expect(text);
            assert_eq!((size.get(), size.to_string().as_str()), (bytes, shown));
        }
        assert!("50p".parse::<Bytes>().expect_err("packets").to_string().contains("KiB"));
    }
}
