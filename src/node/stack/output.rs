//! What starts at this node, and the last step of everything that leaves it.

use std::net::Ipv4Addr;

use super::Stack;
use super::destination_cache::Next;
use crate::id::{FlowId, InterfaceId, PacketId};
use crate::node::config::Chain;
use crate::node::cx::{Cx, Effect};
use crate::node::fragment::fragments;
use crate::node::neighbor::{Action, NeighborIx, Resolution};
use crate::observe::{DropReason, Kinship, Place};
use crate::packet::arp::{self, Operation};
use crate::packet::ethernet::{self, Mac};
use crate::packet::icmp::Unreachable;
use crate::packet::{Label, Payload, ipv4};
use crate::socket::Errno;

impl Stack {
    /// Sends a packet that starts here. An unspecified source becomes the address of the
    /// interface that it leaves by.
    ///
    /// # Errors
    /// `ENETUNREACH` without a route, `EMSGSIZE` if it must not be fragmented and does not fit,
    /// `EINVAL` if it has a loopback address and would leave this node,
    /// `EACCES` if the filter forbids it.
    #[inline(always)]
    pub(super) fn output(
        &mut self,
        cx: &mut Cx,
        ip: ipv4::Packet,
        flow: Option<FlowId>,
    ) -> Result<(), Errno> {
        let label = Label::new(flow, cx.now);
        self.output_as(cx, ip, label)
    }

    /// The same for a packet of which there is more to say, or whose data are older than it.
    ///
    /// The packet is put where it will stay before anything else, so that its headers are written
    /// once and never copied.
    #[inline(always)]
    pub(super) fn output_as(
        &mut self,
        cx: &mut Cx,
        ip: ipv4::Packet,
        label: Label,
    ) -> Result<(), Errno> {
        let length = ip.total_length();
        let id = cx.create(ethernet::Header::NONE, Payload::Ipv4(ip), label);
        self.send_created(cx, id, length)
    }

    /// Sends a packet created just now, of this total length, or takes it back.
    #[inline(always)]
    pub(super) fn send_created(
        &mut self,
        cx: &mut Cx,
        id: PacketId,
        length: u16,
    ) -> Result<(), Errno> {
        let sent = self.send_new(cx, id, length);
        match sent {
            Ok(()) => {}
            Err(Errno::EACCES) => {
                cx.drop(id, Place::Node(self.id), DropReason::Filtered);
            }
            Err(_) => cx.withdraw(id),
        }
        sent
    }

    /// Sends a packet that nobody has seen yet, or says why it cannot be.
    #[inline(always)]
    fn send_new(&mut self, cx: &mut Cx, id: PacketId, length: u16) -> Result<(), Errno> {
        let Payload::Ipv4(ip) = &mut cx.packets[id].payload else { return Ok(()) };
        let next = self.next_for(ip);
        if ip.source.is_unspecified() {
            ip.source = match next {
                Next::Via(interface, _) => self.interfaces[interface.index()].ip(),
                _ => ip.destination,
            };
        }
        self.identification = self.identification.wrapping_add(1);
        ip.identification = self.identification;
        if self.filtered(Chain::Output, ip).is_err() {
            return Err(Errno::EACCES);
        }
        match next {
            Next::Local => cx.effects.push(Effect::Loopback(self.id, id)),
            // RFC 1122, 3.2.1.3 (g): such an address never appears outside a host.
            Next::Via(..) if ip.source.is_loopback() => return Err(Errno::EINVAL),
            Next::Via(interface, neighbor) => {
                if ip.dont_fragment && length > self.interfaces[interface.index()].mtu {
                    return Err(Errno::EMSGSIZE);
                }
                self.send_via(cx, id, length, interface, neighbor);
            }
            Next::Spread | Next::Unreachable => {
                self.counters.no_route += 1;
                return Err(Errno::ENETUNREACH);
            }
        }
        Ok(())
    }

    /// Sends a packet of this total length to a neighbour: cut to fit the link, addressed, or waiting for ARP.
    #[inline(always)]
    pub(super) fn send_via(
        &mut self,
        cx: &mut Cx,
        id: PacketId,
        length: u16,
        interface: InterfaceId,
        neighbor: NeighborIx,
    ) {
        if length > self.interfaces[interface.index()].mtu {
            return self.send_too_long(cx, id, interface, neighbor);
        }
        self.send_fitting(cx, id, length, interface, neighbor);
    }

    #[inline(always)]
    fn send_fitting(
        &mut self,
        cx: &mut Cx,
        id: PacketId,
        length: u16,
        interface: InterfaceId,
        neighbor: NeighborIx,
    ) {
        let own = &self.interfaces[interface.index()];
        let known = match own.peer {
            Some(peer) => Some(peer),
            None => self.neighbors.fresh(cx.now, neighbor),
        };
        match known {
            Some(destination) => {
                let header = &mut cx.packets[id].ethernet;
                header.destination = destination;
                header.source = own.mac;
                cx.effects.push(Effect::Transmit(own.out, id, length.into()));
            }
            None => self.ask_neighbor(cx, id, interface, neighbor),
        }
    }

