//! What processes ask of sockets of any kind, and of datagram and raw sockets in particular.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::super::Stack;
use super::super::destination_cache::Next;
use super::Socket;
use crate::app::Listening;
use crate::id::{AppId, FlowId, SocketId};
use crate::node::cx::Cx;
use crate::packet::dscp::Dscp;
use crate::packet::icmp::Message;
use crate::packet::ipv4::{self, Protocol, Transport};
use crate::packet::udp;
use crate::socket::{
    BindOptions, BindRequest, Binding, DatagramSocket, Errno, Kind, Readiness, Received,
    SocketError,
};
use crate::units::{Limit, Time};

impl Stack {
    pub(in crate::node) fn udp_socket(&mut self, now: Time, owner: AppId) -> SocketId {
        self.socket(now, Kind::Udp, owner)
    }

    pub(in crate::node) fn icmp_socket(&mut self, now: Time, owner: AppId) -> SocketId {
        self.socket(now, Kind::Echo, owner)
    }

    fn socket(&mut self, now: Time, kind: Kind, owner: AppId) -> SocketId {
        let (limit, accounting) = (self.config.receive_buffer, self.config.buffer_accounting);
        let socket = DatagramSocket::new(now, kind, limit, accounting);
        self.sockets.add(Socket::Datagram(Box::new(socket)), owner)
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
        let options = self.sockets.stream(id).map(|socket| socket.options).unwrap_or_default();
        let request = BindRequest { protocol, address, port, options };
        self.sockets.ports.bind(id, request, is_local, &mut self.dice)?;
        self.sockets.note_local(id);
        Ok(())
    }

    fn protocol(&self, id: SocketId) -> Result<Protocol, Errno> {
        match &self.sockets.get(id).ok_or(Errno::EBADF)?.socket {
            Socket::Datagram(socket) => Ok(socket.kind().protocol()),
            Socket::Stream(_) => Ok(Protocol::Tcp),
            Socket::Raw(_) => Err(Errno::EOPNOTSUPP),
        }
    }

