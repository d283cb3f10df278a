//! `tcp-server`: listens on a TCP port, accepts, reads and answers, each at its own pace.

mod connection;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::Deserialize;

use self::connection::{Connection, Wants};
use super::distribution::Duration;
use super::server::{self, AcceptPace, Acceptor, Work};
use super::stream::Timers;
use super::{App, AppSpec, Configuration, Os, Wake, check};
use crate::id::SocketId;
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::socket::services::PortSpec;
use crate::tcp::config::Settings;
use crate::units::{Bytes, Rate, Time};

/// Settings of `tcp-server`. Without `echo` and `respond` it reads and says nothing.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The port to bind: a number, a service name, or 0 for any free one.
    pub port: PortSpec,
    /// The local address to bind; all of them unless said.
    #[serde(default)]
    pub address: Option<Ipv4Addr>,
    /// How many connections may wait to be accepted, less one (`listen()`).
    #[serde(default = "server::default_backlog")]
    pub backlog: u32,
    /// From one connection that the process accepts to the next, or `never`; at once unless said.
    #[serde(default)]
    pub accept: AcceptPace,
    /// How fast the process reads each connection; at once unless said.
    #[serde(default)]
    pub read: Option<Rate>,
    /// How much data make a request; whatever comes at once unless said.
    #[serde(default)]
    pub request: Option<Bytes>,
    /// How long the process works on each request before it answers and reads on.
    #[serde(default)]
    pub service: Duration,
    /// How many requests the process works on at a time; 1 unless said.
    #[serde(default = "server::default_workers")]
    #[schemars(range(min = 1))]
    pub workers: u32,
    /// Whether it sends every request back.
    #[serde(default)]
    pub echo: bool,
    /// How much it answers to every request.
    #[serde(default)]
    pub respond: Option<Bytes>,
    /// When it closes a connection.
    #[serde(default)]
    pub close: Close,
    /// How long nothing may happen on a connection before it is closed; for ever unless said.
    #[serde(default)]
    pub idle_timeout: Option<Time>,
    /// Constants of TCP that differ from the host's.
    #[serde(default)]
    pub tcp: Settings,
}

impl Config {
    /// Whether requests make neither work nor answers.
    fn only_reads(&self) -> bool {
        self.service == Duration::default()
            && !self.echo
            && self.respond.is_none()
            && self.close != Close::AfterAnswer
    }
}

/// When a server closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Close {
    /// After the client has.
    #[default]
    AfterClient,
    /// When it has answered one request, before the client.
    AfterAnswer,
    /// Not at all: connections that clients closed remain in CLOSE-WAIT.
    Never,
}

impl Configuration for Config {
    fn listens(&self) -> Option<(Protocol, u16)> {
        Some((Protocol::Tcp, self.port.number)).filter(|(_, number)| *number != 0)
    }
    fn build(&self) -> Box<dyn App> {
        Box::new(TcpServer {
            config: self.clone(),
            acceptor: Acceptor::default(),
            connections: BTreeMap::new(),
            accepted: 0,
            requests: Work::default(),
            answered: Vec::new(),
            timers: Timers::default(),
        })
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::from_iter(check::tcp_port("port", self.port));
        faults.extend(self.service.check("service"));
        if self.echo && self.respond.is_some() {
            faults.push(check::fault(
                "respond",
                "`echo` and `respond` both say what to answer",
                "keep one of the two",
            ));
        }
        if self.request == Some(Bytes::new(0)) {
            let help = "write a size, or leave it out: what comes at once is a request";
            faults.push(check::fault("request", "a request of no data never comes", help));
        }
        faults.extend(check::workers("workers", self.workers));
        let help = "leave it out: connections are then kept for ever";
        faults.extend(self.idle_timeout.and_then(|t| check::positive("idle-timeout", t, help)));
        faults.extend(check::tcp("tcp", &self.tcp));
        faults
    }
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

#[derive(Debug)]
struct TcpServer {
    config: Config,
    acceptor: Acceptor,
    connections: BTreeMap<SocketId, Connection>,
    /// Connections accepted so far; of numbers so far apart as to be equal, one is long gone.
    accepted: u32,
    /// The connections with requests to work on.
    requests: Work<Name>,
    /// Connections with answers to write.
    answered: Vec<SocketId>,
    timers: Timers<Purpose>,
}

impl TcpServer {
    fn find(&mut self, (socket, number): Name) -> Option<&mut Connection> {
        self.connections.get_mut(&socket).filter(|connection| connection.number == number)
    }

