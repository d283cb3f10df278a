//! TIME-WAIT, and FIN-WAIT-2 that nobody waits in. What Linux 6.18 answers was tried with segments
//! by hand.

use super::close::{answer, established, from_client};
use super::pair::{CLIENT, Pair, SERVER, losing};
use crate::packet::tcp::{Flags, Segment, Timestamps};
use crate::tcp::CloseReason;
use crate::tcp::config::Config;
use crate::tcp::state::State;
use crate::units::Time;

#[test]
fn time_wait_gives_way_to_a_newer_syn_only() {
    let mut pair =
        Pair::established(&Config { timestamps: false, ..Config::linux() }, losing(|_| false));
    let mut syn = from_client(&mut pair, Flags::SYN, 1, 0);
    pair.end(CLIENT).shutdown();
    pair.run_for(Time::from_secs(1));
    pair.end(SERVER).shutdown();
    pair.run_for(Time::from_secs(1));
    assert_eq!(pair.states()[CLIENT], State::TimeWait);
    let (now, last) = (pair.now, pair.end(CLIENT).receiver.ack_number());
    for (distance, expected) in [(-1_i32, false), (0, false), (1, true), (64_000, true)] {
        syn.seq = last.wrapping_add(distance.cast_unsigned());
        assert_eq!(pair.end(CLIENT).gives_way_to(now, &syn), expected, "{distance}");
        assert!(!pair.end(SERVER).gives_way_to(now, &syn));
    }
    syn.flags = Flags::ACK;
    assert!(!pair.end(CLIENT).gives_way_to(now, &syn));
}

#[test]
fn time_wait_does_not_give_way_to_a_syn_that_was_delayed() {
    let mut pair = Pair::established(&Config::linux(), losing(|_| false));
    let mut syn = from_client(&mut pair, Flags::SYN, 1, 0);
    for end in [CLIENT, SERVER] {
        pair.end(end).shutdown();
        pair.run_for(Time::from_secs(1));
    }
    assert_eq!(pair.states()[CLIENT], State::TimeWait);
    let (now, last) = (pair.now, pair.end(CLIENT).receiver.ack_number());
    let recent = pair.end(CLIENT).recent_timestamp;
    for (distance, age, expected) in
        [(64_000, 1, false), (64_000, 0, true), (-1, u32::MAX, true), (-1, 0, false)]
    {
        syn.seq = last.wrapping_add(i32::cast_unsigned(distance));
        syn.options.timestamps = Some(Timestamps { value: recent.wrapping_sub(age), echo: 0 });
        assert_eq!(pair.end(CLIENT).gives_way_to(now, &syn), expected, "{distance} {age}");
    }
}

#[test]
fn time_wait_lasts_even_if_not_all_was_read() {
    let mut pair = established();
    pair.apps[CLIENT].deaf = true;
    pair.end(CLIENT).shutdown();
    pair.run_for(Time::from_ms(100));
    pair.apps[SERVER].to_write = 100;
    pair.apps[SERVER].ends = true;
    pair.run_for(Time::from_secs(1));
    assert_eq!(pair.states(), [State::TimeWait, State::Closed]);
    let now = pair.now;
    pair.end(CLIENT).close(now);
    assert_eq!(pair.states()[CLIENT], State::TimeWait);
    pair.run();
    assert_eq!(pair.end(CLIENT).close_reason(), Some(CloseReason::Finished));
}

/// A server that has closed first, and the next segment of its client, which has closed too.
fn server_in_time_wait() -> (Pair, Segment) {
    let mut pair = established();
    let mut fin = from_client(&mut pair, Flags::FIN_ACK, 0, 0);
    pair.end(SERVER).shutdown();
    let now = pair.now;
    fin.ack = pair.end(SERVER).poll_transmit(now).expect("a FIN").segment.end();
    assert_eq!(answer(&mut pair, &fin).map(|s| s.flags), Some(Flags::ACK));
    assert_eq!(pair.states()[SERVER], State::TimeWait);
    let next = Segment { flags: Flags::ACK, seq: fin.end(), ..fin };
    (pair, next)
}

