//! Timed changes act at their time: on what comes after, not on what went before.

use crate::support::{Parts as _, run, time, watch};
use portolan::observe::DropReason;
use portolan::units::Time;

/// Packets of 1250 bytes, one each millisecond, over a link of 100 Mbit/s and 1 ms, which changes.
fn stream(changes: &[(&str, &str)]) -> String {
    let changes: Vec<_> = changes
        .iter()
        .map(|(at, what)| format!("[[changes]]\nat = '{at}'\nset = {{ 'links.a--b.{what} }}"))
        .collect();
    format!(
        "duration = '100ms'
        [nodes]
        a = 'host'
        b = 'host'
        [links.a--b]
        rate = '100Mbps'
        delay = '1ms'
        framing = 'none'
        queue = '1000p'
        [apps]
        sink = {{ kind = 'udp-server', on = 'b', port = 9 }}
        source = {{ kind = 'cbr', on = 'a', to = 'b:9', size = '1222B', interval = '1ms', count = 20 }}
        {}",
        changes.join("\n")
    )
}

/// The delay of each datagram [us].
fn delays(text: &str) -> Vec<u64> {
    watch(text).1.deliveries().iter().map(|(_, delay)| delay.as_ns() / 1000).collect()
}

#[test]
fn a_new_rate_holds_from_the_next_packet() {
    // 100 us before; 200 us after 10.05 ms, when one packet is half-way through the transmitter.
    let delays = delays(&stream(&[("10.05ms", "rate' = '50Mbps'")]));
    assert_eq!(delays[..11], [1100; 11]);
    assert_eq!(delays[11..], [1200; 9]);
}

#[test]
fn a_new_delay_holds_from_the_next_packet() {
    let seen = delays(&stream(&[("10.05ms", "delay' = '5ms'")]));
    assert_eq!((&seen[..11], &seen[11..]), (&[1100; 11][..], &[5100; 9][..]));
    // A shorter way overtakes what is on the longer one, which arrives all the same.
    let summary = run(&stream(&[("0s", "delay' = '5ms'"), ("10.05ms", "delay' = '1ms'")]));
    let flow = summary.flow("source");
    // Those sent at 7 to 10 ms arrive at 12.1 to 15.1 ms; the one sent at 11 ms at 12.1 ms, after the
    // one that arrives at the same instant and was sent before.
    assert_eq!((flow.packets_delivered, flow.reordered), (20, 3));
}

#[test]
fn loss_begins_and_ends_in_time() {
    let changes = [("4.5ms", "loss' = '100%'"), ("14.5ms", "loss' = '0%'")];
    let (summary, seen) = watch(&stream(&changes));
    let lost: Vec<_> = (5..=14).map(Time::from_ms).collect();
    assert_eq!(seen.drops(DropReason::Loss), lost);
    assert_eq!(summary.flow("source").packets_delivered, 10);
}

#[test]
fn a_smaller_queue_drops_what_no_longer_fits() {
    // At 1 Mbit/s a packet takes 10 ms: at 9.5 ms the first is being sent and nine wait.
    let (summary, seen) = watch(&stream(&[("0s", "rate' = '1Mbps'"), ("9.5ms", "queue' = '4p'")]));
    let dropped = seen.drops(DropReason::QueueFull);
    assert_eq!(dropped[..5], [time("9.5ms"); 5]);
    // At 10 ms one leaves and another takes its place, either way round: those behind find it full
    // until 20 ms.
    assert_eq!(dropped.len() + summary.flow("source").packets_delivered as usize, 20);
    assert_eq!(summary.channel("a->b").queue.max_packets, 9);
}

#[test]
fn a_link_that_goes_down_loses_what_is_on_it_and_works_at_once_when_it_is_up() {
    let (summary, seen) = watch(&stream(&[("4.5ms", "up' = false"), ("8.5ms", "up' = true")]));
    // Sent at 4 ms and still on its way; then those sent at 5 to 8 ms.
    let lost = [time("4.5ms"), time("5ms"), time("6ms"), time("7ms"), time("8ms")];
    assert_eq!(seen.drops(DropReason::LinkDown), lost);
    assert_eq!(summary.channel("a->b").drops.down, 5);
    assert_eq!(summary.flow("source").packets_delivered, 15);
}

