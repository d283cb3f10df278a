//! Expressions over the results that are not the scenario's own: what a sweep measures. They are
//! compiled with the scenario, so that a name that it does not have is found before it runs.

use std::sync::Arc;

use cel::{Context as Variables, ExecutionError, Program, Value};
use serde_json::Value as Json;

use super::context::Context;
use super::expect::{self, Known};
use super::fault::{Source, Span};
use crate::observe::results::Summary;

/// An expression over the results.
#[derive(Debug, Clone)]
pub struct Measure {
    program: Arc<Program>,
}

/// Compiles expressions, each a text of its own that messages name.
pub(super) fn collect(
    cx: &mut Context<'_>,
    texts: &[(String, String)],
    known: &Known<'_>,
) -> Vec<Measure> {
    let mut measures = Vec::new();
    for (name, text) in texts {
        let Ok(source) = u16::try_from(cx.sources.len()) else { break };
        cx.sources.push(Source { name: name.clone(), text: text.clone() });
        let whole = Span::new(source, 0..text.len());
        if let Some(program) = expect::compile(cx, text, whole, known) {
            measures.push(Measure { program });
        }
    }
    measures
}

/// The value of each measure over the results of a run; `None` where it is `null` or computed from
/// a value that is not there in this run.
///
/// # Errors
/// The place of the first measure that is no number whatever the results, and why.
pub fn measure(
    measures: &[Measure],
    summary: &Summary,
) -> Result<Vec<Option<f64>>, (usize, String)> {
    let results = serde_json::to_value(summary).unwrap_or(Json::Null);
    let variables = expect::variables(&results);
    let value = |(place, measure): (usize, &Measure)| {
        number(measure.program.execute(&variables), measure, &results)
            .map_err(|trouble| (place, trouble))
    };
    measures.iter().enumerate().map(value).collect()
}

fn number(
    value: Result<Value, ExecutionError>,
    measure: &Measure,
    results: &Json,
) -> Result<Option<f64>, String> {
    let error = match value {
        Ok(Value::Null) => return Ok(None),
        Ok(value) => match as_number(&value) {
            Some(number) => return Ok(number.is_finite().then_some(number)),
            None => "it is no number".to_owned(),
        },
        Err(error) if expect::is_of_null(&error) => return Ok(None),
        Err(error) => expect::explain(&error),
    };
    let mut seen = Vec::new();
    expect::values(measure.program.expression(), results, &mut seen);
    let lacks = |value: &String| value.ends_with(" = null") || value.contains("there is no");
    match seen.iter().any(lacks) {
        true => Ok(None),
        false if seen.is_empty() => Err(error),
        false => Err(format!("{error} ({})", seen.join(", "))),
    }
}

/// Numbers as they are; true is 1 and false is 0, so that their mean is a share.
fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(whole) => Some(*whole as f64),
        Value::UInt(whole) => Some(*whole as f64),
        Value::Float(number) => Some(*number),
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        _ => None,
    }
}

/// Functions of lists of numbers that CEL has not; values that are not there (`null`) do not count.
pub(super) fn add_functions(variables: &mut Variables<'_, '_>) {
    type OfNumbers = fn(&[f64]) -> Option<f64>;
    let functions: [(&str, OfNumbers); 3] =
        [("sum", |all| Some(all.iter().sum())), ("mean", mean), ("jain", jain)];
    for (name, function) in functions {
        let of_list = move |list: Arc<Vec<Value>>| -> Result<Value, ExecutionError> {
            let numbers: Option<Vec<f64>> =
                list.iter().filter(|value| **value != Value::Null).map(as_number).collect();
            let wrong = || ExecutionError::function_error(name, "takes a list of numbers");
            let mut numbers = numbers.ok_or_else(wrong)?;
            // CEL's maps have no order: what is made of them comes in another one in every process,
            // and the last digit of a sum depends on it.
            numbers.sort_by(f64::total_cmp);
            let result = function(&numbers);
            Ok(result.map_or(Value::Null, Value::Float))
        };
        variables.add_function(name, of_list).expect("CEL has no function of this name");
    }
}

