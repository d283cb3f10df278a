use super::*;
use crate::report::series::{Cdf, Decimated, FlowCurves, SeriesKind, Throughput};
use crate::rng::Stream;
use crate::units::Time;

/// A queue of 50 packets fed in bursts, sampled every millisecond for ten seconds.
fn queue(label: &str, kind: SeriesKind, limit: f64, load: f64) -> PlotSeries {
    let mut dice = Stream::new(7, label);
    let (mut samples, mut drops) = (Decimated::default(), Decimated::default());
    let (mut depth, mut burst) = (0.0f64, 0.0f64);
    for ms in 0..10_000u64 {
        let time = Time::from_ms(ms);
        burst = if dice.below(400) == 0 { dice.unit() * 2.0 * load } else { burst };
        depth += if dice.unit() < burst { limit / 50.0 } else { 0.0 };
        depth -= if dice.unit() < 0.8 { limit / 50.0 } else { 0.0 };
        if depth > limit {
            drops.push(time, 1.0);
        }
        depth = depth.clamp(0.0, limit);
        samples.push(time, libm::round(depth));
    }
    let mark =
        |b: &crate::report::series::Bucket| Mark { seconds: b.start.as_secs_f64(), count: b.count };
    PlotSeries {
        path: format!("links.{label}.queue"),
        label: label.into(),
        kind,
        limit: Some(limit),
        drops: drops.buckets().iter().map(mark).collect(),
        samples,
    }
}

fn flow(name: &str, mbps: f64, delay: f64) -> FlowCurves {
    let mut dice = Stream::new(7, name);
    let wave = |i: usize| 1.0 - 0.5 * ((i * 7 + name.len() * 3) % 23) as f64 / 23.0;
    let bytes = (mbps * 1e6) as u64;
    let bps = (0..76).map(|i| mbps * 1e6 * (wave(i) + 0.1 * dice.unit())).collect();
    let points = (1..=200)
        .map(|i| {
            let share = f64::from(i) / 200.0;
            (delay * (1.0 + share * share * share * 1.5), share)
        })
        .collect();
    FlowCurves {
        name: name.into(),
        throughput: Throughput { interval_seconds: 0.131_072, bytes, bps },
        delay: Some(Cdf { count: 1000, points }),
        rtt: None,
        rtt_over_time: Vec::new(),
        answers: Vec::new(),
        connections: 1,
    }
}

/// A network from `a-b` pairs; the first letter of a name says what it is.
fn network(pairs: &[(&str, &str)]) -> Topology {
    let mut nodes: Vec<TopologyNode> = Vec::new();
    let mut links = Vec::new();
    for (i, &(a, b)) in pairs.iter().enumerate() {
        let ends = [a, b].map(|name| {
            let known = nodes.iter().position(|node| node.name == name);
            known.unwrap_or_else(|| {
                let shape = match name.as_bytes()[0] {
                    b'r' => Shape::Router,
                    b's' => Shape::Switch,
                    b'u' => Shape::Hub,
                    _ => Shape::Host,
                };
                nodes.push(TopologyNode { name: name.into(), shape, at: None });
                nodes.len() - 1
            })
        });
        let rate = ["1 Gbit/s", "10 Mbit/s", "100 Mbit/s"][i % 3];
        links.push(TopologyLink { ends, label: vec![rate.into(), format!("{} ms", i + 1)] });
    }
    Topology { nodes, links }
}

fn small_network() -> Topology {
    network(&[("alice", "r1"), ("carol", "r1"), ("r1", "r2"), ("r2", "bob"), ("r2", "dave")])
}

