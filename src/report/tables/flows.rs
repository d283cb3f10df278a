//! Conversations. A packet counts as `read` when a process at the other end got it.

use super::Look;
use super::grid::{self, Column::Number, Column::Text};
use crate::observe::results::{Flow, Summary};
use crate::report::human;

pub(super) fn print(summary: &Summary, look: &Look) -> Option<String> {
    let columns = [
        Text("flow"),
        Text("from → to"),
        Number("sent"),
        Number("read"),
        Number("goodput\n[bit/s]"),
        Number("mean RTT\n(delay*)"),
        Text("state"),
    ];
    let datagrams = summary.flows.iter().filter(|(_, flow)| flow.protocol != "tcp");
    let rows = datagrams.map(|(name, flow)| row(name, flow));
    grid::print("Flows", &columns, rows.collect(), look)
}

fn row(name: &str, flow: &Flow) -> Vec<String> {
    vec![
        name.into(),
        match flow.to.is_empty() {
            true => flow.from.clone(), // It got no socket, or sends to nobody in particular.
            false => format!("{} → {}/{}", flow.from, flow.to, flow.protocol),
        },
        human::count(flow.packets_sent),
        human::count(flow.packets_delivered),
        human::prefixed(flow.goodput_bps),
        time(flow),
        flow.end_state.clone(),
    ]
}

/// The mean round-trip time or, where the flow measured none, the mean delay with a star.
fn time(flow: &Flow) -> String {
    match (flow.mean_rtt_seconds, flow.mean_delay_seconds) {
        (Some(rtt), _) => human::time(rtt),
        (None, Some(delay)) => format!("{}*", human::time(delay)),
        (None, None) => "–".into(),
    }
}
