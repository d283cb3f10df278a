//! When Linux sends lost segments again, and what becomes of its window: measured at a round trip
//! of 40 ms with Linux 6.18, full segments in one write and the initial window of ten, beside what
//! two connections on a wire do.

use super::pair::{CLIENT, Network, Pair, SERVER, losing, losing_data};
use crate::tcp::config::{Config, Congestion};
use crate::units::Time;

/// A clock tick of the measured machine [ms].
const TICK_MS: f64 = 4.0;
/// How far the times may be apart beyond it.
const TOLERANCE: f64 = 0.05;

/// One run.
struct Case {
    name: &'static str,
    config: Config,
    /// Segments sent one by one before.
    before: u64,
    segments: u64,
    /// Which data segments are lost, in the order they are sent, from 1.
    lost: &'static [usize],
    /// What Linux sent again: which segment of the write, and when [ms].
    resent: &'static [(i64, f64)],
    /// Its cwnd and ssthresh afterwards [segments].
    window: (u64, Option<u64>),
}

fn linux() -> Config {
    Config::linux()
}
fn reno() -> Config {
    Config { congestion: Congestion::Reno, ..linux() }
}
/// As long ago: no SACK, no RACK, no probes of the tail.
fn classic() -> Config {
    Config { sack: false, rack: false, tail_loss_probe: false, ..reno() }
}

/// All ten segments.
const ALL: &[usize] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/// They come again in slow start.
const SLOW_START: &[(i64, f64)] = &[
    (1, 246.9),
    (2, 287.2),
    (3, 287.2),
    (4, 327.6),
    (5, 327.6),
    (6, 327.6),
    (7, 327.6),
    (8, 368.0),
    (9, 368.0),
    (10, 368.0),
];
/// The same after a probe of the tail.
const SLOW_START_AFTER_PROBE: &[(i64, f64)] = &[
    (10, 87.3),
    (1, 335.2),
    (2, 375.6),
    (3, 375.6),
    (4, 416.0),
    (5, 416.0),
    (6, 416.0),
    (7, 416.0),
    (8, 456.3),
    (9, 456.3),
];

type Resent = &'static [(i64, f64)];

fn case(
    name: &'static str,
    config: Config,
    segments: u64,
    lost: &'static [usize],
    resent: Resent,
    window: (u64, Option<u64>),
) -> Case {
    Case { name, config, before: 0, segments, lost, resent, window }
}

fn measured_with_sack() -> Vec<Case> {
    let no_probe = || Config { tail_loss_probe: false, ..linux() };
    vec![
        case("nothing", linux(), 10, &[], &[], (20, None)),
        case("the first", linux(), 10, &[1], &[(1, 40.4)], (7, Some(7))),
        case("the fifth", linux(), 10, &[5], &[(5, 40.4)], (9, Some(9))),
        // Linux: 13 of 19. Its receiver got the last segments at once, and one acknowledgment told
        // of the eighth and the tenth; here the tenth comes later and does not open the window.
        case("the ninth", linux(), 10, &[9], &[(9, 58.8)], (12, Some(12))),
        case("the last", linux(), 10, &[10], &[(10, 287.2)], (20, None)),
        case("the last two", linux(), 10, &[9, 10], &[(10, 126.7), (9, 374.6)], (2, Some(12))),
        case("all", linux(), 10, ALL, SLOW_START_AFTER_PROBE, (7, Some(7))),
        case("a single one", linux(), 1, &[1], &[(1, 246.9)], (10, None)),
        case("that twice", linux(), 1, &[1, 2], &[(1, 247.0), (1, 494.9)], (2, Some(7))),
        case("the first of two", linux(), 2, &[1], &[(1, 58.9)], (7, Some(7))),
        case("the first of three", linux(), 3, &[1], &[(1, 58.1)], (7, Some(7))),
        case("the first of four", linux(), 4, &[1], &[(1, 40.4)], (7, Some(7))),
        case("the first twice", linux(), 10, &[1, 11], &[(1, 40.4), (1, 287.0)], (2, Some(7))),
        case(
            "three of ten",
            linux(),
            10,
            &[1, 3, 5],
            &[(1, 40.5), (3, 40.5), (5, 40.5)],
            (7, Some(7)),
        ),
        case("the last, no probe", no_probe(), 10, &[10], &[(10, 286.3)], (2, Some(13))),
        case("a single one, no probe", no_probe(), 1, &[1], &[(1, 247.0)], (2, Some(7))),
        case("the first, Reno", reno(), 10, &[1], &[(1, 40.4)], (5, Some(5))),
        case(
            "all, Reno, no probe",
            Config { congestion: Congestion::Reno, ..no_probe() },
            10,
            ALL,
            SLOW_START,
            (6, Some(5)),
        ),
    ]
}

