//! Flow control, small segments and delayed acknowledgments.

use super::pair::{CLIENT, Pair, SERVER, losing};
use crate::tcp::config::{Config, Nagle};
use crate::tcp::{CloseReason, Event, SendError};
use crate::units::{Bytes, Time};

fn ms_since(start: Time, at: Time) -> u64 {
    at.saturating_sub(start).as_ns() / 1_000_000
}

#[test]
fn a_shut_window_is_probed_at_doubling_intervals() {
    // Scaled windows are rounded, and the rest is sent before the window is quite shut.
    let config = Config {
        receive_buffer: Some(Bytes::new(10_000)),
        window_scaling: false,
        ..Config::linux()
    };
    let mut pair = Pair::established(&config, losing(|_| false));
    pair.apps[SERVER].deaf = true;
    pair.apps[CLIENT].to_write = 50_000;
    pair.run_for(Time::from_secs(1));
    assert_eq!(pair.end(CLIENT).send_window(), 0);
    let start = pair.now;
    pair.log.clear();
    pair.run_for(Time::from_secs(8));
    let probes = pair.sent(CLIENT);
    let next = pair.end(CLIENT).next_number();
    assert!(
        probes.iter().all(|probe| !probe.carries() && probe.segment.seq.distance_from(next) == -1)
    );
    let times: Vec<_> = probes.iter().map(|probe| ms_since(start, probe.at)).collect();
    let gaps: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(gaps, [1920, 3840]);
    // All probes were answered, so the connection lives; reading opens the window.
    pair.apps[SERVER].deaf = false;
    pair.run();
    assert_eq!(pair.apps[SERVER].has_read, 50_000);
}

#[test]
fn nobody_waits_for_ever_before_a_shut_window() {
    let config = Config { receive_buffer: Some(Bytes::new(10_000)), ..Config::linux() };
    let impatient = Config { user_timeout: Some(Time::from_secs(30)), ..config.clone() };
    for (config, closes, patience) in [(&config, true, 500), (&impatient, false, 60)] {
        let mut pair = Pair::established(config, losing(|_| false));
        pair.apps[SERVER].deaf = true;
        pair.apps[CLIENT].to_write = 50_000;
        pair.run_for(Time::from_secs(1));
        if closes {
            let now = pair.now;
            pair.end(CLIENT).close(now);
        }
        pair.run_for(Time::from_secs(20));
        assert_eq!(pair.end(CLIENT).close_reason(), None, "all probes are answered");
        pair.run_for(Time::from_secs(patience));
        assert_eq!(pair.end(CLIENT).close_reason(), Some(CloseReason::TimedOut));
    }
}

#[test]
fn a_lost_window_update_does_not_stop_the_transfer() {
    let config = Config { receive_buffer: Some(Bytes::new(10_000)), ..Config::linux() };
    let mut muted = true;
    let network = losing(move |record| {
        let update =
            record.from == SERVER && record.segment.window > 0 && record.at > Time::from_secs(1);
        update && std::mem::take(&mut muted)
    });
    let mut pair = Pair::established(&config, network);
    pair.apps[SERVER].deaf = true;
    pair.apps[CLIENT].to_write = 50_000;
    pair.run_for(Time::from_secs(2));
    pair.apps[SERVER].deaf = false;
    pair.run();
    assert_eq!(pair.apps[SERVER].has_read, 50_000);
}

#[test]
fn a_dead_receiver_behind_a_shut_window_is_given_up() {
    let config = Config { receive_buffer: Some(Bytes::new(10_000)), retries: 5, ..Config::linux() };
    let mut pair = Pair::established(&config, losing(|record| record.at > Time::from_secs(1)));
    pair.apps[SERVER].deaf = true;
    pair.apps[CLIENT].to_write = 50_000;
    pair.run();
    assert_eq!(pair.end(CLIENT).close_reason(), Some(crate::tcp::CloseReason::TimedOut));
}

/// Probes without an answer are counted, however long a round trip is.
#[test]
fn a_far_receiver_is_probed_as_often_as_a_near_one() {
    let config = Config { receive_buffer: Some(Bytes::new(10_000)), retries: 5, ..Config::linux() };
    for far_ms in [0, 700] {
        let mut pair = Pair::established(&config, Box::new(|_| Vec::new()));
        pair.disturb(Box::new(move |record| {
            let alive = record.at < Time::from_secs(20);
            alive.then_some(Time::from_ms(far_ms)).into_iter().collect()
        }));
        pair.apps[SERVER].deaf = true;
        pair.apps[CLIENT].to_write = 50_000;
        pair.run();
        assert_eq!(pair.end(CLIENT).close_reason(), Some(CloseReason::TimedOut));
        let heard = pair.end(CLIENT).progress.heard;
        let unanswered = pair.sent(CLIENT).iter().filter(|probe| probe.at > heard).count();
        assert_eq!(unanswered, 5, "{far_ms}");
    }
}

#[test]
fn a_shut_window_is_not_probed_twice_for_keep_alive() {
    let shut = Config { receive_buffer: Some(Bytes::new(10_000)), ..Config::linux() };
    let keeping = Config {
        keep_alive: true,
        keep_alive_idle: Time::from_secs(5),
        keep_alive_interval: Time::from_secs(1),
        keep_alive_probes: 3,
        ..shut.clone()
    };
    let probes = |config: &Config| {
        let mut pair = Pair::established(config, losing(|record| record.at > Time::from_secs(2)));
        pair.apps[SERVER].deaf = true;
        pair.apps[CLIENT].to_write = 50_000;
        pair.run_for(Time::from_secs(60));
        (pair.end(CLIENT).close_reason(), pair.sent(CLIENT).len())
    };
    assert_eq!(probes(&keeping), probes(&shut));
    assert_eq!(probes(&shut).0, None);
}

