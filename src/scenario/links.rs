//! `[links]`: ends, and the settings of both directions.

use super::context::Context;
use super::decode::{Form, decode};
use super::fault::{Fault, Span};
use super::layers::{Family, Layer, Rank};
use super::names::{LONGEST, Pattern};
use super::nodes::{is_override, no_such};
use super::raw::{Direction, LINK_HEAD, LinkHead};
use super::value::{Entry, Table};
use super::words;
use crate::id::NodeId;
use crate::link;
use crate::queue::QueueSpec;

/// What the tables of a link say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Made {
    pub(super) directions: [link::Config; 2],
    pub(super) cost: u32,
}

/// All links: their tables and their ends.
#[derive(Debug, Default)]
pub(super) struct Links {
    pub(super) family: Family,
    /// By place in the family.
    pub(super) ends: Vec<[NodeId; 2]>,
}

impl Links {
    /// Adds a link, or lays one more table over it.
    pub(super) fn add(&mut self, name: String, layer: u32, ends: Option<[NodeId; 2]>) {
        let (place, new) = self.family.add(name, layer);
        match ends {
            Some(ends) if new => self.ends.push(ends),
            Some(ends) => self.ends[place] = ends,
            None => {}
        }
    }
}

/// Adds the tables of `[links]`.
pub(super) fn collect(cx: &mut Context<'_>, tables: &Table, nodes: &Family, links: &mut Links) {
    for (name, entry) in &tables.0 {
        let Some(table) = entry.node.as_table() else {
            cx.not_a_table(&entry.node, &format!("links.{name}"));
            continue;
        };
        let layer = Layer {
            table: table.clone(),
            key: entry.key,
            place: format!("links.{name}"),
            rank: if name.contains('[') { Rank::Many } else { Rank::One },
        };
        if is_override(entry.key) && !name.contains('[') {
            if links.family.members.contains_key(name) {
                let layer = links.family.layer(layer);
                links.add(name.clone(), layer, None);
            } else {
                cx.lacking(no_such("link", name, entry.key, &links.family));
            }
            continue;
        }
        let Some(members) = members(cx, name, entry, table, nodes, links) else {
            // Nobody will read it, but its other faults are to be told as well.
            read(cx, table, &layer.place, entry.key);
            continue;
        };
        if links.family.members.len() + members.len() > cx.limit.saturating_mul(2) {
            let limit = cx.limit.saturating_mul(2);
            cx.faults.push(
                Fault::new(entry.key, format!("these make more than {limit} links"))
                    .help("simulate a smaller network"),
            );
            continue;
        }
        if let Some((name, other)) = mirrored(&members, table, links) {
            cx.faults.push(
                Fault::new(
                    entry.key,
                    format!(
                        "link `{name}` joins the same nodes as `{other}`: is it a second cable?"
                    ),
                )
                .help(format!(
                    "what differs on the way back goes into links.{other}.backward; for two cables \
                     give each a name and between = [...]"
                )),
            );
            continue;
        }
        let layer = links.family.layer(layer);
        for (name, ends) in members {
            links.add(name, layer, ends);
        }
    }
}

/// A new link whose name only turns round that of another one, without saying by `between` that it is
/// meant; and that other one.
fn mirrored(members: &Members, table: &Table, links: &Links) -> Option<(String, String)> {
    if between(table).is_some() {
        return None;
    }
    let new = members.iter().filter(|(name, _)| !links.family.members.contains_key(name));
    let mut turned = new.filter_map(|(name, _)| {
        let (a, b) = name.split_once("--")?;
        Some((name.clone(), format!("{b}--{a}")))
    });
    turned.find(|(_, other)| links.family.members.contains_key(other))
}

type Members = Vec<(String, Option<[NodeId; 2]>)>;

