//! Shortest paths: against another algorithm, by known answers, and at size.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{Attachment, Computed, NextHop, Source, Topology, compute};
use super::{Sketch, net, via};
use crate::id::InterfaceId;

/// What a node's computed routes say: prefix, metric, next hops.
type Listed = Vec<(Ipv4Net, u32, Vec<NextHop>)>;

fn listed(computed: &Computed) -> Listed {
    computed.iter().map(|route| (route.prefix, route.metric, route.hops.to_vec())).collect()
}

const FAR: u64 = u64::MAX / 4;

/// Distances between all vertices (nodes, then segments) by Floyd and Warshall's algorithm, where
/// only segments and nodes that forward may lie on the way.
fn all_distances(topology: &Topology) -> Vec<Vec<u64>> {
    let nodes = topology.forwards.len();
    let size = nodes + topology.segments.len();
    let mut distances = vec![vec![FAR; size]; size];
    (0..size).for_each(|vertex| distances[vertex][vertex] = 0);
    for a in topology.attachments.iter().filter(|a| a.up) {
        let onto = &mut distances[a.node][nodes + a.segment];
        *onto = (*onto).min(a.cost.max(1).into());
        distances[nodes + a.segment][a.node] = 0;
    }
    for way in (0..size).filter(|&way| way >= nodes || topology.forwards[way]) {
        for from in 0..size {
            for to in 0..size {
                let around = distances[from][way] + distances[way][to];
                distances[from][to] = distances[from][to].min(around);
            }
        }
    }
    distances
}

