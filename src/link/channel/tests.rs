use super::*;
use crate::link::Framing;
use crate::link::loss::LossSpec;
use crate::packet::PacketStore;
use crate::queue::{QueueSpec, drop_tail, tbf};
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

/// The same with a queue that marks, so that it matters when packets leave it.
fn attended(limit: u64) -> Config {
    let mark = Some(Limit::Packets(limit - 1));
    let queue = QueueSpec::Fifo(drop_tail::Config { limit: Limit::Packets(limit), mark });
    Config { queue, ..config(limit) }
}

fn channel(config: Config) -> Channel {
    Channel::new(config, Stream::new(1, "test"))
}

fn arriving(since: Time, n: u32) -> Queued {
    let packet = PacketId(n);
    Queued::new(packet, 1000, since, true)
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
    let mut channel = channel(attended(2));
    for n in 1..=4 {
        channel.offer(Time::ZERO, arriving(Time::ZERO, n));
    }
    assert_eq!(
        channel.take_drops().map(|drop| drop.packet.packet).collect::<Vec<_>>(),
        [PacketId(4)]
    );
    assert_eq!(channel.backlog().packets, 2);
    let second = channel.transmitter_free(Time::from_ms(1));
    assert_eq!(second.free, Some(Time::from_ms(2)));
    assert_eq!(second.arrival, None, "the first packet's event is still pending");
    let third = channel.transmitter_free(Time::from_ms(2));
    assert_eq!((third.free, third.arrival), (None, None));
    assert_eq!(channel.arrive(Time::from_ms(11)), (Some(PacketId(1)), Some(Time::from_ms(12))));
    assert_eq!(channel.arrive(Time::from_ms(12)), (Some(PacketId(2)), Some(Time::from_ms(13))));
    assert_eq!(channel.arrive(Time::from_ms(13)), (Some(PacketId(3)), None));
    three_were_sent(&channel);
}

fn three_were_sent(channel: &Channel) {
    let results = channel.stats.results(Time::from_ms(20), channel.busy_until(), 0);
    assert_eq!((results.packets, results.bytes, results.drops.queue), (3, 3000, 1));
    assert!((results.utilization - 0.15).abs() < 1e-12);
    assert!((results.queue.mean_packets - 3.0 / 20.0).abs() < 1e-12);
    assert!((results.queue.mean_wait_seconds - 1e-3).abs() < 1e-12);
    assert!((results.queue.p99_wait_seconds - 2e-3).abs() < 2e-5);
}

#[test]
fn a_transmitter_that_nobody_attends_does_the_same() {
    let mut channel = channel(config(2));
    for n in 1..=4 {
        let outcome = channel.offer(Time::ZERO, arriving(Time::ZERO, n));
        assert_eq!(outcome.free, None);
    }
    assert_eq!(
        channel.take_drops().map(|drop| drop.packet.packet).collect::<Vec<_>>(),
        [PacketId(4)]
    );
    channel.catch_up(Time::from_ms(1));
    assert_eq!(channel.backlog().packets, 2, "who leaves at this instant is still there");
    channel.catch_up(Time::from_us(1001));
    assert_eq!(channel.backlog().packets, 1);
    assert_eq!(channel.arrive(Time::from_ms(11)), (Some(PacketId(1)), Some(Time::from_ms(12))));
    assert_eq!(channel.arrive(Time::from_ms(12)), (Some(PacketId(2)), Some(Time::from_ms(13))));
    assert_eq!(channel.arrive(Time::from_ms(13)), (Some(PacketId(3)), None));
    three_were_sent(&channel);
}

#[test]
fn without_delay_the_next_starts_when_the_one_before_arrives() {
    let mut channel = channel(Config { delay: Time::ZERO, ..config(9) });
    for n in 1..=3 {
        channel.offer(Time::ZERO, arriving(Time::ZERO, n));
    }
    assert_eq!(channel.arrive(Time::from_ms(1)), (Some(PacketId(1)), Some(Time::from_ms(2))));
    assert_eq!(channel.arrive(Time::from_ms(2)), (Some(PacketId(2)), Some(Time::from_ms(3))));
    assert_eq!(channel.arrive(Time::from_ms(3)), (Some(PacketId(3)), None));
}

