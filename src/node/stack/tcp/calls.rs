//! What processes ask of stream sockets.

use std::net::SocketAddrV4;
use std::sync::Arc;

use crate::id::{AppId, FlowId, SocketId};
use crate::node::cx::Cx;
use crate::node::stack::Stack;
use crate::observe::{Interest, Observation};
use crate::packet::ipv4;
use crate::socket::{
    Endpoint, Errno, Line, ListenRules, Listener, Listening, Role, Stage, StreamSocket,
};
use crate::tcp::Connection;
use crate::tcp::config::Settings;

impl Stack {
    pub(super) const fn listen_rules(&self) -> ListenRules {
        ListenRules {
            syn_cookies: self.config.syn_cookies,
            max_syn_backlog: self.config.max_syn_backlog,
            max_backlog: self.config.somaxconn,
            abort_on_overflow: self.config.abort_on_overflow,
        }
    }

    pub(in crate::node) fn tcp_socket(&mut self, owner: AppId) -> SocketId {
        let socket = StreamSocket::new(Arc::clone(&self.tcp));
        self.sockets.add_stream(socket, owner)
    }

    pub(in crate::node) fn set_tcp(&mut self, id: SocketId, settings: &Settings) {
        let base = &self.tcp;
        if *settings == Settings::default() {
            return;
        }
        let settled = Arc::new(settings.clone().over(base));
        match self.sockets.stream_mut(id).map(|(socket, _)| &mut socket.role) {
            Some(Role::Idle(config)) => *config = settled,
            Some(Role::Listening(own)) => own.config = settled,
            Some(Role::Connected(_)) | None => {}
        }
    }

    pub(in crate::node) fn listen(&mut self, id: SocketId, backlog: u32) -> Result<(), Errno> {
        let rules = self.listen_rules();
        let (socket, _) = self.sockets.stream_mut(id).ok_or(Errno::EBADF)?;
        match &mut socket.role {
            Role::Connected(_) => return Err(Errno::EINVAL),
            Role::Listening(own) => {
                own.listener.set_backlog(backlog, &rules);
                return Ok(());
            }
            Role::Idle(_) => {}
        }
        self.sockets.enter_listener(id, &mut self.dice)?;
        if let Some((socket, _)) = self.sockets.stream_mut(id) {
            let (listener, config) = (Listener::new(backlog, &rules), Arc::clone(socket.config()));
            socket.role = Role::Listening(Box::new(Listening { listener, config }));
        }
        Ok(())
    }

    pub(in crate::node) fn accept(
        &mut self,
        id: SocketId,
    ) -> Result<(SocketId, SocketAddrV4), Errno> {
        let (socket, _) = self.sockets.stream_mut(id).ok_or(Errno::EBADF)?;
        if !matches!(socket.role, Role::Listening(_)) {
            return Err(Errno::EINVAL);
        }
        self.take_accepted(id).ok_or(Errno::EAGAIN)
    }

    pub(in crate::node) fn connect_stream(
        &mut self,
        cx: &mut Cx,
        id: SocketId,
        to: SocketAddrV4,
        flow: FlowId,
    ) -> Result<(), Errno> {
        let (socket, _) = self.sockets.stream_mut(id).ok_or(Errno::EBADF)?;
        match &socket.role {
            Role::Listening(_) => return Err(Errno::EISCONN),
            Role::Connected(endpoint) => {
                let connection = &endpoint.connection;
                let is_opening =
                    connection.close_reason().is_none() && !connection.state().is_synchronized();
                return Err(if is_opening { Errno::EALREADY } else { Errno::EISCONN });
            }
            Role::Idle(_) => {}
        }
        let own = self.source_address(to).ok_or(Errno::ENETUNREACH)?;
        let local = self.sockets.enter_active(id, own, to, &mut self.dice)?;
        let opening = self.opening(cx.now, local, to);
        let Some((socket, _)) = self.sockets.stream_mut(id) else { return Err(Errno::EBADF) };
        let connection = Connection::connect(Arc::clone(socket.config()), opening);
        let endpoint = Endpoint::new(connection, [local, to], Some(flow), Stage::Open, cx.now);
        socket.role = Role::Connected(Box::new(endpoint));
        self.sockets.note_connection(id);
        self.serve(cx, id);
        Err(Errno::EINPROGRESS)
    }