#[test]
fn the_user_timeout_is_exact() {
    let limit = Time::from_secs(20);
    let config = Config {
        receive_buffer: Some(Bytes::new(10_000)),
        user_timeout: Some(limit),
        ..Config::linux()
    };
    // Nothing comes through: from the first timeout on.
    let mut pair = Pair::established(&config, losing(|_| true));
    pair.end(CLIENT).send(100).expect("room");
    let start = pair.now;
    pair.run();
    let first = Time::from_ms(240 + 240);
    assert_eq!(pair.now.saturating_sub(start), first.saturating_add(limit));
    // The window stays shut though probes are answered: from the first probe on.
    let mut pair = Pair::established(&config, losing(|_| false));
    pair.apps[SERVER].deaf = true;
    pair.apps[CLIENT].to_write = 50_000;
    pair.run_for(Time::from_secs(30));
    assert_eq!(pair.end(CLIENT).close_reason(), Some(CloseReason::TimedOut));
    let shut = pair.end(CLIENT).progress.shut_since.get().expect("it was shut");
    let gone = pair.end(CLIENT).progress.shut_since.get().map(|since| since + limit);
    assert!(pair.sent(CLIENT).iter().all(|probe| Some(probe.at) < gone), "{shut}");
}

/// Writes 100 bytes four times, 5 ms apart, and returns the lengths sent.
fn lengths(nagle: Nagle) -> Vec<u16> {
    let config = Config { nagle, ..Config::linux() };
    let mut pair = Pair::established(&config, losing(|_| false));
    for _ in 0..4 {
        pair.end(CLIENT).send(100).expect("room");
        pair.run_for(Time::from_ms(5));
    }
    pair.run_for(Time::from_secs(1));
    pair.sent(CLIENT).iter().map(|record| record.segment.data_length).collect()
}

#[test]
fn nagle_collects_small_writes() {
    assert_eq!(lengths(Nagle::Off), [100, 100, 100, 100]);
    assert_eq!(lengths(Nagle::Classic), [100, 300]);
    assert_eq!(lengths(Nagle::Minshall), [100, 300]);
}

#[test]
fn minshall_lets_the_small_end_of_a_large_write_go() {
    let first_flight = |nagle| {
        let config = Config { nagle, ..Config::linux() };
        let mut pair = Pair::established(&config, losing(|_| false));
        pair.end(CLIENT).send(1448 + 100).expect("room");
        pair.settle();
        pair.sent(CLIENT).len()
    };
    assert_eq!(first_flight(Nagle::Minshall), 2);
    assert_eq!(first_flight(Nagle::Classic), 1);
}

/// One way, 100 bytes every 100 ms: how long each acknowledgment takes.
fn acknowledgment_delays(config: &Config, segments: u64) -> Vec<u64> {
    let mut pair = Pair::established(config, losing(|_| false));
    (0..segments)
        .map(|_| {
            pair.log.clear();
            pair.end(CLIENT).send(100).expect("room");
            let start = pair.now;
            pair.run_for(Time::from_ms(500));
            ms_since(start + Time::from_ms(20), pair.sent(SERVER)[0].at)
        })
        .collect()
}

#[test]
fn linux_acknowledges_sixteen_small_segments_at_once_and_delays_the_rest() {
    // The SYN-ACK takes none of the sixteen.
    let delays = acknowledgment_delays(&Config::linux(), 20);
    assert_eq!(delays[..16], [0; 16]);
    assert_eq!(delays[16..], [40; 4]);
    // The first one also tells of the window that the SYN-ACK had no room for.
    assert_eq!(acknowledgment_delays(&Config::rfc(), 3), [0, 200, 200]);
}

#[test]
fn the_acknowledgment_of_a_fin_waits_like_any_other() {
    for (before, config, expected) in
        [(100, Config::linux(), 40), (0, Config::linux(), 4), (100, Config::rfc(), 0)]
    {
        let mut pair = Pair::established(&config, losing(|_| false));
        pair.apps[CLIENT].to_write = before;
        pair.run_for(Time::from_ms(500));
        pair.log.clear();
        let start = pair.now;
        pair.end(CLIENT).shutdown();
        pair.run_for(Time::from_ms(500));
        assert_eq!(ms_since(start + Time::from_ms(20), pair.sent(SERVER)[0].at), expected);
    }
}

#[test]
fn a_full_send_buffer_says_when_there_is_room() {
    let config = Config { send_buffer: Some(Bytes::new(3000)), ..Config::linux() };
    let mut pair = Pair::established(&config, losing(|_| false));
    assert_eq!(pair.end(CLIENT).send(5000), Ok(3000));
    assert_eq!(pair.end(CLIENT).send(1), Err(SendError::WouldBlock));
    pair.run_for(Time::from_ms(100));
    assert!(pair.events.contains(&(CLIENT, Event::Writable)));
    assert_eq!(pair.end(CLIENT).send(1), Ok(1));
}

#[test]
fn a_window_without_scaling_stays_below_64_kib() {
    let config = Config { window_scaling: false, ..Config::linux() };
    let mut pair = Pair::established(&config, losing(|_| false));
    pair.apps[CLIENT].to_write = 2_000_000;
    let mut most = 0;
    while pair.step() {
        most = most.max(pair.end(CLIENT).in_flight());
    }
    assert!((60_000..=65_535).contains(&most), "{most}");
    assert_eq!(pair.apps[SERVER].has_read, 2_000_000);
}
