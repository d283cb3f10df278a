//! What a queue is to achieve, as the command line says it.

use std::fmt;
use std::str::FromStr;

use crate::sweep::Unit;
use crate::units::{Rate, Ratio, Time};

/// Something that depends on the size of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// Share of the time in which the link was sending.
    Utilization,
    /// Share of the packets that the queue dropped.
    Loss,
    /// Data that all flows of the scenario delivered, over the time.
    Goodput,
    /// Mean wait in the queue.
    MeanWait,
    /// Median of the waits.
    MedianWait,
    /// 95th percentile of the waits.
    P95Wait,
    /// 99th percentile of the waits.
    P99Wait,
}

impl Quantity {
    /// All of them, in the order of the columns of a store.
    pub const ALL: [Self; 7] = [
        Self::Utilization,
        Self::Loss,
        Self::Goodput,
        Self::MeanWait,
        Self::MedianWait,
        Self::P95Wait,
        Self::P99Wait,
    ];

    /// Its name on the command line and in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utilization => "utilization",
            Self::Loss => "loss",
            Self::Goodput => "goodput",
            Self::MeanWait => "mean_wait",
            Self::MedianWait => "p50_wait",
            Self::P95Wait => "p95_wait",
            Self::P99Wait => "p99_wait",
        }
    }

    /// Its place in [`Quantity::ALL`], which is that among the measures of a run.
    pub(super) const fn place(self) -> usize {
        self as usize
    }

    /// What it counts.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Utilization | Self::Loss => Unit::Share,
            Self::Goodput => Unit::BitsPerSecond,
            Self::MeanWait | Self::MedianWait | Self::P95Wait | Self::P99Wait => Unit::Seconds,
        }
    }

    /// The expression over the results of a run, where `channel` is that of one direction of a link.
    #[must_use]
    pub fn expression(self, channel: &str) -> String {
        match self {
            Self::Utilization => format!("{channel}.utilization"),
            Self::Loss => format!(
                "double({channel}.drops.queue) / double({channel}.packets + {channel}.drops.queue)"
            ),
            Self::Goodput => {
                "sum(flows.map(f, flows[f].bytes_delivered)) * 8.0 / simulated_seconds".into()
            }
            Self::MeanWait => format!("{channel}.queue.mean_wait_seconds"),
            Self::MedianWait => format!("{channel}.queue.p50_wait_seconds"),
            Self::P95Wait => format!("{channel}.queue.p95_wait_seconds"),
            Self::P99Wait => format!("{channel}.queue.p99_wait_seconds"),
        }
    }

    /// Whether a larger queue has more of it, as a rule; otherwise it has less.
    const fn grows(self) -> bool {
        !matches!(self, Self::Loss)
    }

    /// What to write in place of a number without a unit.
    fn lacks_unit(self, sign: &str, number: f64) -> String {
        let (is, meant) = match self.unit() {
            // Whoever writes 0.98 means 98 %; to the digits that a share can be given with.
            Unit::Share if number <= 1.0 => ("a share", (number * 1e9).round() / 1e7),
            Unit::Share => ("a share", number),
            Unit::BitsPerSecond => ("a rate", number),
            _ => ("a time", number),
        };
        let unit = match self.unit() {
            Unit::Share => "%",
            Unit::BitsPerSecond => "Mbps",
            _ => "ms",
        };
        let name = self.name();
        format!(
            "`{number}` has no unit, and {name} is {is}: write for example \"{name} {sign} {meant}{unit}\""
        )
    }

    /// Reads a value that is to be at least or at most so much, as `sign` says.
    fn read(self, sign: &str, text: &str) -> Result<f64, String> {
        if let Ok(number) = text.parse::<f64>() {
            return Err(self.lacks_unit(sign, number));
        }
        let told = |error: crate::units::UnitError| error.to_string();
        match self.unit() {
            Unit::Share => text.parse::<Ratio>().map(Ratio::as_f64).map_err(told),
            Unit::BitsPerSecond => {
                text.parse::<Rate>().map(|rate| rate.as_bps() as f64).map_err(told)
            }
            _ => text.parse::<Time>().map(Time::as_secs_f64).map_err(told),
        }
    }
}

