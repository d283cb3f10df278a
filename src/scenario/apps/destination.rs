//! Whom the processes of a table send to: a destination may be an address, a node, or a range of
//! nodes of which each process gets one.

use std::net::Ipv4Addr;
use std::rc::Rc;

use super::Seat;
use crate::app::AppSpec;
use crate::id::NodeId;
use crate::scenario::context::Context;
use crate::scenario::fault::{Fault, Span};
use crate::scenario::layers::Family;
use crate::scenario::names::Pattern;
use crate::scenario::value::Table;
use crate::scenario::words;
use crate::sim::{NodePlan, Plan};

/// Where a destination of a group of processes leads.
#[derive(Debug, Clone)]
pub(in crate::scenario) enum Destination {
    Address(Ipv4Addr),
    /// One for all, or one for each.
    Nodes(Vec<NodeId>),
    /// A fault has been reported.
    Unknown,
}

/// Fills in the addresses of `spec`'s destinations, for the process at `seat`. Returns whether
/// it would send to itself because ranges say so.
pub(in crate::scenario) fn aim(
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
                    None if cx.assigned => {
                        cx.faults.push(no_address(to, &format!("{place}.{field}"), span));
                    }
                    None => {}
                }
            }
        }
    }
    itself
}

fn no_address(node: &NodePlan, place: &str, span: Span) -> Fault {
    let (why, help) = if node.kind.is_ip() {
        ("it has no link", "connect it by a link")
    } else {
        ("switches and hubs have none", "send to a host or router")
    };
    Fault::new(span, format!("{place}: `{}` has no address: {why}", node.name)).help(help)
}

/// Finds what is called `host`.
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

/// Nothing is called so.
pub(super) fn unknown_node(
    cx: &mut Context<'_>,
    place: &str,
    name: &str,
    span: Span,
    nodes: &Family,
) {
    let known = nodes.members.keys().map(String::as_str);
    cx.lacking(
        Fault::new(span, format!("{place}: there is no node `{}`", words::short(name)))
            .label("no node has this name")
            .help(words::suggestion(name, "known nodes", known)),
    );
}
