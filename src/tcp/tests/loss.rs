//! Lost segments: when they are sent again, beside what Linux was measured to do at a round trip
//! of 40 ms. The simulated clock has no ticks, so a timeout is 240 ms, where Linux shows 244 to 247.

use super::pair::{CLIENT, Pair, SERVER, losing, losing_data};
use crate::packet::ipv4::Ecn;
use crate::tcp::config::{Config, Congestion, Settings};
use crate::tcp::state::State;
use crate::tcp::{CloseReason, Event};
use crate::units::{Bytes, Time};

/// Without the probe of the end of a flight.
fn plain() -> Config {
    Config { tail_loss_probe: false, ..Config::linux() }
}

fn reno() -> Config {
    Config { congestion: Congestion::Reno, ..Config::linux() }
}

fn classic() -> Config {
    Config { sack: false, ..reno() }
}

/// Writes `segments` full segments at once and returns what was sent again, as the number of the
/// segment and the time since it was first sent [ms].
fn resent(config: &Config, segments: u64, lost: &[usize]) -> Vec<(i64, u64)> {
    let mut pair = Pair::established(config, losing_data(lost));
    resent_by(&mut pair, segments)
}

fn resent_by(pair: &mut Pair, segments: u64) -> Vec<(i64, u64)> {
    let in_ms = |(number, after): (i64, Time)| (number, after.as_ns() / 1_000_000);
    pair.write_segments(segments).into_iter().map(in_ms).collect()
}

#[test]
fn duplicates_bring_one_hole_per_round_trip_without_sack() {
    assert_eq!(resent(&classic(), 10, &[1]), [(1, 40)]);
    assert_eq!(resent(&classic(), 10, &[1, 3, 5]), [(1, 40), (3, 80), (5, 120)]);
}

#[test]
fn sack_fills_all_holes_at_once() {
    let linux = Config::linux();
    assert_eq!(resent(&linux, 10, &[1]), [(1, 40)]);
    assert_eq!(resent(&linux, 10, &[5]), [(5, 40)]);
    assert_eq!(resent(&linux, 10, &[1, 3, 5]), [(1, 40), (3, 40), (5, 40)]);
}

#[test]
fn too_few_duplicates_wait_for_the_timer() {
    for config in [classic(), Config { rack: false, ..plain() }] {
        for (segments, expected_ms) in [(1, 240), (2, 240), (3, 240), (4, 40), (5, 40)] {
            let mut pair = Pair::established(&config, losing_data(&[4]));
            resent_by(&mut pair, 3);
            assert_eq!(resent_by(&mut pair, segments), [(1, expected_ms)], "1 of {segments}");
        }
    }
}

#[test]
fn the_first_acknowledgment_brings_a_new_window_and_is_no_duplicate() {
    // The window of the SYN-ACK is not scaled, so the next one differs; Linux waits here too.
    assert_eq!(resent(&classic(), 4, &[1]), [(1, 240)]);
    assert_eq!(resent(&Config::linux(), 4, &[1]), [(1, 40)]);
}

#[test]
fn a_lost_end_waits_for_the_timer_from_the_last_acknowledgment() {
    assert_eq!(resent(&classic(), 10, &[10]), [(10, 280)]);
    let last_four = resent(&classic(), 10, &[7, 8, 9, 10]);
    assert_eq!(last_four, [(7, 280), (8, 320), (9, 320), (10, 360)]);
}

#[test]
fn a_lost_flight_comes_again_in_slow_start() {
    let expected = [
        (1, 240),
        (2, 280),
        (3, 280),
        (4, 320),
        (5, 320),
        (6, 320),
        (7, 320),
        (8, 360),
        (9, 360),
        (10, 360),
    ];
    let lost: Vec<_> = (1..=10).collect();
    assert_eq!(resent(&classic(), 10, &lost), expected);
    assert_eq!(resent(&plain(), 10, &lost), expected);
}

#[test]
fn a_lost_retransmission_waits_for_the_timer() {
    for config in [classic(), plain()] {
        assert_eq!(resent(&config, 10, &[1, 11]), [(1, 40), (1, 280)]);
    }
}

#[test]
fn windows_after_a_loss_are_those_of_linux() {
    let windows = |pair: &mut Pair| {
        let client = pair.end(CLIENT);
        (client.congestion_window() / 1448, client.slow_start_threshold().map(|bytes| bytes / 1448))
    };
    for (lost, window) in [(&[][..], (20, None)), (&[1], (5, Some(5))), (&[10], (2, Some(9)))] {
        let mut pair = Pair::established(&classic(), losing_data(lost));
        resent_by(&mut pair, 10);
        assert_eq!(windows(&mut pair), window, "lost {lost:?}");
    }
    let mut pair = Pair::established(&classic(), losing_data(&[]));
    resent_by(&mut pair, 600);
    assert_eq!(windows(&mut pair), (610, None));
}

