//! The node's sockets as rows of a table.

use std::net::SocketAddrV4;

use super::Stack;
use super::sockets::Listed;
use crate::id::AppId;
use crate::observe::{ConnectionInfo, SocketRow};
use crate::packet::ipv4::Protocol;
use crate::socket::{DatagramSocket, Endpoint, Kind, Listener, Role, Stage};
use crate::tcp::state::State;

impl Stack {
    /// Every TCP and UDP socket that has a port, in the order of the table; `name` is that of a
    /// process.
    #[must_use]
    pub fn socket_rows(&self, name: impl Fn(AppId) -> String) -> Vec<SocketRow> {
        let mut rows: Vec<SocketRow> = self
            .sockets()
            .listed()
            .filter_map(|(socket, local, owner)| match socket {
                Listed::Datagram(socket) => datagram(socket, name(owner)),
                Listed::Stream(socket) => match &socket.role {
                    Role::Idle(_) => None,
                    Role::Listening(own) => Some(listener(&own.listener, local?, name(owner))),
                    Role::Connected(end) => connection(end, || name(owner)),
                },
            })
            .collect();
        rows.sort_by_key(SocketRow::key);
        rows
    }
}

fn datagram(socket: &DatagramSocket, process: String) -> Option<SocketRow> {
    let local = socket.local.filter(|_| socket.kind() == Kind::Udp)?;
    Some(SocketRow {
        protocol: Protocol::Udp,
        state: if socket.peer.is_some() { "ESTAB" } else { "UNCONN" },
        receive_queue: socket.buffer().bytes(),
        send_queue: 0,
        local,
        peer: socket.peer,
        process: Some(process),
        connection: None,
    })
}

fn listener(queues: &Listener, local: SocketAddrV4, process: String) -> SocketRow {
    SocketRow {
        protocol: Protocol::Tcp,
        state: "LISTEN",
        receive_queue: queues.accept_queue() as u64,
        send_queue: u64::from(queues.backlog()),
        local,
        peer: None,
        process: Some(process),
        connection: None,
    }
}

/// A connection that is there: one whose process has not closed what is gone is listed no more.
fn connection(end: &Endpoint, process: impl FnOnce() -> String) -> Option<SocketRow> {
    let state = end.connection.state();
    if state == State::Closed {
        return None;
    }
    let (receive_queue, send_queue) = end.queues();
    Some(SocketRow {
        protocol: Protocol::Tcp,
        state: word(state),
        receive_queue,
        send_queue,
        local: end.local,
        peer: Some(end.remote),
        process: (end.stage == Stage::Open).then(process),
        connection: Some(info(end)).filter(|_| state != State::TimeWait),
    })
}

fn info(end: &Endpoint) -> ConnectionInfo {
    let connection = &end.connection;
    ConnectionInfo {
        congestion_control: connection.congestion_control().name(),
        rto: connection.retransmission_timeout(),
        rtt: connection.smoothed_rtt().map(|rtt| (rtt, connection.rtt_variance())),
        // What both ends can take is not known before the other end's SYN.
        mss: match connection.state() {
            State::SynSent => connection.offered_segment_size(),
            _ => connection.segment_size(),
        },
        cwnd: Some(connection.congestion_window()).filter(|&window| window != u64::MAX),
        ssthresh: connection.slow_start_threshold().filter(|&threshold| threshold != u64::MAX),
        retransmits: connection.retransmissions().into(),
        in_flight: connection.in_flight(),
        written: connection.written(),
        read: connection.read(),
    }
}

/// The word that `ss` has for a state.
const fn word(state: State) -> &'static str {
    match state {
        State::SynReceived => "SYN-RECV",
        State::Established => "ESTAB",
        State::Closed => "UNCONN",
        other => other.name(),
    }
}
