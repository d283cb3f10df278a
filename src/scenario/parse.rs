//! Text to tree: TOML, or JSON of the same shape.

use std::ops::Range;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged as _;
use toml::de::{DeArray, DeTable, DeValue};

use super::fault::{Fault, Faults, MAX_TEXT, Span};
use super::value::{Node, Table, Value};

/// Reads a whole scenario; what is not valid is reported, and the rest read as far as it goes.
/// A file called `.json` is JSON, and so is a text that begins with a brace, as TOML never does.
pub(crate) fn document(file: &str, text: &str, faults: &mut Faults) -> Table {
    if text.len() > MAX_TEXT {
        faults.push(
            Fault::new(Span::default(), "the scenario is larger than 64 MiB")
                .help("write repeated parts as ranges, such as \"h[1..100]\", or use [topology]"),
        );
        return Table::default();
    }
    let brace = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    if brace || file.ends_with(".json") {
        return json(text, faults);
    }
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut errors: Vec<_> = errors.iter().map(|error| (line_of(text, error), error)).collect();
    errors.sort_by_key(|((begins, at), _)| begins + at);
    let mut told = std::collections::BTreeSet::new();
    let meant: Vec<_> = errors
        .iter()
        .map(|((begins, at), error)| {
            if told.contains(begins) {
                return None;
            }
            let line = text.get(*begins..)?.lines().next()?;
            let meant = super::syntax::meant(line, *at, error.message())?;
            told.insert(*begins).then_some(meant)
        })
        .collect();
    for (((begins, _), error), meant) in errors.iter().zip(meant) {
        let fault = syntax(text, error, 0, 0);
        match meant {
            Some(meant) => faults.push(fault.help(meant)),
            // Once a line is understood, nothing else about it need be said.
            None if told.contains(begins) => {}
            None => faults.push(fault),
        }
    }
    Tree { source: 0, offset: 0, faults }.table(root.get_ref())
}

/// Reads one TOML value, such as the right side of `--set`; `None` if it is not one.
/// `offset` is where `text` begins in its source.
pub(super) fn value(text: &str, source: u16, offset: usize) -> Option<Node> {
    let (root, errors) = DeValue::parse_recoverable(text);
    let mut faults = Faults::default();
    let node = Tree { source, offset, faults: &mut faults }.node(root.get_ref(), root.span());
    (errors.is_empty() && faults.is_empty()).then_some(node)
}

/// Where the line of an error begins, and the place of the error in it.
fn line_of(text: &str, error: &toml::de::Error) -> (usize, usize) {
    let start = error.span().map_or_else(|| deepest_line(text).start, |span| span.start);
    let begins = text.get(..start).and_then(|it| it.rfind('\n')).map_or(0, |at| at + 1);
    (begins, start - begins)
}

/// A syntax error in our words.
fn syntax(text: &str, error: &toml::de::Error, source: u16, offset: usize) -> Fault {
    let range = error.span().unwrap_or_else(|| deepest_line(text));
    let message = error.message().trim_end();
    let (message, help) = match message.split_once(", expected ") {
        Some((what, expected)) => (what, format!("expected {expected}")),
        None => (message, String::new()),
    };
    let help = if message.contains("quoted") {
        "write it in quotes".into()
    } else if !help.is_empty() {
        help
    } else if message.contains("duplicate key") {
        "write each key once; keep the one you mean".into()
    } else if message.contains("recurs") {
        "a scenario needs no nesting this deep".into()
    } else {
        "texts need quotes, and each `key = value` a line of its own".into()
    };
    let range = range.start + offset..range.end + offset;
    Fault::new(Span::new(source, range), format!("not valid TOML: {message}")).help(help)
}

/// Nesting that is too deep is reported without a place: the line with the most dots.
fn deepest_line(text: &str) -> Range<usize> {
    let start = |line: &str| line.as_ptr() as usize - text.as_ptr() as usize;
    let deepest = text.lines().max_by_key(|line| line.matches('.').count()).unwrap_or("");
    if deepest.is_empty() {
        text.len()..text.len()
    } else {
        start(deepest)..start(deepest) + deepest.len()
    }
}

