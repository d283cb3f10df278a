//! A table to a typed value, with *all* that is wrong in it.
//!
//! Serde stops at the first error. So each error is recorded, its key taken out of (a copy of)
//! the table, and the table read again, until nothing is wrong or what remains cannot be read.

use serde::de::DeserializeOwned;

use super::context::Context;
use super::de::{DeError, Problem, Step, TableDe};
use super::fault::{Fault, Faults, Span};
use super::value::{Node, Table, Value};
use super::{synonyms, words};
use crate::tcp;

/// Faults reported in one table; who made more will first mend these.
const MOST: usize = 40;

/// How a table is to be read.
#[derive(Clone, Copy)]
pub(crate) struct Form<'a> {
    /// The path of the table, for messages: `links.a--b`.
    pub(crate) place: &'a str,
    /// Where missing keys are reported: the table's name.
    pub(crate) anchor: Span,
    /// Keys that somebody else reads.
    pub(crate) without: &'a [&'a str],
    /// Keys that must be there.
    pub(crate) required: &'a dyn Fn() -> Vec<String>,
}

/// Reads `table` as a `T`.
pub(crate) fn decode<T: DeserializeOwned>(
    table: &Table,
    form: Form<'_>,
    faults: &mut Faults,
) -> Option<T> {
    decode_with(table, form, faults, |rest| T::deserialize(rest))
}

/// Reads `table` by `read`. `None` if anything was wrong; then `faults` has grown.
pub(super) fn decode_with<T>(
    table: &Table,
    form: Form<'_>,
    faults: &mut Faults,
    read: impl Fn(TableDe<'_>) -> Result<T, DeError>,
) -> Option<T> {
    let mut error = match read(TableDe { table, without: form.without }) {
        Ok(value) => return Some(value),
        Err(error) => error,
    };
    let (mut table, before) = (table.clone(), faults.len());
    let mut removed: Vec<Vec<Step>> = Vec::new();
    while faults.len() - before < MOST {
        let mut path: Vec<Step> = error.path.iter().rev().cloned().collect();
        let missing = matches!(error.problem, Problem::Missing(_));
        let consequence = removed.iter().any(|gone| {
            gone.len() > path.len() && gone.starts_with(&path) || missing && gone.starts_with(&path)
        });
        if missing && path.is_empty() {
            report_missing(&error, &table, &removed, form, faults);
            break;
        }
        if !consequence {
            faults.push(describe(&error, &table, &path, form));
        }
        while let Some(Step::Index(_)) = path.last() {
            if holds_table(&table, &path) {
                break;
            }
            path.pop();
        }
        if path.is_empty() || !remove(&mut table, &path) {
            break;
        }
        removed.push(path);
        match read(TableDe { table: &table, without: form.without }) {
            Ok(_) => break,
            Err(next) => error = next,
        }
    }
    None
}

fn report_missing(
    error: &DeError,
    table: &Table,
    removed: &[Vec<Step>],
    form: Form<'_>,
    faults: &mut Faults,
) {
    let mut required = (form.required)();
    if let Problem::Missing(key) = error.problem
        && !required.iter().any(|known| known == key)
    {
        required.push(key.into());
    }
    for key in required {
        let gone =
            removed.iter().any(|path| matches!(path.as_slice(), [Step::Key(k)] if *k == key));
        if !gone && table.get(&key).is_none() {
            faults.push(missing_in(table, &key, form));
        }
    }
}

/// A key that must be there and is not.
pub(crate) fn missing(key: &str, form: Form<'_>) -> Fault {
    let within = match form.place {
        "" => "the scenario".to_owned(),
        place => format!("`{place}`"),
    };
    Fault::new(form.anchor, format!("{within} lacks `{key}`"))
        .label(format!("`{key}` is missing here"))
        .help(match example(key) {
            Some(value) => format!("add a line, for example {key} = {value}"),
            None => format!("add a line `{key} = ...`"),
        })
}

/// The same, which may have been written by a word from elsewhere.
pub(super) fn missing_in(table: &Table, key: &str, form: Form<'_>) -> Fault {
    let fault = missing(key, form);
    match called_otherwise(table, key) {
        Some(other) => fault.help(format!("write {key} in place of {other}")),
        None => fault,
    }
}

/// A key of the table that stands for another one elsewhere.
pub(super) fn called_otherwise<'t>(table: &'t Table, key: &str) -> Option<&'t str> {
    let mut others = table.0.keys().map(String::as_str);
    others.find(|other| synonyms::word(other, |word| word == key).is_some())
}

