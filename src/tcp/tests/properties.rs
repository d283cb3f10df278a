//! Whatever the network does to a finite number of segments, every byte arrives once and in
//! order, both ends close, and no timer is left.

use proptest::prelude::*;

use super::pair::{CLIENT, Marker, Network, Pair, Record, SERVER};
use crate::packet::ipv4::Ecn;
use crate::tcp::CloseReason;
use crate::tcp::config::{Config, Congestion, EcnMode, Nagle, Pacing};
use crate::tcp::state::State;
use crate::units::{Bytes, Time};

/// What happens to one segment: a copy after each of these extra delays [ms].
fn fate() -> impl Strategy<Value = Vec<u64>> {
    prop_oneof![
        6 => Just(vec![0]),
        4 => Just(vec![]),
        2 => (0..150_u64).prop_map(|delay| vec![delay]),
        1 => (0..150_u64, 0..600_u64).prop_map(|(first, second)| vec![first, second]),
    ]
}

/// The first segments meet these fates; all later ones arrive.
fn network(fates: Vec<Vec<u64>>) -> Network {
    let mut fates = fates.into_iter();
    Box::new(move |_| {
        fates.next().unwrap_or_else(|| vec![0]).into_iter().map(Time::from_ms).collect()
    })
}

fn config() -> impl Strategy<Value = Config> {
    let nagle = prop_oneof![Just(Nagle::Off), Just(Nagle::Classic), Just(Nagle::Minshall)];
    let congestion = prop_oneof![2 => Just(Congestion::Reno), 2 => Just(Congestion::Cubic), 1 => Just(Congestion::None), 2 => Just(Congestion::Dctcp), 2 => Just(Congestion::Bbr)];
    let buffers = (prop_oneof![Just(3_000_u64), Just(20_000), Just(1_000_000)], 2_000..200_000_u64);
    let options = (any::<bool>(), any::<bool>(), any::<bool>());
    let ecn = prop_oneof![Just(EcnMode::Off), Just(EcnMode::On)];
    let pacing = prop_oneof![Just(Pacing::Off), Just(Pacing::Auto), Just(Pacing::On)];
    let control = (nagle, congestion, ecn, pacing);
    (any::<bool>(), options, control, buffers).prop_map(
        |(
            linux,
            (sack, timestamps, window_scaling),
            (nagle, congestion, ecn, pacing),
            (receive, send),
        )| Config {
            ecn,
            pacing,
            sack,
            timestamps,
            window_scaling,
            nagle,
            congestion,
            receive_buffer: Some(Bytes::new(receive)),
            send_buffer: Some(Bytes::new(send)),
            // Nothing may be given up here, and TIME-WAIT must outlive every lost FIN.
            rto_max: Time::from_secs(10),
            time_wait: Time::from_secs(10_000),
            retries: 300,
            syn_retries: 12,
            synack_retries: 12,
            ..if linux { Config::linux() } else { Config::rfc() }
        },
    )
}

/// The same with every way to find losses, and buffers that grow.
fn any_config() -> impl Strategy<Value = Config> {
    let finding = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let coming_down = (any::<bool>(), any::<bool>(), 1..5_u32);
    (config(), finding, coming_down, any::<bool>(), any::<bool>()).prop_map(
        |(
            config,
            (rack, tail_loss_probe, f_rto, undo),
            (prr, halve_window, duplicate_threshold),
            ack_pushed,
            grows,
        )| Config {
            rack,
            tail_loss_probe,
            f_rto,
            undo,
            prr,
            halve_window,
            duplicate_threshold,
            ack_pushed,
            receive_buffer: config.receive_buffer.filter(|_| !grows),
            send_buffer: config.send_buffer.filter(|_| !grows),
            ..config
        },
    )
}

/// Marks the segments that allow it as the list says, over and over.
fn marking(marks: Vec<bool>) -> Marker {
    let mut count = 0;
    Box::new(move |_| {
        count += 1;
        !marks.is_empty() && marks[count % marks.len()]
    })
}

fn write(pair: &mut Pair, amounts: [u64; 2]) {
    for end in [CLIENT, SERVER] {
        pair.apps[end].to_write = amounts[end];
        pair.apps[end].ends = true;
    }
}

fn check(mut pair: Pair, amounts: [u64; 2]) -> Result<(), TestCaseError> {
    write(&mut pair, amounts);
    pair.run();
    check_end(pair, amounts)
}

