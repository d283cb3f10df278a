//! A made-up run for the tests of reports: a slow uplink that overflows.

use indexmap::IndexMap;

use crate::observe::results::{
    Channel, ChannelDrops, Engine, Expectation, Flow, Host, Port, Queue, QueueDrops, Summary,
};

fn channel(packets: u64, utilization: f64, drops: u64, queue: Queue) -> Channel {
    let by_reason = QueueDrops { full: drops, ..QueueDrops::default() };
    let drops = ChannelDrops { queue: drops, by_reason, loss: 2, ..ChannelDrops::default() };
    Channel { packets, bytes: packets * 1018, utilization, drops, queue, ..Channel::default() }
}

fn full_queue() -> Queue {
    Queue {
        mean_packets: 41.731,
        max_packets: 50,
        mean_wait_seconds: 0.033_984,
        p50_wait_seconds: 0.036_2,
        p95_wait_seconds: 0.040_2,
        p99_wait_seconds: 0.040_72,
    }
}

fn flow(protocol: &str, to: &str, packets: [u64; 2], end_state: &str) -> Flow {
    Flow {
        protocol: protocol.into(),
        from: "alice".into(),
        to: to.into(),
        packets_sent: packets[0],
        packets_delivered: packets[1],
        bytes_delivered: packets[1] * 1000,
        goodput_bps: packets[1] as f64 * 800.0,
        end_state: end_state.into(),
        ..Flow::default()
    }
}

fn port(received: u64, dropped: u64, process: &str) -> Port {
    Port {
        received,
        delivered: received - dropped,
        dropped,
        max_depth_bytes: 212_000,
        max_depth_packets: 212,
        mean_depth_packets: 0.5,
        process: process.into(),
        ..Port::default()
    }
}

fn expectation(holds: bool, because: &str) -> Expectation {
    Expectation {
        that: "links['r1--bob']['r1->bob'].drops.queue > 0 && flows['bulk'].goodput_bps < 1e6"
            .into(),
        because: because.into(),
        holds,
        actual:
            "links['r1--bob']['r1->bob'].drops.queue = 1204, flows['bulk'].goodput_bps = 9420000"
                .into(),
    }
}

/// The summary of that run.
pub(crate) fn summary() -> Summary {
    let both = |link: [&str; 2], there, back| {
        let name = format!("{}--{}", link[0], link[1]);
        let keys = [format!("{}->{}", link[0], link[1]), format!("{}->{}", link[1], link[0])];
        (name, IndexMap::from_iter(keys.into_iter().zip([there, back])))
    };
    let idle = Channel::default();
    let mut traceroute = flow("icmp", "bob", [3, 3], "done");
    traceroute.mean_rtt_seconds = Some(0.042_31);
    traceroute.min_rtt_seconds = Some(0.042_01);
    let mut bulk = flow("udp", "bob:5001", [12_981, 11_775], "open");
    bulk.mean_delay_seconds = Some(0.055_2);
    Summary {
        buffers: IndexMap::new(),
        scenario: "slow-uplink".into(),
        title: "A slow uplink overflows".into(),
        seed: 7,
        simulated_seconds: 10.0,
        engine: Engine { events: 98_211, hops: 36_530 },
        links: IndexMap::from([
            both(["alice", "r1"], channel(12_981, 0.010_9, 0, Queue::default()), idle.clone()),
            both(["r1", "bob"], channel(11_777, 0.971_4, 1204, full_queue()), idle),
        ]),
        ports: IndexMap::from([
            ("bob:5001/udp".into(), port(11_775, 310, "sink")),
            ("bob:53/udp".into(), port(0, 0, "a-very-long-name-of-a-name-server-process")),
        ]),
        hosts: IndexMap::from([
            ("alice".into(), Host { arp_requests_sent: 1, ..Host::default() }),
            (
                "r1".into(),
                Host {
                    forwarded: 24_758,
                    ttl_exceeded: 3,
                    time_exceeded_sent: 3,
                    arp_requests_sent: 2,
                    ..Host::default()
                },
            ),
            ("bob".into(), Host { port_closed: 4, unreachable_sent: 4, ..Host::default() }),
        ]),
        flows: IndexMap::from([
            ("bulk".into(), bulk),
            ("trace-the-path-to-bob".into(), traceroute),
            ("dns".into(), flow("udp", "bob:53", [2, 0], "ECONNREFUSED")),
        ]),
        theory: Vec::new(),
        expectations: vec![
            expectation(true, "12 Mbit/s into 10 Mbit/s through 50 packets of queue must overflow"),
            expectation(
                false,
                "a full queue shares its pain among everybody who comes late, so that no single conversation gets everything",
            ),
        ],
        timing: None,
    }
}
