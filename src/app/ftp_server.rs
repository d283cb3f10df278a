//! `ftp-server`: files by name, over a control connection and one data connection for each
//! (RFC 959).
//!
//! Not modelled: accounts (every user and password is welcome), directories and lists of files, ASCII
//! and record structure, REST, ABOR, and TLS.

mod session;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::Deserialize;

use self::session::{Service, Session};
use super::server::{self, Acceptor};
use super::{App, AppSpec, Configuration, Os, Wake, check};
use crate::id::SocketId;
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::socket::services::PortSpec;
use crate::tcp::config::Settings;
use crate::units::{Bytes, Time};

/// Settings of `ftp-server`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The port of control connections; 21 unless said. Active data connections come from the port
    /// before it.
    #[serde(default = "ftp")]
    pub port: PortSpec,
    /// The local address to bind; all of them unless said.
    #[serde(default)]
    pub address: Option<Ipv4Addr>,
    /// How many connections may wait to be accepted, less one (`listen()`).
    #[serde(default = "server::default_backlog")]
    pub backlog: u32,
    /// The files that there are, with their sizes. Those that clients store are added.
    #[serde(default)]
    pub files: BTreeMap<String, Bytes>,
    /// How long to wait for a data connection; 60s unless said.
    #[serde(default = "one_minute")]
    pub data_timeout: Time,
    /// Constants of TCP that differ from the host's.
    #[serde(default)]
    pub tcp: Settings,
}

/// The port of FTP's control connections (IANA).
pub(super) const PORT: u16 = 21;

const fn ftp() -> PortSpec {
    PortSpec { number: PORT, protocol: None }
}

/// As vsftpd.
const fn one_minute() -> Time {
    Time::from_secs(60)
}

impl Configuration for Config {
    fn listens(&self) -> Option<(Protocol, u16)> {
        server::listens(Protocol::Tcp, self.port)
    }
    fn build(&self) -> Box<dyn App> {
        Box::new(FtpServer {
            service: Service { config: self.clone(), transfers: 0 },
            acceptor: Acceptor::default(),
            sessions: BTreeMap::new(),
        })
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::from_iter(check::tcp_port("port", self.port));
        let help = "write for example \"60s\"";
        faults.extend(check::positive("data-timeout", self.data_timeout, help));
        faults
    }
}

#[derive(Debug)]
struct FtpServer {
    service: Service,
    acceptor: Acceptor,
    /// By the sockets of their control connections.
    sessions: BTreeMap<SocketId, Session>,
}

impl FtpServer {
    /// Lets the session of a control connection go on, and ends it.
    fn converse(&mut self, os: &mut dyn Os, control: SocketId) {
        if let Some(session) = self.sessions.get_mut(&control)
            && session.converse(os, &mut self.service)
            && let Some(session) = self.sessions.remove(&control)
        {
            session.end(os);
        }
    }
}

impl App for FtpServer {
    fn start(&mut self, os: &mut dyn Os) {
        let Config { address, port, backlog, tcp, .. } = &self.service.config;
        self.acceptor.listen(os, *address, *port, *backlog, tcp);
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        match wake {
            Wake::Timer(transfer) => {
                if let Some(session) = self.sessions.values_mut().find(|s| s.waits_for(transfer)) {
                    session.give_up(os);
                }
            }
            Wake::Ready(socket) if self.acceptor.is(socket) => {
                while let Some(control) = self.acceptor.accept(os) {
                    self.sessions.insert(control, Session::greet(os, control));
                    self.converse(os, control);
                }
            }
            Wake::Ready(socket) if self.sessions.contains_key(&socket) => {
                self.converse(os, socket);
            }
            Wake::Ready(socket) => {
                if let Some(session) = self.sessions.values_mut().find(|s| s.moves_by(socket)) {
                    session.transfer(os, &mut self.service);
                }
            }
        }
    }

    /// Files of new names are added, a new backlog holds at once; the port stays.
    fn reconfigure(&mut self, os: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::FtpServer(config) = spec {
            self.acceptor.set_backlog(os, config.backlog);
            let stored = std::mem::take(&mut self.service.config.files);
            self.service.config = config.clone();
            for (name, size) in stored {
                self.service.config.files.entry(name).or_insert(size);
            }
        }
    }
}
