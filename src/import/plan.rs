//! What the scenario will have: hosts, their distances, losses by number, processes.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};

use indexmap::IndexMap;

use super::connection::{self, Trace};
use super::datagrams;
use super::dialogue::{CLIENT, Dialogue, Outcome, SERVER};
use super::direction::Nanos;
use super::losses::{self, Missing};
use super::path::{self, NEAR};
use super::read::Capture;
use super::script;
use crate::app::conversation::{Message, Over};
use crate::packet::icmp::{Error, Unreachable};

/// A host: its address, and whether it is the second host with this address: a host that talks to
/// itself becomes two.
pub(super) type HostKey = (Ipv4Addr, bool);

/// A host.
#[derive(Debug, Clone, Default)]
pub(super) struct Host {
    pub(super) name: String,
    /// One-way time to where the capture was made, if anything told it \[ns\].
    pub(super) distance: Option<Nanos>,
    /// TCP ports that its filter closes, and how.
    pub(super) filter: BTreeMap<u16, &'static str>,
    /// Numbers of the packets from it that were lost before the capture could see them.
    pub(super) unseen: Vec<u64>,
}

/// A packet that was captured and did not arrive: which one of those on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lost {
    /// The host at whose link it was lost.
    pub(super) host: HostKey,
    /// Whether it was on its way from that host, and not to it.
    pub(super) up: bool,
    /// Its number on that link in that direction.
    pub(super) number: u64,
}

/// A conversation that will be replayed.
#[derive(Debug, Clone)]
pub(super) struct Talk {
    pub(super) name: String,
    pub(super) over: Over,
    pub(super) client: SocketAddrV4,
    pub(super) server: SocketAddrV4,
    pub(super) hosts: [HostKey; 2],
    /// When the client begins \[ns\].
    pub(super) start: Nanos,
    pub(super) messages: Vec<Message>,
    /// What was captured of it, if it is spoken over TCP.
    pub(super) dialogue: Option<Dialogue>,
    /// Whether somebody listens at the server.
    pub(super) answered: bool,
    /// Its packets, by place in the capture.
    pub(super) packets: Vec<usize>,
    /// When its client gave up, if nothing else tells why it stopped asking \[ns\].
    pub(super) stop: Option<Nanos>,
}

/// Echo requests of one process.
#[derive(Debug, Clone)]
pub(super) struct Pings {
    pub(super) name: String,
    pub(super) hosts: [HostKey; 2],
    pub(super) start: Nanos,
    pub(super) interval: Nanos,
    pub(super) count: u64,
    pub(super) size: u16,
    pub(super) packets: Vec<usize>,
}

/// All that will be in the scenario.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub(super) hosts: IndexMap<HostKey, Host>,
    pub(super) talks: Vec<Talk>,
    pub(super) pings: Vec<Pings>,
    /// The largest packet that fits all links \[bytes\].
    pub(super) mtu: u64,
    /// When the last packet of all this was seen \[ns\].
    pub(super) end: Nanos,
    /// What is not replayed, with how often it was seen.
    pub(super) skipped: BTreeMap<String, u64>,
    /// Lost packets, by their places in the capture.
    pub(super) lost: BTreeMap<usize, Lost>,
}

/// So long after its last SYN a client that gave up is taken to have done so \[ns\].
const PATIENCE: Nanos = 500_000_000;
/// MTU of Ethernet \[bytes\].
const ETHERNET_MTU: u64 = 1500;
/// TCP and IPv4 headers without options \[bytes\].
const HEADERS: u64 = 40;

/// Plans a scenario that replays a capture.
pub(super) fn plan(capture: &Capture) -> Plan {
    let mut plan = Plan { mtu: ETHERNET_MTU, ..Plan::default() };
    for (what, count) in &capture.skipped {
        plan.skipped.insert((*what).to_owned(), *count);
    }
    let traces = connection::traces(&capture.packets);
    let dialogues: Vec<Dialogue> =
        traces.iter().map(|trace| Dialogue::of(trace, &capture.packets)).collect();
    let near = distances(&traces, &dialogues);
    let both = || traces.iter().zip(&dialogues);
    let open = both().filter(|(_, dialogue)| dialogue.outcome == Outcome::Established);
    let open: BTreeSet<SocketAddrV4> = open.map(|(trace, _)| trace.server).collect();
    let mut missing = BTreeMap::new();
    for (trace, dialogue) in traces.iter().zip(dialogues) {
        plan.add_tcp(trace, dialogue, &near, &open, &mut missing);
    }
    for found in datagrams::find(&capture.packets) {
        plan.add_datagrams(found, &near);
    }
    plan.name_hosts();
    plan.name_apps();
    plan.number_losses(capture, &missing);
    plan.set_clock(capture);
    plan
}

/// The two hosts of a conversation.
fn hosts_of(client: SocketAddrV4, server: SocketAddrV4) -> [HostKey; 2] {
    [(*client.ip(), false), (*server.ip(), client.ip() == server.ip())]
}

