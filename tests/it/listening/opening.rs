//! How long a SYN and a SYN-ACK are sent again, and who refuses in which way.

use std::net::Ipv4Addr;

use portolan::node::config::{Action, Chain, FilterRule, IpConfig};
use portolan::packet::icmp::{Error, Message, Quote, Unreachable};
use portolan::packet::ipv4::{self, Protocol, Transport};
use portolan::packet::tcp::{Flags, SeqNum};
use portolan::socket::Errno;
use portolan::tcp::config::Settings;
use portolan::units::Time;

use super::{assert_near, config, connect, listen, outcome, pair};
use crate::support::lab::{CLIENT, Lab, SERVER, final_ack, segment};
use crate::support::{run, watch};
use portolan::observe::Observation;

fn filtered(action: Action) -> IpConfig {
    let rule = FilterRule {
        action,
        chain: Chain::Input,
        protocol: Some(Protocol::Tcp),
        ports: Some([80, 80]),
        from: None,
        to: None,
    };
    IpConfig { filter: vec![rule], ..config() }
}

#[test]
fn a_syn_without_answer_is_sent_again_as_long_as_linux_does() {
    let table: [(Settings, &[f64], f64); 4] = [
        (
            Settings::default(),
            &[
                0.0, 1.012992, 2.036986, 3.061007, 4.084979, 5.108953, 7.124984, 11.156976,
                19.348996, 35.47694, 67.733015,
            ],
            133.269,
        ),
        (
            Settings { syn_linear_timeouts: Some(0), ..Settings::default() },
            &[0.0, 1.012966, 3.028927, 7.156954, 15.352936, 31.476944, 64.757001],
            130.293,
        ),
        (
            Settings { syn_retries: Some(3), ..Settings::default() },
            &[0.0, 1.020721, 2.044734, 3.068739, 4.092682, 5.116694, 7.132822, 11.196707],
            19.389,
        ),
        (
            Settings { syn_retries: Some(3), syn_linear_timeouts: Some(0), ..Settings::default() },
            &[0.0, 1.028803, 3.044761, 7.108793],
            15.301,
        ),
    ];
    for (tcp, syns, end) in table {
        let mut lab = Lab::new(&IpConfig { tcp, ..filtered(Action::Drop) });
        let socket = connect(&mut lab, 80);
        lab.run(Time::from_secs(200));
        let times: Vec<Time> = lab.seen.iter().map(|seen| seen.at).collect();
        assert_near(&times, syns);
        let first = lab.seen[0];
        for seen in &lab.seen {
            assert_eq!((seen.from, seen.segment.seq), (first.from, first.segment.seq));
        }
        let stamp = |index: usize| lab.seen[index].segment.options.timestamps.expect("sent").value;
        assert!(stamp(1).wrapping_sub(stamp(0)) > 900, "the clock goes on");
        let (error, at) = outcome(&mut lab, socket);
        assert_eq!(error, Err(Errno::ETIMEDOUT));
        assert_near(&[at.expect("ended")], &[end]);
    }
}

#[test]
fn a_refusal_is_told_by_its_kind_after_one_round_trip() {
    for (action, errno, measured) in [
        (Action::Accept, Errno::ECONNREFUSED, 0.0405),
        (Action::Reject, Errno::ECONNREFUSED, 0.0404),
        (Action::RejectReset, Errno::ECONNREFUSED, 0.0405),
        (Action::RejectProhibited, Errno::EHOSTUNREACH, 0.0406),
    ] {
        let mut lab = Lab::new(&filtered(action));
        let socket = connect(&mut lab, 80);
        lab.run(Time::from_secs(5));
        let (error, at) = outcome(&mut lab, socket);
        assert_eq!(error, Err(errno), "{action:?}");
        assert_near(&[at.expect("ended")], &[measured]);
    }
}

