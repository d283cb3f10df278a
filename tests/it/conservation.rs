//! Nothing gets lost without a reason: random networks with random traffic, every packet followed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use portolan::id::ChannelId;
use portolan::observe::{Interest, Observation, Observer, Place};
use portolan::packet::{Packet, Payload};
use portolan::sim::Simulation;
use portolan::units::Time;
use proptest::prelude::*;

use crate::support::load;

/// Where a packet is, as far as an observer can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whereabouts {
    /// In the queue before a link.
    Queued(ChannelId),
    /// On a link.
    Flying(ChannelId),
    /// In a node: about to be sent on, or at its end.
    Inside,
    /// Dropped.
    Gone,
}

/// Follows every packet and notes what cannot be.
#[derive(Debug, Default)]
struct Follower {
    packets: BTreeMap<u64, Whereabouts>,
    flows: BTreeMap<u32, u64>,
    now: Time,
    wrong: Vec<String>,
}

impl Follower {
    fn moves(&mut self, packet: &Packet, to: Whereabouts, may: impl Fn(Whereabouts) -> bool) {
        let number = packet.label.number;
        let from = self.packets.insert(number, to);
        // What was not seen before is a new packet or a copy.
        if from.is_some_and(|from| !may(from)) {
            self.wrong.push(format!("{}: packet {number} went from {from:?} to {to:?}", self.now));
        }
    }

    /// Packets on links and in the queues before them.
    fn under_way(&self) -> usize {
        let under_way =
            |place: &&Whereabouts| matches!(place, Whereabouts::Queued(_) | Whereabouts::Flying(_));
        self.packets.values().filter(under_way).count()
    }
}

impl Observer for Follower {
    fn interest(&self) -> Interest {
        Interest::Everything
    }
    fn observe(&mut self, now: Time, what: &Observation) {
        use Whereabouts::{Flying, Gone, Inside, Queued};
        if now < self.now {
            self.wrong.push(format!("the clock went back from {} to {now}", self.now));
        }
        self.now = now;
        match what {
            Observation::Enqueued { channel, packet, .. } => {
                self.moves(packet, Queued(*channel), |from| from == Inside);
            }
            Observation::TransmitStarted { channel, packet, .. } => {
                self.moves(packet, Flying(*channel), |from| from == Queued(*channel));
            }
            Observation::Received { packet, .. } => {
                self.moves(packet, Inside, |from| matches!(from, Flying(_)));
            }
            Observation::Dropped { packet, place, .. } => {
                self.moves(packet, Gone, |from| match (from, place) {
                    (Queued(on) | Flying(on), Place::Channel(channel)) => on == *channel,
                    // Damaged, too long for the next link, or that link is down.
                    (Inside, _) => true,
                    _ => false,
                });
            }
            Observation::Delivered { flow: Some(flow), .. } => {
                *self.flows.entry(flow.0).or_default() += 1;
            }
            _ => {}
        }
    }
}

/// Queues that are short enough to drop, mark, hold back.
const QUEUES: &[&str] = &[
    "'0p'",
    "'1p'",
    "'5p'",
    "'1000p'",
    "'3kB'",
    "{ kind = 'head-drop', limit = '3p' }",
    "{ kind = 'red', limit = '9kB', min = '1kB', max = '4kB' }",
    "{ kind = 'codel', target = '1ms', interval = '9ms' }",
    "{ kind = 'pie', target = '1ms', tupdate = '1ms' }",
    "{ kind = 'fq_codel', limit = '5p', flows = 4 }",
    "{ kind = 'fq_pie', limit = '5p', flows = 4 }",
    "{ kind = 'sfq', limit = 5, perturb = '9ms' }",
    "{ kind = 'drr', classes = [{ match = { protocol = 'udp' } }, { queue = '2p' }] }",
    "{ kind = 'wfq', limit = '4p' }",
    "{ kind = 'prio' }",
    "{ kind = 'tbf', rate = '200kbps', burst = '2kB' }",
    "{ kind = 'police', rate = '200kbps', burst = '2kB' }",
];

