//! What a connection wants done: segments sent, its timer armed, its process woken, news told.

use std::net::SocketAddrV4;

use super::reading::count_progress;
use crate::app::Wake;
use crate::engine::Fired;
use crate::id::{FlowId, PacketId, SocketId};
use crate::node::cx::{Cx, Effect};
use crate::node::stack::Stack;
use crate::observe::{Interest, Observation};
use crate::packet::ipv4::{self, Transport};
use crate::packet::tcp::Segment;
use crate::packet::{Packet, Payload};
use crate::socket::{Endpoint, IsnGenerator, Stage, errno_of};
use crate::tcp::{CloseReason, Envelope, Event, Opening};
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
        let Some((socket, _)) = self.sockets.stream_mut(id) else { return };
        let fields = (socket.ttl.unwrap_or(self.config.ttl), socket.tos);
        let Some(endpoint) = socket.endpoint_mut() else { return };
        if endpoint.seen != endpoint.connection.state() {
            self.note_state(cx, id);
            return self.serve(cx, id);
        }
        // Found once, asked for everything.
        write_segments(cx, endpoint, fields, &mut self.outbox);
        let timer = arm(endpoint);
        count_progress(cx, endpoint);
        let has_news = endpoint.connection.has_news();
        for place in 0..self.outbox.len() {
            self.send_written(cx, self.outbox[place]);
        }
        self.outbox.clear();
        if let Some(at) = timer {
            cx.effects.push(Effect::SocketTimer(self.id, id, at));
        }
        if cx.interest >= Interest::Everything {
            self.observe_timer(cx, id);
        }
        if has_news {
            self.tell_news(cx, id);
        }
    }

    fn observe_timer(&self, cx: &mut Cx, id: SocketId) {
        let Some(endpoint) = self.sockets.endpoint(id) else { return };
        cx.tell(Observation::RetransmissionTimer {
            node: self.id,
            local: endpoint.local,
            remote: endpoint.remote,
            flow: endpoint.flow(),
            deadline: endpoint.connection.retransmission_deadline(),
        });
    }

    /// Sends a segment that belongs to no connection.
    pub(super) fn send_segment(
        &mut self,
        cx: &mut Cx,
        ends: (SocketAddrV4, SocketAddrV4),
        tos: u8,
        flow: Option<FlowId>,
        segment: &Segment,
    ) {
        let id = new_segment(cx, ends, (self.config.ttl, tos), flow, |place| {
            *place = *segment;
            Envelope::PLAIN
        });
        self.send_written(cx, id);
    }

    /// Sends a segment that was written; without a route it is lost, as any packet may be.
    fn send_written(&mut self, cx: &mut Cx, id: PacketId) {
        let Payload::Ipv4(ip) = &cx.packets[id].payload else { return };
        let Transport::Tcp(segment) = &ip.transport else { return };
        self.counters.resets_sent += u64::from(segment.flags.rst);
        let length = ip.total_length();
        let _ = self.send_created(cx, id, length);
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
            endpoint.connection.abort(cx.now);
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

/// Writes all segments that a connection wants sent.
#[inline(always)]
fn write_segments(
    cx: &mut Cx,
    endpoint: &mut Endpoint,
    fields: (u8, u8),
    written: &mut Vec<PacketId>,
) {
    let (now, ends, flow) = (cx.now, (endpoint.local, endpoint.remote), endpoint.flow());
    let mut carrying = 0;
    while let Some(departure) = endpoint.connection.poll_departure(now) {
        let is_last = departure.is_last();
        let packet = new_segment(cx, ends, fields, flow, |segment| {
            let envelope = endpoint.connection.write(now, departure, segment);
            carrying += u64::from(segment.data_length > 0);
            envelope
        });
        written.push(packet);
        if is_last {
            break;
        }
    }
    if let Some(flow) = flow {
        cx.flows[flow.index()].packets_sent += carrying;
    }
}

/// Sets the timer of a connection; says for when an event is to be scheduled, if for any time.
#[inline(always)]
fn arm(endpoint: &mut Endpoint) -> Option<Time> {
    match endpoint.connection.poll_timeout() {
        None => {
            endpoint.timer.cancel();
            None
        }
        Some(deadline) => endpoint.timer.arm(deadline),
    }
}

/// A packet with the segment that `write` puts into it, written where it stays: what is first put
/// together elsewhere in parts and then copied as a whole takes several times as long.
#[inline(always)]
fn new_segment(
    cx: &mut Cx,
    (local, remote): (SocketAddrV4, SocketAddrV4),
    (ttl, tos): (u8, u8),
    flow: Option<FlowId>,
    write: impl FnOnce(&mut Segment) -> Envelope,
) -> PacketId {
    let (id, packet) = cx.create_segment(flow);
    let Packet { payload: Payload::Ipv4(ip), label, .. } = packet else { return id };
    let Transport::Tcp(segment) = &mut ip.transport else { return id };
    let Envelope { ecn, purpose, may_be_cut } = write(segment);
    ip.data_length = segment.length();
    (ip.source, ip.destination) = (*local.ip(), *remote.ip());
    (ip.ttl, ip.traffic_class) = (ttl, tos);
    ip.set_ecn(ecn);
    ip.dont_fragment = !may_be_cut;
    label.purpose = purpose;
    id
}
