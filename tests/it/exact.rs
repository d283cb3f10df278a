//! Times and shares that a sum made by hand gives exactly.

use crate::support::statistics::binomial;
use crate::support::{Parts as _, load, picoseconds, run, time, watch};
use portolan::observe::Observation;
use portolan::run::Nobody;
use portolan::sim::Simulation;
use portolan::units::Time;

/// Three hops of different rates and delays without link-layer bytes, and what is sent over them.
fn chain(app: &str) -> String {
    format!(
        "duration = '1s'
        [nodes]
        a = 'host'
        r1 = 'router'
        r2 = 'router'
        b = 'host'
        [links]
        a--r1 = {{ rate = '100Mbps', delay = '1ms', framing = 'none' }}
        r1--r2 = {{ rate = '10Mbps', delay = '20ms', framing = 'none' }}
        r2--b = {{ rate = '3Gbps', delay = '7us', framing = 'none' }}
        [apps.server]
        kind = 'udp-server'
        on = 'b'
        port = 9
        [apps.source]
        on = 'a'
        {app}"
    )
}

/// From the first bit sent to the last bit received, hop by hop: every router waits for the whole
/// packet before it sends it on. 1000 bytes of data are 1028 with headers.
#[test]
fn each_hop_adds_its_sending_time_and_its_delay() {
    let (summary, seen) = watch(&chain("kind = 'cbr'\nto = 'b:9'\ninterval = '1s'\ncount = 1"));
    let sending = [82_240_000, 822_400_000, 2_741_333]; // 2741333.33 ps at 3 Gbit/s
    let travelling = [1_000_000_000, 20_000_000_000, 7_000_000];
    let total = sending.iter().chain(&travelling).sum();
    assert_eq!(seen.deliveries(), [(Time::from_ps(total), Time::from_ps(total))]);
    let mean = summary.flow("source").mean_delay_seconds.expect("a delay");
    assert_eq!(picoseconds(mean), total);
    let arrived: Vec<_> = seen
        .seen
        .iter()
        .filter(|(_, what)| matches!(what, Observation::Received { .. }))
        .map(|(at, _)| at.as_ps())
        .collect();
    let hop = |n: usize| (0..=n).map(|n| sending[n] + travelling[n]).sum::<u64>();
    assert_eq!(arrived, [hop(0), hop(1), hop(2)]);
}

/// An echo takes the way there and back; 56 bytes of data are 84 with headers.
#[test]
fn a_round_trip_is_twice_the_way() {
    let summary = run(&chain("kind = 'ping'\nto = 'b'\ncount = 1"));
    let sending = 6_720_000 + 67_200_000 + 224_000;
    let there = sending + 1_000_000_000 + 20_000_000_000 + 7_000_000;
    let flow = summary.flow("source");
    assert_eq!(flow.min_rtt_seconds.map(picoseconds), Some(2 * there));
}

/// Packets sent at once wait for those before them at the slowest hop and leave it back to back.
#[test]
fn the_slowest_link_spaces_packets_and_the_nth_waits_for_those_before() {
    let (summary, seen) = watch(&chain("kind = 'cbr'\nto = 'b:9'\ninterval = '1ps'\ncount = 5"));
    let at: Vec<_> = seen.deliveries().iter().map(|(at, _)| at.as_ps()).collect();
    assert!(at.windows(2).all(|pair| pair[1] - pair[0] == 822_400_000), "{at:?}");
    // At r1 they arrive 82.24 us apart and leave 822.4 us apart: the nth waits n times the difference.
    let waits = |apart: u64| (0..5).map(|n| n * apart).sum::<u64>() as f64 / 5.0 * 1e-12;
    let queue = summary.channel("r1->r2").queue;
    assert!((queue.mean_wait_seconds - waits(822_400_000 - 82_240_000)).abs() < 1e-15, "{queue:?}");
    let first = summary.channel("a->r1").queue;
    // The sender's own packets came one picosecond after the other.
    assert!((first.mean_wait_seconds - waits(82_240_000 - 1)).abs() < 1e-15, "{first:?}");
    assert_eq!((first.max_packets, queue.max_packets), (4, 4));
    // Mean number waiting = what all waited together, over the time of the run.
    assert!((queue.mean_packets - queue.mean_wait_seconds * 5.0 / 1.0).abs() < 1e-12);
    assert_eq!(summary.channel("r2->b").queue.max_packets, 0, "a fast link has no queue");
}

/// 125 frames of 1250 bytes in a second are 1.25 Mbit/s: an eighth of 10 Mbit/s. Frames carry 28 bytes
/// of IPv4 and UDP headers and 18 of Ethernet.
#[test]
fn utilization_counts_every_byte_on_the_wire() {
    let text = "duration = '10s'
        nodes = { a = 'host', b = 'host' }
        links = { a--b = { rate = '10Mbps' } }
        [apps]
        sink = { kind = 'udp-server', on = 'b', port = 9 }
        source = { kind = 'cbr', on = 'a', to = 'b:9', size = '1204B', interval = '8ms', start = '1ms' }";
    let summary = run(text);
    let channel = summary.channel("a->b");
    // ARP's request is one frame of 64 bytes more.
    assert_eq!((channel.packets, channel.bytes), (1251, 1250 * 1250 + 64));
    let exact = (1250.0 * 1250.0 + 64.0) * 8.0 / 1e8;
    assert!((channel.utilization - exact).abs() < 1e-12, "{}", channel.utilization);
    let back = summary.channel("b->a");
    assert_eq!((back.packets, back.bytes), (1, 64));
}

