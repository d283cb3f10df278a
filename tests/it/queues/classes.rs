//! Who gets which share of a link.

use std::fmt::Write as _;

use portolan::observe::results::Summary;

use crate::support::{Parts as _, run};

/// Flows of datagrams from `a` to `b` over 10 Mbit/s with this queue before it: size of the data, rate, and more settings.
/// Datagrams of 972 bytes are packets of 1000, those of 472 are of 500.
fn flows(queue: &str, flows: &[(u32, &str, &str)]) -> Summary {
    let mut text = format!(
        "duration = '10s'
        nodes = {{ a = 'host', b = 'host' }}
        links.a--b = {{ rate = '10Mbps', framing = 'none', queue = {queue} }}
        "
    );
    for (n, (size, rate, more)) in flows.iter().enumerate() {
        let port = 5001 + n;
        let _ = write!(
            text,
            "[apps.s{n}]
            kind = 'udp-server'
            on = 'b'
            port = {port}
            [apps.f{n}]
            kind = 'cbr'
            on = 'a'
            to = 'b:{port}'
            size = '{size}B'
            rate = '{rate}'
            {more}
            "
        );
    }
    run(&text)
}

/// The shares of the flows in what went over the link, headers included.
fn shares(summary: &Summary, sizes: &[u32]) -> Vec<f64> {
    let sent = |n: usize| {
        let packets = summary.flow(&format!("f{n}")).packets_delivered;
        packets as f64 * f64::from(sizes[n] + 28)
    };
    let total: f64 = (0..sizes.len()).map(sent).sum();
    (0..sizes.len()).map(|n| sent(n) / total).collect()
}

fn near(shares: &[f64], expected: &[f64]) -> bool {
    shares.iter().zip(expected).all(|(share, expected)| (share - expected).abs() < 0.01 * expected)
}

/// Three classes that always have something to send, with packets of two sizes: within 1 % of 6 : 3 : 1.
#[test]
fn classes_share_by_their_weights() {
    let sizes = [972, 472, 972];
    let by_port = |n: u32, more: &str| format!("{{ match = {{ ports = [{n}, {n}] }}, {more} }}");
    let classes = |word: [&str; 3]| {
        let [a, b, c] = word;
        format!("[{}, {}, {{ {c} }}]", by_port(5001, a), by_port(5002, b))
    };
    let drr = classes(["quantum = '6kB'", "quantum = '3kB'", "quantum = '1kB'"]);
    let wfq = classes(["weight = 6", "weight = 3", "weight = 1"]);
    for (kind, classes) in [("drr", drr), ("wfq", wfq)] {
        let queue = format!("{{ kind = '{kind}', classes = {classes} }}");
        let load = [(972, "9Mbps", ""), (472, "9Mbps", ""), (972, "9Mbps", "")];
        let shares = shares(&flows(&queue, &load), &sizes);
        assert!(near(&shares, &[0.6, 0.3, 0.1]), "{kind}: {shares:?}");
    }
}

/// What a class does not use the others share by their weights.
#[test]
fn nothing_is_left_unused() {
    let classes = "[{ match = { dscp = ['ef'] }, weight = 6 }, { match = { ports = [5002, 5002] }, weight = 3 }, {}]";
    let queue = format!("{{ kind = 'wfq', classes = {classes} }}");
    let load = [(972, "972kbps", "dscp = 'ef'"), (972, "9Mbps", ""), (972, "9Mbps", "")];
    let summary = flows(&queue, &load);
    let shares = shares(&summary, &[972; 3]);
    assert!(near(&shares, &[0.1, 0.675, 0.225]), "{shares:?}");
    let lost = summary.flow("f0").packets_sent - summary.flow("f0").packets_delivered;
    assert!(lost <= 1, "one may be under way at the end: {lost}");
}

/// Max-min fairness: who wants less than a share gets all of it, the others share the rest.
#[test]
fn flows_get_equal_shares_of_what_is_left() {
    for kind in ["sfq", "fq_codel", "wfq", "fq_pie"] {
        let load =
            [(972, "972kbps", ""), (972, "8Mbps", ""), (472, "8Mbps", ""), (972, "8Mbps", "")];
        let summary = flows(&format!("{{ kind = '{kind}' }}"), &load);
        let shares = shares(&summary, &[972, 972, 472, 972]);
        let fair = shares.iter().zip([0.1, 0.3, 0.3, 0.3]);
        assert!(
            fair.into_iter().all(|(share, fair)| (share - fair).abs() < 0.01),
            "{kind}: {shares:?}"
        );
        let drops = summary.channel("a->b").drops;
        assert!(drops.queue > 0, "{kind}");
    }
}

/// Strict priority starves: what goes first can take all there is.
#[test]
fn a_band_starves_those_behind_it() {
    let by_class = "{ kind = 'prio', classes = [{ match = { dscp = ['ef'] } }] }";
    for (queue, dscp) in [(by_class, "'ef'"), ("{ kind = 'prio' }", "4")] {
        // Type of service 0x10, minimise delay, is codepoint 4.
        let first = format!("dscp = {dscp}");
        let load =
            [(972, "9Mbps", first.as_str()), (972, "15Mbps", first.as_str()), (972, "7.3Mbps", "")];
        let summary = flows(queue, &load);
        assert!(summary.flow("f2").packets_delivered <= 2, "{:?}", summary.flow("f2"));
        let all = summary.channel("a->b");
        assert!(all.utilization > 0.999 && all.drops.by_reason.full > 0, "{all:?}");
        let none = flows(queue, &[(972, "9Mbps", ""), (972, "15Mbps", ""), (972, "7.3Mbps", "")]);
        assert!(
            none.flow("f2").packets_delivered > 1000,
            "without the codepoint all are in one band"
        );
    }
}

/// Bulk waits for all others (TOS 0x08, codepoint 2, is band 2), and answers have the codepoint of their server.
#[test]
fn answers_have_the_codepoint_of_the_server() {
    let scenario = |dscp: &str| {
        run(&format!(
            "duration = '5s'
            nodes = {{ a = 'host', b = 'host' }}
            links.a--b = {{ rate = '10Mbps', delay = '1ms', queue = {{ kind = 'prio', classes = [{{}}, {{ queue = '50p' }}] }} }}
            apps.web = {{ kind = 'http-server', on = 'a', port = 80, size = '20kB', dscp = {dscp} }}
            apps.browser = {{ kind = 'http-client', on = 'b', to = 'a:80', think = '100ms' }}
            apps.sink = {{ kind = 'tcp-server', on = 'b', port = 5001 }}
            apps.bulk = {{ kind = 'tcp-client', on = 'a', to = 'b:5001' }}"
        ))
    };
    let mean = |dscp| scenario(dscp).flow("browser").mean_response_seconds.expect("pages");
    let (urgent, equal) = (mean("4"), mean("0"));
    assert!(urgent * 2.0 < equal, "{urgent} {equal}");
}
