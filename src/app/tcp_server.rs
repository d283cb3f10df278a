//! `tcp-server`: listens on a TCP port, accepts, reads and answers, each at its own pace.

mod connection;

use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::Deserialize;

use self::connection::Connection;
use super::distribution::Duration;
use super::server::{self, AcceptPace, Handler, RequestServer, ServerConfig, Wants};
use super::{App, AppSpec, Configuration, Os, check};
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
        server::listens(Protocol::Tcp, self.port)
    }
    fn build(&self) -> Box<dyn App> {
        Box::new(RequestServer::new(self.clone()))
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Handler::config(self).check();
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
        faults
    }
}

impl Handler for Config {
    type Connection = Connection;

    fn config(&self) -> ServerConfig<'_> {
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

    fn reconfigure(&mut self, _: &mut dyn Os, spec: &AppSpec) -> bool {
        let AppSpec::TcpServer(config) = spec else { return false };
        self.clone_from(config);
        true
    }

    fn advance(&self, os: &mut dyn Os, socket: SocketId, connection: &mut Connection) -> Wants {
        connection.advance(os, socket, self)
    }

    fn answer(&self, connection: &mut Connection) {
        let respond = self.respond.map(Bytes::get);
        connection.answer(|request| respond.unwrap_or(if self.echo { request } else { 0 }));
    }
}