/// A transmission that the end of the run cuts counts for the time it took, not as a packet.
#[test]
fn the_end_of_the_run_cuts_a_transmission() {
    let scenario = load(&chain("kind = 'cbr'\nto = 'b:9'\ninterval = '1s'\ncount = 1"));
    let mut simulation = Simulation::new(scenario.plan);
    simulation.run_until(time("41.12us"), &mut Nobody);
    let half = simulation.summary();
    assert_eq!((half.channel("a->r1").packets, half.engine.hops), (0, 0));
    assert!((half.channel("a->r1").utilization - 1.0).abs() < 1e-12);
    simulation.run_until(time("82.24us"), &mut Nobody);
    let whole = simulation.summary();
    assert_eq!((whole.channel("a->r1").packets, whole.engine.hops), (1, 1));
    simulation.run_until(time("164.48us"), &mut Nobody);
    assert!((simulation.summary().channel("a->r1").utilization - 0.5).abs() < 1e-12);
}

/// Two hosts and one link with an impairment, and datagrams to the picosecond far enough apart.
fn impaired(settings: &str, count: u64) -> String {
    format!(
        "duration = '100s'
        nodes = {{ a = 'host', b = 'host' }}
        links = {{ a--b = {{ rate = '1Gbps', delay = '5ms', framing = 'none', {settings} }} }}
        [apps]
        sink = {{ kind = 'udp-server', on = 'b', port = 9 }}
        source = {{ kind = 'cbr', on = 'a', to = 'b:9', size = '97B', interval = '1ms', count = {count} }}"
    )
}

#[test]
fn jitter_stays_within_its_bounds_and_fills_them() {
    let (summary, seen) = watch(&impaired("jitter = '3ms'", 20_000));
    let base = Time::from_ms(5) + Time::from_us(1);
    let extra: Vec<_> = seen.deliveries().iter().map(|(_, delay)| *delay - base).collect();
    assert_eq!(extra.len(), 20_000);
    let (least, most) = (extra.iter().min(), extra.iter().max());
    assert!(
        least < Some(&Time::from_us(2)) && most < Some(&Time::from_ms(3)),
        "{least:?} {most:?}"
    );
    assert!(most > Some(&Time::from_us(2998)));
    // Evenly distributed: mean 1.5 ms with a standard error of 3 ms / sqrt(12 * 20000), 3.29 of which
    // are exceeded once in a thousand times.
    let mean = extra.iter().map(|extra| extra.as_secs_f64()).sum::<f64>() / 20_000.0;
    assert!((mean - 1.5e-3).abs() < 3.29 * 3e-3 / (12.0 * 20_000.0_f64).sqrt(), "{mean}");
    let flow = summary.flow("source");
    assert!(flow.reordered > 0 && flow.duplicates == 0, "{flow:?}");
}

#[test]
fn random_loss_duplication_and_damage_keep_to_their_probabilities() {
    let count = 50_000;
    for percent in [1.0, 10.0, 50.0] {
        let expected = binomial(percent / 100.0, count);
        let summary = run(&impaired(&format!("loss = '{percent}%'"), count));
        let (channel, flow) = (summary.channel("a->b"), summary.flow("source"));
        assert!(expected.contains(&channel.drops.loss), "{} of {expected:?}", channel.drops.loss);
        assert_eq!(flow.packets_delivered, count - channel.drops.loss);
        assert_eq!(channel.packets, count, "the link carried even those that it lost");

        let summary = run(&impaired(&format!("corrupt = '{percent}%'"), count));
        let (channel, flow) = (summary.channel("a->b"), summary.flow("source"));
        assert!(expected.contains(&channel.drops.corrupt), "{}", channel.drops.corrupt);
        assert_eq!(flow.packets_delivered, count - channel.drops.corrupt);

        let summary = run(&impaired(&format!("duplicate = '{percent}%'"), count));
        let flow = summary.flow("source");
        assert!(expected.contains(&flow.duplicates), "{} of {expected:?}", flow.duplicates);
        assert_eq!(flow.packets_delivered, count + flow.duplicates);
    }
}

#[test]
fn held_back_packets_are_overtaken_by_exactly_those_behind_them() {
    // Held back 2.5 ms at one packet per millisecond: each is overtaken by two.
    let (summary, seen) = watch(&impaired("reorder = '5%', reorder-delay = '2.5ms'", 20_000));
    let held: u64 =
        seen.deliveries().iter().map(|(_, delay)| u64::from(*delay == Time::from_us(7501))).sum();
    assert!(binomial(0.05, 20_000).contains(&held), "{held}");
    let flow = summary.flow("source");
    // One that is held back right after another, or the one after the next, may overtake nobody.
    assert!(
        flow.reordered <= held && flow.reordered * 100 >= held * 90,
        "{} {held}",
        flow.reordered
    );
}