/// The routes of `node` by definition: every first step from which the rest of the way is as long
/// as it should be.
fn expected(topology: &Topology, distances: &[Vec<u64>], node: usize) -> Listed {
    let nodes = topology.forwards.len();
    let up = || topology.attachments.iter().filter(|a| a.up);
    let steps: Vec<(&Attachment, &Attachment)> = up()
        .filter(|out| out.node == node)
        .flat_map(|out| up().map(move |next| (out, next)))
        .filter(|(out, next)| next.segment == out.segment && next.node != node)
        .filter(|(_, next)| topology.forwards[next.node])
        .collect();
    let cost = |out: &Attachment| u64::from(out.cost.max(1));
    let hop = |(out, next): &(&Attachment, &Attachment)| NextHop {
        interface: out.interface,
        gateway: Some(next.address),
    };
    let routers: BTreeSet<usize> = steps.iter().map(|(_, next)| next.node).collect();
    if !topology.forwards[node] && routers.len() == 1 {
        let least = steps.iter().map(|(out, _)| cost(out)).min().expect("there is a step");
        let hops: BTreeSet<_> = steps.iter().filter(|s| cost(s.0) == least).map(hop).collect();
        return vec![(net("0.0.0.0/0"), least as u32, hops.into_iter().collect())];
    }
    let is_attached = |segment| up().any(|a| a.node == node && a.segment == segment);
    let reachable = (0..topology.segments.len())
        .filter(|&segment| !is_attached(segment) && distances[node][nodes + segment] < FAR);
    reachable
        .map(|segment| {
            let distance = distances[node][nodes + segment];
            let shortest = steps.iter().filter(|(out, next)| {
                cost(out) + distances[next.node][nodes + segment] == distance
            });
            let hops: BTreeSet<_> = shortest.map(hop).collect();
            (topology.segments[segment], distance as u32, hops.into_iter().collect())
        })
        .collect()
}
/// Small networks of all sorts: several interfaces on a segment, empty segments, lonely nodes.
fn topologies() -> impl Strategy<Value = Topology> {
    let costs = prop_oneof![Just(1_u32..2), Just(0..4), Just(1..1000)];
    (1..8_usize, 1..8_usize, costs).prop_flat_map(|(nodes, segments, costs)| {
        let forwards = vec(prop::bool::weighted(0.75), nodes);
        let attachment = (0..nodes, 0..segments, costs, prop::bool::weighted(0.85));
        (forwards, vec(attachment, 0..24)).prop_map(move |(forwards, attachments)| {
            let segment = |index: usize| net(&format!("10.0.{index}.0/24"));
            let attach = |(index, (node, segment, cost, up))| Attachment {
                node,
                interface: InterfaceId::from_index(index),
                // Later ones have lower addresses: the order of hops must not depend on it.
                address: Ipv4Addr::new(10, 0, segment as u8, 200 - index as u8),
                segment,
                cost,
                up,
            };
            Topology {
                forwards,
                segments: (0..segments).map(segment).collect(),
                attachments: attachments.into_iter().enumerate().map(attach).collect(),
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn routes_agree_with_floyd_and_warshall(topology in topologies()) {
        let distances = all_distances(&topology);
        for (node, computed) in compute(&topology).iter().enumerate() {
            prop_assert_eq!(listed(computed), expected(&topology, &distances, node), "node {}", node);
        }
    }
}

/// `size` times `size` routers; a cable, and so a /30, between neighbours.
fn grid(size: usize) -> Topology {
    let mut sketch = Sketch::nodes(&vec![true; size * size]);
    let mut network = u32::from(Ipv4Addr::new(10, 0, 0, 0));
    for (row, column) in (0..size * size).map(|node| (node / size, node % size)) {
        let node = row * size + column;
        let right = (column + 1 < size).then_some(node + 1);
        let below = (row + 1 < size).then_some(node + size);
        for neighbour in [right, below].into_iter().flatten() {
            let prefix = Ipv4Net::new(Ipv4Addr::from_bits(network), 30).expect("a length");
            sketch.segment(prefix, &[node, neighbour]);
            network += 4;
        }
    }
    sketch.0
}

#[test]
fn a_grid_is_crossed_by_every_way_that_is_not_a_detour() {
    const SIZE: usize = 8;
    let topology = grid(SIZE);
    let computed = compute(&topology);
    let steps = |a: usize, b: usize| (a / SIZE).abs_diff(b / SIZE) + (a % SIZE).abs_diff(b % SIZE);
    let ends = |segment| topology.attachments.iter().filter(move |a| a.segment == segment);
    let metric = |node, segment| {
        1 + ends(segment).map(|end| steps(node, end.node)).min().expect("a cable has ends")
    };
    for (node, computed) in computed.iter().enumerate() {
        let is_far = |&segment: &usize| ends(segment).all(|end| end.node != node);
        let far: Vec<usize> = (0..topology.segments.len()).filter(is_far).collect();
        let routes = listed(computed);
        assert_eq!(routes.len(), far.len());
        for (segment, (prefix, distance, hops)) in far.into_iter().zip(routes) {
            assert_eq!(prefix, topology.segments[segment]);
            assert_eq!(distance as usize, metric(node, segment));
            let neighbours = topology.attachments.iter().filter(|a| steps(a.node, node) == 1);
            let forward = neighbours
                .filter(|a| ends(a.segment).any(|end| end.node == node))
                .filter(|a| metric(a.node, segment) < metric(node, segment));
            let expected: BTreeSet<_> = forward.map(|a| Some(a.address)).collect();
            assert_eq!(hops.iter().map(|hop| hop.gateway).collect::<BTreeSet<_>>(), expected);
        }
    }
}

/// A LAN with a host and two routers, and another network behind both.
fn two_gateways() -> Sketch {
    let mut sketch = Sketch::nodes(&[true, true, false]);
    sketch.segment(net("10.0.0.0/24"), &[0, 1, 2]).segment(net("10.0.1.0/24"), &[0, 1]);
    sketch
}

#[test]
fn a_host_with_one_gateway_gets_a_default_route_only() {
    let mut sketch = two_gateways();
    sketch.attachment(1, 0).up = false;
    sketch.attachment(2, 0).cost = 7;
    let host = &compute(&sketch.0)[2];
    assert_eq!(listed(host), [(net("0.0.0.0/0"), 7, vec![via(0, "10.0.0.1")])]);
    assert_eq!(host.iter().next().map(|route| route.source), Some(Source::Computed));
}

#[test]
fn a_host_with_two_gateways_gets_the_full_table() {
    let hops = vec![via(0, "10.0.0.1"), via(0, "10.0.0.2")];
    assert_eq!(listed(&compute(&two_gateways().0)[2]), [(net("10.0.1.0/24"), 2, hops)]);
}

#[test]
fn a_host_without_a_gateway_gets_nothing() {
    let mut sketch = two_gateways();
    sketch.attachment(2, 0).up = false;
    assert!(compute(&sketch.0)[2].is_empty());
}

#[test]
fn a_node_whose_attachment_is_down_goes_around() {
    let mut sketch = two_gateways();
    sketch.attachment(0, 1).up = false;
    let routes = compute(&sketch.0);
    // Router 0 has lost 10.0.1.0/24 and reaches it through router 1, which needs no route.
    assert_eq!(listed(&routes[0]), [(net("10.0.1.0/24"), 2, vec![via(0, "10.0.0.2")])]);
    assert!(routes[1].is_empty());
    assert_eq!(listed(&routes[2]), [(net("10.0.1.0/24"), 2, vec![via(0, "10.0.0.2")])]);
}

#[test]
fn hosts_do_not_relay() {
    let mut sketch = Sketch::nodes(&[true, false, true]);
    sketch.segment(net("10.0.0.0/30"), &[0, 1]).segment(net("10.0.1.0/30"), &[1, 2]);
    let routes = compute(&sketch.0);
    assert!(routes[0].is_empty() && routes[2].is_empty());
}

#[test]
fn the_nearest_of_several_segments_with_one_prefix_gets_the_packets() {
    let mut sketch = Sketch::nodes(&[true, true, true, true]);
    for (number, ends) in [[0, 1], [1, 2], [2, 3]].iter().enumerate() {
        sketch.segment(net(&format!("10.0.0.{}/30", 4 * number)), ends);
    }
    let anycast = net("10.9.0.0/24");
    sketch.segment(anycast, &[0]).segment(anycast, &[3]);
    let to_anycast = |routes: &[Computed], node: usize| {
        listed(&routes[node]).into_iter().find(|route| route.0 == anycast)
    };
    let routes = compute(&sketch.0);
    assert_eq!(to_anycast(&routes, 0), None);
    assert_eq!(to_anycast(&routes, 1), Some((anycast, 2, vec![via(0, "10.0.0.1")])));
    // A cable between routers 0 and 2 makes both equally near to router 2.
    sketch.segment(net("10.0.0.12/30"), &[0, 2]);
    let hops = vec![via(1, "10.0.0.10"), via(2, "10.0.0.13")];
    assert_eq!(to_anycast(&compute(&sketch.0), 2), Some((anycast, 2, hops)));
}

#[test]
fn costs_do_not_overflow() {
    let mut sketch = Sketch::nodes(&[true; 4]);
    for (number, ends) in [[0, 1], [1, 2], [2, 3]].iter().enumerate() {
        sketch.segment(net(&format!("10.0.{number}.0/30")), ends);
    }
    sketch.0.attachments.iter_mut().for_each(|attachment| attachment.cost = u32::MAX);
    let expected =
        |third, metric| (net(&format!("10.0.{third}.0/30")), metric, vec![via(0, "10.0.0.2")]);
    assert_eq!(listed(&compute(&sketch.0)[0]), [expected(1, u32::MAX), expected(2, u32::MAX)]);
}

#[test]
fn ten_thousand_hosts_around_one_router_get_default_routes() {
    const HOSTS: usize = 10_000;
    let forwards: Vec<bool> = (0..=HOSTS).map(|node| node == HOSTS).collect();
    let attach = |node, interface, segment: usize, address| Attachment {
        node,
        interface: InterfaceId::from_index(interface),
        address: Ipv4Addr::from_bits(address),
        segment,
        cost: 1,
        up: true,
    };
    let base = |host: usize| 0x0a00_0000 + 4 * host as u32;
    let star = Topology {
        forwards: forwards.clone(),
        segments: (0..HOSTS)
            .map(|host| Ipv4Net::new(Ipv4Addr::from_bits(base(host)), 30).expect("a length"))
            .collect(),
        attachments: (0..HOSTS)
            .flat_map(|host| {
                [attach(HOSTS, host, host, base(host) + 1), attach(host, 0, host, base(host) + 2)]
            })
            .collect(),
    };
    let lan = Topology {
        forwards,
        segments: vec![net("10.0.0.0/16")],
        attachments: (0..=HOSTS)
            .map(|node| attach(node, 0, 0, 0x0a00_0001 + node as u32))
            .collect(),
    };
    for (topology, gateway) in [(star, "10.0.0.1"), (lan, "10.0.39.17")] {
        let routes = compute(&topology);
        assert!(routes[HOSTS].is_empty(), "all is connected");
        assert_eq!(listed(&routes[0]), [(net("0.0.0.0/0"), 1, vec![via(0, gateway)])]);
        assert!(routes[..HOSTS].iter().all(|host| host.len() == 1));
    }
}
