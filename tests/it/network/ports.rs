//! Ports: who may bind which, what waits in them, and what servers do.

use crate::support::{Parts as _, load, run, time, watch};
use portolan::report::series::Series;
use portolan::run::{Choice, record};
use portolan::sim::Simulation;

fn pair(node: &str, apps: &str) -> String {
    format!(
        "duration = '30s'
        [nodes]
        a = 'host'
        b = {{ kind = 'host' {node} }}
        [links]
        a--b = {{ rate = '1Gbps' }}
        [apps]
        {apps}"
    )
}

#[test]
fn privileged_ports_need_privilege() {
    let server = |port| format!("server = {{ kind = 'udp-server', on = 'b', port = {port} }}");
    let state = |node: &str, port| {
        let summary = run(&pair(node, &server(port)));
        summary.flows.get("server").map(|flow| flow.end_state.clone())
    };
    let denied = Some("EACCES".to_owned());
    assert_eq!(state(", privileged = false", 1023), denied);
    assert_eq!(state(", privileged = false", 1024), None);
    assert_eq!(state("", 1), None, "root may bind everything");
    assert_eq!(state(", privileged = false, privileged-below = 256", 255), denied);
    assert_eq!(state(", privileged = false, privileged-below = 256", 256), None);
}

#[test]
fn one_port_has_one_server_at_a_time() {
    let summary = run(&pair(
        "",
        "first = { kind = 'udp-server', on = 'b', port = 9, stop = '10s' }
        second = { kind = 'udp-server', on = 'b', port = 9, start = '1s' }
        third = { kind = 'udp-server', on = 'b', port = 9, start = '20s' }
        source = { kind = 'cbr', on = 'a', to = 'b:9', interval = '100ms', start = '50ms' }",
    ));
    assert_eq!(summary.flow("second").end_state, "EADDRINUSE");
    assert!(!summary.flows.contains_key("first") && !summary.flows.contains_key("third"));
    // Open for 10 s, closed for 10 s, open again.
    let flow = summary.flow("source");
    assert_eq!((flow.packets_sent, flow.packets_delivered), (300, 200));
    assert_eq!(summary.hosts["b"].port_closed, 100);
    let port = summary.port("b:9/udp");
    assert_eq!((port.received, port.delivered), (200, 200), "both processes' share: {port:?}");
}

#[test]
fn port_zero_is_any_free_ephemeral_port() {
    let summary = run(&pair(
        ", ephemeral = [50000, 50001]",
        "s1 = { kind = 'udp-server', on = 'b', port = 0 }
        s2 = { kind = 'udp-server', on = 'b', port = 0 }
        s3 = { kind = 'udp-server', on = 'b', port = 0 }",
    ));
    let mut ports: Vec<_> = summary.ports.keys().map(String::as_str).collect();
    ports.sort_unstable();
    assert_eq!(ports, ["b:50000/udp", "b:50001/udp"]);
    assert_eq!(summary.flow("s3").end_state, "EADDRINUSE", "there are only two");
}

#[test]
fn a_port_is_a_queue_of_limited_length() {
    for (buffer, room) in [("3p", 3), ("2500B", 2), ("3000B", 3), ("0p", 0)] {
        let (summary, seen) = watch(&pair(
            "",
            &format!(
                "server = {{ kind = 'udp-server', on = 'b', port = 9, buffer = '{buffer}', service = '1s' }}
                source = {{ kind = 'cbr', on = 'a', to = 'b:9', interval = '1ms', count = 10, start = '1s' }}"
            ),
        ));
        let port = summary.port("b:9/udp");
        // The first is read at once and worked on for a second; then the next is read.
        let read = if room == 0 { 0 } else { room + 1 };
        assert_eq!(
            (port.received, port.delivered, port.dropped),
            (10, read, 10 - read),
            "{buffer}"
        );
        assert_eq!((port.max_depth_packets, port.max_depth_bytes), (room, room * 1000), "{buffer}");
        let reads: Vec<_> = seen.deliveries().iter().map(|(at, _)| *at).collect();
        assert!(reads.windows(2).all(|pair| pair[1] - pair[0] == time("1s")), "{reads:?}");
        assert_eq!(summary.flow("source").packets_delivered, read);
    }
}

