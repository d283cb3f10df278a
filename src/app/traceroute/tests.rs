use super::super::fake_os::{BOB, FakeOs, Reply, Sent, faulty, settings};
use super::*;
use crate::socket::Errno;

const R1: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 254);
const R2: Ipv4Addr = Ipv4Addr::new(10, 0, 5, 1);
const PORT: Error = Error::DestinationUnreachable(Unreachable::Port);

fn traceroute(text: &str) -> AppSpec {
    settings("traceroute", &format!("to = 'bob'\n{text}")).expect(text)
}

/// alice – r1 – r2 – bob, 1 ms there and back for each hop; the second hop answers its first probe
/// 0.5 ms later than the others.
fn path(sent: &Sent) -> Vec<Reply> {
    let round = Time::from_ms(u64::from(sent.ttl.min(3)));
    match sent.ttl {
        1 => vec![Reply::Error(round, R1, Error::TimeExceeded)],
        2 if sent.to.port() == 33_437 => {
            vec![Reply::Error(round + Time::from_us(500), R2, Error::TimeExceeded)]
        }
        2 => vec![Reply::Error(round, R2, Error::TimeExceeded)],
        _ => vec![Reply::Error(round, *sent.to.ip(), PORT)],
    }
}

fn run(mut os: FakeOs, text: &str) -> FakeOs {
    let mut app = os.start(&traceroute(text));
    os.run(&mut *app, Time::from_secs(1000));
    os
}

#[test]
fn prints_the_path() {
    let os = run(FakeOs::answering(path), "");
    assert_eq!(
        os.flow.details,
        [
            "traceroute to bob (10.0.9.2), 30 hops max, 60 byte packets",
            " 1  10.0.0.254  1.000 ms  1.000 ms  1.000 ms",
            " 2  10.0.5.1  2.500 ms  2.000 ms  2.000 ms",
            " 3  10.0.9.2  3.000 ms  3.000 ms  3.000 ms",
        ]
    );
    assert_eq!(
        os.sent.iter().map(|sent| sent.ttl).collect::<Vec<_>>(),
        [1, 1, 1, 2, 2, 2, 3, 3, 3]
    );
    let ports: Vec<_> = os.sent.iter().map(|sent| sent.to.port()).collect();
    assert_eq!(ports, (33_434..33_443).collect::<Vec<_>>());
    assert!(os.sent.iter().all(|sent| (*sent.to.ip(), sent.length) == (BOB, 32)));
    assert_eq!(os.flow.completed, Some(Time::from_us(18_500)));
    assert_eq!((os.flow.end_state, os.flow.packets_sent), (Some("done"), 9));
    assert_eq!((os.rtts.len(), os.flow.timeouts, os.closed.len()), (9, 0, 1));
}

#[test]
fn a_silent_hop_is_stars() {
    let os = run(
        FakeOs::answering(|sent| if sent.ttl == 1 { Vec::new() } else { path(sent) }),
        "timeout = '200ms'",
    );
    assert_eq!(os.flow.details[1], " 1  * * *");
    assert_eq!(os.flow.details[2], " 2  10.0.5.1  2.500 ms  2.000 ms  2.000 ms");
    assert_eq!(os.send_times()[..3], [0, 200, 400].map(Time::from_ms));
    assert_eq!((os.flow.timeouts, os.flow.end_state), (3, Some("done")));
}

#[test]
fn answers_that_come_too_late_are_not_those_of_the_next_probe() {
    let late = |sent: &Sent| match sent.to.port() {
        33_434 => vec![Reply::Error(Time::from_ms(1_001), R1, Error::TimeExceeded)],
        33_435 => vec![Reply::Error(Time::from_ms(5), R1, Error::TimeExceeded)],
        _ => Vec::new(),
    };
    let os = run(FakeOs::answering(late), "max-hops = 1");
    assert_eq!(os.flow.details[1], " 1  * 10.0.0.254  5.000 ms *");
    assert_eq!((os.flow.end_state, os.sent.len()), (Some("max-hops"), 3));
    assert_eq!(os.flow.completed, Some(Time::from_ms(2_005)));
}

#[test]
fn marks_what_is_out_of_the_ordinary_and_stops_there() {
    for (why, mark) in [
        (Unreachable::Host, "!H"),
        (Unreachable::Network, "!N"),
        (Unreachable::AdministrativelyProhibited, "!X"),
    ] {
        let network = FakeOs::answering(move |_| {
            vec![Reply::Error(Time::from_ms(1), R1, Error::DestinationUnreachable(why))]
        });
        let os = run(network, "queries = 2");
        assert_eq!(os.flow.details[1], format!(" 1  10.0.0.254  1.000 ms {mark}  1.000 ms {mark}"));
        assert_eq!((os.flow.end_state, os.sent.len()), (Some("unreachable"), 2));
    }
}

#[test]
fn two_routers_at_one_hop_are_both_named() {
    let balanced = |sent: &Sent| {
        let router = if sent.to.port() == 33_435 { R2 } else { R1 };
        vec![Reply::Error(Time::from_ms(1), router, Error::TimeExceeded)]
    };
    let os = run(FakeOs::answering(balanced), "max-hops = 1");
    assert_eq!(
        os.flow.details[1],
        " 1  10.0.0.254  1.000 ms 10.0.5.1  1.000 ms 10.0.0.254  1.000 ms"
    );
}

#[test]
fn an_answer_from_a_bound_port_is_an_arrival_too() {
    let os = run(
        FakeOs::answering(|sent| vec![Reply::Datagram(Time::from_ms(3), 4, sent.content)]),
        "queries = 1",
    );
    assert_eq!(os.flow.details[1], " 1  10.0.9.2  3.000 ms");
    assert_eq!(os.flow.end_state, Some("done"));
}

#[test]
fn ends_with_the_reason_if_nothing_can_be_sent() {
    let mut os = FakeOs::silent();
    os.send_error = Some(Errno::ENETUNREACH);
    let os = run(os, "");
    assert_eq!((os.flow.end_state, os.flow.errors), (Some("ENETUNREACH"), 1));
    assert!(os.flow.completed.is_none(), "a failure is no completion");
    assert_eq!(os.closed.len(), 1);
}

#[test]
fn ports_never_become_zero() {
    let mut spec = traceroute("max-hops = 2\nqueries = 1");
    let AppSpec::Traceroute(config) = &mut spec else { unreachable!("a traceroute") };
    config.to.port = Some(65_535);
    let mut os = FakeOs::silent();
    let mut app = os.start(&spec);
    os.run(&mut *app, Time::from_secs(10));
    assert_eq!(os.sent.iter().map(|sent| sent.to.port()).collect::<Vec<_>>(), [65_535, 1]);
}

#[test]
fn changes_hold_from_the_next_probe() {
    let mut os = FakeOs::silent();
    let mut app = os.start(&traceroute(""));
    os.run(&mut *app, Time::from_ms(500));
    app.reconfigure(&mut os, &traceroute("timeout = '100ms'\nmax-hops = 1\nsize = '100B'"));
    os.run(&mut *app, Time::from_secs(100));
    assert_eq!(os.send_times(), [0, 1_000, 1_100].map(Time::from_ms));
    assert_eq!((os.sent[0].length, os.sent[1].length), (32, 100));
}

#[test]
fn says_which_setting_makes_no_sense() {
    assert_eq!(faulty(&traceroute("")), [""; 0]);
    assert_eq!(
        faulty(&traceroute("queries = 0\nmax-hops = 0\ntimeout = '0s'\nsize = '70kB'")),
        ["queries", "max-hops", "timeout", "size"]
    );
}
