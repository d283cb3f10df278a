//! Several bridges on segments: a segment is a cable with two ends, a hub with many, or a
//! cable that leads from a bridge back to itself.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::unionfind::UnionFind;
use proptest::prelude::*;

use super::*;

const DELAY: Time = Time::from_us(10);
/// The default configuration's 2 × forward delay, and what messages need to spread.
const CONVERGED: Time = Time::from_secs(35);
/// After a failure the old information must age first.
const RECONVERGED: Time = Time::from_secs(20 + 35);

fn s(seconds: u64) -> Time {
    Time::from_secs(seconds)
}

/// An attachment: the bridge's place and the interface.
type End = (usize, InterfaceId);

struct Network {
    now: Time,
    bridges: Vec<Bridge>,
    segments: Vec<Vec<End>>,
    /// Segments that lose everything though no interface notices.
    dead: BTreeSet<usize>,
    flying: BTreeMap<(Time, usize), (End, Bpdu)>,
    sent: usize,
}

impl Network {
    /// Bridges with these priorities, and on each segment the bridges named, each by an
    /// interface of its own with the segment's cost.
    fn new(priorities: &[u16], segments: &[(u32, Vec<usize>)]) -> Self {
        let mut interfaces = vec![Vec::new(); priorities.len()];
        let mut ends = vec![Vec::new(); segments.len()];
        for (segment, (cost, bridges)) in segments.iter().enumerate() {
            for &bridge in bridges {
                ends[segment].push((bridge, InterfaceId::from_index(interfaces[bridge].len())));
                interfaces[bridge].push(InterfaceConfig { cost: *cost, edge: false, up: true });
            }
        }
        let bridges = (0..)
            .zip(priorities.iter().zip(&interfaces))
            .map(|(n, (&priority, interfaces))| {
                let config = SwitchConfig { priority, ..SwitchConfig::default() };
                Bridge::new(Time::ZERO, Mac::numbered(n), &config, interfaces)
            })
            .collect();
        Self {
            now: Time::ZERO,
            bridges,
            segments: ends,
            dead: BTreeSet::new(),
            flying: BTreeMap::new(),
            sent: 0,
        }
    }

    /// Cables of cost 19 between bridges of equal priority.
    fn cables(bridges: usize, cables: &[[usize; 2]]) -> Self {
        let segments: Vec<_> = cables.iter().map(|ends| (19, ends.to_vec())).collect();
        Self::new(&vec![32_768; bridges], &segments)
    }

    fn send_all(&mut self) {
        for from in 0..self.bridges.len() {
            while let Some((interface, bpdu)) = self.bridges[from].poll_transmit() {
                self.send((from, interface), bpdu);
            }
        }
    }

    fn send(&mut self, from: End, bpdu: Bpdu) {
        let segment = self.segment_of(from);
        if self.dead.contains(&segment) {
            return;
        }
        for &to in self.segments[segment].iter().filter(|&&end| end != from) {
            self.sent += 1;
            self.flying.insert((self.now + DELAY, self.sent), (to, bpdu));
        }
    }

    fn segment_of(&self, end: End) -> usize {
        self.segments.iter().position(|ends| ends.contains(&end)).expect("all are attached")
    }

    fn run(&mut self, until: Time) {
        loop {
            self.send_all();
            self.assert_no_loop();
            let timer = self.bridges.iter().filter_map(Bridge::poll_timeout).min();
            let arrival = self.flying.first_key_value().map(|(&(at, _), _)| at);
            let Some(next) = timer.into_iter().chain(arrival).min().filter(|&at| at <= until)
            else {
                break;
            };
            assert!(next >= self.now, "time runs backwards");
            self.now = next;
            if arrival == Some(next) {
                let (_, ((bridge, interface), bpdu)) = self.flying.pop_first().expect("peeked");
                self.bridges[bridge].handle_bpdu(next, interface, &bpdu);
            } else {
                self.bridges.iter_mut().for_each(|bridge| bridge.handle_timeout(next));
            }
        }
        self.now = until;
    }

    fn set_links(&mut self, segment: usize, up: bool) {
        for (bridge, interface) in self.segments[segment].clone() {
            self.bridges[bridge].set_link(self.now, interface, up);
        }
    }

