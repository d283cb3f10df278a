//! Hubs and switches: who hears what, who shares what, and loops.

use crate::support::{Parts as _, Watch, load, run, time, watch};
use portolan::id::NodeId;
use portolan::observe::{DropReason, Observation};
use portolan::packet::Payload;
use portolan::sim::Simulation;
use portolan::units::Time;

/// Hosts a to d around one node of this kind.
fn star(middle: &str, rate: &str, apps: &str) -> String {
    format!(
        "duration = '20s'
        [nodes]
        m = {middle}
        a = 'host'
        b = 'host'
        c = 'host'
        d = 'host'
        [links]
        a--m = {{ rate = '{rate}', queue = '10p' }}
        b--m = {{ rate = '{rate}', queue = '10p' }}
        c--m = {{ rate = '{rate}', queue = '10p' }}
        d--m = {{ rate = '{rate}', queue = '10p' }}
        [apps]
        {apps}"
    )
}

const C: NodeId = NodeId(3);

/// When `node` got frames with IPv4 in them, whoever they were for.
fn heard(seen: &Watch, node: NodeId) -> Vec<Time> {
    let got = seen.seen.iter().filter(|(_, what)| {
        matches!(what, Observation::Received { node: at, packet, .. }
            if *at == node && matches!(packet.payload, Payload::Ipv4(_)))
    });
    got.map(|(at, _)| *at).collect()
}

const A_TO_B: &str = "sink = { kind = 'udp-server', on = 'b', port = 9 }
    source = { kind = 'cbr', on = 'a', to = 'b:9', interval = '1s', start = '500ms' }";

#[test]
fn on_a_hub_everybody_hears_everything() {
    let (summary, seen) = watch(&star("'hub'", "10Mbps", A_TO_B));
    assert_eq!(summary.flow("source").packets_delivered, 20);
    assert_eq!(heard(&seen, C).len(), 20);
    // 20 datagrams, an ARP request and its answer: all but what a station said itself comes back to it.
    let repeated = ["m->a", "m->b", "m->c", "m->d"].map(|to| summary.channel(to).packets);
    assert_eq!(repeated, [1, 21, 22, 22]);
    assert!(seen.drops(DropReason::NotForwarding).is_empty(), "not theirs is no loss");
}

#[test]
fn a_hub_forwards_each_bit_as_it_comes() {
    // 1046 bytes at 10 Mbit/s take 836.8 us, once and not once per cable.
    let (_, seen) = watch(&star("'hub'", "10Mbps", A_TO_B));
    let (_, last) = *seen.deliveries().last().expect("deliveries");
    assert_eq!(last, time("836.8us"));
    let (_, seen) = watch(&star("'switch'", "10Mbps", A_TO_B));
    let (_, last) = *seen.deliveries().last().expect("deliveries");
    assert_eq!(last, time("836.8us") * 2, "a switch waits for the whole frame");
}

const TWO_AT_FULL_RATE: &str = "s1 = { kind = 'udp-server', on = 'c', port = 9 }
    s2 = { kind = 'udp-server', on = 'd', port = 9 }
    f1 = { kind = 'cbr', on = 'a', to = 'c:9', size = '1204B', interval = '1ms' }
    f2 = { kind = 'cbr', on = 'b', to = 'd:9', size = '1204B', interval = '1ms' }";

#[test]
fn stations_on_a_hub_share_its_rate_and_those_on_a_switch_do_not() {
    let share = |middle: &str| {
        let summary = run(&star(middle, "10Mbps", TWO_AT_FULL_RATE));
        ["a->m", "b->m"].map(|direction| summary.channel(direction).utilization)
    };
    let [a, b] = share("'hub'");
    assert!((a - 0.5).abs() < 0.001 && (b - 0.5).abs() < 0.001, "{a} {b}");
    assert!(a + b > 0.9999 && a + b <= 1.0 + 1e-12, "{}", a + b);
    let [a, b] = share("{ kind = 'switch', spanning-tree = false }");
    assert!(a > 0.999 && b > 0.999, "{a} {b}");
}

