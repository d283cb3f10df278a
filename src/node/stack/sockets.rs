//! The node's sockets: made, entered into the port table, found, removed.
//!
//! - `calls`: what processes ask of them; streams have `super::tcp`;
//! - `readings`: what is to be said of their ports.

mod calls;
mod readings;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

pub use readings::{PortDepth, PortReading};

use readings::Closed;

use super::tcp::LastConnection;
use crate::id::{AppId, SocketId};
use crate::node::config::IpConfig;
use crate::packet::dscp::Dscp;
use crate::packet::ipv4::Protocol;
use crate::rng::Stream;
use crate::socket::{
    BindRequest, Binding, DatagramSocket, Endpoint, Errno, Listener, PortRules, PortTable,
    RawSocket, Role, Stage, StreamSocket, TcpMemory,
};
use crate::tcp::state::State;
use crate::units::Time;

/// All sockets of one node.
#[derive(Debug)]
pub struct Sockets {
    ports: PortTable,
    open: Vec<Option<Open>>,
    free: Vec<SocketId>,
    /// Raw sockets, which see everything.
    raw: Vec<SocketId>,
    /// Results of ports whose sockets are closed.
    closed: Closed,
    /// What connections cost.
    pub(super) memory: TcpMemory,
    /// By process: the codepoint of what it sends, if that is not 0.
    dscp: BTreeMap<AppId, Dscp>,
    /// By process: the connection that it opened or accepted last.
    last: BTreeMap<AppId, LastConnection>,
}

#[derive(Debug)]
struct Open {
    socket: Socket,
    owner: AppId,
}

#[derive(Debug)]
enum Socket {
    Datagram(Box<DatagramSocket>),
    Stream(StreamSocket),
    Raw(Box<RawSocket>),
}

