use super::super::lab::{Lab, faults};
use super::*;

fn rules(parameters: &str) -> Rules {
    let super::super::QueueSpec::Pie(config) = super::super::lab::spec("pie", parameters) else {
        unreachable!("pie was asked for")
    };
    let dice = Stream::new(1, "pie");
    Rules::of(&config, 0.1, &Site::new("8Mbps".parse().expect("a rate"), 1000, &dice))
}

/// The probability after one adjustment.
fn adjusted(prob: f64, delays: [u64; 2], backlog: u64) -> f64 {
    let [delay_before, delay] = delays.map(Time::from_ms);
    let mut vars = Vars { prob, delay, delay_before, ..Vars::INITIAL };
    vars.adjust(&rules("").config, backlog);
    vars.prob
}

/// RFC 8033, section 4.2: alpha = 0.125, beta = 1.25, per second; target 15 ms.
#[test]
fn the_probability_is_adjusted_as_in_the_rfc() {
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}");
    // (0.125 x 5 ms + 1.25 x 5 ms) / 2048, for the probability is below 10^-6.
    near(adjusted(0.0, [15, 20], 9000), 0.006_875 / 2048.0);
    near(adjusted(0.000_005, [15, 20], 9000), 0.000_005 + 0.006_875 / 512.0);
    near(adjusted(0.05, [15, 20], 9000), 0.05 + 0.006_875 / 2.0);
    near(adjusted(0.5, [15, 20], 9000), 0.506_875);
    // Above 10 % at most 2 % at once; above 250 ms 2 % more.
    near(adjusted(0.5, [250, 300], 9000), 0.54);
    near(adjusted(0.99, [250, 300], 9000), 1.0);
    // 0.125 x (10 - 15) ms + 1.25 x (10 - 20) ms
    near(adjusted(0.5, [20, 10], 9000), 0.5 - 0.013_125);
    // No delay, twice: 1/64 less beside 0.125 x 15 ms, if nothing waits.
    near(adjusted(0.5, [0, 0], 0), (0.5 - 0.001_875) * 63.0 / 64.0);
    near(adjusted(0.5, [0, 0], 500), 0.5 - 0.001_875);
}

#[test]
fn adjustments_are_made_up_for() {
    let rules = rules("");
    let mut pie = Pie::new(&rules);
    pie.vars = Vars { prob: 0.5, delay: Time::from_ms(20), ..pie.vars };
    let mut step_by_step = pie;
    pie.catch_up(&rules, Time::from_ms(45), 9000);
    for _ in 0..3 {
        step_by_step.vars.adjust(&rules.config, 9000);
    }
    assert_eq!((pie.vars, pie.next), (step_by_step.vars, Time::from_ms(60)));
    // An hour without packets: a fixed point is found, and the rhythm kept.
    pie.vars.delay = Time::ZERO;
    pie.catch_up(&rules, Time::from_secs(3600), 0);
    assert_eq!((pie.vars.prob, pie.vars.burst_left), (0.0, MAX_BURST));
    assert_eq!(pie.next, Time::from_ms(3_600_015));
}

#[test]
fn bursts_short_queues_and_short_delays_pass() {
    let rules = rules("");
    let mut dice = Stream::new(1, "pie");
    let high =
        Vars { prob: 1.0, delay: Time::from_ms(20), burst_left: Time::ZERO, ..Vars::INITIAL };
    let mut dropped = |vars: Vars, backlog| {
        let mut vars = vars;
        vars.drops(&rules, 1000, backlog, &mut dice)
    };
    assert!(dropped(high, 2000));
    assert!(!dropped(high, 1999), "fewer than two frames wait");
    assert!(!dropped(Vars { burst_left: Time::from_ps(1), ..high }, 2000));
    let short = Vars { delay: Time::from_ms(7), ..high };
    assert!(dropped(short, 2000), "the probability is not small");
    assert!(!dropped(Vars { prob: 0.19, accumulated: 8.4, ..short }, 2000));
}

