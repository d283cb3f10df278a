//! Servers and clients over TCP: every setting does what the reference says.

mod http;

use portolan::observe::Observation;
use portolan::observe::results::{Flow, Summary};

use crate::support::{Parts as _, run, time, watch};

/// Two hosts on one link with these processes and, after them, other parts of a scenario.
fn pair(apps: &str, rest: &str) -> String {
    format!(
        "duration = '30s'
        [nodes]
        a = 'host'
        b = 'host'
        [links]
        a--b = {{ rate = '10Mbps', delay = '10ms' }}
        [apps]
        {apps}
        {rest}"
    )
}

/// A server on port 7 with these settings and a client of it.
fn dialogue(server: &str, client: &str) -> Summary {
    run(&dialogue_text(server, client, ""))
}

fn dialogue_text(server: &str, client: &str, rest: &str) -> String {
    let server = format!("server = {{ kind = 'tcp-server', on = 'b', port = 7, {server} }}");
    let client = format!("client = {{ kind = 'tcp-client', on = 'a', to = 'b:7', {client} }}");
    pair(&format!("{server}\n{client}"), rest)
}

fn client(summary: &Summary) -> &Flow {
    summary.flow("client")
}

fn completed(summary: &Summary) -> f64 {
    client(summary).completed_seconds.unwrap_or_else(|| panic!("{:?}", client(summary)))
}

/// The states that the connections of a node have gone through, one after the other.
fn states(text: &str, node: &str) -> Vec<&'static str> {
    let node = usize::from(node == "b");
    let (_, seen) = watch(text);
    let states = seen.seen.iter().filter_map(|(_, what)| match what {
        Observation::StateChanged { node: at, to, .. } if at.index() == node => Some(*to),
        _ => None,
    });
    states.collect()
}

#[test]
fn a_size_is_sent_read_and_closed() {
    let summary = dialogue("", "size = '1MB'");
    let flow = client(&summary);
    assert_eq!((flow.bytes_delivered, flow.end_state.as_str()), (1_000_000, "TIME-WAIT"));
    // 8 Mbit at 10 Mbit/s with headers, a handshake, slow start, and the goodbye.
    let done = completed(&summary);
    assert!((0.86..1.1).contains(&done), "{done}");
    assert_eq!(flow.details, [""; 0], "one connection without trouble");
}

#[test]
fn without_a_size_it_sends_until_the_end() {
    let summary = dialogue("", "");
    let flow = client(&summary);
    assert!(flow.completed_seconds.is_none() && flow.goodput_bps > 9e6, "{flow:?}");
}

#[test]
fn a_rate_paces_the_writing() {
    let done = completed(&dialogue("", "size = '500kB', rate = '1Mbps'"));
    assert!((3.99..4.2).contains(&done), "4 Mbit at 1 Mbit/s: {done}");
}

#[test]
fn requests_are_answered_and_timed() {
    let summary = dialogue(
        "request = '100B', respond = '1kB'",
        "request = '100B', response = '1kB', count = 10, think = '100ms'",
    );
    let flow = client(&summary);
    assert_eq!(flow.bytes_delivered, 10 * 1100);
    let mean = flow.mean_response_seconds.expect("answers");
    assert!((0.02..0.022).contains(&mean), "{mean}");
    assert!(flow.details[0].starts_with("10 answers: mean 21."), "{:?}", flow.details);
    // Handshake, ten round trips, nine thoughts, goodbye.
    let done = completed(&summary);
    assert!((1.14..1.2).contains(&done), "{done}");
}

#[test]
fn an_echo_is_as_long_as_what_was_said() {
    // More than both ends' buffers hold together: the echo begins before the request is written.
    let small = "tcp = { send-buffer = '64KiB', receive-buffer = '64KiB' }";
    let summary =
        dialogue(&format!("echo = true, {small}"), &format!("request = '1MB', count = 1, {small}"));
    assert_eq!(client(&summary).bytes_delivered, 2_000_000);
}