/// An ICMP error about the last segment that a host has sent.
fn icmp_error(lab: &Lab, why: Unreachable) -> ipv4::Packet {
    let about = lab.seen.last().expect("a segment");
    let quote = Quote {
        source: *about.from.ip(),
        destination: *about.to.ip(),
        protocol: Protocol::Tcp,
        source_port: about.from.port(),
        destination_port: about.to.port(),
        sequence: SeqNum::default(),
        identification: 1,
        total_length: 60,
        quoted_length: 60,
    };
    let error = Error::DestinationUnreachable(why);
    let router = Ipv4Addr::new(10, 0, 0, 254);
    ipv4::Packet::new(router, *about.from.ip(), Transport::Icmp(Message::Error { error, quote }))
}

#[test]
fn icmp_errors_end_an_attempt_to_connect_but_no_connection() {
    for (why, errno) in [
        (Unreachable::Network, Errno::ENETUNREACH),
        (Unreachable::Host, Errno::EHOSTUNREACH),
        (Unreachable::Protocol, Errno::ENOPROTOOPT),
        (Unreachable::Port, Errno::ECONNREFUSED),
        (Unreachable::AdministrativelyProhibited, Errno::EHOSTUNREACH),
    ] {
        let mut lab = Lab::new(&filtered(Action::Drop));
        let socket = connect(&mut lab, 80);
        lab.run(Time::from_ms(40));
        let error = icmp_error(&lab, why);
        lab.inject(CLIENT, error);
        assert_eq!(outcome(&mut lab, socket), (Err(errno), Some(Time::from_ms(40))));
    }
    let mut lab = Lab::new(&config());
    let (socket, _) = pair(&mut lab);
    let error = icmp_error(&lab, Unreachable::Host);
    lab.inject(CLIENT, error);
    lab.run(Time::from_ms(2500));
    assert_eq!(lab.call(CLIENT, move |os| os.take_socket_error(socket)), Ok(()));
    assert_eq!(lab.count(CLIENT, "ESTABLISHED"), 1);
}

/// Half-open connections go when the network says that nobody is there, and only then.
#[test]
fn a_half_open_connection_ends_with_the_way_back() {
    for (why, left) in [
        (Unreachable::Network, 0),
        (Unreachable::Host, 0),
        (Unreachable::Port, 1),
        (Unreachable::AdministrativelyProhibited, 1),
    ] {
        let mut lab = Lab::new(&config());
        listen(&mut lab, 16);
        lab.peer_sends(5000, segment(Flags::SYN, 3000, 0));
        assert_eq!(lab.count(SERVER, "SYN-RECEIVED"), 1);
        let error = icmp_error(&lab, why);
        lab.inject(SERVER, error);
        lab.run(Time::from_secs(2));
        assert_eq!(lab.answers(5000).len(), 1 + left, "{why:?}");
    }
}

fn neighbours(link: &str) -> String {
    format!(
        "duration = '10s'
        nodes = {{ a = 'host', b = 'host' }}
        links = {{ a--b = {{ {link} }} }}
        apps = {{ client = {{ kind = 'tcp-client', on = 'a', to = 'b:80', size = '1kB' }} }}"
    )
}

/// Measured: requests at 0, 1.0003 and 2.0243 s, EHOSTUNREACH at 3.052 s.
#[test]
fn a_host_that_does_not_answer_arp_is_unreachable_after_three_requests() {
    let (summary, seen) = watch(&neighbours("loss = '100%'"));
    assert_eq!(summary.flows["client"].end_state, "EHOSTUNREACH");
    let requests = seen.arp_requests();
    assert_near(&requests[..3], &[0.0, 1.000318, 2.0243]);
    let closed = seen.seen.iter().find_map(|(at, what)| match what {
        Observation::StateChanged { to: "CLOSED", .. } => Some(*at),
        _ => None,
    });
    assert_near(&[closed.expect("given up")], &[3.052]);
}

#[test]
fn without_a_route_the_call_fails_at_once() {
    let text = neighbours("").replace("to = 'b:80'", "to = '192.0.2.1:80'");
    let summary = run(&text);
    assert_eq!(summary.flows["client"].end_state, "ENETUNREACH");
}