/// What could be the value of a key that lacks.
fn example(key: &str) -> Option<&'static str> {
    Some(match key {
        "duration" => "\"10s\"",
        "to" => "\"bob:9\", or \"bob\" where no port is needed",
        "port" => "80",
        "rate" => "\"10Mbps\"",
        "size" => "\"1MB\"",
        "at" => "\"3s\"",
        "that" => "\"flows.web.packets_sent > 0\"",
        _ => return None,
    })
}

fn holds_table(table: &Table, path: &[Step]) -> bool {
    match find(table, path) {
        Some(node) => node.as_table().is_some(),
        None => false,
    }
}

fn find<'a>(table: &'a Table, path: &[Step]) -> Option<&'a Node> {
    let (Step::Key(first), rest) = path.split_first()? else { return None };
    let mut node = &*table.get(first)?.node;
    for step in rest {
        node = match (&node.value, step) {
            (Value::Table(inner), Step::Key(key)) => &inner.get(key)?.node,
            (Value::Array(nodes), Step::Index(index)) => nodes.get(*index)?,
            _ => return None,
        };
    }
    Some(node)
}

/// Takes what `path` leads to out of `table`.
fn remove(table: &mut Table, path: &[Step]) -> bool {
    let Some((Step::Key(first), rest)) = path.split_first() else { return false };
    if rest.is_empty() {
        return table.remove(first).is_some();
    }
    let Some(entry) = table.0.get_mut(first) else { return false };
    remove_in(std::rc::Rc::make_mut(&mut entry.node), rest)
}

fn remove_in(node: &mut Node, path: &[Step]) -> bool {
    match (&mut node.value, path) {
        (Value::Table(table), path) => remove(table, path),
        (Value::Array(nodes), [Step::Index(index), rest @ ..]) => match nodes.get_mut(*index) {
            Some(node) if rest.is_empty() => {
                node.value = Value::Gone;
                true
            }
            Some(node) => remove_in(node, rest),
            None => false,
        },
        _ => false,
    }
}

/// The `kind` of a table, which must be one of `kinds`.
pub(super) fn kind<'t>(
    cx: &mut Context<'_>,
    table: &'t Table,
    form: Form<'_>,
    kinds: &'static [&'static str],
    what: &str,
) -> Option<&'t str> {
    let known = kinds.iter().copied();
    let Some(entry) = table.get("kind") else {
        let add = match called_otherwise(table, "kind") {
            Some(other) => format!("write kind in place of {other}"),
            None => "add kind = \"...\"".to_owned(),
        };
        let help = format!("{add}; kinds: {}", words::list(known));
        cx.faults.push(missing("kind", form).help(help));
        return None;
    };
    let (span, place) = (entry.node.span, form.place);
    let fault = match entry.node.as_str() {
        Some(kind) if kinds.contains(&kind) => return Some(kind),
        Some(found) => {
            let message = format!("{place}: there is no kind of {what} `{}`", words::short(found));
            let help = words::suggestion(found, "kinds", known);
            Fault::new(span, message).label("unknown kind").help(help)
        }
        None => {
            let message = format!("{place}.kind: expected a kind, found {}", entry.node.what());
            Fault::new(span, message).help(format!("write one of {}", words::list(known)))
        }
    };
    cx.faults.push(fault);
    None
}

/// The fault in our words.
fn describe(error: &DeError, table: &Table, path: &[Step], form: Form<'_>) -> Fault {
    let place = full_path(form.place, path);
    let span = error.span.unwrap_or(form.anchor);
    match &error.problem {
        Problem::Message(message) => {
            let (cause, help) = explain(message);
            Fault::new(span, format!("{place}: {cause}")).help(help)
        }
        Problem::UnknownKey { found, known } => {
            // Types that read their keys themselves report them from within the table.
            let (within, span) = match path.split_last() {
                Some((Step::Key(key), above)) if key == found => (above, span),
                _ => {
                    let inner = find(table, path).and_then(Node::as_table);
                    (path, inner.and_then(|t| t.get(found)).map_or(span, |entry| entry.key))
                }
            };
            let others = if within.is_empty() { form.without } else { &[] };
            let place = full_path(form.place, within);
            unknown_key(span, &place, found, known.iter().chain(others).copied())
        }
        Problem::UnknownWord { found, known } => {
            Fault::new(span, format!("{place}: there is no `{}`", words::short(found)))
                .label("not one of the words allowed")
                .help(words::suggestion(found, "allowed", known.iter().copied()))
        }
        Problem::Missing(key) => {
            let inner = find(table, path).and_then(Node::as_table);
            let help = match inner.and_then(|inner| called_otherwise(inner, key)) {
                Some(other) => format!("write {key} in place of {other}"),
                None => format!("add `{key} = ...`"),
            };
            Fault::new(span, format!("{place} lacks `{key}`"))
                .label(format!("`{key}` is missing here"))
                .help(help)
        }
        Problem::Type { found, expected } => {
            Fault::new(span, format!("{place}: expected {expected}, found {found}"))
                .help(instead(found, expected, path))
        }
    }
}

