//! Ranges of values: `{ from = "5p", to = "200p", steps = 8, scale = "log" }`.

use crate::scenario::fault::{Fault, Span};
use crate::scenario::value::{Node, Value};

/// How values are spread between the ends of a range, or along an axis of a plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Equal differences.
    #[default]
    Linear,
    /// Equal ratios.
    Log,
}

/// The most values of one axis.
pub(super) const MOST: usize = 10_000;

/// An end of a range: a number, perhaps with a unit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Amount {
    pub(super) number: f64,
    pub(super) unit: String,
    /// Written in quotes.
    quoted: bool,
    /// A whole number of things that are not divided.
    whole: bool,
}

/// Units of which there are only whole numbers.
const WHOLE: &[&str] = &["", "p", "B"];

impl Amount {
    /// Reads a number, or a text that begins with one.
    pub(super) fn read(node: &Node) -> Result<Self, Fault> {
        let plain = |number: f64, whole| Self { number, unit: String::new(), quoted: false, whole };
        let amount = match &node.value {
            Value::Integer(number) => Some(plain(*number as f64, true)),
            Value::Float(number) => Some(plain(*number, false)),
            Value::String(text) => Self::parse(text),
            _ => None,
        };
        amount.filter(|amount| amount.number.is_finite()).ok_or_else(|| {
            Fault::new(node.span, "not a number with a unit")
                .help("write for example \"5p\", \"10ms\", \"2Mbps\", or 8 where no unit is needed")
        })
    }

    /// A number and the unit behind it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let end = text
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '+')))
            .unwrap_or(text.len());
        let number: f64 = text[..end].replace('_', "").parse().ok()?;
        let unit = text[end..].trim().to_owned();
        let whole = WHOLE.contains(&unit.as_str()) && number == libm::floor(number);
        Some(Self { number, unit, quoted: true, whole })
    }

    fn node(&self, number: f64, span: Span) -> Node {
        let text = format!("{number}{}", self.unit);
        let value = match (self.quoted, self.whole) {
            (true, _) => Value::String(text),
            (false, true) => Value::Integer(number as i128),
            (false, false) => Value::Float(number),
        };
        Node { span, value }
    }
}

/// The ends and the number of values of a range, as written.
pub(super) struct Range<'a> {
    pub(super) from: &'a Node,
    pub(super) to: &'a Node,
    pub(super) steps: Option<usize>,
    pub(super) step: Option<&'a Node>,
    pub(super) scale: Scale,
}

impl Range<'_> {
    /// Its values, ascending or descending.
    pub(super) fn values(&self) -> Result<Vec<Node>, Fault> {
        let (from, to) = (Amount::read(self.from)?, Amount::read(self.to)?);
        if from.unit != to.unit || from.quoted != to.quoted {
            let unit = if from.unit.is_empty() { "without a unit" } else { &from.unit };
            return Err(Fault::new(self.to.span, "both ends of a range have the same unit")
                .help(format!("write this one {unit} too", unit = in_unit(unit))));
        }
        let whole = from.whole && to.whole;
        let numbers = match (self.steps, self.step) {
            (Some(steps), None) => self.spread(&from, &to, steps)?,
            (None, Some(step)) => self.stepped(&from, &to, step)?,
            (None, None) => {
                return Err(Fault::new(self.from.span, "a range needs `steps` or `step`")
                    .help("say how many values: steps = 8"));
            }
            (Some(_), Some(step)) => {
                return Err(Fault::new(step.span, "a range has `steps` or `step`, not both")
                    .help("remove one of them"));
            }
        };
        let mut numbers: Vec<f64> = numbers.into_iter().map(|n| rounded(n, whole)).collect();
        numbers.dedup();
        let like = Amount { whole, ..from };
        let span = self.span();
        Ok(numbers.into_iter().map(|number| like.node(number, span)).collect())
    }

    /// Where its ends are written, and what is between them.
    fn span(&self) -> Span {
        let (from, to) = (self.from.span, self.to.span);
        Span { start: from.start.min(to.start), end: from.end.max(to.end), ..from }
    }

    fn spread(&self, from: &Amount, to: &Amount, steps: usize) -> Result<Vec<f64>, Fault> {
        if !(2..=MOST).contains(&steps) {
            return Err(Fault::new(self.from.span, format!("a range has from 2 to {MOST} steps"))
                .help("steps counts the values, both ends included: steps = 8"));
        }
        if self.scale == Scale::Log && (from.number <= 0.0 || to.number <= 0.0) {
            return Err(Fault::new(self.from.span, "a logarithmic range has ends above zero")
                .help("begin above zero, or write scale = \"linear\""));
        }
        Ok(spread(from.number, to.number, steps, self.scale))
    }

    fn stepped(&self, from: &Amount, to: &Amount, step: &Node) -> Result<Vec<f64>, Fault> {
        let size = Amount::read(step)?;
        let count = (to.number - from.number) / size.number;
        let usable = size.unit == from.unit && count >= 1.0 && count < MOST as f64;
        if !usable || self.scale == Scale::Log {
            return Err(Fault::new(step.span, "this step does not lead from one end to the other")
                .help("write a step in the unit of the ends, for a linear range; or say `steps`"));
        }
        let last = libm::floor(count + 1e-9) as usize;
        Ok((0..=last).map(|i| from.number + i as f64 * size.number).collect())
    }
}

