//! A server of requests: accepts connections, works on the requests that come over them, on as many
//! at a time as it has workers, and answers. Requests that wait are forgotten with their connection;
//! a worker that has begun goes on to the end.
//!
//! What is its own of a kind of server is a [`Handler`]: how a [`Connection`] is read and written,
//! and what a request is answered.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::net::Ipv4Addr;

use super::{AcceptPace, Acceptor};
use crate::app::distribution::Duration;
use crate::app::stream::Timers;
use crate::app::{App, AppSpec, Os, Wake, check};
use crate::id::SocketId;
use crate::kinds::Fault;
use crate::socket::services::PortSpec;
use crate::tcp::config::Settings;
use crate::units::Time;

/// What the settings of every server of requests say.
#[derive(Debug, Clone, Copy)]
pub(in crate::app) struct ServerConfig<'a> {
    /// The port to bind.
    pub(in crate::app) port: PortSpec,
    /// The local address to bind; `None` for all of them.
    pub(in crate::app) address: Option<Ipv4Addr>,
    /// How many connections may wait to be accepted, less one (`listen()`).
    pub(in crate::app) backlog: u32,
    /// From one connection that the process accepts to the next.
    pub(in crate::app) accept: AcceptPace,
    /// How long the process works on each request.
    pub(in crate::app) service: Duration,
    /// How many requests the process works on at a time.
    pub(in crate::app) workers: u32,
    /// How long nothing may happen on a connection before it is closed.
    pub(in crate::app) idle_timeout: Option<Time>,
    /// Constants of TCP that differ from the host's.
    pub(in crate::app) tcp: &'a Settings,
}

impl ServerConfig<'_> {
    /// Settings that make no sense.
    pub(in crate::app) fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::from_iter(check::tcp_port("port", self.port));
        faults.extend(self.service.check("service"));
        faults.extend(check::workers("workers", self.workers));
        let help = "leave it out: connections are then kept for ever";
        faults.extend(self.idle_timeout.and_then(|t| check::positive("idle-timeout", t, help)));
        faults.extend(check::tcp("tcp", self.tcp));
        faults
    }
}

/// What makes a server of requests one of its kind.
pub(in crate::app) trait Handler: Debug + Send {
    /// A connection, as the process sees it.
    type Connection: Connection;
    /// The settings that every such server has.
    fn config(&self) -> ServerConfig<'_>;
    /// The process begins.
    fn start(&mut self, _os: &mut dyn Os) {}
    /// A timed change gave new settings. Says whether they are of this kind.
    fn reconfigure(&mut self, os: &mut dyn Os, spec: &AppSpec) -> bool;
    /// Writes and reads as far as that is possible now.
    fn advance(
        &self,
        os: &mut dyn Os,
        socket: SocketId,
        connection: &mut Self::Connection,
    ) -> Wants;
    /// Answers the request on which the work is done.
    fn answer(&self, connection: &mut Self::Connection);
}

/// A connection of a server of requests.
pub(in crate::app) trait Connection: Debug + Send {
    /// One that has just been accepted.
    fn new(now: Time) -> Self;
    /// Whether a request is worked on, or waits for that.
    fn is_working(&self) -> bool;
    /// When anything was last read or written.
    fn last_active(&self) -> Time;
    /// The pause that it wanted is over.
    fn end_pause(&mut self) {}
}

/// What a connection wants of its process when it can do no more by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum Wants {
    /// To be woken when something happens.
    Nothing,
    /// Not to read for a while.
    Pause(Time),
    /// A request worked on.
    Work,
    /// An end.
    Close,
}

/// A connection: its socket, and its number, as sockets are used again.
type Name = (SocketId, u32);

/// What a timer is for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Accept,
    ReadOn(Name),
    Answer(Name),
    Idle(Name),
}

/// The process of a server of requests.
#[derive(Debug)]
pub(in crate::app) struct RequestServer<H: Handler> {
    handler: H,
    acceptor: Acceptor,
    /// With their numbers.
    connections: BTreeMap<SocketId, (u32, H::Connection)>,
    /// Connections accepted so far; of numbers so far apart as to be equal, one is long gone.
    accepted: u32,
    /// The connections with requests to work on, in the order of their coming.
    waiting: VecDeque<Name>,
    /// Requests that are worked on.
    busy: u32,
    /// Connections with answers to write.
    answered: Vec<SocketId>,
    timers: Timers<Purpose>,
}

impl<H: Handler> RequestServer<H> {
    /// A process that has not begun.
    pub(in crate::app) fn new(handler: H) -> Self {
        Self {
            handler,
            acceptor: Acceptor::default(),
            connections: BTreeMap::new(),
            accepted: 0,
            waiting: VecDeque::new(),
            busy: 0,
            answered: Vec::new(),
            timers: Timers::default(),
        }
    }

