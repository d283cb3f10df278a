//! Web servers and browsers.

use portolan::observe::counted;
use portolan::observe::results::{Flow, Summary};

use super::pair;
use crate::support::{Parts as _, run};

fn web_text(server: &str, client: &str, rest: &str) -> String {
    let server = format!("web = {{ kind = 'http-server', on = 'b', port = 'http', {server} }}");
    let client = format!("browser = {{ kind = 'http-client', on = 'a', to = 'b', {client} }}");
    pair(&format!("{server}\n{client}"), rest)
}

fn web(server: &str, client: &str) -> Summary {
    run(&web_text(server, client, ""))
}

fn browser(summary: &Summary) -> &Flow {
    summary.flow("browser")
}

fn accepted(summary: &Summary) -> u64 {
    summary.port("b:80/tcp").listen.expect("a listener").accepted
}

#[test]
fn one_object_of_a_given_size_is_fetched_once() {
    let summary = run(&pair(
        "web = { kind = 'http-server', on = 'b', port = 'http', backlog = 4 }
        download = { kind = 'http-client', on = 'a', to = 'b:80', start = '100ms', size = '2MB' }",
        "",
    ));
    let flow = summary.flow("download");
    let request = "GET /bytes/2000000 HTTP/1.1\r\nHost: b\r\n\r\n".len() as u64;
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n".len() as u64;
    assert_eq!(flow.bytes_delivered, 2_000_000 + request + answer);
    assert_eq!((flow.end_state.as_str(), accepted(&summary)), ("TIME-WAIT", 1));
    let done = flow.completed_seconds.expect("completed");
    assert!((1.7..2.1).contains(&done), "16 Mbit at 10 Mbit/s: {done}");
}

#[test]
fn a_page_comes_over_as_many_connections_as_allowed() {
    for (settings, connections) in [
        ("", 6),
        ("parallel = 1", 1),
        ("parallel = 3", 3),
        ("parallel = 20", 9),
        ("keep-alive = false", 10),
    ] {
        let comma = if settings.is_empty() { "" } else { "," };
        let summary = web("size = '5kB'", &format!("objects = 10 {comma} {settings}"));
        let flow = browser(&summary);
        assert_eq!(accepted(&summary), connections, "{settings}: {flow:?}");
        assert!(flow.details[0].starts_with("1 page") && flow.details[1].starts_with("10 objects"));
        assert_eq!(flow.details[2], counted(connections, "connection"));
    }
}

#[test]
fn a_server_may_close_after_each_answer() {
    let summary = web("keep-alive = false", "objects = 4, parallel = 1");
    assert_eq!(accepted(&summary), 4);
    assert!(browser(&summary).completed_seconds.is_some());
}

#[test]
fn pages_are_fetched_with_thoughts_between() {
    let summary = web("size = '1kB'", "pages = 3, think = '1s'");
    let flow = browser(&summary);
    // ARP, a handshake, three round trips of 20 ms, and two thoughts.
    let done = flow.completed_seconds.expect("completed");
    assert!((2.1..2.11).contains(&done), "{done}");
    assert_eq!((accepted(&summary), flow.details[0].starts_with("3 pages: mean ")), (1, true));
    let endless = web("size = '1kB'", "think = '1s'");
    assert!(browser(&endless).completed_seconds.is_none());
    assert!(browser(&endless).details[0].starts_with("30 pages"), "{:?}", browser(&endless));
}

#[test]
fn a_path_that_the_server_does_not_have_is_not_found() {
    let summary = web("objects = 3", "objects = 5");
    assert!(browser(&summary).details.contains(&"2 answers 404".to_owned()));
    assert!(browser(&summary).completed_seconds.is_some());
}

#[test]
fn a_page_that_cannot_be_had_is_given_up() {
    let flow = browser(&web("start = '5s'", "")).clone();
    assert_eq!((flow.end_state.as_str(), flow.completed_seconds), ("ECONNREFUSED", None));
    let flow = browser(&web("start = '5s'", "think = '2s'")).clone();
    assert!(flow.details.contains(&"3 pages given up (3 ECONNREFUSED)".to_owned()), "{flow:?}");
    assert_eq!(flow.end_state, "ESTABLISHED", "it goes on");
}

