//! Active queue management before a slow line: bufferbloat, and what is done about it.

use std::fmt::Write as _;

use portolan::observe::results::Summary;

use crate::support::{Parts as _, run};

/// Downloads over a line of 10 Mbit/s with this queue before it, 20 ms there and back; and datagrams of 100 bytes each 20 ms.
fn line(queue: &str, downloads: usize, tcp: &str) -> Summary {
    let mut text = format!(
        "duration = '30s'
        nodes = {{ server = 'host', r1 = 'router', home = 'host' }}
        links.server--r1 = {{ rate = '1Gbps', delay = '1ms' }}
        links.r1--home = {{ rate = '10Mbps', delay = '9ms', queue = {queue} }}
        [apps.sink]
        kind = 'tcp-server'
        on = 'home'
        port = 5001
        tcp = {{ ecn = 'on' }}
        [apps.calls]
        kind = 'udp-server'
        on = 'home'
        port = 9
        [apps.call]
        kind = 'cbr'
        on = 'server'
        to = 'home:9'
        size = '100B'
        interval = '20ms'
        "
    );
    for n in 0..downloads {
        let _ = write!(
            text,
            "[apps.download{n}]
            kind = 'tcp-client'
            on = 'server'
            to = 'home:5001'
            start = '{n}s'
            tcp = {{ {tcp} }}
            "
        );
    }
    run(&text)
}

/// \[ms\]
fn wait(summary: &Summary) -> f64 {
    summary.channel("r1->home").queue.mean_wait_seconds * 1e3
}

fn call_delay(summary: &Summary) -> f64 {
    summary.flow("call").mean_delay_seconds.expect("datagrams arrive") * 1e3
}

/// All downloads together \[Mbit/s\].
fn goodput(summary: &Summary) -> f64 {
    let flows = summary.flows.iter().filter(|(name, _)| name.starts_with("download"));
    flows.map(|(_, flow)| flow.bytes_delivered as f64 * 8.0 / 30e6).sum()
}

#[test]
fn a_long_fifo_is_filled() {
    let summary = line("'500p'", 1, "");
    assert!(wait(&summary) > 200.0 && call_delay(&summary) > 200.0, "{}", wait(&summary));
    let drops = summary.channel("r1->home").drops;
    assert_eq!((drops.queue, drops.by_reason.full), (drops.queue, drops.queue));
}

/// RFC 8289: the standing queue is near the target, 5 ms, and the line stays busy.
#[test]
fn codel_keeps_the_standing_queue_near_its_target() {
    let summary = line("{ kind = 'codel' }", 1, "");
    assert!((2.0..12.0).contains(&wait(&summary)), "{}", wait(&summary));
    assert!(goodput(&summary) > 8.5, "{}", goodput(&summary));
    let drops = summary.channel("r1->home").drops;
    assert!(drops.by_reason.overdue > 5 && drops.by_reason.overdue == drops.queue, "{drops:?}");
}

/// RFC 8033: the delay is near the target, 15 ms.
#[test]
fn pie_keeps_the_delay_near_its_target() {
    let summary = line("{ kind = 'pie' }", 4, "");
    assert!((8.0..22.0).contains(&wait(&summary)), "{}", wait(&summary));
    assert!(goodput(&summary) > 8.5, "{}", goodput(&summary));
    let drops = summary.channel("r1->home").drops;
    assert!(drops.by_reason.early > 5, "{drops:?}");
}

#[test]
fn red_keeps_the_average_between_its_thresholds() {
    let parameters = "limit = '200kB', min = '15kB', max = '45kB', probability = '10%'";
    let summary = line(&format!("{{ kind = 'red', {parameters} }}"), 4, "");
    let queue = summary.channel("r1->home").queue;
    let bytes = queue.mean_packets * 1518.0;
    assert!((15e3..45e3).contains(&bytes), "{bytes}");
    assert!(summary.channel("r1->home").drops.by_reason.early > 20);
    // The adaptive variant looks for the probability that leads to the middle.
    let text = "{ kind = 'red', limit = '200kB', min = '15kB', max = '45kB', adaptive = true, gentle = true }";
    let bytes = line(text, 4, "").channel("r1->home").queue.mean_packets * 1518.0;
    assert!((24e3..36e3).contains(&bytes), "{bytes}");
}

/// RFC 8290: a flow that sends less than its share hardly waits, whatever the others do.
#[test]
fn fair_queueing_isolates_a_paced_flow() {
    // 10 ms of way and 0.1 ms of sending. With SFQ the three downloads may send a frame of 1.2 ms each before it, and
    // one is on the wire; with the others at most that one.
    let bounds = [("fq_codel", 11.6), ("fq_pie", 11.6), ("wfq", 11.6), ("sfq", 15.1)];
    for (kind, bound) in bounds {
        let summary = line(&format!("{{ kind = '{kind}' }}"), 3, "");
        assert!(call_delay(&summary) < bound, "{kind}: {}", call_delay(&summary));
        assert!(goodput(&summary) > 8.5, "{kind}: {}", goodput(&summary));
        let call = summary.flow("call");
        assert!(call.packets_sent - call.packets_delivered < 2, "{kind}: {call:?}");
    }
}

/// Only the datagrams, which are not ECN-capable, are dropped.
#[test]
fn marks_take_the_place_of_drops() {
    let red = "kind = 'red', limit = '200kB', min = '15kB', max = '45kB', gentle = true";
    for queue in [red, "kind = 'codel'", "kind = 'fq_codel'", "kind = 'pie'"] {
        let summary = line(&format!("{{ {queue}, ecn = true }}"), 2, "ecn = 'on'");
        let channel = summary.channel("r1->home");
        let by_reason = channel.marks_by_reason;
        assert!(channel.marks > 10, "{queue}");
        assert_eq!(channel.marks, by_reason.early + by_reason.overdue, "{queue}");
        let early = queue.contains("red") || queue.contains("pie");
        assert_eq!(if early { by_reason.overdue } else { by_reason.early }, 0, "{queue}");
        let call = summary.flow("call");
        let lost = call.packets_sent - call.packets_delivered;
        // PIE drops even what is ECN-capable while its probability is above 10 %.
        assert!(channel.drops.queue <= lost || queue.contains("pie"), "{queue}: {channel:?}");
        let resent = summary.flow("download0").retransmits + summary.flow("download1").retransmits;
        assert!(resent == 0 || queue.contains("pie"), "{queue}: {resent}");
    }
}

/// What is dropped at the head has already waited: a sender of TCP learns of it earlier.
#[test]
fn head_drop_keeps_what_came_last() {
    let summary = line("{ kind = 'head-drop', limit = '50p' }", 2, "");
    let drops = summary.channel("r1->home").drops;
    assert!(drops.by_reason.displaced > 0 && drops.by_reason.displaced == drops.queue);
    assert_eq!(summary.channel("r1->home").queue.max_packets, 50);
}
