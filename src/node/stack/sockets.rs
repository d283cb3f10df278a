//! The node's sockets: made, bound, sent from, read, closed.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::Stack;
use super::destination_cache::Next;
use crate::id::{AppId, FlowId, SocketId};
use crate::node::config::IpConfig;
use crate::node::cx::Cx;
use crate::observe::results;
use crate::packet::icmp::Message;
use crate::packet::ipv4::{self, Protocol, Transport};
use crate::packet::udp;
use crate::socket::{
    BindOptions, BindRequest, Binding, DatagramSocket, Errno, Kind, PortRules, PortTable, Received,
    SocketError,
};
use crate::units::{Limit, Time};

/// All sockets of one node.
#[derive(Debug)]
pub struct Sockets {
    ports: PortTable,
    open: Vec<Option<Open>>,
    /// Results of ports whose sockets are closed.
    closed: Vec<PortReading>,
}

#[derive(Debug)]
struct Open {
    socket: DatagramSocket,
    owner: AppId,
}

/// A port as it stands: bound now, or its final state if its socket is closed.
#[derive(Debug, Clone)]
pub struct PortReading {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The number.
    pub port: u16,
    /// The process that bound it.
    pub owner: AppId,
    /// Data that waits \[bytes\].
    pub depth_bytes: u64,
    /// Datagrams that wait.
    pub depth_packets: u64,
    /// Counters; the process's name is left out.
    pub results: results::Port,
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
        Self { ports: PortTable::new(rules(config)), open: Vec::new(), closed: Vec::new() }
    }

    pub(super) fn reconfigure(&mut self, config: &IpConfig) {
        self.ports.set_rules(rules(config));
    }

    /// The port table.
    #[must_use]
    pub const fn ports(&self) -> &PortTable {
        &self.ports
    }

    pub(super) fn find(
        &self,
        protocol: Protocol,
        local: SocketAddrV4,
        remote: SocketAddrV4,
    ) -> Option<SocketId> {
        self.ports.lookup(protocol, local, remote)
    }

    pub(super) fn get_mut(&mut self, id: SocketId) -> Option<(&mut DatagramSocket, AppId)> {
        let open = self.open.get_mut(id.index())?.as_mut()?;
        Some((&mut open.socket, open.owner))
    }

    /// Lets a socket know where it is bound, so that sending need not ask the port table.
    fn note_local(&mut self, id: SocketId) {
        let local = self.ports.get(id).map(Binding::local);
        if let Some((socket, _)) = self.get_mut(id) {
            socket.local = local;
        }
    }

    fn get(&self, id: SocketId) -> Option<&Open> {
        self.open.get(id.index())?.as_ref()
    }

    fn add(&mut self, socket: DatagramSocket, owner: AppId) -> SocketId {
        let open = Some(Open { socket, owner });
        let free = self.open.iter().position(Option::is_none);
        match free {
            Some(index) => {
                self.open[index] = open;
                SocketId::from_index(index)
            }
            None => {
                self.open.push(open);
                SocketId::from_index(self.open.len() - 1)
            }
        }
    }

    fn close(&mut self, now: Time, id: SocketId) {
        if let Some(reading) = self.reading(now, id)
            && reading.results.received > 0
        {
            self.closed.push(reading);
        }
        if let Some(place) = self.open.get_mut(id.index()) {
            *place = None;
            self.ports.release(id);
        }
    }

    pub(super) fn close_all(&mut self, now: Time, owner: AppId) {
        for index in 0..self.open.len() {
            if self.open[index].as_ref().is_some_and(|open| open.owner == owner) {
                self.close(now, SocketId::from_index(index));
            }
        }
    }

    /// What is to be said of a socket's port, if it has one.
    fn reading(&self, now: Time, id: SocketId) -> Option<PortReading> {
        let binding = self.ports.get(id).filter(|binding| binding.protocol != Protocol::Icmp)?;
        let Open { socket, owner } = self.get(id)?;
        let buffer = socket.buffer();
        let statistics = buffer.statistics(now);
        Some(PortReading {
            protocol: binding.protocol,
            port: binding.port,
            owner: *owner,
            depth_bytes: buffer.bytes(),
            depth_packets: buffer.len() as u64,
            results: results::Port {
                received: statistics.received,
                delivered: statistics.delivered,
                dropped: statistics.dropped,
                max_depth_bytes: statistics.max_depth_bytes,
                max_depth_packets: statistics.max_depth_packets,
                mean_depth_packets: statistics.mean_depth_packets,
                process: String::new(),
            },
        })
    }
}

impl Stack {
    /// Every port that is bound or was, in order of protocol and number.
    #[must_use]
    pub fn ports(&self, now: Time) -> Vec<PortReading> {
        let open = self.sockets.ports.iter().filter_map(|(id, _)| self.sockets.reading(now, id));
        let mut all: Vec<_> = open.chain(self.sockets.closed.iter().cloned()).collect();
        all.sort_by_key(|reading| (reading.protocol, reading.port, reading.owner));
        all
    }

    pub(in crate::node) fn udp_socket(&mut self, now: Time, owner: AppId) -> SocketId {
        self.socket(now, Kind::Udp, owner)
    }

    pub(in crate::node) fn icmp_socket(&mut self, now: Time, owner: AppId) -> SocketId {
        self.socket(now, Kind::Echo, owner)
    }