    /// The local end of a socket, which gets an ephemeral port if it has none.
    #[inline(always)]
    fn local_end(&mut self, id: SocketId) -> Result<SocketAddrV4, Errno> {
        match self.sockets.datagram_mut(id).ok_or(Errno::EBADF)?.0.local {
            Some(local) => Ok(local),
            None => {
                let protocol = self.protocol(id)?;
                let port = self.sockets.ports.bind_any(id, protocol, &mut self.dice)?;
                self.sockets.note_local(id);
                Ok(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port))
            }
        }
    }

    /// `connect()` of a datagram socket.
    pub(in crate::node) fn connect_datagram(
        &mut self,
        id: SocketId,
        to: SocketAddrV4,
    ) -> Result<(), Errno> {
        self.local_end(id)?;
        let own = self.source_address(to).ok_or(Errno::ENETUNREACH)?;
        self.sockets.ports.connect(id, own, to)?;
        self.sockets.note_local(id);
        if let Some((socket, _)) = self.sockets.datagram_mut(id) {
            socket.peer = Some(to);
        }
        Ok(())
    }

    /// The address that packets to `to` leave from.
    pub(in crate::node) fn source_address(&mut self, to: SocketAddrV4) -> Option<Ipv4Addr> {
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
        match self.next_for(&probe) {
            Next::Via(interface, _) => Some(self.interfaces[interface.index()].ip()),
            Next::Local => Some(*to.ip()),
            Next::Spread | Next::Unreachable => None,
        }
    }

    /// Whether a socket is a stream.
    pub(in crate::node) fn is_stream(&self, id: SocketId) -> bool {
        self.sockets.stream(id).is_some()
    }

    /// The largest packet between two addresses, as far as this host knows \[bytes\].
    pub(in crate::node::stack) fn mtu_to(&self, local: Ipv4Addr, remote: Ipv4Addr) -> u16 {
        let own = self.interfaces.iter().find(|interface| interface.ip() == local);
        own.filter(|_| !self.is_local(remote)).map_or(ipv4::MAX_LENGTH, |interface| interface.mtu)
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
        let (socket, _) = self.sockets.datagram_mut(id).ok_or(Errno::EBADF)?;
        socket.take_pending()?;
        let (kind, ttl, dont_fragment) = (socket.kind(), socket.ttl, socket.dont_fragment);
        let tos = socket.tos;
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
        packet.traffic_class = tos;
        self.output(cx, packet, flow)
    }

    #[inline(always)]
    pub(in crate::node) fn receive_from(
        &mut self,
        now: Time,
        id: SocketId,
    ) -> Result<Received, Errno> {
        let (socket, _) = self.sockets.datagram_mut(id).ok_or(Errno::EBADF)?;
        socket.receive(now)
    }

    pub(in crate::node) fn take_error(&mut self, id: SocketId) -> Option<SocketError> {
        self.sockets.datagram_mut(id)?.0.take_error()
    }

    pub(in crate::node) fn local_address(&self, id: SocketId) -> Option<SocketAddrV4> {
        self.sockets.ports.get(id).map(Binding::local)
    }

    pub(in crate::node) fn peer_address(&self, id: SocketId) -> Option<SocketAddrV4> {
        match &self.sockets.get(id)?.socket {
            Socket::Datagram(socket) => socket.peer,
            Socket::Stream(socket) => socket.endpoint().map(|endpoint| endpoint.remote),
            Socket::Raw(_) => None,
        }
    }

    pub(in crate::node) fn poll(&self, id: SocketId) -> Readiness {
        match self.sockets.get(id).map(|open| &open.socket) {
            Some(Socket::Stream(socket)) => socket.readiness(),
            Some(Socket::Datagram(socket)) => {
                let readable = !socket.buffer().is_empty();
                Readiness { readable, writable: true, closed: false }
            }
            Some(Socket::Raw(_)) | None => Readiness::default(),
        }
    }

    pub(in crate::node) fn set_bind_options(&mut self, id: SocketId, options: BindOptions) {
        if let Some((socket, _)) = self.sockets.stream_mut(id) {
            socket.options = options;
        }
    }

    /// Everything that takes packets from anybody, with its process.
    pub(in crate::node) fn listening(&self) -> Vec<Listening> {
        let takes_any = |(id, binding): (SocketId, &Binding)| {
            let is_open = match binding.protocol {
                Protocol::Udp => binding.remote.is_none(),
                Protocol::Tcp => binding.listening,
                Protocol::Icmp => false,
            };
            let owner = self.sockets.owner(id).filter(|_| is_open)?;
            Some(Listening { protocol: binding.protocol, local: binding.local(), owner })
        };
        self.sockets.ports.iter().filter_map(takes_any).collect()
    }

    /// What this process sends from sockets that it will open has this codepoint.
    pub fn set_dscp(&mut self, owner: AppId, dscp: Dscp) {
        if dscp != Dscp::default() {
            self.sockets.dscp.insert(owner, dscp);
        }
    }

    /// The traffic class of what this process sends.
    pub(in crate::node) fn tos_of(&self, owner: AppId) -> u8 {
        self.sockets.tos_of(owner)
    }

    pub(in crate::node) fn raw_socket(&mut self, owner: AppId) -> SocketId {
        self.sockets.add_raw(owner)
    }

    pub(in crate::node) fn receive_raw(&mut self, id: SocketId) -> Result<ipv4::Packet, Errno> {
        let (socket, _) = self.sockets.raw_mut(id).ok_or(Errno::EBADF)?;
        socket.receive().ok_or(Errno::EAGAIN)
    }

    pub(in crate::node) fn set_receive_buffer(&mut self, id: SocketId, limit: Limit) {
        if let Some((socket, _)) = self.sockets.datagram_mut(id) {
            socket.set_receive_buffer(limit);
        }
    }

    pub(in crate::node) fn set_ttl(&mut self, id: SocketId, ttl: u8) {
        if let Some((socket, _)) = self.sockets.datagram_mut(id) {
            socket.ttl = Some(ttl);
        } else if let Some((socket, _)) = self.sockets.stream_mut(id) {
            socket.ttl = Some(ttl);
        }
    }

    pub(in crate::node) fn set_dont_fragment(&mut self, id: SocketId, forbid: bool) {
        if let Some((socket, _)) = self.sockets.datagram_mut(id) {
            socket.dont_fragment = forbid;
        }
    }
}

const fn echo_request(identifier: u16, data_length: u16, content: udp::Content) -> Message {
    let sequence = match content {
        udp::Content::Numbered(number) => number as u16,
        udp::Content::Dns(_) => 0,
    };
    Message::Echo { reply: false, identifier, sequence, data_length }
}
