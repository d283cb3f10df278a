//! `--set PATH=VALUE`: changes to the tree before anything is read from it.

use std::rc::Rc;

use super::context::Context;
use super::fault::{Fault, Source, Span};
use super::parse;
use super::path::{self, Segment};
use super::raw::TOP;
use super::value::{Node, Table, Value};
use super::words;

/// What an override is called in messages.
const NAME: &str = "--set";

/// Tables of components: a name in them that only an override has is one of many in a range.
const FAMILIES: &[&str] = &["nodes", "links", "apps"];

/// Applies overrides in order. What is wrong with one is reported where its own text says it.
pub(super) fn apply(cx: &mut Context<'_>, root: &mut Table, overrides: &[String]) {
    for text in overrides {
        let Ok(source) = u16::try_from(cx.sources.len()) else { return };
        cx.sources.push(Source { name: NAME.into(), text: text.clone() });
        let whole = Span::new(source, 0..text.len());
        let Some(equals) = equals(text) else {
            cx.faults.push(
                Fault::new(whole, format!("`{}` sets nothing", words::short(text)))
                    .help("write PATH=VALUE, such as links.r1--bob.queue=20p"),
            );
            continue;
        };
        let segments = match path::parse(&text[..equals]) {
            Ok(segments) => segments,
            Err(wrong) => {
                cx.wrong(whole, wrong);
                continue;
            }
        };
        let place = |segment: &Segment| Span::new(source, segment.1.clone());
        let done = value(&text[equals + 1..], source, equals + 1)
            .and_then(|value| set(root, &segments, &place, value, ""));
        if let Err(fault) = done {
            cx.faults.push(fault);
        }
    }
}

/// The first `=` outside of quotes.
fn equals(text: &str) -> Option<usize> {
    let mut quote = None;
    text.char_indices().find_map(|(at, c)| {
        match (quote, c) {
            (None, '=') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
        None
    })
}

/// A TOML value, or else the text itself. What begins like a table or a list was meant as one.
fn value(text: &str, source: u16, offset: usize) -> Result<Node, Fault> {
    let trimmed = text.trim();
    let start = offset + (text.len() - text.trim_start().len());
    let span = Span::new(source, start..start + trimmed.len());
    let wrong = |what: &str, like: &str| {
        Err(Fault::new(span, format!("`{}` is not {what} in TOML", words::short(trimmed)))
            .help(format!("texts stand in quotes there: {like}")))
    };
    match (parse::value(trimmed, source, start), trimmed.chars().next()) {
        (Some(value), _) => Ok(value),
        (None, Some('{')) => wrong("a table", "{ kind = \"fifo\", limit = \"20p\" }"),
        (None, Some('[')) => wrong("a list", "[\"ssh\", 80]"),
        (None, _) => Ok(Node::string(span, trimmed.into())),
    }
}

/// Sets the value at a path of `table`, which is called `at`; tables on the way are made.
pub(super) fn set(
    table: &mut Table,
    path: &[Segment],
    place: &dyn Fn(&Segment) -> Span,
    value: Node,
    at: &str,
) -> Result<(), Fault> {
    let Some((segment, rest)) = path.split_first() else { return Ok(()) };
    let (name, span) = (&segment.0, place(segment));
    if at.is_empty() && !TOP.contains(&name.as_str()) {
        let known = TOP.iter().copied().filter(|key| !key.starts_with('$'));
        return Err(Fault::new(span, format!("a scenario has no `{}`", words::short(name)))
            .help(words::suggestion(name, "paths begin with", known)));
    }
    let full = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
    if rest.is_empty() {
        // Set whole, a component that the file makes is still the file's.
        let old = table.get(name).filter(|_| FAMILIES.contains(&at)).map(|old| old.key);
        table.insert(name, old.unwrap_or(span), value);
        return Ok(());
    }
    if table.get(name).is_none() {
        let node = Node { span, value: Value::Table(Table::default()) };
        table.insert(name, span, node);
    }
    let entry = table.0.get_mut(name).expect("inserted if it was not there");
    descend(Rc::make_mut(&mut entry.node), rest, place, value, &full)
}

fn descend(
    node: &mut Node,
    path: &[Segment],
    place: &dyn Fn(&Segment) -> Span,
    value: Node,
    at: &str,
) -> Result<(), Fault> {
    if let Some(long) = long_form(node, at) {
        node.value = Value::Table(long);
    }
    let what = node.what();
    match &mut node.value {
        Value::Table(table) => set(table, path, place, value, at),
        Value::Array(items) => {
            let Some((segment, rest)) = path.split_first() else { return Ok(()) };
            let count = items.len();
            let index = segment.0.parse::<usize>().ok().filter(|index| *index < count);
            let Some(index) = index else {
                let message = format!("{at} has no `{}`", words::short(&segment.0));
                let help = match count {
                    0 => "the list is empty".to_owned(),
                    _ => format!("its parts are numbered from 0 to {}", count - 1),
                };
                return Err(Fault::new(place(segment), message).help(help));
            };
            let item: &mut Node = &mut items[index];
            if rest.is_empty() {
                *item = value;
                return Ok(());
            }
            descend(item, rest, place, value, &format!("{at}.{index}"))
        }
        _ => {
            let segment = &path[0];
            let message = format!("{at} is {what}, which has no `{}`", words::short(&segment.0));
            Err(Fault::new(place(segment), message).help(format!("set it whole: {at}=...")))
        }
    }
}

/// What a short form stands for, so that its parts can be set: `"host"` of a node, `"50p"` of
/// a queue.
fn long_form(node: &Node, at: &str) -> Option<Table> {
    let text = node.as_str()?;
    let mut table = Table::default();
    let mut add = |key: &str, text: &str| {
        table.insert(key, node.span, Node::string(node.span, text.to_owned()));
    };
    if at.starts_with("nodes.") && at.matches('.').count() == 1 {
        add("kind", text);
    } else if at.ends_with(".queue") {
        add("kind", "fifo");
        add("limit", text);
    } else {
        return None;
    }
    Some(table)
}
