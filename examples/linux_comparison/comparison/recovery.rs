//! How long it takes until a lost segment is sent again.

use super::measured::Recovery;
use super::row::{Quantity, Row};
use super::simulate::{Sent, watch};

pub(super) fn rows(facts: &[Recovery]) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for fact in facts {
        let (_, seen) = watch(&text(fact))?;
        let gaps = gaps(&seen.sent);
        if gaps.len() < fact.gaps.len() {
            return Err(format!("{}: sent again after {gaps:?} ms", fact.name));
        }
        for (number, (real, ours)) in fact.gaps.iter().zip(&gaps).enumerate() {
            let what = match fact.gaps.len() {
                1 => fact.name.clone(),
                _ => format!("{}: loss {}", fact.name, number + 1),
            };
            let row = Row::new(what, Quantity::Milliseconds, *real, *ours);
            rows.push(Row { reason: fact.reason.clone(), ..row });
        }
    }
    Ok(rows)
}

/// From each lost segment to the next copy of it \[ms\].
fn gaps(sent: &[Sent]) -> Vec<f64> {
    let lost = sent.iter().enumerate().filter(|(_, sent)| sent.lost);
    lost.filter_map(|(place, lost)| {
        let again = sent[place + 1..].iter().find(|later| {
            let (a, b) = (&lost.segment, &later.segment);
            let same =
                a.seq == b.seq && a.data_length == b.data_length && a.flags.fin == b.flags.fin;
            lost.forward == later.forward && a.flags.syn == b.flags.syn && same
        })?;
        Some((again.at - lost.at).as_secs_f64() * 1000.0)
    })
    .collect()
}

/// Losses of one direction; a ping before, for ARP, is packet number one.
fn losses(numbers: &[u64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(|number| (number + 1).to_string()).collect();
    format!("{{ loss = {{ kind = 'list', packets = [{}] }} }}", numbers.join(", "))
}

fn text(fact: &Recovery) -> String {
    let Recovery { tcp, size, .. } = fact;
    let (forward, backward) = (losses(&fact.forward), losses(&fact.backward));
    let hold = if fact.name.starts_with("FIN") { "200ms" } else { "1h" };
    format!(
        "duration = '40s'
        nodes = {{ alice = 'host', bob = 'host' }}
        links.alice--bob = {{ rate = '100Gbps', delay = '20ms', forward = {forward}, backward = {backward} }}
        [apps]
        ping = {{ kind = 'ping', on = 'alice', to = 'bob', count = 1 }}
        server = {{ kind = 'tcp-server', on = 'bob', port = 80 }}
        client = {{ kind = 'tcp-client', on = 'alice', to = 'bob:80', start = '1s', size = '{size}', hold = '{hold}', tcp = {{ {tcp} }} }}
        "
    )
}
