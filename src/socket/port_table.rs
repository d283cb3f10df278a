//! The port table of a host: who has bound which port, and whose a packet is.
//!
//! There is one space of 65 536 numbers for each protocol, so 255/tcp and 255/udp have nothing to
//! do with each other; ICMP echo identifiers are a third one. A socket is in the table either
//!
//! - *bound*: it has a port on one local address or on all of them (the wildcard), and takes what
//!   comes from anywhere; for TCP only once it listens; or
//! - *connected*: it has a port, one local address and one remote socket, and takes only what
//!   comes from there.
//!
//! A packet goes to the most specific socket: connected, then bound to its address, then wildcard.
//! Which sockets may share a port is the rule of Linux 6.18, measured ([`BindOptions`]).
//!
//! The table knows nothing of sockets but their ids. Calls: [`PortTable::bind`] or
//! [`PortTable::bind_any`] first, then [`PortTable::listen`] or [`PortTable::connect`];
//! [`PortTable::accept`] enters the connections of a TCP
//! listener, [`PortTable::connect_any`] those that go out; [`PortTable::release`] at the
//! end, always; [`PortTable::lookup`] for each packet.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::Errno;
use super::binding::{BindOptions, BindRequest, Binding};
use super::ephemeral::{self, Order, PortRange};
use super::space::Space;
use crate::id::SocketId;
use crate::packet::ipv4::Protocol;
use crate::rng::Stream;

/// So many ports of a way are tried in vain before it counts as crowded.
const PATIENCE: u32 = 64;

/// What a host's processes may bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRules {
    /// TCP and UDP ports below this one need privilege (`ip_unprivileged_port_start`).
    pub privileged_below: u16,
    /// Whether the processes have it.
    pub privileged: bool,
    /// The first and the last ephemeral port (`ip_local_port_range`).
    pub ephemeral: PortRange,
}

/// The ports of one host.
#[derive(Debug)]
pub struct PortTable {
    rules: PortRules,
    /// By the number of the socket: those of a host follow each other.
    sockets: Vec<Option<Binding>>,
    icmp: Space,
    tcp: Space,
    udp: Space,
}

impl PortTable {
    /// A table with nobody in it.
    #[must_use]
    pub fn new(rules: PortRules) -> Self {
        Self {
            rules,
            sockets: Vec::new(),
            icmp: Space::default(),
            tcp: Space::default(),
            udp: Space::default(),
        }
    }

    /// Changes what may be bound from now on.
    pub fn set_rules(&mut self, rules: PortRules) {
        self.rules = rules;
    }

    /// Binds a socket. Gives the port.
    ///
    /// `is_local` tells whether an address is this host's.
    ///
    /// # Errors
    /// In the order of Linux: `EADDRNOTAVAIL` (not an address of this host), `EACCES` (a privileged
    /// port), `EINVAL` (the socket is in the table), `EADDRINUSE` (taken, or no ephemeral
    /// port is free).
    pub fn bind(
        &mut self,
        socket: SocketId,
        request: BindRequest,
        is_local: impl FnOnce(Ipv4Addr) -> bool,
        rng: &mut Stream,
    ) -> Result<u16, Errno> {
        let BindRequest { protocol, address, port, options } = request;
        let address = address.filter(|address| !address.is_unspecified());
        if address.is_some_and(|address| !is_local(address)) {
            return Err(Errno::EADDRNOTAVAIL);
        }
        if self.is_forbidden(protocol, port) {
            return Err(Errno::EACCES);
        }
        if self.get(socket).is_some() {
            return Err(Errno::EINVAL);
        }
        let mut wanted =
            Binding { protocol, address, port, remote: None, options, listening: false };
        if port == 0 {
            wanted.port = self.free_port(wanted, rng).ok_or(Errno::EADDRINUSE)?;
        } else if !self.space(protocol).is_free_for(&wanted) {
            return Err(Errno::EADDRINUSE);
        }
        self.insert(socket, wanted);
        Ok(wanted.port)
    }

