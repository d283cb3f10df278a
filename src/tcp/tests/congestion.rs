//! Congestion control from end to end, through a bottleneck of known rate and queue.

use super::bottleneck::Bottleneck;
use super::pair::{CLIENT, Pair, SERVER, losing};
use crate::packet::ipv4::Ecn;
use crate::tcp::config::{Config, Congestion, EcnMode, Hystart, Pacing};
use crate::units::{Bytes, Rate, Time};

/// A packet with a full segment \[bytes\].
const PACKET: u64 = 1500;

/// 20 Mb/s and 40 ms: 100 kB, or 67 packets, fill the pipe.
const RATE: Rate = Rate::from_bps(20_000_000);

fn pair(config: &Config, queue: u64) -> Pair {
    let config = Config {
        send_buffer: Some(Bytes::new(20_000_000)),
        receive_buffer: Some(Bytes::new(3_145_728)),
        ..config.clone()
    };
    let mut pair = Pair::established(&config, losing(|_| false));
    pair.bottleneck = Some(Bottleneck::new(RATE, queue * PACKET));
    pair.apps[CLIENT].to_write = 1_000_000_000;
    pair
}

fn bottleneck(pair: &mut Pair) -> &mut Bottleneck {
    pair.bottleneck.as_mut().expect("a bottleneck")
}

/// Goodput of the server over a span, as a part of what is possible.
fn utilization(pair: &mut Pair, span: Time) -> f64 {
    let before = pair.apps[SERVER].has_read;
    pair.run_for(span);
    let bits = (pair.apps[SERVER].has_read - before) as f64 * 8.0;
    bits / (span.as_secs_f64() * RATE.as_bps() as f64 * 1448.0 / 1500.0)
}

#[test]
fn dctcp_keeps_the_queue_at_its_threshold() {
    let config = Config { congestion: Congestion::Dctcp, ..Config::linux() };
    let mut pair = pair(&config, 1000);
    bottleneck(&mut pair).threshold = 20 * PACKET;
    pair.run_for(Time::from_secs(5));
    bottleneck(&mut pair).longest = 0;
    let used = utilization(&mut pair, Time::from_secs(5));
    assert!(used > 0.99, "{used}");
    // K = 20 packets, and at most a round trip's growth and the reaction above it; a sender
    // that halves would swing by half the window.
    let longest = bottleneck(&mut pair).longest / PACKET;
    assert!((20..=30).contains(&longest), "{longest}");
    assert_eq!((bottleneck(&mut pair).drops, pair.end(CLIENT).retransmissions()), (0, 0));
    assert!(bottleneck(&mut pair).marked > 0);
}

#[test]
fn dctcp_asks_for_marks_itself_and_all_its_segments_may_be_marked() {
    let config = Config { congestion: Congestion::Dctcp, ecn: EcnMode::Off, ..Config::linux() };
    let mut pair = Pair::perfect(&config);
    pair.apps[CLIENT].to_write = 5000;
    pair.run_for(Time::from_secs(1));
    let flags: Vec<_> = pair.log.iter().map(|record| record.segment.flags.to_string()).collect();
    assert_eq!(flags[..3], ["SEW", "S.E", "."]);
    assert!(pair.log.iter().all(|record| record.ecn == Ecn::Ect0));
}

#[test]
fn dctcp_is_reno_with_an_end_that_does_not_mark() {
    let dctcp = Config { congestion: Congestion::Dctcp, ..Config::linux() };
    let deaf = Config { ecn: EcnMode::Off, ..Config::linux() };
    let mut pair = Pair::differing([&dctcp, &deaf], losing(|_| false));
    pair.apps[CLIENT].to_write = 30_000;
    pair.run_for(Time::from_secs(1));
    let syn = pair.sent(CLIENT)[0].segment.seq;
    let later: Vec<_> = pair.sent(CLIENT).into_iter().filter(|r| r.segment.seq != syn).collect();
    assert!(!later.is_empty() && later.iter().all(|record| record.ecn == Ecn::NotEct));
    assert_eq!(pair.apps[SERVER].has_read, 30_000);
}

