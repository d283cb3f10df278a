//! Segments that are late and not lost: recoveries that were needless are undone, and the
//! reordering window widens. And the other way round: retransmissions that are lost too.

use super::pair::{CLIENT, Network, Pair, Record, SERVER};
use crate::tcp::config::{Config, Hystart};
use crate::tcp::recovery::Phase;
use crate::units::Time;

/// Delays what `late` says by its milliseconds.
fn delaying(mut late: impl FnMut(&Record) -> u64 + 'static) -> Network {
    Box::new(move |record| vec![Time::from_ms(late(record))])
}

/// Delays these data segments of the client, counted from 1, retransmissions included.
fn delaying_data(numbers: &'static [usize], ms: u64) -> Network {
    let mut count = 0;
    delaying(move |record| {
        count += usize::from(record.from == CLIENT && record.carries());
        let late = record.from == CLIENT && record.carries() && numbers.contains(&count);
        if late { ms } else { 0 }
    })
}

/// Sends so many segments; what was the window before, and what are it and ssthresh after?
fn windows(pair: &mut Pair, segments: u64) -> (u64, u64, Option<u64>) {
    let before = pair.end(CLIENT).congestion_window() / 1448;
    pair.apps[CLIENT].to_write = segments * 1448;
    pair.run();
    assert_eq!(pair.apps[SERVER].has_read % 1448, 0);
    let client = pair.end(CLIENT);
    let threshold = client.slow_start_threshold().map(|bytes| bytes / 1448);
    (before, client.congestion_window() / 1448, threshold)
}

#[test]
fn a_late_segment_costs_the_window_nothing_in_the_end() {
    // Three others overtake it.
    for timestamps in [true, false] {
        let config = Config { timestamps, ..Config::linux() };
        let mut pair = Pair::established(&config, delaying_data(&[1], 15));
        let (before, after, threshold) = windows(&mut pair, 10);
        assert_eq!(pair.end(CLIENT).retransmissions(), 1);
        assert!(after >= before && threshold.is_none(), "{before} {after} {threshold:?}");
    }
    let config = Config { undo: false, ..Config::linux() };
    let mut pair = Pair::established(&config, delaying_data(&[1], 15));
    assert_eq!(windows(&mut pair, 10).2, Some(7));
}

#[test]
fn reordering_that_was_seen_is_waited_for() {
    let mut pair = Pair::established(&Config::linux(), delaying(|_| 0));
    // Each time the first of so many segments is so late.
    let mut resent = |segments: u64, ms: u64| {
        pair.disturb(delaying_data(&[1], ms));
        let before = pair.end(CLIENT).retransmissions();
        windows(&mut pair, segments);
        pair.end(CLIENT).retransmissions() - before
    };
    // Two overtake it, and a quarter of the round trip is waited.
    assert_eq!(resent(3, 5), 0);
    // Now that it is known that segments overtake each other, nine do not mean a loss either.
    assert_eq!(resent(10, 5), 0);
    // Later than a quarter and two ticks; its D-SACK makes that a half.
    assert_eq!(resent(10, 25), 1);
    assert_eq!(resent(10, 25), 0);
}

/// The client's segments are held up for 400 ms once.
fn with_a_delay_spike(config: &Config) -> Pair {
    let mut pair = Pair::established(config, delaying(|_| 0));
    let spike = pair.now + Time::from_ms(100);
    pair.apps[CLIENT].to_write = 600 * 1448;
    pair.disturb(delaying(move |record| {
        // A queue: what was held up leaves in order.
        let held = record.from == CLIENT && record.at >= spike;
        let until = spike + Time::from_ms(400);
        if held { until.saturating_sub(record.at).as_ns() / 1_000_000 } else { 0 }
    }));
    pair
}

#[test]
fn a_needless_timeout_is_undone() {
    for (timestamps, f_rto, sack) in
        [(true, false, true), (false, true, true), (true, true, false), (false, true, false)]
    {
        // Without timestamps RACK takes the retransmission for what arrived, as in Linux.
        let rack = timestamps;
        let linux = Config { hystart: Hystart::Off, tail_loss_probe: false, ..Config::linux() };
        let config = Config { timestamps, f_rto, sack, rack, ..linux };
        let mut pair = with_a_delay_spike(&config);
        let mut timed_out = false;
        while pair.step() {
            timed_out |= pair.end(CLIENT).recovery.phase == Phase::Loss;
        }
        let what = (timestamps, f_rto, sack);
        assert!(timed_out);
        assert_eq!(pair.apps[SERVER].has_read, 600 * 1448);
        // The head of the flight, perhaps twice; not all of it.
        assert!(pair.end(CLIENT).retransmissions() <= 3, "{what:?}");
        assert_eq!(pair.end(CLIENT).slow_start_threshold(), None, "{what:?}");
    }
}

#[test]
fn a_timeout_that_was_needed_stays() {
    let mut pair = with_a_delay_spike(&Config { undo: false, f_rto: false, ..Config::linux() });
    pair.run();
    assert!(pair.end(CLIENT).slow_start_threshold().is_some());
    assert!(pair.end(CLIENT).retransmissions() > 10);
}

#[test]
fn a_retransmission_that_is_lost_is_found_by_its_time() {
    let mut first = None;
    let mut losses = 0;
    let network: Network = Box::new(move |record| {
        if record.from == SERVER || !record.carries() {
            return vec![Time::ZERO];
        }
        // The first segment, and its first retransmission.
        let lost = *first.get_or_insert(record.segment.seq) == record.segment.seq && losses < 2;
        losses += usize::from(lost);
        if lost { Vec::new() } else { vec![Time::ZERO] }
    });
    let mut pair = Pair::established(&Config::linux(), network);
    pair.apps[CLIENT].to_write = 100 * 1448;
    while pair.step() {
        assert_ne!(pair.end(CLIENT).recovery.phase, Phase::Loss, "no timeout is needed");
    }
    assert_eq!(pair.apps[SERVER].has_read, 100 * 1448);
    assert_eq!(pair.end(CLIENT).retransmissions(), 2);
}
