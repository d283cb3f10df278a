//! An observer that picks one conversation of a flow and follows it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};

use super::conversation::Conversation;
use super::follow::Followed;
use crate::id::{FlowId, NodeId};
use crate::observe::{Interest, Observation, Observer};
use crate::packet::ipv4::Protocol;
use crate::packet::{Packet, Payload};
use crate::report::names::Names;
use crate::sim::Simulation;
use crate::units::Time;

/// So many conversations of a flow are told apart; a flood has no end of them.
const MOST_CONVERSATIONS: usize = 10_000;

/// What to follow.
#[derive(Debug, Clone)]
pub struct Request {
    /// The flow.
    pub flow: FlowId,
    /// Whose lifelines are shown, from left to right; without them, the two ends'.
    pub nodes: Vec<NodeId>,
    /// Only conversations with this port.
    pub port: Option<u16>,
    /// Which conversation of the flow, counted from 1 in order of appearance. Without it the first
    /// TCP connection, or the first conversation if there is no connection.
    pub connection: Option<usize>,
    /// What is sent earlier is not shown.
    pub from: Time,
}

/// Follows one conversation of a flow.
#[derive(Debug)]
pub struct Watch {
    request: Request,
    names: Names,
    hosts: BTreeMap<Ipv4Addr, NodeId>,
    seen: BTreeSet<Conversation>,
    followed: Option<Followed>,
}

impl Watch {
    /// One that follows what `request` says.
    #[must_use]
    pub fn new(simulation: &Simulation, request: Request) -> Self {
        let names = Names::of(simulation);
        let mut hosts = BTreeMap::new();
        for index in 0..simulation.plan().nodes.len() {
            let node = NodeId::from_index(index);
            let interfaces = simulation.ip_node(node).map(|ip| ip.stack.interfaces());
            for interface in interfaces.into_iter().flatten() {
                if let Some(net) = interface.address {
                    hosts.insert(net.addr(), node);
                }
            }
        }
        Self { request, names, hosts, seen: BTreeSet::new(), followed: None }
    }

    /// How many conversations of the flow were seen, up to a limit that no diagram could show.
    #[must_use]
    pub fn conversations(&self) -> usize {
        self.seen.len()
    }

    /// What it is to follow.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// The names of the network's parts.
    #[must_use]
    pub const fn names(&self) -> &Names {
        &self.names
    }

    /// The node with an address.
    pub(super) fn node_of(&self, address: Ipv4Addr) -> Option<NodeId> {
        self.hosts.get(&address).copied()
    }

    /// What it has followed, if the conversation has appeared.
    pub(super) const fn followed(&self) -> Option<&Followed> {
        self.followed.as_ref()
    }

    /// A conversation of the flow was seen, begun by the first of its `ends`.
    fn meet(&mut self, conversation: Conversation, ends: [SocketAddrV4; 2]) {
        if self.request.port.is_some_and(|port| !Conversation::has_port(&ends, port)) {
            return;
        }
        if self.seen.contains(&conversation) || self.seen.len() == MOST_CONVERSATIONS {
            return;
        }
        self.seen.insert(conversation);
        let is_chosen = match (self.request.connection, &self.followed) {
            (Some(number), _) => number == self.seen.len(),
            (None, None) => true,
            // What went before, such as a question for an address, was only to prepare it.
            (None, Some(followed)) => {
                conversation.protocol == Protocol::Tcp
                    && followed.conversation.protocol != Protocol::Tcp
            }
        };
        if is_chosen {
            let nodes = ends.map(|end| self.hosts.get(end.ip()).copied());
            let lifelines = match self.request.nodes.is_empty() {
                true => nodes.to_vec(),
                false => self.request.nodes.iter().map(|&node| Some(node)).collect(),
            };
            let from = self.request.from;
            self.followed = Some(Followed::new(conversation, ends, lifelines, from));
        }
    }

    /// Whether a packet belongs to what is followed; if it is the first, it decides what that is.
    fn is_wanted(&mut self, packet: &Packet) -> bool {
        if let Payload::Arp(message) = &packet.payload {
            let Some(followed) = &self.followed else { return false };
            let nodes = [message.sender_ip, message.target_ip].map(|ip| self.hosts.get(&ip));
            return nodes.iter().all(|node| node.is_some_and(|&node| followed.has(node)));
        }
        let Some((conversation, ends)) = Conversation::of(packet) else { return false };
        if packet.label.flow == Some(self.request.flow) {
            self.meet(conversation, ends);
        }
        self.followed.as_ref().is_some_and(|followed| followed.conversation == conversation)
    }

    fn connection(
        &mut self,
        [local, remote]: [SocketAddrV4; 2],
        flow: Option<FlowId>,
    ) -> Option<&mut Followed> {
        let conversation = Conversation::new(Protocol::Tcp, local, remote);
        if flow == Some(self.request.flow) {
            self.meet(conversation, [local, remote]);
        }
        self.followed.as_mut().filter(|followed| followed.conversation == conversation)
    }

    fn packet(&mut self, now: Time, what: &Observation, packet: &Packet) {
        if !self.is_wanted(packet) {
            return;
        }
        let Self { followed: Some(followed), names, hosts, .. } = self else { return };
        match *what {
            Observation::TransmitStarted { channel, arrives, .. } => {
                let (node, _) = names.sender(channel);
                followed.transmits(now, node, packet, arrives, hosts);
            }
            Observation::Received { node, .. } => followed.receives(now, node, packet, hosts),
            Observation::LoopedBack { .. } => followed.loops_back(now, packet),
            Observation::Derived { of, .. } => followed.derives(of, packet),
            Observation::Dropped { place, reason, .. } => {
                followed.drops(now, place, packet, reason, (names, hosts));
            }
            _ => {}
        }
    }
}

impl Observer for Watch {
    fn interest(&self) -> Interest {
        Interest::Everything
    }

    fn observe(&mut self, now: Time, what: &Observation) {
        match what {
            Observation::TransmitStarted { packet, .. }
            | Observation::Received { packet, .. }
            | Observation::LoopedBack { packet, .. }
            | Observation::Derived { packet, .. }
            | Observation::Dropped { packet, .. } => self.packet(now, what, packet),
            Observation::StateChanged { node, local, remote, flow, from, to } => {
                if let Some(followed) = self.connection([*local, *remote], *flow) {
                    followed.changes_state(now, (*node, *local), from, to);
                }
            }
            Observation::RetransmissionTimer { node, local, remote, flow, deadline } => {
                if let Some(followed) = self.connection([*local, *remote], *flow) {
                    followed.sets_timer(now, (*node, *local), *deadline);
                }
            }
            _ => {}
        }
    }
}