/// A network and what happens in it, as random numbers say.
#[derive(Debug, Clone)]
struct Sketch {
    /// By node: host, router, switch or hub.
    nodes: Vec<u8>,
    /// By node but the first: an earlier node that it is connected to.
    parents: Vec<prop::sample::Index>,
    /// Between any two.
    extra: Vec<(prop::sample::Index, prop::sample::Index)>,
    links: Vec<[u8; 4]>,
    flows: Vec<(prop::sample::Index, prop::sample::Index, [u8; 3])>,
    changes: Vec<(prop::sample::Index, u16, u8)>,
    seed: u64,
}

fn sketches() -> impl Strategy<Value = Sketch> {
    use prop::collection::vec;
    let index = any::<prop::sample::Index>;
    (2..9_usize).prop_flat_map(move |count| {
        (
            vec(0..8_u8, count),
            vec(index(), count - 1),
            vec((index(), index()), 0..3),
            vec(any::<[u8; 4]>(), count + 2),
            vec((index(), index(), any::<[u8; 3]>()), 1..6),
            vec((index(), 0..3000_u16, 0..6_u8), 0..6),
            any::<u64>(),
        )
            .prop_map(|(nodes, parents, extra, links, flows, changes, seed)| Sketch {
                nodes,
                parents,
                extra,
                links,
                flows,
                changes,
                seed,
            })
    })
}

