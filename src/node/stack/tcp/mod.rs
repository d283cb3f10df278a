//! TCP on a host: which connection a segment is for, and what comes of it.
//!
//! - this file: segments that come in, by four-tuple and then by listener (RFC 9293 section 3.10.7);
//! - `listening`: a SYN at a listener, SYN cookies, the accept queue;
//! - `connection`: what a connection wants to send, be woken for, and tell;
//! - `calls`: what processes ask for;
//! - `reading`: what can be read off connections and listeners, and what their conversations are told.
//!
//! The protocol itself is [`crate::tcp`], the queues of a listener [`crate::socket::Listener`].

mod calls;
mod connection;
mod listening;
mod reading;

pub use reading::{LastConnection, ListenQueues};

use std::net::SocketAddrV4;

use super::Stack;
use crate::id::{FlowId, PacketId, SocketId};
use crate::node::cx::Cx;
use crate::observe::{DropReason, Interest, Observation, Place};
use crate::packet::icmp::{Error, Quote, Unreachable};
use crate::packet::ipv4::{self, Ecn, Transport};
use crate::packet::tcp::Segment;
use crate::packet::{Packet, Payload};
use crate::socket::{Errno, Role, Stage};
use crate::tcp::state::State;
use crate::tcp::{CloseReason, no_connection};

/// A segment that has come in.
#[derive(Debug, Clone, Copy)]
struct Arrival<'a> {
    local: SocketAddrV4,
    remote: SocketAddrV4,
    segment: &'a Segment,
    ecn: Ecn,
    flow: Option<FlowId>,
}

impl<'a> Arrival<'a> {
    fn of(ip: &ipv4::Packet, segment: &'a Segment, flow: Option<FlowId>) -> Self {
        Self {
            local: SocketAddrV4::new(ip.destination, segment.destination_port),
            remote: SocketAddrV4::new(ip.source, segment.source_port),
            segment,
            ecn: ip.ecn(),
            flow,
        }
    }
}

impl Stack {
    /// A segment has come in: to its connection, or else to a listener, or else it is refused.
    pub(super) fn receive_tcp(&mut self, cx: &mut Cx, id: PacketId) {
        let packet = &cx.packets[id];
        let Payload::Ipv4(ip) = &packet.payload else { return };
        let Transport::Tcp(segment) = ip.transport else { return };
        let arrival = Arrival::of(ip, &segment, packet.label.flow);
        match self.sockets.demultiplex(ipv4::Protocol::Tcp, arrival.local, arrival.remote) {
            Some(socket) => {
                let watched = (cx.interest >= Interest::Outcomes)
                    .then(|| (cx.observed.len(), cx.packets[id]));
                cx.packets.discard(id);
                let refusal = self.receive_for(cx, socket, arrival);
                if let Some((before, packet)) = watched {
                    self.tell_end(cx, before, packet, arrival.local.port(), refusal);
                }
            }
            None => {
                self.counters.port_closed += 1;
                cx.drop(id, Place::Node(self.id), DropReason::PortClosed);
                self.refuse_segment(cx, arrival);
            }
        }
    }

    /// Tells those who watch that a segment came to a port, or was dropped there: before all that
    /// it brought about.
    #[cold]
    fn tell_end(
        &self,
        cx: &mut Cx,
        before: usize,
        packet: Packet,
        port: u16,
        refusal: Option<DropReason>,
    ) {
        let (node, protocol) = (self.id, ipv4::Protocol::Tcp);
        let what = match refusal {
            Some(reason) => {
                let place = Place::Port { node, protocol, port };
                Observation::Dropped { place, packet, reason }
            }
            None if cx.interest < Interest::Wire => return,
            None => Observation::Demultiplexed { node, protocol, port, packet },
        };
        cx.observed.insert(before, (cx.now, what));
    }

    /// A segment for this socket. Says why it was dropped, if it was.
    fn receive_for(
        &mut self,
        cx: &mut Cx,
        id: SocketId,
        arrival: Arrival<'_>,
    ) -> Option<DropReason> {
        let (socket, _) = self.sockets.stream_mut(id)?;
        match &socket.role {
            Role::Listening(_) => return self.receive_at_listener(cx, id, arrival),
            Role::Connected(endpoint)
                if endpoint.connection.gives_way_to(cx.now, arrival.segment) =>
            {
                return self.receive_in_time_wait(cx, id, arrival);
            }
            Role::Connected(_) => return self.receive_at_connection(cx, id, arrival),
            Role::Idle(_) => self.refuse_segment(cx, arrival),
        }
        None
    }

