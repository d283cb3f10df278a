//! A connection of which one direction is closed before the other.

use super::measured::HalfClose;
use super::row::{Quantity, Row, Words};
use super::simulate::{Watch, watch};
use portolan::units::Time;

/// When the server is at work and when all is over.
const LOOKS: [(&str, Time); 2] =
    [("until the server closes", Time::from_ms(1120)), ("afterwards", Time::from_ms(1500))];

pub(super) fn rows(fact: &HalfClose) -> Result<(Row, Vec<Words>), String> {
    let (_, seen) = watch(
        "duration = '2s'
        nodes = { alice = 'host', bob = 'host' }
        [links]
        alice--bob = { rate = '100Gbps', delay = '10us' }
        [apps]
        server = { kind = 'tcp-server', on = 'bob', port = 80, service = '160ms' }
        client = { kind = 'tcp-client', on = 'alice', to = 'bob:80', start = '1s', size = '100B' }
        ",
    )?;
    let fin = seen.sent.iter().find(|sent| sent.forward && sent.segment.flags.fin);
    let fin = fin.ok_or("no FIN")?;
    let after = fin.segment.seq.wrapping_add(u32::from(fin.segment.data_length) + 1);
    let answer = seen.sent.iter().find(|sent| !sent.forward && sent.segment.ack == after);
    let waited = answer.ok_or("no acknowledgment of the FIN")?.at - fin.at;
    let what = "from the FIN to its acknowledgment".to_owned();
    let ours = waited.as_secs_f64() * 1e3;
    let row = Row::new(what, Quantity::Milliseconds, fact.acknowledged_after, ours);
    let states = LOOKS.iter().zip([&fact.between, &fact.after]).map(|((when, at), real)| {
        let both = [0, 1].map(|node| state(&seen, node, *at)).join(", ");
        Words::new(format!("states {when}"), &real.join(", "), both)
    });
    Ok((row, states.collect()))
}

/// The state of a node's end at a time.
fn state(seen: &Watch, node: usize, at: Time) -> &'static str {
    let mut until = seen.states.iter().filter(|(time, whose, _)| *whose == node && *time <= at);
    until.next_back().map_or("none", |(_, _, state)| state)
}