fn small() -> PlotInput {
    PlotInput {
        states: Vec::new(),
        title: "A slow uplink overflows".into(),
        seconds: 10.0,
        series: vec![
            queue("r1 → r2", SeriesKind::QueuePackets, 50.0, 1.0),
            queue("r2 → r1", SeriesKind::QueuePackets, 50.0, 0.5),
            queue("bob:5001/udp", SeriesKind::PortBytes, 212_992.0, 0.9),
        ],
        flows: vec![flow("bulk", 9.4, 0.021), flow("web", 3.1, 0.024), flow("voice", 0.8, 0.0205)],
        topology: small_network(),
    }
}

fn large() -> PlotInput {
    let mut input = small();
    input.title = "Twelve of everything".into();
    input.series = (0..12)
        .map(|i| {
            let load = 0.4 + 0.05 * f64::from(i);
            queue(&format!("leaf{i} → spine{}", i % 4), SeriesKind::QueuePackets, 100.0, load)
        })
        .collect();
    input.flows = (0..12)
        .map(|i| {
            flow(&format!("download-number-{i}"), 1.0 + f64::from(i), 0.0005 * f64::from(1 << i))
        })
        .collect();
    let pairs: Vec<(String, String)> = (0..8)
        .flat_map(|leaf| {
            let up = (0..4).map(move |spine| (format!("spine{spine}"), format!("s-leaf{leaf}")));
            let down =
                (0..4).map(move |host| (format!("s-leaf{leaf}"), format!("h{}", leaf * 4 + host)));
            up.chain(down)
        })
        .collect();
    let pairs: Vec<_> = pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    input.topology = network(&pairs);
    input
}

/// The eleven cities of the Abilene network with their coordinates.
fn abilene() -> PlotInput {
    let cities = [
        ("rSeattle", -122.3, 47.6),
        ("rSunnyvale", -122.0, 37.4),
        ("rLos Angeles", -118.2, 34.1),
        ("rDenver", -105.0, 39.7),
        ("rKansas City", -94.6, 39.1),
        ("rHouston", -95.4, 29.8),
        ("rChicago", -87.6, 41.9),
        ("rIndianapolis", -86.2, 39.8),
        ("rAtlanta", -84.4, 33.7),
        ("rWashington", -77.0, 38.9),
        ("rNew York", -74.0, 40.7),
    ];
    let names = |i: usize, j: usize| (cities[i].0, cities[j].0);
    let pairs: Vec<_> = [
        (0, 1),
        (0, 3),
        (1, 2),
        (1, 3),
        (2, 5),
        (3, 4),
        (4, 5),
        (4, 7),
        (5, 8),
        (6, 7),
        (6, 10),
        (7, 8),
        (8, 9),
        (9, 10),
    ]
    .map(|(i, j)| names(i, j))
    .to_vec();
    let mut topology = network(&pairs);
    for node in &mut topology.nodes {
        let city = cities.iter().find(|city| city.0 == node.name).expect("a city");
        node.at = Some((city.1, city.2));
        node.name.remove(0);
    }
    PlotInput { title: "Abilene".into(), seconds: 1.0, topology, ..PlotInput::default() }
}

fn others() -> Vec<(&'static str, PlotInput)> {
    let with = |title: &str, pairs: &[(&str, &str)]| PlotInput {
        title: title.into(),
        topology: network(pairs),
        ..PlotInput::default()
    };
    let mut one = small();
    one.series.truncate(1);
    one.flows.truncate(1);
    let mut same = with(
        "Hub",
        &[("a", "u1"), ("b", "u1"), ("c", "u1"), ("d", "s1"), ("u1", "s1"), ("u1", "s1")],
    );
    for link in &mut same.topology.links {
        link.label = vec!["10 Mbit/s".into()];
    }
    let tree = [
        ("r0", "r1"),
        ("r0", "r2"),
        ("r1", "s1"),
        ("r1", "s2"),
        ("r2", "s3"),
        ("r2", "s4"),
        ("s1", "a"),
        ("s1", "b"),
        ("s2", "c"),
        ("s2", "d"),
        ("s3", "e"),
        ("s3", "f"),
        ("s4", "g"),
        ("s4", "h"),
    ];
    let ring = [
        ("r1", "r2"),
        ("r2", "r3"),
        ("r3", "r4"),
        ("r4", "r5"),
        ("r5", "r6"),
        ("r6", "r1"),
        ("r1", "h1"),
        ("r2", "h2"),
        ("r3", "h3"),
        ("r4", "h4"),
        ("r5", "h5"),
        ("r6", "h6"),
    ];
    vec![
        ("small", small()),
        ("large", large()),
        ("abilene", abilene()),
        ("one", one),
        ("same", same),
        ("tree", with("A tree", &tree)),
        ("ring", with("A ring", &ring)),
        ("pair", with("Two", &[("alice", "bob")])),
    ]
}