/// The links that a table describes, with their ends; existing ones keep theirs unless the
/// table has `between`.
fn members(
    cx: &mut Context<'_>,
    name: &str,
    entry: &Entry,
    table: &Table,
    nodes: &Family,
    links: &Links,
) -> Option<Members> {
    let written = between(table);
    if written.is_none() && links.family.members.contains_key(name) {
        return Some(vec![(name.to_owned(), None)]);
    }
    let (ends, span) = match written {
        Some(written) => written,
        None => (ends_in_name(cx, name, entry.key, nodes)?, entry.key),
    };
    let spans = [cx.within(span, &ends[0]), cx.within(span, &ends[1])];
    let a = end_nodes(cx, name, &ends[0], spans[0], nodes);
    let b = end_nodes(cx, name, &ends[1], spans[1], nodes);
    let (a, b) = (a?, b?);
    let count = a.len().max(b.len());
    if a.len() != b.len() && a.len() != 1 && b.len() != 1 {
        cx.faults.push(
            Fault::new(
                entry.key,
                format!("{} nodes cannot be linked to {} one by one", a.len(), b.len()),
            )
            .help("give both ends as many, or one of them one node"),
        );
        return None;
    }
    let names = names(cx, name, entry.key, &ends, count, |i| {
        let end = |list: &[(String, NodeId)]| list[i.min(list.len() - 1)].0.clone();
        (end(&a), end(&b))
    })?;
    let mut members = Members::with_capacity(count);
    for (i, name) in names.into_iter().enumerate() {
        let (a, b) = (&a[i.min(a.len() - 1)], &b[i.min(b.len() - 1)]);
        if a.1 == b.1 {
            cx.faults.push(
                Fault::new(spans[0], format!("link `{name}` connects `{}` to itself", a.0))
                    .help("a cable has two ends on different nodes; give the other one"),
            );
            return None;
        }
        members.push((name, Some([a.1, b.1])));
    }
    Some(members)
}

/// Two nodes whose names a link's name joins by another sign than `--`.
fn joined<'n>(name: &'n str, nodes: &Family) -> Option<[&'n str; 2]> {
    if name.chars().count() > 2 * LONGEST + 3 {
        return None;
    }
    let signs = ["<->", "->", "-", "_", "~", ":"];
    let ends = signs.iter().flat_map(|sign| {
        name.match_indices(sign).map(|(at, sign)| [&name[..at], &name[at + sign.len()..]])
    });
    let mut known = ends.filter(|ends| ends.iter().all(|end| nodes.members.contains_key(*end)));
    known.next()
}

/// What the name says of a link's ends: `a--b`.
fn ends_in_name(
    cx: &mut Context<'_>,
    name: &str,
    key: Span,
    nodes: &Family,
) -> Option<[String; 2]> {
    match name.split_once("--") {
        Some((a, b)) if !b.contains("--") => Some([a.to_owned(), b.to_owned()]),
        _ => {
            let two = joined(name, nodes);
            let name = words::short(name);
            let help = match two {
                Some([a, b]) => format!("two dashes join the ends: [links.{a}--{b}]"),
                None => {
                    "call it after its ends, such as a--b, or add between = [\"a\", \"b\"]".into()
                }
            };
            let message = format!("the name `{name}` does not say the link's ends");
            cx.faults.push(Fault::new(key, message).help(help));
            None
        }
    }
}

/// What the table says of them.
fn between(table: &Table) -> Option<([String; 2], Span)> {
    let entry = table.get("between")?;
    let super::value::Value::Array(list) = &entry.node.value else { return None };
    match list.as_slice() {
        [a, b] => Some(([a.as_str()?.to_owned(), b.as_str()?.to_owned()], entry.node.span)),
        _ => None,
    }
}

