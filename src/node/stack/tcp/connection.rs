//! What a connection wants done: segments sent, its timer armed, its process woken, news told.

use std::net::SocketAddrV4;

use crate::app::Wake;
use crate::engine::Fired;
use crate::id::{FlowId, SocketId};
use crate::node::cx::{Cx, Effect};
use crate::node::stack::Stack;
use crate::observe::{Interest, Observation};
use crate::packet::Label;
use crate::packet::ipv4::{self, Transport};
use crate::socket::{IsnGenerator, Stage, errno_of};
use crate::tcp::{CloseReason, Event, Opening, Outgoing};
use crate::units::Time;

impl Stack {
    /// What a new connection between these two ends begins with.
    pub(super) fn opening(&self, now: Time, local: SocketAddrV4, remote: SocketAddrV4) -> Opening {
        let isn: &IsnGenerator = &self.isn;
        Opening {
            local_port: local.port(),
            remote_port: remote.port(),
            mss: self.mtu_to(*local.ip(), *remote.ip()) - ipv4::HEADER - crate::packet::tcp::HEADER,
            isn: isn.number(now, local, remote),
            timestamp_offset: isn.timestamp_offset(local, remote),
        }
    }

    /// Does all that a connection wants done after something happened to it.
    pub(super) fn serve(&mut self, cx: &mut Cx, id: SocketId) {
        self.note_state(cx, id);
        self.transmit_all(cx, id);
        self.observe_timer(cx, id);
        self.count_progress(cx, id);
        self.tell_news(cx, id);
    }

    fn observe_timer(&self, cx: &mut Cx, id: SocketId) {
        if cx.interest < Interest::Everything {
            return;
        }
        let Some(endpoint) = self.sockets.endpoint(id) else { return };
        cx.tell(Observation::RetransmissionTimer {
            node: self.id,
            local: endpoint.local,
            remote: endpoint.remote,
            flow: endpoint.flow(),
            deadline: endpoint.connection.retransmission_deadline(),
        });
    }

    fn transmit_all(&mut self, cx: &mut Cx, id: SocketId) {
        loop {
            let Some((socket, _)) = self.sockets.stream_mut(id) else { return };
            let fields = (socket.ttl, socket.tos);
            let Some(endpoint) = socket.endpoint_mut() else { return };
            let Some(outgoing) = endpoint.connection.poll_transmit(cx.now) else { break };
            let (local, remote, flow) = (endpoint.local, endpoint.remote, endpoint.flow());
            if outgoing.segment.data_length > 0
                && let Some(flow) = flow
            {
                cx.flows[flow.index()].packets_sent += 1;
            }
            self.send_segment(cx, local, remote, fields, flow, &outgoing);
        }
        self.arm_connection(cx, id);
    }

    /// Sends a segment with this TTL (the host's unless given) and traffic class; without a route it is lost, as any packet may be.
    pub(super) fn send_segment(
        &mut self,
        cx: &mut Cx,
        local: SocketAddrV4,
        remote: SocketAddrV4,
        (ttl, tos): (Option<u8>, u8),
        flow: Option<FlowId>,
        &Outgoing { segment, ecn, purpose, may_be_cut }: &Outgoing,
    ) {
        if segment.flags.rst {
            self.counters.resets_sent += 1;
        }
        let mut packet = ipv4::Packet::new(*local.ip(), *remote.ip(), Transport::Tcp(segment));
        packet.ttl = ttl.unwrap_or(self.config.ttl);
        packet.dont_fragment = !may_be_cut;
        packet.traffic_class = tos;
        packet.set_ecn(ecn);
        let _ = self.output_as(cx, packet, Label { purpose, ..Label::new(flow, cx.now) });
    }

    fn arm_connection(&mut self, cx: &mut Cx, id: SocketId) {
        let node = self.id;
        let Some(endpoint) = self.sockets.endpoint_mut(id) else { return };
        match endpoint.connection.poll_timeout() {
            None => endpoint.timer.cancel(),
            Some(deadline) => {
                if let Some(at) = endpoint.timer.arm(deadline) {
                    cx.effects.push(Effect::SocketTimer(node, id, at));
                }
            }
        }
    }

