//! `http-server`: serves objects over HTTP/1.1 (RFC 9112).
//!
//! The objects are `/0`, `/1` and so on, whose sizes are drawn when the server starts; `/bytes/N` is
//! an object of N bytes. Of other paths it says 404.

mod connection;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::Deserialize;

use self::connection::{Connection, Wants};
use super::distribution::{Amount, Duration};
use super::http::Status;
use super::server::{self, AcceptPace, Acceptor, Work};
use super::stream::Timers;
use super::{App, AppSpec, Configuration, Os, Wake, check};
use crate::id::SocketId;
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::socket::services::PortSpec;
use crate::tcp::config::Settings;
use crate::units::{Bytes, Time};

/// Settings of `http-server`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The port to bind; 80 unless said.
    #[serde(default = "http_port")]
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
    /// How many objects there are: `/0`, `/1` and so on; 100 unless said.
    #[serde(default = "default_objects")]
    pub objects: u32,
    /// The size of each object; 20kB unless said.
    #[serde(default = "default_size")]
    pub size: Amount,
    /// How long the process works on each request before it answers.
    #[serde(default)]
    pub service: Duration,
    /// How many requests the process works on at a time; 1 unless said.
    #[serde(default = "server::default_workers")]
    #[schemars(range(min = 1))]
    pub workers: u32,
    /// Whether a connection stays open after an answer; yes unless said.
    #[serde(default = "yes")]
    pub keep_alive: bool,
    /// How long nothing may happen on a connection before it is closed; for ever unless said.
    #[serde(default)]
    pub idle_timeout: Option<Time>,
    /// Constants of TCP that differ from the host's.
    #[serde(default)]
    pub tcp: Settings,
}

const fn http_port() -> PortSpec {
    PortSpec { number: 80, protocol: None }
}
const fn default_objects() -> u32 {
    100
}
const fn default_size() -> Amount {
    Amount::Constant(Bytes::new(20_000))
}
const fn yes() -> bool {
    true
}

/// More objects would only take memory.
const MOST_OBJECTS: u32 = 1_000_000;

impl Configuration for Config {
    fn listens(&self) -> Option<(Protocol, u16)> {
        Some((Protocol::Tcp, self.port.number)).filter(|(_, number)| *number != 0)
    }
    fn build(&self) -> Box<dyn App> {
        Box::new(HttpServer {
            config: self.clone(),
            acceptor: Acceptor::default(),
            sizes: Vec::new(),
            connections: BTreeMap::new(),
            accepted: 0,
            requests: Work::default(),
            answered: Vec::new(),
            timers: Timers::default(),
        })
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::from_iter(check::tcp_port("port", self.port));
        if self.objects > MOST_OBJECTS {
            let help = "write at most 1000000; \"/bytes/N\" asks for any size";
            faults.push(check::fault("objects", "too many objects to remember", help));
        }
        faults.extend(self.size.check("size"));
        faults.extend(self.service.check("service"));
        faults.extend(check::workers("workers", self.workers));
        let help = "leave it out: connections are then kept for ever";
        faults.extend(self.idle_timeout.and_then(|t| check::positive("idle-timeout", t, help)));
        faults.extend(check::tcp("tcp", &self.tcp));
        faults
    }
}

/// A connection: its socket, and its number, as sockets are used again.
type Name = (SocketId, u64);

/// What a timer is for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Accept,
    Answer(Name),
    Idle(Name),
}

#[derive(Debug)]
struct HttpServer {
    config: Config,
    acceptor: Acceptor,
    /// The size of each object \[bytes\].
    sizes: Vec<u64>,
    connections: BTreeMap<SocketId, Connection>,
    /// Connections accepted so far.
    accepted: u64,
    /// The connections with requests to work on.
    requests: Work<Name>,
    /// Connections with answers to write.
    answered: Vec<SocketId>,
    timers: Timers<Purpose>,
}

impl HttpServer {
    fn find(&mut self, (socket, number): Name) -> Option<&mut Connection> {
        self.connections.get_mut(&socket).filter(|connection| connection.number == number)
    }

    fn accept(&mut self, os: &mut dyn Os) {
        while let Some((socket, gap)) = self.acceptor.accept(os, self.config.accept) {
            if !gap.is_zero() {
                self.timers.set(os, gap, Purpose::Accept);
            }
            self.accepted += 1;
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
            match connection.advance(os, socket) {
                Wants::Nothing => return,
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
        let Some(request) = self.find(name).and_then(Connection::request) else { return };
        let (status, length) = match &request {
            None => (Status::BadRequest, 0),
            Some(request) => self
                .length(&request.path)
                .map_or((Status::NotFound, 0), |length| (Status::Ok, length)),
        };
        let keep_alive =
            self.config.keep_alive && request.is_some_and(|request| request.keep_alive);
        if let Some(connection) = self.find(name) {
            connection.answer(status, length, keep_alive);
        }
    }

    /// How long the object at this path is, if there is one.
    fn length(&self, path: &str) -> Option<u64> {
        let path = path.strip_prefix('/')?;
        match path.strip_prefix("bytes/") {
            Some(length) => length.parse().ok(),
            None => self.sizes.get(path.parse::<usize>().ok()?).copied(),
        }
    }

    fn draw_sizes(&mut self, os: &mut dyn Os) {
        let size = self.config.size;
        self.sizes = (0..self.config.objects).map(|_| size.draw(os.rng()).get()).collect();
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

impl App for HttpServer {
    fn start(&mut self, os: &mut dyn Os) {
        self.draw_sizes(os);
        let Config { address, port, backlog, tcp, .. } = &self.config;
        self.acceptor.listen(os, *address, *port, *backlog, tcp);
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        match wake {
            Wake::Ready(socket) if self.acceptor.is(socket) => self.accept(os),
            Wake::Ready(socket) => self.serve(os, socket),
            Wake::Timer(token) => {
                if let Some(purpose) = self.timers.take(token) {
                    self.timer(os, purpose);
                }
            }
        }
        self.serve_answered(os);
    }

    /// A new backlog, pace and new objects hold at once, the rest from the next request; the port and
    /// the constants of TCP stay.
    fn reconfigure(&mut self, os: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::HttpServer(config) = spec {
            let redraw = (config.objects, config.size) != (self.config.objects, self.config.size);
            self.config = config.clone();
            if redraw {
                self.draw_sizes(os);
            }
            self.acceptor.set_backlog(os, config.backlog);
            self.accept(os);
            self.work(os);
            self.serve_answered(os);
        }
    }
}