#[test]
fn every_plot_is_well_formed() {
    // Set this to a folder to look at the plots.
    let gallery = std::env::var_os("PORTOLAN_GALLERY").map(std::path::PathBuf::from);
    for (name, input) in others() {
        for format in [Format::Svg, Format::Png] {
            // Bitmaps take long without optimization.
            if format == Format::Png && gallery.is_none() && name != "one" {
                continue;
            }
            for (stem, bytes) in all(&input, format) {
                match format {
                    Format::Svg => {
                        let text = String::from_utf8(bytes.clone()).expect("text");
                        roxmltree::Document::parse(&text).expect("XML");
                        assert!(!text.contains("NaN") && !text.contains("inf"), "{name}/{stem}");
                        assert!(text.len() < 400_000, "{name}/{stem}: {} bytes", text.len());
                    }
                    Format::Png => assert!(bytes.starts_with(b"\x89PNG"), "{name}/{stem}"),
                }
                if let Some(folder) = &gallery {
                    let file = format!("{name}-{stem}.{}", format.extension());
                    std::fs::write(folder.join(file), bytes).expect("writes");
                }
            }
        }
    }
}

#[test]
fn drawings_are_the_same_every_time() {
    assert_eq!(all(&small(), Format::Svg), all(&small(), Format::Svg));
    assert_eq!(all(&large(), Format::Svg), all(&large(), Format::Svg));
}

#[test]
fn a_small_drawing_stays_the_same() {
    let drawn = topology::draw(&others().swap_remove(7).1, Format::Svg).expect("a picture");
    insta::assert_snapshot!(String::from_utf8(drawn).expect("text"));
}

#[test]
fn the_busiest_are_shown_and_the_rest_mentioned() {
    let plots = all(&large(), Format::Svg);
    let text = |stem: &str| {
        let (_, bytes) = plots.iter().find(|plot| plot.0 == stem).expect("a plot");
        String::from_utf8(bytes.clone()).expect("text")
    };
    assert!(text("throughput").contains("the 8 busiest of 12 flows"));
    assert!(text("delay").contains("the 8 busiest of 12 flows"));
    assert!(text("queues").contains("the 8 busiest of 12 queues"));
    assert!(
        text("throughput").contains(">\ndownload-number-11\n<") || text("throughput").contains("…")
    );
}

#[test]
fn ports_that_were_always_empty_make_no_plot() {
    let mut input = small();
    for series in &mut input.series {
        let times = series.samples.buckets().iter().map(|bucket| bucket.start);
        let mut empty = Decimated::default();
        times.for_each(|time| empty.push(time, 0.0));
        (series.samples, series.drops) = (empty, Vec::new());
    }
    let drawn = |input: &PlotInput| {
        all(input, Format::Svg).into_iter().map(|(stem, _)| stem).collect::<Vec<_>>()
    };
    assert_eq!(drawn(&input), ["topology", "throughput", "delay"]);
    // A peak between the samples, or a drop, is something to show.
    input.series[0].samples.raise(3.0);
    assert_eq!(drawn(&input)[1], "queues");
    input.series[2].drops.push(Mark { seconds: 1.0, count: 1 });
    assert_eq!(drawn(&input)[2], "ports");
}

