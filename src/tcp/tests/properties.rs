//! Whatever the network does to a finite number of segments, every byte arrives once and in
//! order, both ends close, and no timer is left.

use proptest::prelude::*;

use super::pair::{CLIENT, Network, Pair, SERVER};
use crate::tcp::CloseReason;
use crate::tcp::config::{Config, Congestion, Nagle};
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
    let congestion = prop_oneof![2 => Just(Congestion::Reno), 2 => Just(Congestion::Cubic), 1 => Just(Congestion::None)];
    let buffers = (prop_oneof![Just(3_000_u64), Just(20_000), Just(1_000_000)], 2_000..200_000_u64);
    let options = (any::<bool>(), any::<bool>(), any::<bool>());
    (any::<bool>(), options, nagle, congestion, buffers).prop_map(
        |(linux, (sack, timestamps, window_scaling), nagle, congestion, (receive, send))| Config {
            sack,
            timestamps,
            window_scaling,
            nagle,
            congestion,
            receive_buffer: Bytes::new(receive),
            send_buffer: Bytes::new(send),
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

fn check(mut pair: Pair, amounts: [u64; 2]) -> Result<(), TestCaseError> {
    for end in [CLIENT, SERVER] {
        pair.apps[end].to_write = amounts[end];
        pair.apps[end].ends = true;
    }
    pair.run();
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
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn everything_arrives_once_and_both_ends_close(
        config in config(),
        fates in prop::collection::vec(fate(), 0..150),
        there in 0..120_000_u64,
        back in prop_oneof![Just(0_u64), 0..120_000_u64],
    ) {
        check(Pair::established(&config, network(fates)), [there, back])?;
    }

    #[test]
    fn so_it_does_if_the_handshake_suffers_too(
        config in config(),
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
        let mut pair = Pair::established(&Config::linux(), network(Vec::new()));
        pair.apps[SERVER].to_write = 20_000;
        pair.settle();
        let now = pair.now;
        pair.end(CLIENT).acks.now = true;
        let model = pair.end(CLIENT).poll_transmit(now).expect("an acknowledgment");
        for (bits, seq, ack, data_length, window) in segments {
            let mut segment = model;
            let flags = &mut segment.flags;
            flags.syn = bits & 1 != 0 && bits & 32 != 0;
            flags.fin = bits & 2 != 0 && bits & 32 != 0;
            flags.rst = bits & 4 != 0 && bits & 24 == 24;
            flags.ack = bits & 8 != 0;
            segment.seq = segment.seq.wrapping_add(seq.cast_unsigned());
            segment.ack = segment.ack.wrapping_add(ack.cast_unsigned());
            segment.data_length = data_length;
            segment.window = window;
            pair.end(SERVER).handle_segment(now, &segment);
            pair.settle();
            prop_assert!(pair.end(SERVER).in_flight() <= 20_001);
        }
    }
}
