//! Probes of the end of a flight.

use super::pair::{CLIENT, Network, Pair, losing, losing_data};
use crate::tcp::config::{Config, Congestion};
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

/// The probe's answer begins a fast recovery. What was lost is answered for by that: the window
/// does not come down once more when later data are acknowledged.
#[test]
fn a_recovery_accounts_for_the_probe_that_began_it() {
    let config = Config { congestion: Congestion::Reno, timestamps: false, ..Config::linux() };
    let mut count = 0;
    // The probe is the eleventh: it takes longer than the shortest round trip, so RACK believes it.
    let network: Network = Box::new(move |record| {
        count += usize::from(record.from == CLIENT && record.carries());
        match count {
            7..=10 => Vec::new(),
            11 => vec![Time::from_ms(5)],
            _ => vec![Time::ZERO],
        }
    });
    let mut pair = Pair::established(&config, network);
    pair.end(CLIENT).send(14_600).expect("room");
    pair.run_for(Time::from_secs(2));
    let reduced = pair.end(CLIENT).slow_start_threshold();
    assert!(reduced.is_some_and(|threshold| threshold >= 5 * 1448), "{reduced:?}");
    assert_eq!(pair.end(CLIENT).timeouts(), 0);
    pair.end(CLIENT).send(14_600).expect("room");
    pair.run_for(Time::from_ms(200));
    assert_eq!(pair.end(CLIENT).slow_start_threshold(), reduced);
}
