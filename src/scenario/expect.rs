//! `[[expect]]`: CEL expressions, compiled with the scenario, judged over the results.

mod mistakes;
mod names;
mod ports;

use std::sync::Arc;

use cel::common::ast::{Expr, IdedExpr};
use cel::{Context as Variables, ExecutionError, Program};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value as Json;

use super::context::Context;
use super::decode::{Form, decode};
use super::fault::{Fault, Span};
use super::value::{Node, Value};
use super::words;
use super::{measure, raw};
use crate::observe::results::{Expectation, Summary};
pub(super) use names::Known;
use names::{access, parts};

/// Something that a scenario expects of its results.
#[derive(Debug, Clone)]
pub struct Expect {
    /// The expression, as written.
    pub that: String,
    /// Why it should hold, as written.
    pub because: String,
    program: Arc<Program>,
}

/// What expressions can speak of: the keys of the summary.
const VARIABLES: &[&str] = &[
    "scenario",
    "title",
    "seed",
    "simulated_seconds",
    "engine",
    "links",
    "ports",
    "hosts",
    "flows",
];

/// The longest expression \[bytes\].
const LONGEST: usize = 2000;

/// Reads and compiles the list at `expect`.
pub(super) fn collect(cx: &mut Context<'_>, list: &Node, known: &Known<'_>) -> Vec<Expect> {
    let Value::Array(items) = &list.value else {
        cx.faults.push(
            Fault::new(
                list.span,
                format!("expect: expected a list of tables, found {}", list.what()),
            )
            .help("write each expectation as a table [[expect]] with `that` and `because`"),
        );
        return Vec::new();
    };
    let mut expects = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let place = format!("expect[{index}]");
        let Some(table) = item.as_table() else {
            cx.not_a_table(item, &place);
            continue;
        };
        let required = || vec!["that".to_owned()];
        let form = Form { place: &place, anchor: item.span, without: &[], required: &required };
        let read: Option<raw::Expect> = decode(table, form, &mut cx.faults);
        let (Some(raw), Some(entry)) = (read, table.get("that")) else { continue };
        if let Some(program) = compile(cx, &raw.that, entry.node.span, known) {
            expects.push(Expect { that: raw.that, because: raw.because, program });
        }
    }
    expects
}

pub(super) fn compile(
    cx: &mut Context<'_>,
    text: &str,
    span: Span,
    known: &Known<'_>,
) -> Option<Arc<Program>> {
    if text.len() > LONGEST || nesting(text) > 40 {
        cx.faults.push(
            Fault::new(
                span,
                format!("this expression is too long or too deep (over {LONGEST} bytes)"),
            )
            .help("split it into several expectations"),
        );
        return None;
    }
    let before = cx.faults.len();
    if let Some(mistake) = mistakes::unquoted(text, known) {
        tell(cx, text, span, mistake);
        return None;
    }
    match Program::compile(text) {
        Ok(program) => {
            names::check(cx, program.expression(), span, known);
            (cx.faults.len() == before).then(|| Arc::new(program))
        }
        Err(errors) => {
            if let Some(mistake) = mistakes::foreign(text) {
                tell(cx, text, span, mistake);
                return None;
            }
            for error in errors.errors.iter().take(3) {
                let place = place_in(cx, text, span, error.pos);
                let message = format!("not a CEL expression: {}", short_message(&error.msg));
                cx.faults.push(
                    Fault::new(place, message)
                        .help("write for example links['r1--bob']['r1->bob'].drops.queue > 0"),
                );
            }
            if errors.errors.is_empty() {
                cx.faults.push(
                    Fault::new(span, "not a CEL expression")
                        .help("write for example links['r1--bob']['r1->bob'].drops.queue > 0"),
                );
            }
            None
        }
    }
}

/// Records what was meant by an expression that is none.
fn tell(cx: &mut Context<'_>, text: &str, span: Span, (range, what, help): mistakes::Mistake) {
    let whole = cx.within(span, text);
    let place = match whole == span {
        true => span,
        false => {
            let start = whole.start as usize;
            Span::new(span.source, start + range.start..start + range.end)
        }
    };
    cx.faults.push(Fault::new(place, what).help(help));
}

/// The most brackets and signs that are open at once, a bound on how deep a parser must go.
fn nesting(text: &str) -> usize {
    let (mut depth, mut most, mut signs) = (0usize, 0, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' | b'?' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'!' | b'-' => signs += 1,
            b' ' => {}
            _ => signs = 0,
        }
        most = most.max(depth + signs);
    }
    most
}

/// The parser's message without its list of everything that could have been.
fn short_message(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    let first = first.split(" expecting ").next().unwrap_or(first);
    words::short(first.trim_start_matches("Syntax error: ")).replace("'<EOF>'", "the end")
}

/// Where the parser's line and column are in the scenario's text.
fn place_in(cx: &Context<'_>, text: &str, span: Span, (line, column): (isize, isize)) -> Span {
    let whole = cx.within(span, text);
    if whole == span || line < 1 {
        return span;
    }
    let lines = text.split_inclusive('\n').take(line as usize - 1).map(str::len).sum::<usize>();
    let rest = text.get(lines..).unwrap_or("");
    let ahead: usize = rest.chars().take(column.max(1) as usize - 1).map(char::len_utf8).sum();
    let start = whole.start as usize + lines + ahead;
    let end = (start + 1).min(whole.end as usize).max(start);
    Span::new(span.source, start..end)
}

/// Judges what a scenario expects by what came out.
#[must_use]
pub fn evaluate(expects: &[Expect], summary: &Summary) -> Vec<Expectation> {
    let results = serde_json::to_value(summary).unwrap_or(Json::Null);
    let variables = variables(&results);
    expects.iter().map(|expect| judge(expect, &variables, &results)).collect()
}

