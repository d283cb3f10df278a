//! What can be seen of TCP: series of connections, listen queues, the sockets of hosts.

use portolan::observe::SocketRow;
use portolan::report::series::SeriesKind;
use portolan::run::{self, Choice, Nobody};
use portolan::sim::Simulation;

use crate::support::{load, time};

/// One transfer; round trip 40 ms, one direction 20 ms.
const UPLOAD: &str = r#"
duration = "10s"
[nodes]
alice = "host"
bob   = "host"
[links.alice--bob]
rate    = "10Mbps"
delay   = "20ms"
queue   = "20p"
framing = "none"
[apps.sink]
kind = "tcp-server"
on   = "bob"
port = 80
[apps.upload]
kind  = "tcp-client"
on    = "alice"
to    = "bob:80"
start = "100ms"
size  = "2MB"
"#;

/// The samples of a run: time, path, value.
fn samples(text: &str, all: bool) -> Vec<(f64, String, f64)> {
    let scenario = load(text);
    let mut simulation = Simulation::new(scenario.plan.clone());
    let choice = if all { Choice::all_of(&scenario) } else { Choice::default_of(&scenario) };
    let until = scenario.duration;
    let recorded = run::record(&mut simulation, until, &choice, Vec::new(), &mut |_| true);
    let (_, rows) = recorded.expect("memory takes all");
    let rows = String::from_utf8(rows).expect("text");
    let parsed = rows.lines().skip(1).map(|line| {
        let mut cells = line.rsplitn(2, ',');
        let value = cells.next().and_then(|value| value.parse().ok()).expect("a value");
        let (at, path) = cells.next().and_then(|rest| rest.split_once(',')).expect("a time");
        (at.parse().expect("seconds"), path.to_owned(), value)
    });
    parsed.collect()
}

fn recorded(series: &str, every: &str) -> String {
    format!("{UPLOAD}[record]\nseries = [{series}]\nevery = \"{every}\"\n")
}

/// The different values of a series, one after the other.
fn steps(samples: &[(f64, String, f64)], path: &str) -> Vec<f64> {
    let mut values: Vec<f64> =
        samples.iter().filter(|sample| sample.1 == path).map(|sample| sample.2).collect();
    values.dedup();
    values
}

#[test]
fn both_ends_pass_the_states_of_rfc_9293() {
    let series = r#""apps.upload.client.state", "apps.upload.server.state", "apps.upload.state",
        "apps.sink.state""#;
    let samples = samples(&recorded(series, "change"), false);
    let client = steps(&samples, "apps.upload.client.state");
    // CLOSED, SYN-SENT, ESTABLISHED, FIN-WAIT-1; the other FIN acknowledges this one: TIME-WAIT.
    assert_eq!(client[..4], [0.0, 2.0, 4.0, 5.0], "{client:?}");
    assert_eq!(client.last(), Some(&10.0));
    assert_eq!(steps(&samples, "apps.upload.state"), client, "an application's own end");
    let server = steps(&samples, "apps.upload.server.state");
    assert_eq!(server[..3], [1.0, 3.0, 4.0], "LISTEN, SYN-RECEIVED, ESTABLISHED: {server:?}");
    assert_eq!(server[server.len() - 2..], [9.0, 0.0], "LAST-ACK, CLOSED: {server:?}");
    assert_eq!(steps(&samples, "apps.sink.state")[..2], [1.0, 4.0]);
}

#[test]
fn windows_are_those_of_the_sender_and_small_networks_record_them_unasked() {
    let samples = samples(UPLOAD, false);
    let window = steps(&samples, "apps.upload.cwnd");
    assert_eq!(window[0], 14_600.0, "ten segments of the largest size");
    let most = window.iter().copied().fold(0.0, f64::max);
    assert!(most > 70_000.0, "bandwidth-delay product and queue are 80 kB: {most}");
    let first = samples.iter().find(|sample| sample.1 == "apps.upload.cwnd").expect("samples");
    assert_eq!(first.0, 0.1, "there is no window before the connection");
    assert_eq!(window.last(), Some(&0.0), "nor after it");
    let threshold = samples.iter().find(|sample| sample.1 == "apps.upload.ssthresh");
    assert!(threshold.expect("a loss").0 > 0.2, "no threshold before the first loss");
    let rtt = samples.iter().filter(|sample| sample.1 == "apps.upload.srtt" && sample.2 > 0.0);
    let (low, high) =
        rtt.fold((1.0f64, 0.0f64), |(low, high), sample| (low.min(sample.2), high.max(sample.2)));
    assert!(low > 0.04 && high < 0.04 + 25.0 * 1500.0 * 8.0 / 10e6, "{low} {high}");
}

#[test]
fn what_is_sent_again_is_counted_for_the_flow() {
    let scenario = load(UPLOAD);
    let mut simulation = Simulation::new(scenario.plan.clone());
    simulation.run_until(scenario.duration, &mut Nobody);
    let summary = run::summary(&scenario, &simulation);
    let flow = &summary.flows["upload"];
    let lost = summary.links["alice--bob"]["alice->bob"].drops.queue;
    assert!(lost > 0 && flow.retransmits >= lost, "{} of {lost}", flow.retransmits);
    let min = flow.min_rtt_seconds.expect("round trips");
    assert!(min > 0.04 && min < 0.042, "{min}");
    assert!(flow.mean_rtt_seconds.expect("round trips") > min);
}