    /// Binds a socket that is about to send to an ephemeral port of all addresses. Gives the port.
    ///
    /// # Errors
    /// `EAGAIN` if none is free, `EINVAL` if the socket is in the table.
    pub fn bind_any(
        &mut self,
        socket: SocketId,
        protocol: Protocol,
        rng: &mut Stream,
    ) -> Result<u16, Errno> {
        let request = BindRequest::new(protocol, None, 0);
        self.bind(socket, request, |_| true, rng).map_err(|errno| match errno {
            Errno::EADDRINUSE => Errno::EAGAIN,
            other => other,
        })
    }

    /// Fixes the other end of a bound socket, and its own address. A connected socket may change
    /// its other end. Of an ICMP socket's other end only the address counts.
    ///
    /// # Errors
    /// `EINVAL` (not in the table, or listening), `EADDRNOTAVAIL` (TCP: this connection exists).
    pub fn connect(
        &mut self,
        socket: SocketId,
        address: Ipv4Addr,
        remote: SocketAddrV4,
    ) -> Result<(), Errno> {
        let old = *self.get(socket).filter(|b| !b.listening).ok_or(Errno::EINVAL)?;
        let port = if old.protocol == Protocol::Icmp { 0 } else { remote.port() };
        let remote = Some(SocketAddrV4::new(*remote.ip(), port));
        let new = Binding { address: Some(address), remote, ..old };
        if self.has_twin(&new) {
            return Err(Errno::EADDRNOTAVAIL);
        }
        self.space_mut(old.protocol).remove(socket, &old);
        self.insert(socket, new);
        Ok(())
    }

    /// Connects a TCP socket that is not bound, from an ephemeral port. Connections to different
    /// destinations may have the same one. Gives the port.
    ///
    /// # Errors
    /// `EADDRNOTAVAIL` (no ephemeral port is free for this destination), `EINVAL` (the socket is
    /// in the table).
    pub fn connect_any(
        &mut self,
        socket: SocketId,
        address: Ipv4Addr,
        remote: SocketAddrV4,
        rng: &mut Stream,
    ) -> Result<u16, Errno> {
        let way = (address, remote);
        let (mut crowd, mut in_vain) = (self.tcp.crowds.lend(way), 0);
        let tcp = &self.tcp;
        let picked = ephemeral::pick(self.rules.ephemeral, Order::FirstHalf, rng, |port| {
            let taken = match &crowd {
                Some(crowd) => crowd.has(port),
                None => tcp.connection(SocketAddrV4::new(address, port), remote).is_some(),
            };
            in_vain += u32::from(taken);
            if in_vain == PATIENCE && crowd.is_none() {
                crowd = Some(tcp.crowd(way));
            }
            // Ports that somebody has bound are left alone, as in Linux.
            !taken && !tcp.is_bound(port)
        });
        if let Some(crowd) = crowd {
            self.tcp.crowds.keep(way, crowd);
        }
        let port = picked.ok_or(Errno::EADDRNOTAVAIL)?;
        let local = SocketAddrV4::new(address, port);
        self.accept(socket, local, remote, BindOptions::default()).map(|()| port)
    }

    /// Lets a bound TCP socket take connections. To do it twice changes nothing.
    ///
    /// # Errors
    /// `EINVAL` (not bound, connected, or not TCP), `EADDRINUSE` (another one that shares the port
    /// listens already).
    pub fn listen(&mut self, socket: SocketId) -> Result<(), Errno> {
        let bound = self.get(socket).copied();
        let old = bound
            .filter(|binding| binding.protocol == Protocol::Tcp && binding.remote.is_none())
            .ok_or(Errno::EINVAL)?;
        if old.listening {
            return Ok(());
        }
        if self.tcp.has_rival(&old) {
            return Err(Errno::EADDRINUSE);
        }
        self.tcp.remove(socket, &old);
        self.insert(socket, Binding { listening: true, ..old });
        Ok(())
    }

    /// Enters a connection that a TCP listener has taken, with the listener's options.
    ///
    /// # Errors
    /// `EADDRNOTAVAIL` if this connection exists, `EINVAL` if the socket is in the table.
    pub fn accept(
        &mut self,
        socket: SocketId,
        local: SocketAddrV4,
        remote: SocketAddrV4,
        options: BindOptions,
    ) -> Result<(), Errno> {
        let new = Binding {
            protocol: Protocol::Tcp,
            address: Some(*local.ip()),
            port: local.port(),
            remote: Some(remote),
            options,
            listening: false,
        };
        if self.get(socket).is_some() {
            return Err(Errno::EINVAL);
        }
        if self.has_twin(&new) {
            return Err(Errno::EADDRNOTAVAIL);
        }
        self.insert(socket, new);
        Ok(())
    }

