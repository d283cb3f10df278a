//! Marks of congestion: how they are agreed on, echoed and obeyed (RFC 3168 section 6.1).

use super::pair::{CLIENT, LATENCY, Marker, Pair, Record, SERVER, losing};
use crate::packet::ipv4::Ecn;
use crate::tcp::config::{Config, Congestion, EcnMode};
use crate::units::Time;

fn config(ecn: EcnMode) -> Config {
    Config { ecn, congestion: Congestion::Reno, ..Config::linux() }
}

fn flags(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| record.segment.flags.to_string()).collect()
}

/// Marks the client's data segments with these numbers, counted from 1.
fn marking(numbers: &[usize]) -> Marker {
    let numbers = numbers.to_vec();
    let mut count = 0;
    Box::new(move |record| {
        count += usize::from(record.from == CLIENT && record.carries());
        record.from == CLIENT && record.carries() && numbers.contains(&count)
    })
}

fn transfer(segments: u64, marked: &[usize]) -> Pair {
    let mut pair = Pair::established(&config(EcnMode::On), losing(|_| false));
    pair.marks = marking(marked);
    pair.apps[CLIENT].to_write = segments * 1448;
    pair
}

#[test]
fn the_handshake_asks_and_agrees() {
    for (client, server, expected, data) in [
        (EcnMode::On, EcnMode::On, ["SEW", "S.E", "."], Ecn::Ect0),
        (EcnMode::On, EcnMode::Passive, ["SEW", "S.E", "."], Ecn::Ect0),
        (EcnMode::On, EcnMode::Off, ["SEW", "S.", "."], Ecn::NotEct),
        (EcnMode::Passive, EcnMode::On, ["S", "S.", "."], Ecn::NotEct),
        (EcnMode::Off, EcnMode::On, ["S", "S.", "."], Ecn::NotEct),
    ] {
        let network = losing(|_| false);
        let mut pair = Pair::differing([&config(client), &config(server)], network);
        pair.run_for(Time::from_ms(100));
        assert_eq!(flags(&pair.log), expected, "{client:?} {server:?}");
        pair.log.clear();
        pair.apps[CLIENT].to_write = 1000;
        pair.run_for(Time::from_ms(100));
        // Data may be marked, acknowledgments may not.
        assert_eq!(pair.sent(CLIENT)[0].ecn, data, "{client:?} {server:?}");
        assert!(pair.sent(SERVER).iter().all(|record| record.ecn == Ecn::NotEct));
    }
}

#[test]
fn a_syn_that_is_sent_again_does_not_ask() {
    let mut first = true;
    let network = losing(move |_| std::mem::take(&mut first));
    let mut pair = Pair::new(&config(EcnMode::On), network);
    pair.run_for(Time::from_secs(2));
    assert_eq!(flags(&pair.log), ["SEW", "S", "S.", "."]);
}

#[test]
fn a_mark_is_echoed_until_the_sender_says_that_it_came_down() {
    let mut pair = transfer(40, &[3]);
    pair.run_for(Time::from_secs(1));
    let echoes: Vec<_> = pair.sent(SERVER).iter().map(|record| record.segment.flags.ece).collect();
    let first = echoes.iter().position(|ece| *ece).expect("an echo");
    let end = echoes.iter().rposition(|ece| *ece).expect("an echo");
    assert_eq!(first, 2, "the acknowledgment of the third segment is the first echo");
    assert!(echoes[first..=end].iter().all(|ece| *ece));
    let told: Vec<_> = pair.sent(CLIENT).into_iter().filter(|r| r.segment.flags.cwr).collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].carries() && told[0].ecn == Ecn::Ect0);
    // The echo ends with the segment that has CWR: one way after it was sent.
    let last_echo = pair.sent(SERVER)[end].at;
    assert!(last_echo <= told[0].at + LATENCY);
    assert!(end + 1 < echoes.len());
    assert_eq!(pair.apps[SERVER].has_read, 40 * 1448);
    assert_eq!(pair.end(CLIENT).retransmissions(), 0);
}

#[test]
fn the_window_is_halved_once_per_window_of_marks() {
    // The first ten segments are one window: one mark or ten, the window is halved once.
    for marked in [&[1][..], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]] {
        let mut pair = transfer(200, marked);
        pair.run_for(Time::from_ms(110));
        assert_eq!(pair.end(CLIENT).slow_start_threshold(), Some(5 * 1448), "{marked:?}");
    }
    // A mark in the first window and one in a later one halve it twice.
    let mut pair = transfer(200, &[1, 40]);
    pair.run_for(Time::from_secs(3));
    let reductions = pair.sent(CLIENT).iter().filter(|record| record.segment.flags.cwr).count();
    assert_eq!(reductions, 2);
}

#[test]
fn the_window_comes_down_in_proportion_to_what_arrives() {
    let mut pair = transfer(200, &[1]);
    pair.run_for(Time::from_ms(79));
    // Ten acknowledgments came in the round trip after the mark; half as many segments went out.
    let start = pair.log[0].at;
    let second = pair.sent(CLIENT).iter().filter(|record| record.at > start).count();
    assert_eq!(second, 5);
    assert_eq!(pair.end(CLIENT).in_flight(), 5 * 1448);
}

#[test]
fn what_is_sent_again_must_not_be_marked() {
    let mut pair = Pair::established(&config(EcnMode::On), super::pair::losing_data(&[2]));
    pair.apps[CLIENT].to_write = 10 * 1448;
    pair.run();
    let sent = pair.sent(CLIENT);
    let again: Vec<_> = sent
        .iter()
        .enumerate()
        .filter(|(index, record)| {
            sent[..*index].iter().any(|earlier| earlier.segment.seq == record.segment.seq)
        })
        .map(|(_, record)| record.ecn)
        .collect();
    assert_eq!(again, [Ecn::NotEct]);
}

#[test]
fn the_first_new_data_after_a_loss_tell_of_the_reduction() {
    let mut pair = Pair::established(&config(EcnMode::On), super::pair::losing_data(&[2]));
    pair.apps[CLIENT].to_write = 40 * 1448;
    pair.run();
    let told = pair.sent(CLIENT).into_iter().filter(|record| record.segment.flags.cwr).count();
    assert_eq!(told, 1);
}
