//! Step by step, with numbers from the formulas of the draft.

use super::super::{RateSample, feedback};
use super::*;

const MSS: u64 = 1000;
const MS: fn(u64) -> Time = Time::from_ms;

/// A path of one segment each millisecond, 8 Mb/s, and a round trip of 20 ms: 20 segments fill it.
struct Model {
    bbr: Bbr,
    now: Time,
    delivered: u64,
}

impl Model {
    fn new() -> Self {
        let mut bbr = Bbr::new(MSS, 10, 1);
        bbr.on_established(Some(MS(20)));
        Self { bbr, now: MS(20), delivered: 0 }
    }

    /// An acknowledgment of one segment, at this rate and delay.
    fn ack(&mut self, mbps: u64, rtt: Time, in_flight: u64) {
        let interval = rtt.max(MS(1));
        let delivered = mbps * interval.as_ps() / 8_000_000;
        self.delivered += MSS;
        self.bbr.on_feedback(&Feedback {
            now: self.now,
            rtt: Some(rtt),
            smoothed_rtt: Some(rtt),
            delivered: MSS,
            in_flight: (in_flight + MSS, in_flight),
            rate: Some(RateSample {
                delivered,
                prior_delivered: self.delivered.saturating_sub(delivered),
                interval,
                application_limited: false,
            }),
            ..feedback()
        });
    }

    /// A round trip in which the path delivers at this rate.
    fn round(&mut self, mbps: u64) {
        let end = self.bbr.path.round + 1;
        while self.bbr.path.round < end {
            self.now += MS(1);
            let in_flight = self.bbr.window;
            self.ack(mbps, MS(20), in_flight);
        }
    }

    /// Past startup, at 8 Mb/s.
    fn settled() -> Self {
        let mut model = Self::new();
        (0..5).for_each(|_| model.round(8));
        model.ack(8, MS(20), 0);
        assert!(matches!(model.bbr.mode, Mode::ProbeBw { .. }), "{:?}", model.bbr);
        model
    }
}

#[test]
fn it_begins_with_high_gain_times_the_window_in_a_round_trip() {
    // 10 000 bytes in 20 ms are 4 Mb/s; times 739 / 256, less one percent.
    let model = Model::new();
    assert_eq!(model.bbr.pacing_rate(), Some(Rate::from_bps(4_000_000 * 739 * 99 / 25_600)));
    assert_eq!((HIGH_GAIN, DRAIN_GAIN), (739, 88));
}

#[test]
fn three_rounds_without_a_quarter_more_fill_the_pipe() {
    let mut model = Model::new();
    let mut modes = Vec::new();
    for mbps in [2, 4, 8, 8, 9] {
        model.round(mbps);
        modes.push(model.bbr.mode);
    }
    assert_eq!(modes, [Mode::Startup; 5]);
    assert_eq!(model.bbr.path.full_rate, 8_000_000);
    model.round(9);
    assert_eq!(model.bbr.mode, Mode::Drain);
    // 9 Mb/s · 88/256 · 0.99
    assert_eq!(model.bbr.pacing_rate(), Some(Rate::from_bps(9_000_000 * 88 * 99 / 25_600)));
}

#[test]
fn it_drains_until_the_product_is_in_flight() {
    let mut model = Model::new();
    (0..5).for_each(|_| model.round(8));
    assert_eq!(model.bbr.mode, Mode::Drain);
    // 20 segments; at 2.7 Mb/s two leave at once: 3 · 2 more.
    assert_eq!(model.bbr.inflight(UNIT), 26_000);
    model.ack(8, MS(20), 26_001);
    assert_eq!(model.bbr.mode, Mode::Drain);
    model.ack(8, MS(20), 26_000);
    assert!(matches!(model.bbr.mode, Mode::ProbeBw { .. }));
}

#[test]
fn the_window_settles_at_twice_the_product() {
    let mut model = Model::settled();
    model.bbr.mode = Mode::ProbeBw { phase: 2, since: model.now };
    (0..100).for_each(|_| model.ack(8, MS(20), 20_000));
    // 2 · 20 segments and 3 · 2.
    assert_eq!(model.bbr.window(), 46_000);
    assert_eq!(model.bbr.pacing_rate(), Some(Rate::from_bps(7_920_000)));
}

#[test]
fn the_cycle_probes_drains_and_cruises() {
    let mut model = Model::settled();
    model.bbr.mode = Mode::ProbeBw { phase: 0, since: model.now };
    let step = |model: &mut Model, ms, in_flight| {
        model.now += MS(ms);
        model.ack(8, MS(20), in_flight);
        match model.bbr.mode {
            Mode::ProbeBw { phase, .. } => phase,
            mode => panic!("{mode:?}"),
        }
    };
    // It probes for longer than a round trip and until 5/4 of the product is in flight: 25
    // segments, 3 · 2 more, even, and two more for probing: 34.
    assert_eq!(step(&mut model, 20, 40_000), 0);
    assert_eq!(step(&mut model, 1, 32_000), 0);
    assert_eq!(step(&mut model, 1, 33_000), 1);
    // It drains until the product is in flight, 26 with the same addition, or for a round trip.
    assert_eq!(step(&mut model, 1, 26_000), 1);
    assert_eq!(step(&mut model, 1, 25_000), 2);
    let phases: Vec<_> = (0..7).map(|_| step(&mut model, 21, 20_000)).collect();
    assert_eq!(phases, [3, 4, 5, 6, 7, 0, 0]);
}

