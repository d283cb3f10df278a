//! `[nodes]`: names, kinds, settings, addresses.

use ipnet::Ipv4Net;
use serde::Deserialize;

use super::context::Context;
use super::decode::{Form, called_otherwise, decode, missing_in, unknown_key};
use super::fault::{Fault, Span};
use super::layers::{Family, Layer, Rank};
use super::names::Pattern;
use super::raw::{NODE_HEAD, NodeHead, NodeWord};
use super::value::{Node, Table, Value};
use super::words;
use crate::node::config::{IpConfig, SharedBuffer, SwitchConfig};
use crate::sim::NodeKind;
use crate::units::Time;

/// What the tables of a node say.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) kind: NodeKind,
    /// Interface number, address, and where it is written.
    pub(super) addresses: Vec<(u16, Ipv4Net, Span)>,
}

/// A hub has no settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HubConfig {}

/// Adds the tables of `[nodes]` to the family of nodes.
pub(super) fn collect(cx: &mut Context<'_>, nodes: &Table, family: &mut Family) {
    for (name, entry) in &nodes.0 {
        let Some(table) = table_of(cx, name, &entry.node) else { continue };
        let pattern = match Pattern::parse(name) {
            Ok(pattern) => pattern,
            Err(wrong) => {
                cx.wrong(entry.key, wrong);
                continue;
            }
        };
        let names = match pattern.names(family.members.keys().map(String::as_str), cx.limit) {
            Ok(names) => names,
            Err(wrong) => {
                cx.wrong(entry.key, wrong);
                continue;
            }
        };
        if family.members.len() + names.len() > cx.limit {
            let limit = cx.limit;
            cx.faults.push(
                Fault::new(entry.key, format!("these make more than {limit} nodes"))
                    .help("simulate a smaller network"),
            );
            continue;
        }
        if is_override(entry.key) && names.iter().any(|name| !family.members.contains_key(name)) {
            cx.lacking(no_such("node", name, entry.key, family));
            continue;
        }
        let rank = if pattern.is_many() { Rank::Many } else { Rank::One };
        let place = format!("nodes.{name}");
        let layer = family.layer(Layer { table, key: entry.key, place, rank });
        for name in names {
            family.add(name, layer);
        }
    }
}

/// Whether a key was written by `--set`: it can only be the name of something that exists.
pub(super) const fn is_override(key: Span) -> bool {
    key.source > 0
}

/// There is no component of this name.
pub(super) fn no_such(what: &str, name: &str, span: Span, family: &Family) -> Fault {
    let known = family.members.keys().map(String::as_str);
    Fault::new(span, format!("no {what} is called `{}`", words::short(name)))
        .help(words::suggestion(name, &words::plural(what), known))
}

/// A node's table; `"host"` stands for `{ kind = "host" }`.
fn table_of(cx: &mut Context<'_>, name: &str, node: &Node) -> Option<Table> {
    match &node.value {
        Value::Table(table) => Some(table.clone()),
        Value::String(kind) => {
            let mut table = Table::default();
            table.insert("kind", node.span, Node::string(node.span, kind.clone()));
            Some(table)
        }
        _ => {
            cx.not_a_table(node, &format!("nodes.{name}"));
            None
        }
    }
}

/// Reads the merged table of a node.
pub(super) fn read(cx: &mut Context<'_>, table: &Table, place: &str, key: Span) -> Option<Made> {
    let form = |required| Form { place, anchor: key, without: NODE_HEAD, required };
    let needs_kind = || vec!["kind".to_owned()];
    let before = cx.faults.len();
    if table.get("kind").is_none() && called_otherwise(table, "kind").is_some() {
        cx.faults.push(missing_in(table, "kind", form(&needs_kind)));
        return None;
    }
    let head_form = Form { without: &[], ..form(&needs_kind) };
    let head: Option<NodeHead> = decode(&table.only(NODE_HEAD), head_form, &mut cx.faults);
    // Without its kind nothing else of a node can be understood.
    let head = match head {
        Some(head) => head,
        None => NodeHead { kind: kind_word(table)?, address: None, addresses: Default::default() },
    };
    let rest = form(&Vec::new);
    let kind = match head.kind {
        NodeWord::Host => ip(cx, table, rest).map(NodeKind::Host),
        NodeWord::Router => ip(cx, table, rest).map(NodeKind::Router),
        NodeWord::Switch => switch(cx, table, rest).map(NodeKind::Switch),
        NodeWord::Hub => {
            decode::<HubConfig>(table, rest, &mut cx.faults).map(|_: HubConfig| NodeKind::Hub)
        }
    };
    if let (Some(NodeKind::Switch(_) | NodeKind::Hub), Some(entry)) =
        (&kind, table.get("address").or_else(|| table.get("addresses")))
    {
        let what = if head.kind == NodeWord::Switch { "a switch" } else { "a hub" };
        cx.faults.push(
            Fault::new(entry.key, format!("{place}: {what} has no IP address"))
                .label("only hosts and routers have addresses")
                .help("delete this, or make the node a router"),
        );
    }
    let addresses = addresses(cx, table, &head, place);
    (cx.faults.len() == before).then_some(Made { kind: kind?, addresses })
}

