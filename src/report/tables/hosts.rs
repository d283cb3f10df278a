//! Nodes where something worth knowing happened, as lines of words.

use super::grid::wrap;
use super::paint::Paint;
use super::{Look, MAX_ROWS};
use crate::observe::results::{Host, Summary};
use crate::report::human;

pub(super) fn print(summary: &Summary, look: &Look) -> Option<String> {
    let paint = Paint(look.colour);
    let told: Vec<_> = summary
        .hosts
        .iter()
        .map(|(name, host)| (name, counters(host)))
        .filter(|(_, counters)| counters.iter().any(|counter| counter.0 != ROUTINE))
        .collect();
    let widest = told.iter().take(MAX_ROWS).map(|(name, _)| name.chars().count()).max()?.min(24);
    let mut text = format!("{}\n", paint.bold("Hosts"));
    for (name, counters) in told.iter().take(MAX_ROWS) {
        let last = counters.len() - 1;
        let items = counters.iter().enumerate().map(|(i, (what, n))| match i == last {
            true => format!("{what} {n}"),
            false => format!("{what} {n},"),
        });
        let room = look.width.saturating_sub(widest + 3).max(20);
        for (i, line) in wrap(items, room).iter().enumerate() {
            let name = if i == 0 { name.as_str() } else { "" };
            text.push_str(format!(" {name:widest$}  {line}\n").as_str());
        }
    }
    if told.len() > MAX_ROWS {
        let more = format!(" … and {} more (summary.json has all)", told.len() - MAX_ROWS);
        text.push_str(&paint.dim(&more));
        text.push('\n');
    }
    Some(text)
}

/// Forwarding is what routers do all day: alone it does not earn a line.
const ROUTINE: &str = "forwarded";

/// State of TCP connections that is worth a word \[bytes\]: that of some dozen of them.
const MUCH_MEMORY: u64 = 65_536;

/// Counters that are not zero. Left out are those that every quiet network has.
fn counters(host: &Host) -> Vec<(&'static str, String)> {
    let all = [
        (ROUTINE, host.forwarded),
        ("port closed", host.port_closed),
        ("unreachable sent", host.unreachable_sent),
        ("TTL exceeded", host.ttl_exceeded),
        ("time exceeded sent", host.time_exceeded_sent),
        ("resets sent", host.resets_sent),
        ("SYNs dropped", host.syn_dropped),
        ("accept overflows", host.accept_overflows),
        ("cookies sent", host.cookies_sent),
        ("cookies back", host.cookies_received),
        ("no route", host.no_route),
        ("no ARP answer", host.no_neighbor),
        ("filtered", host.filtered),
        ("fragments sent", host.fragments_sent),
        ("reassembled", host.reassembled),
        ("reassembly timeouts", host.reassembly_timeouts),
    ];
    let counted = all.into_iter().filter(|&(_, n)| n > 0).map(|(what, n)| (what, n.to_string()));
    let most = host.max_tcp_memory_bytes;
    let memory = (most >= MUCH_MEMORY).then(|| ("TCP memory", human::size(most)));
    counted.chain(memory).collect()
}
