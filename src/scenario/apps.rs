//! `[apps]`: processes, the nodes they run on, their settings by `kind`.

use std::net::Ipv4Addr;
use std::rc::Rc;

use super::arrivals;
use super::context::Context;
use super::decode::{Form, decode, decode_with, kind, missing};
use super::fault::{Fault, Span};
use super::fields::required_keys;
use super::layers::{Family, Layer, Rank};
use super::names::Pattern;
use super::nodes::{is_override, no_such};
use super::raw::{APP_HEAD, AppHead};
use super::value::{Table, Value};
use super::words;
use crate::app::AppSpec;
use crate::app::conversation::Script;
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
    let (list, many) = match &entry.node.value {
        Value::String(text) => (vec![(text.as_str(), entry.node.span)], text.contains('[')),
        Value::Array(nodes) => {
            let texts = nodes.iter().filter_map(|node| Some((node.as_str()?, node.span)));
            (texts.collect(), true)
        }
        _ => (Vec::new(), false), // The head's own reading says what is wrong.
    };
    let mut seats = Vec::new();
    for (text, span) in list {
        let names = Pattern::parse(text)
            .and_then(|pattern| pattern.names(nodes.members.keys().map(String::as_str), cx.limit));
        match names {
            Ok(names) => {
                for node in names {
                    let Some(index) = nodes.members.get_index_of(&node) else {
                        unknown_node(cx, &format!("{}.on", layer.place), &node, span, nodes);
                        break;
                    };
                    seats.push((node, NodeId::from_index(index)));
                }
            }
            Err(wrong) => cx.wrong_nodes(span, text, wrong),
        }
    }
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

/// Nothing is called so.
fn unknown_node(cx: &mut Context<'_>, place: &str, name: &str, span: Span, nodes: &Family) {
    let known = nodes.members.keys().map(String::as_str);
    cx.lacking(
        Fault::new(span, format!("{place}: there is no node `{}`", words::short(name)))
            .label("no node has this name")
            .help(words::suggestion(name, "known nodes", known)),
    );
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

/// Where a destination of a group of processes leads.
#[derive(Debug, Clone)]
pub(super) enum Destination {
    Address(Ipv4Addr),
    /// One for all, or one for each.
    Nodes(Vec<NodeId>),
    /// A fault has been reported.
    Unknown,
}

/// Fills in the addresses of `spec`'s destinations, for the process at `seat`. Returns whether
/// it would send to itself because ranges say so.
pub(super) fn aim(
    cx: &mut Context<'_>,
    spec: &mut AppSpec,
    (table, place): (&Table, &str),
    seat: Seat,
    nodes: &Family,
    plan: &Plan,
) -> bool {
    let mut itself = false;
    for (field, target) in spec.config_mut().targets() {
        let node = table.get(field).map(|entry| &*entry.node);
        let span = node.map_or(Span::default(), |node| node.span);
        // A range is read once and not for each of its processes.
        let known = (span, target.host.clone(), seat.of);
        let found = match cx.destinations.get(&known) {
            Some(found) => Rc::clone(found),
            None => {
                let found = destination(cx, &target.host, field, span, place, seat, nodes);
                cx.destinations.entry(known).insert_entry(Rc::new(found)).get().clone()
            }
        };
        match &*found {
            Destination::Address(address) => target.address = *address,
            Destination::Unknown => {}
            Destination::Nodes(list) => {
                let Some(&to) = list.get(if list.len() == 1 { 0 } else { seat.index }) else {
                    continue;
                };
                itself |= to == seat.node && seat.of > 1;
                let to = &plan.nodes[to.index()];
                target.host.clone_from(&to.name);
                match to.addresses.first() {
                    Some((_, address)) => target.address = address.addr(),
                    None if !cx.assigned => {}
                    None => {
                        let (why, help) = if to.kind.is_ip() {
                            ("it has no link", "connect it by a link")
                        } else {
                            ("switches and hubs have none", "send to a host or router")
                        };
                        cx.faults.push(
                            Fault::new(
                                span,
                                format!("{place}.{field}: `{}` has no address: {why}", to.name),
                            )
                            .help(help),
                        );
                    }
                }
            }
        }
    }
    itself
}

fn destination(
    cx: &mut Context<'_>,
    host: &str,
    field: &str,
    written: Span,
    place: &str,
    seat: Seat,
    nodes: &Family,
) -> Destination {
    if let Ok(address) = host.parse() {
        return Destination::Address(address);
    }
    if host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        let span = cx.within(written, host);
        let message = format!("{place}.{field}: `{}` is not an IPv4 address", words::short(host));
        let help = "write a node's name, or an address such as 10.0.9.2";
        cx.faults.push(Fault::new(span, message).help(help));
        return Destination::Unknown;
    }
    let span = cx.within(written, host);
    let known = nodes.members.keys().map(String::as_str);
    let names = match Pattern::parse(host).and_then(|pattern| pattern.names(known, cx.limit)) {
        Ok(names) => names,
        Err(wrong) => {
            cx.wrong_nodes(span, host, wrong);
            return Destination::Unknown;
        }
    };
    if names.len() != 1 && names.len() != seat.of {
        let (targets, of) = (names.len(), seat.of);
        cx.faults.push(
            Fault::new(span, format!("{place}.{field}: {targets} destinations for {of} processes"))
                .help("write as many as `on` has nodes, or one for all"),
        );
        return Destination::Unknown;
    }
    let mut list = Vec::with_capacity(names.len());
    for name in names {
        match nodes.members.get_index_of(&name) {
            Some(index) => list.push(NodeId::from_index(index)),
            None => {
                unknown_node(cx, &format!("{place}.{field}"), &name, span, nodes);
                return Destination::Unknown;
            }
        }
    }
    Destination::Nodes(list)
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
    declare(plan);
    numbers
}

/// Tells those who want to know what the others on their node listen on.
fn declare(plan: &mut Plan) {
    let listens = |app: &AppPlan| Some((app.on, app.spec.config().listens()?));
    let all: Vec<_> = plan.apps.iter().filter_map(listens).collect();
    for app in &mut plan.apps {
        if let Some(declared) = app.spec.config_mut().declared() {
            declared.extend(all.iter().filter(|(on, _)| *on == app.on).map(|(_, door)| *door));
        }
    }
    hand_out_scripts(plan);
}

/// Tells the servers of conversations who will call them and what will be said.
fn hand_out_scripts(plan: &mut Plan) {
    let addresses = |node: NodeId| {
        plan.nodes[node.index()].addresses.iter().map(|(_, address)| address.addr()).collect()
    };
    let script =
        |app: &AppPlan| Some(Script { from: addresses(app.on), ..app.spec.config().script()? });
    let scripts: Vec<Script> = plan.apps.iter().filter_map(script).collect();
    for app in &mut plan.apps {
        let own = &plan.nodes[app.on.index()].addresses;
        let config = app.spec.config_mut();
        let Some((protocol, port)) = config.listens() else { continue };
        let Some(wanted) = config.scripts() else { continue };
        let calls_here = |script: &&Script| {
            script.to.port() == port
                && script.over.protocol() == protocol
                && own.iter().any(|(_, address)| address.addr() == *script.to.ip())
        };
        wanted.extend(scripts.iter().filter(calls_here).cloned());
    }
}