fn kind_word(table: &Table) -> Option<NodeWord> {
    match table.get("kind")?.node.as_str()? {
        "host" => Some(NodeWord::Host),
        "router" => Some(NodeWord::Router),
        "switch" => Some(NodeWord::Switch),
        "hub" => Some(NodeWord::Hub),
        _ => None,
    }
}

fn ip(cx: &mut Context<'_>, table: &Table, form: Form<'_>) -> Option<IpConfig> {
    let config: IpConfig = decode(table, form, &mut cx.faults)?;
    let mut refuse = |key: &str, message: String, help: &str| {
        let span = table.get(key).map_or(form.anchor, |entry| entry.node.span);
        cx.faults.push(Fault::new(span, format!("{}.{key}: {message}", form.place)).help(help));
    };
    if let [first, last] = config.ephemeral
        && (first > last || first == 0)
    {
        let message = format!("the ephemeral ports {first} to {last} are none");
        refuse("ephemeral", message, "write the smaller port first, such as [32768, 60999]");
    }
    if config.filter.iter().any(|rule| rule.ports.is_some_and(|[first, last]| first > last)) {
        let message = "a rule's last port is below its first".into();
        refuse("filter", message, "write the smaller port first, such as ports = [80, 443]");
    }
    if config.arp_retry.is_zero() {
        let message = "all requests at one instant leave no time for an answer".into();
        refuse("arp-retry", message, "write for example \"1s\"");
    }
    if config.ttl == 0 {
        refuse("ttl", "packets with TTL 0 go nowhere".into(), "write at least 1");
    }
    check_buffer(cx, table, form, config.buffer);
    Some(config)
}

/// A shared buffer must be able to hold something.
fn check_buffer(cx: &mut Context<'_>, table: &Table, form: Form<'_>, buffer: Option<SharedBuffer>) {
    let Some(SharedBuffer { size, alpha }) = buffer else { return };
    let entry = table.get("buffer");
    let mut refuse = |key: &str, message: &str, help: &str| {
        let field = entry.and_then(|entry| entry.node.as_table()?.get(key));
        let span = field.or(entry).map_or(form.anchor, |entry| entry.node.span);
        let message = format!("{}.buffer.{key}: {message}", form.place);
        cx.faults.push(Fault::new(span, message).help(help));
    };
    if size.get() == 0 {
        refuse("size", "no queue could hold anything", "write for example \"1MB\"");
    }
    if !(alpha > 0.0 && alpha.is_finite()) {
        refuse(
            "alpha",
            "must be above 0",
            "write 1, or what the switch is set to, such as 0.5 or 8",
        );
    }
}

/// The times of the spanning tree must allow a tree to last: IEEE 802.1D-1998, 8.10.2.
fn switch(cx: &mut Context<'_>, table: &Table, form: Form<'_>) -> Option<SwitchConfig> {
    let config: SwitchConfig = decode(table, form, &mut cx.faults)?;
    check_buffer(cx, table, form, config.buffer);
    let second = Time::from_secs(1);
    let least = config.hello_time.max(second).saturating_add(second).saturating_mul(2);
    if config.spanning_tree && config.max_age < least {
        let keys = ["max-age", "hello-time"].into_iter();
        let span = keys.filter_map(|key| table.get(key)).map(|entry| entry.node.span).next();
        let place = form.place;
        cx.faults.push(
            Fault::new(
                span.unwrap_or(form.anchor),
                format!(
                    "{place}.max-age: the root's messages would be too old before the next come"
                ),
            )
            .help(format!("write at least \"{least}\", which is 2 x (hello-time + 1s)")),
        );
    }
    let most = config.forward_delay.saturating_sub(second).saturating_mul(2);
    if config.spanning_tree && config.max_age > most.max(least) {
        let keys = ["forward-delay", "max-age"].into_iter();
        let span = keys.filter_map(|key| table.get(key)).map(|entry| entry.node.span).next();
        let place = form.place;
        let message = "interfaces would forward before old messages of the root are gone";
        cx.faults.push(
            Fault::new(span.unwrap_or(form.anchor), format!("{place}.forward-delay: {message}"))
                .help(format!(
                    "2 x (forward-delay - 1s) is {most}: make it at least max-age, which is {}",
                    config.max_age
                )),
        );
    }
    Some(config)
}

fn addresses(
    cx: &mut Context<'_>,
    table: &Table,
    head: &NodeHead,
    place: &str,
) -> Vec<(u16, Ipv4Net, Span)> {
    let mut list = Vec::new();
    if let (Some(address), Some(entry)) = (head.address, table.get("address")) {
        list.push((0, address, entry.node.span));
    }
    let written = table.get("addresses").and_then(|entry| entry.node.as_table());
    for (name, address) in &head.addresses {
        let Some(entry) = written.and_then(|table| table.get(name)) else { continue };
        let number = name.strip_prefix("eth").and_then(|digits| digits.parse::<u16>().ok());
        match number {
            Some(0) if head.address.is_some() => cx.faults.push(
                Fault::new(entry.key, format!("{place}: eth0 has two addresses"))
                    .help("`address` is the address of eth0; write one of the two"),
            ),
            Some(number) => list.push((number, *address, entry.node.span)),
            None => {
                let place = format!("{place}.addresses");
                let known = ["eth0", "eth1", "eth2"].into_iter();
                cx.faults.push(unknown_key(entry.key, &place, name, known));
            }
        }
    }
    list
}