fn measured_without_sack() -> Vec<Case> {
    let no_sack = || Config { sack: false, ..linux() };
    let warm = |name, segments, resent, window| Case {
        before: 3,
        ..case(name, classic(), segments, &[4], resent, window)
    };
    vec![
        case("the first", no_sack(), 10, &[1], &[(1, 40.3)], (7, Some(7))),
        case(
            "three of ten",
            no_sack(),
            10,
            &[1, 3, 5],
            &[(1, 40.4), (3, 80.7), (5, 121.0)],
            (6, Some(7)),
        ),
        case("the last", no_sack(), 10, &[10], &[(10, 287.1)], (2, Some(13))),
        case("the first, classic", classic(), 10, &[1], &[(1, 40.4)], (5, Some(5))),
        case("the first of four, classic", classic(), 4, &[1], &[(1, 246.0)], (5, Some(5))),
        case("the first of three, classic", classic(), 3, &[1], &[(1, 247.0)], (4, Some(5))),
        case("the last, classic", classic(), 10, &[10], &[(10, 287.1)], (2, Some(9))),
        case(
            "the last four, classic",
            classic(),
            10,
            &[7, 8, 9, 10],
            &[(7, 287.2), (8, 327.4), (9, 327.4), (10, 367.8)],
            (5, Some(8)),
        ),
        case("all, classic", classic(), 10, ALL, SLOW_START, (6, Some(5))),
        case(
            "the first twice, classic",
            classic(),
            10,
            &[1, 11],
            &[(1, 40.4), (1, 287.2)],
            (6, Some(5)),
        ),
        case("a single one, classic", classic(), 1, &[1], &[(1, 246.4)], (2, Some(5))),
        warm("one duplicate", 2, &[(1, 245.4)], (3, Some(5))),
        warm("two duplicates", 3, &[(1, 245.1)], (4, Some(5))),
        warm("three duplicates", 4, &[(1, 40.3)], (2, Some(5))),
        warm("four duplicates", 5, &[(1, 40.5)], (3, Some(5))),
    ]
}

/// Writes `segments` full segments and returns what was sent again, with times in ms.
fn resent(pair: &mut Pair, segments: u64) -> Vec<(i64, f64)> {
    let in_ms = |(number, after): (i64, Time)| (number, after.as_secs_f64() * 1000.0);
    pair.write_segments(segments).into_iter().map(in_ms).collect()
}

fn is_near(ours: f64, linux: f64) -> bool {
    (ours - linux).abs() <= (linux * TOLERANCE).max(TICK_MS)
}

/// What is different from Linux, if anything is.
fn difference(case: &Case) -> Option<String> {
    let mut pair = Pair::established(&case.config, losing_data(case.lost));
    for _ in 0..case.before {
        resent(&mut pair, 1);
        pair.run_for(Time::from_ms(60));
    }
    let ours = resent(&mut pair, case.segments);
    let same_times = ours.len() == case.resent.len()
        && ours
            .iter()
            .zip(case.resent)
            .all(|(ours, linux)| ours.0 == linux.0 && is_near(ours.1, linux.1));
    let client = pair.end(CLIENT);
    let size = client.segment_size();
    let window = (
        client.congestion_window() / size,
        client.slow_start_threshold().map(|bytes| bytes / size),
    );
    (!same_times || window != case.window).then(|| {
        format!("{}: {ours:?} {window:?}, Linux {:?} {:?}\n", case.name, case.resent, case.window)
    })
}