#[test]
fn a_transmission_that_was_cut_does_not_hold_up_the_next() {
    // At 10 kbit/s a packet takes a second. The first is cut, with others waiting, and the link is fast
    // when it comes back.
    let changes = [
        ("0s", "rate' = '10kbps'"),
        ("4.5ms", "up' = false"),
        ("5.5ms", "up' = true, 'links.a--b.rate' = '100Mbps'"),
    ];
    let seen = delays(&stream(&changes));
    assert_eq!(seen, [1100; 14], "those sent from 6 ms on find a free link");
}

#[test]
fn settings_of_nodes_and_processes_change_too() {
    let text = stream(&[])
        + "\n[[changes]]
        at = '4.5ms'
        set = { 'nodes.b.filter' = [{ action = 'drop' }] }
        [[changes]]
        at = '8.5ms'
        set = { 'nodes.b.filter' = [] }
        [[changes]]
        at = '10.5ms'
        set = { 'apps.source.interval' = '2ms' }";
    let (summary, seen) = watch(&text);
    assert_eq!(summary.hosts["b"].filtered, 4, "those that arrive at 5.1 ms to 8.1 ms");
    let sent: Vec<_> = seen.deliveries().iter().map(|(at, delay)| *at - *delay).collect();
    let gaps: Vec<_> =
        sent.windows(2).map(|pair| (pair[1] - pair[0]).as_ns() / 1_000_000).collect();
    assert_eq!(gaps, [1, 1, 1, 5, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2]);
}

#[test]
fn a_process_that_has_not_started_starts_with_its_changed_settings() {
    let text = stream(&[])
        .replace("kind = 'cbr', on = 'a'", "kind = 'cbr', on = 'a', start = '10ms'")
        + "\n[[changes]]
        at = '5ms'
        set = { 'apps.source.interval' = '2ms' }";
    let (_, seen) = watch(&text);
    let sent: Vec<_> = seen.deliveries().iter().map(|(at, delay)| *at - *delay).collect();
    let due: Vec<_> = (0..20).map(|n| Time::from_ms(10 + 2 * n)).collect();
    assert_eq!(sent, due);
}

/// The longest times and the lowest rate that a scenario can name. What would come later than the last
/// instant never comes.
#[test]
fn the_ends_of_the_range_of_time_are_no_trap() {
    let long = "18446744s";
    let summary = run(&format!(
        "duration = '{long}'
        nodes = {{ a = 'host', b = 'host' }}
        [links.a--b]
        rate = '1bps'
        delay = '{long}'
        jitter = '{long}'
        reorder = '100%'
        reorder-delay = '{long}'
        framing = 'none'
        [apps]
        sink = {{ kind = 'udp-server', on = 'b', port = 9, service = '{long}' }}
        late = {{ kind = 'cbr', on = 'a', to = 'b:9', interval = '{long}', start = '18446743s' }}
        early = {{ kind = 'cbr', on = 'a', to = 'b:9', interval = '1000000s' }}
        poisson = {{ kind = 'poisson', on = 'a', to = 'b:9', interval = '{long}' }}
        bursts = {{ kind = 'on-off', on = 'a', to = 'b:9', interval = '{long}', on-time = '{long}', off-time = '{long}' }}
        ping = {{ kind = 'ping', on = 'a', to = 'b', timeout = '{long}', interval = '{long}' }}
        path = {{ kind = 'traceroute', on = 'a', to = 'b', timeout = '{long}' }}
        names = {{ kind = 'dns-client', on = 'a', to = 'b', names = ['x.y'], timeout = '{long}' }}"
    ));
    assert!(summary.channel("a->b").packets > 5);
    assert_eq!(summary.flow("early").packets_delivered, 0);
    assert!(summary.channel("a->b").utilization <= 1.0);
}
