//! `knock-daemon`: sees every packet that reaches its host, and opens the packet filter to who has
//! knocked at the right ports in the right order.
//!
//! As knockd does it: a knock at another port of the sequence begins it anew, all others do not count.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{App, AppSpec, Configuration, Os, Wake, check};
use crate::id::SocketId;
use crate::kinds::Fault;
use crate::packet::ipv4::{self, Protocol, Transport};
use crate::socket::services::PortSpec;
use crate::units::Time;

/// Settings of `knock-daemon`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The ports to knock at, in order; TCP unless said (`"7000/udp"`).
    pub knocks: Vec<PortSpec>,
    /// The port that is opened; TCP unless said.
    pub opens: PortSpec,
    /// How long new connections to it are let in; 10s unless said.
    #[serde(default = "default_open_time")]
    pub open_time: Time,
    /// How long a sequence may take; 25s unless said.
    #[serde(default = "default_timeout")]
    pub timeout: Time,
}

const fn default_open_time() -> Time {
    Time::from_secs(10)
}
/// As knockd.
const fn default_timeout() -> Time {
    Time::from_secs(25)
}

impl Configuration for Config {
    fn build(&self) -> Box<dyn App> {
        let (heard, log) = (BTreeMap::new(), 0);
        Box::new(KnockDaemon { config: self.clone(), socket: None, heard, log })
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::from_iter(check::knocks(&self.knocks));
        if self.opens.number == 0 {
            let help = "write the port of a service, such as \"ssh\"";
            faults.push(check::fault("opens", "nobody can bind port 0", help));
        }
        faults.extend(check::positive("open-time", self.open_time, "write for example \"10s\""));
        faults.extend(check::positive("timeout", self.timeout, "write for example \"25s\""));
        faults
    }
}

/// A source that has begun to knock.
#[derive(Debug, Clone, Copy)]
struct Sequence {
    began: Time,
    /// Right knocks so far.
    right: usize,
}

/// So many sources may be in the midst of knocking before those that are late are forgotten.
const MANY: usize = 1024;
/// So many openings are told; the others only happen.
const MOST_LINES: usize = 100;

#[derive(Debug)]
struct KnockDaemon {
    config: Config,
    socket: Option<SocketId>,
    heard: BTreeMap<Ipv4Addr, Sequence>,
    log: usize,
}

impl KnockDaemon {
    fn hear(&mut self, os: &mut dyn Os, source: Ipv4Addr, knock: (Protocol, u16)) {
        let knocks = self.config.knocks.iter().map(|port| protocol_and_number(*port));
        let Some(first) = knocks.clone().next().filter(|_| knocks.clone().any(|k| k == knock))
        else {
            return;
        };
        let now = os.now();
        let timeout = self.config.timeout;
        let in_time = |sequence: &Sequence| now.saturating_sub(sequence.began) <= timeout;
        let before = self.heard.remove(&source).filter(in_time);
        let expected = before.and_then(|sequence| knocks.clone().nth(sequence.right));
        let sequence = match before {
            Some(sequence) if expected == Some(knock) => {
                Sequence { right: sequence.right + 1, ..sequence }
            }
            _ if knock == first => Sequence { began: now, right: 1 },
            _ => return,
        };
        if sequence.right == self.config.knocks.len() {
            return self.open(os, source);
        }
        if self.heard.len() >= MANY {
            self.heard.retain(|_, sequence| in_time(sequence));
        }
        self.heard.insert(source, sequence);
    }

    fn open(&mut self, os: &mut dyn Os, source: Ipv4Addr) {
        let (protocol, port) = protocol_and_number(self.config.opens);
        let now = os.now();
        os.allow(protocol, port, source, now.saturating_add(self.config.open_time));
        self.log += 1;
        if self.log <= MOST_LINES {
            let at = now.as_secs_f64();
            os.flow().details.push(format!("{at:.3} s: {port}/{protocol} opened to {source}"));
        }
    }
}

