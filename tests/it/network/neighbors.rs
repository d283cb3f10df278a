//! ARP (RFC 826): packets wait for the answer, and end if there is none.

use crate::support::{Parts as _, time, watch};
use portolan::observe::DropReason;
use portolan::units::Time;

/// `count` datagrams from `a`, one microsecond apart, over a millisecond of Ethernet.
fn burst(nodes: &str, to: &str, count: u32) -> String {
    format!(
        "duration = '10s'
        [nodes]
        {nodes}
        [links]
        a--r = {{ delay = '1ms' }}
        r--b = {{ delay = '1ms' }}
        [apps]
        sink = {{ kind = 'udp-server', on = 'b', port = 9 }}
        source = {{ kind = 'cbr', on = 'a', to = '{to}:9', size = '100B', interval = '1us', count = {count} }}"
    )
}

#[test]
fn waiting_packets_leave_in_order_when_the_answer_comes() {
    let (summary, seen) = watch(&burst("a = 'host'\nr = 'router'\nb = 'host'", "b", 50));
    let flow = summary.flow("source");
    assert_eq!((flow.packets_delivered, flow.reordered, flow.duplicates), (50, 0, 0));
    let requests: Vec<_> = ["a", "r", "b"].map(|n| summary.hosts[n].arp_requests_sent).to_vec();
    assert_eq!(requests, [1, 1, 0], "one question for all that wait, and none where one asked");
    // The first packet went there and back twice before it could leave each node.
    let (_, first) = seen.deliveries()[0];
    assert!(first > Time::from_ms(6) && first < time("6.01ms"), "{first}");
}

#[test]
fn of_too_many_that_wait_the_oldest_end() {
    let nodes = "a = { kind = 'host', arp-queue = 3 }\nr = 'router'\nb = 'host'";
    let (summary, seen) = watch(&burst(nodes, "b", 50));
    assert_eq!(summary.flow("source").packets_delivered, 3);
    assert_eq!(seen.drops(DropReason::NeighborQueueFull).len(), 47);
    // Those sent last, at 47, 48 and 49 us.
    let sent: Vec<_> = seen.deliveries().iter().map(|(at, delay)| (*at - *delay).as_ps()).collect();
    assert_eq!(sent, [47_000_000, 48_000_000, 49_000_000]);
}

#[test]
fn nobody_answers_three_questions_a_second_apart() {
    let nodes = "a = { kind = 'host', address = '10.0.1.2/24' }\nr = 'router'\nb = 'host'";
    let (summary, seen) = watch(&burst(nodes, "10.0.1.77", 2));
    assert_eq!(seen.arp_requests(), [0, 1, 2].map(Time::from_secs));
    // The sender's own socket is told, of each packet.
    assert_eq!(seen.drops(DropReason::NoNeighbor), [3, 3].map(Time::from_secs));
    assert_eq!((summary.flow("source").errors, summary.flow("source").packets_sent), (2, 2));
    assert_eq!((summary.hosts["a"].no_neighbor, summary.hosts["a"].unreachable_sent), (2, 0));
}

#[test]
fn a_router_whose_neighbour_is_silent_says_host_unreachable() {
    let nodes = "a = 'host'\nr = 'router'\nb = { kind = 'host', address = '10.0.9.2/24' }";
    let (summary, seen) = watch(&burst(nodes, "10.0.9.77", 2));
    let gave_up = seen.drops(DropReason::NoNeighbor);
    let (router, host) = (summary.hosts["r"], summary.hosts["a"]);
    assert_eq!((gave_up.len(), router.unreachable_sent, host.unreachable_sent), (2, 2, 0));
    // 3 s after the packet reached the router, which took a's own ARP exchange and the way.
    assert!(gave_up[0] > time("3.003s") && gave_up[0] < time("3.0031s"), "{}", gave_up[0]);
    assert_eq!(summary.flow("source").errors, 2);
}

#[test]
fn a_failed_neighbour_is_asked_for_again_and_a_late_one_answers() {
    let text = "duration = '20s'
        nodes = { a = 'host', b = 'host' }
        links = { a--b = { up = false } }
        apps = { sink = { kind = 'udp-server', on = 'b', port = 9 }, source = { kind = 'cbr', on = 'a', to = 'b:9', interval = '5s', start = '1s' } }
        changes = [{ at = '7s', set = { 'links.a--b.up' = true } }]";
    let (summary, seen) = watch(text);
    // Sent at 1 s: three requests into a dead link. Sent at 6 s: the request at 8 s is the third.
    let flow = summary.flow("source");
    assert_eq!((flow.packets_sent, flow.packets_delivered, flow.errors), (4, 3, 1));
    assert_eq!(summary.hosts["a"].arp_requests_sent, 3 + 2, "requests at 1, 2, 3, 6, 7 s");
    assert_eq!(seen.deliveries().len(), 3);
}
