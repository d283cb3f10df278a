//! Segments that come to a listener, and connections until they are accepted.

use std::net::SocketAddrV4;
use std::sync::Arc;

use super::Arrival;
use crate::app::Wake;
use crate::id::SocketId;
use crate::node::cx::{Cx, Effect};
use crate::node::stack::Stack;
use crate::observe::DropReason;
use crate::packet::icmp::{Error, Unreachable};
use crate::packet::tcp::{Flags, Segment};
use crate::socket::{Admission, CookiePolicy, Endpoint, Listener, Role, Stage, SynCookies};
use crate::tcp::no_connection::{self, ListenVerdict};
use crate::tcp::{Connection, Opening};

/// What came with an ACK that belongs to no connection.
enum Cookie {
    /// No cookie of ours.
    None,
    /// One that makes a connection.
    Taken,
    /// One for which the accept queue has no room.
    Overflow,
}

impl Stack {
    /// A segment for a listener. Says why it was dropped, if it was.
    pub(super) fn receive_at_listener(
        &mut self,
        cx: &mut Cx,
        id: SocketId,
        arrival: Arrival<'_>,
    ) -> Option<DropReason> {
        if let Some(listener) = self.sockets.listener_mut(id) {
            listener.received += 1;
        }
        match no_connection::listen(arrival.segment) {
            ListenVerdict::Accept => self.receive_syn(cx, id, arrival),
            ListenVerdict::Reset(reset) => match self.receive_cookie(cx, id, arrival) {
                Cookie::None => {
                    self.send_reset(cx, arrival, reset);
                    None
                }
                Cookie::Taken => None,
                Cookie::Overflow => Some(DropReason::AcceptQueueFull),
            },
            ListenVerdict::Ignore => None,
        }
    }

    fn receive_syn(
        &mut self,
        cx: &mut Cx,
        id: SocketId,
        arrival: Arrival<'_>,
    ) -> Option<DropReason> {
        let rules = self.listen_rules();
        let verdict = self.sockets.listener_mut(id)?.admit(cx.now, &rules);
        let is_taken = matches!(verdict, Admission::Remember | Admission::Cookie);
        if is_taken && self.source_address(arrival.remote).is_none() {
            // No way back: as in Linux, nothing is remembered (`tcp_conn_request`).
            self.sockets.listener_mut(id)?.counters.syn_dropped += 1;
            self.counters.syn_dropped += 1;
            return Some(DropReason::NoRoute);
        }
        match verdict {
            Admission::Remember => self.open_half(cx, id, arrival),
            Admission::Cookie => self.answer_with_cookie(cx, id, arrival),
            Admission::AcceptQueueFull => {
                self.counters.syn_dropped += 1;
                self.counters.accept_overflows += 1;
                return Some(DropReason::AcceptQueueFull);
            }
            Admission::SynQueueFull => {
                self.counters.syn_dropped += 1;
                return Some(DropReason::SynQueueFull);
            }
        }
        None
    }

    /// Remembers a SYN: a connection in SYN-RECEIVED answers it.
    fn open_half(&mut self, cx: &mut Cx, listener: SocketId, arrival: Arrival<'_>) {
        let opening = self.opening(cx.now, arrival.local, arrival.remote);
        if let Some(id) = self.add_passive(cx, listener, arrival, opening, arrival.segment) {
            if let Some(listener) = self.sockets.listener_mut(listener) {
                listener.opens();
            }
            self.serve(cx, id);
        }
    }

    /// A new connection of a listener, in SYN-RECEIVED.
    fn add_passive(
        &mut self,
        cx: &mut Cx,
        listener: SocketId,
        arrival: Arrival<'_>,
        opening: Opening,
        syn: &Segment,
    ) -> Option<SocketId> {
        let Arrival { local, remote, flow, .. } = arrival;
        let (mut socket, owner) = self.sockets.child_of(listener)?;
        let connection = Connection::accept(Arc::clone(socket.config()), opening, cx.now, syn);
        let stage = Stage::HalfOpen(listener);
        let endpoint = Endpoint::new(connection, [local, remote], flow, stage, cx.now);
        socket.role = Role::Connected(Box::new(endpoint));
        let id = self.sockets.add_stream(socket, owner);
        let entered = self.sockets.enter_passive(id, local, remote);
        debug_assert_eq!(entered, Ok(()), "the SYN would have gone to the connection that exists");
        Some(id)
    }

