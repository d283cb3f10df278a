//! `[record] capture`: which interfaces are captured.

use super::super::changes::Everything;
use super::super::context::Context;
use super::super::fault::{Fault, Span};
use super::super::words;
use super::nodes_named;
use crate::id::{InterfaceId, NodeId};
use crate::sim::Plan;

/// What is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tap {
    /// Every interface of a node.
    Node(NodeId),
    /// One interface of a node.
    Interface(NodeId, InterfaceId),
    /// What a host or router sends to itself.
    Loopback(NodeId),
}

/// Reads `NODE` or `NODE:INTERFACE`.
pub(super) fn read(
    cx: &mut Context<'_>,
    text: &str,
    span: Span,
    all: &Everything<'_>,
    plan: &Plan,
    taps: &mut Vec<Tap>,
) {
    let (names, interface) = match text.split_once(':') {
        Some((names, interface)) => (names, Some(interface)),
        None => (text, None),
    };
    let place = cx.within(span, names);
    for (name, node) in nodes_named(cx, names, place, all) {
        let Some(interface) = interface else {
            taps.push(Tap::Node(node));
            continue;
        };
        match tap(interface, node, plan) {
            Some(tap) => taps.push(tap),
            None => {
                let known = known(node, plan);
                let known = known.iter().map(String::as_str);
                let place = cx.within(span, interface);
                let message = format!("`{name}` has no interface `{}`", words::short(interface));
                let help = words::suggestion(interface, "it has", known);
                return cx.faults.push(Fault::new(place, message).help(help));
            }
        }
    }
}

fn tap(interface: &str, node: NodeId, plan: &Plan) -> Option<Tap> {
    let place = known(node, plan).iter().position(|known| known == interface)?;
    Some(match interface {
        "lo" => Tap::Loopback(node),
        _ => Tap::Interface(node, InterfaceId::from_index(place)),
    })
}

/// The names of a node's interfaces, in their order. None if the network is not complete.
fn known(node: NodeId, plan: &Plan) -> Vec<String> {
    let ends = plan.links.iter().flat_map(|link| link.ends).filter(|end| *end == node).count();
    let is_ip = plan.nodes.get(node.index()).is_some_and(|node| node.kind.is_ip());
    let loopback = is_ip.then(|| "lo".to_owned());
    (0..ends).map(|index| format!("eth{index}")).chain(loopback).collect()
}