#[test]
fn the_phase_it_begins_with_is_drawn_from_the_seed_and_never_drains() {
    let mut seen = [0; 8];
    for seed in 0..1000 {
        let mut bbr = Bbr::new(MSS, 10, seed);
        bbr.enter_probe_bw(MS(1));
        let again = bbr.mode;
        let Mode::ProbeBw { phase, .. } = again else { panic!("{again:?}") };
        seen[phase] += 1;
    }
    assert_eq!(seen[1], 0);
    assert!(seen.iter().enumerate().all(|(phase, count)| phase == 1 || *count > 100), "{seen:?}");
}

#[test]
fn the_greatest_rate_lasts_ten_rounds() {
    let mut model = Model::settled();
    model.round(16);
    assert_eq!(model.bbr.path.rate.get(), 16_000_000);
    (0..10).for_each(|_| model.round(8));
    assert_eq!(model.bbr.path.rate.get(), 16_000_000);
    model.round(8);
    assert_eq!(model.bbr.path.rate.get(), 8_000_000);
}

#[test]
fn after_ten_seconds_it_looks_for_the_least_round_trip() {
    let mut model = Model::settled();
    let window = model.bbr.window();
    model.now += Time::from_secs(10) + MS(1);
    model.ack(8, MS(30), 20_000);
    assert!(model.bbr.holds_back());
    assert_eq!((model.bbr.window(), model.bbr.path.min_rtt), (4000, Some(MS(30))));
    // 200 ms from when four segments are in flight, and a round trip.
    let start = model.now;
    while model.bbr.holds_back() {
        model.now += MS(5);
        let rtt = if model.now > start + MS(20) { MS(10) } else { MS(30) };
        model.ack(2, rtt, 4000);
    }
    assert_eq!(model.now.saturating_sub(start), MS(210));
    assert_eq!(model.bbr.path.min_rtt, Some(MS(10)));
    assert!(model.bbr.window() >= window.min(model.bbr.inflight(WINDOW_GAIN)));
}

#[test]
fn the_first_round_of_recovery_sends_what_arrives_and_the_window_comes_back() {
    let mut model = Model::settled();
    let before = model.bbr.window();
    model.bbr.on_loss(before);
    let told = Feedback {
        now: model.now,
        delivered: 1000,
        lost: 1000,
        in_flight: (15_000, 13_000),
        recovering: true,
        ..feedback()
    };
    model.bbr.on_feedback(&told);
    assert_eq!(model.bbr.window(), 14_000);
    model.bbr.on_feedback(&Feedback { lost: 0, in_flight: (14_000, 13_000), ..told });
    assert_eq!(model.bbr.window(), 14_000);
    model.bbr.on_feedback(&Feedback { lost: 0, recovering: false, ..told });
    assert!(model.bbr.window() >= before);
}

#[test]
fn a_timeout_begins_with_one_segment_and_knows_the_path_still() {
    let mut model = Model::settled();
    let before = model.bbr.window();
    model.bbr.on_timeout(Some(before));
    assert_eq!(model.bbr.window(), MSS);
    let told = Feedback { now: model.now, delivered: 1000, recovering: true, ..feedback() };
    model.bbr.on_feedback(&told);
    // Not less than four segments once anything arrives.
    assert_eq!(model.bbr.window(), 4000);
    model.bbr.on_feedback(&Feedback { recovering: false, ..told });
    assert!(model.bbr.window() >= before);
    assert_eq!(model.bbr.path.rate.get(), 8_000_000);
}

#[test]
fn a_gap_of_the_application_does_not_lower_the_rate() {
    let mut model = Model::settled();
    let limited = RateSample {
        delivered: 1000,
        prior_delivered: model.delivered,
        interval: MS(20),
        application_limited: true,
    };
    for round in 0..30 {
        let prior_delivered = model.delivered + round * 100_000;
        let rate = Some(RateSample { prior_delivered, ..limited });
        model.bbr.on_feedback(&Feedback { now: model.now, rate, delivered: 1000, ..feedback() });
    }
    assert_eq!(model.bbr.path.rate.get(), 8_000_000);
    model.bbr.mode = Mode::ProbeBw { phase: 0, since: model.now };
    model.bbr.on_restart(model.now, MS(500), true);
    assert_eq!(model.bbr.pacing_rate(), Some(Rate::from_bps(7_920_000)));
}
