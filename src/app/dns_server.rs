//! `dns-server`: answers questions for the addresses of names (RFC 1035), over UDP.
//!
//! Not modelled: other record types, delegation, the SOA record of a negative answer (RFC 2308), EDNS,
//! TCP.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::distribution::Duration;
use super::{App, AppSpec, Configuration, Os, Target, Wake, check, dns_name, server};
use crate::id::SocketId;
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::packet::udp::{Content, DnsAnswer, DnsMessage};
use crate::socket::services::PortSpec;
use crate::units::Limit;

/// Settings of `dns-server`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The port to bind; 53/udp unless said.
    #[serde(default = "domain")]
    pub port: PortSpec,
    /// The addresses of names: dotted quads, or nodes whose addresses are meant. Other names do not
    /// exist (NXDOMAIN).
    #[schemars(with = "BTreeMap<String, Target>")]
    pub zone: IndexMap<String, Target>,
    /// How long the process works on each question before it answers and reads the next.
    #[serde(default)]
    pub service: Duration,
    /// How much may wait to be read (`SO_RCVBUF`); the host's default unless said.
    #[serde(default)]
    pub buffer: Option<Limit>,
}

/// The port of DNS (IANA).
pub(super) const PORT: u16 = 53;

const fn domain() -> PortSpec {
    PortSpec { number: PORT, protocol: Some(Protocol::Udp) }
}

impl Configuration for Config {
    fn listens(&self) -> Option<(Protocol, u16)> {
        server::listens(Protocol::Udp, self.port)
    }
    fn build(&self) -> Box<dyn App> {
        Box::new(DnsServer {
            config: self.clone(),
            socket: None,
            zone: BTreeMap::new(),
            work: None,
        })
    }
    fn targets(&mut self) -> Vec<(&'static str, &mut Target)> {
        self.zone.values_mut().map(|target| ("zone", target)).collect()
    }
    fn dns_names(&self) -> Vec<String> {
        self.zone.keys().map(|name| dns_name::canonical(name)).collect()
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::from_iter(check::udp_port("port", self.port));
        for (name, target) in &self.zone {
            faults.extend(dns_name::check("zone", name));
            faults.extend(target.port.map(|_| {
                let message = format!("`{name}` has a port, but DNS gives addresses only");
                check::fault("zone", message, format!("write \"{}\"", target.host))
            }));
        }
        faults.extend(self.service.check("service"));
        faults
    }
}

/// An answer that goes out when the work on it is done.
#[derive(Debug, Clone, Copy)]
struct Reply {
    to: SocketAddrV4,
    length: u16,
    message: DnsMessage,
}

#[derive(Debug)]
struct DnsServer {
    config: Config,
    socket: Option<SocketId>,
    /// The addresses by the numbers of their names.
    zone: BTreeMap<u32, Ipv4Addr>,
    work: Option<Reply>,
}

impl DnsServer {
    fn load_zone(&mut self, os: &mut dyn Os) {
        let zone = self.config.zone.iter();
        self.zone = zone
            .map(|(name, target)| (os.name_number(&dns_name::canonical(name)), target.address))
            .collect();
    }

    /// Reads until nothing waits, or until a question takes time to work on.
    fn read(&mut self, os: &mut dyn Os) {
        let Some(socket) = self.socket else { return };
        while self.work.is_none() {
            let Ok(datagram) = os.receive_from(socket) else { return };
            let Content::Dns(question @ DnsMessage { answer: None, .. }) = datagram.content else {
                continue;
            };
            let reply = self.reply_to(datagram.from, datagram.length, question);
            let service = self.config.service.draw(os.rng());
            if service.is_zero() {
                send(os, socket, reply);
            } else {
                self.work = Some(reply);
                os.set_timer(service, 0);
            }
        }
    }

    /// The question with the answer added. That there is no such name needs no room.
    fn reply_to(&self, to: SocketAddrV4, length: u16, question: DnsMessage) -> Reply {
        let (answer, more) = match self.zone.get(&question.name) {
            Some(&address) => (DnsAnswer::Address(address), dns_name::ANSWER_LENGTH),
            None => (DnsAnswer::NoSuchName, 0),
        };
        let message = DnsMessage { answer: Some(answer), ..question };
        Reply { to, length: length.saturating_add(more), message }
    }
}

fn send(os: &mut dyn Os, socket: SocketId, reply: Reply) {
    // An answer that cannot be sent is lost, as the question could have been.
    let _ = os.send_to(socket, reply.to, reply.length, Content::Dns(reply.message));
}

