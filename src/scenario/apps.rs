//! `[apps]`: processes, the nodes they run on, their settings by `kind`.

mod destination;
mod tell;

pub(super) use destination::{Destination, aim};

use self::destination::unknown_node;
use super::arrivals;
use super::context::Context;
use super::decode::{Form, decode, decode_with, kind, missing};
use super::fault::{Fault, Span};
use super::fields::required_keys;
use super::layers::{Family, Layer, Rank};
use super::names::Pattern;
use super::nodes::{is_override, no_such};
use super::raw::{APP_HEAD, AppHead};
use super::value::{Node, Table, Value};
use crate::app::AppSpec;
use crate::id::NodeId;
use crate::packet::dscp::Dscp;
use crate::sim::{AppPlan, Plan};
use crate::units::Time;

/// What the tables of an application say.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) start: Time,
    pub(super) stop: Option<Time>,
    pub(super) dscp: Dscp,
    pub(super) spec: AppSpec,
}

/// Where a member of the family runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seat {
    pub(super) node: NodeId,
    /// Its place among the processes of its table.
    pub(super) index: usize,
    /// How many processes its table starts.
    pub(super) of: usize,
}

/// All applications: their tables and where they run.
#[derive(Debug, Default)]
pub(super) struct Apps {
    pub(super) family: Family,
    /// By place in the family.
    pub(super) seats: Vec<Seat>,
}

/// Adds the tables of `[apps]`. Those with an `@` in their name are laid over one process of a
/// table for many.
pub(super) fn collect(cx: &mut Context<'_>, tables: &Table, nodes: &Family, apps: &mut Apps) {
    let (single, base): (Vec<_>, Vec<_>) =
        tables.0.iter().partition(|(name, entry)| name.contains('@') || is_override(entry.key));
    for (name, entry) in base.into_iter().chain(single) {
        let Some(table) = entry.node.as_table() else {
            cx.not_a_table(&entry.node, &format!("apps.{name}"));
            continue;
        };
        let layer = Layer {
            table: table.clone(),
            key: entry.key,
            place: format!("apps.{name}"),
            rank: if name.contains('@') { Rank::One } else { Rank::Many },
        };
        if name.contains('@') || is_override(entry.key) {
            if apps.family.members.contains_key(name) {
                let layer = apps.family.layer(layer);
                apps.family.add(name.clone(), layer);
            } else {
                cx.faults.push(no_such("process", name, entry.key, &apps.family));
            }
            continue;
        }
        match Pattern::parse(name) {
            Ok(Pattern::One(_)) => {}
            Ok(_) => {
                cx.faults.push(
                    Fault::new(entry.key, "the name of an application cannot be a range")
                        .help("write the range in `on`; the processes are called NAME@NODE"),
                );
                continue;
            }
            Err(wrong) => {
                cx.wrong(entry.key, wrong);
                continue;
            }
        }
        seat(cx, name, layer, nodes, apps);
    }
}

/// Finds the nodes that a table's processes run on, and adds the processes.
fn seat(cx: &mut Context<'_>, name: &str, layer: Layer, nodes: &Family, apps: &mut Apps) {
    let Some(entry) = layer.table.get("on") else {
        let form =
            Form { place: &layer.place, anchor: layer.key, without: &[], required: &Vec::new };
        cx.faults.push(missing("on", form).help("say which node it runs on: on = \"NODE\""));
        spec(cx, &layer.table, form);
        return;
    };
    let (seats, many) = nodes_of(cx, &entry.node, &format!("{}.on", layer.place), nodes);
    if apps.family.members.len() + seats.len() > cx.limit {
        let limit = cx.limit;
        cx.faults.push(
            Fault::new(layer.key, format!("these make more than {limit} processes"))
                .help("run fewer"),
        );
        return;
    }
    let (of, place) = (seats.len(), layer.place.clone());
    let table_span = entry.node.span;
    if seats.is_empty() {
        // Nobody will read it, but its other faults are to be told as well.
        read(cx, &layer.table, &layer.place, layer.key);
    }
    let layer = apps.family.layer(layer);
    for (index, (node_name, node)) in seats.into_iter().enumerate() {
        let name = if many { format!("{name}@{node_name}") } else { name.to_owned() };
        if apps.family.members.contains_key(&name) {
            cx.faults.push(
                Fault::new(table_span, format!("{place}.on: `{node_name}` is named twice"))
                    .help("name each node once; for two processes on a node write two tables"),
            );
            return;
        }
        apps.family.add(name, layer);
        apps.seats.push(Seat { node, index, of });
    }
}

/// The nodes that `on` names, and whether it is written as for many.
fn nodes_of(
    cx: &mut Context<'_>,
    on: &Node,
    place: &str,
    nodes: &Family,
) -> (Vec<(String, NodeId)>, bool) {
    let (list, many) = match &on.value {
        Value::String(text) => (vec![(text.as_str(), on.span)], text.contains('[')),
        Value::Array(nodes) => {
            let texts = nodes.iter().filter_map(|node| Some((node.as_str()?, node.span)));
            (texts.collect(), true)
        }
        _ => (Vec::new(), false), // The head's own reading says what is wrong.
    };
    let mut found = Vec::new();
    for (text, span) in list {
        let names = Pattern::parse(text)
            .and_then(|pattern| pattern.names(nodes.members.keys().map(String::as_str), cx.limit));
        let names = match names {
            Ok(names) => names,
            Err(wrong) => {
                cx.wrong_nodes(span, text, wrong);
                continue;
            }
        };
        for name in names {
            let Some(index) = nodes.members.get_index_of(&name) else {
                unknown_node(cx, place, &name, span, nodes);
                break;
            };
            found.push((name, NodeId::from_index(index)));
        }
    }
    (found, many)
}

