//! `http-server`: serves objects over HTTP/1.1 (RFC 9112).
//!
//! The objects are `/0`, `/1` and so on, whose sizes are drawn when the server starts; `/bytes/N` is
//! an object of N bytes. Of other paths it says 404.

mod connection;

use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::Deserialize;

use self::connection::Connection;
use super::distribution::{Amount, Duration};
use super::http::Status;
use super::server::{self, AcceptPace, Handler, RequestServer, ServerConfig, Wants};
use super::{App, AppSpec, Configuration, Os, check};
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
        server::listens(Protocol::Tcp, self.port)
    }
    fn build(&self) -> Box<dyn App> {
        Box::new(RequestServer::new(Site { config: self.clone(), sizes: Vec::new() }))
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = self.of_server().check();
        if self.objects > MOST_OBJECTS {
            let help = "write at most 1000000; \"/bytes/N\" asks for any size";
            faults.push(check::fault("objects", "too many objects to remember", help));
        }
        faults.extend(self.size.check("size"));
        faults
    }
}

impl Config {
    const fn of_server(&self) -> ServerConfig<'_> {
        ServerConfig {
            port: self.port,
            address: self.address,
            backlog: self.backlog,
            accept: self.accept,
            service: self.service,
            workers: self.workers,
            idle_timeout: self.idle_timeout,
            tcp: &self.tcp,
        }
    }
}

/// The objects that there are, and how they are served.
#[derive(Debug)]
struct Site {
    config: Config,
    /// The size of each object \[bytes\].
    sizes: Vec<u64>,
}

impl Site {
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
}

impl Handler for Site {
    type Connection = Connection;

    fn config(&self) -> ServerConfig<'_> {
        self.config.of_server()
    }

    fn start(&mut self, os: &mut dyn Os) {
        self.draw_sizes(os);
    }

    /// New objects are there at once.
    fn reconfigure(&mut self, os: &mut dyn Os, spec: &AppSpec) -> bool {
        let AppSpec::HttpServer(config) = spec else { return false };
        let redraw = (config.objects, config.size) != (self.config.objects, self.config.size);
        self.config.clone_from(config);
        if redraw {
            self.draw_sizes(os);
        }
        true
    }

    fn advance(&self, os: &mut dyn Os, socket: SocketId, connection: &mut Connection) -> Wants {
        connection.advance(os, socket)
    }

    fn answer(&self, connection: &mut Connection) {
        let Some(request) = connection.request() else { return };
        let (status, length) = match &request {
            None => (Status::BadRequest, 0),
            Some(request) => self
                .length(&request.path)
                .map_or((Status::NotFound, 0), |length| (Status::Ok, length)),
        };
        let keep_alive =
            self.config.keep_alive && request.is_some_and(|request| request.keep_alive);
        connection.answer(status, length, keep_alive);
    }
}