/// A port as settings name it; TCP unless said.
fn protocol_and_number(port: PortSpec) -> (Protocol, u16) {
    (port.protocol.unwrap_or(Protocol::Tcp), port.number)
}

/// Where a packet knocks: SYNs and UDP datagrams do.
fn knock_of(packet: &ipv4::Packet) -> Option<(Protocol, u16)> {
    match packet.transport {
        Transport::Tcp(segment) if segment.flags.syn && !segment.flags.ack => {
            Some((Protocol::Tcp, segment.destination_port))
        }
        Transport::Udp(datagram) => Some((Protocol::Udp, datagram.destination_port)),
        Transport::Tcp(_) | Transport::Icmp(_) => None,
    }
}

impl App for KnockDaemon {
    fn start(&mut self, os: &mut dyn Os) {
        self.socket = Some(os.raw_socket());
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        let Wake::Ready(socket) = wake else { return };
        if Some(socket) != self.socket {
            return;
        }
        while let Ok(packet) = os.receive_raw(socket) {
            if let Some(knock) = knock_of(&packet) {
                self.hear(os, packet.source, knock);
            }
        }
    }

    /// Holds from the next knock.
    fn reconfigure(&mut self, _: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::KnockDaemon(config) = spec {
            self.config = config.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake_os::{BOB, FakeOs, HERE, port};
    use super::*;

    const RIGHT: [(Protocol, u16); 3] =
        [(Protocol::Tcp, 7000), (Protocol::Udp, 9000), (Protocol::Tcp, 8000)];

    /// When and to whom a daemon opens its door that hears these knocks, a second apart.
    fn opened(knocks: &[(Ipv4Addr, (Protocol, u16))], timeout: Time) -> Vec<(u64, Ipv4Addr)> {
        let mut config = Config {
            knocks: RIGHT.map(|(_, number)| port(number)).to_vec(),
            opens: port(22),
            open_time: Time::from_secs(10),
            timeout,
        };
        config.knocks[1].protocol = Some(Protocol::Udp);
        let (heard, log) = (BTreeMap::new(), 0);
        let mut daemon = KnockDaemon { config, socket: None, heard, log };
        let mut os = FakeOs::silent();
        for &(source, knock) in knocks {
            daemon.hear(&mut os, source, knock);
            os.now += Time::from_secs(1);
        }
        let until = os.allowed.iter().map(|&(protocol, port, source, until)| {
            assert_eq!((protocol, port), (Protocol::Tcp, 22));
            ((until - Time::from_secs(10)).as_ps() / 1_000_000_000_000, source)
        });
        until.collect()
    }

    #[test]
    fn opens_to_who_knocks_in_order_and_in_time() {
        let by = |source, knocks: &[(Protocol, u16)]| -> Vec<_> {
            knocks.iter().map(|&knock| (source, knock)).collect()
        };
        let [a, b, c] = RIGHT;
        let slow = Time::from_secs(25);
        assert_eq!(opened(&by(BOB, &RIGHT), slow), [(2, BOB)]);
        assert_eq!(opened(&by(BOB, &RIGHT), Time::from_secs(1)), [], "too late");
        assert_eq!(opened(&by(BOB, &[a, c, b]), slow), []);
        assert_eq!(opened(&by(BOB, &[a, c, b, c]), slow), [], "a wrong one begins it anew");
        assert_eq!(opened(&by(BOB, &[a, a, b, c]), slow), [(3, BOB)]);
        let elsewhere = (Protocol::Tcp, 80);
        assert_eq!(opened(&by(BOB, &[a, elsewhere, b, c]), slow), [(3, BOB)], "no knock");
        let both = [(BOB, a), (HERE, a), (BOB, b), (HERE, b), (HERE, c)];
        assert_eq!(opened(&both, slow), [(4, HERE)], "everybody knocks for himself");
        assert_eq!(opened(&by(BOB, &[c, b, a]), slow), []);
    }
}