    /// Bridges and segments joined where frames pass, and whether a loop was closed.
    fn joined(&self) -> (UnionFind<usize>, bool) {
        let mut joined = UnionFind::new(self.bridges.len() + self.segments.len());
        let mut no_loop = true;
        for (segment, ends) in self.segments.iter().enumerate() {
            for &(bridge, interface) in ends {
                if self.bridges[bridge].forwards(interface) && !self.dead.contains(&segment) {
                    no_loop &= joined.union(bridge, self.bridges.len() + segment);
                }
            }
        }
        (joined, !no_loop)
    }

    fn assert_no_loop(&self) {
        assert!(!self.joined().1, "a loop at {}", self.now);
    }

    fn is_up(&self, segment: usize) -> bool {
        !self.dead.contains(&segment)
            && self.segments[segment]
                .iter()
                .all(|&(bridge, interface)| self.bridges[bridge].role(interface) != Role::Disabled)
    }

    /// The cost of the cheapest way from every bridge to `root`, found by relaxation.
    fn distances(&self, root: usize) -> Vec<u32> {
        let mut distances = vec![u32::MAX; self.bridges.len()];
        distances[root] = 0;
        for _ in &self.bridges {
            for segment in (0..self.segments.len()).filter(|&n| self.is_up(n)) {
                for &(from, _) in &self.segments[segment] {
                    for &(to, interface) in &self.segments[segment] {
                        let step = self.bridges[to].interfaces[interface.index()].config.cost;
                        let way = distances[from].saturating_add(step);
                        distances[to] = distances[to].min(way);
                    }
                }
            }
        }
        distances
    }

    /// All that the standard promises of a tree at rest, if the network is connected.
    fn assert_tree(&self) {
        let root = (0..self.bridges.len()).min_by_key(|&n| self.bridges[n].id()).expect("some");
        let distances = self.distances(root);
        for (bridge, distance) in self.bridges.iter().zip(distances) {
            assert_eq!(bridge.root(), self.bridges[root].id());
            assert_eq!(bridge.root_path_cost(), distance);
        }
        let (joined, _) = self.joined();
        for bridge in 0..self.bridges.len() {
            assert!(joined.equiv(bridge, root), "bridge {bridge} is cut off");
        }
        for (segment, ends) in self.segments.iter().enumerate().filter(|&(n, _)| self.is_up(n)) {
            let in_role = |role| {
                ends.iter()
                    .filter(|&&(b, interface)| self.bridges[b].role(interface) == role)
                    .count()
            };
            assert!(joined.equiv(self.bridges.len() + segment, root), "segment {segment}");
            assert_eq!(in_role(Role::Designated), 1, "segment {segment}");
            assert_eq!(in_role(Role::Root) + in_role(Role::Alternate) + 1, ends.len());
        }
    }

    /// The segments that some interface blocks.
    fn blocked(&self) -> Vec<usize> {
        let blocks =
            |&(bridge, interface): &End| self.bridges[bridge].role(interface) == Role::Alternate;
        (0..self.segments.len()).filter(|&n| self.segments[n].iter().any(blocks)).collect()
    }
}

#[test]
fn one_switch_listens_and_learns_for_thirty_seconds() {
    let mut network = Network::new(&[32_768], &[(19, vec![0])]);
    for (seconds, state) in [(0, State::Listening), (15, State::Learning), (30, State::Forwarding)]
    {
        network.run(s(seconds));
        assert_eq!(network.bridges[0].state(InterfaceId(0)), state, "at {seconds} s");
    }
    assert!(network.bridges[0].is_root());
}

#[test]
fn a_triangle_blocks_the_link_far_from_the_root() {
    let mut network = Network::cables(3, &[[0, 1], [1, 2], [2, 0]]);
    network.run(CONVERGED);
    network.assert_tree();
    assert_eq!(network.blocked(), [1]);
    // Of two equal ways the bridge with the lower identifier speaks for the link.
    assert_eq!(network.bridges[1].role(InterfaceId(1)), Role::Designated);
    assert_eq!(network.bridges[2].role(InterfaceId(0)), Role::Alternate);
    assert_eq!(network.bridges[2].state(InterfaceId(0)), State::Blocking);
}