    /// Accepts what waits, or one and then no more for a while.
    fn accept(&mut self, os: &mut dyn Os) {
        let ServerConfig { accept, idle_timeout, .. } = self.handler.config();
        while let Some((socket, gap)) = self.acceptor.accept_at(os, accept) {
            if !gap.is_zero() {
                self.timers.set(os, gap, Purpose::Accept);
            }
            self.accepted = self.accepted.wrapping_add(1);
            let connection = H::Connection::new(os.now());
            self.connections.insert(socket, (self.accepted, connection));
            if let Some(timeout) = idle_timeout {
                self.timers.set(os, timeout, Purpose::Idle((socket, self.accepted)));
            }
            self.serve(os, socket);
        }
    }

    /// Does what can be done for a connection now.
    fn serve(&mut self, os: &mut dyn Os, socket: SocketId) {
        while let Some((number, connection)) = self.connections.get_mut(&socket) {
            let name = (socket, *number);
            match self.handler.advance(os, socket, connection) {
                Wants::Nothing => return,
                Wants::Pause(gap) => return self.timers.set(os, gap, Purpose::ReadOn(name)),
                Wants::Work => {
                    self.waiting.push_back(name);
                    self.work(os);
                }
                Wants::Close => self.close(os, socket),
            }
        }
    }

    fn close(&mut self, os: &mut dyn Os, socket: SocketId) {
        self.connections.remove(&socket);
        os.close(socket);
    }

    /// Begins to work on requests that wait. Work that takes no time is done at once; those
    /// connections are served when the present one is, or by `serve_answered`.
    fn work(&mut self, os: &mut dyn Os) {
        let ServerConfig { service, workers, .. } = self.handler.config();
        while self.busy < workers
            && let Some(name) = self.waiting.pop_front()
        {
            // On a connection that was closed meanwhile nobody waits for an answer.
            if find(&mut self.connections, name).is_none() {
                continue;
            }
            let service = service.draw(os.rng());
            if service.is_zero() {
                self.answer(name);
                if self.answered.last() != Some(&name.0) {
                    self.answered.push(name.0);
                }
            } else {
                self.busy += 1;
                self.timers.set(os, service, Purpose::Answer(name));
            }
        }
    }

    /// Goes on with connections whose requests were answered in passing.
    fn serve_answered(&mut self, os: &mut dyn Os) {
        while let Some(socket) = self.answered.pop() {
            self.serve(os, socket);
        }
    }

    fn answer(&mut self, name: Name) {
        if let Some(connection) = find(&mut self.connections, name) {
            self.handler.answer(connection);
        }
    }

    /// Closes a connection on which nothing has happened, or looks again later.
    fn check_idle(&mut self, os: &mut dyn Os, name: Name) {
        let Some(timeout) = self.handler.config().idle_timeout else { return };
        let Some(connection) = find(&mut self.connections, name) else { return };
        // A client that waits for its answer is not idle.
        let active = if connection.is_working() { os.now() } else { connection.last_active() };
        let left = active.saturating_add(timeout).saturating_sub(os.now());
        if left.is_zero() {
            self.close(os, name.0);
        } else {
            self.timers.set(os, left, Purpose::Idle(name));
        }
    }

    fn timer(&mut self, os: &mut dyn Os, purpose: Purpose) {
        match purpose {
            Purpose::Accept => {
                self.acceptor.resume();
                self.accept(os);
            }
            Purpose::ReadOn(name) => {
                if let Some(connection) = find(&mut self.connections, name) {
                    connection.end_pause();
                    self.serve(os, name.0);
                }
            }
            Purpose::Answer(name) => {
                self.busy -= 1;
                self.answer(name);
                self.serve(os, name.0);
                self.work(os);
            }
            Purpose::Idle(name) => self.check_idle(os, name),
        }
    }
}

/// The connection of this name, if it is still there.
fn find<C>(
    connections: &mut BTreeMap<SocketId, (u32, C)>,
    (socket, number): Name,
) -> Option<&mut C> {
    let (own, connection) = connections.get_mut(&socket)?;
    (*own == number).then_some(connection)
}

impl<H: Handler> App for RequestServer<H> {
    fn start(&mut self, os: &mut dyn Os) {
        self.handler.start(os);
        let ServerConfig { address, port, backlog, tcp, .. } = self.handler.config();
        self.acceptor.listen(os, address, port, backlog, tcp);
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        match wake {
            Wake::Timer(token) => {
                if let Some(purpose) = self.timers.take(token) {
                    self.timer(os, purpose);
                }
            }
            Wake::Ready(socket) if self.acceptor.is(socket) => self.accept(os),
            Wake::Ready(socket) => self.serve(os, socket),
        }
        self.serve_answered(os);
    }

    /// A new backlog and pace hold at once, the rest from the next request; the port and the
    /// constants of TCP stay.
    fn reconfigure(&mut self, os: &mut dyn Os, spec: &AppSpec) {
        if self.handler.reconfigure(os, spec) {
            self.acceptor.set_backlog(os, self.handler.config().backlog);
            self.accept(os);
            self.work(os);
            self.serve_answered(os);
        }
    }
}