/// What the server answers, as `(bytes acknowledged, echo)`, when the client's segments are marked
/// as given.
fn echoes(config: &Config, marked: &[bool]) -> Vec<(i32, bool)> {
    let mut pair = Pair::established(config, losing(|_| false));
    // Past the quick acknowledgments of the beginning.
    for _ in 0..20 {
        pair.apps[CLIENT].to_write = 1000;
        pair.run_for(Time::from_secs(1));
    }
    pair.log.clear();
    let start = pair.end(CLIENT).next_number();
    let pattern = marked.to_vec();
    let mut count = 0;
    pair.marks = Box::new(move |record| {
        count += usize::from(record.carries());
        record.carries() && pattern.get(count - 1) == Some(&true)
    });
    pair.apps[CLIENT].to_write = 1448 * marked.len() as u64;
    pair.run_for(Time::from_secs(1));
    pair.sent(SERVER)
        .iter()
        .map(|record| (record.segment.ack.distance_from(start) / 1448, record.segment.flags.ece))
        .collect()
}

#[test]
fn the_receiver_tells_of_each_change_at_once() {
    let config = Config { congestion: Congestion::Dctcp, ..Config::linux() };
    let (yes, no) = (true, false);
    // Two by two while nothing changes.
    assert_eq!(echoes(&config, &[no; 4]), [(2, no), (4, no)]);
    // The first waits for the second when the mark comes: both are told of at once.
    assert_eq!(echoes(&config, &[no, yes, yes, yes]), [(1, no), (2, yes), (4, yes)]);
    // Nothing waits when the mark comes or goes.
    assert_eq!(echoes(&config, &[no, no, yes, no]), [(2, no), (3, yes), (4, no)]);
}

fn bbr() -> Config {
    Config { congestion: Congestion::Bbr, ..Config::linux() }
}

#[test]
fn bbr_fills_the_pipe_and_leaves_the_queue_empty() {
    let mut pair = pair(&bbr(), 1000);
    pair.run_for(Time::from_secs(2));
    bottleneck(&mut pair).longest = 0;
    let used = utilization(&mut pair, Time::from_secs(7));
    assert!(used > 0.96 && used < 1.001, "{used}");
    // A quarter of the product, 67 packets, when it probes; CUBIC would fill all thousand.
    let longest = bottleneck(&mut pair).longest / PACKET;
    assert!(longest <= 25, "{longest}");
    // What it believes of the path.
    let rate = pair.end(CLIENT).pacing_rate().expect("a rate").as_bps() as f64;
    let payload = RATE.as_bps() as f64 * 1448.0 / 1500.0;
    assert!((0.74..=1.26).contains(&(rate / payload)), "{rate}");
    assert_eq!(pair.end(CLIENT).retransmissions(), 0);
}

#[test]
fn bbr_looks_for_the_least_round_trip_every_ten_seconds() {
    let mut pair = pair(&bbr(), 1000);
    pair.run_for(Time::from_secs(3));
    let mut dips = Vec::new();
    let mut low = false;
    let end = pair.now + Time::from_secs(30);
    while pair.now < end && pair.step() {
        let now_low = pair.end(CLIENT).congestion_window() <= 4 * 1448;
        if now_low && !low {
            dips.push(pair.now);
        }
        low = now_low;
    }
    assert!((2..=3).contains(&dips.len()), "{dips:?}");
    let apart = dips[1].saturating_sub(dips[0]);
    assert!(apart >= Time::from_secs(10) && apart <= Time::from_ms(10_500), "{apart}");
}

#[test]
fn bbr_goes_on_through_random_losses() {
    let throughput = |config: Config| {
        let mut pair = pair(&config, 1000);
        let mut count = 0_u32;
        pair.disturb(losing(move |record| {
            count += u32::from(record.carries());
            // One in fifty, spread.
            record.carries() && count.wrapping_mul(2_654_435_761) >> 16 < 65_536 / 50
        }));
        pair.run_for(Time::from_secs(3));
        utilization(&mut pair, Time::from_secs(10))
    };
    let (bbr, cubic) = (throughput(bbr()), throughput(Config::linux()));
    assert!(bbr > 0.8, "{bbr}");
    assert!(cubic < 0.4, "{cubic}");
}

#[test]
fn bbr_spaces_its_segments() {
    let mut pair = pair(&bbr(), 1000);
    pair.run_for(Time::from_secs(3));
    pair.log.clear();
    pair.run_for(Time::from_ms(500));
    let times: Vec<_> = pair.sent(CLIENT).iter().map(|record| record.at).collect();
    let least = times.windows(2).map(|pair| pair[1] - pair[0]).min().expect("segments");
    // 1448 bytes at 5/4 of 19.3 Mb/s; half of that if the one before was late.
    assert!(least >= Time::from_us(230), "{least}");
}