fn check_end(mut pair: Pair, amounts: [u64; 2]) -> Result<(), TestCaseError> {
    prop_assert_eq!(pair.states(), [State::Closed; 2]);
    for end in [CLIENT, SERVER] {
        prop_assert_eq!(pair.apps[end].has_read, amounts[1 - end]);
        prop_assert!(pair.apps[end].saw_end);
        let connection = pair.end(end);
        prop_assert_eq!(connection.close_reason(), Some(CloseReason::Finished));
        prop_assert_eq!(connection.poll_timeout(), None);
        prop_assert_eq!((connection.send_queue(), connection.receive_queue()), (0, 0));
        prop_assert_eq!(connection.queue.pipe(), 0);
        prop_assert!(connection.queue.flight.is_empty());
        prop_assert!(connection.queue.flight.capacity() <= 4);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn everything_arrives_once_and_both_ends_close(
        config in any_config(),
        fates in prop::collection::vec(fate(), 0..150),
        marks in prop::collection::vec(any::<bool>(), 0..8),
        there in 0..120_000_u64,
        back in prop_oneof![Just(0_u64), 0..120_000_u64],
    ) {
        let mut pair = Pair::established(&config, network(fates));
        pair.marks = marking(marks);
        check(pair, [there, back])?;
    }

    #[test]
    fn so_it_does_if_losses_never_end(
        config in any_config(),
        seed in 1..u64::MAX,
        percent in (0..40_u64, 0..20_u64, 0..40_u64),
        there in 0..60_000_u64,
        back in 0..60_000_u64,
    ) {
        let mut state = seed;
        let mut dice = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % 100
        };
        let (lost, twice, late) = percent;
        let restless = Box::new(move |_: &Record| {
            let delay = if dice() < late { Time::from_ms(dice()) } else { Time::ZERO };
            if dice() < lost {
                Vec::new()
            } else if dice() < twice {
                vec![delay, Time::from_ms(dice())]
            } else {
                vec![delay]
            }
        });
        check(Pair::established(&config, restless), [there, back])?;
    }

    #[test]
    fn so_it_does_if_the_path_is_narrow(
        config in any_config(),
        fates in prop::collection::vec(fate(), 0..30),
        mtus in (552..1600_u16, 552..1600_u16),
        there in 0..120_000_u64,
        back in 0..120_000_u64,
    ) {
        let mut fates = network(fates);
        let narrow = Box::new(move |record: &Record| {
            let mtu = if record.from == CLIENT { mtus.0 } else { mtus.1 };
            if record.segment.length() + 20 > mtu { Vec::new() } else { fates(record) }
        });
        let mut pair = Pair::established(&config, narrow);
        write(&mut pair, [there, back]);
        let mut seen = 0;
        while pair.step() {
            // Routers answer at once.
            for record in pair.log.split_off(seen) {
                let mtu = if record.from == CLIENT { mtus.0 } else { mtus.1 };
                if record.segment.length() + 20 > mtu {
                    let now = pair.now;
                    let sender = pair.end(record.from);
                    sender.handle_fragmentation_needed(now, mtu, record.segment.seq);
                }
            }
            seen = pair.log.len();
        }
        check_end(pair, [there, back])?;
    }

    #[test]
    fn so_it_does_if_the_handshake_suffers_too(
        config in any_config(),
        fates in prop::collection::vec(fate(), 0..10),
        there in 0..30_000_u64,
        back in 0..30_000_u64,
    ) {
        check(Pair::new(&config, network(fates)), [there, back])?;
    }

    #[test]
    fn nothing_that_arrives_makes_it_panic(
        segments in prop::collection::vec((0..64_u8, -70_000..70_000_i32, -70_000..70_000_i32, 0..1460_u16, any::<u16>()), 1..40)
    ) {
        let mut pair = Pair::established(&Config { ecn: EcnMode::On, ..Config::linux() }, network(Vec::new()));
        pair.apps[SERVER].to_write = 20_000;
        pair.settle();
        let now = pair.now;
        pair.end(CLIENT).acks.now = true;
        let model = pair.end(CLIENT).poll_transmit(now).expect("an acknowledgment").segment;
        for (bits, seq, ack, data_length, window) in segments {
            let mut segment = model;
            let ecn = [Ecn::NotEct, Ecn::Ect0, Ecn::Ce][usize::from(bits % 3)];
            let flags = &mut segment.flags;
            flags.syn = bits & 1 != 0 && bits & 32 != 0;
            flags.fin = bits & 2 != 0 && bits & 32 != 0;
            flags.rst = bits & 4 != 0 && bits & 24 == 24;
            flags.ack = bits & 8 != 0;
            (flags.ece, flags.cwr) = (bits & 16 != 0, bits & 20 == 20);
            segment.seq = segment.seq.wrapping_add(seq.cast_unsigned());
            segment.ack = segment.ack.wrapping_add(ack.cast_unsigned());
            segment.data_length = data_length;
            segment.window = window;
            pair.end(SERVER).handle_segment(now, &segment, ecn);
            pair.settle();
            prop_assert!(pair.end(SERVER).in_flight() <= 20_001);
        }
    }
}