#[test]
fn the_mean_depth_of_a_port_is_weighted_by_time() {
    // Read at 0 (at once), 10 and 20 s after the first arrival; 1 ms apart, so the sums are 10 s and 20 s.
    let summary = run(&pair(
        "",
        "server = { kind = 'udp-server', on = 'b', port = 9, service = '10s' }
        source = { kind = 'cbr', on = 'a', to = 'b:9', interval = '1ms', count = 3, start = '1s' }",
    ));
    let exact = (10.0 - 0.001 + 20.0 - 0.002) / 30.0;
    let measured = summary.port("b:9/udp").mean_depth_packets;
    assert!((measured - exact).abs() < 1e-6, "{measured} and not {exact}");
}

#[test]
fn an_echo_server_sends_everything_back() {
    let (summary, seen) = watch(&pair(
        "",
        "server = { kind = 'udp-server', on = 'b', port = 'echo', echo = true, service = '2ms' }
        source = { kind = 'cbr', on = 'a', to = 'b:echo', interval = '10ms', count = 100 }",
    ));
    assert_eq!(summary.port("b:7/udp").delivered, 100);
    assert_eq!(summary.flow("source").packets_delivered, 100, "answers are no deliveries");
    // Each datagram is read twice: by the server and, when it is back, by its sender.
    assert_eq!(seen.deliveries().len(), 200);
    assert_eq!(summary.channel("a->b").bytes, summary.channel("b->a").bytes);
}

fn dns(client: &str, rest: &str) -> String {
    pair(
        "",
        &format!(
            "server = {{ kind = 'dns-server', on = 'b', zone = {{ 'www.example.org' = 'a' }} {rest}
            client = {{ kind = 'dns-client', on = 'a', to = 'b', names = ['www.example.org'] {client} }}"
        ),
    )
}

#[test]
fn a_dns_question_without_answer_is_asked_again() {
    // Everything is lost for the first three seconds; the second try comes after five.
    let lossy = "}
        [[changes]]
        at = '3s'
        set = { 'links.a--b.loss' = '0%' }"
        .to_owned();
    let (changes, apps) = (lossy.trim_start_matches('}'), dns("", "}"));
    let text =
        format!("{apps}\n{changes}").replace("rate = '1Gbps'", "rate = '1Gbps', loss = '100%'");
    // ARP asks at 0, 1, 2 s and gives up at 3 s, which may pass: the client waits on. Without ARP
    // nobody notices at all.
    for (framing, errors) in [("ethernet", 1), ("ppp", 0)] {
        let text = text.replace("loss =", &format!("framing = '{framing}', loss ="));
        let flow = run(&text).flows["client"].clone();
        assert_eq!(
            (flow.errors, flow.retransmits, flow.packets_delivered),
            (errors, 1, 1),
            "{flow:?}"
        );
        assert!(flow.details[1].contains("has address"), "{:?}", flow.details);
        let done = flow.completed_seconds.expect("completed");
        assert!(done > 5.0 && done < 5.001, "{done}");
    }
}

#[test]
fn a_dns_server_that_is_not_there_yet_refuses() {
    let flow = run(&dns(", count = 10", ", start = '3500ms' }")).flows["client"].clone();
    // One question a second: those at 0, 1, 2 and 3 s find the port closed, and so does the second
    // try of each, at once.
    assert_eq!((flow.errors, flow.retransmits, flow.timeouts), (8, 4, 4), "{flow:?}");
    assert_eq!(flow.details[0], "10 questions, 6 answered (0 NXDOMAIN), 4 given up");
}

