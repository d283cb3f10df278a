//! A stream socket: TCP. It is made, may be bound, and then either listens or has a connection.

use std::net::SocketAddrV4;
use std::sync::Arc;

use super::{BindOptions, Direction, Errno, Listener};
use crate::engine::Timer;
use crate::id::{FlowId, SocketId};
use crate::tcp::config::Config;
use crate::tcp::state::State;
use crate::tcp::{CloseReason, Connection, RecvError, SendError};
use crate::units::Time;

/// A stream socket, as its host knows it beside its entry in the port table.
#[derive(Debug)]
pub struct StreamSocket {
    /// What it is ready to share its port with.
    pub options: BindOptions,
    /// TTL of what it sends, if not the host's (`IP_TTL`).
    pub ttl: Option<u8>,
    /// The traffic class of what it sends, ECN aside (`IP_TOS`).
    pub tos: u8,
    /// What it does.
    pub role: Role,
}

/// What a stream socket does.
#[derive(Debug)]
pub enum Role {
    /// Nothing yet. These are the constants of its connections.
    Idle(Arc<Config>),
    /// It takes connections.
    Listening(Box<Listening>),
    /// It is one end of a connection.
    Connected(Box<Endpoint>),
}

/// A socket that takes connections.
#[derive(Debug)]
pub struct Listening {
    /// Its queues.
    pub listener: Listener,
    /// The constants of its connections.
    pub config: Arc<Config>,
}

/// Who has a connection now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its handshake goes on in the SYN queue of this listener.
    HalfOpen(SocketId),
    /// It waits in the accept queue of this listener.
    Waiting(SocketId),
    /// A process has it as a descriptor.
    Open,
    /// Its process has closed it; it lives on until both ends have said goodbye.
    Orphan,
}

/// How much of a connection's progress its conversation has been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    /// Segments sent again.
    pub retransmissions: u32,
    /// Timers that ran out.
    pub timeouts: u32,
    /// Round trips measured.
    pub round_trips: u32,
}

/// In place of the number of a conversation.
const NO_FLOW: u32 = u32::MAX;

/// One end of a connection, and what the host keeps with it.
#[derive(Debug)]
pub struct Endpoint {
    /// The protocol's state machine.
    pub connection: Connection,
    /// Its one timer in the event queue.
    pub timer: Timer,
    /// This end.
    pub local: SocketAddrV4,
    /// The other end.
    pub remote: SocketAddrV4,
    /// The number of the conversation that its segments count in; `NO_FLOW` if there is none.
    flow: u32,
    /// Who has it now.
    pub stage: Stage,
    /// When it began: the call of `connect()`, or the SYN's arrival.
    pub began: Time,
    /// The state that was last told to observers.
    pub seen: State,
    /// What of its progress has been counted for its conversation.
    pub told: Told,
    /// Segments that came so far.
    pub received: u64,
    /// The most data that waited to be read \[bytes\].
    pub max_unread: u64,
    /// An error that the next call reports (`SO_ERROR`).
    pub error: Option<Errno>,
    /// Whether its process has read as far as the other end's FIN.
    pub read_fin: bool,
}

/// What a socket is ready for, as `poll()` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Readiness {
    /// A call to read (or to accept) would not give `EAGAIN` (`POLLIN`).
    pub readable: bool,
    /// A call to write would not give `EAGAIN` (`POLLOUT`).
    pub writable: bool,
    /// The connection is gone (`POLLHUP`).
    pub closed: bool,
}

impl StreamSocket {
    /// A socket that does nothing yet.
    #[must_use]
    pub const fn new(config: Arc<Config>) -> Self {
        let options = BindOptions { reuse_address: false, reuse_port: false };
        Self { options, ttl: None, tos: 0, role: Role::Idle(config) }
    }

    /// The constants of its connections.
    #[must_use]
    pub const fn config(&self) -> &Arc<Config> {
        match &self.role {
            Role::Idle(config) => config,
            Role::Listening(own) => &own.config,
            Role::Connected(endpoint) => endpoint.connection.config(),
        }
    }

    /// The connection, if it is an end of one.
    #[must_use]
    pub const fn endpoint(&self) -> Option<&Endpoint> {
        match &self.role {
            Role::Connected(endpoint) => Some(endpoint),
            Role::Idle(_) | Role::Listening(_) => None,
        }
    }

    /// The same, to be changed.
    pub const fn endpoint_mut(&mut self) -> Option<&mut Endpoint> {
        match &mut self.role {
            Role::Connected(endpoint) => Some(endpoint),
            Role::Idle(_) | Role::Listening(_) => None,
        }
    }

    /// What it is ready for.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        match &self.role {
            Role::Idle(_) => Readiness { readable: true, writable: true, closed: true },
            Role::Listening(own) => {
                let readable = own.listener.accept_queue() > 0;
                Readiness { readable, ..Readiness::default() }
            }
            Role::Connected(endpoint) => endpoint.readiness(),
        }
    }
}

