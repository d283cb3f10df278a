use std::io::{self, Write};

use super::*;
use crate::id::{ChannelId, NodeId};
use crate::packet::arp::{Message, Operation};
use crate::packet::ethernet;
use crate::packet::{Label, Packet, Payload};

fn spec(path: &str, place: Option<Place>) -> SeriesSpec {
    let kind = SeriesKind::QueuePackets;
    SeriesSpec { path: path.into(), label: path.into(), kind, limit: Some(50.0), place }
}

#[test]
fn streams_rows_and_keeps_samples() {
    let mut recorder = Recorder::new(Vec::new(), Vec::new());
    let queue = recorder.add(spec("links.a--b.queue", None));
    recorder.push(queue, Time::ZERO, 0.0);
    recorder.push(queue, Time::from_ms(10), 12.5);
    recorder.push(queue, Time::from_ms(20), f64::NAN);
    let (recording, bytes) = recorder.finish(Time::from_secs(1)).expect("memory takes all");
    let text = String::from_utf8(bytes).expect("text");
    assert_eq!(text, "time_s,path,value\n0,links.a--b.queue,0\n0.01,links.a--b.queue,12.5\n");
    let kept: Vec<_> =
        recording.series[0].samples.buckets().iter().map(|b| (b.start, b.last)).collect();
    assert_eq!(kept, [(Time::ZERO, 0.0), (Time::from_ms(10), 12.5)]);
}

#[test]
fn peaks_that_samples_miss_have_rows_of_their_own() {
    let mut recorder = Recorder::new(Vec::new(), Vec::new());
    let queue = recorder.add(spec("links.a--b.queue", None));
    for (ms, peak, value) in [(0, 0.0, 0.0), (10, 9.0, 2.0), (20, 2.0, 1.0), (30, 5.0, 5.0)] {
        recorder.peak(queue, Time::from_ms(ms), peak, value);
        recorder.push(queue, Time::from_ms(ms), value);
    }
    let (recording, bytes) = recorder.finish(Time::from_secs(1)).expect("memory takes all");
    let text = String::from_utf8(bytes).expect("text");
    let peaks: Vec<_> = text.lines().filter(|line| line.contains(PEAK)).collect();
    assert_eq!(peaks, ["0.01,links.a--b.queue-peak,9"]);
    let kept = recording.series[0].samples.buckets();
    let kept: Vec<_> = kept.iter().map(|b| (b.start, b.last, b.max)).collect();
    let ms = Time::from_ms;
    let all = [(ms(0), 0.0, 9.0), (ms(10), 2.0, 2.0), (ms(20), 1.0, 1.0), (ms(30), 5.0, 5.0)];
    assert_eq!(kept, all, "it was between the first sample and the second");
}

#[test]
fn keeps_the_curves_of_flows() {
    let mut recorder = Recorder::new(Vec::new(), vec!["quiet".into(), "bulk".into()]);
    let flow = FlowId(1);
    for ms in 1..=1000 {
        let (node, delay) = (NodeId(0), Time::from_us(ms));
        let what = Observation::Delivered { node, flow: Some(flow), bytes: 125, delay };
        recorder.observe(Time::from_ms(ms), &what);
    }
    recorder.observe(Time::from_ms(5), &Observation::RoundTrip { flow, rtt: Time::from_ms(3) });
    recorder.observe(Time::from_ms(7), &Observation::Answered { flow, took: Time::from_ms(2) });
    let (recording, _) = recorder.finish(Time::from_secs(1)).expect("memory takes all");
    let [curves] = &recording.flows[..] else { panic!("one flow: {:?}", recording.flows) };
    assert_eq!(curves.name, "bulk");
    assert_eq!(curves.rtt.as_ref().map(|cdf| cdf.count), Some(1));
    assert_eq!(
        (&curves.rtt_over_time[..], &curves.answers[..]),
        (&[(0.005, 0.003)][..], &[(0.007, 0.002)][..])
    );
    let delay = curves.delay.as_ref().expect("delays");
    let median = delay.quantile(0.5).expect("a median");
    assert!((0.000_495..0.000_506).contains(&median), "{median}");
    assert!((curves.throughput.bps[10] / 1e6 - 1.0).abs() < 0.15, "{:?}", curves.throughput);
}

fn packet() -> Packet {
    let mac = ethernet::Mac::BROADCAST;
    let address = std::net::Ipv4Addr::UNSPECIFIED;
    let operation = Operation::Request;
    let payload = Payload::Arp(Message {
        operation,
        sender_mac: mac,
        sender_ip: address,
        target_mac: mac,
        target_ip: address,
    });
    let label = Label::new(None, Time::ZERO);
    Packet { ethernet: ethernet::Header { source: mac, destination: mac }, payload, label }
}

#[test]
fn marks_the_drops_of_its_queue_only() {
    let mut recorder = Recorder::new(Vec::new(), Vec::new());
    let place = Place::Channel(ChannelId(3));
    recorder.add(spec("links.a--b.queue", Some(place)));
    let packet = packet();
    for (place, reason) in [
        (place, DropReason::QueueFull),
        (place, DropReason::Loss),
        (Place::Channel(ChannelId(2)), DropReason::QueueFull),
    ] {
        recorder.observe(Time::from_ms(1), &Observation::Dropped { place, packet, reason });
    }
    let (recording, _) = recorder.finish(Time::from_secs(1)).expect("memory takes all");
    let drops = recording.series[0].drops.buckets();
    assert_eq!((drops.len(), drops[0].count, drops[0].start), (1, 1, Time::from_ms(1)));
}

#[test]
fn a_full_disk_is_told_at_the_end() {
    #[derive(Debug)]
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut recorder = Recorder::new(Full, Vec::new());
    let queue = recorder.add(spec("links.a--b.queue", None));
    for ms in 0..10_000 {
        recorder.push(queue, Time::from_ms(ms), 1.0);
    }
    assert!(recorder.has_failed());
    let error = recorder.finish(Time::from_secs(10)).expect_err("the disk is full");
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}
