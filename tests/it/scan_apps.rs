//! Scans, floods and audits on whole networks; the verdicts are those of nmap 7.93 against a Linux 6
//! host with the same ports.

use crate::support::{Parts as _, run, watch};
use portolan::observe::Observation;
use portolan::observe::results::Flow;
use portolan::packet::Payload;
use portolan::packet::ipv4::Transport;

/// A host with a port of every kind: 22, 53 and 80 open, 81 dropped in silence, 82 to 85 rejected
/// in every way; the rest is closed.
fn target(apps: &str) -> String {
    format!(
        "duration = '60s'
        [nodes]
        eve = 'host'
        r = 'router'
        [nodes.bob]
        kind = 'host'
        filter = [
            {{ action = 'drop', protocol = 'tcp', ports = [81, 81] }},
            {{ action = 'drop', protocol = 'udp', ports = [81, 81] }},
            {{ action = 'reject', protocol = 'tcp', ports = [82, 82] }},
            {{ action = 'reject-reset', protocol = 'tcp', ports = [83, 83] }},
            {{ action = 'reject-prohibited', protocol = 'tcp', ports = [85, 85] }},
            {{ action = 'reject-prohibited', protocol = 'udp', ports = [85, 85] }},
        ]
        [links]
        eve--r = {{}}
        r--bob = {{ delay = '5ms' }}
        [apps]
        ssh = {{ kind = 'tcp-server', on = 'bob', port = 'ssh' }}
        web = {{ kind = 'tcp-server', on = 'bob', port = 'http' }}
        echo = {{ kind = 'udp-server', on = 'bob', port = 7, echo = true }}
        dns = {{ kind = 'dns-server', on = 'bob', zone = {{ a = 'bob' }} }}
        silent = {{ kind = 'udp-server', on = 'bob', port = 5000 }}
        {apps}"
    )
}

fn scan(settings: &str) -> Flow {
    let app = format!("scan = {{ kind = 'scan', on = 'eve', to = 'bob', {settings} }}");
    run(&target(&app)).flow("scan").clone()
}

/// State and reason of every port that a scan tells of, as `STATE (REASON)`.
fn verdicts(flow: &Flow) -> Vec<(String, String)> {
    assert_eq!(flow.end_state, "done", "{:?}", flow.details);
    let lines = flow.details.iter().skip(1);
    let verdict = |line: &String| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [port, state, _, reason] = words[..] else { panic!("{line}") };
        (port.to_owned(), format!("{state} {reason}"))
    };
    lines.map(verdict).collect()
}

#[test]
fn every_kind_of_scan_concludes_what_nmap_does() {
    let ports = ["9/tcp", "22/tcp", "81/tcp", "82/tcp", "83/tcp", "85/tcp"];
    let stealthy = [
        "closed (reset)",
        "open|filtered (no-response)",
        "open|filtered (no-response)",
        "filtered (port-unreach)",
        "closed (reset)",
        "filtered (admin-prohibited)",
    ];
    let table = [
        (
            "syn",
            [
                "closed (reset)",
                "open (syn-ack)",
                "filtered (no-response)",
                "filtered (port-unreach)",
                "closed (reset)",
                "filtered (admin-prohibited)",
            ],
        ),
        (
            "connect",
            [
                "closed (conn-refused)",
                "open (syn-ack)",
                "filtered (no-response)",
                "closed (conn-refused)",
                "closed (conn-refused)",
                "filtered (host-unreach)",
            ],
        ),
        ("fin", stealthy),
        ("null", stealthy),
        ("xmas", stealthy),
        (
            "ack",
            [
                "unfiltered (reset)",
                "unfiltered (reset)",
                "filtered (no-response)",
                "filtered (port-unreach)",
                "unfiltered (reset)",
                "filtered (admin-prohibited)",
            ],
        ),
    ];
    for (technique, expected) in table {
        let flow = scan(&format!("technique = '{technique}', ports = [9, 'ssh', '81-83', 85]"));
        let found = verdicts(&flow);
        let told: Vec<_> =
            found.iter().map(|(p, verdict)| (p.as_str(), verdict.as_str())).collect();
        let wanted: Vec<_> = ports.into_iter().zip(expected).collect();
        assert_eq!(told, wanted, "{technique}");
    }
}

#[test]
fn a_scan_of_udp_concludes_what_nmap_does() {
    let flow = scan("technique = 'udp', ports = [7, 9, 53, 81, 85, 123, 5000]");
    let wanted = [
        ("7/udp", "open (udp-response)"),
        ("9/udp", "closed (port-unreach)"),
        ("53/udp", "open (udp-response)"),
        ("81/udp", "open|filtered (no-response)"),
        ("85/udp", "filtered (admin-prohibited)"),
        ("123/udp", "closed (port-unreach)"),
        ("5000/udp", "open|filtered (no-response)"),
    ];
    let wanted = wanted.map(|(port, verdict)| (port.to_owned(), verdict.to_owned()));
    assert_eq!(verdicts(&flow), wanted);
}

#[test]
fn a_fast_scan_of_udp_takes_closed_ports_for_open_ones() {
    let slow = scan("technique = 'udp', ports = ['100-119']");
    assert!(slow.details[0].ends_with("20 closed"), "{:?}", slow.details);
    // A burst of six ICMP errors and then one a second: the others seem to be silent.
    let fast = scan("technique = 'udp', ports = ['100-119'], interval = '1ms'");
    assert!(fast.details[0].contains("open|filtered"), "{:?}", fast.details);
}

