//! In which unit a measure is shown.

use serde::Deserialize;

/// What a measure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Unit {
    /// Just a number.
    #[serde(rename = "number")]
    Number,
    /// \[s\]
    #[serde(rename = "s")]
    Seconds,
    /// \[bit/s\]
    #[serde(rename = "bps")]
    BitsPerSecond,
    /// \[bytes\]
    #[serde(rename = "B")]
    Bytes,
    /// \[packets\]
    #[serde(rename = "p")]
    Packets,
    /// A share of a whole, shown in per cent.
    #[serde(rename = "%")]
    Share,
}

impl Unit {
    /// The unit of an expression that says nothing else: by the key that it ends with.
    #[must_use]
    pub fn of_expression(text: &str) -> Self {
        let plain = |c: char| {
            c.is_ascii_alphanumeric()
                || matches!(c, '_' | '.' | '[' | ']' | '\'' | '-' | '>' | ':' | '/')
        };
        let key = text.rsplit('.').next().unwrap_or(text).trim();
        if !text.trim().chars().all(plain) {
            return Self::Number;
        }
        match key {
            "utilization" => Self::Share,
            "mean_packets" | "max_packets" | "mean_depth_packets" | "max_depth_packets" => {
                Self::Packets
            }
            _ if key.ends_with("_seconds") => Self::Seconds,
            _ if key.ends_with("_bps") => Self::BitsPerSecond,
            _ if key == "bytes" || key.ends_with("_bytes") || key.starts_with("bytes_") => {
                Self::Bytes
            }
            _ => Self::Number,
        }
    }

    /// The name of the unit for values up to `high`, and how much one of it is.
    #[must_use]
    pub fn scaled(self, high: f64) -> (&'static str, f64) {
        let units: &[(&str, f64)] = match self {
            Self::Number => &[("", 1.0)],
            Self::Seconds => &[("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)],
            Self::BitsPerSecond => {
                &[("Gbit/s", 1e9), ("Mbit/s", 1e6), ("kbit/s", 1e3), ("bit/s", 1.0)]
            }
            Self::Bytes => {
                &[("GiB", 1073741824.0), ("MiB", 1048576.0), ("KiB", 1024.0), ("B", 1.0)]
            }
            Self::Packets => &[("packets", 1.0)],
            Self::Share => &[("%", 0.01)],
        };
        let largest = units.iter().find(|(_, one)| high >= *one);
        let zero = &units[units.iter().position(|(_, one)| *one == 1.0).unwrap_or(0)];
        *largest.unwrap_or(if high > 0.0 { &units[units.len() - 1] } else { zero })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_what_it_counts() {
        let of = Unit::of_expression;
        assert_eq!(of("links['r1--bob']['r1->bob'].utilization"), Unit::Share);
        assert_eq!(of("links['r1--bob']['r1->bob'].queue.p99_wait_seconds"), Unit::Seconds);
        assert_eq!(of("flows.web.goodput_bps"), Unit::BitsPerSecond);
        assert_eq!(of("ports['bob:80/tcp'].max_depth_bytes"), Unit::Bytes);
        assert_eq!(of("links['a--b']['a->b'].queue.mean_packets"), Unit::Packets);
        assert_eq!(of("jain(flows.map(f, flows[f].goodput_bps))"), Unit::Number);
        assert_eq!(of("flows.a.goodput_bps / flows.b.goodput_bps"), Unit::Number);
    }

    #[test]
    fn units_fit_the_largest_value() {
        assert_eq!(Unit::Seconds.scaled(0.25), ("ms", 1e-3));
        assert_eq!(Unit::BitsPerSecond.scaled(9.9e6), ("Mbit/s", 1e6));
        assert_eq!(Unit::Share.scaled(0.001), ("%", 0.01));
        assert_eq!(Unit::Seconds.scaled(0.0), ("s", 1.0));
    }
}