#[test]
fn a_station_whose_cable_is_pulled_does_not_stop_the_hub() {
    let text = format!(
        "{}
        [[changes]]
        at = '10.0005s'
        set = {{ 'links.a--m.up' = false }}
        [[changes]]
        at = '15s'
        set = {{ 'links.a--m.up' = true }}",
        star("'hub'", "10Mbps", TWO_AT_FULL_RATE)
    );
    let summary = run(&text);
    let [a, b] = ["a->m", "b->m"].map(|direction| summary.channel(direction).utilization);
    // Half of 15 s for a; for b the other half, and the 5 s in which it is alone.
    assert!((a - 0.375).abs() < 0.001 && (b - 0.625).abs() < 0.001, "{a} {b}");
}

#[test]
fn a_hub_needs_no_queue_while_its_medium_is_free() {
    let text = star("'hub'", "10Mbps", A_TO_B).replace("queue = '10p'", "queue = '0p'");
    let summary = run(&text);
    assert_eq!(summary.flow("source").packets_delivered, 20);
}

#[test]
fn a_switch_learns_and_stops_flooding_until_entries_age() {
    let plain = "{ kind = 'switch', spanning-tree = false }";
    let (summary, seen) = watch(&star(plain, "10Mbps", A_TO_B));
    assert_eq!(summary.flow("source").packets_delivered, 20);
    assert!(heard(&seen, C).is_empty(), "ARP told the switch where both are");

    // b says nothing after its ARP reply just after 0.5 s: the datagram that comes later after 4.5 s
    // finds it forgotten.
    let aged = "{ kind = 'switch', spanning-tree = false, ageing = '4s' }";
    let (summary, seen) = watch(&star(aged, "10Mbps", A_TO_B));
    let flooded = heard(&seen, C);
    assert_eq!(flooded.len(), 16, "those sent at 4.5 s and later: {flooded:?}");
    assert_eq!(summary.flow("source").packets_delivered, 20, "flooding reaches b as well");
}

/// Three switches in a ring with a host at two of them.
fn ring(switch: &str, start: &str) -> String {
    let nodes = ["s1", "s2", "s3"].map(|name| format!("{name} = {{ kind = 'switch' {switch} }}"));
    format!(
        "duration = '70s'
        [nodes]
        {}
        a = 'host'
        b = 'host'
        [links]
        s1--s2 = {{}}
        s2--s3 = {{}}
        s3--s1 = {{}}
        a--s1 = {{}}
        b--s2 = {{}}
        [apps]
        sink = {{ kind = 'udp-server', on = 'b', port = 9 }}
        source = {{ kind = 'cbr', on = 'a', to = 'b:9', interval = '1s', count = 10, start = '{start}' }}",
        nodes.join("\n")
    )
}

/// How often b, the last node, got an ARP request.
fn requests_heard(seen: &Watch) -> usize {
    let requests = seen.seen.iter().filter(|(_, what)| {
        matches!(what, Observation::Received { node: NodeId(4), packet, .. }
            if matches!(packet.payload, Payload::Arp(_)) && packet.ethernet.destination.is_group())
    });
    requests.count()
}

#[test]
fn the_spanning_tree_breaks_a_loop() {
    let (summary, seen) = watch(&ring("", "40s"));
    assert_eq!(requests_heard(&seen), 1);
    let flow = summary.flow("source");
    assert_eq!((flow.packets_delivered, flow.duplicates), (10, 0));
    assert!(summary.engine.hops < 1000, "{}", summary.engine.hops);
}

#[test]
fn until_the_spanning_tree_stands_nobody_is_reached() {
    // Listening and learning take 15 s each. Requests from 1 s on are in vain until 30 s.
    let (summary, seen) = watch(&ring("", "1s"));
    assert_eq!(requests_heard(&seen), 0);
    assert_eq!(summary.flow("source").packets_delivered, 0);
    // With a shorter delay of 4 s (at least (20 s / 2 + 1 s) in the standard, but not here).
    let (_, seen) = watch(&ring(", forward-delay = '4s', max-age = '6s'", "9s"));
    assert_eq!(requests_heard(&seen), 1);
}

#[test]
fn without_a_spanning_tree_a_broadcast_circles_for_ever() {
    let scenario = load(&ring(", spanning-tree = false", "0s"));
    let mut simulation = Simulation::new(scenario.plan);
    let mut seen = Watch::default();
    simulation.run_until(Time::from_ms(5), &mut seen);
    let early = requests_heard(&seen);
    simulation.run_until(Time::from_ms(10), &mut seen);
    let late = requests_heard(&seen);
    // A frame of 64 bytes takes 512 ns for each of three hops, and circles both ways.
    assert!(early > 2 * 3000 && late > 2 * early - 10, "{early}, then {late}");
}

