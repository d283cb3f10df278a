//! Shortest paths: what routing is told of the network, and the routes that nodes get.

use ipnet::Ipv4Net;

use super::{Node, Simulation};
use crate::id::{ChannelId, InterfaceId, LinkId};
use crate::routing::{Attachment, ShortestPaths, Topology};

impl Simulation {
    /// Computes all routes anew from the links that are up.
    pub(super) fn reroute(&mut self) {
        let topology = self.topology();
        let mut paths = ShortestPaths::new(&topology);
        for (index, node) in self.nodes.iter_mut().enumerate() {
            if let Node::Ip(ip) = node {
                ip.stack.set_computed_routes(paths.routes(index));
            }
        }
    }

    /// The network as routing sees it.
    fn topology(&self) -> Topology {
        let forwards = self
            .plan
            .nodes
            .iter()
            .map(|node| matches!(node.kind, super::NodeKind::Router(_)))
            .collect();
        let mut segments = vec![Ipv4Net::default(); self.wiring.segments];
        let mut attachments = Vec::new();
        for (index, link) in self.plan.links.iter().enumerate() {
            for end in 0..2 {
                let (node, interface) = (link.ends[end], self.wiring.ends[index][end]);
                let Some(address) = self.address_of(node.index(), interface) else { continue };
                let segment = self.wiring.segment_of[index];
                segments[segment] = address.trunc();
                let id = LinkId::from_index(index);
                let up = [true, false].map(|forward| {
                    self.wires[ChannelId::of(id, forward).index()].channel.config().up
                });
                attachments.push(Attachment {
                    node: node.index(),
                    interface,
                    address: address.addr(),
                    segment,
                    cost: link.cost,
                    up: up == [true, true],
                });
            }
        }
        Topology { forwards, segments, attachments }
    }

    fn address_of(&self, node: usize, interface: InterfaceId) -> Option<Ipv4Net> {
        match &self.nodes[node] {
            Node::Ip(ip) => ip.stack.interfaces()[interface.index()].address,
            Node::Switch(_) | Node::Hub(_) => None,
        }
    }
}
