//! `scan`: finds out which ports of a host are open, as nmap does.
//!
//! Every port gets a probe; one without an answer gets another. Not modelled: the ping with which nmap
//! begins, its random order of ports, and how it learns its pace and patience from what comes back.
//! What the answers mean is in
//! [`technique`], the table that comes of it in `report`.

mod ports;
mod prober;
mod report;
pub mod technique;

use std::collections::{BTreeMap, VecDeque};

use schemars::JsonSchema;
use serde::Deserialize;

pub use self::ports::PortRange;
use self::prober::Prober;
use self::technique::{Technique, Verdict, on_connect};
use super::{App, AppSpec, Configuration, Os, Target, Wake, check};
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::socket::Errno;
use crate::units::Time;

/// Settings of `scan`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The host whose ports are tried.
    pub to: Target,
    /// How they are tried; by `syn` unless said.
    #[serde(default)]
    pub technique: Technique,
    /// Which ports: numbers, names and ranges; 1-1024 unless said.
    #[serde(default = "well_known")]
    pub ports: Vec<PortRange>,
    /// From one probe to the next; 1ms unless said, for `udp` 1s, since a host tells of no
    /// more than one closed UDP port a second.
    #[serde(default)]
    pub interval: Option<Time>,
    /// The most probes without an answer at a time; 100 unless said.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1))]
    pub parallel: u64,
    /// When a probe counts as unanswered; 1100ms unless said.
    #[serde(default = "default_timeout")]
    pub timeout: Time,
    /// How often an unanswered probe is sent again; once unless said.
    #[serde(default = "one")]
    pub retries: u32,
}

fn well_known() -> Vec<PortRange> {
    vec![PortRange { first: 1, last: 1024, protocol: None }]
}
const fn hundred() -> u64 {
    100
}
const fn default_timeout() -> Time {
    Time::from_ms(1100)
}
const fn one() -> u32 {
    1
}

impl Config {
    fn interval(&self) -> Time {
        self.interval.unwrap_or(match self.technique {
            Technique::Udp => Time::from_secs(1),
            _ => Time::from_ms(1),
        })
    }
}

impl Configuration for Config {
    fn build(&self) -> Box<dyn App> {
        Box::new(Scan {
            config: self.clone(),
            ports: ports::all(&self.ports),
            next: 0,
            waiting: BTreeMap::new(),
            sent: VecDeque::new(),
            verdicts: BTreeMap::new(),
            prober: None,
            next_at: Time::ZERO,
            told_at: Time::ZERO,
            pace_set: false,
            timeout_set: false,
        })
    }
    fn targets(&mut self) -> Vec<(&'static str, &mut Target)> {
        vec![("to", &mut self.to)]
    }
    fn check(&self) -> Vec<Fault> {
        let protocol = self.technique.protocol();
        let no_port = self.to.port.map(|port| {
            let help = format!("write to = \"{}\" and ports = [{port}]", self.to.host);
            check::fault("to", "a scan tries many ports", help)
        });
        let no_ports = ports::all(&self.ports).is_empty().then(|| {
            check::fault("ports", "there is no port to try", "write for example [\"1-1024\"]")
        });
        let other = self.ports.iter().find(|range| range.protocol.is_some_and(|p| p != protocol));
        let other = other.map(|range| {
            let name = self.technique.name();
            let message = format!("a scan by `{name}` tries {protocol} ports, not {}", range.first);
            let other = if protocol == Protocol::Tcp { "udp" } else { "syn" };
            check::fault("ports", message, format!("write technique = \"{other}\" or other ports"))
        });
        let faults = no_port.into_iter().chain(no_ports).chain(other);
        faults
            .chain(check::count("parallel", Some(self.parallel)))
            .chain(check::positive("timeout", self.timeout, "write for example \"1s\""))
            .collect()
    }
}

const PACE: u32 = 0;
const TIMEOUT: u32 = 1;
/// The results are brought up to date this often.
const TELL: Time = Time::from_secs(1);

/// A port that has not answered yet.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    /// How often it was tried before.
    attempt: u32,
    /// When it was tried last.
    at: Time,
}