fn mean(all: &[f64]) -> Option<f64> {
    (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
}

/// The fairness index of Jain, Chiu and Hawe (1984): from 1 / n, all to one, to 1, all the same.
fn jain(all: &[f64]) -> Option<f64> {
    let (sum, squares) = all.iter().fold((0.0, 0.0), |(s, q), x| (s + x, q + x * x));
    (squares > 0.0).then(|| sum * sum / (all.len() as f64 * squares))
}

#[cfg(test)]
mod tests {
    use super::super::{Options, Scenario, load};
    use super::*;
    use crate::observe::{Interest, Observation, Observer};
    use crate::sim::Simulation;
    use crate::units::Time;

    struct Nobody;

    impl Observer for Nobody {
        fn interest(&self) -> Interest {
            Interest::Nothing
        }
        fn observe(&mut self, _: Time, _: &Observation) {}
    }

    const NETWORK: &str = "duration = '1s'\nseed = 3\n[nodes]\na = 'host'\nb = 'host'\n[links]\na--b = {}\n\
        [apps]\nsend = { kind = 'cbr', on = 'a', to = 'b:9', rate = '80kbps', size = '100B' }\n\
        hear = { kind = 'udp-server', on = 'b', port = 9 }\n";

    fn compiled(text: &str) -> Result<Scenario, super::super::LoadError> {
        let measures = vec![("measure it".to_owned(), text.to_owned())];
        let options = Options { measures, ..Options::default() };
        load(NETWORK.as_bytes(), "t.toml", &|_| Ok(Vec::new()), &options)
    }

    fn value(text: &str) -> Result<Option<f64>, String> {
        let scenario = compiled(text).unwrap_or_else(|error| panic!("{error}"));
        let mut simulation = Simulation::new(scenario.plan.clone());
        simulation.run_until(scenario.duration, &mut Nobody);
        measure(&scenario.measures, &simulation.summary()).map(|v| v[0]).map_err(|(_, why)| why)
    }

    #[test]
    fn numbers_truths_and_what_is_not_there() {
        assert_eq!(value("seed"), Ok(Some(3.0)));
        assert_eq!(value("double(seed) / 2.0"), Ok(Some(1.5)));
        assert_eq!(value("seed > 2"), Ok(Some(1.0)));
        assert_eq!(value("flows.send.min_rtt_seconds"), Ok(None));
        assert_eq!(value("flows.send.min_rtt_seconds * 2.0"), Ok(None));
        assert_eq!(value("1.0 / 0.0"), Ok(None), "infinity has no mean");
        for on_a_way in ["< 2.0", ">= 1", "+ 1.0", "* 2.0"] {
            let text = format!("['send'].map(f, flows[f].min_rtt_seconds {on_a_way})[0]");
            assert_eq!(value(&text), Ok(None), "{text}");
            assert_eq!(value(&format!("flows.send.min_rtt_seconds {on_a_way}")), Ok(None));
        }
        assert_eq!(value("2.0 > mean([])"), Ok(None));
        assert_eq!(value("['send'].exists(f, flows[f].min_rtt_seconds == null)"), Ok(Some(1.0)));
        assert!(value("title").expect_err("a text").contains("no number"));
        assert!(value("seed / 2.0").expect_err("mixed").contains("double(...)"));
    }

    #[test]
    fn names_are_checked_before_anything_runs() {
        let error = compiled("flows.sned.goodput_bps").expect_err("a typo");
        let text = error.to_string();
        assert!(text.contains("measure it:1:7") && text.contains("did you mean `send`?"), "{text}");
    }

    #[test]
    fn functions_of_lists() {
        assert_eq!(value("sum([1, 2.5, null])"), Ok(Some(3.5)));
        assert_eq!(value("mean([1, 2])"), Ok(Some(1.5)));
        assert_eq!(value("mean([])"), Ok(None));
        assert_eq!(value("jain([1, 1, 1, 1])"), Ok(Some(1.0)));
        assert_eq!(value("jain([1, 0, 0, 0])"), Ok(Some(0.25)));
        assert_eq!(value("jain([1, 2])"), Ok(Some(0.9)));
        assert_eq!(value("jain(flows.map(name, flows[name].packets_sent))"), Ok(Some(1.0)));
        for function in ["sum", "mean", "jain"] {
            let of = |list: &str| value(&format!("{function}({list})"));
            assert_eq!(
                of("[0.1, 0.2, 0.3]"),
                of("[0.3, 0.2, 0.1]"),
                "{function}: to the last digit"
            );
        }
    }
}
