//! `traceroute`: finds the path to a host by sending it datagrams that die one hop further each time.
//!
//! The classic way (Van Jacobson 1987): UDP to ports that nobody has bound, one probe after the other.
//! A router where the TTL ends answers time exceeded, the host itself port unreachable.
//! The state at the end is `done` (the host answered), `unreachable` or `max-hops`.

mod answer;

use std::net::{Ipv4Addr, SocketAddrV4};

use schemars::JsonSchema;
use serde::Deserialize;

use self::answer::{Answer, line};
use super::{App, AppSpec, Configuration, Os, SocketError, Target, Wake, check};
use crate::id::SocketId;
use crate::kinds::Fault;
use crate::packet::icmp::{Error, Unreachable};
use crate::packet::{ipv4, ipv4::Protocol, udp};
use crate::units::{Bytes, Time};

/// Settings of `traceroute`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The host to find the path to. A port, if one is written, is that of the first probe (33434
    /// unless said); each probe goes to the port after the last one's.
    pub to: Target,
    /// Probes for each hop; 3 unless said.
    #[serde(default = "default_queries")]
    #[schemars(range(min = 1))]
    pub queries: u8,
    /// The most hops to try; 30 unless said.
    #[serde(default = "default_hops")]
    #[schemars(range(min = 1))]
    pub max_hops: u8,
    /// How long to wait for an answer; 1s unless said.
    #[serde(default = "default_timeout")]
    pub timeout: Time,
    /// UDP data of each probe; 32B unless said, which makes packets of 60 bytes.
    #[serde(default = "default_size")]
    pub size: Bytes,
}

const FIRST_PORT: u16 = 33_434;

const fn default_queries() -> u8 {
    3
}
const fn default_hops() -> u8 {
    30
}
const fn default_timeout() -> Time {
    Time::from_secs(1)
}
const fn default_size() -> Bytes {
    Bytes::new(32)
}

impl Configuration for Config {
    fn build(&self) -> Box<dyn App> {
        Box::new(Traceroute {
            config: self.clone(),
            socket: None,
            probe: 0,
            ttl: 1,
            sent_at: None,
            answers: Vec::new(),
        })
    }
    fn targets(&mut self) -> Vec<(&'static str, &mut Target)> {
        vec![("to", &mut self.to)]
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Some(0) = self.to.port {
            faults.push(check::fault("to", "nobody can bind port 0", "leave the port out"));
        }
        for (field, number) in [("queries", self.queries), ("max-hops", self.max_hops)] {
            if number == 0 {
                faults.push(check::fault(field, "0 probes find no path", "write 1 or more"));
            }
        }
        faults.extend(check::positive("timeout", self.timeout, "write for example \"1s\""));
        faults.extend(check::data_size("size", self.size));
        faults
    }
}

#[derive(Debug)]
struct Traceroute {
    config: Config,
    socket: Option<SocketId>,
    /// Number of the latest probe, from 1.
    probe: u32,
    ttl: u8,
    /// When the probe under way was sent; `None` between probes and at the end.
    sent_at: Option<Time>,
    /// Answers of this hop so far.
    answers: Vec<Option<Answer>>,
}

impl Traceroute {
    fn destination(&self) -> SocketAddrV4 {
        let mut to = self.config.to.socket_address(FIRST_PORT);
        // Ports start again at 1, as nobody can bind 0.
        let behind = u32::from(to.port()) - 1 + self.probe.saturating_sub(1);
        to.set_port((behind % u32::from(u16::MAX)) as u16 + 1);
        to
    }

    fn send(&mut self, os: &mut dyn Os) {
        let Some(socket) = self.socket else { return };
        self.probe += 1;
        os.set_ttl(socket, self.ttl);
        let content = udp::Content::Numbered(u64::from(self.probe) - 1);
        let length = check::data_length(self.config.size);
        match os.send_to(socket, self.destination(), length, content) {
            Ok(()) => {
                os.flow().packets_sent += 1;
                self.sent_at = Some(os.now());
                os.set_timer(self.config.timeout, self.probe);
            }
            Err(errno) => {
                os.flow().errors += 1;
                os.flow().fail(errno.name());
                os.close(socket);
                self.socket = None;
            }
        }
    }

    /// An answer to the probe under way. Those to earlier probes come too late.
    fn answer(&mut self, os: &mut dyn Os, from: Ipv4Addr, error: Option<Error>) {
        if let Some(sent_at) = self.sent_at {
            let rtt = os.now() - sent_at;
            os.round_trip(rtt);
            self.settle(os, Some(Answer { from, rtt, error }));
        }
    }

    fn error(&mut self, os: &mut dyn Os, error: SocketError) {
        if error.destination != self.destination() {
            return;
        }
        match (error.offender, error.icmp) {
            (Some(offender), Some(icmp)) => self.answer(os, offender, Some(icmp)),
            // This host itself found out that it cannot reach the next hop.
            _ => self.answer(
                os,
                Ipv4Addr::LOCALHOST,
                Some(Error::DestinationUnreachable(Unreachable::Host)),
            ),
        }
    }

    /// The probe under way has its answer, or will have none: on to the next.
    fn settle(&mut self, os: &mut dyn Os, answer: Option<Answer>) {
        self.sent_at = None;
        self.answers.push(answer);
        if self.answers.len() >= usize::from(self.config.queries) {
            os.flow().details.push(line(self.ttl, &self.answers));
            let answers = std::mem::take(&mut self.answers);
            let mut given = answers.iter().flatten();
            if given.clone().any(Answer::arrived) {
                return self.ends(os, "done");
            }
            if given.any(Answer::is_final) {
                return self.ends(os, "unreachable");
            }
            if self.ttl >= self.config.max_hops {
                return self.ends(os, "max-hops");
            }
            self.ttl += 1;
        }
        self.send(os);
    }

    fn ends(&mut self, os: &mut dyn Os, state: &'static str) {
        self.sent_at = None;
        let now = os.now();
        let flow = os.flow();
        flow.completed = Some(now);
        flow.end_state = Some(state);
        if let Some(socket) = self.socket.take() {
            os.close(socket);
        }
    }
}

impl App for Traceroute {
    fn start(&mut self, os: &mut dyn Os) {
        let Target { host, address, .. } = &self.config.to;
        let packet = u64::from(ipv4::HEADER + udp::HEADER) + self.config.size.get();
        let hops = self.config.max_hops;
        let head =
            format!("traceroute to {host} ({address}), {hops} hops max, {packet} byte packets");
        os.flow().opens(Protocol::Udp, self.config.to.with_port(FIRST_PORT));
        os.flow().details.push(head);
        self.socket = Some(os.udp_socket());
        self.send(os);
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        match wake {
            Wake::Timer(probe) => {
                if probe == self.probe && self.sent_at.is_some() {
                    os.flow().timeouts += 1;
                    self.settle(os, None);
                }
            }
            Wake::Ready(socket) => {
                while let Some(error) = os.take_error(socket) {
                    self.error(os, error);
                }
                while let Ok(datagram) = os.receive_from(socket) {
                    if datagram.from == self.destination() {
                        self.answer(os, *datagram.from.ip(), None);
                    }
                }
            }
        }
    }

    /// Holds from the next probe.
    fn reconfigure(&mut self, _: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::Traceroute(config) = spec {
            self.config = config.clone();
        }
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests;
