//! What can be read off a host's connections and listeners at any time, and what conversations are
//! told of the progress of their connections.

use std::net::SocketAddrV4;

use crate::id::AppId;
use crate::node::cx::Cx;
use crate::node::stack::Stack;
use crate::observe::{Interest, Observation};
use crate::packet::ipv4::Protocol;
use crate::socket::{Endpoint, Told};

/// The connection that a process has opened or accepted last. It may be gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastConnection {
    /// The process's end.
    pub local: SocketAddrV4,
    /// The other end.
    pub remote: SocketAddrV4,
    /// Whether it was accepted.
    pub accepted: bool,
}

impl LastConnection {
    pub(in crate::node::stack) const fn of(endpoint: &Endpoint) -> Self {
        let accepted = endpoint.connection.is_passive();
        Self { local: endpoint.local, remote: endpoint.remote, accepted }
    }
}

/// The lengths of the queues of a port's listeners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListenQueues {
    /// Connections half open.
    pub syn: u64,
    /// Connections that wait to be accepted.
    pub accept: u64,
}

impl Stack {
    /// The connection that a process has opened or accepted last.
    #[must_use]
    pub fn last_connection(&self, owner: AppId) -> Option<LastConnection> {
        self.sockets.last_connection(owner)
    }

    /// This node's end of the connection between two ends, while there is one.
    #[must_use]
    pub fn connection_between(
        &self,
        local: SocketAddrV4,
        remote: SocketAddrV4,
    ) -> Option<&Endpoint> {
        self.sockets.endpoint(self.sockets.find(Protocol::Tcp, local, remote)?)
    }

    /// The queues of the listeners at a port; `None` if nobody listens there.
    #[must_use]
    pub fn listen_queues(&self, port: u16) -> Option<ListenQueues> {
        let mut listeners = self.sockets.listeners(port).peekable();
        listeners.peek()?;
        Some(listeners.fold(ListenQueues::default(), |sum, listener| ListenQueues {
            syn: sum.syn + u64::from(listener.syn_queue()),
            accept: sum.accept + listener.accept_queue() as u64,
        }))
    }
}

/// Counts for a connection's conversation what has been sent again, what has run out of time and
/// the round trip that was measured.
#[inline(always)]
pub(super) fn count_progress(cx: &mut Cx, endpoint: &mut Endpoint) {
    let connection = &endpoint.connection;
    let (round_trips, rtt) = connection.round_trips();
    let (retransmissions, timeouts) = (connection.retransmissions(), connection.timeouts());
    let (before, now) = (endpoint.told, Told { retransmissions, timeouts, round_trips });
    if now == before {
        return;
    }
    endpoint.told = now;
    let Some(flow) = endpoint.flow() else { return };
    let counted = &mut cx.flows[flow.index()];
    counted.retransmits += u64::from(now.retransmissions - before.retransmissions);
    counted.timeouts += u64::from(now.timeouts - before.timeouts);
    if now.round_trips > before.round_trips {
        counted.rtt.add(rtt);
        if cx.interest >= Interest::Outcomes {
            cx.tell(Observation::RoundTrip { flow, rtt });
        }
    }
}
