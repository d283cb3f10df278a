use super::super::fake_os::{BOB, FakeOs, Reply, Sent, faulty, settings};
use super::*;
use crate::packet::icmp;
use crate::packet::udp::Content;
use crate::socket::Errno;

const ROUND: Time = Time::from_us(2_500);

fn ping(text: &str) -> AppSpec {
    settings("ping", &format!("to = 'bob'\n{text}")).expect(text)
}

/// The echo of a request, as the host's ICMP makes it: 16 bits of its number.
fn echo(sent: &Sent, after: Time) -> Reply {
    let Content::Numbered(number) = sent.content else { unreachable!("a request") };
    Reply::Datagram(after, sent.length, Content::Numbered(number & 0xffff))
}

/// Runs a ping; gives what it says in the end.
fn run(os: &mut FakeOs, text: &str, until: Time) -> Vec<String> {
    let mut app = os.start(&ping(text));
    os.run(&mut *app, until);
    app.details()
}

#[test]
fn times_every_echo_and_says_so_like_linux() {
    let mut os = FakeOs::answering(|sent| {
        let late = if sent.at.is_zero() { Time::from_us(1_000) } else { Time::ZERO };
        vec![echo(sent, ROUND + late)]
    });
    let details = run(&mut os, "count = 4", Time::from_secs(10));
    assert_eq!(os.send_times(), [0, 1, 2, 3].map(Time::from_secs));
    let numbers = os.sent.iter().map(|sent| sent.content).collect::<Vec<_>>();
    assert_eq!(numbers, [1, 2, 3, 4].map(Content::Numbered));
    assert_eq!((os.sent[0].length, *os.sent[0].to.ip()), (56, BOB));
    assert_eq!(os.rtts, [Time::from_us(3_500), ROUND, ROUND, ROUND]);
    assert_eq!((os.flow.packets_sent, os.flow.timeouts), (4, 0));
    assert_eq!((os.flow.packets_delivered, os.flow.bytes_delivered), (4, 4 * 56));
    assert_eq!(os.flow.completed, Some(Time::from_secs(3) + ROUND));
    assert_eq!(os.flow.end_state, Some("done"));
    assert_eq!(
        details,
        [
            "4 packets transmitted, 4 received, 0% packet loss, time 3002ms",
            "rtt min/avg/max/mdev = 2.500/2.750/3.500/0.433 ms"
        ]
    );
}

#[test]
fn gives_up_after_the_timeout() {
    let mut os = FakeOs::answering(|sent| {
        if sent.at == Time::from_ms(200) { Vec::new() } else { vec![echo(sent, ROUND)] }
    });
    let details =
        run(&mut os, "count = 3\ninterval = '200ms'\ntimeout = '500ms'", Time::from_secs(10));
    assert_eq!((os.flow.timeouts, os.rtts.len()), (1, 2));
    // The last answer has come before the second request is given up.
    assert_eq!(os.flow.completed, Some(Time::from_ms(700)));
    assert_eq!(details[0], "3 packets transmitted, 2 received, 33.3333% packet loss, time 402ms");
}

#[test]
fn silence_has_no_times_and_is_known_at_any_moment() {
    let mut os = FakeOs::silent();
    let details = run(&mut os, "", Time::from_ms(2_500));
    assert_eq!((os.sent.len(), os.flow.timeouts), (3, 2));
    assert_eq!(
        details,
        ["3 packets transmitted, 0 received, 1 not yet answered, 100% packet loss, time 2000ms"]
    );
    assert_eq!(os.flow.completed, None);
}

#[test]
fn a_late_answer_takes_the_loss_back() {
    let mut os = FakeOs::answering(|sent| vec![echo(sent, Time::from_ms(1_500))]);
    run(&mut os, "count = 2", Time::from_ms(1_400));
    assert_eq!(os.flow.timeouts, 1);
    let mut os = FakeOs::answering(|sent| vec![echo(sent, Time::from_ms(1_500))]);
    run(&mut os, "count = 2", Time::from_secs(10));
    assert_eq!((os.flow.timeouts, os.rtts), (0, vec![Time::from_ms(1_500); 2]));
}

#[test]
fn tells_duplicates_and_errors() {
    let unreachable = icmp::Error::DestinationUnreachable(icmp::Unreachable::Host);
    let mut os = FakeOs::answering(move |sent| {
        if sent.at.is_zero() {
            vec![echo(sent, ROUND), echo(sent, ROUND)]
        } else {
            vec![Reply::Error(ROUND, *sent.to.ip(), unreachable)]
        }
    });
    let details = run(&mut os, "count = 2", Time::from_secs(10));
    assert_eq!(
        details[0],
        "2 packets transmitted, 1 received, +1 duplicates, +1 errors, 50% packet loss, time 1000ms"
    );
    assert_eq!(os.rtts, [ROUND]);
}

#[test]
fn a_request_that_cannot_be_sent_is_an_error_and_waits_for_nothing() {
    let mut os = FakeOs::silent();
    os.send_error = Some(Errno::ENETUNREACH);
    run(&mut os, "count = 2", Time::from_secs(10));
    assert_eq!((os.flow.errors, os.flow.packets_sent, os.flow.timeouts), (2, 0, 0));
    assert_eq!(os.flow.completed, Some(Time::from_secs(1)));
}

#[test]
fn numbers_go_on_after_65_535() {
    let mut os = FakeOs::answering(|sent| vec![echo(sent, ROUND)]);
    run(&mut os, "interval = '1ms'\ncount = 66000", Time::from_secs(100));
    assert_eq!((os.rtts.len(), os.flow.timeouts), (66_000, 0));
    assert!(os.rtts.iter().all(|rtt| *rtt == ROUND));
}

#[test]
fn forgets_the_oldest_of_very_many() {
    let mut os = FakeOs::silent();
    run(&mut os, "interval = '100us'\ntimeout = '10s'\ncount = 2000", Time::from_secs(20));
    assert_eq!(os.flow.timeouts, 2000);
    assert!(os.flow.completed.is_some());
}

#[test]
fn changes_hold_from_the_next_request() {
    let mut os = FakeOs::answering(|sent| vec![echo(sent, ROUND)]);
    let mut app = os.start(&ping(""));
    os.run(&mut *app, Time::from_ms(100));
    app.reconfigure(&mut os, &ping("interval = '100ms'\nsize = '1000B'\ncount = 3"));
    os.run(&mut *app, Time::from_secs(10));
    assert_eq!(os.send_times(), [0, 1000, 1100].map(Time::from_ms));
    assert_eq!(os.sent.iter().map(|sent| sent.length).collect::<Vec<_>>(), [56, 1000, 1000]);
}

#[test]
fn says_which_setting_makes_no_sense() {
    let check = |text: &str| faulty(&settings("ping", text).expect(text));
    assert_eq!(check("to = 'bob'"), [""; 0]);
    assert_eq!(check("to = 'bob:80'"), ["to"]);
    assert_eq!(
        check("to = 'bob'\ninterval = '0s'\ncount = 0\nsize = '70kB'\ntimeout = '0s'"),
        ["interval", "count", "size", "timeout"]
    );
}
