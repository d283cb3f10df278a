use super::*;
use crate::link;
use crate::node::config::{IpConfig, SwitchConfig};
use crate::sim::{LinkPlan, NodePlan};

fn plan(nodes: &[(&str, char)], links: &[(usize, usize)]) -> Plan {
    let node = |&(name, kind): &(&str, char)| NodePlan {
        name: name.into(),
        kind: match kind {
            'h' => NodeKind::Host(IpConfig::default()),
            'r' => NodeKind::Router(IpConfig::default()),
            's' => NodeKind::Switch(SwitchConfig::default()),
            _ => NodeKind::Hub,
        },
        addresses: Vec::new(),
    };
    let link = |&(a, b): &(usize, usize)| LinkPlan {
        name: format!("{}--{}", nodes[a].0, nodes[b].0),
        ends: [NodeId::from_index(a), NodeId::from_index(b)],
        directions: [link::Config::default(), link::Config::default()],
        cost: 1,
    };
    Plan {
        nodes: nodes.iter().map(node).collect(),
        links: links.iter().map(link).collect(),
        ..Plan::default()
    }
}

fn give(plan: &mut Plan, node: usize, address: &str) {
    plan.nodes[node].addresses.push((InterfaceId(0), address.parse().expect(address)));
}

fn shown(plan: &Plan, node: usize) -> Vec<String> {
    plan.nodes[node].addresses.iter().map(|(_, address)| address.to_string()).collect()
}

fn refused(mut plan: Plan) -> String {
    assign(&mut plan).expect_err("a fault")[0].message.clone()
}

#[test]
fn routers_get_the_low_numbers_and_segments_follow_links() {
    let mut plan = plan(&[("a", 'h'), ("r", 'r'), ("b", 'h')], &[(0, 1), (1, 2)]);
    assign(&mut plan).expect("addresses");
    assert_eq!(shown(&plan, 0), ["10.0.0.2/24"]);
    assert_eq!(shown(&plan, 1), ["10.0.0.1/24", "10.0.1.1/24"]);
    assert_eq!(shown(&plan, 2), ["10.0.1.2/24"]);
}

#[test]
fn switches_and_hubs_join_segments() {
    let nodes = [("a", 'h'), ("s", 's'), ("hub", 'x'), ("b", 'h'), ("r", 'r')];
    let mut plan = plan(&nodes, &[(0, 1), (1, 2), (2, 3), (2, 4)]);
    assign(&mut plan).expect("addresses");
    assert_eq!(shown(&plan, 4), ["10.0.0.1/24"]);
    assert_eq!([shown(&plan, 0), shown(&plan, 3)], [["10.0.0.2/24"], ["10.0.0.3/24"]]);
    assert!(shown(&plan, 1).is_empty());
}

#[test]
fn given_addresses_are_kept_and_avoided() {
    let mut plan = plan(&[("a", 'h'), ("r", 'r'), ("b", 'h')], &[(0, 1), (1, 2)]);
    give(&mut plan, 2, "10.0.0.1/23");
    assign(&mut plan).expect("addresses");
    assert_eq!(shown(&plan, 1), ["10.0.2.1/24", "10.0.0.2/23"]);
    assert_eq!(shown(&plan, 2), ["10.0.0.1/23"]);
}

#[test]
fn a_large_segment_gets_a_larger_network() {
    let mut nodes = vec![("s", 's')];
    nodes.extend(std::iter::repeat_n(("h", 'h'), 300));
    let links: Vec<_> = (1..=300).map(|host| (0, host)).collect();
    let mut plan = plan(&nodes, &links);
    assign(&mut plan).expect("addresses");
    assert_eq!(shown(&plan, 300), ["10.0.1.44/23"]);
}

#[test]
fn many_segments_get_smaller_networks() {
    let nodes = [("a", 'r'), ("b", 'r')];
    let links = vec![(0, 1); 65_000];
    let mut plan = plan(&nodes, &links);
    give(&mut plan, 0, "10.0.0.1/16");
    // 65 000 networks of 256 addresses and one of 65 536 still fit; with a larger one they do not.
    assign(&mut plan).expect("addresses");
    assert_eq!(shown(&plan, 0)[1], "10.1.0.1/24");
    plan.nodes.iter_mut().for_each(|node| node.addresses.clear());
    give(&mut plan, 0, "10.0.0.1/9");
    assign(&mut plan).expect("addresses");
    assert_eq!(shown(&plan, 0)[1], "10.128.0.1/30");
}

#[test]
fn refuses_what_cannot_be() {
    let two = || plan(&[("a", 'h'), ("b", 'h')], &[(0, 1)]);
    for (address, told) in [
        ("10.0.0.0/24", "address of the network"),
        ("10.0.0.255/24", "broadcast"),
        ("224.0.0.1/24", "not an address"),
        ("127.0.0.1/8", "not an address"),
        ("10.0.0.1/32", "1 addresses for 2"),
        ("10.0.0.1/0", "whole world"),
    ] {
        let mut plan = two();
        give(&mut plan, 0, address);
        let message = refused(plan);
        assert!(message.contains(told), "{address}: {message}");
    }
    let mut same = two();
    give(&mut same, 0, "10.0.0.1/24");
    give(&mut same, 1, "10.0.0.1/24");
    assert!(refused(same).contains("also the address of `a`"));
    let mut different = two();
    give(&mut different, 0, "10.0.0.1/24");
    give(&mut different, 1, "10.0.1.1/24");
    assert!(refused(different).contains("not in 10.0.0.0/24"));
    let mut alone = plan(&[("a", 'h')], &[]);
    give(&mut alone, 0, "10.0.0.1/24");
    assert!(refused(alone).contains("no link"));
}

#[test]
fn refuses_overlapping_networks_and_loops_of_hubs() {
    let mut overlap = plan(&[("a", 'h'), ("r", 'r'), ("b", 'h')], &[(0, 1), (1, 2)]);
    give(&mut overlap, 0, "10.0.0.2/16");
    give(&mut overlap, 2, "10.0.7.2/24");
    assert!(refused(overlap).contains("overlap"));
    let ring = plan(&[("x", 'x'), ("y", 'x'), ("z", 'x')], &[(0, 1), (1, 2), (2, 0)]);
    assert!(refused(ring).contains("closes a loop of hubs"));
}

#[test]
fn refuses_a_hub_between_rates() {
    // One hub with a and b behind it, and y behind that with c: one medium.
    let hubs = || {
        let nodes = [("x", 'x'), ("y", 'x'), ("a", 'h'), ("b", 'h'), ("c", 'h')];
        plan(&nodes, &[(0, 1), (2, 0), (3, 0), (4, 1)])
    };
    assign(&mut hubs()).expect("one rate everywhere");
    for (link, way) in [(0, 0), (1, 0), (2, 1), (3, 0)] {
        let mut plan = hubs();
        plan.links[link].directions[way].rate = crate::units::Rate::from_bps(7_000_000);
        assert!(refused(plan).contains("shares a hub with links at"), "link {link}");
    }
}
