//! Shapers and policers: how much passes, and when.

use portolan::sim::Simulation;
use portolan::units::Time;

use crate::support::{Parts as _, load, run, watch};

/// 10 Mbit/s of data, in packets of 1028 bytes, come to this queue before a link of 100 Mbit/s.
fn shaped(queue: &str) -> String {
    format!(
        "duration = '10s'
        nodes = {{ a = 'host', b = 'host' }}
        links.a--b = {{ rate = '100Mbps', framing = 'none', queue = {queue} }}
        apps.server = {{ kind = 'udp-server', on = 'b', port = 9 }}
        apps.source = {{ kind = 'cbr', on = 'a', to = 'b:9', size = '1000B', rate = '10Mbps' }}"
    )
}

/// At no time has more passed than the burst and what the rate allows since, and hardly less.
#[test]
fn tbf_lets_a_burst_pass_and_then_its_rate_exactly() {
    let text = shaped("{ kind = 'tbf', rate = '1Mbps', burst = '10kB' }");
    let (summary, seen) = watch(&text);
    // (10000 + 10 s x 125000) / 1028 = 1225.7
    let delivered = seen.deliveries();
    assert_eq!(delivered.len(), 1225);
    for (number, (at, _)) in delivered.iter().enumerate() {
        // From the start of the run to when the packet began to leave, 82 us before it arrived.
        let time = at.as_secs_f64() - 1028.0 * 8.0 / 100e6;
        let passed = 1028.0 * (number + 1) as f64;
        let allowed = 10_000.0 + 125_000.0 * time;
        assert!(passed <= allowed + 1e-3, "{number} at {at}");
        // The first ten find tokens, for one comes each 800 us; then each leaves as soon as it may.
        assert!(number < 10 || allowed - passed < 1e-3, "{number} at {at}: {}", allowed - passed);
    }
    let channel = summary.channel("a->b");
    assert_eq!(channel.drops.by_reason.full, channel.drops.queue);
    // 50 ms at 1 Mbit/s and a burst: 16250 bytes wait, so a packet waits 130 ms.
    let wait = channel.queue.p99_wait_seconds;
    assert!((0.115..0.132).contains(&wait), "{wait}");
}

#[test]
fn police_drops_what_tbf_would_hold_back() {
    let summary = run(&shaped("{ kind = 'police', rate = '1Mbps', burst = '10kB' }"));
    let channel = summary.channel("a->b");
    let delivered = summary.flow("source").packets_delivered;
    assert!((1224..=1225).contains(&delivered), "{delivered}");
    assert_eq!(channel.drops.by_reason.policed, channel.drops.queue);
    assert_eq!((channel.queue.max_packets, channel.queue.mean_wait_seconds), (0, 0.0));
    assert!(channel.drops.queue > 11_000);
}

/// A queue that holds packets back is asked again when its settings change.
#[test]
fn a_change_lets_go_what_is_held_back() {
    let scenario = load(
        "duration = '10s'
        nodes = { a = 'host', b = 'host' }
        apps.server = { kind = 'udp-server', on = 'b', port = 9 }
        apps.source = { kind = 'cbr', on = 'a', to = 'b:9', interval = '1ms', count = 8 }
        [links.a--b]
        rate = '100Mbps'
        framing = 'none'
        queue = { kind = 'tbf', rate = '8bps', burst = '1056B', limit = '9kB' }
        [[changes]]
        at = '9s'
        set = { 'links.a--b.queue.rate' = '1Mbps' }",
    );
    let mut simulation = Simulation::new(scenario.plan.clone());
    simulation.run_until(Time::from_ms(8999), &mut portolan::run::Nobody);
    let held = simulation.summary().flow("source").packets_delivered;
    simulation.run_until(scenario.duration, &mut portolan::run::Nobody);
    let summary = simulation.summary();
    assert_eq!((held, summary.flow("source").packets_delivered), (1, 8));
}

/// A station on a hub that holds packets back leaves the medium to the others, and comes back for it.
#[test]
fn a_shaped_station_shares_a_hub() {
    let summary = run(
        "duration = '4s'
        nodes = { a = 'host', b = 'host', c = 'host', hub = 'hub' }
        links.a--hub = { rate = '10Mbps', forward = { queue = { kind = 'tbf', rate = '1Mbps', burst = '3kB' } } }
        links.b--hub = { rate = '10Mbps' }
        links.c--hub = { rate = '10Mbps' }
        apps.server = { kind = 'udp-server', on = 'c', port = 9 }
        apps.shaped = { kind = 'cbr', on = 'a', to = 'c:9', rate = '5Mbps', stop = '2s' }
        apps.other = { kind = 'cbr', on = 'b', to = 'c:9', rate = '5Mbps', stop = '3s' }",
    );
    let shaped = summary.flow("shaped");
    // 1 Mbit/s of frames of 1046 bytes for 2 s, and what still waited at the end of it.
    assert!((235..265).contains(&shaped.packets_delivered), "{shaped:?}");
    let other = summary.flow("other");
    assert_eq!(other.packets_sent, other.packets_delivered);
}
