//! Ports in expressions: `HOST:PORT/PROTOCOL`.

use std::collections::BTreeSet;

use super::super::fault::{Fault, Span};
use super::super::nodes::no_such;
use super::super::words;
use super::names::Known;
use crate::id::NodeId;
use crate::sim::{ChangeKind, NodeKind};
use crate::socket::services::PortSpec;

/// What is wrong with the name of a port, if that is certain: whether it is one, whether there is the
/// host, and if all processes are known, whether one of them could ever bind it.
pub(super) fn fault(key: &str, place: Span, known: &Known<'_>, complete: bool) -> Option<Fault> {
    let Some((host, number, protocol)) = taken_apart(key) else {
        let message = format!("`{}` is not a port", words::short(key));
        return Some(Fault::new(place, message).help(meant(key)));
    };
    let Some(index) = known.nodes.members.get_index_of(host) else {
        return Some(no_such("host", host, place, known.nodes));
    };
    let range = match &known.plan.nodes[index].kind {
        NodeKind::Host(config) | NodeKind::Router(config) => config.ephemeral,
        NodeKind::Switch(_) | NodeKind::Hub => {
            let message = format!("`{host}` is no host or router");
            return Some(Fault::new(place, message).help("switches and hubs have no ports"));
        }
    };
    if !complete || (range[0]..=range[1]).contains(&number) {
        return None;
    }
    let node = NodeId::from_index(index);
    let bound = bound(node, host, known)?;
    (!bound.contains(key)).then(|| {
        let names = bound.iter().map(String::as_str);
        let help = words::suggestion(key, &format!("ports of {host} that are bound"), names);
        Fault::new(place, format!("nobody binds port {number}/{protocol} of `{host}`")).help(help)
    })
}

fn taken_apart(key: &str) -> Option<(&str, u16, &str)> {
    let (host, socket) = key.split_once(':')?;
    let (number, protocol) = socket.split_once('/')?;
    let number: u16 = number.parse().ok()?;
    let plain = socket == format!("{number}/{protocol}");
    (plain && matches!(protocol, "udp" | "tcp")).then_some((host, number, protocol))
}

/// How a port is written that lacks its protocol, or is called by its service.
fn meant(key: &str) -> String {
    let spec = key.split_once([':', '/', ' ']).and_then(|(host, rest)| {
        let spec = PortSpec::parse(rest).ok()?;
        Some((host, spec.number, spec.protocol))
    });
    match spec {
        Some((host, number, Some(protocol))) => format!("write {host}:{number}/{protocol}"),
        Some((host, number, None)) => {
            format!("write {host}:{number}/tcp or {host}:{number}/udp")
        }
        None => "write HOST:PORT/PROTOCOL, such as bob:9/udp".into(),
    }
}

/// The ports that processes of a node say they bind, at the start or after a change. `None` if one of
/// them sends from a port of its choice that only the run would tell.
fn bound(node: NodeId, host: &str, known: &Known<'_>) -> Option<BTreeSet<String>> {
    let plan = known.plan;
    let changed = plan.changes.iter().filter_map(|change| match &change.what {
        ChangeKind::App(app, spec) => Some((plan.apps[app.index()].on, spec.as_ref())),
        _ => None,
    });
    let specs = plan.apps.iter().map(|app| (app.on, &app.spec)).chain(changed);
    let mut ports = BTreeSet::new();
    for (_, spec) in specs.filter(|(on, _)| *on == node) {
        if let Some((protocol, port)) = spec.config().listens() {
            ports.insert(format!("{host}:{port}/{protocol}"));
        }
    }
    for app in plan.apps.iter().filter(|app| app.on == node) {
        let Some(layers) = known.apps.members.get(&app.name) else { continue };
        if known.apps.merged(layers).get("source-port").is_some() {
            return None;
        }
    }
    Some(ports)
}
