//! SYNs and SYN-ACKs without answer, and refusals.

use super::measured::{Attempt, Facts};
use super::row::{Quantity, Row};
use super::simulate::{Sent, watch};

/// When the client begins: a ping before has told everybody the other's link address.
const START: f64 = 1.0;

pub(super) fn rows(facts: &Facts) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for fact in &facts.attempts {
        rows.extend(attempt(fact)?);
    }
    let settings = "loss = { kind = 'list', packets = [";
    // The ping and the SYN arrive, and nothing after them.
    let lost: Vec<String> = (3..100_u32).map(|number| number.to_string()).collect();
    let text = text("", &format!(", forward = {{ {settings}{}] }} }}", lost.join(", ")), "");
    let (_, seen) = watch(&text)?;
    let is_syn_ack = |sent: &&Sent| !sent.forward && sent.segment.flags.syn;
    let times: Vec<f64> =
        seen.sent.iter().filter(is_syn_ack).map(|sent| sent.at.as_secs_f64()).collect();
    rows.extend(times_of("SYN-ACK", &facts.syn_acks.times, &times)?);
    Ok(rows)
}

/// A row for each after the first; the times count from the first.
fn times_of(what: &str, real: &[f64], simulated: &[f64]) -> Result<Vec<Row>, String> {
    if real.len() != simulated.len() {
        return Err(format!("{what}: {} of {} sent", simulated.len(), real.len()));
    }
    let pairs = real.iter().zip(simulated).enumerate().skip(1);
    Ok(pairs
        .map(|(number, (real, at))| {
            let what = format!("{what}, retry {number}");
            Row::new(what, Quantity::Seconds, *real, at - simulated[0])
        })
        .collect())
}

fn attempt(fact: &Attempt) -> Result<Vec<Row>, String> {
    let filter = format!(", filter = [{{ action = '{}', protocol = 'tcp' }}]", fact.filter);
    let (summary, seen) = watch(&text(&filter, "", &fact.tcp))?;
    let errno = &summary.flows["client"].end_state;
    if *errno != fact.errno {
        return Err(format!("{}: {errno} in place of {}", fact.name, fact.errno));
    }
    let syns: Vec<f64> = seen
        .sent
        .iter()
        .filter(|sent| sent.forward && sent.segment.flags.syn)
        .map(|sent| sent.at.as_secs_f64())
        .collect();
    let mut rows = times_of(&format!("SYN, {}", fact.name), &fact.syns, &syns)?;
    let end = seen.closed.ok_or_else(|| format!("{}: no end", fact.name))?.as_secs_f64() - START;
    let what = format!("{errno}, {}", fact.name);
    rows.push(Row::new(what, Quantity::Seconds, fact.end, end));
    Ok(rows)
}

fn text(bob: &str, link: &str, tcp: &str) -> String {
    let port = if bob.is_empty() { 80 } else { 81 };
    format!(
        "duration = '140s'
        [nodes]
        alice = {{ kind = 'host', arp-timeout = '1h' }}
        bob = {{ kind = 'host', arp-timeout = '1h'{bob} }}
        [links]
        alice--bob = {{ rate = '100Gbps', delay = '20ms'{link} }}
        [apps]
        ping = {{ kind = 'ping', on = 'alice', to = 'bob', count = 1 }}
        server = {{ kind = 'tcp-server', on = 'bob', port = {port} }}
        client = {{ kind = 'tcp-client', on = 'alice', to = 'bob:80', start = '{START}s', size = '100B', hold = '1h', tcp = {{ {tcp} }} }}
        "
    )
}
