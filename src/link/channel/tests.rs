use super::*;
use crate::link::Framing;
use crate::link::loss::LossSpec;
use crate::queue::{QueueSpec, drop_tail};
use crate::units::{Limit, Ratio};

/// 8 Mbit/s: a byte takes a microsecond; a bit travels 10 ms.
fn config(limit: u64) -> Config {
    Config {
        rate: "8Mbps".parse().expect("a rate"),
        delay: Time::from_ms(10),
        queue: QueueSpec::fifo(Limit::Packets(limit)),
        framing: Framing::NONE,
        ..Config::default()
    }
}

fn channel(config: Config) -> Channel {
    Channel::new(config, Stream::new(1, "test"))
}

fn arriving(since: Time, n: u32) -> Queued {
    let packet = PacketId(n);
    Queued { packet, bytes: 1000, flow_hash: 0, since, ecn_capable: true, marked: false }
}

#[test]
fn an_idle_channel_sends_at_once_and_needs_one_event() {
    let mut channel = channel(config(1));
    let outcome = channel.offer(Time::ZERO, arriving(Time::ZERO, 1));
    assert_eq!(outcome.free, None);
    assert_eq!(outcome.arrival, Some(Time::from_ms(11)));
    assert_eq!(channel.arrive(Time::from_ms(11)), (Some(PacketId(1)), None));
}

#[test]
fn packets_queue_for_the_transmitter_and_arrive_in_order() {
    let mut channel = channel(config(2));
    for n in 1..=4 {
        channel.offer(Time::ZERO, arriving(Time::ZERO, n));
    }
    assert_eq!(channel.take_drops().map(|drop| drop.packet).collect::<Vec<_>>(), [PacketId(4)]);
    assert_eq!(channel.backlog().packets, 2);
    let second = channel.transmitter_free(Time::from_ms(1));
    assert_eq!(second.free, Some(Time::from_ms(2)));
    assert_eq!(second.arrival, None, "the first packet's event is still pending");
    let third = channel.transmitter_free(Time::from_ms(2));
    assert_eq!((third.free, third.arrival), (None, None));
    assert_eq!(channel.arrive(Time::from_ms(11)), (Some(PacketId(1)), Some(Time::from_ms(12))));
    assert_eq!(channel.arrive(Time::from_ms(12)), (Some(PacketId(2)), Some(Time::from_ms(13))));
    assert_eq!(channel.arrive(Time::from_ms(13)), (Some(PacketId(3)), None));
    let results = channel.stats.results(Time::from_ms(20), channel.busy_until(), 0);
    assert_eq!((results.packets, results.bytes, results.drops.queue), (3, 3000, 1));
    assert!((results.utilization - 0.15).abs() < 1e-12);
    assert!((results.queue.mean_packets - 3.0 / 20.0).abs() < 1e-12);
    assert!((results.queue.mean_wait_seconds - 1e-3).abs() < 1e-12);
    assert!((results.queue.p99_wait_seconds - 2e-3).abs() < 2e-5);
}

#[test]
fn a_packet_being_sent_at_the_end_does_not_count() {
    let mut channel = channel(config(2));
    channel.offer(Time::ZERO, arriving(Time::ZERO, 1));
    let results = channel.stats.results(Time::from_us(500), channel.busy_until(), 0);
    assert_eq!((results.packets, results.bytes), (0, 0));
    assert!((results.utilization - 1.0).abs() < 1e-12);
}

