//! Which way packets go.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::statistics::binomial;
use crate::support::{Parts as _, load, run, time, watch};
use portolan::id::{ChannelId, FlowId, LinkId};
use portolan::observe::{DropReason, Observation};
use portolan::units::Time;

#[test]
fn the_longest_matching_prefix_decides() {
    let network = |to: &str| {
        format!(
            "duration = '1s'
            routing = {{ computed = false }}
            [nodes.a]
            kind = 'host'
            address = '10.0.0.2/24'
            routes = [{{ to = '0.0.0.0/0', via = '10.0.0.1' }}]
            [nodes.r]
            kind = 'router'
            addresses = {{ eth0 = '10.0.0.1/24', eth1 = '10.0.1.1/24', eth2 = '10.0.2.1/24' }}
            routes = [
                {{ to = '10.9.0.0/16', via = '10.0.1.2' }},
                {{ to = '10.9.9.0/24', via = '10.0.2.2' }},
                {{ to = '10.9.9.128/25', via = '10.0.1.2' }},
            ]
            [nodes.wide]
            kind = 'router'
            address = '10.0.1.2/24'
            [nodes.narrow]
            kind = 'router'
            address = '10.0.2.2/24'
            [links]
            a--r = {{}}
            r--wide = {{}}
            r--narrow = {{}}
            [apps]
            source = {{ kind = 'cbr', on = 'a', to = '{to}:9', interval = '1s', count = 1 }}"
        )
    };
    // Where a packet ends for want of a route shows which way it went.
    for (to, ends) in [
        ("10.9.8.1", "wide"),
        ("10.9.9.1", "narrow"),
        ("10.9.9.127", "narrow"),
        ("10.9.9.128", "wide"),
        ("10.8.0.1", "r"),
    ] {
        let hosts = run(&network(to)).hosts;
        let without: Vec<_> =
            hosts.iter().filter(|(_, host)| host.no_route > 0).map(|(name, _)| name).collect();
        assert_eq!(without[0], ends, "to {to}: {hosts:?}");
    }
    // Without a route of its own the host's call fails at once.
    let lonely =
        network("10.9.9.1").replace("routes = [{ to = '0.0.0.0/0', via = '10.0.0.1' }]", "");
    let flow = run(&lonely).flows["source"].clone();
    assert_eq!((flow.packets_sent, flow.errors), (0, 1));
}

/// Two ways from r1 to r4 that cost the same unless `settings` say otherwise.
fn diamond(settings: &str, apps: &str) -> String {
    format!(
        "duration = '5s'
        [nodes]
        a = 'host'
        b = 'host'
        r1 = 'router'
        r2 = 'router'
        r3 = 'router'
        r4 = 'router'
        [links]
        a--r1 = {{}}
        r1--r2 = {{}}
        r1--r3 = {{}}
        r2--r4 = {{}}
        r3--r4 = {{}}
        r4--b = {{}}
        {settings}
        [apps]
        sink = {{ kind = 'udp-server', on = 'b', port = 9 }}
        {apps}"
    )
}

#[test]
fn equal_paths_share_flows_and_each_flow_keeps_to_one() {
    let apps: Vec<_> = (0..64)
        .map(|n| {
            format!("f{n} = {{ kind = 'cbr', on = 'a', to = 'b:9', interval = '1ms', count = 20 }}")
        })
        .collect();
    let (summary, seen) = watch(&diamond("", &apps.join("\n")));
    let mut ways: BTreeMap<FlowId, BTreeSet<ChannelId>> = BTreeMap::new();
    let choices = [1, 2].map(|link| ChannelId::of(LinkId(link), true));
    for (_, what) in &seen.seen {
        if let Observation::Enqueued { channel, packet, .. } = what
            && let Some(flow) = packet.label.flow
            && choices.contains(channel)
        {
            ways.entry(flow).or_default().insert(*channel);
        }
    }
    assert_eq!(ways.len(), 64);
    assert!(ways.values().all(|ways| ways.len() == 1), "{ways:?}");
    let first = ways.values().filter(|ways| ways.contains(&choices[0])).count() as u64;
    assert!(binomial(0.5, 64).contains(&first), "{first} of 64 one way");
    assert!(summary.flows.values().all(|flow| flow.packets_delivered == 20 && flow.reordered == 0));
}