/// What to write in place of a value of another type: if only quotes are wrong, the same without
/// them, or with them.
fn instead(found: &str, expected: &str, path: &[Step]) -> String {
    let key = match path.last() {
        Some(Step::Key(key)) => format!("{key} = "),
        _ => String::new(),
    };
    let text = found.strip_prefix("the text \"").and_then(|rest| rest.strip_suffix('"'));
    let whole = |text: &str| text.parse::<i64>().is_ok();
    let number = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
    if let Some(text) = text.map(str::trim) {
        let fits = match expected {
            "true or false" => matches!(text, "true" | "false"),
            "a number" => number(text),
            _ => expected.starts_with("a whole number") && whole(text),
        };
        if fits {
            return format!("write it without quotes: {key}{text}");
        }
        if expected.starts_with("a list ") {
            let parts: Vec<String> =
                text.split(',').map(|it| format!("\"{}\"", it.trim())).collect();
            return format!("write it in brackets: {key}[{}]", parts.join(", "));
        }
        if expected == "a table" && key == "tcp = " {
            return format!("write a table: tcp = {{ congestion = \"{text}\" }}");
        }
    }
    match found
        .strip_prefix("the number ")
        .or_else(|| matches!(found, "true" | "false").then_some(found))
    {
        Some(value) if expected == "a text in quotes" && key == "to = " => {
            format!("write the node too: to = \"bob:{value}\"")
        }
        Some(value) if expected == "a text in quotes" => {
            format!("write it in quotes: {key}\"{value}\"")
        }
        Some(value) if expected == "a list in brackets" => {
            format!("write it in brackets: {key}[{value}]")
        }
        _ => format!("write {expected}"),
    }
}

/// A key that the table called `place` does not have.
pub(crate) fn unknown_key<'a>(
    span: Span,
    place: &str,
    found: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Fault {
    let within = if place.is_empty() { "a scenario" } else { place };
    let here = |word: &str| known.clone().any(|key| key == word);
    let of_tcp = tcp::config::Settings::knows;
    let setting =
        if of_tcp(found) { Some(found) } else { synonyms::word(found, of_tcp).map(|it| it.0) };
    let setting =
        setting.filter(|it| *it == found || words::nearest(found, known.clone()).is_none());
    let help = match setting.filter(|_| here("tcp") && synonyms::word(found, here).is_none()) {
        Some(setting) => format!("it is a setting of TCP: write tcp = {{ {setting} = ... }}"),
        None if here("set") && found.contains('.') => {
            format!("write it within set: set = {{ \"{}\" = ... }}", words::short(found))
        }
        None => words::suggestion(found, "known keys", known.clone()),
    };
    Fault::new(span, format!("{within} has no `{}`", words::short(found)))
        .label("unknown key")
        .help(help)
}

fn full_path(place: &str, path: &[Step]) -> String {
    let mut text = place.to_owned();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => {
                text.push('.');
                text.push_str(key);
            }
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    words::short(&text)
}

/// A message of a type in two parts: what is wrong, and the remedy.
fn explain(message: &str) -> (String, String) {
    let split = message.split_once("; ").map(|(cause, help)| (cause, help.to_owned()));
    let split = split.or_else(|| {
        let (cause, help) = message.split_once(": write ")?;
        Some((cause, format!("write {help}")))
    });
    if let Some((cause, help)) = split {
        return (cause.to_owned(), help);
    }
    let lower = message.to_lowercase();
    if lower.contains("ipv4 address syntax") || lower.contains("invalid ipv4") {
        return ("not an IPv4 address".into(), "write for example \"10.0.9.2\"".into());
    }
    if lower.contains("ip address syntax") || lower.contains("prefix") {
        return (
            "not an IPv4 address with its prefix length".into(),
            "write for example \"10.0.9.2/24\"".into(),
        );
    }
    (message.to_owned(), "correct this value; `portolan schema` says what it may be".into())
}
