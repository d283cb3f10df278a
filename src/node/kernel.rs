//! What a process sees of its node: the socket interface, on top of the stack.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::cx::{Cx, Effect};
use super::stack::Stack;
use crate::app::{Listening, Os};
use crate::id::{AppId, FlowId, SocketId};
use crate::observe::{FlowStats, Interest, Observation};
use crate::packet::{ipv4, udp};
use crate::rng::Stream;
use crate::socket::{BindOptions, Errno, Line, Readiness, Received, SocketError};
use crate::tcp::config::Settings;
use crate::units::{Limit, Time};

/// One process's view of its node during one call.
pub(super) struct Kernel<'a> {
    pub(super) stack: &'a mut Stack,
    pub(super) cx: &'a mut Cx,
    pub(super) app: AppId,
    pub(super) dice: &'a mut Stream,
}

impl Os for Kernel<'_> {
    fn now(&self) -> Time {
        self.cx.now
    }

    fn rng(&mut self) -> &mut Stream {
        self.dice
    }

    fn set_timer(&mut self, after: Time, token: u32) {
        let at = self.cx.now.saturating_add(after);
        self.cx.effects.push(Effect::AppTimer(self.app, at, token));
    }

    fn udp_socket(&mut self) -> SocketId {
        self.stack.udp_socket(self.cx.now, self.app)
    }

    fn icmp_socket(&mut self) -> SocketId {
        self.stack.icmp_socket(self.cx.now, self.app)
    }

    fn bind(
        &mut self,
        socket: SocketId,
        address: Option<Ipv4Addr>,
        port: u16,
    ) -> Result<(), Errno> {
        self.stack.bind(socket, address, port)
    }

    fn connect(&mut self, socket: SocketId, to: SocketAddrV4) -> Result<(), Errno> {
        if self.stack.is_stream(socket) {
            return self.stack.connect_stream(self.cx, socket, to, FlowId(self.app.0));
        }
        self.stack.connect_datagram(socket, to)
    }

    fn send_to(
        &mut self,
        socket: SocketId,
        to: SocketAddrV4,
        length: u16,
        content: udp::Content,
    ) -> Result<(), Errno> {
        let flow = Some(FlowId(self.app.0));
        self.stack.send_to(self.cx, socket, to, length, content, flow)
    }

    fn receive_from(&mut self, socket: SocketId) -> Result<Received, Errno> {
        let received = self.stack.receive_from(self.cx.now, socket)?;
        let delay = self.cx.now - received.created;
        let bytes = u64::from(received.length);
        // What comes back to the flow's own process is an answer, not a delivery; what servers
        // send is no conversation of theirs.
        let flow = received
            .flow
            .filter(|flow| flow.0 != self.app.0 && self.cx.flows[flow.index()].peer.is_some());
        if let Some(flow) = flow {
            let number = match received.content {
                udp::Content::Numbered(number) => Some(number),
                udp::Content::Dns(_) => None,
            };
            self.cx.flows[flow.index()].delivered(self.cx.now, bytes, delay, number);
        }
        if self.cx.interest >= Interest::Outcomes {
            let node = self.stack.id();
            self.cx.tell(Observation::Delivered { node, flow, bytes, delay });
        }
        Ok(received)
    }

    fn take_error(&mut self, socket: SocketId) -> Option<SocketError> {
        self.stack.take_error(socket)
    }

    fn local_address(&self, socket: SocketId) -> Option<SocketAddrV4> {
        self.stack.local_address(socket)
    }

    fn set_receive_buffer(&mut self, socket: SocketId, limit: Limit) {
        self.stack.set_receive_buffer(socket, limit);
    }

    fn set_ttl(&mut self, socket: SocketId, ttl: u8) {
        self.stack.set_ttl(socket, ttl);
    }

    fn set_dont_fragment(&mut self, socket: SocketId, forbid: bool) {
        self.stack.set_dont_fragment(socket, forbid);
    }

    fn set_bind_options(&mut self, socket: SocketId, options: BindOptions) {
        self.stack.set_bind_options(socket, options);
    }

    fn close(&mut self, socket: SocketId) {
        self.stack.close(self.cx, socket);
    }

    fn tcp_socket(&mut self) -> SocketId {
        self.stack.tcp_socket(self.app)
    }

    fn set_tcp(&mut self, socket: SocketId, settings: &Settings) {
        self.stack.set_tcp(socket, settings);
    }

    fn listen(&mut self, socket: SocketId, backlog: u32) -> Result<(), Errno> {
        self.stack.listen(socket, backlog)
    }

    fn accept(&mut self, socket: SocketId) -> Result<(SocketId, SocketAddrV4), Errno> {
        self.stack.accept(socket)
    }

    fn send(&mut self, socket: SocketId, bytes: u64) -> Result<u64, Errno> {
        self.stack.send(self.cx, socket, bytes)
    }

    fn send_message(&mut self, socket: SocketId, text: &str, bytes: u64) -> Result<u64, Errno> {
        self.stack.send_message(self.cx, socket, text, bytes)
    }

    fn receive(&mut self, socket: SocketId, bytes: u64) -> Result<u64, Errno> {
        self.stack.receive_stream(self.cx, socket, bytes)
    }

    fn receive_line(&mut self, socket: SocketId) -> Option<Line> {
        self.stack.receive_line(self.cx, socket)
    }

    fn shutdown(&mut self, socket: SocketId) -> Result<(), Errno> {
        self.stack.shutdown(self.cx, socket)
    }

    fn abort(&mut self, socket: SocketId) {
        self.stack.abort(self.cx, socket);
    }

    fn poll(&self, socket: SocketId) -> Readiness {
        self.stack.poll(socket)
    }

    fn take_socket_error(&mut self, socket: SocketId) -> Result<(), Errno> {
        self.stack.take_socket_error(socket)
    }

    fn peer_address(&self, socket: SocketId) -> Option<SocketAddrV4> {
        self.stack.peer_address(socket)
    }

    fn listening(&self) -> Vec<Listening> {
        self.stack.listening()
    }

    fn raw_socket(&mut self) -> SocketId {
        self.stack.raw_socket(self.app)
    }

    fn send_raw(&mut self, mut packet: ipv4::Packet) -> Result<(), Errno> {
        packet.traffic_class |= self.stack.tos_of(self.app);
        self.stack.send_raw(self.cx, packet, FlowId(self.app.0))
    }

    fn receive_raw(&mut self, socket: SocketId) -> Result<ipv4::Packet, Errno> {
        self.stack.receive_raw(socket)
    }

    fn allow(&mut self, protocol: ipv4::Protocol, port: u16, source: Ipv4Addr, until: Time) {
        self.stack.openings.allow(protocol, port, source, until);
    }

    fn source_address(&mut self, to: Ipv4Addr) -> Option<Ipv4Addr> {
        self.stack.source_address(SocketAddrV4::new(to, 0))
    }

    fn flow(&mut self) -> &mut FlowStats {
        &mut self.cx.flows[self.app.index()]
    }

    fn round_trip(&mut self, rtt: Time) {
        self.flow().rtt.add(rtt);
        if self.cx.interest >= Interest::Outcomes {
            self.cx.tell(Observation::RoundTrip { flow: FlowId(self.app.0), rtt });
        }
    }

    fn answered(&mut self, took: Time) {
        self.flow().responses.add(took);
        if self.cx.interest >= Interest::Outcomes {
            self.cx.tell(Observation::Answered { flow: FlowId(self.app.0), took });
        }
    }

    fn name_number(&mut self, name: &str) -> u32 {
        let place = match self.cx.names.get_index_of(name) {
            Some(place) => place,
            None => self.cx.names.insert_full(name.to_owned()).0,
        };
        u32::try_from(place).expect("a run has fewer than 2^32 names")
    }
}
