//! How much a queue may hold: packets or bytes.

use std::fmt;
use std::str::FromStr;

use super::Bytes;
use super::parse::{Kind, UnitError, split};

/// The limit of a queue, in packets (`"50p"`) or in bytes (`"64KiB"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// At most so many packets.
    Packets(u64),
    /// At most so many bytes.
    Bytes(Bytes),
}

const KIND: Kind = Kind {
    what: "a queue limit",
    allowed: "p (packets), B, kB, MB, GB, KiB, MiB, GiB",
    example: "\"50p\"",
    low: "0p",
    high: "18446744073709551615p",
    units: &[("p", 1), ("B", 1)],
};

impl Limit {
    /// Whether one more packet of `size` fits beside `packets` packets of `bytes` in all.
    #[must_use]
    pub const fn admits(self, packets: u64, bytes: u64, size: u64) -> bool {
        match self {
            Self::Packets(limit) => packets < limit,
            Self::Bytes(limit) => bytes.saturating_add(size) <= limit.get(),
        }
    }
}

impl FromStr for Limit {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (_, unit) = split(text);
        if unit == "p" {
            return KIND.read(text).map(Self::Packets);
        }
        match text.parse() {
            Ok(bytes) => Ok(Self::Bytes(bytes)),
            // An error in terms of this kind, which also has packets.
            Err(UnitError::OutOfRange { .. }) => {
                KIND.read(&text.replace(unit, "B")).map(|n| Self::Bytes(Bytes::new(n)))
            }
            Err(UnitError::UnknownUnit { hint: of_bytes, .. }) => {
                let mut told = KIND.read(text).map(Self::Packets);
                if let Err(UnitError::UnknownUnit { hint, .. }) = &mut told
                    && hint.is_empty()
                {
                    *hint = of_bytes;
                }
                told
            }
            Err(_) => KIND.read(text).map(Self::Packets),
        }
    }
}
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packets(packets) => write!(f, "{packets}p"),
            Self::Bytes(bytes) => bytes.fmt(f),
        }
    }
}
super::as_text!(
    Limit,
    "Limit",
    "How much a queue may hold: packets, such as 50p, or bytes, such as 64KiB.",
    r"^\s*[0-9_]*\.?[0-9_]+\s*(p|[kKMGT]?B|[KMGT]iB)\s*$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_prints_and_admits() {
        assert_eq!("50p".parse(), Ok(Limit::Packets(50)));
        assert_eq!("64KiB".parse(), Ok(Limit::Bytes(Bytes::new(65_536))));
        assert_eq!(Limit::Packets(50).to_string(), "50p");
        assert!(Limit::Packets(1).admits(0, 0, 9999) && !Limit::Packets(1).admits(1, 1, 1));
        let bytes = Limit::Bytes(Bytes::new(100));
        assert!(bytes.admits(9, 50, 50) && !bytes.admits(0, 51, 50));
        let told = "50".parse::<Limit>().expect_err("no unit").to_string();
        assert!(told.contains("p (packets)"), "{told}");
        let told = "50x".parse::<Limit>().expect_err("no such unit").to_string();
        assert!(told.contains("`x` is not a unit of a queue limit"), "{told}");
    }
}
