//! The path of a packet, read off the routing tables: nothing is sent.

use std::net::Ipv4Addr;

use super::Simulation;
use crate::id::{InterfaceId, NodeId};
use crate::packet::ipv4::DEFAULT_TTL;

/// A path.
#[derive(Debug, Clone)]
pub struct Path {
    /// Hop by hop.
    pub hops: Vec<Hop>,
    /// How it ends.
    pub end: End,
}

/// From one host or router to the next.
#[derive(Debug, Clone, Copy)]
pub struct Hop {
    /// The node.
    pub node: NodeId,
    /// The interface that the packet leaves by.
    pub out: InterfaceId,
    /// The next node.
    pub next: NodeId,
    /// Its address on this network.
    pub address: Ipv4Addr,
    /// How many equally good next hops there are; the first is followed.
    pub alternatives: usize,
}

/// How a path ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// At the node that has the address.
    Arrived,
    /// At a node without a route.
    NoRoute(NodeId),
    /// At a node whose interface on the way is down.
    Down(NodeId, InterfaceId),
    /// Nobody has the address that the packet should go to next.
    NobodyThere(NodeId),
    /// It runs in circles.
    Loop,
}

/// The path from `start` to `to`. Of several equal next hops the first is followed.
#[must_use]
pub fn trace(simulation: &Simulation, start: NodeId, to: Ipv4Addr) -> Path {
    let mut hops = Vec::new();
    let mut node = start;
    while hops.len() < usize::from(DEFAULT_TTL) {
        if owns(simulation, node, to) {
            return Path { hops, end: End::Arrived };
        }
        let Some(ip) = simulation.ip_node(node) else {
            return Path { hops, end: End::NoRoute(node) };
        };
        let Some([first, rest @ ..]) = ip.stack.routes().lookup(to) else {
            return Path { hops, end: End::NoRoute(node) };
        };
        let out = ip.stack.interfaces().get(first.interface.index());
        if out.is_some_and(|interface| !interface.up) {
            return Path { hops, end: End::Down(node, first.interface) };
        }
        let address = first.gateway.unwrap_or(to);
        let Some(next) = owner(simulation, address) else {
            return Path { hops, end: End::NobodyThere(node) };
        };
        let alternatives = 1 + rest.len();
        hops.push(Hop { node, out: first.interface, next, address, alternatives });
        node = next;
    }
    Path { hops, end: End::Loop }
}

fn owns(simulation: &Simulation, node: NodeId, address: Ipv4Addr) -> bool {
    let addresses = &simulation.plan().nodes[node.index()].addresses;
    addresses.iter().any(|(_, own)| own.addr() == address)
}

fn owner(simulation: &Simulation, address: Ipv4Addr) -> Option<NodeId> {
    (0..simulation.plan().nodes.len())
        .map(NodeId::from_index)
        .find(|&node| owns(simulation, node, address))
}