struct Tree<'a> {
    source: u16,
    offset: usize,
    faults: &'a mut Faults,
}

impl Tree<'_> {
    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, range.start + self.offset..range.end + self.offset)
    }

    fn table(&mut self, table: &DeTable<'_>) -> Table {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let mut tree = Table::default();
        for (key, value) in entries {
            let node = self.node(value.get_ref(), value.span());
            let place = self.span(key.span());
            tree.insert(key.get_ref(), place, node);
        }
        tree
    }

    fn array(&mut self, array: &DeArray<'_>) -> Vec<Node> {
        array.iter().map(|value| self.node(value.get_ref(), value.span())).collect()
    }

    fn node(&mut self, value: &DeValue<'_>, range: Range<usize>) -> Node {
        let span = self.span(range);
        let value = match value {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Integer(number) => Value::Integer(
                i128::from_str_radix(number.as_str(), number.radix()).unwrap_or_else(|_| {
                    self.faults.push(
                        Fault::new(span, "this number is too large")
                            .help("whole numbers end at 18446744073709551615"),
                    );
                    0
                }),
            ),
            DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(truth) => Value::Boolean(*truth),
            DeValue::Datetime(when) => Value::Datetime(when.to_string()),
            DeValue::Array(array) => Value::Array(self.array(array)),
            DeValue::Table(table) => Value::Table(self.table(table)),
        };
        Node { span, value }
    }
}

fn json(text: &str, faults: &mut Faults) -> Table {
    let options = jsonc_parser::ParseOptions {
        allow_comments: true,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    // A byte order mark is blanked, so that all places remain.
    let text = &text.replacen('\u{feff}', "   ", usize::from(text.starts_with('\u{feff}')));
    match jsonc_parser::parse_to_ast(text, &jsonc_parser::CollectOptions::default(), &options) {
        Ok(parsed) => match parsed.value {
            Some(ast::Value::Object(object)) => json_table(&object, faults),
            other => {
                let range = other.map_or(0..0, |value| value.range().start..value.range().end);
                faults.push(
                    Fault::new(Span::new(0, range), "a scenario in JSON is one object")
                        .help("write { \"duration\": \"10s\", ... }"),
                );
                Table::default()
            }
        },
        Err(error) => {
            let range = error.range();
            let message = error.kind().to_string();
            faults.push(
                Fault::new(
                    Span::new(0, range.start..range.end),
                    format!("not valid JSON: {}", lower_first(&message)),
                )
                .help(
                    "JSON wants double quotes around keys and texts, and a comma between entries",
                ),
            );
            Table::default()
        }
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn json_table(object: &ast::Object<'_>, faults: &mut Faults) -> Table {
    let mut tree = Table::default();
    for property in &object.properties {
        let key = property.name.as_str();
        let range = property.name.range();
        let place = Span::new(0, range.start..range.end);
        if let Some(first) = tree.get(key) {
            faults.push(
                Fault::new(place, format!("`{key}` is written twice"))
                    .also(first.key, "first here")
                    .help("write each key once; keep the one you mean"),
            );
            continue;
        }
        tree.insert(key, place, json_node(&property.value, faults));
    }
    tree
}

fn json_node(value: &ast::Value<'_>, faults: &mut Faults) -> Node {
    let range = value.range();
    let span = Span::new(0, range.start..range.end);
    let value = match value {
        ast::Value::StringLit(text) => Value::String(text.value.to_string()),
        ast::Value::NumberLit(number) => match number.value.parse() {
            Ok(whole) => Value::Integer(whole),
            Err(_) => Value::Float(number.value.parse().unwrap_or(f64::NAN)),
        },
        ast::Value::BooleanLit(truth) => Value::Boolean(truth.value),
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::Array(array) => {
            Value::Array(array.elements.iter().map(|node| json_node(node, faults)).collect())
        }
        ast::Value::Object(object) => Value::Table(json_table(object, faults)),
    };
    Node { span, value }
}