    /// Accepts what waits, or one and then no more for a while.
    fn accept(&mut self, os: &mut dyn Os) {
        while let Some((socket, gap)) = self.acceptor.accept(os, self.config.accept) {
            if !gap.is_zero() {
                self.timers.set(os, gap, Purpose::Accept);
            }
            self.accepted = self.accepted.wrapping_add(1);
            self.connections.insert(socket, Connection::new(self.accepted, os.now()));
            if let Some(timeout) = self.config.idle_timeout {
                self.timers.set(os, timeout, Purpose::Idle((socket, self.accepted)));
            }
            self.serve(os, socket);
        }
    }

    /// Does what can be done for a connection now.
    fn serve(&mut self, os: &mut dyn Os, socket: SocketId) {
        while let Some(connection) = self.connections.get_mut(&socket) {
            let name = (socket, connection.number);
            match connection.advance(os, socket, &self.config) {
                Wants::Nothing => return,
                Wants::Pause(gap) => return self.timers.set(os, gap, Purpose::ReadOn(name)),
                Wants::Work => {
                    self.requests.add(name);
                    self.work(os);
                }
                Wants::Close => {
                    self.connections.remove(&socket);
                    os.close(socket);
                }
            }
        }
    }

    /// Begins to work on requests that wait. Work that takes no time is done at once; those
    /// connections are served when the present one is, or by `serve_answered`.
    fn work(&mut self, os: &mut dyn Os) {
        while let Some(name) = self.requests.begin(self.config.workers) {
            let service = self.config.service.draw(os.rng());
            if service.is_zero() {
                self.requests.end();
                self.answer(name);
                if self.answered.last() != Some(&name.0) {
                    self.answered.push(name.0);
                }
            } else {
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
        let respond = self.config.respond.map(Bytes::get);
        let echo = self.config.echo;
        if let Some(connection) = self.find(name) {
            connection.answer(|request| respond.unwrap_or(if echo { request } else { 0 }));
        }
    }

    /// Closes a connection on which nothing has happened, or looks again later.
    fn check_idle(&mut self, os: &mut dyn Os, name: Name) {
        let Some(timeout) = self.config.idle_timeout else { return };
        let Some(connection) = self.find(name) else { return };
        // A client that waits for its answer is not idle.
        let active = if connection.working { os.now() } else { connection.active };
        let left = active.saturating_add(timeout).saturating_sub(os.now());
        if left.is_zero() {
            self.connections.remove(&name.0);
            os.close(name.0);
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
                if let Some(connection) = self.find(name) {
                    connection.pausing = false;
                    self.serve(os, name.0);
                }
            }
            Purpose::Answer(name) => {
                self.requests.end();
                self.answer(name);
                self.serve(os, name.0);
                self.work(os);
            }
            Purpose::Idle(name) => self.check_idle(os, name),
        }
    }
}

impl App for TcpServer {
    fn start(&mut self, os: &mut dyn Os) {
        let Config { address, port, backlog, tcp, .. } = &self.config;
        self.acceptor.listen(os, *address, *port, *backlog, tcp);
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
        if let AppSpec::TcpServer(config) = spec {
            self.acceptor.set_backlog(os, config.backlog);
            self.config = config.clone();
            self.accept(os);
            self.work(os);
            self.serve_answered(os);
        }
    }
}
