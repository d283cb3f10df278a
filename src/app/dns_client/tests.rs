use std::net::Ipv4Addr;

use super::super::fake_os::{FakeOs, Reply, Sent, faulty, settings};
use super::*;
use crate::packet::icmp::{Error, Unreachable};

const WWW: Ipv4Addr = Ipv4Addr::new(10, 0, 7, 7);
const ROUND: Time = Time::from_ms(3);

fn dns_client(text: &str) -> AppSpec {
    settings("dns-client", &format!("to = 'bob'\n{text}")).expect(text)
}

fn run(mut os: FakeOs, text: &str, until: Time) -> FakeOs {
    let mut app = os.start(&dns_client(text));
    os.run(&mut *app, until);
    os
}

/// The first name has an address, others do not exist.
fn reply(sent: &Sent, after: Time) -> Reply {
    let Content::Dns(question) = sent.content else { unreachable!("a question") };
    let answer = if question.name == 0 { DnsAnswer::Address(WWW) } else { DnsAnswer::NoSuchName };
    let message = DnsMessage { answer: Some(answer), ..question };
    Reply::Datagram(after, sent.length + 16, Content::Dns(message))
}

#[test]
fn asks_for_each_name_once() {
    let network = FakeOs::answering(|sent| vec![reply(sent, ROUND)]);
    let os = run(network, "names = ['www.example.org', 'ftp.example.org']", Time::from_secs(60));
    assert_eq!(os.send_times(), [0, 1].map(Time::from_secs));
    assert_eq!((os.sent[0].length, os.sent[0].to.port()), (33, 53));
    assert_eq!(os.rtts, [ROUND, ROUND]);
    assert_eq!(os.flow.completed, Some(Time::from_ms(1_003)));
    assert_eq!(os.flow.end_state, Some("done"));
    assert_eq!(
        os.flow.details,
        [
            "2 questions, 2 answered (1 NXDOMAIN), 0 given up",
            "www.example.org has address 10.0.7.7",
            "ftp.example.org not found: NXDOMAIN",
        ]
    );
    assert_eq!(os.flow.peer.expect("a peer").1, "bob:53");
}

#[test]
fn asks_again_and_then_gives_up() {
    let os = run(FakeOs::silent(), "names = ['a', 'b']\ncount = 1", Time::from_secs(60));
    assert_eq!(os.send_times(), [0, 5].map(Time::from_secs));
    assert_eq!(os.sent[0].content, os.sent[1].content);
    assert_eq!((os.flow.packets_sent, os.flow.retransmits, os.flow.timeouts), (2, 1, 1));
    assert_eq!(os.flow.completed, Some(Time::from_secs(10)));
    assert_eq!(
        os.flow.details,
        [
            "1 questions, 0 answered (0 NXDOMAIN), 1 given up",
            "a: no server could be reached",
            "b: no answer yet",
        ]
    );
}

#[test]
fn an_answer_to_the_second_attempt_took_all_the_time_since_the_first() {
    let network =
        FakeOs::answering(
            |sent| {
                if sent.at.is_zero() { Vec::new() } else { vec![reply(sent, ROUND)] }
            },
        );
    let os = run(network, "names = ['a']\ntimeout = '200ms'", Time::from_secs(60));
    assert_eq!(os.rtts, [Time::from_ms(203)]);
    assert_eq!((os.flow.retransmits, os.flow.timeouts), (1, 0));
    // The time-out of the answered attempt does nothing any more.
    assert_eq!(os.sent.len(), 2);
}

