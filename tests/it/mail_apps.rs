//! Applications that speak in lines over TCP, and the one that knocks before it speaks.

use portolan::observe::results::{Flow, Summary};

use crate::support::{Parts as _, run};

/// Two hosts, 20 ms apart there and back, and their processes.
fn pair(a: &str, b: &str, apps: &str) -> Summary {
    run(&format!(
        "duration = '300s'
        [nodes]
        a = {{ kind = 'host' {a} }}
        b = {{ kind = 'host' {b} }}
        [links]
        a--b = {{ rate = '10Mbps', delay = '10ms' }}
        [apps]
        {apps}"
    ))
}

/// The lines that a process told, each up to the first of these signs.
fn details<'a>(flow: &'a Flow, until: &str) -> Vec<&'a str> {
    flow.details.iter().map(|line| line.split(until).next().unwrap_or_default()).collect()
}

const FTP: &str = "server = { kind = 'ftp-server', on = 'b', files = { a = '1MB', b = '100kB' },
        data-timeout = '5s' }
    client = { kind = 'ftp-client', on = 'a', to = 'b', get = ['a', 'x', 'b'],
        put = { c = '1kB' }";

#[test]
fn files_go_both_ways_and_a_missing_one_stops_nobody() {
    for mode in ["active", "passive"] {
        let summary = pair("", "", &format!("{FTP}, mode = '{mode}' }}"));
        let flow = summary.flow("client");
        let told =
            ["a: 1000000 bytes", "x: 550 x: no such file.", "b: 100000 bytes", "c: 1000 bytes"];
        assert_eq!(details(flow, " in "), told, "{mode}");
        assert_eq!(flow.end_state, "failed", "one file did not come");
        // 0.8 s of data, some headers, and five round trips at most.
        let took: f64 = flow.details[0].split(' ').nth(4).and_then(|s| s.parse().ok()).expect("s");
        assert!((0.84..0.96).contains(&took), "{mode}: {took} s");
    }
}

#[test]
fn many_clients_may_be_served_from_port_20_at_once() {
    let summary = run("duration = '60s'
        [nodes]
        sw = 'switch'
        b = 'host'
        'h[1..5]' = 'host'
        [links]
        'h[1..5]--sw' = { rate = '100Mbps', delay = '1ms' }
        sw--b = { rate = '10Mbps' }
        [apps]
        server = { kind = 'ftp-server', on = 'b', files = { a = '1MB' } }
        client = { kind = 'ftp-client', on = 'h[1..5]', to = 'b', get = ['a'], mode = 'active' }
        again = { kind = 'ftp-client', on = 'h1', to = 'b', get = ['a', 'a'], mode = 'active' }");
    for (name, flow) in &summary.flows {
        assert_eq!(flow.end_state, "done", "{name}: {:?}", flow.details);
    }
    assert_eq!(summary.port("b:21/tcp").listen.map(|listen| listen.accepted), Some(6));
}

/// Active mode needs a way in to the client.
#[test]
fn a_filter_before_the_client_ends_active_mode() {
    let fetch = |action: &str, mode: &str| {
        // Of two free ports connect() takes the first and listen() the second (as in Linux).
        let filter = format!(
            ", ephemeral = [30000, 30001], filter = [{{ action = '{action}', protocol = 'tcp',
                ports = [30001, 30001] }}]"
        );
        let summary = pair(&filter, "", &format!("{FTP}, mode = '{mode}' }}"));
        let flow = summary.flow("client");
        (details(flow, " in ").join("; "), flow.completed_seconds.expect("an end"))
    };
    let none = "a: 425 Cannot open data connection.; x: 550 x: no such file.; \
        b: 425 Cannot open data connection.; c: 425 Cannot open data connection.";
    let (told, at) = fetch("drop", "active");
    assert_eq!(told, none);
    assert!((15.0..16.0).contains(&at), "three times five seconds: {at} s");
    let (told, at) = fetch("reject", "active");
    assert_eq!(told, none);
    assert!(at < 1.0, "it is told at once: {at} s");
}

#[test]
fn what_one_stores_another_can_fetch() {
    let summary = pair(
        "",
        "",
        "server = { kind = 'ftp-server', on = 'b' }
        put = { kind = 'ftp-client', on = 'a', to = 'b', put = { f = '70kB' } }
        get = { kind = 'ftp-client', on = 'a', to = 'b', get = ['f'], start = '10s' }
        early = { kind = 'ftp-client', on = 'a', to = 'b', get = ['f'] }
        nobody = { kind = 'ftp-client', on = 'b', to = 'a', get = ['f'] }",
    );
    assert_eq!(details(summary.flow("get"), " in "), ["f: 70000 bytes"]);
    assert_eq!(summary.flow("early").details, ["f: 550 f: no such file."]);
    assert_eq!(summary.flow("nobody").end_state, "ECONNREFUSED");
}