/// The texts of a drawing.
fn texts(input: &PlotInput, stem: &str) -> Option<String> {
    let drawn = all(input, Format::Svg).into_iter().find(|plot| plot.0 == stem)?;
    Some(String::from_utf8(drawn.1).expect("text"))
}

/// A series that holds `value` from `from` to `to` of ten seconds and is zero elsewhere.
fn pulse(label: &str, kind: SeriesKind, (from, to): (u64, u64), value: f64) -> PlotSeries {
    let mut samples = Decimated::default();
    for ms in 0..10_000 {
        let is_up = (from..to).contains(&ms);
        samples.push(Time::from_ms(ms), if is_up { value } else { 0.0 });
    }
    let path = format!("{label}.value");
    PlotSeries { path, label: label.into(), kind, limit: None, drops: Vec::new(), samples }
}

#[test]
fn what_is_recorded_of_connections_is_part_of_the_throughput() {
    let mut input = small();
    input.series.push(pulse("upload", SeriesKind::FlowThroughput, (1000, 5000), 8e6));
    input.series.push(pulse("bulk", SeriesKind::FlowThroughput, (1000, 5000), 8e6));
    input.series.push(pulse("r1 → r2", SeriesKind::LinkThroughput, (1000, 5000), 8e6));
    let drawn = texts(&input, "throughput").expect("a plot");
    // Four seconds of 8 Mbit/s are 4 MB.
    assert!(drawn.contains("upload") && drawn.contains("4 MB in all"), "{drawn}");
    assert_eq!(drawn.matches("bulk").count(), 1, "seen to arrive and recorded, it is one flow");
    assert!(!drawn.contains("r1 → r2"), "links are shown where flows are not known");
    input.flows.clear();
    input.series.retain(|series| series.kind != SeriesKind::FlowThroughput);
    assert!(texts(&input, "throughput").expect("a plot").contains("r1 → r2"));
}

#[test]
fn a_window_that_only_a_handshake_used_makes_no_plot() {
    let connection = |flight: f64| PlotInput {
        series: vec![
            pulse("scan", SeriesKind::CongestionWindow, (1000, 1200), 14_600.0),
            pulse("scan", SeriesKind::InFlight, (1000, 1200), flight),
        ],
        ..small()
    };
    assert!(texts(&connection(1.0), "congestion").is_none());
    assert!(texts(&connection(14_480.0), "congestion").is_some());
}

#[test]
fn plots_over_time_end_with_what_they_show() {
    let of = |until| PlotInput {
        series: vec![pulse("r1 → r2", SeriesKind::QueuePackets, (100, until), 5.0)],
        flows: Vec::new(),
        ..small()
    };
    let drawn = texts(&of(2000), "queues").expect("a plot");
    assert!(drawn.contains("the first 2.16 s of 10 s"), "{drawn}");
    let drawn = texts(&of(9000), "queues").expect("a plot");
    assert!(!drawn.contains("the first"), "{drawn}");
}

#[test]
fn what_waits_to_be_accepted_is_drawn_once() {
    let queue = || pulse("bob:80 accept queue", SeriesKind::AcceptQueue, (100, 9000), 3.0);
    let once = PlotInput { series: vec![queue()], ..small() };
    let twice = PlotInput { series: vec![queue(), queue()], ..small() };
    assert_eq!(texts(&once, "listen").expect("a plot"), texts(&twice, "listen").expect("a plot"));
}

#[test]
fn round_trips_of_several_connections_are_not_joined() {
    let mut input = small();
    input.flows.truncate(1);
    input.flows[0].rtt_over_time = (0..50).map(|i| (f64::from(i) / 5.0, 0.12)).collect();
    let colour = "\"#0072B2\"";
    let lines = |input: &PlotInput| {
        let drawn = answers::draw(input, Format::Svg).expect("a plot");
        let drawn = String::from_utf8(drawn).expect("text");
        let count = |what: &str| {
            drawn.lines().filter(|it| it.contains(what) && it.contains(colour)).count()
        };
        (count("<polyline"), count("<circle"))
    };
    assert_eq!(lines(&input), (2, 0), "the line and that of the legend");
    input.flows[0].connections = 2;
    assert_eq!(lines(&input), (0, 2 * 51), "rings: the points and that of the legend");
}

