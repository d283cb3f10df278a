//! The table: longest prefix, preferences, changes, print.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use ipnet::Ipv4Net;
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::prefix::Prefixes;
use super::super::{Computed, NextHop, Routes, Source};
use super::{address, net, on_link, via};

/// Routes for which every hop's interface is the index of its prefix in `prefixes`.
fn computed(prefixes: &[Ipv4Net]) -> Computed {
    let list = Arc::new(Prefixes::new(prefixes.iter().copied()));
    let mut groups = vec![0; list.len()];
    let mut hops = Vec::new();
    for (index, &prefix) in prefixes.iter().enumerate() {
        hops.push(Box::from([via(index as u16, "10.0.0.9")]));
        groups[list.position(prefix).expect("is in the list")] = hops.len() as u32;
    }
    Computed::new(list, &groups, &groups, hops)
}

fn interfaces(hops: Option<&[NextHop]>) -> Vec<u16> {
    hops.unwrap_or_default().iter().map(|hop| hop.interface.0).collect()
}

#[test]
fn the_longest_prefix_decides_then_the_source() {
    let mut routes = Routes::default();
    routes.insert(net("10.0.0.0/8"), Source::Connected, 0, vec![on_link(1)]);
    routes.insert(net("10.1.0.0/16"), Source::Computed, 3, vec![via(2, "10.9.9.9")]);
    routes.insert(net("10.1.0.0/16"), Source::Static, 9, vec![via(3, "10.9.9.9")]);
    assert_eq!(interfaces(routes.lookup(address("10.1.2.3"))), [3]);
    assert_eq!(interfaces(routes.lookup(address("10.2.2.3"))), [1]);
    assert_eq!(routes.lookup(address("11.0.0.0")), None);
    routes.insert(net("0.0.0.0/0"), Source::Static, 0, vec![via(4, "10.9.9.9")]);
    assert_eq!(interfaces(routes.lookup(address("11.0.0.0"))), [4]);
    assert!(routes.remove(net("10.1.0.0/16"), Source::Static));
    assert!(!routes.remove(net("10.1.0.0/16"), Source::Static));
    assert_eq!(interfaces(routes.lookup(address("10.1.2.3"))), [2]);
}

#[test]
fn inserting_again_replaces_and_hops_are_sorted() {
    let mut routes = Routes::default();
    let prefix = net("10.0.0.7/24");
    routes.insert(prefix, Source::Static, 1, vec![on_link(1)]);
    let hops = vec![via(2, "10.0.0.3"), via(2, "10.0.0.2"), via(1, "10.0.0.9"), via(2, "10.0.0.3")];
    routes.insert(prefix, Source::Static, 2, hops);
    let route = routes.lookup_route(address("10.0.0.200")).expect("a route");
    assert_eq!((route.prefix, route.metric, route.source), (net("10.0.0.0/24"), 2, Source::Static));
    assert_eq!(route.hops, [via(1, "10.0.0.9"), via(2, "10.0.0.2"), via(2, "10.0.0.3")]);
    assert_eq!(routes.iter().count(), 1);
}

#[test]
fn a_route_without_hops_hides_shorter_prefixes() {
    let mut routes = Routes::default();
    routes.insert(net("0.0.0.0/0"), Source::Static, 0, vec![via(0, "10.0.0.1")]);
    routes.insert(net("10.9.0.0/16"), Source::Static, 0, vec![]);
    assert_eq!(routes.lookup(address("10.9.1.1")), None);
    assert_eq!(
        routes.lookup_route(address("10.9.1.1")).map(|r| r.prefix),
        Some(net("10.9.0.0/16"))
    );
    assert!(routes.lookup(address("10.8.1.1")).is_some());
}

#[test]
fn new_computed_routes_replace_computed_routes_only() {
    let mut routes = Routes::default();
    routes.insert(net("10.0.0.0/24"), Source::Connected, 0, vec![on_link(7)]);
    routes.insert(net("10.0.1.0/24"), Source::Computed, 0, vec![on_link(8)]);
    routes.set_computed(computed(&[net("10.0.2.0/24"), net("10.0.0.0/24")]));
    let looked_up = |routes: &Routes, to| interfaces(routes.lookup(address(to)));
    assert_eq!(looked_up(&routes, "10.0.0.1"), [7]);
    assert_eq!(looked_up(&routes, "10.0.1.1"), [0; 0]);
    assert_eq!(looked_up(&routes, "10.0.2.1"), [0]);
    assert!(routes.remove(net("10.0.0.0/24"), Source::Connected));
    assert_eq!(looked_up(&routes, "10.0.0.1"), [1]);
    assert!(routes.remove(net("10.0.0.0/24"), Source::Computed));
    assert_eq!(looked_up(&routes, "10.0.0.1"), [0; 0]);
    routes.set_computed(Computed::default());
    assert_eq!(routes, Routes::default());
}