#[test]
fn well_known_shapes() {
    let square_with_diagonal = Network::cables(4, &[[0, 1], [1, 2], [2, 3], [3, 0], [0, 2]]);
    let ring_of_five = Network::cables(5, &[[0, 1], [1, 2], [2, 3], [3, 4], [4, 0]]);
    for (mut network, blocked) in [(square_with_diagonal, vec![1, 2]), (ring_of_five, vec![2])] {
        network.run(CONVERGED);
        network.assert_tree();
        assert_eq!(network.blocked(), blocked);
    }
}

#[test]
fn of_parallel_links_the_cheaper_and_then_the_first_wins() {
    let mut equal = Network::cables(2, &[[0, 1], [0, 1]]);
    equal.run(CONVERGED);
    equal.assert_tree();
    assert_eq!(equal.blocked(), [1]);
    let mut faster = Network::new(&[32_768; 2], &[(19, vec![0, 1]), (4, vec![0, 1])]);
    faster.run(CONVERGED);
    faster.assert_tree();
    assert_eq!(faster.blocked(), [0]);
}

#[test]
fn a_bridge_that_hears_itself_blocks_the_worse_interface() {
    let mut cable = Network::cables(1, &[[0, 0]]);
    for second in 1..60 {
        // Regular messages keep the information from ageing.
        cable.run(s(second));
        assert_eq!(cable.bridges[0].role(InterfaceId(1)), Role::Alternate, "at {second} s");
    }
    cable.assert_tree();
    // With a worse identifier it takes its old self for the root until that is too old.
    let config = SwitchConfig { priority: 61_440, ..SwitchConfig::default() };
    cable.bridges[0].set_config(cable.now, &config);
    assert!(!cable.bridges[0].is_root() && cable.bridges[0].hello_at.is_none());
    cable.run(cable.now + RECONVERGED);
    cable.assert_tree();
    let states = |bridge: &Bridge| [0, 1].map(|n| bridge.state(InterfaceId(n)));
    assert_eq!(states(&cable.bridges[0]), [State::Forwarding, State::Blocking]);
    // Two interfaces on one hub, with another bridge there.
    let mut hub = Network::new(&[32_768; 2], &[(19, vec![0, 0, 1])]);
    hub.run(CONVERGED);
    hub.assert_tree();
    assert_eq!(states(&hub.bridges[0]), [State::Forwarding, State::Blocking]);
}

#[test]
fn its_own_echo_on_the_same_interface_changes_nothing() {
    let mut network = Network::new(&[32_768], &[(19, vec![0])]);
    network.run(CONVERGED);
    network.bridges[0].handle_timeout(s(36));
    while let Some((interface, bpdu)) = network.bridges[0].poll_transmit() {
        network.bridges[0].handle_bpdu(s(36), interface, &bpdu);
    }
    assert_eq!(network.bridges[0].role(InterfaceId(0)), Role::Designated);
    assert!(network.bridges[0].forwards(InterfaceId(0)));
}

#[test]
fn the_priority_decides_before_the_address() {
    let mut network = Network::new(
        &[32_768, 32_768, 4096],
        &[(19, vec![0, 1]), (19, vec![1, 2]), (19, vec![2, 0])],
    );
    network.run(CONVERGED);
    network.assert_tree();
    assert!(network.bridges[2].is_root());
    let config = SwitchConfig { priority: 0, ..SwitchConfig::default() };
    network.bridges[1].set_config(network.now, &config);
    network.run(network.now + CONVERGED);
    network.assert_tree();
    assert!(network.bridges[1].is_root());
}

#[test]
fn a_noticed_failure_heals_within_two_forward_delays_and_back() {
    let mut network = Network::cables(3, &[[0, 1], [1, 2], [2, 0]]);
    network.run(CONVERGED);
    network.set_links(2, false);
    network.run(network.now + s(29));
    assert_eq!(network.bridges[2].state(InterfaceId(0)), State::Learning);
    network.run(network.now + s(2));
    network.assert_tree();
    network.set_links(2, true);
    network.run(network.now + CONVERGED);
    network.assert_tree();
    assert_eq!(network.blocked(), [1]);
}