#[test]
fn a_syn_ack_without_answer_is_sent_again_and_forgotten_after_a_minute() {
    let mut lab = Lab::new(&config());
    listen(&mut lab, 16);
    lab.peer_sends(5000, segment(Flags::SYN, 3000, 0));
    lab.run(Time::from_secs(60));
    let answers = lab.answers(5000);
    let times: Vec<Time> = answers.iter().map(|(at, _)| *at).collect();
    assert_near(&times, &[0.0, 1.001, 3.017, 7.145, 15.337, 31.465]);
    let (_, first) = answers[0];
    assert!(answers.iter().all(|(_, answer)| answer.seq == first.seq));
    assert_eq!(lab.count(SERVER, "SYN-RECEIVED"), 1);
    // Measured: gone at 64.79 s.
    lab.run_until(Time::from_ms(64_790));
    assert_eq!(lab.count(SERVER, "SYN-RECEIVED"), 0);
    let late = final_ack(&first);
    lab.peer_sends(5000, late);
    let (_, reset) = *lab.answers(5000).last().expect("an answer");
    assert_eq!((reset.flags, reset.seq), (Flags::RST, late.ack));
}

#[test]
fn a_repeated_syn_is_answered_at_once_with_the_same_number() {
    let mut lab = Lab::new(&config());
    listen(&mut lab, 16);
    let syn = segment(Flags::SYN, 3000, 0);
    for at in [0, 300, 801] {
        lab.run_until(Time::from_ms(at));
        lab.peer_sends(5000, syn);
    }
    lab.run_until(Time::from_secs(60));
    let answers = lab.answers(5000);
    let times: Vec<Time> = answers.iter().map(|(at, _)| *at).collect();
    assert_near(&times, &[0.0, 0.3, 0.801, 1.833, 3.849, 7.913, 16.105, 32.233]);
    assert!(answers.iter().all(|(_, answer)| answer.seq == answers[0].1.seq));
}

#[test]
fn a_syn_with_another_number_is_challenged() {
    let mut lab = Lab::new(&config());
    listen(&mut lab, 16);
    lab.peer_sends(5000, segment(Flags::SYN, 3000, 0));
    lab.run(Time::from_ms(100));
    lab.peer_sends(5000, segment(Flags::SYN, 990_000, 0));
    let answers = lab.answers(5000);
    let [(_, syn_ack), (_, challenge)] = answers[..] else { panic!("{answers:?}") };
    let number = syn_ack.seq.wrapping_add(1);
    assert_eq!(
        (challenge.flags, challenge.seq, challenge.ack),
        (Flags::ACK, number, SeqNum::new(3001))
    );
}

/// What a closed port and a listener answer to segments out of nowhere.
#[test]
fn stray_segments_are_answered_as_linux_does() {
    let fin = Flags { fin: true, ..Flags::NONE };
    let xmas = Flags { psh: true, urg: true, ..fin };
    let by_ack = Some((Flags::RST, 5000, 0));
    let by_seq = |ack| Some((Flags::RST_ACK, 0, ack));
    for (flags, closed, listening) in [
        (Flags::SYN_ACK, by_ack, by_ack),
        (Flags::ACK, by_ack, by_ack),
        (fin, by_seq(1001), None),
        (Flags::FIN_ACK, by_ack, by_ack),
        (Flags::RST, None, None),
        (Flags::RST_ACK, None, None),
        (Flags::NONE, by_seq(1000), None),
        (xmas, by_seq(1001), None),
        (Flags { syn: true, ..fin }, by_seq(1002), None),
    ] {
        for (listens, expected) in [(false, closed), (true, listening)] {
            let mut lab = Lab::new(&config());
            if listens {
                listen(&mut lab, 16);
            }
            lab.peer_sends(5000, segment(flags, 1000, 5000));
            lab.run(Time::from_secs(1));
            let answers = lab.answers(5000);
            let told = answers.first().map(|(_, a)| (a.flags, a.seq.value(), a.ack.value()));
            assert_eq!(told, expected, "{flags}, listening: {listens}");
            assert!(answers.len() < 2 && answers.iter().all(|(_, a)| a.window == 0));
        }
    }
}