#[test]
fn mail_is_accepted_for_mailboxes_that_there_are() {
    let summary = pair(
        "",
        "",
        "server = { kind = 'smtp-server', on = 'b', mailboxes = ['eve'] }
        mail = { kind = 'smtp-client', on = 'a', to = 'b', recipients = ['eve', 'bob'],
            size = '100kB', messages = 3, count = 2, interval = '5s' }
        wrong = { kind = 'smtp-client', on = 'a', to = 'b', recipients = ['bob'] }
        boss = { kind = 'smtp-client', on = 'a', to = 'b' }",
    );
    let mail = summary.flow("mail");
    assert_eq!(details(mail, ","), ["6 messages accepted", "550 <bob>: no such mailbox"]);
    assert!(mail.bytes_delivered > 600_000, "{mail:?}");
    assert!(mail.completed_seconds.is_some_and(|at| at > 5.0), "{mail:?}");
    assert_eq!(
        details(summary.flow("wrong"), ","),
        ["0 messages accepted", "550 <bob>: no such mailbox"]
    );
    assert_eq!(details(summary.flow("boss"), ","), ["1 messages accepted"]);
    for flow in ["mail", "wrong", "boss"] {
        assert_eq!(summary.flow(flow).end_state, "done");
    }
    assert_eq!(summary.port("b:25/tcp").listen.map(|listen| listen.accepted), Some(4));
}

/// Servers that speak in lines do not mind who does not.
#[test]
fn servers_bear_with_clients_that_speak_another_language() {
    let summary = pair(
        "",
        "",
        "ftp = { kind = 'ftp-server', on = 'b', files = { a = '1MB' } }
        smtp = { kind = 'smtp-server', on = 'b' }
        talk = { kind = 'tcp-server', on = 'b', port = 99, echo = true }
        shout = { kind = 'tcp-client', on = 'a', to = 'b:21', size = '100kB' }
        mail = { kind = 'smtp-client', on = 'a', to = 'b:21' }
        fetch = { kind = 'ftp-client', on = 'a', to = 'b:25', get = ['a'] }
        echo = { kind = 'ftp-client', on = 'a', to = 'b:99', get = ['a'] }",
    );
    assert!(summary.flow("shout").completed_seconds.is_some(), "{:?}", summary.flow("shout"));
    assert_eq!(summary.flow("mail").end_state, "refused");
    assert_eq!(summary.flow("fetch").end_state, "refused");
    assert_eq!(summary.flow("echo").details, [""; 0], "who waits for a greeting waits");
}

const DOOR: &str = ", filter = [{ action = 'drop', protocol = 'tcp', ports = [22, 22] },
    { action = 'drop', protocol = 'tcp', ports = [7000, 8000] }]";

fn knock(open_time: &str, knocks: &str, size: &str) -> Summary {
    pair(
        "",
        DOOR,
        &format!(
            "ssh = {{ kind = 'tcp-server', on = 'b', port = 'ssh' }}
            daemon = {{ kind = 'knock-daemon', on = 'b', knocks = [7000, '9000/udp', 8000],
                opens = 'ssh', open-time = '{open_time}' }}
            knock = {{ kind = 'port-knock', on = 'a', to = 'b:ssh', knocks = {knocks},
                size = '{size}' }}"
        ),
    )
}

#[test]
fn a_service_opens_to_who_knocks_right() {
    let right = "[7000, '9000/udp', 8000]";
    let open = knock("1s", right, "10MB");
    assert_eq!(open.flow("knock").end_state, "done");
    // 10 MB take 8 s; the door has been closed for seven of them, but not to this connection.
    assert!(open.flow("knock").completed_seconds.is_some_and(|at| at > 8.0));
    assert_eq!(open.port("b:22/tcp").listen.map(|listen| listen.accepted), Some(1));
    assert_eq!(open.flow("daemon").details.len(), 1);
    let late = knock("50ms", right, "1kB");
    assert_eq!(late.flow("knock").end_state, "ETIMEDOUT", "the door is closed again");
    let wrong = knock("1s", "[7000, 8000, '9000/udp']", "1kB");
    assert_eq!(wrong.flow("knock").end_state, "ETIMEDOUT");
    assert!(!wrong.flows.contains_key("daemon"), "nothing to tell");
}