#[test]
fn many_closed_ports_are_one_line() {
    let flow = scan("ports = ['1-1000']");
    let wanted = [
        "Not shown: 995 closed tcp ports (reset)",
        "22/tcp     open      ssh (syn-ack)",
        "80/tcp     open      http (syn-ack)",
        "81/tcp     filtered  unknown (no-response)",
        "82/tcp     filtered  unknown (port-unreach)",
        "85/tcp     filtered  unknown (admin-prohibited)",
    ];
    assert_eq!(flow.details[1..], wanted);
    assert!(flow.details[0].starts_with("1000 tcp ports by syn in "), "{}", flow.details[0]);
    assert!(flow.details[0].ends_with("2 open, 3 filtered, 995 closed"), "{}", flow.details[0]);
    // Only the silent one is tried again, 1.1 s later.
    assert_eq!((flow.packets_sent, flow.retransmits, flow.timeouts), (1001, 1, 1));
}

/// The segments between eve's scan and one port of bob: when, from whom, which flags.
fn exchange(technique: &str) -> Vec<(&'static str, String)> {
    let app = format!(
        "scan = {{ kind = 'scan', on = 'eve', to = 'bob', technique = '{technique}', ports = [22] }}"
    );
    let (_, seen) = watch(&target(&app));
    let segments = seen.seen.iter().filter_map(|(_, what)| {
        let Observation::TransmitStarted { packet, .. } = what else { return None };
        let Payload::Ipv4(ip) = packet.payload else { return None };
        let Transport::Tcp(segment) = ip.transport else { return None };
        // On the way from the router on, each is seen a second time.
        (ip.ttl == 64).then(|| {
            let from = if segment.source_port == 22 { "bob" } else { "eve" };
            (from, segment.flags.to_string())
        })
    });
    segments.collect()
}

/// An open port, as measured: S, SA, then R from the scanner's own kernel, which knows of no such
/// connection; a connect scan ends the handshake and resets the connection.
#[test]
fn an_open_port_sees_what_a_scan_with_nmap_sends() {
    let told = |technique| {
        let told = exchange(technique);
        told.iter().map(|(from, flags)| format!("{from} {flags}")).collect::<Vec<_>>()
    };
    assert_eq!(told("syn"), ["eve S", "bob S.", "eve R"]);
    assert_eq!(told("connect"), ["eve S", "bob S.", "eve .", "eve R."]);
    assert_eq!(told("ack"), ["eve .", "bob R"]);
    assert_eq!(told("xmas"), ["eve FPU", "eve FPU"]);
    assert_eq!(told("null"), ["eve ", "eve "]);
}

#[test]
fn a_host_that_is_not_there_is_filtered() {
    for technique in ["syn", "connect"] {
        let flow = run(&format!(
            "duration = '60s'
            nodes = {{ eve = 'host', r = 'router', bob = 'host' }}
            links = {{ eve--r = {{}}, r--bob = {{ up = false }} }}
            [apps.scan]
            kind = 'scan'
            on = 'eve'
            to = 'bob'
            technique = '{technique}'
            ports = [80]"
        ))
        .flow("scan")
        .clone();
        assert!(flow.details[1].contains("filtered"), "{technique}: {:?}", flow.details);
    }
}

#[test]
fn an_audit_finds_the_door_that_nobody_declared() {
    let audit = |settings: &str, trojan: &str| {
        let app = format!(
            "audit = {{ kind = 'audit', on = 'bob', start = '5s', {settings} }}
            {trojan}"
        );
        run(&target(&app)).flow("audit").clone()
    };
    let trojan =
        "trojan = { kind = 'tcp-server', on = 'bob', port = 31337, start = '12s', stop = '18s' }";
    let allowed = "allowed = ['22/tcp', 'http', 7, 'domain', '5000/udp']";
    let clean = audit(&format!("{allowed}, interval = '10s'"), "");
    assert_eq!((clean.errors, clean.end_state.as_str()), (0, "clean"));
    let found = audit(&format!("{allowed}, interval = '10s'"), trojan);
    assert_eq!((found.errors, found.end_state.as_str()), (1, "stray"));
    let line = "31337/tcp  unknown       NOT ALLOWED, first seen at 15s, now shut";
    assert!(found.details.iter().any(|told| told == line), "{:?}", found.details);
    let early = audit(allowed, trojan);
    assert_eq!((early.errors, early.completed_seconds), (0, Some(5.0)), "only one look");
    let narrow = audit("allowed = ['22/tcp', '7/tcp']", "");
    assert_eq!(narrow.errors, 4, "{:?}", narrow.details);
}

/// What the scenario gives a port to is declared; what the system gives one is not.
#[test]
fn without_a_list_the_scenario_says_what_may_listen() {
    let audit = |port: u16| {
        let app = format!(
            "audit = {{ kind = 'audit', on = 'bob', start = '5s' }}
            other = {{ kind = 'tcp-server', on = 'bob', port = {port} }}"
        );
        run(&target(&app)).flow("audit").errors
    };
    assert_eq!((audit(8080), audit(0)), (0, 1));
}