/// The shortest distances of all hosts.
fn distances(traces: &[Trace], dialogues: &[Dialogue]) -> BTreeMap<HostKey, Nanos> {
    let mut near = BTreeMap::new();
    for (trace, dialogue) in traces.iter().zip(dialogues) {
        let found = path::distances(dialogue);
        for (key, distance) in hosts_of(trace.client, trace.server).into_iter().zip(found) {
            let Some(distance) = distance else { continue };
            let known = near.entry(key).or_insert(distance);
            *known = distance.min(*known);
        }
    }
    near
}

impl Plan {
    fn host(&mut self, key: HostKey, near: &BTreeMap<HostKey, Nanos>) -> &mut Host {
        let host = self.hosts.entry(key).or_default();
        host.distance = near.get(&key).copied();
        host
    }

    fn skip(&mut self, what: &str, count: usize) {
        *self.skipped.entry(what.to_owned()).or_default() += count as u64;
    }

    fn add_tcp(
        &mut self,
        trace: &Trace,
        mut dialogue: Dialogue,
        near: &BTreeMap<HostKey, Nanos>,
        open: &BTreeSet<SocketAddrV4>,
        missing: &mut BTreeMap<usize, u64>,
    ) {
        let hosts = hosts_of(trace.client, trace.server);
        let packets: Vec<usize> = trace.segments.iter().map(|(place, _)| *place).collect();
        match dialogue.outcome {
            Outcome::Stray => {
                let what = "segments of no connection, such as those of scans";
                return self.skip(what, packets.len());
            }
            Outcome::HalfOpen => {
                return self.skip("segments of connections left half open", packets.len());
            }
            Outcome::Refused | Outcome::Established => {}
            // Others were let in: the listener had no room.
            Outcome::Unanswered if open.contains(&trace.server) => {
                dialogue.directions[CLIENT].sent.iter_mut().for_each(|sent| sent.lost = true);
            }
            Outcome::Rejected(_) | Outcome::Unanswered => {
                let action = action(dialogue.outcome);
                let host = self.host(hosts[SERVER], near);
                host.filter.insert(trace.server.port(), action);
            }
        }
        for key in hosts {
            self.host(key, near);
        }
        self.limit_mtu(&dialogue);
        let distances = hosts.map(|key| near.get(&key).copied().unwrap_or(0));
        if dialogue.outcome == Outcome::Established {
            let found = losses::find(&mut dialogue, distances);
            missing.extend(found.iter().filter_map(|found| place(found, &dialogue)));
        }
        self.talks.push(talk(trace, dialogue, distances, packets));
    }

    /// Segments are no longer than both ends allow.
    fn limit_mtu(&mut self, dialogue: &Dialogue) {
        let sizes = dialogue.directions.iter().map(|own| own.syn.and_then(|syn| syn.options.mss));
        let least = sizes.flatten().map(|mss| u64::from(mss) + HEADERS).min();
        let Some(mtu) = least.filter(|mtu| (576..=65_535).contains(mtu)) else { return };
        self.mtu = if self.talks.is_empty() { mtu } else { self.mtu.max(mtu) };
    }

    fn add_datagrams(&mut self, found: datagrams::Found, near: &BTreeMap<HostKey, Nanos>) {
        match found {
            datagrams::Found::Talk(exchange) => {
                let hosts = hosts_of(exchange.client, exchange.server);
                let distances = hosts.map(|key| near.get(&key).copied().unwrap_or(0));
                for key in hosts {
                    self.host(key, near);
                }
                let acts = exchange.acts(distances);
                let begin = acts.first().map_or(0, |act| act.at);
                let arrives = begin + distances[CLIENT] + distances[SERVER];
                self.talks.push(Talk {
                    name: String::new(),
                    over: Over::Udp,
                    client: exchange.client,
                    server: exchange.server,
                    hosts,
                    start: begin,
                    messages: script::messages(&acts, [begin, arrives]),
                    dialogue: None,
                    answered: !exchange.refused,
                    packets: exchange.packets,
                    stop: None,
                });
            }
            datagrams::Found::Pings(pings) => {
                let [from, to] = pings.hosts;
                self.host(from, near);
                self.host(to, near);
                self.pings.push(pings);
            }
            datagrams::Found::Skipped(what, count) => self.skip(what, count),
        }
    }

    /// Why there is nothing to replay.
    pub(super) fn nothing(&self, total: u64) -> String {
        let skipped = self.skipped.iter().map(|(what, count)| format!("{count} {what}"));
        let skipped = Vec::from_iter(skipped).join(", ");
        let found = if skipped.is_empty() { String::new() } else { format!(": {skipped}") };
        format!(
            "nothing in its {total} packets can be replayed{found}; needed are TCP connections, UDP \
             or ping over IPv4"
        )
    }