impl App for DnsServer {
    fn start(&mut self, os: &mut dyn Os) {
        self.load_zone(os);
        self.socket = server::bind(os, None, self.config.port, self.config.buffer);
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        match wake {
            Wake::Timer(_) => {
                if let (Some(socket), Some(reply)) = (self.socket, self.work.take()) {
                    send(os, socket, reply);
                }
            }
            // Errors that answers brought back: nobody waits for them.
            Wake::Ready(socket) => while os.take_error(socket).is_some() {},
        }
        self.read(os);
    }

    /// The zone and a new buffer limit hold at once, the rest from the next question; the port
    /// stays.
    fn reconfigure(&mut self, os: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::DnsServer(config) = spec {
            if let (Some(socket), Some(limit)) = (self.socket, config.buffer) {
                os.set_receive_buffer(socket, limit);
            }
            self.config = config.clone();
            self.load_zone(os);
        }
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::fake_os::{BOB, FakeOs, faulty, settings};
    use super::*;
    use crate::socket::Errno;
    use crate::units::Time;

    const CLIENT: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 3, 3), 40_000);

    fn dns_server(text: &str) -> AppSpec {
        settings("dns-server", text).expect(text)
    }

    fn ask(os: &mut FakeOs, after: Time, name: &str) {
        let (name, socket) = (os.name_number(name), os.bound[0].0);
        os.arrives(
            after,
            socket,
            CLIENT,
            33,
            Content::Dns(DnsMessage { id: 7, name, answer: None }),
        );
    }

    fn answers(os: &FakeOs) -> Vec<(u64, u16, DnsAnswer)> {
        os.sent
            .iter()
            .map(|sent| match sent.content {
                Content::Dns(DnsMessage { id: 7, answer: Some(answer), .. }) => {
                    (sent.at.as_ns() / 1_000_000, sent.length, answer)
                }
                other => unreachable!("not an answer: {other:?}"),
            })
            .collect()
    }

    const ZONE: &str = "zone = { 'www.Example.org.' = 'bob' }";

    #[test]
    fn knows_its_zone_and_nothing_else() {
        let mut os = FakeOs::silent();
        let mut app = os.start(&dns_server(ZONE));
        assert_eq!(os.bound[0].2, 53);
        ask(&mut os, Time::from_ms(1), "www.example.org");
        ask(&mut os, Time::from_ms(2), "ftp.example.org");
        os.run(&mut *app, Time::from_ms(10));
        assert_eq!(
            answers(&os),
            [(1, 49, DnsAnswer::Address(BOB)), (2, 33, DnsAnswer::NoSuchName)]
        );
        assert_eq!(os.sent[0].to, CLIENT);
    }

    #[test]
    fn answers_when_the_work_is_done_one_after_the_other() {
        let mut os = FakeOs::silent();
        let mut app = os.start(&dns_server(&format!("{ZONE}\nservice = '5ms'")));
        for ms in 1..=3 {
            ask(&mut os, Time::from_ms(ms), "www.example.org");
        }
        let socket = os.bound[0].0;
        os.arrives(Time::from_ms(2), socket, CLIENT, 33, Content::Numbered(0));
        os.run(&mut *app, Time::from_ms(7));
        app.reconfigure(&mut os, &dns_server("zone = {}\nservice = '1ms'\nbuffer = '4kB'"));
        os.run(&mut *app, Time::from_ms(100));
        assert_eq!(os.send_times(), [6, 11, 12].map(Time::from_ms));
        assert_eq!(answers(&os)[2].2, DnsAnswer::NoSuchName);
        assert_eq!((os.waiting(), os.buffers.len()), (0, 1));
    }

    #[test]
    fn says_why_it_could_not_bind() {
        let mut os = FakeOs::silent();
        os.bind_error = Some(Errno::EADDRINUSE);
        os.start(&dns_server(ZONE));
        assert_eq!(os.flow.end_state, Some("EADDRINUSE"));
    }

    #[test]
    fn says_which_setting_makes_no_sense() {
        assert_eq!(faulty(&dns_server(ZONE)), [""; 0]);
        assert_eq!(faulty(&dns_server("zone = { 'a..b' = 'bob:80' }")), ["zone", "zone"]);
        assert_eq!(faulty(&dns_server(&format!("{ZONE}\nport = '53/tcp'"))), ["port"]);
        assert_eq!(dns_server(ZONE).config_mut().targets().len(), 1);
    }
}