#[test]
fn an_idle_connection_that_the_server_closed_is_opened_again() {
    let summary = web("idle-timeout = '1s'", "pages = 3, think = '2s'");
    assert_eq!(accepted(&summary), 3);
    assert!(browser(&summary).completed_seconds.is_some(), "{:?}", browser(&summary));
}

#[test]
fn sizes_may_be_left_to_the_dice() {
    let heavy = "size = { pareto = { mean = '20kB', shape = 1.5 } }";
    let drawn_by_server = browser(&web(heavy, "objects = 50")).bytes_delivered;
    let drawn_by_client = browser(&web("", &format!("objects = 50, {heavy}"))).bytes_delivered;
    for bytes in [drawn_by_server, drawn_by_client] {
        // The least is 6.7 kB, the mean 20 kB, the variance infinite.
        assert!((350_000..10_000_000).contains(&bytes), "{bytes}");
    }
    assert_ne!(drawn_by_server, drawn_by_client);
}

#[test]
fn objects_keep_their_sizes() {
    let heavy = "size = { exponential = '20kB' }";
    let once = browser(&web(heavy, "objects = 5")).bytes_delivered;
    let thrice = browser(&web(heavy, "objects = 5, pages = 3")).bytes_delivered;
    assert_eq!(thrice, 3 * once);
}

#[test]
fn an_answer_larger_than_the_send_buffer_is_written_in_pieces() {
    let summary = web("tcp = { send-buffer = '4kB' }", "objects = 3, size = '50kB', parallel = 1");
    let flow = browser(&summary);
    assert!(flow.bytes_delivered > 150_000 && flow.completed_seconds.is_some(), "{flow:?}");
}

#[test]
fn requests_wait_for_a_worker() {
    for (workers, least) in [(1, 0.6), (3, 0.3)] {
        let server = format!("size = '100B', service = '100ms', workers = {workers}");
        let flow = browser(&web(&server, "objects = 6")).clone();
        let done = flow.completed_seconds.expect("completed");
        assert!((least..least + 0.2).contains(&done), "{workers} workers: {done}");
    }
}

#[test]
fn nobody_works_on_what_a_client_asked_that_is_gone() {
    let probes = "keep-alive-idle = '1s', keep-alive-interval = '1s', keep-alive-probes = 1";
    let browser = "kind = 'http-client', to = 'b'";
    let summary = run(&format!(
        "duration = '1min'
        [nodes]
        a = 'host'
        b = 'host'
        c = 'host'
        r = 'router'
        [links]
        a--r = {{}}
        b--r = {{}}
        c--r = {{}}
        [apps]
        web = {{ kind = 'http-server', on = 'b', service = '10s', tcp = {{ keep-alive = true, {probes} }} }}
        first = {{ {browser}, on = 'a' }}
        gone = {{ {browser}, on = 'c', start = '50ms' }}
        last = {{ {browser}, on = 'a', start = '100ms' }}
        [[changes]]
        at = '1s'
        set = {{ 'links.c--r.loss' = '100%' }}"
    ));
    let done = |name: &str| summary.flow(name).completed_seconds.expect("completed");
    assert!((10.0..10.1).contains(&done("first")), "{}", done("first"));
    assert_eq!(accepted(&summary), 3);
    assert!((20.0..20.1).contains(&done("last")), "{}", done("last"));
}

#[test]
fn a_killed_server_is_noticed_in_mid_transfer() {
    let flow = browser(&web("stop = '1s'", "size = '20MB'")).clone();
    assert!(flow.completed_seconds.is_none() && flow.bytes_delivered > 500_000, "{flow:?}");
    let killed = browser(&web("", "size = '20MB', stop = '1s'")).clone();
    assert!(killed.bytes_delivered < 2_000_000 && killed.goodput_bps > 5e6, "{killed:?}");
}

#[test]
fn settings_change_while_it_runs() {
    let change =
        "[[changes]]\nat = '10s'\nset = { 'apps.web.size' = '100kB', 'apps.browser.think' = '5s' }";
    let flow = browser(&run(&web_text("size = '10kB'", "think = '1s'", change))).clone();
    // Ten of 10 kB, then about four of 100 kB.
    assert!((450_000..650_000).contains(&flow.bytes_delivered), "{flow:?}");
}