#[test]
fn a_table_prints_like_ip_route() {
    let mut routes = Routes::default();
    routes.insert(net("10.0.0.4/30"), Source::Connected, 0, vec![on_link(0)]);
    routes.insert(net("10.0.0.9/32"), Source::Static, 0, vec![via(0, "10.0.0.6")]);
    routes.insert(net("192.0.2.0/24"), Source::Static, 0, vec![]);
    let hops = vec![via(1, "10.0.1.1"), via(0, "10.0.0.6")];
    routes.insert(net("10.0.2.0/24"), Source::Computed, 20, hops);
    routes.insert(net("0.0.0.0/0"), Source::Static, 5, vec![via(0, "10.0.0.6")]);
    let expected = "\
default via 10.0.0.6 dev eth0 proto static metric 5
10.0.0.4/30 dev eth0 proto kernel scope link
10.0.0.9 via 10.0.0.6 dev eth0 proto static
10.0.2.0/24 proto computed metric 20
\tnexthop via 10.0.0.6 dev eth0 weight 1
\tnexthop via 10.0.1.1 dev eth1 weight 1
unreachable 192.0.2.0/24 proto static
";
    assert_eq!(routes.to_string(), expected);
}

/// Prefixes that often contain, touch or equal each other: few distinct bits, all lengths.
fn prefixes() -> impl Strategy<Value = Ipv4Net> {
    let crowded = any::<u32>().prop_map(|bits| 0x0a00_0000 | bits & 0x0030_3033);
    let address = prop_oneof![4 => crowded, 1 => any::<u32>()];
    let length = prop_oneof![1 => 0_u8..=32, 2 => 24_u8..=32];
    (address, length).prop_map(|(bits, length)| {
        Ipv4Net::new(Ipv4Addr::from_bits(bits), length).expect("a length of at most 32")
    })
}

fn sources() -> impl Strategy<Value = Source> {
    prop_oneof![Just(Source::Connected), Just(Source::Static), Just(Source::Computed)]
}

proptest! {
    #[test]
    fn lookups_agree_with_a_linear_scan(
        dense in vec(prefixes(), 0..40),
        removed in vec(prefixes(), 0..40),
        inserted in vec((prefixes(), sources()), 0..12),
        to in vec(prefixes(), 1..40),
    ) {
        let mut routes = Routes::default();
        // By prefix, source and whether inserted later than the others of its kind.
        let mut all = BTreeMap::new();
        routes.set_computed(computed(&dense));
        for (index, prefix) in dense.iter().enumerate() {
            all.insert((prefix.trunc(), Source::Computed, true), index as u16);
        }
        for prefix in removed {
            let was_there = all.remove(&(prefix.trunc(), Source::Computed, true)).is_some();
            prop_assert_eq!(routes.remove(prefix, Source::Computed), was_there);
        }
        for (index, &(prefix, source)) in inserted.iter().enumerate() {
            routes.insert(prefix, source, 0, vec![on_link(index as u16)]);
            all.insert((prefix.trunc(), source, false), index as u16);
        }
        let listed = routes.iter().map(|route| (route.prefix, route.source, route.hops[0].interface.0));
        let expected = all.iter().map(|(&(prefix, source, _), &interface)| (prefix, source, interface));
        prop_assert!(listed.eq(expected));
        for to in to {
            let containing = all.iter().filter(|((prefix, ..), _)| prefix.contains(&to.addr()));
            let best = containing.min_by_key(|((prefix, source, is_dense), _)| {
                (Reverse(prefix.prefix_len()), *source, *is_dense)
            });
            let expected: Vec<u16> = best.map(|(_, &interface)| interface).into_iter().collect();
            prop_assert_eq!(interfaces(routes.lookup(to.addr())), expected, "to {}", to.addr());
        }
    }
}