#[test]
fn everything_that_can_be_recorded_is_finite() {
    let samples = samples(UPLOAD, true);
    for path in ["in-flight", "send-window", "send-buffer", "rto", "cwnd"] {
        let values = steps(&samples, &format!("apps.upload.{path}"));
        assert!(values.iter().any(|value| *value > 0.0), "{path}: {values:?}");
    }
    assert!(samples.iter().all(|sample| sample.2 < 1e9));
}

#[test]
fn listen_queues_and_memory_follow_a_connection() {
    let series = r#""ports.bob:80/tcp.syn-queue", "hosts.bob.tcp-memory""#;
    let text = recorded(series, "change");
    let samples = samples(&text, false);
    assert_eq!(steps(&samples, "ports.bob:80/tcp.syn-queue"), [0.0, 1.0, 0.0]);
    // A request in the SYN queue, a connection; bob closes second and keeps nothing.
    assert_eq!(steps(&samples, "hosts.bob.tcp-memory"), [0.0, 304.0, 2368.0, 0.0]);
}

#[test]
fn a_listening_port_is_recorded_by_its_queues_and_not_twice() {
    let samples = samples(UPLOAD, false);
    let has = |what: &str| samples.iter().any(|it| it.1 == format!("ports.bob:80/tcp.{what}"));
    assert!(has("syn-queue") && has("accept-queue") && !has("depth-packets"));
    // Who asks for its depth gets the same, and in the same plot.
    let text = recorded(r#""ports.bob:80/tcp.depth-packets""#, "change");
    let scenario = load(&text);
    let spec = run::spec(&scenario.plan, &scenario.record.series[0]);
    assert_eq!((&*spec.label, spec.kind), ("bob:80 accept queue", SeriesKind::AcceptQueue));
}

/// The sockets of a host at a time.
fn sockets(host: usize, at: &str) -> Vec<SocketRow> {
    sockets_of(UPLOAD, host, at)
}

fn sockets_of(scenario: &str, host: usize, at: &str) -> Vec<SocketRow> {
    let scenario = load(scenario);
    let mut simulation = Simulation::new(scenario.plan.clone());
    simulation.run_until(time(at), &mut Nobody);
    simulation.sockets(portolan::id::NodeId::from_index(host))
}

#[test]
fn sockets_are_listed_as_ss_lists_them() {
    let states =
        |host, at| -> Vec<&'static str> { sockets(host, at).iter().map(|row| row.state).collect() };
    assert_eq!(states(0, "50ms"), [""; 0]);
    assert_eq!(states(1, "50ms"), ["LISTEN"]);
    assert_eq!((states(0, "110ms"), states(1, "110ms")), (vec!["SYN-SENT"], vec!["LISTEN"]));
    assert_eq!(states(1, "130ms"), ["LISTEN", "SYN-RECV"]);
    assert_eq!(states(1, "1s"), ["LISTEN", "ESTAB"]);
    assert_eq!(states(0, "9s"), ["TIME-WAIT"]);
    let half_open = &sockets(1, "130ms")[1];
    assert_eq!(half_open.process, None, "nobody has accepted it");
    let sender = &sockets(0, "1s")[0];
    assert_eq!(sender.process.as_deref(), Some("upload"));
    let inside = sender.connection.as_ref().expect("a connection");
    assert!(sender.send_queue >= inside.in_flight && inside.in_flight > 0);
    assert_eq!(inside.mss, 1448, "1460 less timestamps");
    let orphan = &sockets(0, "9s")[0];
    assert_eq!((orphan.process.as_deref(), orphan.connection.as_ref()), (None, None));
    assert_eq!(sockets(1, "1s")[0].send_queue, 4096, "the backlog");
}

/// What `ss` shows of a host's connection at a time: its state, `Recv-Q` and `Send-Q`.
fn queues(scenario: &str, host: usize, at: &str) -> (&'static str, u64, u64) {
    let rows = sockets_of(scenario, host, at);
    let row = rows.iter().find(|row| row.peer.is_some()).expect("a connection");
    (row.state, row.receive_queue, row.send_queue)
}

#[test]
fn syn_and_fin_count_in_queues_as_in_linux() {
    let (alice, bob) = (0, 1);
    // The SYN leaves at 100 ms, the byte with the FIN at 140 ms, bob's FIN at 160 ms.
    let one = UPLOAD.replace("2MB", "1B");
    assert_eq!(queues(&one, alice, "110ms"), ("SYN-SENT", 0, 1));
    assert_eq!(queues(&one, bob, "130ms"), ("SYN-RECV", 0, 0), "not yet a socket");
    assert_eq!(queues(&one, alice, "150ms"), ("FIN-WAIT-1", 0, 2), "a byte and the FIN");
    assert_eq!(queues(&one, bob, "170ms"), ("LAST-ACK", 0, 1), "bob has read to the end");
    assert_eq!(queues(&one, alice, "1s"), ("TIME-WAIT", 0, 0));
    // A process that works sees the FIN later.
    let busy = one.replace("port = 80", "port = 80\nservice = \"500ms\"");
    assert_eq!(queues(&busy, bob, "400ms"), ("CLOSE-WAIT", 1, 0));
    assert_eq!(queues(&busy, alice, "400ms"), ("FIN-WAIT-2", 0, 0));
    assert_eq!(queues(&busy, bob, "670ms"), ("LAST-ACK", 0, 1));
}
