//! Connections as they are read off: which one is meant, and its two ends on their two nodes.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use super::{Plan, Simulation};
use crate::id::{AppId, NodeId};
use crate::node::stack::LastConnection;
use crate::packet::ipv4::Protocol;
use crate::socket::Endpoint;
use crate::tcp::Connection;
use crate::tcp::state::State;

/// Which end of an application's connection is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// The one that has sent more data so far; before there are any, and for the state, the
    /// application's own.
    Any,
    /// The one that opened the connection.
    Client,
    /// The one that accepted it.
    Server,
}

/// What is read of an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConnectionValue {
    /// The congestion window \[bytes\].
    CongestionWindow,
    /// The slow start threshold \[bytes\]; there is none before the first loss.
    SlowStartThreshold,
    /// Data sent and not acknowledged \[bytes\].
    InFlight,
    /// Data written and not acknowledged \[bytes\].
    SendBuffer,
    /// Data that wait to be read \[bytes\].
    ReceiveBuffer,
    /// The other end's window \[bytes\].
    SendWindow,
    /// The smoothed round trip \[s\]; there is none before the first measurement.
    SmoothedRtt,
    /// The retransmission timeout \[s\].
    Timeout,
    /// Segments sent again so far.
    Retransmits,
    /// The number of the state, see [`state_number`].
    State,
}

/// The number of a state in time series: 0 without a connection, then in the order of a connection's
/// life.
#[must_use]
pub const fn state_number(state: State) -> u8 {
    match state {
        State::Closed => 0,
        State::Listen => 1,
        State::SynSent => 2,
        State::SynReceived => 3,
        State::Established => 4,
        State::FinWait1 => 5,
        State::FinWait2 => 6,
        State::CloseWait => 7,
        State::Closing => 8,
        State::LastAck => 9,
        State::TimeWait => 10,
    }
}

/// Who has which address, and whom applications connect to.
#[derive(Debug)]
pub(super) struct Directory {
    nodes: BTreeMap<Ipv4Addr, NodeId>,
    /// By application: its first target.
    targets: Vec<Option<SocketAddrV4>>,
}

impl Directory {
    pub(super) fn of(plan: &Plan) -> Self {
        let of_node = |(index, node): (usize, &super::NodePlan)| {
            let id = NodeId::from_index(index);
            node.addresses.iter().map(move |(_, net)| (net.addr(), id)).collect::<Vec<_>>()
        };
        let first_target = |app: &super::AppPlan| {
            let mut spec = app.spec.clone();
            let targets = spec.config_mut().targets();
            let (_, target) = targets.into_iter().next()?;
            Some(target.socket_address(0))
        };
        Self {
            nodes: plan.nodes.iter().enumerate().flat_map(of_node).collect(),
            targets: plan.apps.iter().map(first_target).collect(),
        }
    }

    /// The node that an address leads to from `own`.
    fn node_of(&self, own: NodeId, address: Ipv4Addr) -> Option<NodeId> {
        if address.is_loopback() { Some(own) } else { self.nodes.get(&address).copied() }
    }
}

/// Both ends of an application's connection, as far as they are there.
struct Ends<'a> {
    last: Option<LastConnection>,
    own: Option<&'a Endpoint>,
    other: Option<&'a Endpoint>,
}

impl<'a> Ends<'a> {
    /// The end that is asked for.
    fn choose(&self, end: End) -> Option<&'a Endpoint> {
        let accepted = self.last?.accepted;
        match end {
            End::Any => {
                let written =
                    |end: Option<&Endpoint>| end.map_or(0, |end| end.connection.written());
                if written(self.other) > written(self.own) { self.other } else { self.own }
            }
            End::Client if accepted => self.other,
            End::Server if !accepted => self.other,
            End::Client | End::Server => self.own,
        }
    }
}

