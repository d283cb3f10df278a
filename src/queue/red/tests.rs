use super::super::lab::{Lab, faults, marks};
use super::*;

/// A weight of 1/2, and a packet takes 1 ms.
const SMALL: &str = "limit = '8kB'; min = '2kB'; max = '4kB'; probability = '0.0000001%'";

fn red(parameters: &str) -> Red {
    let super::super::QueueSpec::Red(config) = super::super::lab::spec("red", parameters) else {
        unreachable!("red was asked for")
    };
    let dice = Stream::new(1, "red");
    let site = Site::new("8Mbps".parse().expect("a rate"), 1000, &dice);
    let (min, max) = (config.min() as f64, config.max() as f64);
    let mut red = Red {
        config,
        thresholds: (min, max),
        weight: config.weight().expect("a weight"),
        packet_time: Time::ZERO,
        average: Average::default(),
        since_last: None,
        draw: 0.0,
        probability: config.probability.as_f64(),
        next_adaption: ADAPTION,
        buffer: Buffer::default(),
        dice: site.dice(),
    };
    red.site_changed(&site);
    red
}

/// The example of tc-red(8): min 30000, max 90000, avpkt 1000, burst 55. 55 + 1 - 30 = 26 packets must pass: with 1/32 it is
/// 32 (1 - (31/32)^55) = 26.4, with 1/16 only 15.5.
#[test]
fn the_weight_follows_from_the_burst() {
    let weight = |text| red(text).weight;
    assert_eq!(weight("min = '30kB'; max = '90kB'; burst = 55"), 1.0 / 32.0);
    assert_eq!(weight(SMALL), 0.5, "(2 x 2 + 4) / 3 = 2 packets, so 2 + 1 - 2 = 1 <= 1.5");
    let config = Config::default();
    assert_eq!((config.min(), config.max(), config.burst()), (33_333, 100_000, 55));
}

/// The averages before each packet of 1000 bytes: 0, 500, 1250, 2125, 3062.5, 4031.25.
#[test]
fn the_average_follows_the_queue() {
    let mut lab = Lab::of("red", SMALL);
    for _ in 0..6 {
        lab.offer(0, 1000);
    }
    assert_eq!(lab.dropped(), [(5, DropReason::EarlyDrop)], "4031 is above max");
    let mut red = red(SMALL);
    let averages = [0.0, 500.0, 1250.0, 2125.0, 3062.5, 4031.25];
    for (n, average) in averages.into_iter().enumerate() {
        red.sample(Time::ZERO);
        assert_eq!(red.average.value, average);
        red.buffer.push(Queued::new(crate::id::PacketId(n as u32), 1000, Time::ZERO, false));
    }
}

/// While the queue is empty the average halves with each millisecond, the time of a packet.
#[test]
fn idle_times_count() {
    let mut red = red(SMALL);
    red.average = Average { value: 4000.0, idle_since: Some(Time::from_ms(10)) };
    assert_eq!(red.idle_average(Time::from_ms(12)), 1000.0);
    red.sample(Time::from_ms(13));
    assert_eq!(red.average.value, 500.0);
    assert_eq!(red.average.idle_since, None);
}

/// At a share of 1/10 the drops are 1 to 10 packets apart, each as often as the others.
#[test]
fn drops_are_evenly_spread() {
    let mut red = red("min = '20kB'; max = '40kB'; probability = '20%'");
    red.average.value = 30_000.0;
    assert_eq!(red.share(30_000.0), Some(0.1));
    let (mut gaps, mut gap) = ([0_u32; 11], 0);
    for _ in 0..55_000 {
        gap += 1;
        if red.verdict() == Verdict::Early {
            gaps[gap] += 1;
            gap = 0;
        }
    }
    assert!(gaps[0] == 0 && gaps[1..].iter().all(|n| n.abs_diff(1000) < 130), "{gaps:?}");
}

#[test]
fn gentle_goes_on_rising() {
    let gentle = red("min = '10kB'; max = '20kB'; probability = '10%'; gentle = true");
    let shares = [5e3, 15e3, 20e3, 30e3].map(|average| gentle.share(average).expect("a share"));
    for (share, expected) in shares.into_iter().zip([0.0, 0.05, 0.1, 0.55]) {
        assert!((share - expected).abs() < 1e-12, "{share}");
    }
    assert_eq!(gentle.share(40e3), None);
    assert_eq!(red("min = '10kB'; max = '20kB'").share(20e3), None);
}

/// Adaptive RED, figure 1: + min(0.01, p/4) above the middle, x 0.9 below it, every half second.
#[test]
fn the_probability_follows_the_load() {
    let mut red = red("min = '10kB'; max = '20kB'; adaptive = true");
    red.average.value = 17_000.0;
    red.adapt(Time::from_ms(499));
    assert_eq!(red.probability, 0.02);
    red.adapt(Time::from_ms(500));
    assert_eq!(red.probability, 0.025);
    red.adapt(Time::from_ms(2500));
    assert!((red.probability - (0.048_828_125 + 0.01)).abs() < 1e-12, "{}", red.probability);
    red.average.value = 15_000.0;
    red.adapt(Time::from_secs(60));
    assert!((red.probability - 0.058_828_125).abs() < 1e-12, "in the middle nothing changes");
    red.average.value = 13_000.0;
    red.adapt(Time::from_ms(60_500));
    assert!((red.probability - 0.058_828_125 * 0.9).abs() < 1e-12);
    red.adapt(Time::from_secs(1_000_000));
    assert!(red.probability < 0.01 && red.probability > 0.008, "{}", red.probability);
}

#[test]
fn marks_in_the_place_of_drops() {
    let with = |more: &str| {
        let mut lab = Lab::of("red", &format!("{SMALL}; ecn = true{more}"));
        lab.ecn = true;
        for _ in 0..6 {
            lab.offer(0, 1000);
        }
        let dropped = lab.dropped().len();
        (dropped, marks(&mut lab).into_iter().flatten().collect::<Vec<_>>())
    };
    assert_eq!(with(""), (0, vec![MarkReason::Early]));
    assert_eq!(with("; harddrop = true"), (1, vec![]));
    let mut lab = Lab::of("red", &format!("{SMALL}; ecn = true; nodrop = true"));
    for _ in 0..9 {
        lab.offer(0, 1000);
    }
    assert_eq!(lab.dropped(), [(8, DropReason::QueueFull)], "the limit holds for all");
}

#[test]
fn faults_are_told() {
    assert_eq!(faults("red", ""), [""; 0]);
    assert_eq!(faults("red", "min = '90kB'; max = '90kB'; burst = 200"), ["min"]);
    assert_eq!(faults("red", "max = '500kB'"), ["max"]);
    assert_eq!(faults("red", "burst = 5"), ["burst"]);
    assert_eq!(faults("red", "avpkt = '0B'"), ["avpkt"]);
    assert_eq!(faults("red", "probability = '0%'; harddrop = true"), ["probability", "harddrop"]);
}