    /// Takes a socket out of the table; gives what it had.
    pub fn release(&mut self, socket: SocketId) -> Option<Binding> {
        let binding = self.sockets.get_mut(socket.index())?.take()?;
        self.space_mut(binding.protocol).remove(socket, &binding);
        Some(binding)
    }

    /// Whose a packet is that came for `local` from `remote` (for ICMP echo replies the ports are
    /// the identifier and 0).
    #[must_use]
    pub fn lookup(
        &self,
        protocol: Protocol,
        local: SocketAddrV4,
        remote: SocketAddrV4,
    ) -> Option<SocketId> {
        self.space(protocol).lookup(local, remote)
    }

    /// Whose a packet would be if no socket were connected to `remote`.
    #[must_use]
    pub fn lookup_unconnected(
        &self,
        protocol: Protocol,
        local: SocketAddrV4,
        remote: SocketAddrV4,
    ) -> Option<SocketId> {
        self.space(protocol).bound_for(local, remote)
    }

    /// As [`lookup`](Self::lookup), for a packet that has come in: found sooner if the one before it
    /// was for the same connection.
    #[inline]
    pub fn demultiplex(
        &mut self,
        protocol: Protocol,
        local: SocketAddrV4,
        remote: SocketAddrV4,
    ) -> Option<SocketId> {
        self.space_mut(protocol).demultiplex(local, remote)
    }

    /// What the table has on a socket.
    #[must_use]
    pub fn get(&self, socket: SocketId) -> Option<&Binding> {
        self.sockets.get(socket.index())?.as_ref()
    }

    /// Everyone in the table, by id.
    pub fn iter(&self) -> impl Iterator<Item = (SocketId, &Binding)> {
        let all = self.sockets.iter().enumerate();
        all.filter_map(|(index, binding)| Some((SocketId::from_index(index), binding.as_ref()?)))
    }

    /// The sockets bound to a port without being connected, in the order in which they were bound.
    pub fn bound(&self, protocol: Protocol, port: u16) -> impl Iterator<Item = SocketId> {
        self.space(protocol).bound_at(port)
    }

    fn is_forbidden(&self, protocol: Protocol, port: u16) -> bool {
        let privileged = port != 0 && port < self.rules.privileged_below;
        privileged && protocol != Protocol::Icmp && !self.rules.privileged
    }

    /// A free ephemeral port for a binding, shared with nobody whatever the options.
    fn free_port(&self, wanted: Binding, rng: &mut Stream) -> Option<u16> {
        let (range, order) = match wanted.protocol {
            Protocol::Tcp => (self.rules.ephemeral, Order::SecondHalf),
            Protocol::Udp => (self.rules.ephemeral, Order::Any),
            Protocol::Icmp => ([1, u16::MAX], Order::Any),
        };
        let alone = Binding { options: BindOptions::default(), ..wanted };
        let space = self.space(wanted.protocol);
        ephemeral::pick(range, order, rng, |port| space.is_free_for(&Binding { port, ..alone }))
    }

    /// Whether a TCP connection between the same two ends exists.
    fn has_twin(&self, new: &Binding) -> bool {
        new.protocol == Protocol::Tcp
            && new.remote.is_some_and(|remote| self.tcp.connection(new.local(), remote).is_some())
    }

    fn insert(&mut self, socket: SocketId, binding: Binding) {
        if self.sockets.len() <= socket.index() {
            self.sockets.resize(socket.index() + 1, None);
        }
        self.sockets[socket.index()] = Some(binding);
        self.space_mut(binding.protocol).insert(socket, binding);
    }

    fn space(&self, protocol: Protocol) -> &Space {
        match protocol {
            Protocol::Icmp => &self.icmp,
            Protocol::Tcp => &self.tcp,
            Protocol::Udp => &self.udp,
        }
    }

    fn space_mut(&mut self, protocol: Protocol) -> &mut Space {
        match protocol {
            Protocol::Icmp => &mut self.icmp,
            Protocol::Tcp => &mut self.tcp,
            Protocol::Udp => &mut self.udp,
        }
    }
}

#[cfg(test)]
mod tests;