/// 600 segments at once, until the last is acknowledged.
#[test]
fn a_long_transfer_takes_as_long_as_in_linux() {
    let cubic = Config::linux();
    for (config, lost, linux_ms) in
        [(cubic.clone(), &[][..], 246), (cubic, &[100], 407), (reno(), &[100, 101, 102], 489)]
    {
        let mut pair = Pair::established(&config, losing_data(lost));
        let start = pair.now;
        pair.apps[CLIENT].to_write = 600 * 1448;
        pair.settle();
        while pair.end(CLIENT).send_queue() > 0 {
            assert!(pair.step());
        }
        let took = pair.now.saturating_sub(start).as_ns() / 1_000_000;
        assert!(took.abs_diff(linux_ms) * 20 <= linux_ms, "{took} ms, Linux {linux_ms} ms");
    }
}

#[test]
fn a_black_hole_is_given_up_after_doubling() {
    let config = Config { retries: 5, ..plain() };
    let mut pair = Pair::established(&config, losing(|record| record.from == CLIENT));
    let start = pair.now;
    pair.apps[CLIENT].to_write = 100;
    pair.run();
    let times: Vec<_> = pair
        .sent(CLIENT)
        .iter()
        .map(|record| record.at.saturating_sub(start).as_ns() / 1_000_000)
        .collect();
    assert_eq!(times, [0, 240, 720, 1680, 3600, 7440]);
    assert_eq!(pair.end(CLIENT).retransmissions(), 5);
    assert_eq!(pair.events, [(CLIENT, Event::Closed(CloseReason::TimedOut))]);
    assert_eq!(pair.end(CLIENT).send(1), Err(crate::tcp::SendError::Closed(CloseReason::TimedOut)));
}

#[test]
fn a_user_timeout_gives_up_earlier() {
    let settings = Settings { user_timeout: Some(Some(Time::from_secs(1))), ..Settings::default() };
    // What a scenario writes is one value.
    let config = Config { user_timeout: Some(Time::from_secs(1)), ..Config::linux() };
    assert_eq!(settings.resolve(), config);
    let mut pair = Pair::established(&config, losing(|record| record.from == CLIENT));
    pair.apps[CLIENT].to_write = 100;
    let start = pair.now;
    pair.run();
    // The probe at 240 ms, the first timeout at 480 ms, and from there on a second.
    assert_eq!(pair.now.saturating_sub(start), Time::from_ms(1480));
    assert_eq!(pair.states()[CLIENT], State::Closed);
}

#[test]
fn lost_acknowledgments_cost_nothing() {
    let mut count = 0;
    let network = losing(move |record| {
        count += u32::from(record.from == SERVER);
        record.from == SERVER && count <= 3
    });
    let mut pair = Pair::established(&Config::linux(), network);
    assert_eq!(resent_by(&mut pair, 10), []);
}

#[test]
fn a_duplicate_is_reported_by_sack() {
    let mut pair = Pair::established(&Config::linux(), losing(|_| false));
    pair.apps[CLIENT].to_write = 1448;
    pair.settle();
    let segment = pair.sent(CLIENT)[0].segment;
    pair.run();
    let now = pair.now;
    pair.end(SERVER).handle_segment(now, &segment, Ecn::NotEct);
    let answer = pair.end(SERVER).poll_transmit(now).expect("an answer").segment;
    let block = answer.options.sack.as_slice()[0];
    assert_eq!((block.start, block.end), (segment.seq, segment.end()));
}

#[test]
fn without_congestion_control_only_the_window_limits() {
    let config = Config {
        congestion: Congestion::None,
        receive_buffer: Some(Bytes::new(50 * 1448)),
        ..Config::linux()
    };
    let mut pair = Pair::established(&config, losing(|_| false));
    pair.apps[CLIENT].to_write = 200 * 1448;
    pair.settle();
    // The SYN-ACK's window.
    assert_eq!(pair.end(CLIENT).in_flight(), 65_160);
    pair.run();
    assert_eq!(pair.apps[SERVER].has_read, 200 * 1448);
}

#[test]
fn the_end_of_a_flight_is_probed_as_in_linux() {
    let linux = Config::linux();
    // Two segments: twice the round trip and two ticks after the last acknowledgment (Linux:
    // 127 ms); then the timer (Linux: 374 ms).
    assert_eq!(resent(&linux, 10, &[9, 10]), [(10, 128), (9, 368)]);
    // One segment: not before the timer would have run out (Linux: 287 and 247 ms).
    assert_eq!(resent(&linux, 10, &[10]), [(10, 280)]);
    assert_eq!(resent(&linux, 1, &[1]), [(1, 240)]);
    assert_eq!(resent(&linux, 1, &[1, 2]), [(1, 240), (1, 480)]);
    let lost: Vec<_> = (1..=10).collect();
    assert_eq!(resent(&linux, 10, &lost)[..2], [(10, 88), (1, 328)]);
}

#[test]
fn a_probe_that_repairs_a_loss_brings_the_window_down_later() {
    let mut pair = Pair::established(&Config::linux(), losing_data(&[10]));
    resent_by(&mut pair, 10);
    assert_eq!(pair.end(CLIENT).slow_start_threshold(), None);
    resent_by(&mut pair, 1);
    assert!(pair.end(CLIENT).slow_start_threshold().is_some());
}