#[test]
fn routes_follow_a_failure_after_exactly_the_convergence_time() {
    let settings = "[routing]
        convergence = '500ms'
        [[changes]]
        at = '2s'
        set = { 'links.r1--r2.up' = false }
        [[changes]]
        at = '4s'
        set = { 'links.r1--r2.up' = true }";
    let text = diamond(
        settings,
        "source = { kind = 'cbr', on = 'a', to = 'b:9', interval = '1ms', start = '500us' }",
    )
    .replace("r3--r4 = {}", "r3--r4 = { cost = 5 }");
    let (summary, seen) = watch(&text);
    let lost = seen.drops(DropReason::LinkDown);
    assert_eq!(lost.len(), 500, "those sent from 2.0005 s to 2.4995 s");
    assert!(lost[0] > time("2s") && lost[499] < time("2.5s"), "{} {}", lost[0], lost[499]);
    assert_eq!(summary.channel("r1->r2").drops.down, 500);
    // The detour carries what is sent from 2.5 s until routes follow the repair at 4.5 s.
    let detour: Vec<_> = seen
        .seen
        .iter()
        .filter(|(_, what)| {
            matches!(what, Observation::Enqueued { channel, packet, .. }
                if *channel == ChannelId::of(LinkId(2), true) && packet.label.flow.is_some())
        })
        .map(|(at, _)| *at)
        .collect();
    assert_eq!(detour.len(), 2000);
    assert!(detour[0] >= time("2.5s") && detour[0] < time("2.501s"), "{}", detour[0]);
    assert!(detour[1999] < time("4.5s") && detour[1999] > time("4.499s"), "{}", detour[1999]);
    assert_eq!(summary.flow("source").packets_delivered, summary.flow("source").packets_sent - 500);
}

#[test]
fn each_change_is_noticed_one_convergence_time_after_itself() {
    let settings = "[[changes]]
        at = '2s'
        set = { 'links.r1--r2.up' = false }
        [[changes]]
        at = '2.5s'
        set = { 'links.r1--r2.up' = true }";
    let text = diamond(
        settings,
        "source = { kind = 'cbr', on = 'a', to = 'b:9', interval = '1ms', start = '500us' }",
    )
    .replace("r3--r4 = {}", "r3--r4 = { cost = 5 }");
    let (_, seen) = watch(&text);
    let detour = ChannelId::of(LinkId(2), true);
    let detour: Vec<_> = seen
        .seen
        .iter()
        .filter(|(_, what)| {
            matches!(what, Observation::Enqueued { channel, packet, .. }
                if *channel == detour && packet.label.flow.is_some())
        })
        .map(|(at, _)| *at)
        .collect();
    assert_eq!(detour.len(), 500, "the failure is noticed at 3 s, its repair at 3.5 s");
    assert!(detour[0] >= time("3s") && detour[499] < time("3.5s"), "{detour:?}");
}

/// A local network of two switches with a host and a router at one, another router at the other, and a
/// cable between the routers; behind the second router is host c.
fn two_switches(cut: &str) -> String {
    format!(
        "duration = '6s'
        routing = {{ convergence = '500ms' }}
        [nodes]
        a = 'host'
        c = 'host'
        r1 = 'router'
        r2 = 'router'
        s1 = {{ kind = 'switch', spanning-tree = false }}
        s2 = {{ kind = 'switch', spanning-tree = false }}
        [links]
        a--s1 = {{}}
        r1--s1 = {{}}
        s1--s2 = {{}}
        r2--s2 = {{}}
        r1--r2 = {{}}
        r2--c = {{}}
        [apps]
        sink = {{ kind = 'udp-server', on = 'c', port = 9 }}
        source = {{ kind = 'cbr', on = 'a', to = 'c:9', interval = '10ms', start = '5ms', count = 500 }}
        [[changes]]
        at = '2s'
        set = {{ {cut} }}"
    )
}

#[test]
fn routes_lead_round_a_broken_link_between_switches() {
    let (summary, seen) = watch(&two_switches("'links.s1--s2.up' = false"));
    let flow = summary.flow("source");
    assert_eq!((flow.packets_sent, flow.packets_delivered), (500, 450));
    let lost = seen.drops(DropReason::LinkDown);
    assert!(lost.iter().all(|at| (time("2s")..time("2.5s")).contains(at)), "{lost:?}");
}

#[test]
fn a_host_that_is_cut_off_from_all_routers_has_no_route() {
    let cut = "'links.s1--s2.up' = false, 'links.r1--s1.up' = false";
    let summary = run(&two_switches(cut));
    let flow = summary.flow("source");
    assert_eq!((flow.packets_sent, flow.packets_delivered, flow.errors), (250, 200, 250));
}