    /// A SYN for which TIME-WAIT makes room, if there is a listener for it: as in Linux, even if the
    /// process has not closed the old connection.
    #[cold]
    fn receive_in_time_wait(
        &mut self,
        cx: &mut Cx,
        id: SocketId,
        arrival: Arrival<'_>,
    ) -> Option<DropReason> {
        let Some(listener) = self.sockets.find_listener(arrival.local, arrival.remote) else {
            return self.receive_at_connection(cx, id, arrival);
        };
        if let Some(endpoint) = self.sockets.endpoint_mut(id) {
            endpoint.connection.give_way();
            self.serve(cx, id);
        }
        self.receive_for(cx, listener, arrival)
    }

    fn receive_at_connection(
        &mut self,
        cx: &mut Cx,
        id: SocketId,
        arrival: Arrival<'_>,
    ) -> Option<DropReason> {
        let endpoint = self.sockets.endpoint_mut(id)?;
        if let Stage::HalfOpen(listener) = endpoint.stage
            && self.is_overflow(cx, listener, id, arrival)
        {
            return Some(DropReason::AcceptQueueFull);
        }
        let endpoint = self.sockets.endpoint_mut(id)?;
        let before = endpoint.connection.state();
        endpoint.connection.handle_segment(cx.now, arrival.segment, arrival.ecn);
        endpoint.received += 1;
        if before == State::CloseWait
            && endpoint.connection.close_reason() == Some(CloseReason::Reset)
        {
            // Who had said goodbye before has not broken its word (Linux `tcp_reset`).
            endpoint.error = Some(Errno::EPIPE);
        }
        let unread = endpoint.connection.receive_queue();
        endpoint.max_unread = endpoint.max_unread.max(unread);
        if arrival.segment.data_length > 0
            && let Some(flow) = endpoint.flow()
        {
            cx.flows[flow.index()].packets_delivered += 1;
        }
        self.serve(cx, id);
        None
    }

    /// Answers a segment that nobody takes.
    fn refuse_segment(&mut self, cx: &mut Cx, arrival: Arrival<'_>) {
        if let Some(reset) = no_connection::reset_for(arrival.segment) {
            self.send_reset(cx, arrival, reset);
        }
    }

    /// Answers a segment that the packet filter refuses with a reset; nothing but TCP has one.
    pub(super) fn refuse_connection(
        &mut self,
        cx: &mut Cx,
        ip: &ipv4::Packet,
        flow: Option<FlowId>,
    ) {
        if let Transport::Tcp(segment) = &ip.transport {
            self.refuse_segment(cx, Arrival::of(ip, segment, flow));
        }
    }

    /// An ICMP error came about a segment of a connection.
    pub(super) fn report_to_connection(
        &mut self,
        cx: &mut Cx,
        id: SocketId,
        error: Error,
        quote: &Quote,
    ) {
        let Some(endpoint) = self.sockets.endpoint_mut(id) else { return };
        if let Stage::HalfOpen(_) = endpoint.stage {
            return self.report_to_half_open(cx, id, error);
        }
        if let Some(flow) = endpoint.flow() {
            cx.flows[flow.index()].errors += 1;
        }
        if let Error::DestinationUnreachable(Unreachable::FragmentationNeeded { mtu }) = error {
            endpoint.connection.handle_fragmentation_needed(cx.now, mtu, quote.sequence);
            return self.serve(cx, id);
        }
        let errno = Errno::of_icmp(error);
        let reason = match errno {
            Errno::ECONNREFUSED => CloseReason::Refused,
            _ => CloseReason::Unreachable,
        };
        endpoint.connection.handle_icmp_error(reason);
        if endpoint.connection.close_reason() == Some(reason) {
            endpoint.error = Some(errno);
        }
        self.serve(cx, id);
    }

    fn send_reset(&mut self, cx: &mut Cx, about: Arrival<'_>, reset: Segment) {
        self.send_segment(cx, (about.local, about.remote), 0, about.flow, &reset);
    }
}