    /// An event of a connection's timer has come up.
    pub fn handle_socket_timeout(&mut self, cx: &mut Cx, id: SocketId) {
        let node = self.id;
        // The socket may be another one by now, whose timer knows nothing of this event.
        let Some(endpoint) = self.sockets.endpoint_mut(id) else { return };
        match endpoint.timer.fired(cx.now) {
            Fired::Expired => {
                endpoint.connection.handle_timeout(cx.now);
                self.serve(cx, id);
            }
            Fired::Again(at) => cx.effects.push(Effect::SocketTimer(node, id, at)),
            Fired::Stale => {}
        }
    }

    fn tell_news(&mut self, cx: &mut Cx, id: SocketId) {
        while let Some(endpoint) = self.sockets.endpoint_mut(id) {
            let Some(event) = endpoint.connection.poll_event() else { break };
            match event {
                Event::Established => self.established(cx, id),
                Event::Readable | Event::Writable => self.wake_owner(cx, id),
                Event::Closed(reason) => return self.closed(cx, id, reason),
            }
        }
    }

    fn established(&mut self, cx: &mut Cx, id: SocketId) {
        let Some(endpoint) = self.sockets.endpoint_mut(id) else { return };
        let (began, flow) = (endpoint.began, endpoint.flow());
        match endpoint.stage {
            Stage::HalfOpen(listener) => self.queue_for_accept(cx, listener, id),
            Stage::Waiting(_) | Stage::Open | Stage::Orphan => {
                if let Some(flow) = flow {
                    cx.flows[flow.index()].connected(cx.now - began);
                }
                self.wake_owner(cx, id);
            }
        }
    }

    /// Wakes the process that has the connection, if one has.
    fn wake_owner(&mut self, cx: &mut Cx, id: SocketId) {
        let Some((socket, owner)) = self.sockets.stream_mut(id) else { return };
        if socket.endpoint().is_some_and(|endpoint| endpoint.stage == Stage::Open) {
            cx.effects.push(Effect::Wake(owner, Wake::Ready(id)));
        }
    }

    /// A connection is gone. Its process is told; where none has it, it is forgotten.
    fn closed(&mut self, cx: &mut Cx, id: SocketId, reason: CloseReason) {
        let Some(endpoint) = self.sockets.endpoint_mut(id) else { return };
        endpoint.error = endpoint.error.or(errno_of(reason));
        endpoint.timer.cancel();
        match endpoint.stage {
            Stage::Open => {
                self.sockets.leave_table(id);
                self.wake_owner(cx, id);
            }
            // As in Linux, it can still be accepted: reading it gives the error.
            Stage::Waiting(_) => self.sockets.leave_table(id),
            Stage::HalfOpen(_) | Stage::Orphan => self.forget_connection(cx, id),
        }
    }

    /// Takes a connection out of everything.
    pub(super) fn forget_connection(&mut self, cx: &mut Cx, id: SocketId) {
        let Some(endpoint) = self.sockets.endpoint_mut(id) else { return };
        let (incoming, stage) = (endpoint.incoming(), endpoint.stage);
        if let Stage::HalfOpen(listener) = stage
            && let Some(listener) = self.sockets.listener_mut(listener)
        {
            listener.ends();
        }
        cx.transcripts.forget(incoming);
        self.sockets.remove(cx.now, id);
    }

    /// Gives a connection up with a reset, and forgets it.
    pub(super) fn abort_connection(&mut self, cx: &mut Cx, id: SocketId) {
        if let Some(endpoint) = self.sockets.endpoint_mut(id) {
            endpoint.connection.abort();
            endpoint.stage = Stage::Orphan;
            self.serve(cx, id);
        }
        self.forget_connection(cx, id);
    }

    /// Tells observers when a connection has changed its state, and keeps the count of memory.
    pub(super) fn note_state(&mut self, cx: &mut Cx, id: SocketId) {
        let node = self.id;
        let Some(endpoint) = self.sockets.endpoint_mut(id) else { return };
        let (from, to) = (endpoint.seen, endpoint.connection.state());
        if from == to {
            return;
        }
        endpoint.seen = to;
        let Some(endpoint) = self.sockets.endpoint(id) else { return };
        if cx.interest >= Interest::Outcomes {
            cx.tell(Observation::StateChanged {
                node,
                local: endpoint.local,
                remote: endpoint.remote,
                flow: endpoint.flow(),
                from: from.name(),
                to: to.name(),
            });
        }
        if let Some(flow) = endpoint.flow()
            && !endpoint.connection.is_passive()
        {
            cx.flows[flow.index()].state = Some(to.name());
        }
        self.sockets.memory.moves(from, to, endpoint.connection.is_passive());
    }
}