#[test]
fn a_router_withdraws_a_connected_route_with_its_interface_and_finds_another_way() {
    let text = two_switches("'links.r2--s2.up' = false")
        .replace("on = 'a', to = 'c:9'", "on = 'c', to = 'a:9'")
        .replace("on = 'c', port = 9", "on = 'a', port = 9");
    let summary = run(&text);
    let flow = summary.flow("source");
    assert_eq!((flow.packets_sent, flow.packets_delivered), (500, 450));
    assert_eq!(summary.hosts["r2"].no_route, 50, "until it is told of the way by r1");
    assert_eq!(summary.channel("r2->s2").drops.down, 0);
    let back = text.replace("duration = '6s'", "duration = '4s'")
        + "\n[[changes]]\nat = '3s'\nset = { 'links.r2--s2.up' = true }";
    let summary = run(&back);
    assert!(summary.channel("r2->s2").packets > 250, "the connected route is back at once");
}

#[test]
fn a_cost_change_moves_traffic_without_loss() {
    let text = diamond(
        "[[changes]]
        at = '2s'
        set = { 'links.r1--r2.cost' = 10 }",
        "source = { kind = 'cbr', on = 'a', to = 'b:9', interval = '1ms', start = '500us' }",
    );
    let (summary, seen) = watch(&text);
    let last = |link| {
        let way = ChannelId::of(LinkId(link), true);
        let used = seen.seen.iter().rev().find(|(_, what)| {
            matches!(what, Observation::Enqueued { channel, packet, .. }
                if *channel == way && packet.label.flow.is_some())
        });
        used.map_or(Time::ZERO, |(at, _)| *at)
    };
    assert!(last(1) < time("3.001s"), "one second of convergence later nobody goes by r2");
    assert!(last(2) > time("4.99s"));
    let flow = summary.flow("source");
    assert_eq!((flow.packets_delivered, flow.packets_sent), (5000, 5000));
}

#[test]
fn a_loop_of_routes_ends_by_ttl() {
    let text = "duration = '1s'
        routing = { computed = false }
        [nodes.a]
        kind = 'host'
        address = '10.0.0.2/24'
        ttl = 16
        routes = [{ to = '0.0.0.0/0', via = '10.0.0.1' }]
        [nodes.r1]
        kind = 'router'
        addresses = { eth0 = '10.0.0.1/24', eth1 = '10.0.1.1/24' }
        routes = [{ to = '0.0.0.0/0', via = '10.0.1.2' }]
        [nodes.r2]
        kind = 'router'
        address = '10.0.1.2/24'
        routes = [{ to = '0.0.0.0/0', via = '10.0.1.1' }]
        [links]
        a--r1 = {}
        r1--r2 = {}
        [apps]
        source = { kind = 'cbr', on = 'a', to = '10.9.9.9:9', interval = '1s', count = 1 }";
    let summary = run(text);
    // A TTL of 16 lets 15 routers pass the packet on; the last of them to get it is r2.
    let (r1, r2) = (summary.hosts["r1"], summary.hosts["r2"]);
    assert_eq!((r1.forwarded, r2.forwarded), (8 + 1, 7), "and r1 passes the error back to a");
    assert_eq!((r1.ttl_exceeded, r2.ttl_exceeded, r2.time_exceeded_sent), (0, 1, 1));
    assert_eq!(summary.flow("source").errors, 1);
}

#[test]
fn traceroute_names_every_router_and_the_host() {
    let text = "duration = '5s'
        nodes = { a = 'host', r1 = 'router', r2 = 'router', b = 'host' }
        links = { a--r1 = { delay = '1ms' }, r1--r2 = { delay = '2ms' }, r2--b = { delay = '3ms' } }
        apps = { path = { kind = 'traceroute', on = 'a', to = 'b' } }";
    let scenario = load(text);
    let address = |node: usize| scenario.plan.nodes[node].addresses[0].1.addr().to_string();
    let summary = run(text);
    let flow = summary.flow("path");
    assert_eq!((flow.end_state.as_str(), flow.packets_sent, flow.timeouts), ("done", 9, 0));
    for (hop, node) in [(1, 1), (2, 2), (3, 3)] {
        let line = &flow.details[hop];
        assert!(line.starts_with(&format!("{hop:2}  {} ", address(node))), "{line}");
    }
    assert_eq!(flow.errors, 9, "one ICMP error for each probe");
}
