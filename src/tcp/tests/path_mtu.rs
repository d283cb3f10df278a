//! Segments that are too large for the path.

use super::pair::{CLIENT, Pair, SERVER, losing};
use crate::packet::tcp::SeqNum;
use crate::tcp::config::Config;
use crate::units::Time;

/// A path that loses what is longer than `mtu`.
fn narrow(config: &Config, mtu: u16) -> Pair {
    Pair::established(config, losing(move |record| record.segment.length() + 20 > mtu))
}

fn first_lost(pair: &Pair) -> SeqNum {
    pair.sent(CLIENT)[0].segment.seq
}

#[test]
fn what_was_too_large_comes_again_in_smaller_segments_at_once() {
    for sack in [true, false] {
        let config = Config { sack, ..Config::linux() };
        let mut pair = narrow(&config, 1400);
        let window = pair.end(CLIENT).congestion_window() / 1448;
        pair.apps[CLIENT].to_write = 100_000;
        pair.settle();
        pair.now += Time::from_ms(5);
        let (now, lost) = (pair.now, first_lost(&pair));
        pair.end(CLIENT).handle_fragmentation_needed(now, 1400, lost);
        assert_eq!(pair.end(CLIENT).path_mtu(), Some(1400));
        assert_eq!(pair.end(CLIENT).segment_size(), 1348);
        assert_eq!(pair.end(CLIENT).congestion_window() / 1348, window);
        pair.settle();
        let again = pair.sent(CLIENT)[10];
        assert_eq!((again.at, again.segment.seq, again.segment.data_length), (now, lost, 1348));
        pair.run();
        assert_eq!(pair.apps[SERVER].has_read, 100_000);
        // No timeout was needed, and the window did not come down.
        assert!(pair.now.saturating_sub(now) < Time::from_ms(240), "{}", pair.now);
        assert_eq!(pair.end(CLIENT).slow_start_threshold(), None);
    }
}

#[test]
fn smaller_than_552_bytes_is_not_believed() {
    let mut pair = narrow(&Config::linux(), 552);
    pair.apps[CLIENT].to_write = 20_000;
    pair.settle();
    let (now, lost) = (pair.now, first_lost(&pair));
    pair.end(CLIENT).handle_fragmentation_needed(now, 100, lost);
    assert_eq!(pair.end(CLIENT).segment_size(), 552 - 40 - 12);
    let outgoing = pair.end(CLIENT).poll_transmit(now).expect("what was too large");
    assert!(outgoing.envelope.may_be_cut, "the path takes less still");
    pair.run();
    assert_eq!(pair.apps[SERVER].has_read, 20_000);
}

#[test]
fn an_error_about_what_is_not_in_flight_is_not_believed() {
    let mut pair = narrow(&Config::linux(), 1500);
    pair.apps[CLIENT].to_write = 5000;
    pair.settle();
    let now = pair.now;
    for wrong in [-1, 5001] {
        let sequence = first_lost(&pair).wrapping_add(i32::cast_unsigned(wrong));
        pair.end(CLIENT).handle_fragmentation_needed(now, 1000, sequence);
        assert_eq!(pair.end(CLIENT).segment_size(), 1448);
    }
    pair.run();
    // Late: all is acknowledged.
    let sequence = first_lost(&pair);
    pair.end(CLIENT).handle_fragmentation_needed(now, 1000, sequence);
    assert_eq!((pair.end(CLIENT).segment_size(), pair.end(CLIENT).path_mtu()), (1448, None));
    assert_eq!(pair.end(CLIENT).retransmissions(), 0);
}