impl Sketch {
    /// Kinds of nodes. The first two are hosts, so that there is somebody to talk to; what has one
    /// link only is a host too.
    fn kind(&self, node: usize) -> &'static str {
        match self.nodes[node] {
            _ if node < 2 => "host",
            0..2 => "host",
            2..5 => "router",
            5..7 => "switch",
            _ => "hub",
        }
    }

    /// A tree, and a few links more between routers, where they make no loop of frames.
    fn ends(&self) -> Vec<(usize, usize)> {
        let mut ends: Vec<_> =
            (1..self.nodes.len()).map(|node| (self.parents[node - 1].index(node), node)).collect();
        for (a, b) in &self.extra {
            let count = self.nodes.len();
            let (a, b) = (a.index(count), b.index(count));
            let is_router = |node| self.kind(node) == "router";
            if a != b && is_router(a) && is_router(b) && !ends.contains(&(a.min(b), a.max(b))) {
                ends.push((a.min(b), a.max(b)));
            }
        }
        ends
    }

    /// The settings of a link; all links of hubs have one rate.
    fn link(&self, index: usize, ends: (usize, usize)) -> String {
        let [rate, impairments, mtu, queue] = self.links[index % self.links.len()];
        let on_hub = self.kind(ends.0) == "hub" || self.kind(ends.1) == "hub";
        let rate = if on_hub { 2 } else { rate % 4 };
        let rate = ["64kbps", "1Mbps", "10Mbps", "1Gbps"][usize::from(rate)];
        let delay = ["0s", "1us", "3ms", "50ms"][(rate.len() + usize::from(queue)) % 4];
        let mtu = [1500, 1500, 576, 300, 68][usize::from(mtu % 5)];
        let queue = QUEUES[usize::from(queue) % QUEUES.len()];
        let mut text =
            format!("rate = '{rate}', delay = '{delay}', mtu = '{mtu}B', queue = {queue}");
        for (bit, setting) in [
            "loss = '10%'",
            "corrupt = '10%'",
            "duplicate = '10%'",
            "jitter = '5ms'",
            "reorder = '20%'",
            "loss = { kind = 'gilbert-elliott', p = '5%', r = '30%' }",
        ]
        .iter()
        .enumerate()
        {
            let on = impairments >> bit & 1 == 1 && (bit != 5 || impairments & 1 == 0);
            if on {
                let _ = write!(text, ", {setting}");
            }
        }
        text
    }

    /// The scenario. Traffic ends at 4 s, and the run at 300 s, when all timers have run out.
    fn text(&self) -> String {
        let mut text = format!("duration = '300s'\nseed = {}\n[nodes]\n", self.seed >> 1);
        for node in 0..self.nodes.len() {
            let kind = self.kind(node);
            let settings = if kind == "switch" { ", spanning-tree = false" } else { "" };
            let _ = writeln!(text, "n{node} = {{ kind = '{kind}' {settings} }}");
        }
        text += "[links]\n";
        let ends = self.ends();
        for (index, &(a, b)) in ends.iter().enumerate() {
            let _ = writeln!(text, "n{a}--n{b} = {{ {} }}", self.link(index, (a, b)));
        }
        text += "[apps]\n";
        let hosts: Vec<_> = (0..self.nodes.len())
            .filter(|&node| matches!(self.kind(node), "host" | "router"))
            .collect();
        for host in &hosts {
            let _ = writeln!(
                text,
                "s{host} = {{ kind = 'udp-server', on = 'n{host}', port = 9, echo = true, service = '10ms', buffer = '4p' }}"
            );
        }
        for (index, (from, to, [size, pace, port])) in self.flows.iter().enumerate() {
            let (from, to) = (hosts[from.index(hosts.len())], hosts[to.index(hosts.len())]);
            let size = [1, 100, 1472, 4000, 20_000][usize::from(size % 5)];
            let kind = ["cbr", "poisson"][usize::from(pace % 2)];
            let interval = ["200us", "5ms", "100ms"][usize::from(pace / 2 % 3)];
            let port = [9, 9, 7][usize::from(port % 3)];
            let _ = writeln!(
                text,
                "f{index} = {{ kind = '{kind}', on = 'n{from}', to = 'n{to}:{port}', size = '{size}B', interval = '{interval}', count = 60, stop = '4s' }}"
            );
        }
        for (link, at, what) in &self.changes {
            let (a, b) = ends[link.index(ends.len())];
            let on_hub = self.kind(a) == "hub" || self.kind(b) == "hub";
            // One link of a hub cannot get another rate.
            let what = if on_hub && *what == 4 { 5 } else { *what };
            let what = [
                "up' = false",
                "up' = true",
                "queue' = '2p'",
                "mtu' = '200B'",
                "rate' = '5Mbps'",
                "loss' = '50%'",
            ][usize::from(what)];
            let _ =
                write!(text, "[[changes]]\nat = '{at}ms'\nset = {{ 'links.n{a}--n{b}.{what} }}\n");
        }
        text
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn every_packet_has_one_life_and_one_end(sketch in sketches()) {
        let scenario = load(&sketch.text());
        let mut simulation = Simulation::new(scenario.plan.clone());
        let mut follower = Follower::default();
        // While packets fly, the store holds them and those that wait for ARP or are on their way
        // from a node to itself.
        for at in [1, 10, 100, 1000, 2000, 4000] {
            simulation.run_until(Time::from_ms(at), &mut follower);
            prop_assert!(simulation.packets_alive() >= follower.under_way());
        }
        simulation.run_until(scenario.duration, &mut follower);
        prop_assert!(follower.wrong.is_empty(), "{}", follower.wrong.join("\n"));
        prop_assert_eq!(follower.under_way(), 0, "all queues and links have drained");
        prop_assert_eq!(simulation.packets_alive(), 0, "and their memory is free");
        let summary = simulation.summary();
        for (index, (name, flow)) in summary.flows.iter().enumerate() {
            let delivered = flow.packets_delivered - flow.duplicates;
            prop_assert!(delivered <= flow.packets_sent, "{index} {name}: {flow:?}");
        }
        for (name, port) in &summary.ports {
            prop_assert_eq!(port.received, port.delivered + port.dropped, "{}", name);
        }
    }
}

/// Nothing but a network of the spanning tree's own messages: they are all accounted for as well.
#[test]
fn spanning_tree_messages_are_seen_from_their_beginning() {
    let scenario = load(
        "duration = '11s'
        nodes = { a = 'switch', b = 'switch', c = 'switch' }
        links = { a--b = {}, b--c = {}, c--a = {} }",
    );
    let mut simulation = Simulation::new(scenario.plan.clone());
    let mut seen = crate::support::Watch::default();
    simulation.run_until(scenario.duration, &mut seen);
    let count = |wanted: fn(&Observation) -> Option<Packet>| {
        let messages = seen.seen.iter().filter_map(|(_, what)| wanted(what));
        messages.filter(|packet| matches!(packet.payload, Payload::Bpdu(_))).count()
    };
    let sent = count(|what| match what {
        Observation::Enqueued { packet, .. } => Some(*packet),
        _ => None,
    });
    let received = count(|what| match what {
        Observation::Received { packet, .. } => Some(*packet),
        _ => None,
    });
    assert!(sent > 20 && sent == received, "{sent} sent, {received} received");
}
