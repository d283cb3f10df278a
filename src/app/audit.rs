//! `audit`: lists what listens on its host, and tells what should not: a door that nobody knows
//! of, such as a trojan's.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{App, AppSpec, Configuration, Listening, Os, Wake, check};
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::socket::services::{PortSpec, service_name};
use crate::units::Time;

/// Settings of `audit`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// What may listen; the ports that the scenario gives to applications on this host unless said.
    #[serde(default)]
    pub allowed: Option<Vec<PortSpec>>,
    /// From one audit to the next; only one unless said.
    #[serde(default)]
    pub interval: Option<Time>,
    /// What the scenario's applications on this host listen on; filled in once they are known.
    #[serde(skip)]
    pub declared: Vec<(Protocol, u16)>,
}

impl Config {
    fn allows(&self, door: Door) -> bool {
        match &self.allowed {
            None => self.declared.contains(&door),
            Some(list) => list.iter().any(|port| {
                port.number == door.1 && port.protocol.is_none_or(|protocol| protocol == door.0)
            }),
        }
    }
}

impl Configuration for Config {
    fn build(&self) -> Box<dyn App> {
        Box::new(Audit { config: self.clone(), stray: BTreeMap::new() })
    }
    fn declared(&mut self) -> Option<&mut Vec<(Protocol, u16)>> {
        Some(&mut self.declared)
    }
    fn check(&self) -> Vec<Fault> {
        let interval = self.interval.unwrap_or(Time::MAX);
        Vec::from_iter(check::positive("interval", interval, "write for example \"10s\""))
    }
}

/// A place where something listens.
type Door = (Protocol, u16);

const AGAIN: u32 = 0;
/// UDP sockets from here on are those of clients that wait for answers.
const CLIENTS: u16 = 32_768;

#[derive(Debug)]
struct Audit {
    config: Config,
    /// What was found that is not allowed, and when first.
    stray: BTreeMap<Door, Time>,
}

impl Audit {
    fn look(&mut self, os: &mut dyn Os) {
        let now = os.now();
        let mut doors: BTreeMap<Door, bool> = BTreeMap::new();
        for Listening { protocol, local, .. } in os.listening() {
            let door = (protocol, local.port());
            let is_client = protocol == Protocol::Udp && local.port() >= CLIENTS;
            let allowed = self.config.allows(door);
            if allowed || !is_client {
                doors.insert(door, allowed);
            }
            if !allowed && !is_client {
                self.stray.entry(door).or_insert(now);
            }
        }
        let found = self.stray.len();
        let lines = self.lines(now, &doors);
        let flow = os.flow();
        flow.details = lines;
        flow.errors = found as u64;
        flow.end_state = Some(if found == 0 { "clean" } else { "stray" });
        match self.config.interval {
            Some(interval) => os.set_timer(interval, AGAIN),
            None => flow.completed = Some(now),
        }
    }

    fn lines(&self, now: Time, doors: &BTreeMap<Door, bool>) -> Vec<String> {
        let (open, stray) = (doors.len(), self.stray.len());
        let mut lines = vec![format!("at {now}: {open} open, {stray} found that nobody declared")];
        let gone = self.stray.keys().filter(|door| !doors.contains_key(door));
        let shut: Vec<Door> = gone.copied().collect();
        for door in doors.keys().chain(&shut) {
            let (protocol, port) = *door;
            let name = service_name(port, protocol).unwrap_or("unknown");
            let verdict = match (self.stray.get(door), doors.contains_key(door)) {
                (None, _) => "allowed".to_owned(),
                (Some(since), true) => format!("NOT ALLOWED, first seen at {since}"),
                (Some(since), false) => format!("NOT ALLOWED, first seen at {since}, now shut"),
            };
            let place = format!("{port}/{protocol}");
            lines.push(format!("{place:<9}  {name:<12}  {verdict}"));
        }
        lines
    }
}

impl App for Audit {
    fn start(&mut self, os: &mut dyn Os) {
        self.look(os);
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        if wake == Wake::Timer(AGAIN) && self.config.interval.is_some() {
            self.look(os);
        }
    }

    /// Holds from the next audit.
    fn reconfigure(&mut self, _: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::Audit(config) = spec {
            self.config = config.clone();
        }
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::fake_os::{faulty, settings};
    use super::*;

    #[test]
    fn a_port_without_protocol_is_allowed_in_both() {
        let config = |text: &str| match settings("audit", text).expect(text) {
            AppSpec::Audit(config) => config,
            other => unreachable!("{other:?}"),
        };
        let listed = config("allowed = ['domain', '22/tcp']");
        for (door, allowed) in [
            ((Protocol::Tcp, 53), true),
            ((Protocol::Udp, 53), true),
            ((Protocol::Tcp, 22), true),
            ((Protocol::Udp, 22), false),
            ((Protocol::Tcp, 31_337), false),
        ] {
            assert_eq!(listed.allows(door), allowed, "{door:?}");
        }
        let mut declared = config("");
        declared.declared().expect("wants to know").push((Protocol::Tcp, 80));
        assert!(declared.allows((Protocol::Tcp, 80)) && !declared.allows((Protocol::Udp, 80)));
    }

    #[test]
    fn settings_that_make_no_sense_are_named() {
        let never = settings("audit", "interval = '0s'").expect("readable");
        assert_eq!(faulty(&never), ["interval"]);
    }
}