#[test]
fn requests_wait_for_a_worker() {
    for (workers, least) in [(1, 0.4), (2, 0.2), (4, 0.1)] {
        let server =
            format!("echo = true, request = '10B', service = '100ms', workers = {workers}");
        let done = completed(&dialogue(&server, "request = '10B', count = 1, connections = 4"));
        assert!((least..least + 0.1).contains(&done), "{workers} workers: {done}");
    }
}

#[test]
fn nobody_works_on_what_a_client_asked_that_is_gone() {
    let server = "server = { kind = 'tcp-server', on = 'b', port = 7, request = '100B', respond = '1kB', service = '1s' }";
    let hasty = "hasty = { kind = 'tcp-client', on = 'a', to = 'b:7', size = '100B', connections = 5, hold = '500ms', close = 'reset' }";
    let client = "client = { kind = 'tcp-client', on = 'a', to = 'b:7', start = '100ms', request = '100B', response = '1kB', count = 1 }";
    let summary = run(&pair(&format!("{server}\n{hasty}\n{client}"), ""));
    // Work on the first request of the five had begun, and goes on to its end.
    let response = client_response(&summary);
    assert!((1.9..2.1).contains(&response), "{response}");
}

fn client_response(summary: &Summary) -> f64 {
    client(summary).mean_response_seconds.expect("an answer")
}

#[test]
fn a_slow_reader_closes_the_window() {
    let server = "read = '80kbps', tcp = { receive-buffer = '20kB' }";
    let summary = dialogue(server, "size = '100kB'");
    let port = summary.port("b:7/tcp");
    assert!((19_000..=20_000).contains(&port.max_depth_bytes), "{port:?}");
    let done = completed(&summary);
    assert!((10.0..10.5).contains(&done), "10 kB/s: {done}");
}

#[test]
fn a_server_that_never_accepts_lets_them_wait() {
    let connections = "connections = 5, request = '1B', count = 1";
    let summary = dialogue("echo = true, backlog = 2, accept = 'never'", connections);
    let listen = summary.port("b:7/tcp").listen.expect("a listener");
    assert_eq!((listen.accepted, listen.max_accept_queue), (0, 3), "{listen:?}");
    assert!(listen.accept_overflows > 0 && client(&summary).mean_response_seconds.is_none());

    let slow = dialogue("echo = true, accept = '500ms'", connections);
    let done = completed(&slow);
    assert!((2.0..2.2).contains(&done), "the fifth after 4 x 500 ms: {done}");
}

#[test]
fn who_closes_first_waits() {
    let ask = "request = '10B', count = 1";
    let text = dialogue_text("echo = true, close = 'after-answer'", ask, "");
    assert_eq!(states(&text, "b").last(), Some(&"TIME-WAIT"));
    let text = dialogue_text("echo = true", ask, "");
    assert_eq!(states(&text, "a").last(), Some(&"TIME-WAIT"));
    let text = dialogue_text("echo = true, close = 'never'", ask, "");
    assert_eq!(states(&text, "b").last(), Some(&"CLOSE-WAIT"));
    assert_eq!(states(&text, "a").last(), Some(&"FIN-WAIT-2"));
}

#[test]
fn an_idle_connection_is_closed() {
    let ask = "request = '10B', count = 2, think = '600ms', hold = '20s'";
    let done = completed(&dialogue("echo = true, idle-timeout = '1s'", ask));
    // Answers at 40 and 660 ms; what happens puts the end off.
    assert!((1.65..1.75).contains(&done), "{done}");
}

#[test]
fn a_client_can_close_in_three_ways() {
    let end = |close: &str| {
        let text = dialogue_text("", &format!("size = '10kB', close = '{close}'"), "");
        let summary = run(&text);
        let flow = client(&summary);
        (flow.bytes_delivered, flow.end_state.clone(), summary.hosts["a"].resets_sent > 0)
    };
    assert_eq!(end("shutdown"), (10_000, "TIME-WAIT".into(), false));
    assert_eq!(end("close"), (10_000, "TIME-WAIT".into(), false));
    // What was on its way already is read before the reset comes.
    assert_eq!(end("reset"), (10_000, "CLOSED".into(), true));
}

