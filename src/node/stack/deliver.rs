//! What is for this node: put together, filtered, and up to the sockets.

use std::net::SocketAddrV4;

use super::Stack;
use crate::app::Wake;
use crate::id::{PacketId, SocketId};
use crate::node::config::Chain;
use crate::node::cx::{Cx, Effect};
use crate::node::reassembly::{Expired, Offered};
use crate::observe::{DropReason, Interest, Kinship, Observation, Place};
use crate::packet::icmp::{Error, Message, Unreachable};
use crate::packet::ipv4::{self, Protocol, Transport};
use crate::packet::{Label, Packet, Payload, udp};
use crate::socket::{Delivery, Received};

impl Stack {
    /// A packet for this node, from outside or from itself.
    pub fn receive_local(&mut self, cx: &mut Cx, id: PacketId) {
        let Packet { payload: Payload::Ipv4(ip), label, .. } = &cx.packets[id] else { return };
        if !self.sockets.raw().is_empty() && !ip.is_fragment() {
            self.show_to_raw(&mut cx.effects, ip);
        }
        if !self.openings.admits(cx.now, ip)
            && let Err(refusal) = self.filtered(Chain::Input, ip)
        {
            return self.refuse(cx, id, refusal);
        }
        if ip.is_fragment() {
            let ip = *ip;
            return self.receive_fragment(cx, id, &ip);
        }
        match &ip.transport {
            Transport::Udp(datagram) => {
                let port = datagram.destination_port;
                let arrived = Received {
                    from: SocketAddrV4::new(ip.source, datagram.source_port),
                    to: ip.destination,
                    length: datagram.data_length,
                    content: datagram.content,
                    ttl: ip.ttl,
                    created: label.created,
                    flow: label.flow,
                };
                self.receive_udp(cx, id, port, arrived);
            }
            Transport::Tcp(_) => self.receive_tcp(cx, id),
            Transport::Icmp(message) => {
                let (ip, message) = (*ip, *message);
                let packet = cx.packets.remove(id);
                self.receive_icmp(cx, &packet, &ip, &message);
            }
        }
    }

    /// Raw sockets get a copy of everything, before the packet filter, as libpcap does.
    fn show_to_raw(&mut self, effects: &mut Vec<Effect>, ip: &ipv4::Packet) {
        for index in 0..self.sockets.raw().len() {
            let id = self.sockets.raw()[index];
            let Some((socket, owner)) = self.sockets.raw_mut(id) else { continue };
            if socket.deliver(ip) {
                effects.push(Effect::Wake(owner, Wake::Ready(id)));
            }
        }
    }

    fn receive_fragment(&mut self, cx: &mut Cx, id: PacketId, ip: &ipv4::Packet) {
        let label = cx.packets[id].label;
        match self.reassembly.offer(cx.now, ip, label) {
            Offered::Complete(whole, label) => {
                self.counters.reassembled += 1;
                let packet = &mut cx.packets[id];
                let last = packet.label.number;
                packet.payload = Payload::Ipv4(whole);
                packet.label = label;
                cx.observe_kin(last, id, Kinship::Reassembled);
                if label.damaged {
                    cx.drop(id, Place::Node(self.id), DropReason::Corrupt);
                } else {
                    self.receive_local(cx, id);
                }
            }
            Offered::Waiting => {
                cx.packets.remove(id);
            }
            Offered::Refused => {
                cx.drop(id, Place::Node(self.id), DropReason::ReassemblyTimeout);
            }
        }
        self.arm_timer(cx);
    }

    pub(super) fn reassembly_timeout(&mut self, cx: &mut Cx) {
        let mut expired: Vec<Expired> = Vec::new();
        self.reassembly.handle_timeout(cx.now, &mut expired);
        for datagram in expired {
            self.counters.reassembly_timeouts += 1;
            if cx.interest >= Interest::Outcomes {
                let (place, reason) = (Place::Node(self.id), DropReason::ReassemblyTimeout);
                let packet = Packet {
                    ethernet: crate::packet::ethernet::Header::NONE,
                    payload: Payload::Ipv4(datagram.packet),
                    label: datagram.label,
                };
                cx.tell(Observation::Dropped { place, packet, reason });
            }
            let flow = datagram.label.flow;
            self.send_error(cx, &datagram.packet, flow, Error::ReassemblyTimeExceeded);
        }
    }

    /// UDP demultiplexing (RFC 1122, section 4.1): by port, and by address where it matters.
    #[inline(always)]
    fn receive_udp(&mut self, cx: &mut Cx, id: PacketId, port: u16, arrived: Received) {
        let to = SocketAddrV4::new(arrived.to, port);
        let Some(socket) = self.sockets.demultiplex(Protocol::Udp, to, arrived.from) else {
            self.counters.port_closed += 1;
            return self.refuse(cx, id, (DropReason::PortClosed, Some(Unreachable::Port.into())));
        };
        if self.hand_over(cx, socket, arrived) {
            self.observe_demultiplexed(cx, id, Protocol::Udp, port);
            cx.packets.discard(id);
        } else {
            let place = Place::Port { node: self.id, protocol: Protocol::Udp, port };
            cx.drop(id, place, DropReason::BufferFull);
        }
    }

    /// Puts a datagram into a socket's buffer and wakes its process. False if there was no room.
    #[inline(always)]
    fn hand_over(&mut self, cx: &mut Cx, id: SocketId, arrived: Received) -> bool {
        let Some((socket, owner)) = self.sockets.datagram_mut(id) else { return false };
        match socket.deliver(cx.now, arrived) {
            Delivery::Full => false,
            Delivery::Queued { was_empty } => {
                if was_empty {
                    cx.effects.push(Effect::Wake(owner, Wake::Ready(id)));
                }
                true
            }
        }
    }

    #[inline]
    pub(super) fn observe_demultiplexed(
        &self,
        cx: &mut Cx,
        id: PacketId,
        protocol: Protocol,
        port: u16,
    ) {
        let node = self.id;
        cx.observe(|packets| Observation::Demultiplexed {
            node,
            protocol,
            port,
            packet: packets[id],
        });
    }

    fn receive_icmp(&mut self, cx: &mut Cx, packet: &Packet, ip: &ipv4::Packet, message: &Message) {
        match *message {
            Message::Error { error, quote } => self.receive_error(cx, ip.source, error, &quote),
            Message::Echo { reply: false, identifier, sequence, data_length } => {
                let answer = Message::Echo { reply: true, identifier, sequence, data_length };
                let mut reply =
                    ipv4::Packet::new(ip.destination, ip.source, Transport::Icmp(answer));
                reply.ttl = self.config.ttl;
                // As Linux: the answer to a ping has its codepoint.
                reply.traffic_class = ip.traffic_class & !3;
                // An answer that cannot be sent is lost, as the question could have been.
                let _ =
                    self.output_as(cx, reply, Label::new(packet.label.flow, packet.label.created));
            }
            Message::Echo { reply: true, identifier, sequence, data_length } => {
                let arrived = Received {
                    from: SocketAddrV4::new(ip.source, 0),
                    to: ip.destination,
                    length: data_length,
                    content: udp::Content::Numbered(u64::from(sequence)),
                    ttl: ip.ttl,
                    created: packet.label.created,
                    flow: packet.label.flow,
                };
                if let Some(socket) = self.sockets.find(
                    Protocol::Icmp,
                    SocketAddrV4::new(ip.destination, identifier),
                    SocketAddrV4::new(ip.source, 0),
                ) {
                    self.hand_over(cx, socket, arrived);
                }
            }
        }
    }
}