impl Simulation {
    /// Reads a value of an application's latest connection; NaN if there is no such value yet.
    pub(super) fn connection_value(&self, app: AppId, end: End, value: ConnectionValue) -> f64 {
        let ends = self.ends(app);
        match value {
            ConnectionValue::State => f64::from(state_number(self.state(app, &ends, end))),
            _ => match ends.choose(end) {
                Some(end) if end.connection.state() != State::TimeWait => {
                    read(&end.connection, value)
                }
                // Before the first connection there is nothing to be read.
                None if ends.last.is_none() => f64::NAN,
                _ => 0.0,
            },
        }
    }

    fn ends(&self, app: AppId) -> Ends<'_> {
        let own = self.places[app.index()].0;
        let end_on = |node: NodeId, local, remote| {
            self.ip_node(node)?.stack.connection_between(local, remote)
        };
        let last = self.ip_node(own).and_then(|node| node.stack.last_connection(app));
        let Some(LastConnection { local, remote, .. }) = last else {
            return Ends { last, own: None, other: None };
        };
        let peer = self.directory.node_of(own, *remote.ip());
        Ends {
            last,
            own: end_on(own, local, remote),
            other: peer.and_then(|node| end_on(node, remote, local)),
        }
    }

    /// The state of an end. A server's is LISTEN from when its process listens until the SYN comes.
    fn state(&self, app: AppId, ends: &Ends<'_>, end: End) -> State {
        let accepted = match ends.last {
            Some(last) => last.accepted,
            None => self.plan.apps[app.index()].spec.config().listens().is_some(),
        };
        let (is_server, endpoint) = match end {
            End::Any => (accepted, ends.own),
            End::Client => (false, ends.choose(end)),
            End::Server => (true, ends.choose(end)),
        };
        match endpoint {
            Some(endpoint) => endpoint.connection.state(),
            None if is_server && self.awaits_syn(app, ends, accepted) => State::Listen,
            None => State::Closed,
        }
    }

    /// Whether the server of a connection that has not reached it listens.
    fn awaits_syn(&self, app: AppId, ends: &Ends<'_>, is_own: bool) -> bool {
        let own = self.places[app.index()].0;
        let opening = |end: &Endpoint| end.connection.state() == State::SynSent;
        let server = match (ends.last, is_own) {
            (Some(last), false) if ends.own.is_some_and(opening) => Some(last.remote),
            (Some(_), _) => None,
            (None, false) => self.directory.targets[app.index()],
            (None, true) => {
                let listens = self.plan.apps[app.index()].spec.config().listens();
                let port = listens.filter(|(protocol, _)| *protocol == Protocol::Tcp);
                port.map(|(_, port)| SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))
            }
        };
        let Some(server) = server else { return false };
        let node = self.directory.node_of(own, *server.ip()).and_then(|node| self.ip_node(node));
        node.is_some_and(|node| node.stack.listen_queues(server.port()).is_some())
    }
}

fn read(connection: &Connection, value: ConnectionValue) -> f64 {
    let bytes = |bytes: u64| if bytes == u64::MAX { f64::NAN } else { bytes as f64 };
    match value {
        ConnectionValue::CongestionWindow => bytes(connection.congestion_window()),
        ConnectionValue::SlowStartThreshold => {
            connection.slow_start_threshold().map_or(f64::NAN, bytes)
        }
        ConnectionValue::InFlight => bytes(connection.in_flight()),
        ConnectionValue::SendBuffer => bytes(connection.send_queue()),
        ConnectionValue::ReceiveBuffer => bytes(connection.receive_queue()),
        ConnectionValue::SendWindow => bytes(connection.send_window()),
        ConnectionValue::SmoothedRtt => {
            connection.smoothed_rtt().map_or(f64::NAN, |rtt| rtt.as_secs_f64())
        }
        ConnectionValue::Timeout => connection.retransmission_timeout().as_secs_f64(),
        ConnectionValue::Retransmits => connection.retransmissions() as f64,
        ConnectionValue::State => f64::from(state_number(connection.state())),
    }
}