#[test]
fn an_unnoticed_failure_is_noticed_by_age() {
    let mut network = Network::cables(3, &[[0, 1], [1, 2], [2, 0]]);
    network.run(CONVERGED);
    network.dead.insert(2);
    network.run(network.now + s(17));
    assert_eq!(network.bridges[2].role(InterfaceId(1)), Role::Root);
    network.run(network.now + s(4));
    assert_eq!(network.bridges[2].role(InterfaceId(0)), Role::Root);
    network.run(network.now + s(31));
    network.assert_no_loop();
    assert!((0..3).all(|n| network.bridges[n].root() == network.bridges[0].id()));
    assert!(network.bridges[2].forwards(InterfaceId(0)));
}

#[test]
fn another_bridge_becomes_root_when_the_root_dies() {
    let mut network = Network::cables(4, &[[0, 1], [1, 2], [2, 3], [3, 1], [0, 2]]);
    network.run(CONVERGED);
    network.set_links(0, false);
    network.set_links(4, false);
    network.run(network.now + RECONVERGED);
    network.assert_no_loop();
    for bridge in &network.bridges[1..] {
        assert_eq!(bridge.root(), network.bridges[1].id());
    }
    let (joined, _) = network.joined();
    assert!(joined.equiv(1, 2) && joined.equiv(1, 3));
}

#[test]
fn a_change_of_topology_is_told_to_all_and_forgotten_again() {
    let mut network = Network::cables(5, &[[0, 1], [1, 2], [2, 3], [3, 4], [4, 0]]);
    network.run(s(100));
    let ageing = |network: &Network| {
        network.bridges.iter().map(Bridge::ageing_time).collect::<BTreeSet<_>>()
    };
    assert_eq!(ageing(&network), [s(300)].into());
    // Bridge 3 keeps what 2 told it until that is too old: twenty seconds pass first.
    network.set_links(1, false);
    network.run(network.now + RECONVERGED);
    network.assert_tree();
    assert_eq!(ageing(&network), [s(15)].into());
    network.run(network.now + s(35));
    assert_eq!(ageing(&network), [s(300)].into());
    assert!(network.bridges.iter().all(|bridge| bridge.notify_at.is_none()));
}

fn edge_switch() -> Bridge {
    let edge = InterfaceConfig { cost: 19, edge: true, up: true };
    Bridge::new(Time::ZERO, Mac::numbered(9), &SwitchConfig::default(), &[edge, edge])
}

#[test]
fn an_edge_forwards_at_once_until_a_bridge_is_heard() {
    let mut bridge = edge_switch();
    assert!(bridge.forwards(InterfaceId(0)) && bridge.forwards(InterfaceId(1)));
    assert_eq!(bridge.ageing_time(), s(300), "no change of topology");
    let mut other = Bridge::new(
        Time::ZERO,
        Mac::numbered(1),
        &SwitchConfig::default(),
        &[InterfaceConfig { cost: 19, edge: false, up: true }],
    );
    let (_, bpdu) = other.poll_transmit().expect("it says hello");
    bridge.handle_bpdu(s(1), InterfaceId(0), &bpdu);
    assert_eq!(bridge.state(InterfaceId(0)), State::Listening);
    assert_eq!(bridge.role(InterfaceId(0)), Role::Root);
    assert!(bridge.forwards(InterfaceId(1)));
    bridge.set_link(s(2), InterfaceId(0), false);
    bridge.set_link(s(3), InterfaceId(0), true);
    assert!(bridge.forwards(InterfaceId(0)), "plugged in anew, it is an edge again");
}

#[test]
fn a_loop_between_edges_is_found_by_the_first_message() {
    let mut bridge = edge_switch();
    let (interface, bpdu) = bridge.poll_transmit().expect("it says hello");
    assert_eq!(interface, InterfaceId(0));
    bridge.handle_bpdu(Time::ZERO, InterfaceId(1), &bpdu);
    assert_eq!(bridge.role(InterfaceId(1)), Role::Alternate);
    assert!(!bridge.forwards(InterfaceId(1)));
}