impl Endpoint {
    /// A connection that begins now, between `local` and `remote`.
    #[must_use]
    pub const fn new(
        connection: Connection,
        [local, remote]: [SocketAddrV4; 2],
        flow: Option<FlowId>,
        stage: Stage,
        now: Time,
    ) -> Self {
        Self {
            connection,
            timer: Timer::new(),
            local,
            remote,
            flow: match flow {
                Some(flow) => flow.0,
                None => NO_FLOW,
            },
            stage,
            began: now,
            seen: State::Closed,
            told: Told { retransmissions: 0, timeouts: 0, round_trips: 0 },
            received: 0,
            max_unread: 0,
            error: None,
            read_fin: false,
        }
    }

    /// The conversation that its segments count in: that of the end that opened it.
    #[must_use]
    pub fn flow(&self) -> Option<FlowId> {
        (self.flow != NO_FLOW).then_some(FlowId(self.flow))
    }

    /// Writes up to `bytes`; says how many were taken.
    ///
    /// # Errors
    /// `EAGAIN` (no room now; the socket becomes ready), the error that ended the connection, once,
    /// and `EPIPE` (closed for writing).
    pub fn send(&mut self, bytes: u64) -> Result<u64, Errno> {
        self.take_error()?;
        self.connection.send(bytes).map_err(|error| match error {
            SendError::WouldBlock => Errno::EAGAIN,
            SendError::ShutDown | SendError::Closed(_) => Errno::EPIPE,
        })
    }

    /// Reads up to `bytes`; says how many, zero at the end of the stream.
    ///
    /// # Errors
    /// `EAGAIN` (nothing waits; the socket becomes ready), and the error that ended the
    /// connection, once.
    pub fn recv(&mut self, bytes: u64) -> Result<u64, Errno> {
        match self.connection.recv(bytes) {
            Ok(taken) => {
                // As in Linux, a read that has room left goes on to the FIN (`tcp_recvmsg`).
                self.read_fin |= taken < bytes && self.connection.is_read_to_end();
                Ok(taken)
            }
            Err(RecvError::WouldBlock) => Err(Errno::EAGAIN),
            Err(RecvError::Closed(_)) => self.take_error().map(|()| 0),
        }
    }

    /// `Recv-Q` and `Send-Q` of `ss`: sequence numbers that came in order and were not read, and those
    /// that were written and not acknowledged. As in Linux (`tcp_diag_get_info`), SYN and FIN count
    /// for one each; of a connection that is half open or in TIME-WAIT nothing is known.
    #[must_use]
    pub fn queues(&self) -> (u64, u64) {
        let connection = &self.connection;
        let state = connection.state();
        if state == State::TimeWait || state == State::SynReceived && connection.is_passive() {
            return (0, 0);
        }
        let has_fin = matches!(state, State::CloseWait | State::LastAck | State::Closing);
        let waits = matches!(
            state,
            State::SynSent | State::SynReceived | State::FinWait1 | State::Closing | State::LastAck
        );
        (
            connection.receive_queue() + u64::from(has_fin && !self.read_fin),
            connection.send_queue() + u64::from(waits),
        )
    }

    /// The error that waits to be reported, and from now on does not (`SO_ERROR`).
    ///
    /// # Errors
    /// That error.
    pub fn take_error(&mut self) -> Result<(), Errno> {
        self.error.take().map_or(Ok(()), Err)
    }

    /// What this end writes, as a direction of a connection.
    #[must_use]
    pub const fn outgoing(&self) -> Direction {
        (self.local, self.remote, self.connection.isn().value())
    }

    /// What it reads.
    #[must_use]
    pub const fn incoming(&self) -> Direction {
        (self.remote, self.local, self.connection.remote_isn().value())
    }

    fn readiness(&self) -> Readiness {
        let connection = &self.connection;
        let closed = connection.close_reason().is_some();
        let failed = self.error.is_some() || closed;
        Readiness {
            readable: failed || connection.receive_queue() > 0 || connection.is_read_to_end(),
            // As in Linux not before the handshake is done, though writing is allowed.
            writable: failed || connection.state().is_synchronized() && connection.send_room() > 0,
            closed,
        }
    }
}

/// What a call reports of a connection that is gone. `None` if all went well.
#[must_use]
pub const fn errno_of(reason: CloseReason) -> Option<Errno> {
    match reason {
        CloseReason::Finished => None,
        CloseReason::Refused => Some(Errno::ECONNREFUSED),
        CloseReason::Reset => Some(Errno::ECONNRESET),
        CloseReason::TimedOut => Some(Errno::ETIMEDOUT),
        CloseReason::Unreachable => Some(Errno::EHOSTUNREACH),
        CloseReason::Aborted => Some(Errno::ECONNABORTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_connections_stay_small() {
        // With what hosts and processes keep beside them, 200 000 have to fit into 200 MiB.
        assert!(size_of::<Endpoint>() <= 728, "{}", size_of::<Endpoint>());
        assert!(size_of::<StreamSocket>() <= 24, "{}", size_of::<StreamSocket>());
    }
}