#[derive(Debug)]
struct Scan {
    config: Config,
    ports: Vec<u16>,
    /// The next port to be tried for the first time, by its place in the list.
    next: usize,
    waiting: BTreeMap<u16, Waiting>,
    /// Probes in the order of sending: when, to which port, which attempt.
    sent: VecDeque<(Time, u16, u32)>,
    verdicts: BTreeMap<u16, Verdict>,
    prober: Option<Prober>,
    /// No probe leaves earlier.
    next_at: Time,
    told_at: Time,
    /// Whether the timers are under way: one of each at a time.
    pace_set: bool,
    timeout_set: bool,
}

impl Scan {
    /// Sends probes to new ports as far as pace and number allow.
    fn proceed(&mut self, os: &mut dyn Os) {
        while (self.waiting.len() as u64) < self.config.parallel {
            let Some(&port) = self.ports.get(self.next) else { return };
            if os.now() < self.next_at {
                if !std::mem::replace(&mut self.pace_set, true) {
                    os.set_timer(self.next_at - os.now(), PACE);
                }
                return;
            }
            self.next += 1;
            self.next_at = os.now().saturating_add(self.config.interval());
            self.probe(os, port, 0);
        }
    }

    fn probe(&mut self, os: &mut dyn Os, port: u16, attempt: u32) {
        let Some(prober) = &mut self.prober else { return };
        let at = os.now();
        self.waiting.insert(port, Waiting { attempt, at });
        self.sent.push_back((at, port, attempt));
        let probes = os.flow().packets_sent;
        match prober.send(os, port, attempt, probes) {
            Ok(()) => os.flow().packets_sent += 1,
            Err(Errno::ENETUNREACH) => {
                os.flow().errors += 1;
                self.waiting.remove(&port);
                self.verdicts.insert(port, on_connect(Err(Errno::ENETUNREACH)));
            }
            // No answer will come: it is tried again, as if the probe were lost.
            Err(_) => os.flow().errors += 1,
        }
    }

    /// Gives up what has waited too long, or tries it again; sets the timer for what has not.
    fn review(&mut self, os: &mut dyn Os) {
        while let Some(&(at, port, attempt)) = self.sent.front() {
            if self.waiting.get(&port).is_some_and(|waiting| waiting.attempt == attempt) {
                let deadline = at.saturating_add(self.config.timeout);
                if deadline > os.now() {
                    if !std::mem::replace(&mut self.timeout_set, true) {
                        os.set_timer(deadline - os.now(), TIMEOUT);
                    }
                    return;
                }
                self.unanswered(os, port, attempt);
            }
            self.sent.pop_front();
        }
    }

    fn unanswered(&mut self, os: &mut dyn Os, port: u16, attempt: u32) {
        if let Some(prober) = &mut self.prober {
            prober.forget(os, port);
        }
        if attempt < self.config.retries {
            os.flow().retransmits += 1;
            return self.probe(os, port, attempt + 1);
        }
        os.flow().timeouts += 1;
        self.waiting.remove(&port);
        self.verdicts.insert(port, self.config.technique.on_silence());
    }

    fn heard(&mut self, os: &mut dyn Os, port: u16, verdict: Verdict) {
        // An answer that comes late is still an answer, and better than none.
        let is_silence = self.verdicts.get(&port) == Some(&self.config.technique.on_silence());
        if let Some(waiting) = self.waiting.remove(&port) {
            os.round_trip(os.now() - waiting.at);
            self.verdicts.insert(port, verdict);
        } else if is_silence {
            os.flow().timeouts -= 1;
            self.verdicts.insert(port, verdict);
        }
    }

    /// After anything that happened: who is late, whom to try next, what there is to tell.
    fn go_on(&mut self, os: &mut dyn Os) {
        if self.prober.is_none() {
            return;
        }
        self.review(os);
        self.proceed(os);
        // What was refused at once needs no timer; what was sent does.
        self.review(os);
        let is_done = self.next == self.ports.len() && self.waiting.is_empty();
        if is_done || os.now().saturating_sub(self.told_at) >= TELL {
            self.tell(os);
        }
        if is_done {
            let now = os.now();
            os.flow().completed = Some(now);
            os.flow().end_state = Some("done");
            if let Some(mut prober) = self.prober.take() {
                prober.close(os);
            }
        }
    }