    fn socket(&mut self, now: Time, kind: Kind, owner: AppId) -> SocketId {
        let (limit, accounting) = (self.config.receive_buffer, self.config.buffer_accounting);
        self.sockets.add(DatagramSocket::new(now, kind, limit, accounting), owner)
    }

    pub(in crate::node) fn bind(
        &mut self,
        id: SocketId,
        address: Option<Ipv4Addr>,
        port: u16,
    ) -> Result<(), Errno> {
        let protocol = self.protocol(id)?;
        let interfaces = &self.interfaces;
        let is_local = |address: Ipv4Addr| {
            address.is_loopback() || interfaces.iter().any(|own| own.ip() == address)
        };
        let request = BindRequest { protocol, address, port, options: BindOptions::default() };
        self.sockets.ports.bind(id, request, is_local, &mut self.dice)?;
        self.sockets.note_local(id);
        Ok(())
    }

    fn protocol(&self, id: SocketId) -> Result<Protocol, Errno> {
        self.sockets.get(id).map(|open| open.socket.kind().protocol()).ok_or(Errno::EBADF)
    }

    /// The local end of a socket, which gets an ephemeral port if it has none.
    #[inline(always)]
    fn local_end(&mut self, id: SocketId) -> Result<SocketAddrV4, Errno> {
        match self.sockets.get(id).ok_or(Errno::EBADF)?.socket.local {
            Some(local) => Ok(local),
            None => {
                let protocol = self.protocol(id)?;
                let port = self.sockets.ports.bind_any(id, protocol, &mut self.dice)?;
                self.sockets.note_local(id);
                Ok(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port))
            }
        }
    }

    pub(in crate::node) fn connect(&mut self, id: SocketId, to: SocketAddrV4) -> Result<(), Errno> {
        self.local_end(id)?;
        let probe = ipv4::Packet::new(
            Ipv4Addr::UNSPECIFIED,
            *to.ip(),
            Transport::Udp(udp::Datagram {
                source_port: 0,
                destination_port: to.port(),
                data_length: 0,
                content: udp::Content::Numbered(0),
            }),
        );
        let own = match self.next_for(&probe) {
            Next::Via(interface, _) => self.interfaces[interface.index()].ip(),
            Next::Local => *to.ip(),
            Next::Spread | Next::Unreachable => return Err(Errno::ENETUNREACH),
        };
        self.sockets.ports.connect(id, own, to)?;
        self.sockets.note_local(id);
        if let Some((socket, _)) = self.sockets.get_mut(id) {
            socket.peer = Some(to);
        }
        Ok(())
    }

    #[inline(always)]
    pub(in crate::node) fn send_to(
        &mut self,
        cx: &mut Cx,
        id: SocketId,
        to: SocketAddrV4,
        length: u16,
        content: udp::Content,
        flow: Option<FlowId>,
    ) -> Result<(), Errno> {
        let (socket, _) = self.sockets.get_mut(id).ok_or(Errno::EBADF)?;
        socket.take_pending()?;
        let (kind, ttl, dont_fragment) = (socket.kind(), socket.ttl, socket.dont_fragment);
        if length > udp::MAX_DATA {
            return Err(Errno::EMSGSIZE);
        }
        let (source, port) = self.local_end(id).map(|local| (*local.ip(), local.port()))?;
        let transport = match kind {
            Kind::Udp => Transport::Udp(udp::Datagram {
                source_port: port,
                destination_port: to.port(),
                data_length: length,
                content,
            }),
            Kind::Echo => Transport::Icmp(echo_request(port, length, content)),
        };
        let mut packet = ipv4::Packet::new(source, *to.ip(), transport);
        packet.ttl = ttl.unwrap_or(self.config.ttl);
        packet.dont_fragment = dont_fragment;
        self.output(cx, packet, flow)
    }

    #[inline(always)]
    pub(in crate::node) fn receive_from(
        &mut self,
        now: Time,
        id: SocketId,
    ) -> Result<Received, Errno> {
        let (socket, _) = self.sockets.get_mut(id).ok_or(Errno::EBADF)?;
        socket.receive(now)
    }

    pub(in crate::node) fn take_error(&mut self, id: SocketId) -> Option<SocketError> {
        self.sockets.get_mut(id)?.0.take_error()
    }

    pub(in crate::node) fn local_address(&self, id: SocketId) -> Option<SocketAddrV4> {
        self.sockets.ports.get(id).map(Binding::local)
    }

    pub(in crate::node) fn set_receive_buffer(&mut self, id: SocketId, limit: Limit) {
        if let Some((socket, _)) = self.sockets.get_mut(id) {
            socket.set_receive_buffer(limit);
        }
    }

    pub(in crate::node) fn set_ttl(&mut self, id: SocketId, ttl: u8) {
        if let Some((socket, _)) = self.sockets.get_mut(id) {
            socket.ttl = Some(ttl);
        }
    }

    pub(in crate::node) fn set_dont_fragment(&mut self, id: SocketId, forbid: bool) {
        if let Some((socket, _)) = self.sockets.get_mut(id) {
            socket.dont_fragment = forbid;
        }
    }

    pub(in crate::node) fn close(&mut self, now: Time, id: SocketId) {
        self.sockets.close(now, id);
    }
}

const fn echo_request(identifier: u16, data_length: u16, content: udp::Content) -> Message {
    let sequence = match content {
        udp::Content::Numbered(number) => number as u16,
        udp::Content::Dns(_) => 0,
    };
    Message::Echo { reply: false, identifier, sequence, data_length }
}