#[test]
fn an_idle_bbr_does_not_burst_when_it_goes_on() {
    let mut pair = pair(&bbr(), 1000);
    pair.apps[CLIENT].to_write = 10_000_000;
    pair.run_for(Time::from_secs(8));
    assert_eq!(pair.apps[SERVER].has_read, 10_000_000);
    let window = pair.end(CLIENT).congestion_window();
    pair.run_for(Time::from_secs(5));
    assert_eq!(pair.end(CLIENT).congestion_window(), window);
    bottleneck(&mut pair).longest = 0;
    pair.apps[CLIENT].to_write = 200 * 1448;
    pair.run_for(Time::from_secs(2));
    assert!(bottleneck(&mut pair).longest <= 10 * PACKET);
}

/// Segments lost in the first slow start through a queue of this many packets, and the threshold
/// after it [segments].
fn slow_start_losses(config: &Config, queue: u64) -> (u64, u64) {
    let mut pair = pair(config, queue);
    while pair.end(CLIENT).slow_start_threshold().is_none() {
        assert!(pair.step());
    }
    let threshold = pair.end(CLIENT).slow_start_threshold().expect("a threshold");
    // What was sent already still meets the queue.
    pair.run_for(Time::from_ms(80));
    (bottleneck(&mut pair).drops, threshold / 1448)
}

#[test]
fn hystart_leaves_slow_start_before_the_first_loss() {
    // The pipe holds 67. Linux leaves slow start once it is full, whatever the queue.
    let linux = Config::linux();
    for queue in [67, 200] {
        let (drops, threshold) = slow_start_losses(&linux, queue);
        assert_eq!(drops, 0);
        assert!((67..=85).contains(&threshold), "{threshold}");
        let off = Config { hystart: Hystart::Off, ..linux.clone() };
        assert!(slow_start_losses(&off, queue).0 > queue);
    }
    // A Reno of Linux has none.
    let reno = Config { congestion: Congestion::Reno, ..linux };
    assert!(slow_start_losses(&reno, 67).0 > 67);
}

#[test]
fn hystart_plus_plus_slows_down_before_it_leaves_slow_start() {
    // Slow start begins a round at 147 segments, in which the least delay is 44 ms, not an eighth
    // above 41 ms. It begins the next one at 295, and that has 87 ms. Five rounds of a quarter
    // more, this one counted, make 900. A queue that holds them loses nothing.
    let rfc = Config { congestion: Congestion::Reno, ..Config::rfc() };
    let (drops, threshold) = slow_start_losses(&rfc, 1000);
    assert_eq!(drops, 0);
    assert!((850..=950).contains(&threshold), "{threshold}");
    // One that does not loses much less than without.
    let off = Config { hystart: Hystart::Off, ..rfc.clone() };
    assert!(2 * slow_start_losses(&rfc, 400).0 < slow_start_losses(&off, 400).0);
}

#[test]
fn pacing_spreads_a_window_over_the_round_trip() {
    let longest = |pacing| {
        let config = Config { pacing, ..Config::linux() };
        let mut pair = pair(&config, 1000);
        bottleneck(&mut pair).rate = Rate::from_bps(1_000_000_000);
        pair.apps[CLIENT].to_write = 100 * 1448;
        pair.run_for(Time::from_secs(2));
        assert_eq!(pair.apps[SERVER].has_read, 100 * 1448);
        bottleneck(&mut pair).longest / PACKET
    };
    // Twenty at once for ten acknowledgments that came at once; the first ten are never paced.
    assert!(longest(Pacing::Auto) >= 18);
    assert!(longest(Pacing::On) <= 10);
}

#[test]
fn an_idle_window_falls_by_half_for_each_timeout() {
    let after = |config: &Config, idle_ms| {
        let mut pair = Pair::established(config, losing(|_| false));
        pair.apps[CLIENT].to_write = 300 * 1448;
        pair.run_for(Time::from_secs(2));
        let window = pair.end(CLIENT).congestion_window();
        let sent = pair.sent(CLIENT).last().expect("data").at;
        pair.now = sent + Time::from_ms(idle_ms);
        pair.apps[CLIENT].to_write = 1448;
        pair.settle();
        window / pair.end(CLIENT).congestion_window()
    };
    // The timeout is 240 ms: once, twice, and down to the initial window.
    let linux = Config { hystart: Hystart::Off, ..Config::linux() };
    assert_eq!([200, 300, 500].map(|ms| after(&linux, ms)), [1, 2, 4]);
    let least = after(&linux, 2160);
    assert!(least > 16, "{least}");
    // At once, as in RFC 5681.
    let rfc = Config { halve_when_idle: false, ..linux.clone() };
    assert_eq!(after(&rfc, 300), least);
    let off = Config { slow_start_after_idle: false, ..linux };
    assert_eq!(after(&off, 2160), 1);
}