    /// The endpoint of a socket that must be connected.
    fn connected(&mut self, id: SocketId) -> Result<&mut Endpoint, Errno> {
        let (socket, _) = self.sockets.stream_mut(id).ok_or(Errno::EBADF)?;
        socket.endpoint_mut().ok_or(Errno::ENOTCONN)
    }

    pub(in crate::node) fn send(
        &mut self,
        cx: &mut Cx,
        id: SocketId,
        bytes: u64,
    ) -> Result<u64, Errno> {
        let taken = self.connected(id)?.send(bytes)?;
        self.serve(cx, id);
        Ok(taken)
    }

    pub(in crate::node) fn send_message(
        &mut self,
        cx: &mut Cx,
        id: SocketId,
        text: &str,
        bytes: u64,
    ) -> Result<u64, Errno> {
        let endpoint = self.connected(id)?;
        let length = text.len() as u64;
        if endpoint.connection.may_write() && endpoint.connection.send_room() < length {
            endpoint.connection.wait_for_room();
            return Err(Errno::EAGAIN);
        }
        endpoint.send(length)?;
        let line = Line { text: text.to_owned(), end: endpoint.connection.written() };
        if cx.interest >= Interest::Wire {
            cx.tell(Observation::Wrote {
                local: endpoint.local,
                remote: endpoint.remote,
                first: endpoint.connection.sequence_number(endpoint.connection.written() - length),
                text: text.into(),
            });
        }
        cx.transcripts.write(endpoint.outgoing(), line);
        // Of the data as much as has room; the caller learns what was taken.
        let taken = endpoint.send(bytes).unwrap_or(0);
        self.serve(cx, id);
        Ok(taken)
    }

    pub(in crate::node) fn receive_stream(
        &mut self,
        cx: &mut Cx,
        id: SocketId,
        bytes: u64,
    ) -> Result<u64, Errno> {
        let endpoint = self.connected(id)?;
        let taken = endpoint.recv(bytes)?;
        if taken > 0 {
            if let Some(flow) = endpoint.flow() {
                cx.flows[flow.index()].read(cx.now, taken);
            }
            if endpoint.connection.owes_acknowledgment() {
                self.serve(cx, id);
            }
        }
        Ok(taken)
    }

    pub(in crate::node) fn receive_line(&mut self, cx: &mut Cx, id: SocketId) -> Option<Line> {
        let endpoint = self.sockets.endpoint_mut(id)?;
        cx.transcripts.read(endpoint.incoming(), endpoint.connection.read())
    }

    pub(in crate::node) fn take_socket_error(&mut self, id: SocketId) -> Result<(), Errno> {
        self.connected(id)?.take_error()
    }

    /// Sends a packet of a raw socket.
    pub(in crate::node) fn send_raw(
        &mut self,
        cx: &mut Cx,
        packet: ipv4::Packet,
        flow: FlowId,
    ) -> Result<(), Errno> {
        self.output(cx, packet, Some(flow))
    }

    pub(in crate::node) fn shutdown(&mut self, cx: &mut Cx, id: SocketId) -> Result<(), Errno> {
        self.connected(id)?.connection.shutdown();
        self.serve(cx, id);
        Ok(())
    }

    pub(in crate::node) fn abort(&mut self, cx: &mut Cx, id: SocketId) {
        if self.sockets.endpoint(id).is_some() {
            self.abort_connection(cx, id);
        } else {
            self.close(cx, id);
        }
    }

    /// `close()` of any socket.
    pub(in crate::node) fn close(&mut self, cx: &mut Cx, id: SocketId) {
        let Some((socket, _)) = self.sockets.stream_mut(id) else {
            return self.sockets.remove(cx.now, id);
        };
        match &mut socket.role {
            Role::Idle(_) => self.sockets.remove(cx.now, id),
            Role::Listening(_) => {
                self.close_listener(cx, id);
                self.sockets.remove(cx.now, id);
            }
            Role::Connected(endpoint) => {
                endpoint.stage = Stage::Orphan;
                if endpoint.connection.close_reason().is_some() {
                    return self.forget_connection(cx, id);
                }
                endpoint.connection.close(cx.now);
                self.serve(cx, id);
            }
        }
    }

    /// Closes all sockets of a process that is no more.
    pub fn close_all(&mut self, cx: &mut Cx, owner: AppId) {
        for id in self.sockets.held_by(owner) {
            self.close(cx, id);
        }
    }
}