#[test]
fn who_watches_is_told_of_every_packet_in_its_time() {
    let mut channel = channel(config(9));
    assert_eq!(channel.watch(Time::ZERO, true), None);
    for n in 1..=3 {
        channel.offer(Time::ZERO, arriving(Time::ZERO, n));
    }
    let started = |channel: &mut Channel| -> Vec<_> {
        channel.take_started().map(|(at, started)| (started.packet, started.waited, at)).collect()
    };
    let after = |ms| Time::from_ps(Time::from_ms(ms).as_ps() + 1);
    assert_eq!(channel.next_look(), Some(after(1)));
    assert_eq!(channel.next_look(), None, "one event is enough");
    assert!(started(&mut channel).is_empty(), "the first was told by its offer");
    channel.catch_up(after(1));
    assert_eq!(started(&mut channel), [(PacketId(2), Time::from_ms(1), Time::from_ms(1))]);
    assert_eq!(channel.next_look(), Some(after(2)));
    assert_eq!(channel.arrive(Time::from_ms(11)).0, Some(PacketId(1)));
    assert_eq!(started(&mut channel), [(PacketId(3), Time::from_ms(2), Time::from_ms(2))]);
}

#[test]
fn new_settings_apply_to_what_waits_while_nobody_attends() {
    let mut channel = channel(config(9));
    for n in 1..=3 {
        channel.offer(Time::ZERO, arriving(Time::ZERO, n));
    }
    let twice = Config { rate: "16Mbps".parse().expect("a rate"), delay: Time::ZERO, ..config(9) };
    channel.reconfigure(Time::from_us(1500), twice, &PacketStore::default());
    assert_eq!(channel.backlog().packets, 1, "the second was sent at the old rate");
    assert_eq!(channel.attend(), Some(Time::from_ms(2)));
    let third = channel.transmitter_free(Time::from_ms(2));
    assert_eq!(third.arrival, Some(Time::from_us(2500)), "before those sent earlier");
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
    let ended = channel.reconfigure(
        Time::from_us(500),
        Config { up: false, ..config(9) },
        &PacketStore::default(),
    );
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
    channel.reconfigure(Time::from_us(500), config(1), &PacketStore::default());
    assert_eq!(channel.backlog().packets, 1);
    assert_eq!(channel.take_drops().count(), 2);
}

#[test]
fn a_transmission_that_was_cut_does_not_hold_up_the_next() {
    let mut channel = channel(attended(9));
    channel.offer(Time::ZERO, arriving(Time::ZERO, 1));
    let waits = channel.offer(Time::ZERO, arriving(Time::ZERO, 2));
    assert_eq!(waits.free, Some(Time::from_ms(1)));
    channel.reconfigure(
        Time::from_us(100),
        Config { up: false, ..config(9) },
        &PacketStore::default(),
    );
    channel.reconfigure(Time::from_us(200), attended(9), &PacketStore::default());
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

/// A byte each 8 us and 1000 at once: the second packet is held back although the transmitter is free.
#[test]
fn a_queue_that_holds_back_is_asked_again_when_it_says() {
    let shaper = |rate: &str| tbf::Config {
        rate: rate.parse().expect("a rate"),
        burst: "1000B".parse().expect("a size"),
        limit: None,
        latency: None,
        peakrate: None,
        mtu: None,
        queue: None,
    };
    let shaped = |rate| Config { queue: QueueSpec::Tbf(shaper(rate)), ..config(9) };
    let mut channel = channel(shaped("1Mbps"));
    assert!(channel.offer(Time::ZERO, arriving(Time::ZERO, 1)).started.is_some());
    channel.offer(Time::ZERO, arriving(Time::ZERO, 2));
    let free = channel.transmitter_free(Time::from_ms(1));
    assert_eq!((free.started.is_some(), free.free), (false, Some(Time::from_ms(8))));
    // A third asks as well; the event for 8 ms is there already.
    let third = channel.offer(Time::from_ms(2), arriving(Time::from_ms(2), 3));
    assert_eq!((third.started.is_some(), third.free), (false, None));
    assert!(channel.transmitter_free(Time::from_ms(7)).started.is_none(), "nobody waits for that");
    let second = channel.transmitter_free(Time::from_ms(8)).started.expect("there are tokens");
    assert_eq!((second.packet, second.waited), (PacketId(2), Time::from_ms(8)));
    let busy = channel.transmitter_free(Time::from_ms(9));
    assert_eq!((busy.started.is_some(), busy.free), (false, Some(Time::from_ms(16))));
    // Another rate: whoever holds back is asked again at once.
    channel.reconfigure(Time::from_ms(10), shaped("8Mbps"), &PacketStore::default());
    assert!(channel.ask_again(Time::from_ms(10)));
    assert!(channel.transmitter_free(Time::from_ms(10)).started.is_some());
    assert!(!channel.ask_again(Time::from_ms(10)), "it holds nothing back any more");
}
