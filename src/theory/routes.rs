//! Which directions of links a packet crosses, read off the routing tables.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::id::{ChannelId, InterfaceId, NodeId};
use crate::packet::ipv4::DEFAULT_TTL;
use crate::sim::{NodeKind, Simulation};

/// The most interfaces that are looked at to get through the switches between two hosts.
const PATIENCE: u32 = 2000;

/// The way from one node to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// Through these directions, one after the other.
    Through(Vec<ChannelId>),
    /// There is none: nothing is ever sent.
    None,
    /// There are several, or it leads through a hub or to nobody: it is not known what is sent where.
    Unclear,
}

/// A network of which routes are asked.
pub(super) struct Map<'a> {
    simulation: &'a Simulation,
    owners: BTreeMap<Ipv4Addr, NodeId>,
}

impl<'a> Map<'a> {
    pub(super) fn new(simulation: &'a Simulation) -> Self {
        let nodes = simulation.plan().nodes.iter().enumerate();
        let owners = nodes.flat_map(|(index, node)| {
            let id = NodeId::from_index(index);
            node.addresses.iter().map(move |(_, net)| (net.addr(), id))
        });
        Self { simulation, owners: owners.collect() }
    }

    /// The node that has an address.
    pub(super) fn owner(&self, address: Ipv4Addr) -> Option<NodeId> {
        self.owners.get(&address).copied()
    }

    /// The way from a node to an address.
    pub(super) fn way(&self, start: NodeId, to: Ipv4Addr) -> Way {
        let Some(end) = self.owner(to) else { return Way::Unclear };
        let (mut node, mut through) = (start, Vec::new());
        for _ in 0..DEFAULT_TTL {
            if node == end {
                return Way::Through(through);
            }
            let Some(ip) = self.simulation.ip_node(node) else { return Way::Unclear };
            let hop = match ip.stack.routes().lookup(to) {
                Some([only]) => *only,
                Some([]) | None if node == start => return Way::None,
                _ => return Way::Unclear,
            };
            let Some(next) = self.owner(hop.gateway.unwrap_or(to)) else {
                return Way::Unclear;
            };
            let Some(wires) = self.wires(node, hop.interface, next) else { return Way::Unclear };
            through.extend(wires);
            node = next;
        }
        Way::Unclear
    }

    /// The cables from an interface of a node to its neighbour, if switches leave one way only.
    fn wires(&self, node: NodeId, out: InterfaceId, next: NodeId) -> Option<Vec<ChannelId>> {
        let mut search = Search { map: self, next, found: None, looks: 0, unclear: false };
        search.follow(node, out, &mut Vec::new(), &mut vec![node]);
        search.found.filter(|_| !search.unclear)
    }
}

/// A search through switches for a neighbour.
struct Search<'m, 'a> {
    map: &'m Map<'a>,
    next: NodeId,
    found: Option<Vec<ChannelId>>,
    looks: u32,
    unclear: bool,
}

impl Search<'_, '_> {
    fn follow(
        &mut self,
        node: NodeId,
        out: InterfaceId,
        behind: &mut Vec<ChannelId>,
        seen: &mut Vec<NodeId>,
    ) {
        self.looks += 1;
        let plugs = &self.map.simulation.wiring().plugs;
        let Some(plug) = plugs[node.index()].get(out.index()) else { return };
        let peer = plug.peer.0;
        let kind = &self.map.simulation.plan().nodes[peer.index()].kind;
        self.unclear |= self.looks > PATIENCE || matches!(kind, NodeKind::Hub);
        if self.unclear || seen.contains(&peer) {
            // Round in a circle of switches: the spanning tree decides.
            self.unclear |= matches!(kind, NodeKind::Switch(_));
            return;
        }
        behind.push(plug.out);
        if peer == self.next {
            self.unclear |= self.found.is_some();
            self.found = Some(behind.clone());
        } else if matches!(kind, NodeKind::Switch(_)) {
            seen.push(peer);
            for on in plugs[peer.index()].iter().filter(|on| on.out != plug.out.reverse()) {
                self.follow(peer, on.interface, behind, seen);
            }
            seen.pop();
        }
        behind.pop();
    }
}
