//! Memory that the queues of a switch share, with dynamic thresholds.

use crate::support::{Parts as _, run};

/// Flows of 10 Mbit/s to as many links of 1 Mbit/s, by a switch with 100 kB of memory.
fn saturated(flows: usize, buffer: &str) -> portolan::observe::results::Summary {
    let mut text = format!(
        "duration = '20s'
        [nodes]
        s = {{ kind = 'switch', spanning-tree = false, buffer = {buffer} }}
        'a[1..{flows}]' = 'host'
        'b[1..{flows}]' = 'host'
        [links]
        'a[1..{flows}]--s' = {{ rate = '1Gbps' }}
        's--b[1..{flows}]' = {{ rate = '1Mbps', queue = '10000p' }}
        [apps]
        server = {{ kind = 'udp-server', on = 'b[1..{flows}]', port = 9 }}
        "
    );
    for n in 1..=flows {
        // Not in step: sources that are would find the memory in the same state every time.
        text += &format!(
            "f{n} = {{ kind = 'poisson', on = 'a{n}', to = 'b{n}:9', rate = '10Mbps' }}\n"
        );
    }
    run(&text)
}

/// Choudhury and Hahne: each of N full queues holds alpha B / (1 + alpha N), and B / (1 + alpha N) stays free.
#[test]
fn full_queues_hold_what_the_closed_form_says() {
    for (flows, alpha) in [(1, 1.0), (2, 1.0), (4, 1.0), (1, 0.5), (2, 2.0), (3, 0.25)] {
        let summary = saturated(flows, &format!("{{ size = '100kB', alpha = {alpha:?} }}"));
        let expected = alpha * 100e3 / (1.0 + alpha * flows as f64);
        for n in 1..=flows {
            let channel = summary.channel(&format!("s->b{n}"));
            // Frames of 1046 bytes; a queue may be one above its threshold, and is drained below it.
            let held = channel.queue.mean_packets * 1046.0;
            assert!((held - expected).abs() < 1500.0, "{flows}, {alpha}: {held}, not {expected}");
            let drops = channel.drops;
            assert!(
                drops.by_reason.shared_buffer > 0 && drops.by_reason.shared_buffer == drops.queue
            );
        }
        let buffer = summary.buffers["s"];
        assert!((buffer.mean_bytes - expected * flows as f64).abs() < 1500.0 * flows as f64);
        assert!(buffer.max_bytes <= buffer.size_bytes && buffer.size_bytes == 100_000);
        let dropped: u64 =
            (1..=flows).map(|n| summary.channel(&format!("s->b{n}")).drops.queue).sum();
        assert_eq!(buffer.dropped, dropped);
    }
}

#[test]
fn without_it_each_queue_has_its_own() {
    let summary = saturated(1, "{ size = '1GB' }");
    assert_eq!(summary.channel("s->b1").drops.by_reason.shared_buffer, 0);
    assert!(summary.channel("s->b1").queue.max_packets > 9000, "its own limit is 10000");
}
