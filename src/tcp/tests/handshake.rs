//! Opening, refused and unanswered connections.

use std::sync::Arc;

use super::pair::{CLIENT, Pair, SERVER, losing, opening};
use crate::packet::ipv4::Ecn;
use crate::packet::tcp::Flags;
use crate::tcp::config::Config;
use crate::tcp::state::State;
use crate::tcp::{CloseReason, Connection, Event};
use crate::units::Time;

pub(super) fn linux() -> Arc<Config> {
    Arc::new(Config::linux())
}

fn seconds(pair: &Pair, from: usize) -> Vec<f64> {
    pair.sent(from).iter().map(|record| record.at.as_secs_f64()).collect()
}

#[test]
fn three_segments_as_linux_sends_them() {
    let mut pair = Pair::perfect(&Config::linux());
    pair.run_for(Time::from_secs(1));
    let told: Vec<_> = pair
        .log
        .iter()
        .map(|record| {
            let segment = record.segment;
            (record.from, segment.flags.to_string(), segment.window, segment.header_length())
        })
        .collect();
    let expected = [
        (CLIENT, "S".to_string(), 64_240, 40),
        (SERVER, "S.".to_string(), 65_160, 40),
        (CLIENT, ".".to_string(), 502, 32),
    ];
    assert_eq!(told, expected);
    assert_eq!(pair.states(), [State::Established; 2]);
    assert_eq!(pair.events, [(CLIENT, Event::Established), (SERVER, Event::Established)]);
    assert_eq!(pair.end(CLIENT).smoothed_rtt(), Some(Time::from_ms(40)));
    assert_eq!(pair.end(CLIENT).poll_timeout(), None);
    assert_eq!(pair.end(SERVER).poll_timeout(), None);
}

#[test]
fn options_are_used_only_if_both_offer_them() {
    for (sack, timestamps, window_scaling) in
        [(false, true, true), (true, false, true), (true, true, false), (false, false, false)]
    {
        let plain = Config { sack, timestamps, window_scaling, ..Config::linux() };
        let mut client = Connection::connect(Arc::new(plain), opening(CLIENT));
        let syn = client.poll_transmit(Time::ZERO).expect("a SYN").segment;
        let mut server = Connection::accept(linux(), opening(SERVER), Time::ZERO, &syn);
        let answer = server.poll_transmit(Time::ZERO).expect("a SYN-ACK").segment.options;
        assert_eq!(answer.sack_permitted, sack);
        assert_eq!(answer.timestamps.is_some(), timestamps);
        assert_eq!(answer.window_scale.is_some(), window_scaling);
        assert_eq!(server.segment_size(), if timestamps { 1448 } else { 1460 });
    }
}

#[test]
fn a_silly_segment_size_is_not_believed() {
    for (offered, expected) in [(None, 536), (Some(0), 48), (Some(1000), 1000), (Some(9000), 1460)]
    {
        let mut client = Connection::connect(linux(), opening(CLIENT));
        let mut syn = client.poll_transmit(Time::ZERO).expect("a SYN").segment;
        syn.options.mss = offered;
        let server = Connection::accept(linux(), opening(SERVER), Time::ZERO, &syn);
        assert_eq!(server.segment_size(), expected - 12);
    }
}

#[test]
fn a_filtered_port_is_tried_as_long_as_linux_does() {
    for (linear, expected, end) in [
        (4, &[0., 1., 2., 3., 4., 5., 7., 11., 19., 35., 67.][..], 131.),
        (0, &[0., 1., 3., 7., 15., 31., 63.][..], 127.),
    ] {
        let config = Config { syn_linear_timeouts: linear, ..Config::linux() };
        let mut pair = Pair::new(&config, losing(|_| true));
        pair.run();
        assert_eq!(seconds(&pair, CLIENT), expected);
        assert_eq!(pair.events, [(CLIENT, Event::Closed(CloseReason::TimedOut))]);
        assert_eq!(pair.now.as_secs_f64(), end);
    }
}

#[test]
fn a_syn_ack_is_repeated_as_often_as_linux_does() {
    let mut pair = Pair::new(&Config::linux(), losing(|record| record.segment.flags == Flags::ACK));
    // The client's answers to the repeated SYN-ACK are lost too.
    pair.run_for(Time::from_secs(100));
    let repeated: Vec<_> = seconds(&pair, SERVER).iter().map(|at| (at - 0.02).round()).collect();
    assert_eq!(repeated, [0., 1., 3., 7., 15., 31.]);
    assert!(pair.events.contains(&(SERVER, Event::Closed(CloseReason::TimedOut))));
}

