//! Probes of the end of a flight.

use super::pair::{CLIENT, Pair, losing, losing_data};
use crate::tcp::config::Config;
use crate::units::Time;

/// What the client has sent since `start`: bytes of data, and when [ms].
fn sent(pair: &Pair, start: Time) -> Vec<(u16, u64)> {
    let records = pair.sent(CLIENT).into_iter().filter(|record| record.carries());
    let since = |at: Time| at.saturating_sub(start).as_ns() / 1_000_000;
    records.map(|record| (record.segment.data_length, since(record.at))).collect()
}

#[test]
fn new_data_are_the_best_probe_whatever_nagle_says() {
    let mut pair = Pair::established(&Config::linux(), losing_data(&[1]));
    let start = pair.now;
    pair.end(CLIENT).send(100).expect("room");
    pair.settle();
    pair.end(CLIENT).send(50).expect("room");
    pair.run();
    // The answer to the probe tells at once that the first is lost.
    assert_eq!(sent(&pair, start), [(100, 0), (50, 240), (100, 280)]);
}

#[test]
fn new_data_do_not_put_the_probe_off_for_ever() {
    let mut pair = Pair::established(&Config::linux(), losing(|record| record.from == CLIENT));
    let start = pair.now;
    for _ in 0..9 {
        pair.end(CLIENT).send(1448).expect("room");
        pair.settle();
        pair.run_for(Time::from_ms(60));
    }
    let sent = sent(&pair, start);
    // Every 60 ms; the probe when the retransmission timer would have run out.
    let writes: Vec<_> = (0..9).map(|number| 60 * number).collect();
    assert!(writes.iter().all(|at| sent.contains(&(1448, *at))), "{sent:?}");
    assert_eq!(sent.iter().filter(|(_, at)| *at == 240).count(), 2, "{sent:?}");
}
