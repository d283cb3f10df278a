//! How much room a listener has.

use super::measured::{Accepting, Facts, Flood};
use super::row::{Quantity, Row};
use super::simulate::run;

pub(super) fn rows(facts: &Facts) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for fact in &facts.accepting {
        rows.push(accepting(fact)?);
    }
    for fact in &facts.floods {
        rows.extend(flood(fact)?);
    }
    Ok(rows)
}

fn accepting(fact: &Accepting) -> Result<Row, String> {
    let (listen, clients) = (fact.listen, fact.listen + 4);
    let client = format!("connections = {clients}, interval = '10ms'");
    let summary = run(&text("", listen, &client, ""))?;
    let queues = summary.ports["bob:80/tcp"].listen.ok_or("no listener")?;
    let what = format!("accept queue, listen({listen}), {clients} clients");
    Ok(Row::new(what, Quantity::Count, fact.completed, queues.max_accept_queue as f64))
}

fn flood(fact: &Flood) -> Result<[Row; 2], String> {
    let Flood { cookies, listen, max_syn_backlog, .. } = fact;
    // A host answers, and remembers, only those to whom a route leads.
    let route = "routes = [{ to = '0.0.0.0/0', via = '10.0.0.1' }]";
    let bob = format!("syn-cookies = '{cookies}', max-syn-backlog = {max_syn_backlog}, {route}");
    let flood = "flood = { kind = 'syn-flood', on = 'alice', to = 'bob:80', count = 3000, interval = '10us', start = '100ms' }";
    let summary = run(&text(&bob, *listen, "start = '1s'", flood))?;
    // The client itself is half open for a moment: who counts the flood must not count it.
    let alone = run(&text(&bob, *listen, "start = '3499999us'", flood))?;
    let queues = alone.ports["bob:80/tcp"].listen.ok_or("no listener")?;
    let served = summary.flows["client"].handshake_seconds.is_some();
    let what = format!("cookies {cookies}, listen({listen}), `max-syn-backlog` {max_syn_backlog}");
    let count = |part, real, ours| Row::new(format!("{what}: {part}"), Quantity::Count, real, ours);
    Ok([
        count("half open", fact.half_open, queues.max_syn_queue as f64),
        count("served", f64::from(fact.served), f64::from(served)),
    ])
}

fn text(bob: &str, listen: u32, client: &str, more: &str) -> String {
    let comma = if bob.is_empty() { "" } else { ", " };
    format!(
        "duration = '3500ms'
        [nodes]
        alice = {{ kind = 'host' }}
        bob = {{ kind = 'host'{comma}{bob} }}
        [links]
        alice--bob = {{ rate = '100Gbps', delay = '1ms' }}
        [apps]
        server = {{ kind = 'tcp-server', on = 'bob', port = 80, backlog = {listen}, accept = 'never' }}
        client = {{ kind = 'tcp-client', on = 'alice', to = 'bob:80', size = '10B', hold = '1h', {client} }}
        {more}
        "
    )
}