#[test]
fn connections_begin_one_after_the_other() {
    let summary = dialogue("", "size = '1kB', connections = 3, interval = '1s', hold = '500ms'");
    let flow = client(&summary);
    assert_eq!(flow.details[0], "3 connections: 3 done, 0 failed, 0 open");
    let closed = client(&dialogue("start = '9s'", "size = '1kB'")).details[0].clone();
    assert_eq!(closed, "1 connection: 0 done, 1 failed, 0 open (1 ECONNREFUSED)");
    let done = completed(&summary);
    assert!((2.5..2.6).contains(&done), "{done}");
    let endless = dialogue("", "size = '1kB', interval = '1s'");
    assert_eq!(client(&endless).details[0], "31 connections: 30 done, 0 failed, 1 open");
}

#[test]
fn ephemeral_ports_come_to_an_end() {
    let text = dialogue_text("", "size = '1B', connections = 12, hold = '20s'", "");
    let few = "a = { kind = 'host', ephemeral = [50000, 50009] }";
    let summary = run(&text.replace("a = 'host'", few));
    let flow = client(&summary);
    assert_eq!((flow.errors, flow.end_state.as_str()), (2, "EADDRNOTAVAIL"), "{flow:?}");
    assert_eq!(flow.details[0], "12 connections: 10 done, 2 failed, 0 open (2 EADDRNOTAVAIL)");
}

#[test]
fn a_failed_connection_may_be_tried_again() {
    let late = "start = '2500ms'";
    assert_eq!(client(&dialogue(late, "size = '1kB'")).end_state, "ECONNREFUSED");
    let summary = dialogue(late, "size = '1kB', retry = '1s'");
    assert_eq!(
        client(&summary).details[0],
        "4 connections: 1 done, 3 failed, 0 open (3 ECONNREFUSED)"
    );
    assert!(completed(&summary) > 3.0);
}

#[test]
fn a_source_port_is_used_once_at_a_time() {
    let both = dialogue("", "size = '1kB', connections = 2, source-port = 4000");
    assert_eq!(client(&both).end_state, "EADDRINUSE", "{:?}", client(&both));
    let text = dialogue_text("", "size = '1kB', source-port = 4000", "");
    let (_, seen) = watch(&text);
    let used = seen.seen.iter().any(
        |(_, what)| matches!(what, Observation::StateChanged { local, .. } if local.port() == 4000),
    );
    assert!(used);
}

#[test]
fn two_writes_meet_nagle_and_the_delayed_acknowledgment() {
    let mean = |client: &str| {
        let summary = dialogue(
            "request = '100B', echo = true, tcp = { quick-acks = 0 }",
            &format!("request = '100B', count = 20, {client}"),
        );
        summary.flow("client").mean_response_seconds.expect("answers")
    };
    assert!(mean("writes = 1") < 0.022);
    let two = mean("writes = 2");
    assert!(two > 0.055, "one more round trip, or the 40 ms of the timer: {two}");
    assert!(mean("writes = 2, tcp = { nagle = 'off' }") < 0.022);
}

#[test]
fn a_killed_process_closes_its_connections() {
    let ends = |server: &str, client: &str| {
        let summary = run(&dialogue_text(server, client, ""));
        (client_end(&summary), summary.hosts["b"].resets_sent)
    };
    // The sender dies: what it wrote still arrives, then the end of the stream.
    let (end, resets) = ends("", "stop = '1s', tcp = { send-buffer = '100kB' }");
    assert_eq!((end.as_str(), resets), ("TIME-WAIT", 0));
    // The reader dies: the stream ends, and nobody will read what still comes.
    let (end, resets) = ends("stop = '1s'", "");
    assert_eq!(end, "closed by server");
    assert!(resets > 0);
}

fn client_end(summary: &Summary) -> String {
    client(summary).end_state.clone()
}