/// Reads the merged table of an application.
pub(super) fn read(cx: &mut Context<'_>, table: &Table, place: &str, key: Span) -> Option<Made> {
    let before = cx.faults.len();
    let form = Form { place, anchor: key, without: &[], required: &Vec::new };
    let head: Option<AppHead> = decode(&table.only(&APP_HEAD[1..]), form, &mut cx.faults);
    let spec = spec(cx, table, form);
    let head = head?;
    if let (Some(stop), Some(entry)) = (head.stop, table.get("stop"))
        && stop <= head.start
    {
        cx.faults.push(
            Fault::new(entry.node.span, format!("{place} stops at {stop}, before it starts"))
                .help(format!("write a time after its start, {}", head.start)),
        );
    }
    let spec = spec?;
    for fault in spec.config().check() {
        let span = table.get(fault.field).map_or(key, |entry| entry.node.span);
        let message = format!("{place}.{}: {}", fault.field, fault.message);
        cx.faults.push(Fault::new(span, message).help(fault.help));
    }
    (cx.faults.len() == before).then_some(Made {
        start: head.start,
        stop: head.stop,
        dscp: head.dscp,
        spec,
    })
}

/// Reads the settings of the kind that the table names.
fn spec(cx: &mut Context<'_>, table: &Table, form: Form<'_>) -> Option<AppSpec> {
    let kind = kind(cx, table, form, AppSpec::KINDS, "application")?;
    let required = || required_keys(AppSpec::schemas, kind);
    let form = Form { without: APP_HEAD, required: &required, ..form };
    let spec = decode_with(table, form, &mut cx.faults, |rest| {
        AppSpec::from_kind(kind, rest)
            .unwrap_or_else(|| Err(serde::de::Error::unknown_variant(kind, AppSpec::KINDS)))
    })?;
    read_files(cx, spec, table, form)
}

/// Reads the packet arrivals that the settings name, if they do.
fn read_files(
    cx: &mut Context<'_>,
    mut spec: AppSpec,
    table: &Table,
    form: Form<'_>,
) -> Option<AppSpec> {
    if let Some((field, arrivals)) = spec.config_mut().arrivals() {
        let span = table.get(field).map_or(form.anchor, |entry| entry.node.span);
        match arrivals::read(cx.reader, &arrivals.file) {
            Ok(list) => arrivals.list = list,
            Err((message, help)) => {
                let message = format!("{}.{field}: {message}", form.place);
                cx.faults.push(Fault::new(span, message).help(help));
                return None;
            }
        }
    }
    Some(spec)
}

/// Puts the processes into the plan, whose addresses are assigned.
pub(super) fn place(
    cx: &mut Context<'_>,
    apps: &Apps,
    nodes: &Family,
    plan: &mut Plan,
) -> Vec<Option<usize>> {
    let (of_member, groups) = apps.family.groups();
    let made: Vec<_> = groups
        .iter()
        .map(|layers| {
            let (table, top) = (apps.family.merged(layers), apps.family.top(layers));
            let made = read(cx, &table, &top.place, top.key);
            (table, top, made)
        })
        .collect();
    let mut numbers = Vec::with_capacity(of_member.len());
    let mut failed = vec![false; groups.len()];
    for ((name, &seat), &group) in apps.family.members.keys().zip(&apps.seats).zip(&of_member) {
        numbers.push(None);
        let (table, top, Some(made)) = &made[group] else { continue };
        if failed[group] {
            continue;
        }
        let before = cx.faults.len();
        if !plan.nodes[seat.node.index()].kind.is_ip() {
            let span = table.get("on").map_or(top.key, |entry| entry.node.span);
            let node = &plan.nodes[seat.node.index()].name;
            let fault = Fault::new(span, format!("{}: `{node}` runs no processes", top.place))
                .label("a switch or hub")
                .help("run it on a host or a router");
            cx.faults.push(fault);
        }
        let mut spec = made.spec.clone();
        let itself = aim(cx, &mut spec, (table, &top.place), seat, nodes, plan);
        failed[group] = cx.faults.len() > before;
        if itself {
            cx.notices.push(format!("apps.{name} is left out: it would send to itself"));
            continue;
        }
        if made.start > cx.end {
            let (start, end) = (made.start, cx.end);
            cx.notices.push(format!("apps.{name} never starts: {start} is after the end, {end}"));
        }
        *numbers.last_mut().expect("just pushed") = Some(plan.apps.len());
        plan.apps.push(AppPlan {
            name: name.clone(),
            on: seat.node,
            start: made.start,
            stop: made.stop,
            dscp: made.dscp,
            spec,
        });
    }
    tell::all(plan);
    numbers
}