/// A socket, to be looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Listed<'a> {
    Datagram(&'a DatagramSocket),
    Stream(&'a StreamSocket),
}

fn rules(config: &IpConfig) -> PortRules {
    PortRules {
        privileged_below: config.privileged_below,
        privileged: config.privileged,
        ephemeral: config.ephemeral,
    }
}

impl Sockets {
    pub(super) fn new(config: &IpConfig) -> Self {
        Self {
            ports: PortTable::new(rules(config)),
            open: Vec::new(),
            free: Vec::new(),
            raw: Vec::new(),
            closed: Closed::default(),
            memory: TcpMemory::default(),
            dscp: BTreeMap::new(),
            last: BTreeMap::new(),
        }
    }

    pub(super) fn reconfigure(&mut self, config: &IpConfig) {
        self.ports.set_rules(rules(config));
    }

    /// What connections cost.
    #[must_use]
    pub const fn memory(&self) -> &TcpMemory {
        &self.memory
    }

    /// Whose a packet is that has come in.
    pub(super) fn demultiplex(
        &mut self,
        protocol: Protocol,
        local: SocketAddrV4,
        remote: SocketAddrV4,
    ) -> Option<SocketId> {
        self.ports.demultiplex(protocol, local, remote)
    }

    pub(super) fn find(
        &self,
        protocol: Protocol,
        local: SocketAddrV4,
        remote: SocketAddrV4,
    ) -> Option<SocketId> {
        self.ports.lookup(protocol, local, remote)
    }

    /// The listener that would take a SYN from `remote`.
    pub(super) fn find_listener(
        &self,
        local: SocketAddrV4,
        remote: SocketAddrV4,
    ) -> Option<SocketId> {
        let found = self.ports.lookup_unconnected(Protocol::Tcp, local, remote)?;
        self.ports.get(found).is_some_and(|binding| binding.listening).then_some(found)
    }

    pub(super) fn datagram_mut(&mut self, id: SocketId) -> Option<(&mut DatagramSocket, AppId)> {
        match self.open.get_mut(id.index())? {
            Some(Open { socket: Socket::Datagram(socket), owner }) => Some((socket, *owner)),
            _ => None,
        }
    }

    pub(super) fn stream_mut(&mut self, id: SocketId) -> Option<(&mut StreamSocket, AppId)> {
        match self.open.get_mut(id.index())? {
            Some(Open { socket: Socket::Stream(socket), owner }) => Some((socket, *owner)),
            _ => None,
        }
    }

    pub(super) fn raw_mut(&mut self, id: SocketId) -> Option<(&mut RawSocket, AppId)> {
        match self.open.get_mut(id.index())? {
            Some(Open { socket: Socket::Raw(socket), owner }) => Some((socket, *owner)),
            _ => None,
        }
    }

    fn stream(&self, id: SocketId) -> Option<&StreamSocket> {
        match &self.get(id)?.socket {
            Socket::Stream(socket) => Some(socket),
            Socket::Datagram(_) | Socket::Raw(_) => None,
        }
    }

    pub(super) fn endpoint(&self, id: SocketId) -> Option<&Endpoint> {
        self.stream(id)?.endpoint()
    }

    pub(super) fn endpoint_mut(&mut self, id: SocketId) -> Option<&mut Endpoint> {
        self.stream_mut(id)?.0.endpoint_mut()
    }

    pub(super) fn listener_mut(&mut self, id: SocketId) -> Option<&mut Listener> {
        match &mut self.stream_mut(id)?.0.role {
            Role::Listening(own) => Some(&mut own.listener),
            Role::Idle(_) | Role::Connected(_) => None,
        }
    }

    /// Which process owns a socket.
    pub(super) fn owner(&self, id: SocketId) -> Option<AppId> {
        self.get(id).map(|open| open.owner)
    }

    /// Raw sockets, which see everything.
    pub(super) fn raw(&self) -> &[SocketId] {
        &self.raw
    }

    /// Lets a socket know where it is bound, so that sending need not ask the port table.
    fn note_local(&mut self, id: SocketId) {
        let local = self.ports.get(id).map(Binding::local);
        if let Some((socket, _)) = self.datagram_mut(id) {
            socket.local = local;
        }
    }

    fn get(&self, id: SocketId) -> Option<&Open> {
        self.open.get(id.index())?.as_ref()
    }

    /// The traffic class of what a process sends.
    pub(super) fn tos_of(&self, owner: AppId) -> u8 {
        self.dscp.get(&owner).copied().unwrap_or_default().traffic_class()
    }

    fn add(&mut self, mut socket: Socket, owner: AppId) -> SocketId {
        let tos = self.tos_of(owner);
        match &mut socket {
            Socket::Datagram(socket) => socket.tos = tos,
            Socket::Stream(socket) => socket.tos = tos,
            Socket::Raw(_) => {}
        }
        let open = Some(Open { socket, owner });
        if let Some(id) = self.free.pop() {
            self.open[id.index()] = open;
            return id;
        }
        self.open.push(open);
        SocketId::from_index(self.open.len() - 1)
    }

    pub(super) fn add_stream(&mut self, socket: StreamSocket, owner: AppId) -> SocketId {
        self.add(Socket::Stream(socket), owner)
    }

    fn add_raw(&mut self, owner: AppId) -> SocketId {
        let id = self.add(Socket::Raw(Box::default()), owner);
        self.raw.push(id);
        id
    }

    /// A connection's socket for a SYN that `listener` got.
    pub(super) fn child_of(&self, listener: SocketId) -> Option<(StreamSocket, AppId)> {
        let parent = self.stream(listener)?;
        let mut child = StreamSocket::new(Arc::clone(parent.config()));
        (child.options, child.ttl, child.tos) = (parent.options, parent.ttl, parent.tos);
        Some((child, self.owner(listener)?))
    }

    /// Enters a listener's new connection into the port table.
    pub(super) fn enter_passive(
        &mut self,
        id: SocketId,
        local: SocketAddrV4,
        remote: SocketAddrV4,
    ) -> Result<(), Errno> {
        let options = self.stream(id).map(|socket| socket.options).unwrap_or_default();
        self.ports.accept(id, local, remote, options)
    }

    /// Enters a socket that calls `connect()`; gives its local end.
    pub(super) fn enter_active(
        &mut self,
        id: SocketId,
        own: Ipv4Addr,
        to: SocketAddrV4,
        dice: &mut Stream,
    ) -> Result<SocketAddrV4, Errno> {
        match self.ports.get(id).copied() {
            Some(binding) => {
                let own = binding.address.unwrap_or(own);
                self.ports.connect(id, own, to)?;
                Ok(SocketAddrV4::new(own, binding.port))
            }
            None => {
                let port = self.ports.connect_any(id, own, to, dice)?;
                Ok(SocketAddrV4::new(own, port))
            }
        }
    }

    /// Lets a socket listen; an unbound one gets an ephemeral port.
    pub(super) fn enter_listener(&mut self, id: SocketId, dice: &mut Stream) -> Result<(), Errno> {
        if self.ports.get(id).is_none() {
            let request = BindRequest::new(Protocol::Tcp, None, 0);
            self.ports.bind(id, request, |_| true, dice)?;
        }
        self.ports.listen(id)
    }

    /// Takes a socket out of the port table: its port and four-tuple are free.
    pub(super) fn leave_table(&mut self, id: SocketId) {
        self.ports.release(id);
    }

    fn ids(&self, wanted: impl Fn(&Open) -> bool) -> Vec<SocketId> {
        let all = self.open.iter().enumerate();
        all.filter(|(_, open)| open.as_ref().is_some_and(&wanted))
            .map(|(index, _)| SocketId::from_index(index))
            .collect()
    }

    /// The connections in a listener's queues.
    pub(super) fn children_of(&self, listener: SocketId) -> Vec<SocketId> {
        let queues = [Stage::HalfOpen(listener), Stage::Waiting(listener)];
        self.ids(|open| open.stage().is_some_and(|stage| queues.contains(&stage)))
    }

    /// The sockets that a process has as descriptors.
    pub(super) fn held_by(&self, owner: AppId) -> Vec<SocketId> {
        self.ids(|open| {
            open.owner == owner && open.stage().is_none_or(|stage| stage == Stage::Open)
        })
    }

    /// Notes the connection that a process has opened or accepted last.
    pub(super) fn note_connection(&mut self, id: SocketId) {
        if let (Some(owner), Some(endpoint)) = (self.owner(id), self.endpoint(id)) {
            self.last.insert(owner, LastConnection::of(endpoint));
        }
    }

    /// The connection that a process opened or accepted last, be it still there or not.
    pub(super) fn last_connection(&self, owner: AppId) -> Option<LastConnection> {
        self.last.get(&owner).copied()
    }

    /// The listeners at a port.
    pub(super) fn listeners(&self, port: u16) -> impl Iterator<Item = &Listener> {
        let bound = self.ports.bound(Protocol::Tcp, port);
        bound.filter_map(|id| match &self.stream(id)?.role {
            Role::Listening(own) => Some(&own.listener),
            Role::Idle(_) | Role::Connected(_) => None,
        })
    }

    /// Every socket of a transport protocol with its local end, if it is in the port table, and its
    /// process.
    pub(super) fn listed(&self) -> impl Iterator<Item = (Listed<'_>, Option<SocketAddrV4>, AppId)> {
        self.iter().filter_map(|(id, open)| {
            let socket = match &open.socket {
                Socket::Datagram(socket) => Listed::Datagram(socket),
                Socket::Stream(socket) => Listed::Stream(socket),
                Socket::Raw(_) => return None,
            };
            Some((socket, self.ports.get(id).map(Binding::local), open.owner))
        })
    }

    /// Every socket with its id.
    fn iter(&self) -> impl Iterator<Item = (SocketId, &Open)> {
        let all = self.open.iter().enumerate();
        all.filter_map(|(index, open)| Some((SocketId::from_index(index), open.as_ref()?)))
    }

    /// Takes a socket out of everything.
    pub(super) fn remove(&mut self, now: Time, id: SocketId) {
        if let Some(reading) = self.reading(now, id)
            && reading.results.received > 0
        {
            self.closed.add(reading);
        }
        let Some(open) = self.open.get_mut(id.index()).and_then(Option::take) else { return };
        if let Some(endpoint) = open.endpoint() {
            self.memory.moves(endpoint.seen, State::Closed, endpoint.connection.is_passive());
        }
        self.ports.release(id);
        self.raw.retain(|raw| *raw != id);
        self.free.push(id);
    }
}

impl Open {
    fn stream(&self) -> Option<&StreamSocket> {
        match &self.socket {
            Socket::Stream(socket) => Some(socket),
            Socket::Datagram(_) | Socket::Raw(_) => None,
        }
    }

    fn endpoint(&self) -> Option<&Endpoint> {
        self.stream()?.endpoint()
    }

    fn stage(&self) -> Option<Stage> {
        self.endpoint().map(|endpoint| endpoint.stage)
    }
}