    /// How far the client and the server of a conversation are from the capture \[ns\].
    pub(super) fn distances(&self, talk: &Talk) -> [Nanos; 2] {
        talk.hosts.map(|key| self.hosts.get(&key).and_then(|host| host.distance).unwrap_or(0))
    }

    fn name_hosts(&mut self) {
        let servers: BTreeSet<HostKey> = self.roles(SERVER);
        let clients: BTreeSet<HostKey> = self.roles(CLIENT);
        let clear = servers.is_disjoint(&clients);
        let mut counts = [0, 0, 0];
        let number = |count: &mut usize| {
            *count += 1;
            *count
        };
        for (key, host) in &mut self.hosts {
            host.name = if clear && clients.contains(key) {
                let count = number(&mut counts[0]);
                if clients.len() == 1 { "client".into() } else { format!("client{count}") }
            } else if clear && servers.contains(key) {
                let count = number(&mut counts[1]);
                if servers.len() == 1 { "server".into() } else { format!("server{count}") }
            } else {
                format!("host{}", number(&mut counts[2]))
            };
        }
    }

    fn roles(&self, side: usize) -> BTreeSet<HostKey> {
        let talks = self.talks.iter().map(|talk| talk.hosts[side]);
        talks.chain(self.pings.iter().map(|pings| pings.hosts[side])).collect()
    }

    fn name_apps(&mut self) {
        let alone = self.talks.len() == 1;
        for (index, talk) in self.talks.iter_mut().enumerate() {
            talk.name = if alone { "talk".into() } else { format!("talk{}", index + 1) };
        }
        let alone = self.pings.len() == 1;
        for (index, pings) in self.pings.iter_mut().enumerate() {
            pings.name = if alone { "ping".into() } else { format!("ping{}", index + 1) };
        }
    }

    /// Whether the capture was made at one of two hosts, so that one link joins them.
    pub(super) fn is_direct(&self) -> bool {
        self.hosts.len() <= 2 && self.hosts.values().any(|host| host.distance.unwrap_or(0) < NEAR)
    }

    /// Moves all times so that nothing begins before zero.
    fn set_clock(&mut self, capture: &Capture) {
        let starts = self.talks.iter().map(|talk| talk.start);
        let starts = starts.chain(self.pings.iter().map(|pings| pings.start));
        let first = starts.min().unwrap_or(0);
        let used = self.talks.iter().flat_map(|talk| &talk.packets);
        let used = used.chain(self.pings.iter().flat_map(|pings| &pings.packets));
        let last = used.map(|packet| capture.packets[*packet].at.as_ns()).max().unwrap_or(0);
        self.end = Nanos::try_from(last).unwrap_or(Nanos::MAX / 4) - first;
        for talk in &mut self.talks {
            talk.start -= first;
            talk.stop = talk.stop.map(|stop| stop - first);
        }
        for pings in &mut self.pings {
            pings.start -= first;
        }
    }
}

impl Talk {
    /// Its packets that were captured and did not arrive.
    pub(super) fn lost(&self) -> BTreeSet<usize> {
        let sent = self.dialogue.iter().flat_map(|dialogue| &dialogue.directions);
        let sent = sent.flat_map(|own| &own.sent);
        sent.filter(|sent| sent.lost).map(|sent| sent.packet).collect()
    }
}

/// What is to be replayed of a connection.
fn talk(trace: &Trace, dialogue: Dialogue, distances: [Nanos; 2], packets: Vec<usize>) -> Talk {
    let beginnings = script::beginnings(&dialogue, distances);
    let answered = dialogue.outcome == Outcome::Established;
    let messages = match answered {
        true => script::messages(&script::acts(&dialogue, distances), beginnings),
        false => Vec::new(),
    };
    let sent = &dialogue.directions[CLIENT].sent;
    let first = sent.first().map_or(0, |sent| sent.at);
    let last = sent.last().map_or(first, |sent| sent.at);
    let round_trip = 2 * (distances[CLIENT] + distances[SERVER]);
    let start = match dialogue.whole {
        true => first - distances[CLIENT],
        false => beginnings[CLIENT] - round_trip,
    };
    Talk {
        name: String::new(),
        over: Over::Tcp,
        client: trace.client,
        server: trace.server,
        hosts: hosts_of(trace.client, trace.server),
        start,
        messages,
        answered,
        packets,
        stop: (dialogue.outcome == Outcome::Unanswered).then_some(last + PATIENCE),
        dialogue: Some(dialogue),
    }
}

/// Before which packet of the capture packets of its sender are missing, and how many.
fn place(found: &Missing, dialogue: &Dialogue) -> Option<(usize, u64)> {
    let before = dialogue.directions[found.side].sent.get(found.before)?;
    Some((before.packet, found.count))
}

/// What a filter did to a SYN.
const fn action(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Rejected(Error::DestinationUnreachable(Unreachable::Port)) => "reject",
        Outcome::Rejected(_) => "reject-prohibited",
        _ => "drop",
    }
}