#[test]
fn jitter_lets_packets_overtake_and_stale_events_do_nothing() {
    let mut channel = channel(config(9));
    assert_eq!(channel.launch(PacketId(1), Time::from_ms(5)), Some(Time::from_ms(5)));
    assert_eq!(channel.launch(PacketId(2), Time::from_ms(7)), None);
    assert_eq!(channel.launch(PacketId(3), Time::from_ms(3)), Some(Time::from_ms(3)));
    assert_eq!(channel.arrive(Time::from_ms(3)), (Some(PacketId(3)), Some(Time::from_ms(5))));
    assert_eq!(channel.arrive(Time::from_ms(5)), (Some(PacketId(1)), Some(Time::from_ms(7))));
    assert_eq!(channel.arrive(Time::from_ms(5)), (None, None), "scheduled twice, fires once");
    assert_eq!(channel.arrive(Time::from_ms(7)), (Some(PacketId(2)), None));
}

#[test]
fn a_lost_packet_takes_its_time_and_never_arrives() {
    let mut channel = channel(Config { loss: LossSpec::Bernoulli(Ratio::ONE), ..config(9) });
    let outcome = channel.offer(Time::ZERO, arriving(Time::ZERO, 1));
    assert!(outcome.started.expect("sent").fate.lost && outcome.arrival.is_none());
    assert_eq!(channel.busy_until(), Time::from_ms(1));
    assert_eq!(channel.stats.all_drops(), 1);
}

#[test]
fn a_link_that_goes_down_ends_what_waits_and_flies() {
    let mut channel = channel(config(9));
    for n in 1..=3 {
        channel.offer(Time::ZERO, arriving(Time::ZERO, n));
    }
    let ended = channel.reconfigure(Time::from_us(500), Config { up: false, ..config(9) });
    assert_eq!(ended, [PacketId(1), PacketId(2), PacketId(3)]);
    assert_eq!(channel.arrive(Time::from_ms(11)), (None, None));
    let results = channel.stats.results(Time::from_ms(1), channel.busy_until(), 0);
    assert_eq!(results.packets, 0);
    assert!((results.utilization - 0.5).abs() < 1e-12);
}

#[test]
fn a_smaller_queue_drops_what_no_longer_fits() {
    let mut channel = channel(config(9));
    for n in 1..=4 {
        channel.offer(Time::ZERO, arriving(Time::ZERO, n));
    }
    channel.reconfigure(Time::from_us(500), config(1));
    assert_eq!(channel.backlog().packets, 1);
    assert_eq!(channel.take_drops().count(), 2);
}

#[test]
fn a_transmission_that_was_cut_does_not_hold_up_the_next() {
    let mut channel = channel(config(9));
    channel.offer(Time::ZERO, arriving(Time::ZERO, 1));
    let waits = channel.offer(Time::ZERO, arriving(Time::ZERO, 2));
    assert_eq!(waits.free, Some(Time::from_ms(1)));
    channel.reconfigure(Time::from_us(100), Config { up: false, ..config(9) });
    channel.reconfigure(Time::from_us(200), config(9));
    let sent = channel.offer(Time::from_us(300), arriving(Time::from_us(300), 3));
    assert_eq!(sent.started.map(|started| started.packet), Some(PacketId(3)));
    channel.offer(Time::from_us(400), arriving(Time::from_us(400), 4));
    let stale = channel.transmitter_free(Time::from_ms(1));
    assert!(stale.started.is_none(), "packet 3 is still being sent");
    let next = channel.transmitter_free(Time::from_us(1300));
    assert_eq!(next.started.map(|started| started.packet), Some(PacketId(4)));
}

#[test]
fn marks_are_told_and_counted_when_the_packet_is_sent() {
    let mark = Some(Limit::Packets(1));
    let queue = QueueSpec::Fifo(drop_tail::Config { limit: Limit::Packets(9), mark });
    let mut channel = channel(Config { queue, ..config(9) });
    for n in 1..=3 {
        channel.offer(Time::ZERO, arriving(Time::ZERO, n));
    }
    let second = channel.transmitter_free(Time::from_ms(1)).started.expect("sent");
    let third = channel.transmitter_free(Time::from_ms(2)).started.expect("sent");
    assert_eq!((second.marked, third.marked), (false, true));
    assert_eq!(channel.results(Time::from_ms(9)).marks, 1);
}
