//! `port-knock`: knocks at a secret sequence of ports, and then connects to a service that was
//! closed before.
//!
//! A knock at a TCP port is a SYN, at a UDP port an empty datagram. No answer is waited for.

use std::net::SocketAddrV4;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{App, AppSpec, Configuration, Os, Target, Wake, check};
use crate::id::SocketId;
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::packet::udp::Content;
use crate::socket::Errno;
use crate::socket::services::PortSpec;
use crate::tcp::config::Settings;
use crate::units::{Bytes, Time};

/// Settings of `port-knock`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The service to connect to in the end.
    pub to: Target,
    /// The ports to knock at, in order; TCP unless said (`"7000/udp"`).
    pub knocks: Vec<PortSpec>,
    /// From one knock to the next, and from the last one to the connection; 100ms unless said.
    #[serde(default = "default_interval")]
    pub interval: Time,
    /// How much to send to the service; nothing unless said.
    #[serde(default)]
    pub size: Bytes,
    /// Constants of TCP that differ from the host's.
    #[serde(default)]
    pub tcp: Settings,
}

const fn default_interval() -> Time {
    Time::from_ms(100)
}

impl Configuration for Config {
    fn build(&self) -> Box<dyn App> {
        let left = self.size.get();
        Box::new(PortKnock { config: self.clone(), knocked: 0, socket: None, is_open: false, left })
    }
    fn targets(&mut self) -> Vec<(&'static str, &mut Target)> {
        vec![("to", &mut self.to)]
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::from_iter(check::needs_port("to", &self.to));
        faults.extend(check::knocks(&self.knocks));
        faults
    }
}

#[derive(Debug)]
struct PortKnock {
    config: Config,
    knocked: usize,
    /// The connection to the service.
    socket: Option<SocketId>,
    is_open: bool,
    /// How much is still to be sent.
    left: u64,
}

impl PortKnock {
    /// The next knock, or after the last one the connection.
    fn go_on(&mut self, os: &mut dyn Os) {
        match self.config.knocks.get(self.knocked) {
            Some(&port) => {
                self.knocked += 1;
                knock(os, port.protocol, self.at(port.number));
                os.set_timer(self.config.interval, self.knocked as u32);
            }
            None if self.socket.is_none() => self.connect(os),
            None => {}
        }
    }

    fn at(&self, port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(self.config.to.address, port)
    }

    fn connect(&mut self, os: &mut dyn Os) {
        let socket = os.tcp_socket();
        os.set_tcp(socket, &self.config.tcp);
        self.socket = Some(socket);
        match os.connect(socket, self.config.to.socket_address(0)) {
            Ok(()) | Err(Errno::EINPROGRESS) => {}
            Err(errno) => self.fail(os, errno),
        }
    }

    fn fail(&mut self, os: &mut dyn Os, errno: Errno) {
        os.flow().fail(errno.name());
        if let Some(socket) = self.socket.take() {
            os.close(socket);
        }
    }

    /// Sends what there is to send, and waits until the service closes.
    fn work(&mut self, os: &mut dyn Os, socket: SocketId) -> Result<(), Errno> {
        os.take_socket_error(socket)?;
        if !self.is_open && os.poll(socket).writable {
            self.is_open = true;
            let line =
                format!("{} open after {} knocks", self.config.to.with_port(0), self.knocked);
            os.flow().details.push(line);
        }
        while self.left > 0 {
            self.left -= os.send(socket, self.left)?;
        }
        if self.is_open {
            os.shutdown(socket)?;
        }
        while os.receive(socket, u64::MAX)? > 0 {}
        let now = os.now();
        let flow = os.flow();
        (flow.completed, flow.end_state) = (Some(now), Some("done"));
        self.socket = None;
        os.close(socket);
        Ok(())
    }
}

/// Knocks at a port.
fn knock(os: &mut dyn Os, protocol: Option<Protocol>, to: SocketAddrV4) {
    if protocol == Some(Protocol::Udp) {
        let socket = os.udp_socket();
        match os.send_to(socket, to, 0, Content::Numbered(0)) {
            Ok(()) => os.flow().packets_sent += 1,
            Err(_) => os.flow().errors += 1,
        }
        return os.close(socket);
    }
    // The call sends a SYN; what comes of it does not matter.
    let socket = os.tcp_socket();
    let _ = os.connect(socket, to);
    os.abort(socket);
}

impl App for PortKnock {
    fn start(&mut self, os: &mut dyn Os) {
        os.flow().opens(Protocol::Tcp, self.config.to.with_port(0));
        self.go_on(os);
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        match wake {
            // Only the timer that the last knock set.
            Wake::Timer(token) if token == self.knocked as u32 => self.go_on(os),
            Wake::Timer(_) => {}
            Wake::Ready(socket) if Some(socket) == self.socket => match self.work(os, socket) {
                Ok(()) | Err(Errno::EAGAIN) => {}
                Err(errno) => self.fail(os, errno),
            },
            Wake::Ready(_) => {}
        }
    }

    /// Another interval holds from the next knock; the rest stays.
    fn reconfigure(&mut self, _: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::PortKnock(config) = spec {
            self.config.interval = config.interval;
        }
    }
}