/// A segment that differs from `next` in its flags, place, length and age.
fn differing(next: &Segment, flags: Flags, place: i32, bytes: u16, age: i32) -> Segment {
    let mut segment = Segment {
        flags,
        seq: next.seq.wrapping_add(place.cast_unsigned()),
        data_length: bytes,
        ..*next
    };
    let stamps = segment.options.timestamps.as_mut().expect("timestamps");
    stamps.value = stamps.value.wrapping_sub(age.cast_unsigned());
    segment
}

#[test]
fn what_may_come_from_an_end_that_is_not_done_prolongs_time_wait() {
    // What it is; flags, place, bytes, age; whether it is answered, and prolongs.
    let table = [
        ("the acknowledgment", Flags::ACK, 0, 0, 0, false, true),
        ("the FIN again", Flags::FIN_ACK, -1, 0, 0, true, true),
        ("old data", Flags::ACK, -51, 50, 0, true, true),
        ("an old acknowledgment", Flags::ACK, -10, 0, 0, true, true),
        ("one that was delayed", Flags::ACK, 0, 0, 5000, true, true),
        ("new data", Flags::ACK, 0, 10, 0, true, true),
        ("a SYN that was delayed", Flags::SYN, -500, 0, 100, true, true),
        ("a SYN with a low number", Flags::SYN, -500, 0, 0, true, false),
        ("a SYN-ACK", Flags::SYN_ACK, -500, 0, 0, true, true),
        ("a reset in the window", Flags::RST, 5, 0, 0, false, false),
        ("an outdated reset", Flags::RST, 0, 0, 5000, false, false),
    ];
    for (what, flags, place, bytes, age, answered, prolongs) in table {
        let (mut pair, next) = server_in_time_wait();
        let end = pair.end(SERVER).poll_timeout().expect("the end of TIME-WAIT");
        pair.now += Time::from_secs(30);
        let told = answer(&mut pair, &differing(&next, flags, place, bytes, age));
        let expected = answered.then_some((Flags::ACK, next.seq));
        assert_eq!(told.map(|answer| (answer.flags, answer.ack)), expected, "{what}");
        assert_eq!(pair.states()[SERVER], State::TimeWait, "{what}");
        let expected = if prolongs { pair.now + Time::from_secs(60) } else { end };
        assert_eq!(pair.end(SERVER).poll_timeout(), Some(expected), "{what}");
    }
}

#[test]
fn the_exact_reset_ends_time_wait() {
    let (mut pair, next) = server_in_time_wait();
    assert_eq!(answer(&mut pair, &Segment { flags: Flags::RST, ..next }), None);
    assert_eq!(pair.end(SERVER).close_reason(), Some(CloseReason::Finished));
}

#[test]
fn a_fin_wait_2_that_nobody_waits_in_takes_nothing_but_the_fin() {
    // What it is; flags, place, bytes; the flags of the answer, and the state then.
    let (ack, rst) = (Some(Flags::ACK), Some(Flags::RST));
    let table = [
        ("a late acknowledgment", Flags::ACK, 0, 0, None, State::FinWait2),
        ("old data", Flags::ACK, -5, 5, ack, State::FinWait2),
        ("beyond the window", Flags::ACK, 10_000_000, 0, ack, State::FinWait2),
        ("data", Flags::ACK, 0, 5, rst, State::Closed),
        ("data after a gap", Flags::ACK, 10, 5, rst, State::Closed),
        ("a FIN after a gap", Flags::FIN_ACK, 10, 0, rst, State::Closed),
        ("a SYN", Flags::SYN, 10, 0, Some(Flags::RST_ACK), State::Closed),
        ("a reset in the window", Flags::RST, 10, 0, None, State::Closed),
        ("the FIN", Flags::FIN_ACK, 0, 0, ack, State::TimeWait),
    ];
    for (what, flags, place, bytes, expected, state) in table {
        let mut pair = established();
        let next = from_client(&mut pair, Flags::ACK, 0, 0);
        let now = pair.now;
        pair.end(SERVER).close(now);
        let fin = pair.end(SERVER).poll_transmit(now).expect("a FIN").segment;
        let next = Segment { ack: fin.end(), ..next };
        assert_eq!(answer(&mut pair, &next), None);
        assert_eq!(pair.states()[SERVER], State::FinWait2);
        let told = answer(&mut pair, &differing(&next, flags, place, bytes, 0));
        assert_eq!(told.map(|answer| answer.flags), expected, "{what}");
        assert_eq!(pair.states()[SERVER], state, "{what}");
    }
}