#[test]
fn answers_and_round_trips_are_drawn_over_time() {
    let mut input = small();
    assert!(texts(&input, "answers").is_none());
    input.flows[0].rtt_over_time = (0..50).map(|i| (f64::from(i) / 5.0, 0.12)).collect();
    input.flows[1].rtt_over_time = input.flows[0].rtt_over_time.clone();
    input.flows[1].answers = vec![(2.0, 0.3), (4.0, 0.55)];
    let drawn = texts(&input, "answers").expect("a plot");
    assert!(drawn.contains("RTT ≤ 120 ms") && drawn.contains("answers ≤ 550 ms"), "{drawn}");
}

#[test]
fn names_of_lines_stand_beside_the_title_where_panels_are_narrow() {
    let connections = |count: usize| PlotInput {
        series: (0..count)
            .flat_map(|i| {
                let name = format!("connection-{i}");
                let mut series = vec![
                    pulse(&name, SeriesKind::CongestionWindow, (100, 9000), 90_000.0),
                    pulse(&name, SeriesKind::InFlight, (100, 9000), 80_000.0),
                    pulse(&name, SeriesKind::SlowStartThreshold, (100, 9000), 70_000.0),
                ];
                series[0].samples.raise(100_000.0);
                series
            })
            .collect(),
        ..small()
    };
    let count = |input: &PlotInput| {
        texts(input, "congestion").expect("a plot").matches("\nssthresh\n").count()
    };
    assert_eq!((count(&connections(2)), count(&connections(6))), (2, 1));
}

#[test]
fn a_scenario_without_a_title_leaves_no_gap() {
    let mut input = small();
    input.title = String::new();
    for (stem, bytes) in all(&input, Format::Svg) {
        let text = String::from_utf8(bytes).expect("text");
        assert!(!text.contains("> –") && !text.contains(">\n –"), "{stem} begins with a dash");
        assert!(
            !text.contains(">\n\n</text>") && !text.contains("></text>"),
            "{stem}: empty words"
        );
    }
    let top = |input: &PlotInput| {
        let drawn = all(input, Format::Svg).into_iter().find(|(stem, _)| *stem == "ports");
        String::from_utf8(drawn.expect("a plot of ports").1).expect("text")
    };
    assert_ne!(top(&input), top(&small()));
}

#[test]
fn nothing_to_show_is_no_plot() {
    assert!(all(&PlotInput::default(), Format::Svg).is_empty());
}

#[test]
fn ten_thousand_hosts_are_no_problem() {
    let hosts: Vec<String> = (0..10_000).map(|i| format!("h{i}")).collect();
    let mut topology = network(&[("s1", "h0")]);
    for name in &hosts[1..] {
        let node = TopologyNode { name: name.clone(), shape: Shape::Host, at: None };
        topology.links.push(TopologyLink { ends: [0, topology.nodes.len()], label: Vec::new() });
        topology.nodes.push(node);
    }
    let input = PlotInput { topology, ..PlotInput::default() };
    let [(stem, svg)] = &all(&input, Format::Svg)[..] else { panic!("one plot") };
    assert_eq!(*stem, "topology");
    assert!(svg.len() < 5_000_000, "{}", svg.len());
}

#[test]
fn busiest_keeps_order() {
    assert_eq!(busiest(&[3, 9, 1, 9, 4], 3, |n| *n), [9, 9, 4]);
    assert_eq!(busiest(&[f64::NAN, 1.0], 1, |n| *n).len(), 1);
}
