//! Two summaries, number by number. What expectations and models quote of them is left out.

use std::fmt::Write as _;

use serde_json::Value;

/// Columns of a value.
const VALUE: usize = 13;
/// Columns of the relative change.
const CHANGE: usize = 9;
/// Columns of a path; longer ones get their own line.
const PATH: usize = 80 - 2 * (VALUE + 1) - (CHANGE + 1);
/// What an expectation found is told under the paths that it names.
const QUOTES: &str = "actual";
/// What models say follows from the scenario, and what it is compared with is told under its own path.
const THEORY: &str = "theory";
/// Significant digits of numbers that are not whole.
const DIGITS: i32 = 6;

/// A value that is not the same in both.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Its dotted path in the summary.
    pub path: String,
    /// What it is in A and in B; nothing where there is no such path. Of a whole part that only one has there
    /// is one difference.
    pub values: [Option<Value>; 2],
}

/// All values that are not the same, in the order of A, and how many were compared.
#[must_use]
pub fn compare(a: &Value, b: &Value) -> (Vec<Difference>, usize) {
    let mut found = Found::default();
    found.walk(String::new(), a, b);
    (found.differences, found.compared)
}

#[derive(Default)]
struct Found {
    differences: Vec<Difference>,
    compared: usize,
}

impl Found {
    fn walk(&mut self, path: String, a: &Value, b: &Value) {
        match (a, b) {
            (Value::Object(a), Value::Object(b)) => {
                let below = |key: &str| match path.is_empty() {
                    true => key.to_owned(),
                    false => format!("{path}.{key}"),
                };
                let top = path.is_empty();
                let told =
                    |key: &&String| key.as_str() != QUOTES && !(top && key.as_str() == THEORY);
                for (key, value) in a.iter().filter(|(key, _)| told(key)) {
                    self.pair(below(key), Some(value), b.get(key));
                }
                for (key, value) in b.iter().filter(|(key, _)| told(key) && !a.contains_key(*key)) {
                    self.pair(below(key), None, Some(value));
                }
            }
            (Value::Array(a), Value::Array(b)) => {
                for index in 0..a.len().max(b.len()) {
                    self.pair(format!("{path}[{index}]"), a.get(index), b.get(index));
                }
            }
            _ => {
                self.compared += 1;
                if a != b {
                    let values = [a, b].map(|value| Some(value.clone()));
                    self.differences.push(Difference { path, values });
                }
            }
        }
    }

    fn pair(&mut self, path: String, a: Option<&Value>, b: Option<&Value>) {
        match (a, b) {
            (Some(a), Some(b)) => self.walk(path, a, b),
            _ => {
                self.compared += 1;
                let values = [a.cloned(), b.cloned()];
                self.differences.push(Difference { path, values });
            }
        }
    }
}

/// The differences as a table within eighty columns.
#[must_use]
pub fn table(differences: &[Difference], compared: usize) -> String {
    if differences.is_empty() {
        return format!("All {compared} values of the results are the same.\n");
    }
    let mut text = format!("{} of {compared} values of the results differ\n", differences.len());
    let _ = writeln!(text, "{:<PATH$} {:>VALUE$} {:>VALUE$} {:>CHANGE$}", "", "A", "B", "change");
    for Difference { path, values } in differences {
        let [a, b] = shown(values);
        let change = change(path, values);
        let long = [&a, &b].iter().any(|value| value.chars().count() > VALUE);
        if long {
            let _ = writeln!(text, "{path}");
            for (side, value) in [("A", a), ("B", b)] {
                let look = textwrap::Options::new(80).subsequent_indent("      ");
                let value = format!("    {side} {value}");
                let _ = writeln!(text, "{}", textwrap::fill(&value, &look));
            }
            continue;
        }
        let path = match path.chars().count() > PATH {
            true => {
                let _ = writeln!(text, "{path}");
                ""
            }
            false => path,
        };
        let _ = writeln!(text, "{path:<PATH$} {a:>VALUE$} {b:>VALUE$} {change:>CHANGE$}");
    }
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Both values in as few digits as tell them apart.
fn shown([a, b]: &[Option<Value>; 2]) -> [String; 2] {
    let short = [a, b].map(|value| value.as_ref().map_or_else(|| "-".into(), brief));
    if short[0] != short[1] {
        return short;
    }
    [a, b].map(|value| value.as_ref().map_or_else(|| "-".into(), Value::to_string))
}

fn brief(value: &Value) -> String {
    match value {
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map_or_else(|| number.to_string(), rounded)
        }
        Value::String(text) => text.clone(),
        Value::Object(_) => "(there)".into(),
        Value::Null => "none".into(),
        other => other.to_string(),
    }
}

fn rounded(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let magnitude = libm::floor(libm::log10(value.abs())) as i32;
    if !(-6..=12).contains(&magnitude) {
        return format!("{value:.5e}");
    }
    let decimals = usize::try_from(DIGITS - 1 - magnitude).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').into(),
        false => text,
    }
}

fn change(path: &str, [a, b]: &[Option<Value>; 2]) -> String {
    let number = |value: &Option<Value>| value.as_ref().and_then(Value::as_f64);
    match (a, b) {
        (None, _) => return "only in B".into(),
        (_, None) => return "only in A".into(),
        _ => {}
    }
    let (Some(a), Some(b)) = (number(a), number(b)) else { return String::new() };
    // A seed is a name rather than a quantity.
    if a == 0.0 || path == "seed" {
        return String::new();
    }
    let share = (b - a) / a.abs();
    match share.abs() {
        1e5.. => format!("x {:.0e}", b / a),
        10.0.. => format!("x {:.1}", b / a),
        0.001.. => format!("{:+.1}%", share * 100.0),
        0.0001.. => format!("{:+.2}%", share * 100.0),
        _ => format!("{:+.0e}", share),
    }
}
