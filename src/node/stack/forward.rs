//! What comes in by an interface: for this node, or on to the next (RFC 1812, section 5.2).

use super::Stack;
use super::destination_cache::Next;
use crate::id::{InterfaceId, PacketId};
use crate::node::config::{Action, Chain};
use crate::node::cx::Cx;
use crate::node::filter;
use crate::observe::{DropReason, Place};
use crate::packet::icmp::{Error, Unreachable};
use crate::packet::{Payload, ipv4};
use crate::routing::{Flow, next_hop};

/// Why a packet ends here, and what its sender is told.
pub(super) type Refusal = (DropReason, Option<Answer>);

/// What the sender of a refused packet is told.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    /// An ICMP error.
    Error(Error),
    /// A TCP reset.
    Reset,
}

impl From<Unreachable> for Answer {
    fn from(why: Unreachable) -> Self {
        Self::Error(Error::DestinationUnreachable(why))
    }
}

impl Stack {
    /// A frame has come in.
    pub fn receive(&mut self, cx: &mut Cx, interface: InterfaceId, id: PacketId) {
        let packet = &cx.packets[id];
        let to = packet.ethernet.destination;
        if to != self.interfaces[interface.index()].mac && !to.is_group() {
            // Flooded by a switch or repeated by a hub, for another station.
            cx.packets.remove(id);
            return;
        }
        match &packet.payload {
            Payload::Ipv4(ip) => match self.next_for(ip) {
                Next::Local => self.receive_local(cx, id),
                next => self.forward(cx, id, next),
            },
            Payload::Arp(_) => self.receive_arp(cx, interface, id),
            Payload::Bpdu(_) => {
                cx.packets.remove(id);
            }
        }
    }

    /// Where a packet goes from here.
    #[inline(always)]
    pub(super) fn next_for(&mut self, ip: &ipv4::Packet) -> Next {
        match self.cache.get(ip.destination, 0) {
            Some(Next::Spread) => {}
            Some(next) => return next,
            None => return self.look_up(ip),
        }
        let flow = self.flow_hash(ip);
        self.cache.get(ip.destination, flow).unwrap_or_else(|| self.look_up(ip))
    }

    fn flow_hash(&self, ip: &ipv4::Packet) -> u32 {
        // Later fragments carry no ports; all fragments of a flow must hash alike.
        let (source_port, destination_port) =
            if ip.is_fragment() { (0, 0) } else { ip.transport.ports() };
        let flow = Flow {
            source: ip.source,
            destination: ip.destination,
            protocol: ip.transport.protocol().number(),
            source_port,
            destination_port,
        };
        // Zero stands for "no flow" in the cache.
        flow.short_hash(self.salt)
    }

    fn look_up(&mut self, ip: &ipv4::Packet) -> Next {
        let to = ip.destination;
        let (next, flow) = if self.is_local(to) {
            (Next::Local, 0)
        } else {
            match self.routes.lookup(to) {
                None => (Next::Unreachable, 0),
                Some(&[hop]) => {
                    let neighbor = self.neighbors.index(hop.interface, hop.gateway.unwrap_or(to));
                    (Next::Via(hop.interface, neighbor), 0)
                }
                Some(hops) => {
                    let flow = self.flow_hash(ip);
                    let hop = hops[next_hop(flow, hops.len())];
                    let neighbor = self.neighbors.index(hop.interface, hop.gateway.unwrap_or(to));
                    self.cache.put(to, 0, Next::Spread);
                    (Next::Via(hop.interface, neighbor), flow)
                }
            }
        };
        self.cache.put(to, flow, next);
        next
    }

    /// Passes a packet on, if this node does such a thing.
    #[inline(always)]
    fn forward(&mut self, cx: &mut Cx, id: PacketId, next: Next) {
        let Payload::Ipv4(ip) = &mut cx.packets[id].payload else { return };
        if (!self.forwards || ip.ttl <= 1 || !self.config.filter.is_empty())
            && let Err(refusal) = self.may_forward(ip)
        {
            return self.refuse(cx, id, refusal);
        }
        ip.ttl -= 1;
        let length = ip.total_length();
        match next {
            Next::Via(interface, neighbor) => {
                self.counters.forwarded += 1;
                self.send_via(cx, id, length, interface, neighbor);
            }
            Next::Local | Next::Spread | Next::Unreachable => {
                self.counters.no_route += 1;
                self.refuse(cx, id, (DropReason::NoRoute, Some(Unreachable::Network.into())));
            }
        }
    }

    /// The checks that most packets on most routers need not go through.
    fn may_forward(&mut self, ip: &ipv4::Packet) -> Result<(), Refusal> {
        if !self.forwards {
            return Err((DropReason::NotForwarding, None));
        }
        if ip.ttl <= 1 {
            self.counters.ttl_exceeded += 1;
            return Err((DropReason::TtlExceeded, Some(Answer::Error(Error::TimeExceeded))));
        }
        self.filtered(Chain::Forward, ip)
    }

    /// What the packet filter says.
    pub(super) fn filtered(&mut self, chain: Chain, ip: &ipv4::Packet) -> Result<(), Refusal> {
        if self.config.filter.is_empty() {
            return Ok(());
        }
        let answer = match filter::verdict(&self.config.filter, chain, ip) {
            Action::Accept => return Ok(()),
            Action::Drop => None,
            Action::Reject => Some(Unreachable::Port.into()),
            Action::RejectProhibited => Some(Unreachable::AdministrativelyProhibited.into()),
            Action::RejectReset => Some(Answer::Reset),
        };
        self.counters.filtered += 1;
        Err((DropReason::Filtered, answer))
    }

    /// Ends a packet and tells its sender, if there is something to tell.
    pub(super) fn refuse(&mut self, cx: &mut Cx, id: PacketId, (reason, answer): Refusal) {
        let packet = cx.drop(id, Place::Node(self.id), reason);
        let Payload::Ipv4(ip) = &packet.payload else { return };
        match answer {
            None => {}
            Some(Answer::Error(error)) => self.send_error(cx, ip, packet.label.flow, error),
            Some(Answer::Reset) => self.refuse_connection(cx, ip, packet.label.flow),
        }
    }
}