/// The nodes at one end.
fn end_nodes(
    cx: &mut Context<'_>,
    link: &str,
    end: &str,
    span: Span,
    nodes: &Family,
) -> Option<Vec<(String, NodeId)>> {
    let names = Pattern::parse(end)
        .and_then(|pattern| pattern.names(nodes.members.keys().map(String::as_str), cx.limit));
    let names = match names {
        Ok(names) => names,
        Err(wrong) => {
            cx.wrong_nodes(span, end, wrong);
            return None;
        }
    };
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        let Some(index) = nodes.members.get_index_of(&name) else {
            let known = nodes.members.keys().map(String::as_str);
            cx.lacking(
                Fault::new(
                    span,
                    format!("link `{}` connects to an unknown node `{name}`", words::short(link)),
                )
                .label("no node has this name")
                .help(words::suggestion(&name, "known nodes", known)),
            );
            return None;
        };
        found.push((name, NodeId::from_index(index)));
    }
    Some(found)
}

/// The names of the links of one table: `A--B` of each pair where the name is made of the ends,
/// else the name's own range.
fn names(
    cx: &mut Context<'_>,
    name: &str,
    key: Span,
    ends: &[String; 2],
    count: usize,
    pair: impl Fn(usize) -> (String, String),
) -> Option<Vec<String>> {
    if name == format!("{}--{}", ends[0], ends[1]) {
        let join = |i| {
            let (a, b) = pair(i);
            format!("{a}--{b}")
        };
        return Some((0..count).map(join).collect());
    }
    if count == 1 && !name.contains('[') {
        // A name such as r1--bob is as good for a link between others, though it may mislead.
        let (a, b) = name.split_once("--").unwrap_or((name, name));
        return match Pattern::parse(a).and_then(|_| Pattern::parse(b)) {
            Ok(_) => Some(vec![name.to_owned()]),
            Err(wrong) => {
                cx.wrong(key, wrong);
                None
            }
        };
    }
    match Pattern::parse(name).and_then(|pattern| pattern.names(std::iter::empty(), cx.limit)) {
        Ok(names) if names.len() == count => Some(names),
        Ok(names) => {
            cx.faults.push(
                Fault::new(key, format!("{} names for {count} links", names.len())).help(format!(
                    "give the name a range of {count}, such as \"link[1..{count}]\""
                )),
            );
            None
        }
        Err(wrong) => {
            cx.wrong(key, wrong);
            None
        }
    }
}

/// Reads the merged table of a link.
pub(super) fn read(cx: &mut Context<'_>, table: &Table, place: &str, key: Span) -> Option<Made> {
    let before = cx.faults.len();
    let form = Form { place, anchor: key, without: &[], required: &Vec::new };
    let head: Option<LinkHead> = decode(&table.only(LINK_HEAD), form, &mut cx.faults);
    let form = Form { without: LINK_HEAD, ..form };
    let both: Option<Direction> = decode(table, form, &mut cx.faults);
    let (head, both) = (head?, both?);
    let directions = head.directions(&both);
    let [forward, backward] = &directions;
    check_queue(cx, &forward.queue, table, "forward", place);
    // What is wrong with the queues of both is told once.
    if backward.queue != forward.queue {
        check_queue(cx, &backward.queue, table, "backward", place);
    }
    let cost = head.cost.unwrap_or(1);
    (cx.faults.len() == before).then_some(Made { directions, cost })
}

/// Faults that the discipline of a direction finds in its parameters, at the field they name.
fn check_queue(
    cx: &mut Context<'_>,
    spec: &QueueSpec,
    table: &Table,
    direction: &str,
    place: &str,
) {
    let own = table.get(direction).and_then(|entry| entry.node.as_table()?.get("queue"));
    let Some(entry) = own.or_else(|| table.get("queue")) else { return };
    for fault in spec.config().check() {
        let field = entry.node.as_table().and_then(|table| table.get(fault.field));
        let span = field.map_or(entry.node.span, |field| field.node.span);
        let message = format!("{place}.queue.{}: {}", fault.field, fault.message);
        cx.faults.push(Fault::new(span, message).help(fault.help));
    }
}