#[test]
fn with_sack_lost_segments_come_again_when_those_of_linux_do() {
    let differences: String = measured_with_sack().iter().filter_map(difference).collect();
    assert!(differences.is_empty(), "\n{differences}");
}

#[test]
fn without_sack_lost_segments_come_again_when_those_of_linux_do() {
    let differences: String = measured_without_sack().iter().filter_map(difference).collect();
    assert!(differences.is_empty(), "\n{differences}");
}

/// Loses the first so many segments that the server sends.
fn losing_answers(count: usize) -> Network {
    let mut seen = 0;
    losing(move |record| {
        seen += usize::from(record.from == SERVER);
        record.from == SERVER && seen <= count
    })
}

#[test]
fn lost_acknowledgments_cost_what_they_cost_linux() {
    let mut pair = Pair::established(&linux(), losing_answers(3));
    assert_eq!(resent(&mut pair, 10), []);
    assert_eq!(pair.end(CLIENT).congestion_window(), 20 * 1448);
    // The probe's answer acknowledges all, and a D-SACK says that it was needless.
    let mut pair = Pair::established(&linux(), losing_answers(10));
    let probes = resent(&mut pair, 10);
    assert_eq!(probes.len(), 1);
    assert!(probes[0].0 == 10 && is_near(probes[0].1, 86.7), "{probes:?}");
    assert_eq!(pair.end(CLIENT).slow_start_threshold(), None);
    resent(&mut pair, 1);
    assert_eq!(pair.end(CLIENT).slow_start_threshold(), None);
}

#[test]
fn a_lost_fin_comes_again_when_that_of_linux_does() {
    for (lost, expected) in [(1, &[246.9][..]), (2, &[246.2, 494.2])] {
        let mut fins = 0;
        let network = losing(move |record| {
            let is_fin = record.from == CLIENT && record.segment.flags.fin;
            fins += usize::from(is_fin);
            is_fin && fins <= lost
        });
        let mut pair = Pair::established(&linux(), network);
        resent(&mut pair, 1);
        pair.run_for(Time::from_ms(200));
        pair.log.clear();
        pair.end(CLIENT).shutdown();
        pair.run_for(Time::from_secs(2));
        let fins: Vec<_> =
            pair.sent(CLIENT).into_iter().filter(|record| record.segment.flags.fin).collect();
        let times: Vec<_> = fins[1..]
            .iter()
            .map(|fin| fin.at.saturating_sub(fins[0].at).as_secs_f64() * 1000.0)
            .collect();
        assert_eq!(times.len(), lost);
        assert!(
            times.iter().zip(expected).all(|(ours, linux)| is_near(*ours, *linux)),
            "{times:?}"
        );
    }
}

#[test]
fn a_black_hole_is_tried_as_often_as_linux_does() {
    let mut pair = Pair::established(&linux(), losing(|record| record.from == CLIENT));
    pair.apps[CLIENT].to_write = 1448;
    pair.run_for(Time::from_secs(5));
    let sent = pair.sent(CLIENT);
    let gaps: Vec<_> = sent
        .windows(2)
        .map(|two| two[1].at.saturating_sub(two[0].at).as_secs_f64() * 1000.0)
        .collect();
    // Longer waits of Linux run out up to a quarter of a second late: its timers are coarse there.
    let measured = [247.0, 248.0, 496.1, 992.0, 1984.0];
    assert!(
        gaps.len() >= 5 && measured.iter().zip(&gaps).all(|(linux, ours)| is_near(*ours, *linux)),
        "{gaps:?}"
    );
}