#[test]
fn answers_wait_for_the_hold_time_and_become_one() {
    let interface = InterfaceConfig { cost: 19, edge: false, up: true };
    let [mut better, mut worse] = [1, 2].map(|n| {
        let config = SwitchConfig::default();
        Bridge::new(Time::ZERO, Mac::numbered(n), &config, &[interface])
    });
    let (_, claim) = worse.poll_transmit().expect("it says hello");
    assert!(better.poll_transmit().is_some());
    for ms in [100, 200] {
        better.handle_bpdu(Time::from_ms(ms), InterfaceId(0), &claim);
        assert_eq!(better.poll_transmit(), None);
    }
    assert_eq!(better.poll_timeout(), Some(HOLD_TIME));
    better.handle_timeout(HOLD_TIME);
    assert!(better.poll_transmit().is_some());
    assert_eq!(better.poll_transmit(), None);
    assert_eq!(better.poll_timeout(), Some(s(2)));
}

/// A second for each bridge on the way: twenty of them are reached and told at once, a
/// twenty-first never.
#[test]
fn a_tree_may_be_as_deep_as_the_max_age() {
    let line = |bridges: usize| {
        let cables: Vec<_> = (1..bridges).map(|n| [n - 1, n]).collect();
        Network::cables(bridges, &cables)
    };
    let mut deepest = line(20);
    deepest.run(s(60));
    deepest.assert_tree();
    let mut too_deep = line(22);
    let root = too_deep.bridges[0].id();
    for second in 60..120 {
        too_deep.run(s(second));
        assert!(too_deep.bridges[21].root() != root, "at {second} s");
    }
}

#[test]
fn only_the_root_speaks_and_old_messages_are_not_heeded() {
    let mut network = Network::cables(2, &[[0, 1]]);
    network.run(s(100));
    let sent = network.sent;
    network.run(s(200));
    assert_eq!(network.sent - sent, 50, "one message every two seconds");
    let bridge = &mut network.bridges[1];
    let Some(claim) = bridge.root_interface.map(|ix| bridge.interfaces[ix].best) else {
        panic!("it has a root interface")
    };
    let old = Configuration {
        topology_change: true,
        topology_change_ack: false,
        root: claim.root,
        root_path_cost: claim.cost,
        bridge: claim.bridge,
        port: claim.port,
        message_age: s(20),
        max_age: s(20),
        hello_time: s(2),
        forward_delay: s(15),
    };
    bridge.handle_bpdu(s(200), InterfaceId(0), &Bpdu::Configuration(old));
    assert_eq!((bridge.ageing_time(), bridge.poll_transmit()), (s(300), None));
}

/// Settings outside the standard's ranges must not stop the clock.
#[test]
fn zero_times_still_advance() {
    let config = SwitchConfig {
        hello_time: Time::ZERO,
        max_age: Time::ZERO,
        forward_delay: Time::ZERO,
        ..SwitchConfig::default()
    };
    let interface = InterfaceConfig { cost: 19, edge: false, up: true };
    let mut bridge = Bridge::new(Time::ZERO, Mac::numbered(1), &config, &[interface]);
    bridge.handle_timeout(Time::ZERO);
    assert!(bridge.forwards(InterfaceId(0)));
    assert_eq!(bridge.poll_timeout(), Some(HOLD_TIME));
}

/// A connected network: each bridge after the first hangs on an earlier one, and then there
/// are cables, hubs and loops between any.
fn networks() -> impl Strategy<Value = (Vec<u16>, Vec<(u32, Vec<usize>)>)> {
    (2_usize..8).prop_flat_map(|bridges| {
        let priorities =
            prop::collection::vec(prop::sample::select(vec![0, 4096, 32_768]), bridges);
        let tree = (1..bridges).map(|n| (1_u32..100, 0..n).prop_map(move |(c, m)| (c, vec![n, m])));
        let more = (1_u32..100, prop::collection::vec(0..bridges, 1..4));
        let segments = (tree.collect::<Vec<_>>(), prop::collection::vec(more, 0..8));
        (priorities, segments.prop_map(|(tree, more)| [tree, more].concat()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_network_becomes_a_tree_without_ever_looping(
        (priorities, segments) in networks(),
        victim in any::<prop::sample::Index>(),
    ) {
        let mut network = Network::new(&priorities, &segments);
        network.run(CONVERGED);
        network.assert_tree();
        // A cable pulled and put back may cut the network in two for a while.
        let victim = victim.index(segments.len());
        network.set_links(victim, false);
        network.run(network.now + RECONVERGED);
        network.set_links(victim, true);
        network.run(network.now + RECONVERGED);
        network.assert_tree();
    }
}