    /// Answers a SYN and forgets it.
    fn answer_with_cookie(&mut self, cx: &mut Cx, listener: SocketId, arrival: Arrival<'_>) {
        let Some((socket, _)) = self.sockets.child_of(listener) else { return };
        let (config, tos) = (Arc::clone(socket.config()), socket.tos);
        self.counters.cookies_sent += 1;
        let mut opening = self.opening(cx.now, arrival.local, arrival.remote);
        opening.isn = self.cookies.make(cx.now, arrival.local, arrival.remote, arrival.segment);
        let mut passing = Connection::accept(config, opening, cx.now, arrival.segment);
        let Some(outgoing) = passing.poll_transmit(cx.now) else { return };
        let mut answer = outgoing.segment;
        if let Some(stamps) = &mut answer.options.timestamps {
            stamps.value = SynCookies::stamp(stamps.value, arrival.segment);
        } else {
            // Nowhere to keep them: such a connection does without.
            answer.options.window_scale = None;
            answer.options.sack_permitted = false;
        }
        let Arrival { local, remote, flow, .. } = arrival;
        self.send_segment(cx, (local, remote), tos, flow, &answer);
    }

    /// An ACK from nowhere may bring a cookie back.
    fn receive_cookie(&mut self, cx: &mut Cx, id: SocketId, arrival: Arrival<'_>) -> Cookie {
        let Arrival { local, remote, segment, .. } = arrival;
        let policy = self.config.syn_cookies;
        let Some(listener) = self.sockets.listener_mut(id) else { return Cookie::None };
        let is_answer = segment.flags.ack && !segment.flags.syn && !segment.flags.rst;
        if !is_answer || policy == CookiePolicy::Off || !listener.expects_cookies(cx.now) {
            return Cookie::None;
        }
        let Some(syn) = self.cookies.check(cx.now, local, remote, segment) else {
            return Cookie::None;
        };
        listener.counters.cookies_received += 1;
        self.counters.cookies_received += 1;
        if listener.is_full() {
            listener.counters.accept_overflows += 1;
            self.counters.accept_overflows += 1;
            return Cookie::Overflow;
        }
        let mut opening = self.opening(cx.now, local, remote);
        opening.isn = segment.ack.wrapping_add(u32::MAX);
        if let Some(connection) = self.add_passive(cx, id, arrival, opening, &syn) {
            if let Some(listener) = self.sockets.listener_mut(id) {
                listener.opens_by_cookie();
            }
            if let Some(endpoint) = self.sockets.endpoint_mut(connection) {
                endpoint.connection.recall_syn_ack(cx.now);
            }
            self.receive_at_connection(cx, connection, arrival);
        }
        Cookie::Taken
    }

    /// Whether the ACK that would end a handshake finds the accept queue full: it is ignored, so
    /// that the SYN-ACK comes again, or the client gets a reset (`tcp_abort_on_overflow`).
    pub(super) fn is_overflow(
        &mut self,
        cx: &mut Cx,
        listener: SocketId,
        id: SocketId,
        arrival: Arrival<'_>,
    ) -> bool {
        let Flags { ack, rst, syn, .. } = arrival.segment.flags;
        let Some(queues) = self.sockets.listener_mut(listener) else { return false };
        if !ack || rst || syn || !queues.is_full() {
            return false;
        }
        queues.counters.accept_overflows += 1;
        self.counters.accept_overflows += 1;
        if self.config.abort_on_overflow {
            self.forget_connection(cx, id);
            self.refuse_segment(cx, arrival);
        }
        true
    }

    /// An ICMP error came about a SYN-ACK. If nobody is there, the SYN is forgotten (Linux
    /// `tcp_req_err`); other errors mean nothing.
    pub(super) fn report_to_half_open(&mut self, cx: &mut Cx, id: SocketId, error: Error) {
        let nobody = matches!(
            error,
            Error::DestinationUnreachable(Unreachable::Network | Unreachable::Host)
                | Error::TimeExceeded
        );
        if nobody {
            self.forget_connection(cx, id);
        }
    }

    /// A handshake is done: the connection waits for `accept()`.
    pub(super) fn queue_for_accept(&mut self, cx: &mut Cx, listener: SocketId, id: SocketId) {
        let Some(owner) = self.sockets.owner(listener) else { return };
        let Some(queues) = self.sockets.listener_mut(listener) else { return };
        queues.ends();
        queues.queue(id);
        cx.effects.push(Effect::Wake(owner, Wake::Ready(listener)));
        if let Some(endpoint) = self.sockets.endpoint_mut(id) {
            endpoint.stage = Stage::Waiting(listener);
        }
    }

    /// A listener is closed: connections that wait are reset, half-open ones forgotten.
    pub(super) fn close_listener(&mut self, cx: &mut Cx, id: SocketId) {
        for child in self.sockets.children_of(id) {
            match self.sockets.endpoint_mut(child).map(|endpoint| endpoint.stage) {
                Some(Stage::Waiting(_)) => self.abort_connection(cx, child),
                _ => self.forget_connection(cx, child),
            }
        }
    }

    /// `accept()`.
    pub(super) fn take_accepted(&mut self, id: SocketId) -> Option<(SocketId, SocketAddrV4)> {
        let taken = self.sockets.listener_mut(id).and_then(Listener::take)?;
        let endpoint = self.sockets.endpoint_mut(taken)?;
        endpoint.stage = Stage::Open;
        let remote = endpoint.remote;
        self.sockets.note_connection(taken);
        Some((taken, remote))
    }
}