fn in_unit(unit: &str) -> String {
    if unit.starts_with("without") { unit.to_owned() } else { format!("in `{unit}`") }
}

/// `steps` numbers from one to the other, both included.
fn spread(from: f64, to: f64, steps: usize, scale: Scale) -> Vec<f64> {
    let last = (steps - 1) as f64;
    let between = |i: usize| match (i, scale) {
        (0, _) => from,
        (i, _) if i + 1 == steps => to,
        (i, Scale::Linear) => from + (to - from) * (i as f64 / last),
        (i, Scale::Log) => from * libm::pow(to / from, i as f64 / last),
    };
    (0..steps).map(between).collect()
}

/// A number that people can read: whole, or of six digits.
fn rounded(number: f64, whole: bool) -> f64 {
    if whole {
        return libm::round(number);
    }
    format!("{number:.5e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::fault::Span;

    fn node(text: &str) -> Node {
        let value = match text.parse::<i128>() {
            Ok(number) => Value::Integer(number),
            Err(_) => text.parse().map_or_else(|_| Value::String(text.into()), Value::Float),
        };
        Node { span: Span::default(), value }
    }

    fn values(from: &str, to: &str, steps: usize, scale: Scale) -> Vec<String> {
        let (from, to) = (node(from), node(to));
        let range = Range { from: &from, to: &to, steps: Some(steps), step: None, scale };
        let text = |node: Node| match node.value {
            Value::String(text) => text,
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => format!("{number:?}"),
            other => panic!("{other:?}"),
        };
        range.values().expect("a range").into_iter().map(text).collect()
    }

    #[test]
    fn ranges_have_the_numbers_that_a_hand_finds() {
        assert_eq!(values("10p", "50p", 5, Scale::Linear), ["10p", "20p", "30p", "40p", "50p"]);
        // 5 * 40^(1/2) = 31.6, and packets are whole.
        assert_eq!(values("5p", "200p", 3, Scale::Log), ["5p", "32p", "200p"]);
        assert_eq!(values("1", "1000", 4, Scale::Log), ["1", "10", "100", "1000"]);
        // 5 * 16^(1/4) = 10, and so on.
        assert_eq!(values("5ms", "80ms", 5, Scale::Log), ["5ms", "10ms", "20ms", "40ms", "80ms"]);
        assert_eq!(values("0.5", "1", 3, Scale::Linear), ["0.5", "0.75", "1.0"]);
        assert_eq!(values("1Mbps", "2Mbps", 4, Scale::Linear)[1], "1.33333Mbps");
        assert_eq!(values("3p", "1p", 3, Scale::Linear), ["3p", "2p", "1p"], "downwards");
        assert_eq!(values("1p", "3p", 9, Scale::Log), ["1p", "2p", "3p"], "each once");
    }

    #[test]
    fn steps_of_a_size() {
        let (from, to, step) = (node("10ms"), node("32ms"), node("10ms"));
        let range =
            Range { from: &from, to: &to, steps: None, step: Some(&step), scale: Scale::Linear };
        let values = range.values().expect("a range");
        assert_eq!(values.len(), 3);
        assert_eq!(values[2].as_str(), Some("30ms"));
    }

    #[test]
    fn says_what_is_wrong_with_a_range() {
        let told = |from: &str, to: &str, steps, step: Option<&str>, scale| {
            let (from, to, step) = (node(from), node(to), step.map(node));
            let range = Range { from: &from, to: &to, steps, step: step.as_ref(), scale };
            range.values().expect_err("a fault").message
        };
        use Scale::{Linear, Log};
        assert!(told("5p", "2ms", Some(3), None, Linear).contains("same unit"));
        assert!(told("0p", "9p", Some(3), None, Log).contains("above zero"));
        assert!(told("fast", "9p", Some(3), None, Log).contains("not a number"));
        assert!(told("1p", "9p", Some(1), None, Linear).contains("steps"));
        assert!(told("1p", "9p", None, None, Linear).contains("needs"));
        assert!(told("1p", "9p", Some(2), Some("1p"), Linear).contains("not both"));
        assert!(told("1p", "9p", None, Some("0p"), Linear).contains("does not lead"));
        assert!(told("9p", "1p", None, Some("1p"), Linear).contains("does not lead"));
    }
}
