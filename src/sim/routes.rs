//! Shortest paths: what routing is told of the network, and the routes that nodes get.

use std::collections::VecDeque;

use ipnet::Ipv4Net;

use super::event::Event;
use super::plan::Plan;
use super::{Node, Simulation, wiring};
use crate::id::{ChannelId, InterfaceId, LinkId};
use crate::routing::{Attachment, ShortestPaths, Topology};
use crate::units::Time;

/// What routing knows of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Link {
    /// A link that works in one direction only is of no use: its ends do not agree to be neighbours.
    up: bool,
    cost: u32,
}

/// What routing knows of the network, which is what the network was a convergence time ago.
#[derive(Debug)]
pub(super) struct Known {
    /// By link.
    links: Vec<Link>,
    /// What is still to be noticed, and when; in the order of time.
    pending: VecDeque<(Time, LinkId, Link)>,
}

impl Known {
    /// A network that has been as it is for a long time.
    pub(super) fn of(plan: &Plan) -> Self {
        let link = |link: &super::LinkPlan| Link {
            up: link.directions.iter().all(|way| way.up),
            cost: link.cost,
        };
        Self { links: plan.links.iter().map(link).collect(), pending: VecDeque::new() }
    }
}

impl Simulation {
    /// The network will have noticed how a link is now after its convergence time, whatever
    /// becomes of the link until then.
    pub(super) fn notice_later(&mut self, link: LinkId) {
        if !self.plan.routing.computed {
            return;
        }
        let up = [true, false]
            .into_iter()
            .all(|forward| self.wires[ChannelId::of(link, forward).index()].channel.is_up());
        let now = Link { up, cost: self.plan.links[link.index()].cost };
        let at = self.cx.now.saturating_add(self.plan.routing.convergence);
        // Both directions of a link change at once, and often several links.
        if self.known.pending.back().is_none_or(|(last, ..)| *last != at) {
            self.events.push(at, Event::Reroute);
        }
        self.known.pending.push_back((at, link, now));
    }

    /// Computes all routes anew, by what has been noticed until now.
    pub(super) fn reroute(&mut self) {
        let due = self.known.pending.partition_point(|(at, ..)| *at <= self.cx.now);
        for (_, link, as_noticed) in self.known.pending.drain(..due) {
            self.known.links[link.index()] = as_noticed;
        }
        let topology = self.topology();
        let mut paths = ShortestPaths::new(&topology);
        for (index, node) in self.nodes.iter_mut().enumerate() {
            if let Node::Ip(ip) = node {
                ip.stack.set_computed_routes(paths.routes(index));
            }
        }
    }

    /// The network as routing sees it. A broken link between switches leaves two segments with one
    /// prefix: who is on one of them has no neighbours on the other.
    fn topology(&self) -> Topology {
        let forwards = self
            .plan
            .nodes
            .iter()
            .map(|node| matches!(node.kind, super::NodeKind::Router(_)))
            .collect();
        let (segment_of, count) = wiring::segments(&self.plan, |link| self.known.links[link].up);
        let mut segments = vec![Ipv4Net::default(); count];
        let mut attachments = Vec::new();
        for (index, link) in self.plan.links.iter().enumerate() {
            let Link { up, cost } = self.known.links[index];
            for end in 0..2 {
                let (node, interface) = (link.ends[end], self.wiring.ends[index][end]);
                let Some(address) = self.address_of(node.index(), interface) else { continue };
                let segment = segment_of[index];
                segments[segment] = address.trunc();
                let (node, address) = (node.index(), address.addr());
                attachments.push(Attachment { node, interface, address, segment, cost, up });
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