/// The results as expressions see them, with our own functions.
pub(super) fn variables(results: &Json) -> Variables<'static, 'static> {
    let mut variables = Variables::default();
    for &name in VARIABLES {
        let value = results.get(name).unwrap_or(&Json::Null);
        if let Ok(value) = cel::to_value(Whole(value)) {
            variables.add_variable_from_value(name, value);
        }
    }
    measure::add_functions(&mut variables);
    variables
}

fn judge(expect: &Expect, variables: &Variables<'_, '_>, results: &Json) -> Expectation {
    let (holds, trouble) = match expect.program.execute(variables) {
        Ok(cel::Value::Bool(holds)) => (holds, None),
        Ok(_) => (false, Some("the expression is not true or false; compare its value".to_owned())),
        Err(error) => (false, Some(explain(&error))),
    };
    let mut seen = Vec::new();
    values(expect.program.expression(), results, &mut seen);
    let mut actual = seen.join(", ");
    if let Some(trouble) = trouble {
        // A key that is not there already says so among the values.
        let null = seen.iter().find_map(|value| value.strip_suffix(" = null"));
        let trouble = match null {
            Some(path) => format!("no value to compare: guard it with `{path} != null && ...`"),
            None => trouble,
        };
        if !seen.iter().any(|value| value.contains("there is no")) {
            actual = if actual.is_empty() { trouble } else { format!("{trouble} ({actual})") };
        }
    }
    let (that, because) = (expect.that.clone(), expect.because.clone());
    Expectation { that, because, holds, actual }
}

/// An evaluation error in our words.
pub(super) fn explain(error: &ExecutionError) -> String {
    match error {
        _ if is_of_null(error) => "a value is `null`: guard it with `... != null && ...`".into(),
        ExecutionError::NoSuchKey(key) => format!("there is no `{key}`"),
        ExecutionError::UndeclaredReference(name) => format!("there is no `{name}`"),
        ExecutionError::NoSuchOverload(_) | ExecutionError::UnsupportedBinaryOperator(..) => {
            format!(
                "{}; whole numbers and fractions do not mix in sums: write double(...)",
                words::short(&error.to_string())
            )
        }
        other => words::short(&other.to_string()),
    }
}

/// Whether something was computed from `null`, or compared with it.
pub(super) fn is_of_null(error: &ExecutionError) -> bool {
    match error {
        ExecutionError::NoSuchOverload(overload) => {
            overload.argument_types().iter().any(|kind| kind.contains("null"))
        }
        ExecutionError::UnsupportedBinaryOperator(_, left, right)
        | ExecutionError::ValuesNotComparable(left, right) => {
            [left, right].contains(&&cel::Value::Null)
        }
        _ => false,
    }
}

/// Collects `path = value` for each longest chain of accesses in an expression.
pub(super) fn values(node: &IdedExpr, results: &Json, seen: &mut Vec<String>) {
    if let Some((text, value)) = resolve(node, results) {
        let shown = match value {
            Ok(value) => format!("{text} = {}", show(value)),
            Err(missing) => missing,
        };
        if text.contains(['.', '[']) || VARIABLES.contains(&text.as_str()) {
            if !seen.contains(&shown) {
                seen.push(shown);
            }
            return;
        }
    }
    for part in parts(node) {
        values(part, results, seen);
    }
}

type Resolved<'a> = (String, Result<&'a Json, String>);

/// The value that a chain of accesses leads to, with the chain as text.
fn resolve<'a>(node: &IdedExpr, results: &'a Json) -> Option<Resolved<'a>> {
    if let Expr::Ident(name) = &node.expr {
        return Some((name.clone(), Ok(results.get(name.as_str())?)));
    }
    let (of, key) = access(node)?;
    let (text, value) = resolve(of, results)?;
    let value = match value {
        Ok(value) => value,
        Err(missing) => return Some((text, Err(missing))),
    };
    let plain = key.chars().all(|c| c.is_alphanumeric() || c == '_');
    let path = if plain { format!("{text}.{key}") } else { format!("{text}['{key}']") };
    Some((
        path,
        value.get(key.as_str()).ok_or_else(|| {
            let keys = value.as_object().map(|object| object.keys().map(String::as_str));
            match keys {
                Some(keys) => {
                    let keys = keys.collect::<Vec<_>>();
                    let hint = match keys.is_empty() {
                        true => "there is nothing in it".into(),
                        false => words::suggestion(&key, "there is", keys),
                    };
                    format!("{text}: there is no `{key}` ({hint})")
                }
                None => {
                    format!("{text} = {}, which has no parts: there is no `{key}`", show(value))
                }
            }
        }),
    ))
}

fn show(value: &Json) -> String {
    match value {
        Json::Object(object) => format!("a table of {}", object.len()),
        Json::Array(list) => format!("a list of {}", list.len()),
        other => other.to_string(),
    }
}

/// JSON whose whole numbers are all of CEL's signed kind: those of literals.
struct Whole<'a>(&'a Json);

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Json::Number(number) => match number.as_i64() {
                Some(whole) => serializer.serialize_i64(whole),
                None => serializer.serialize_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::Object(object) => {
                let mut map = serializer.serialize_map(Some(object.len()))?;
                for (key, value) in object {
                    map.serialize_entry(key, &Whole(value))?;
                }
                map.end()
            }
            Json::Array(list) => {
                let mut seq = serializer.serialize_seq(Some(list.len()))?;
                for value in list {
                    seq.serialize_element(&Whole(value))?;
                }
                seq.end()
            }
            other => other.serialize(serializer),
        }
    }
}

#[cfg(test)]
#[path = "expect_tests.rs"]
mod tests;