/// Section 5.4: at a probability of 10 % the first drop comes with the ninth packet at the earliest, and with the 85th at the latest.
#[test]
fn drops_are_neither_too_close_nor_too_far_apart() {
    let rules = rules("");
    let mut dice = Stream::new(1, "pie");
    let mut vars =
        Vars { prob: 0.1, delay: Time::from_ms(20), burst_left: Time::ZERO, ..Vars::INITIAL };
    let (mut gaps, mut gap) = (Vec::new(), 0);
    for _ in 0..100_000 {
        gap += 1;
        if vars.drops(&rules, 1000, 9000, &mut dice) {
            vars.accumulated = 0.0;
            gaps.push(gap);
            gap = 0;
        }
    }
    assert_eq!(gaps.iter().min(), Some(&9));
    assert!(gaps.iter().all(|gap| *gap <= 86));
    // Nothing for eight packets, then a tenth of them each: 8 + 10 on average.
    let mean = gaps.iter().sum::<u32>() as f64 / gaps.len() as f64;
    assert!((mean - 18.0).abs() < 0.4, "{mean}");
}

#[test]
fn short_packets_fare_better_in_bytemode() {
    let mut vars =
        Vars { prob: 0.8, delay: Time::from_ms(20), burst_left: Time::ZERO, ..Vars::INITIAL };
    let mut dice = Stream::new(1, "pie");
    vars.drops(&rules("bytemode = true"), 250, 9000, &mut dice);
    assert_eq!(vars.accumulated, 0.2);
}

#[test]
fn the_rate_is_measured_over_16_kib() {
    let mut vars = Vars::INITIAL;
    let mut passed = None;
    for n in 0..=17 {
        passed = vars.measure(Time::from_ms(n), 1000, 20_000);
    }
    // From the packet at 0 to the one at 16 ms: 17 packets of 1000 bytes.
    assert_eq!((passed, vars.counted), (None, Some(1000)));
    assert!((vars.rate - 17_000.0 / 0.016).abs() < 1e-6, "{}", vars.rate);
    vars.adjust(&rules("dq-rate-estimator = true").config, 17_000);
    assert_eq!(vars.delay, Time::from_ms(16));
}

/// The burst allowance is used up by the time for which packets leave; then drops begin, and marks in their place.
#[test]
fn drops_begin_when_the_burst_is_over() {
    let run = |parameters: &str, ecn: bool| {
        let mut lab = Lab::of("pie", parameters);
        lab.ecn = ecn;
        for _ in 0..100 {
            lab.offer(0, 1000);
        }
        let (mut first, mut marks, mut drops) = (None, 0, 0);
        for _ in 0..5000 {
            lab.wait(1);
            let sent = lab.take().expect("packets wait");
            marks += usize::from(sent.mark == Some(MarkReason::Early));
            lab.offer(0, 1000);
            let dropped = lab.dropped();
            if !dropped.is_empty() {
                first.get_or_insert(lab.now);
                // What is missing comes later, so that the delay stays.
                lab.offer(0, 1000);
            }
            drops += dropped.len();
        }
        (first, marks, drops)
    };
    let (first, marks, drops) = run("", false);
    assert!(first.expect("drops") > MAX_BURST && marks == 0 && drops > 50, "{first:?} {drops}");
    let (_, marks, _) = run("ecn = true", true);
    assert!(marks > 5, "{marks}");
}

#[test]
fn the_limit_holds_and_faults_are_told() {
    let mut lab = Lab::of("pie", "limit = '1p'");
    lab.offer(0, 1000);
    lab.offer(0, 1000);
    assert_eq!(lab.dropped(), [(1, DropReason::QueueFull)]);
    assert_eq!(faults("pie", "tupdate = '0s'; alpha = 33"), ["tupdate", "alpha"]);
}