    fn tell(&mut self, os: &mut dyn Os) {
        self.told_at = os.now();
        let (technique, verdicts) = (self.config.technique, &self.verdicts);
        let protocol = technique.protocol();
        let (done, of) = (verdicts.len(), self.ports.len());
        let number = if done == of { format!("{of}") } else { format!("{done} of {of}") };
        let seconds = (os.now() - os.flow().started).as_secs_f64();
        let (name, counts) = (technique.name(), report::counts(verdicts));
        let head = format!("{number} {protocol} ports by {name} in {seconds:.2} s: {counts}");
        let details = &mut os.flow().details;
        details.clear();
        details.push(head);
        details.extend(report::lines(protocol, verdicts));
    }
}

impl App for Scan {
    fn start(&mut self, os: &mut dyn Os) {
        let technique = self.config.technique;
        os.flow().opens(technique.protocol(), self.config.to.host.clone());
        match Prober::open(os, technique, self.config.to.address) {
            Ok(prober) => self.prober = Some(prober),
            Err(errno) => return os.flow().fail(errno.name()),
        }
        self.told_at = os.now();
        self.next_at = os.now();
        self.go_on(os);
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        match wake {
            Wake::Timer(PACE) => self.pace_set = false,
            Wake::Timer(TIMEOUT) => self.timeout_set = false,
            Wake::Timer(_) => return,
            Wake::Ready(socket) => {
                let Some(prober) = &mut self.prober else { return };
                for (port, verdict) in prober.hear(os, socket) {
                    self.heard(os, port, verdict);
                }
            }
        }
        self.go_on(os);
    }

    /// Pace, patience and retries hold from the next probe; what is tried, and how, stays.
    fn reconfigure(&mut self, _: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::Scan(config) = spec {
            let Config { interval, parallel, timeout, retries, .. } = *config;
            let stays = self.config.clone();
            self.config = Config { interval, parallel, timeout, retries, ..stays };
        }
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::fake_os::{FakeOs, faulty, settings};
    use super::*;

    fn scan(text: &str) -> AppSpec {
        settings("scan", &format!("to = 'bob'\n{text}")).expect(text)
    }

    #[test]
    fn settings_that_make_no_sense_are_named() {
        for (text, field) in [
            ("ports = []", "ports"),
            ("ports = [0]", "ports"),
            ("ports = ['53/udp']", "ports"),
            ("technique = 'udp'\nports = ['80/tcp']", "ports"),
            ("parallel = 0", "parallel"),
            ("timeout = '0s'", "timeout"),
        ] {
            assert_eq!(faulty(&scan(text)), [field], "{text}");
        }
        let with_port = settings("scan", "to = 'bob:80'").expect("readable");
        assert_eq!(faulty(&with_port), ["to"]);
        assert!(settings("scan", "to = 'bob'\nports = ['1-x']").is_err());
    }

    /// A silent network: probes every 10 ms, each sent again after its own second and a tenth.
    #[test]
    fn silence_is_met_with_a_second_probe() {
        let mut os = FakeOs::silent();
        let mut app = os.start(&scan("ports = ['1-3']\ninterval = '10ms'"));
        os.run(&mut *app, Time::from_secs(10));
        let times = [0, 10, 20, 1100, 1110, 1120].map(Time::from_ms);
        assert_eq!(os.send_times(), times);
        let ports: Vec<u16> = os.sent.iter().map(|sent| sent.to.port()).collect();
        assert_eq!(ports, [1, 2, 3, 1, 2, 3]);
        let flow = &os.flow;
        assert_eq!((flow.packets_sent, flow.retransmits, flow.timeouts), (6, 3, 3));
        assert_eq!(flow.completed, Some(Time::from_ms(2220)));
        assert_eq!(flow.details[0], "3 tcp ports by syn in 2.22 s: 3 filtered");
    }

    #[test]
    fn no_more_probes_than_allowed_are_under_way() {
        let mut os = FakeOs::silent();
        let mut app = os.start(&scan("ports = ['1-4']\nparallel = 2\ntimeout = '1s'\nretries = 0"));
        os.run(&mut *app, Time::from_secs(10));
        assert_eq!(os.send_times(), [0, 1, 1000, 1001].map(Time::from_ms));
    }

    #[test]
    fn a_scan_that_goes_on_tells_how_far_it_is() {
        let mut os = FakeOs::silent();
        let mut app = os.start(&scan("ports = ['1-100']\ninterval = '100ms'\nretries = 0"));
        os.run(&mut *app, Time::from_secs(5));
        assert!(
            os.flow.details[0].contains(" of 100 tcp ports by syn in "),
            "{:?}",
            os.flow.details
        );
        assert_eq!(os.flow.completed, None);
    }
}