#[test]
fn settings_change_while_it_runs() {
    let change = |what: &str| format!("[[changes]]\nat = '5s'\nset = {{ {what} }}");
    let ask = "request = '10B', count = 1";
    let text =
        dialogue_text("echo = true, accept = 'never'", ask, &change("'apps.server.accept' = '0s'"));
    let done = completed(&run(&text));
    assert!((5.0..5.1).contains(&done), "{done}");

    let slow = "read = '80kbps', tcp = { receive-buffer = '20kB' }";
    let text = dialogue_text(slow, "size = '200kB'", &change("'apps.server.read' = '8Mbps'"));
    let done = completed(&run(&text));
    assert!((5.0..5.5).contains(&done), "{done}");

    let text = dialogue_text(
        "echo = true",
        "request = '1B', think = '1s'",
        &change("'apps.client.think' = '2s'"),
    );
    let answers = |text: &str| client(&run(text)).details[0].clone();
    assert!(answers(&text).starts_with("18 answers"), "{}", answers(&text));
}

#[test]
fn what_waits_for_a_worker_is_answered_when_work_takes_no_time_any_more() {
    let change = "[[changes]]\nat = '5s'\nset = { 'apps.server.service' = '0s' }";
    let server = "echo = true, request = '10B', service = '3s'";
    let text = dialogue_text(server, "request = '10B', count = 1, connections = 10", change);
    // One at 3 s; the second, begun with the old settings, at 6 s, and all others with it.
    let done = completed(&run(&text));
    assert!((6.0..6.2).contains(&done), "{done}");
}

#[test]
fn tcp_and_udp_ports_are_two_things() {
    let summary = run(&pair(
        "t = { kind = 'tcp-server', on = 'b', port = 9 }
        u = { kind = 'udp-server', on = 'b', port = 9 }
        again = { kind = 'tcp-server', on = 'b', port = 9 }
        client = { kind = 'tcp-client', on = 'a', to = 'b:discard', size = '1kB' }",
        "",
    ));
    assert_eq!(summary.flow("again").end_state, "EADDRINUSE");
    assert!(!summary.flows.contains_key("u"));
    assert!(client(&summary).completed_seconds.is_some_and(|done| done < time("1s").as_secs_f64()));
}

/// The way narrows behind the router: it says so (RFC 1191), and the sender cuts its segments.
/// A transfer over a path whose narrowest link takes this much.
fn over_a_link_with_mtu(mtu: u32) -> Summary {
    run(&format!(
        "duration = '5s'
        [nodes]
        a = 'host'
        r = 'router'
        s = 'router'
        b = 'host'
        [links]
        a--r = {{ rate = '10Mbps', delay = '1ms' }}
        r--s = {{ rate = '10Mbps', delay = '1ms', mtu = '{mtu}B' }}
        s--b = {{ rate = '10Mbps', delay = '1ms' }}
        [apps]
        sink = {{ kind = 'tcp-server', on = 'b', port = 80 }}
        client = {{ kind = 'tcp-client', on = 'a', to = 'b:80', size = '100kB' }}"
    ))
}

#[test]
fn a_transfer_finds_the_mtu_of_its_path() {
    let summary = over_a_link_with_mtu(1000);
    let flow = client(&summary);
    assert_eq!((flow.bytes_delivered, flow.end_state.as_str()), (100_000, "TIME-WAIT"));
    assert!(flow.completed_seconds.is_some_and(|at| at < 0.5), "{flow:?}");
    let router = &summary.hosts["r"];
    assert!(router.unreachable_sent > 0 && router.fragments_sent == 0);
}

#[test]
fn a_path_narrower_than_any_segment_cuts_them() {
    let summary = over_a_link_with_mtu(300);
    let flow = client(&summary);
    assert_eq!((flow.bytes_delivered, flow.end_state.as_str()), (100_000, "TIME-WAIT"));
    assert!(flow.completed_seconds.is_some_and(|at| at < 0.5), "{flow:?}");
    let router = &summary.hosts["r"];
    assert!(router.unreachable_sent > 0 && router.fragments_sent > 300, "{router:?}");
}

#[test]
fn a_client_that_waits_for_its_answer_is_not_idle() {
    let server = "service = '3s', idle-timeout = '1s', respond = '1kB'";
    let summary = dialogue(server, "request = '100B', response = '1kB', count = 1");
    assert_eq!(client(&summary).responses, 1);
}
