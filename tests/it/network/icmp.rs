//! ICMP errors: who is told, and how often; and the packet filter.

use crate::support::{Parts as _, run, watch};
use portolan::observe::DropReason;

fn to_closed_port(node: &str, source: &str) -> String {
    format!(
        "duration = '20s'
        nodes = {{ a = 'host', r = 'router', b = {{ kind = 'host' {node} }} }}
        links = {{ a--r = {{}}, r--b = {{}} }}
        apps = {{ source = {{ kind = 'cbr', on = 'a', to = 'b:9', {source} }} }}"
    )
}

#[test]
fn a_closed_port_answers_a_burst_of_six_and_then_one_a_second() {
    let summary = run(&to_closed_port("", "interval = '1us', count = 50"));
    let (host, flow) = (summary.hosts["b"], summary.flow("source"));
    assert_eq!((host.port_closed, host.unreachable_sent, flow.errors), (50, 6, 6));
    assert_eq!((flow.packets_sent, flow.packets_delivered), (50, 0));

    // Ten a second for 9.9 s: the six saved and one for each full second since the first.
    let summary = run(&to_closed_port("", "interval = '100ms', count = 100"));
    assert_eq!((summary.hosts["b"].port_closed, summary.flow("source").errors), (100, 6 + 9));

    let summary = run(&to_closed_port(", icmp-interval = '0s'", "interval = '1us', count = 50"));
    assert_eq!(summary.flow("source").errors, 50, "no limit");
    let summary = run(&to_closed_port(", icmp-burst = 2", "interval = '1us', count = 50"));
    assert_eq!(summary.flow("source").errors, 2);
}

#[test]
fn news_of_a_smaller_mtu_is_never_held_back() {
    let text = to_closed_port("", "interval = '1us', count = 50, dont-fragment = true")
        .replace("r--b = {}", "r--b = { mtu = '576B' }");
    let summary = run(&text);
    assert_eq!((summary.hosts["r"].unreachable_sent, summary.flow("source").errors), (50, 50));
}

#[test]
fn ttl_one_reaches_the_router_and_no_further() {
    let text = to_closed_port("", "interval = '1s', count = 3")
        .replace("a = 'host'", "a = { kind = 'host', ttl = 1 }");
    let (summary, seen) = watch(&text);
    let router = summary.hosts["r"];
    assert_eq!((router.ttl_exceeded, router.time_exceeded_sent, router.forwarded), (3, 3, 0));
    assert_eq!(seen.drops(DropReason::TtlExceeded).len(), 3);
    assert_eq!(summary.flow("source").errors, 3);
    let text = text.replace("ttl = 1", "ttl = 2");
    assert_eq!(run(&text).hosts["b"].port_closed, 3, "a TTL of two gets through one router");
}

/// Datagrams to a filtered port, with the rule on one of the nodes.
fn filtered(node: &str, rule: &str) -> String {
    let nodes = [("a", "host"), ("r", "router"), ("b", "host")].map(|(name, kind)| {
        let filter = if name == node { format!(", filter = [{rule}]") } else { String::new() };
        format!("{name} = {{ kind = '{kind}' {filter} }}")
    });
    format!(
        "duration = '20s'
        nodes = {{ {} }}
        links = {{ a--r = {{}}, r--b = {{}} }}
        [apps]
        sink = {{ kind = 'udp-server', on = 'b', port = 9 }}
        other = {{ kind = 'udp-server', on = 'b', port = 10 }}
        source = {{ kind = 'cbr', on = 'a', to = 'b:9', interval = '1s', count = 5 }}
        beside = {{ kind = 'cbr', on = 'a', to = 'b:10', interval = '1s', count = 5 }}",
        nodes.join(", ")
    )
}

#[test]
fn filters_drop_in_silence_or_reject_with_an_error() {
    let rules = [("drop", 0), ("reject", 5), ("reject-prohibited", 5)];
    for (node, chain) in [("b", "input"), ("r", "forward")] {
        for (action, errors) in rules {
            let rule = format!(
                "{{ action = '{action}', chain = '{chain}', protocol = 'udp', ports = [9, 9] }}"
            );
            let summary = run(&filtered(node, &rule));
            let (flow, host) = (summary.flow("source"), summary.hosts[node]);
            assert_eq!((flow.packets_delivered, flow.errors), (0, errors), "{rule} on {node}");
            assert_eq!((host.filtered, host.unreachable_sent), (5, errors), "{rule} on {node}");
            let beside = summary.flow("beside");
            assert_eq!((beside.packets_delivered, beside.errors), (5, 0), "{rule} on {node}");
        }
    }
}

#[test]
fn the_first_rule_that_matches_decides() {
    let rules = "{ action = 'accept', ports = [9, 9] }, { action = 'drop' }";
    let summary = run(&filtered("b", rules));
    assert_eq!(summary.flow("source").packets_delivered, 5);
    assert_eq!(summary.flow("beside").packets_delivered, 0);
}

#[test]
fn a_filter_on_output_fails_the_call() {
    let (summary, seen) =
        watch(&filtered("a", "{ action = 'drop', chain = 'output', ports = [9, 9] }"));
    let flow = summary.flow("source");
    assert_eq!((flow.packets_sent, flow.errors, summary.hosts["a"].filtered), (0, 5, 5));
    assert_eq!(seen.drops(DropReason::Filtered).len(), 5);
    assert_eq!(summary.flow("beside").packets_delivered, 5);
}
