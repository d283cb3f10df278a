//! Goodput, drops and the mean queue of bulk transfers.

use super::measured::Bulk;
use super::row::{Quantity, Row};
use super::simulate::run;

/// A full frame as Linux counts it: without the check sequence \[bytes\].
const FRAME: u32 = 1514;
/// What the token bucket lets through at once \[bytes\].
const BURST: u32 = 3 * FRAME;

pub(super) fn rows(facts: &[Bulk]) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for fact in facts {
        let summary = run(&text(fact))?;
        let delivered = summary.flows["client"].bytes_delivered as f64;
        let link = &summary.links["alice--bob"]["alice->bob"];
        let goodput = delivered * 8.0 / f64::from(fact.seconds) / 1e6;
        for (quantity, key, real, simulated) in [
            (Quantity::Goodput, "goodput", fact.goodput, goodput),
            (Quantity::Drops, "drops", fact.drops, link.drops.queue as f64),
            (Quantity::MeanQueue, "mean-queue", fact.mean_queue, link.queue.mean_packets),
        ] {
            let row = Row::new(fact.name.clone(), quantity, real, simulated);
            rows.push(Row { reason: fact.reasons.get(key).cloned(), ..row });
        }
    }
    Ok(rows)
}

fn text(fact: &Bulk) -> String {
    let Bulk { path, queue, connections, seconds, tcp, .. } = fact;
    let link = match path.as_str() {
        "bucket" => {
            let limit = queue * FRAME;
            format!(
                "delay = '20us', forward.queue = {{ kind = 'tbf', rate = '20Mbps', burst = '{BURST}B', limit = '{limit}B' }}"
            )
        }
        _ => format!("rate = '10Mbps', delay = '20ms', queue = '{queue}p'"),
    };
    format!(
        "duration = '{seconds}s'
        nodes = {{ alice = 'host', bob = 'host' }}
        links.alice--bob = {{ framing = '14B', {link} }}
        [apps]
        server = {{ kind = 'tcp-server', on = 'bob', port = 80 }}
        client = {{ kind = 'tcp-client', on = 'alice', to = 'bob:80', connections = {connections}, tcp = {{ {tcp} }} }}
        "
    )
}