    /// A packet longer than the link's MTU: fragments, or an error (RFC 791 3.2, RFC 1191).
    fn send_too_long(
        &mut self,
        cx: &mut Cx,
        id: PacketId,
        interface: InterfaceId,
        neighbor: NeighborIx,
    ) {
        let mtu = self.interfaces[interface.index()].mtu;
        let Payload::Ipv4(ip) = cx.packets[id].payload else { return };
        if ip.dont_fragment {
            let why = Unreachable::FragmentationNeeded { mtu };
            return self.refuse(cx, id, (DropReason::FragmentationNeeded, Some(why.into())));
        }
        let whole = cx.packets.remove(id);
        for fragment in fragments(&ip, mtu) {
            self.counters.fragments_sent += 1;
            let mut packet = whole;
            packet.payload = Payload::Ipv4(fragment);
            packet.label.number = cx.next_number();
            let id = cx.packets.insert(packet);
            cx.observe_kin(whole.label.number, id, Kinship::Fragment);
            self.send_fitting(cx, id, fragment.total_length(), interface, neighbor);
        }
    }

    fn ask_neighbor(&mut self, cx: &mut Cx, id: PacketId, on: InterfaceId, neighbor: NeighborIx) {
        match self.neighbors.resolve(cx.now, neighbor, id) {
            Resolution::Known(mac) => self.transmit_to(cx, on, mac, id),
            Resolution::Wait { send_request: true } => {
                let ip = self.neighbors.address(neighbor);
                self.send_arp_request(cx, on, ip, None);
            }
            Resolution::Wait { send_request: false } => {}
            Resolution::QueueFull(dropped) => {
                cx.drop(dropped, Place::Node(self.id), DropReason::NeighborQueueFull);
            }
        }
        self.arm_timer(cx);
    }

    fn transmit_to(&self, cx: &mut Cx, on: InterfaceId, destination: Mac, id: PacketId) {
        let own = &self.interfaces[on.index()];
        let header = &mut cx.packets[id].ethernet;
        header.destination = destination;
        header.source = own.mac;
        cx.transmit(own.out, id);
    }

    /// An ARP message has come in (RFC 826, "Packet Reception").
    pub(super) fn receive_arp(&mut self, cx: &mut Cx, on: InterfaceId, id: PacketId) {
        let Payload::Arp(message) = cx.packets.remove(id).payload else { return };
        let own = self.interfaces[on.index()];
        let ours = own.ip() == message.target_ip;
        let mut released = Vec::new();
        if let Some(mac) = self.neighbors.heard(cx.now, on, &message, ours, &mut released) {
            for packet in released {
                self.transmit_to(cx, on, mac, packet);
            }
        }
        if ours && message.operation == Operation::Request {
            let answer = arp::Message {
                operation: Operation::Reply,
                sender_mac: own.mac,
                sender_ip: own.ip(),
                target_mac: message.sender_mac,
                target_ip: message.sender_ip,
            };
            self.send_arp(cx, on, message.sender_mac, answer);
        }
        self.arm_timer(cx);
    }

    pub(super) fn neighbor_timeout(&mut self, cx: &mut Cx) {
        let mut actions = Vec::new();
        self.neighbors.handle_timeout(cx.now, &mut actions);
        for action in actions {
            match action {
                Action::Request { interface, ip, unicast } => {
                    self.send_arp_request(cx, interface, ip, unicast);
                }
                Action::GiveUp { packets, .. } => {
                    for id in packets {
                        self.counters.no_neighbor += 1;
                        let answer = Some(Unreachable::Host.into());
                        self.refuse(cx, id, (DropReason::NoNeighbor, answer));
                    }
                }
            }
        }
    }

    fn send_arp_request(&mut self, cx: &mut Cx, on: InterfaceId, ip: Ipv4Addr, to: Option<Mac>) {
        self.counters.arp_requests_sent += 1;
        let own = self.interfaces[on.index()];
        let question = arp::Message {
            operation: Operation::Request,
            sender_mac: own.mac,
            sender_ip: own.ip(),
            target_mac: Mac([0; 6]),
            target_ip: ip,
        };
        self.send_arp(cx, on, to.unwrap_or(Mac::BROADCAST), question);
    }

    fn send_arp(&mut self, cx: &mut Cx, on: InterfaceId, to: Mac, message: arp::Message) {
        let own = self.interfaces[on.index()];
        let header = ethernet::Header { destination: to, source: own.mac };
        let id = cx.create(header, Payload::Arp(message), Label::new(None, cx.now));
        cx.transmit(own.out, id);
    }
}