#[test]
fn questions_do_not_wait_for_each_other() {
    let network = FakeOs::answering(|sent| {
        // The first is lost once; the second overtakes it.
        if sent.at.is_zero() { Vec::new() } else { vec![reply(sent, ROUND)] }
    });
    let text = "names = ['a', 'b']\ncount = 3\ninterval = '100ms'\ntimeout = '150ms'";
    let os = run(network, text, Time::from_secs(60));
    assert_eq!(os.send_times(), [0, 100, 150, 200].map(Time::from_ms));
    let ids: Vec<_> = os
        .sent
        .iter()
        .map(|sent| match sent.content {
            Content::Dns(message) => (message.id, message.name),
            Content::Numbered(_) => unreachable!("a question"),
        })
        .collect();
    assert_eq!(ids, [(0, 0), (1, 1), (0, 0), (2, 0)]);
    assert_eq!(os.rtts, [ROUND, Time::from_ms(153), ROUND]);
}

#[test]
fn answers_nobody_asked_for_are_ignored() {
    let network = FakeOs::answering(|sent| {
        let Content::Dns(question) = sent.content else { unreachable!("a question") };
        let forged = |id, name| {
            let answer = Some(DnsAnswer::NoSuchName);
            Reply::Datagram(Time::from_ms(1), 33, Content::Dns(DnsMessage { id, name, answer }))
        };
        let echo = Reply::Datagram(Time::from_ms(1), 33, sent.content);
        vec![
            forged(question.id + 1, question.name),
            forged(question.id, question.name + 1),
            echo,
            reply(sent, ROUND),
            reply(sent, ROUND),
        ]
    });
    let os = run(network, "names = ['www.example.org']", Time::from_secs(60));
    assert_eq!(os.rtts, [ROUND]);
    assert_eq!(os.flow.details[1], "www.example.org has address 10.0.7.7");
}

#[test]
fn a_closed_port_is_known_at_once() {
    let network = FakeOs::answering(|sent| {
        let closed = Error::DestinationUnreachable(Unreachable::Port);
        vec![Reply::Error(ROUND, *sent.to.ip(), closed)]
    });
    let os = run(network, "names = ['a']", Time::from_secs(60));
    assert_eq!(os.send_times(), [Time::ZERO, ROUND]);
    assert_eq!(os.flow.completed, Some(ROUND * 2));
    assert_eq!((os.flow.timeouts, os.flow.errors), (1, 0));
}

#[test]
fn failures_of_calls_are_told() {
    let mut os = FakeOs::silent();
    os.connect_error = Some(Errno::ENETUNREACH);
    let os = run(os, "names = ['a']", Time::from_secs(60));
    assert_eq!((os.flow.end_state, os.sent.len()), (Some("ENETUNREACH"), 0));
    assert_eq!(os.closed.len(), 1);

    let mut os = FakeOs::silent();
    os.send_error = Some(Errno::ENETUNREACH);
    let os = run(os, "names = ['a']", Time::from_secs(60));
    assert_eq!((os.flow.errors, os.flow.packets_sent, os.flow.retransmits), (2, 0, 0));
    assert_eq!((os.flow.timeouts, os.flow.completed), (1, Some(Time::from_secs(10))));
}

#[test]
fn changes_hold_from_the_next_question() {
    let mut os = FakeOs::silent();
    let mut app = os.start(&dns_client("names = ['a']\ncount = 10"));
    os.run(&mut *app, Time::from_ms(500));
    let text = "names = ['x', 'y']\ncount = 3\ninterval = '2s'\ntimeout = '1s'\nattempts = 1";
    app.reconfigure(&mut os, &dns_client(text));
    os.run(&mut *app, Time::from_secs(60));
    assert_eq!(os.send_times(), [0, 1, 3].map(Time::from_secs));
    assert_eq!(os.flow.details.len(), 2, "the names stay: {:?}", os.flow.details);
    assert_eq!(os.flow.timeouts, 3);
}

#[test]
fn says_which_setting_makes_no_sense() {
    assert_eq!(faulty(&dns_client("names = ['a']")), [""; 0]);
    assert_eq!(
        faulty(&dns_client("names = []\ninterval = '0s'\ncount = 0\ntimeout = '0s'\nattempts = 0")),
        ["names", "interval", "count", "timeout", "attempts"]
    );
    assert_eq!(faulty(&dns_client("names = ['a..b', 'c']")), ["names"]);
}