#[test]
fn a_root_that_lets_messages_age_sooner_ends_them_at_once() {
    // When s1 shortens its times, what s3 heard from s2 is up to ten seconds old already.
    let change = "[[changes]]
        at = '58s'
        set = { 'nodes.s1.max-age' = '6s', 'nodes.s1.hello-time' = '2s' }";
    let text = ring(", hello-time = '10s', max-age = '28s'", "40s") + "\n" + change;
    let text = text.replace("duration = '70s'", "duration = '120s'");
    let scenario = load(&text);
    let mut simulation = Simulation::new(scenario.plan);
    simulation.run_until(time("57s"), &mut Watch::default());
    let roots = |simulation: &Simulation| {
        [0, 1, 2].map(|node| {
            simulation.switch(NodeId(node)).and_then(|s| s.bridge()).expect("a switch").root()
        })
    };
    let before = roots(&simulation);
    assert_eq!((before[0], before[1]), (before[1], before[2]));
    simulation.run_until(time("120s"), &mut Watch::default());
    assert_eq!(roots(&simulation), before);
}

#[test]
fn the_spanning_tree_turns_away_from_a_link_that_becomes_slow() {
    let cost = |change: &str| {
        let text = ring("", "40s") + "\n[[changes]]\nat = '10s'\n" + change;
        let mut simulation = Simulation::new(load(&text).plan);
        // s3 believes what it last heard from s2 for the max age of 20 s.
        simulation.run_until(time("40s"), &mut Watch::default());
        simulation.switch(NodeId(1)).and_then(|s| s.bridge()).expect("a switch").root_path_cost()
    };
    assert_eq!(cost("set = { 'links.s1--s2.delay' = '1us' }"), 4, "one gigabit link");
    assert_eq!(cost("set = { 'links.s1--s2.rate' = '10Mbps' }"), 8, "two, round by s3");
}

#[test]
fn a_switch_follows_a_change_of_a_links_mtu() {
    let change = "\n[[changes]]\nat = '10s'\nset = { 'links.b--m.mtu' = '500B' }";
    let (summary, seen) = watch(&(star("'switch'", "10Mbps", A_TO_B) + change));
    assert_eq!(summary.flow("source").packets_delivered, 10);
    assert_eq!(seen.drops(DropReason::TooLong).len(), 10);
}

#[test]
fn a_hub_is_free_as_soon_as_the_station_that_sends_is_cut_off() {
    let text = "duration = '1s'
        [nodes]
        hub = 'hub'
        a = 'host'
        b = 'host'
        c = 'host'
        [links]
        'a--hub' = { rate = '1Mbps', delay = '1us' }
        'b--hub' = { rate = '1Mbps', delay = '1us' }
        'c--hub' = { rate = '1Mbps', delay = '1us' }
        [apps]
        sink = { kind = 'udp-server', on = 'c', port = 9 }
        first-a = { kind = 'cbr', on = 'a', to = 'c:9', size = '10B', interval = '1s', count = 1 }
        first-b = { kind = 'cbr', on = 'b', to = 'c:9', size = '10B', interval = '1s', count = 1, start = '20ms' }
        long = { kind = 'cbr', on = 'a', to = 'c:9', size = '1400B', interval = '1s', count = 1, start = '100ms' }
        late = { kind = 'cbr', on = 'b', to = 'c:9', size = '10B', interval = '1s', count = 1, start = '101ms' }
        later = { kind = 'cbr', on = 'b', to = 'c:9', size = '10B', interval = '1s', count = 1, start = '102.1ms' }
        [[changes]]
        at = '102ms'
        set = { 'links.a--hub.up' = false }";
    let (summary, seen) = watch(text);
    assert_eq!(summary.flow("long").packets_delivered, 0);
    // Frames of 64 bytes, one after the other from 102 ms on; the long one would have taken until 111 ms.
    let arrivals: Vec<_> = seen.deliveries().iter().map(|(at, _)| *at).collect();
    assert_eq!(arrivals[2..], [time("102.514ms"), time("103.026ms")]);
}