#[test]
fn a_server_on_loopback_serves_its_own_host_only() {
    let summary = run(&pair(
        "",
        "server = { kind = 'udp-server', on = 'b', port = 9, address = '127.0.0.1' }
        inside = { kind = 'cbr', on = 'b', to = '127.0.0.1:9', interval = '1s', count = 5 }
        outside = { kind = 'cbr', on = 'a', to = 'b:9', interval = '1s', count = 5 }",
    ));
    assert_eq!(summary.port("b:9/udp").delivered, 5);
    assert_eq!(summary.flow("inside").packets_delivered, 5);
    assert_eq!((summary.flow("outside").packets_delivered, summary.hosts["b"].port_closed), (0, 5));
}

#[test]
fn goodput_never_exceeds_the_slowest_link() {
    // Sent within 8 ms, delivered over 800 ms and more; and a process killed half-way.
    let text = |source: &str| {
        format!(
            "duration = '10s'
            nodes = {{ a = 'host', r = 'router', b = 'host' }}
            links = {{ a--r = {{}}, r--b = {{ rate = '1Mbps' }} }}
            [apps]
            sink = {{ kind = 'udp-server', on = 'b', port = 9 }}
            source = {{ kind = 'cbr', on = 'a', to = 'b:9', {source} }}"
        )
    };
    let goodput = |source: &str| run(&text(source)).flow("source").goodput_bps;
    // 1000 of 1046 bytes are data.
    let burst = goodput("rate = '100Mbps', count = 100");
    assert!((0.94e6..0.956e6).contains(&burst), "{burst}");
    let alone = goodput("rate = '100Mbps', count = 1");
    assert!((0.8e6..0.956e6).contains(&alone), "not nothing, though it took ARP: {alone}");
    let killed = goodput("rate = '400kbps', stop = '5s'");
    assert!((0.39e6..0.41e6).contains(&killed), "{killed}");
}

/// What a recording with the default interval (a thousandth of the run) keeps of a burst that begins and
/// ends between two samples.
#[test]
fn samples_do_not_miss_the_peaks_between_them() {
    let scenario = load(
        "duration = '10s'
        [nodes]
        a = 'host'
        b = 'host'
        [links.a--b]
        rate = '100Mbps'
        delay = '1us'
        [apps]
        sink = { kind = 'udp-server', on = 'b', port = 9, service = '150us' }
        first = { kind = 'cbr', on = 'a', to = 'b:9', size = '10B', interval = '1s', count = 1 }
        burst = { kind = 'cbr', on = 'a', to = 'b:9', size = '1000B', interval = '1us', count = 20, start = '1.001s' }",
    );
    let mut simulation = Simulation::new(scenario.plan.clone());
    let choice = Choice::default_of(&scenario);
    let recorded = record(&mut simulation, scenario.duration, &choice, Vec::new(), &mut |_| true);
    let (recording, rows) = recorded.expect("memory takes all");
    let text = String::from_utf8(rows).expect("text");
    let peaks: Vec<_> = text.lines().filter(|line| line.contains("-peak")).collect();
    assert_eq!(peaks.len(), 2, "{peaks:?}");
    // The first of twenty packets is being sent when the others wait.
    assert_eq!(peaks[0], "1.01,links.a--b.a->b.queue-peak,19");
    assert!(peaks[1].starts_with("1.01,ports.b:9/udp.depth-packets-peak,"), "{}", peaks[1]);
    assert!(text.lines().filter(|line| !line.contains("-peak")).skip(1).all(|l| l.ends_with(",0")));
    let highest = |series: &Series| {
        series.samples.buckets().iter().map(|bucket| bucket.max).fold(0.0, f64::max)
    };
    assert_eq!(highest(&recording.series[0]), 19.0);
    let port = recording.series.last().expect("the port is recorded");
    let summary = simulation.summary();
    assert_eq!(highest(port), summary.ports["b:9/udp"].max_depth_packets as f64);
}
