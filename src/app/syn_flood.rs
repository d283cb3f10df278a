//! `syn-flood`: sends SYNs and nothing else, mostly in the name of others, so that a listener
//! remembers connections that will never be (RFC 4987).

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{App, AppSpec, Configuration, Os, Target, Wake, check};
use crate::kinds::Fault;
use crate::packet::ipv4::{self, Protocol, Transport};
use crate::packet::tcp::{Flags, Options, Segment, SeqNum};
use crate::socket::Errno;
use crate::units::Time;

/// Settings of `syn-flood`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The host and port to flood.
    pub to: Target,
    /// From one SYN to the next; 1ms unless said.
    #[serde(default = "one_millisecond")]
    pub interval: Time,
    /// How many SYNs to send; without it, it goes on until the end.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub count: Option<u64>,
    /// Whether the SYNs come in the name of others.
    #[serde(default = "yes")]
    pub spoof: bool,
    /// The network whose addresses they come from, each at random; 198.18.0.0/15 unless said,
    /// which nobody has (RFC 2544).
    #[serde(default = "nobodys")]
    #[schemars(with = "String")]
    pub sources: Ipv4Net,
}

const fn one_millisecond() -> Time {
    Time::from_ms(1)
}
const fn yes() -> bool {
    true
}
const fn nobodys() -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(198, 18, 0, 0), 15)
}

impl Configuration for Config {
    fn build(&self) -> Box<dyn App> {
        Box::new(SynFlood { config: self.clone() })
    }
    fn targets(&mut self) -> Vec<(&'static str, &mut Target)> {
        vec![("to", &mut self.to)]
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::from_iter(check::needs_port("to", &self.to));
        faults.extend(check::positive("interval", self.interval, "write for example \"1ms\""));
        faults.extend(check::count("count", self.count));
        faults
    }
}

const NEXT: u32 = 0;
/// Source ports are those of ordinary clients.
const PORTS: [u16; 2] = [1024, u16::MAX];
const WINDOW: u16 = 64_240;
const MSS: u16 = 1460;

#[derive(Debug)]
struct SynFlood {
    config: Config,
}

impl SynFlood {
    fn send(&mut self, os: &mut dyn Os) {
        let source = self.source(os);
        let ports = u64::from(PORTS[1] - PORTS[0]) + 1;
        let syn = Segment {
            source_port: PORTS[0] + os.rng().below(ports) as u16,
            destination_port: self.config.to.port.unwrap_or(0),
            seq: SeqNum::new(os.rng().below(1 << 32) as u32),
            ack: SeqNum::default(),
            flags: Flags::SYN,
            window: WINDOW,
            options: Options { mss: Some(MSS), ..Options::default() },
            data_length: 0,
        };
        let packet = ipv4::Packet::new(source, self.config.to.address, Transport::Tcp(syn));
        match os.send_raw(packet) {
            Ok(()) => os.flow().packets_sent += 1,
            Err(Errno::ENETUNREACH) => {
                os.flow().errors += 1;
                return os.flow().fail(Errno::ENETUNREACH.name());
            }
            Err(_) => os.flow().errors += 1,
        }
        let sent = os.flow().packets_sent + os.flow().errors;
        if self.config.count.is_none_or(|count| sent < count) {
            return os.set_timer(self.config.interval, NEXT);
        }
        let now = os.now();
        os.flow().completed = Some(now);
        os.flow().end_state = Some("done");
    }

    fn source(&self, os: &mut dyn Os) -> Ipv4Addr {
        if !self.config.spoof {
            // Filled in by the operating system.
            return Ipv4Addr::UNSPECIFIED;
        }
        let network = self.config.sources.trunc();
        // Neither the network itself nor its broadcast address, where it has them.
        let (all, spared) = (1_u64 << (32 - network.prefix_len()), network.prefix_len() < 31);
        let spared = u64::from(spared);
        let place = spared + os.rng().below(all - 2 * spared);
        Ipv4Addr::from_bits(network.addr().to_bits() + place as u32)
    }
}

impl App for SynFlood {
    fn start(&mut self, os: &mut dyn Os) {
        os.flow().opens(Protocol::Tcp, self.config.to.with_port(0));
        self.send(os);
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        if wake == Wake::Timer(NEXT) {
            self.send(os);
        }
    }

    /// Holds from the next SYN, which leaves when it was due.
    fn reconfigure(&mut self, _: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::SynFlood(config) = spec {
            self.config = config.clone();
        }
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::fake_os::{FakeOs, faulty, settings};
    use super::*;

    fn flood(text: &str) -> AppSpec {
        settings("syn-flood", &format!("to = 'bob:80'\n{text}")).expect(text)
    }

    #[test]
    fn sends_so_many_at_even_intervals() {
        let mut os = FakeOs::silent();
        let mut app = os.start(&flood("interval = '500us'\ncount = 4"));
        os.run(&mut *app, Time::from_secs(1));
        assert_eq!(os.send_times(), [0, 500, 1000, 1500].map(Time::from_us));
        assert_eq!(os.flow.completed, Some(Time::from_us(1500)));
    }

    #[test]
    fn sources_are_in_their_network_and_no_broadcast() {
        for network in ["198.18.0.0/15", "10.1.2.0/30", "10.1.2.2/31", "10.1.2.3/32", "0.0.0.0/0"] {
            let AppSpec::SynFlood(config) = flood(&format!("sources = '{network}'")) else {
                unreachable!("of this kind")
            };
            let (mut os, flood) = (FakeOs::silent(), SynFlood { config });
            let network: Ipv4Net = network.parse().expect("a network");
            for _ in 0..100 {
                let source = flood.source(&mut os);
                assert!(network.contains(&source), "{source}");
                let is_host = network.prefix_len() >= 31
                    || source != network.broadcast() && source != network.network();
                assert!(is_host, "{source}");
            }
        }
    }

    #[test]
    fn settings_that_make_no_sense_are_named() {
        assert_eq!(faulty(&flood("interval = '0s'\ncount = 0")), ["interval", "count"]);
        let no_port = settings("syn-flood", "to = 'bob'").expect("readable");
        assert_eq!(faulty(&no_port), ["to"]);
        assert!(settings("syn-flood", "to = 'bob:80'\nsources = 'nobody'").is_err());
    }
}