/// What is to be reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Of what.
    pub quantity: Quantity,
    /// At least so much; otherwise at most.
    pub at_least: bool,
    /// How much: a share, \[bit/s\] or \[s\].
    pub value: f64,
    /// The value as it was written.
    text: String,
}

impl Target {
    /// Whether larger queues meet it rather than smaller ones.
    #[must_use]
    pub const fn wants_large(&self) -> bool {
        self.quantity.grows() == self.at_least
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.at_least { ">=" } else { "<=" };
        write!(f, "{} {sign} {}", self.quantity.name(), self.text)
    }
}

impl FromStr for Target {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        const SIGNS: [(&str, bool); 6] =
            [(">=", true), ("<=", false), ("≥", true), ("≤", false), (">", true), ("<", false)];
        let parts = SIGNS.iter().find_map(|(sign, at_least)| {
            let (name, value) = text.split_once(sign)?;
            Some((name.trim(), *at_least, value.trim()))
        });
        let Some((name, at_least, value)) = parts else {
            return Err("write a measure, >= or <=, and a value: \"utilization >= 98%\"".into());
        };
        let Some(quantity) = Quantity::ALL.into_iter().find(|it| it.name() == name) else {
            let known = Quantity::ALL.map(Quantity::name);
            let near = known.iter().min_by_key(|it| strsim::damerau_levenshtein(name, it));
            let near = near
                .filter(|it| strsim::damerau_levenshtein(name, it) <= 3)
                .map_or_else(|| ".".to_owned(), |it| format!("; did you mean `{it}`?"));
            let known = known.join(", ");
            return Err(format!("`{name}` is no measure{near} There are: {known}"));
        };
        let number = quantity.read(if at_least { ">=" } else { "<=" }, value)?;
        Ok(Self { quantity, at_least, value: number, text: value.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn targets_are_read_as_people_write_them() {
        let read = |text: &str| {
            let target = target(text);
            (target.quantity, target.at_least, target.value, target.wants_large())
        };
        assert_eq!(read("utilization >= 98%"), (Quantity::Utilization, true, 0.98, true));
        assert_eq!(read("loss<=0.1%"), (Quantity::Loss, false, 0.001, true));
        assert_eq!(read("p99_wait ≤ 20ms"), (Quantity::P99Wait, false, 0.02, false));
        assert_eq!(read("mean_wait < 1ms"), (Quantity::MeanWait, false, 0.001, false));
        assert_eq!(read("goodput > 9Mbps"), (Quantity::Goodput, true, 9e6, true));
        assert_eq!(target(" loss  <= 1% ").to_string(), "loss <= 1%");
    }

    #[test]
    fn measures_are_in_the_order_of_their_list() {
        for (place, quantity) in Quantity::ALL.into_iter().enumerate() {
            assert_eq!(quantity.place(), place, "{quantity:?}");
        }
    }

    #[test]
    fn says_what_to_write_instead() {
        for (text, expected) in [
            ("utilization 98%", "write a measure, >= or <=, and a value"),
            ("utilisation >= 98%", "did you mean `utilization`?"),
            ("fairness >= 98%", "`fairness` is no measure. There are: utilization, loss"),
            ("utilization >= 98", "is a share: write for example \"utilization >= 98%\""),
            ("utilization >= 0.98", "write for example \"utilization >= 98%\""),
            ("loss <= 0.007", "\"loss <= 0.7%\""),
            ("utilization >= 120%", "100%"),
            ("p99_wait <= 20", "is a time: write for example \"p99_wait <= 20ms\""),
            ("goodput > 9", "is a rate: write for example \"goodput >= 9Mbps\""),
            ("goodput >= 9Mb", "Mbps"),
        ] {
            let told = text.parse::<Target>().expect_err(text);
            assert!(told.contains(expected), "{text}: {told}");
        }
    }
}