#[test]
fn a_closed_port_refuses() {
    let mut client = Connection::connect(linux(), opening(CLIENT));
    let syn = client.poll_transmit(Time::ZERO).expect("a SYN").segment;
    let reset = crate::tcp::no_connection::reset_for(&syn).expect("an answer");
    let mut wrong = reset;
    wrong.ack = wrong.ack.wrapping_add(1);
    client.handle_segment(Time::from_ms(40), &wrong, Ecn::NotEct);
    assert_eq!(client.state(), State::SynSent);
    client.handle_segment(Time::from_ms(40), &reset, Ecn::NotEct);
    assert_eq!(client.poll_event(), Some(Event::Closed(CloseReason::Refused)));
    assert_eq!(client.poll_transmit(Time::from_ms(40)), None);
    assert_eq!(client.poll_timeout(), None);
}

#[test]
fn an_icmp_error_ends_an_attempt_but_no_connection() {
    let mut client = Connection::connect(linux(), opening(CLIENT));
    client.poll_transmit(Time::ZERO).expect("a SYN");
    client.handle_icmp_error(CloseReason::Unreachable);
    assert_eq!(client.poll_event(), Some(Event::Closed(CloseReason::Unreachable)));
    assert_eq!(client.poll_timeout(), None);

    let mut pair = Pair::established(&Config::linux(), losing(|_| false));
    pair.end(CLIENT).handle_icmp_error(CloseReason::Unreachable);
    assert_eq!(pair.states(), [State::Established; 2]);
}

#[test]
fn an_idle_connection_takes_little_memory() {
    // So that a hundred thousand of them, both ends counted, fit into 200 MiB with all that hosts
    // and processes keep of them: they hang nothing on themselves, not even congestion control.
    assert!(size_of::<Connection>() <= 640, "{}", size_of::<Connection>());
    let pair = Pair::established(&Config::linux(), losing(|_| false));
    assert!(pair.ends.iter().flatten().all(|end| end.congestion.is_none() && end.ready.is_none()));
}

#[test]
fn a_lost_syn_or_syn_ack_costs_a_second() {
    for lost in [CLIENT, SERVER] {
        let mut first = true;
        let network = losing(move |record| record.from == lost && std::mem::take(&mut first));
        let mut pair = Pair::new(&Config::linux(), network);
        pair.run_for(Time::from_ms(1039));
        assert_eq!(pair.states()[CLIENT], State::SynSent);
        pair.run_for(Time::from_ms(30));
        assert_eq!(pair.states(), [State::Established; 2]);
        assert_eq!(pair.end(CLIENT).congestion_window(), 14_480);
    }
}

#[test]
fn the_user_timeout_counts_while_connecting() {
    for (limit_ms, sent, end) in [(2500, &[0., 1., 2.][..], 2.5), (300, &[0., 1.][..], 1.004)] {
        let config = Config { user_timeout: Some(Time::from_ms(limit_ms)), ..Config::linux() };
        let mut pair = Pair::new(&config, losing(|_| true));
        pair.run();
        assert_eq!(seconds(&pair, CLIENT), sent);
        assert_eq!(pair.events, [(CLIENT, Event::Closed(CloseReason::TimedOut))]);
        assert_eq!(pair.now.as_secs_f64(), end);
    }
}

/// A listener that answered with a cookie knows when by the timestamp at most.
#[test]
fn a_cookie_measures_no_round_trip() {
    for timestamps in [true, false] {
        let config = Arc::new(Config { timestamps, ..Config::linux() });
        let mut client = Connection::connect(Arc::clone(&config), opening(CLIENT));
        let syn = client.poll_transmit(Time::ZERO).expect("a SYN").segment;
        let mut passing =
            Connection::accept(Arc::clone(&config), opening(SERVER), Time::ZERO, &syn);
        let answer = passing.poll_transmit(Time::ZERO).expect("a SYN-ACK").segment;
        client.handle_segment(Time::from_ms(300), &answer, Ecn::NotEct);
        let ack = client.poll_transmit(Time::from_ms(300)).expect("an ACK").segment;

        let now = Time::from_ms(600);
        let mut server = Connection::accept(config, opening(SERVER), now, &syn);
        server.recall_syn_ack(now);
        assert_eq!(server.poll_transmit(now), None);
        server.handle_segment(now, &ack, Ecn::NotEct);
        assert_eq!(server.state(), State::Established);
        assert_eq!(server.smoothed_rtt(), timestamps.then_some(now));
        // RFC 6298 section 5.7, or 600 ms and four times half of it.
        let timeout = if timestamps { Time::from_ms(1800) } else { Time::from_secs(3) };
        assert_eq!(server.retransmission_timeout(), timeout);
    }
}
