//! Conversations over TCP.

use super::Look;
use super::grid::{self, Column, Column::Number, Column::Text};
use crate::observe::results::{Flow, Summary};
use crate::report::human;

pub(super) fn print(summary: &Summary, look: &Look) -> Option<String> {
    let flows: Vec<_> = summary.flows.iter().filter(|(_, flow)| flow.protocol == "tcp").collect();
    // Most runs have no timeouts, and columns are precious.
    let timeouts = flows.iter().any(|(_, flow)| flow.timeouts > 0);
    let rows = flows.iter().map(|(name, flow)| row(name, flow, timeouts));
    grid::print("TCP flows", &columns(timeouts), rows.collect(), look)
}

fn columns(timeouts: bool) -> Vec<Column> {
    let mut columns = vec![
        Text("flow"),
        Text("from → to"),
        Number("goodput\n[bit/s]"),
        Number("hand-\nshake"),
        Number("mean\nRTT"),
        Number("sent\nagain"),
    ];
    columns.extend(timeouts.then_some(Number("time-\nouts")));
    columns.push(Text("state"));
    columns
}

fn row(name: &str, flow: &Flow, timeouts: bool) -> Vec<String> {
    let seconds = |time: Option<f64>| time.map_or_else(|| "–".into(), human::time);
    let mut cells = vec![
        name.to_owned(),
        format!("{} → {}", flow.from, flow.to),
        human::prefixed(flow.goodput_bps),
        seconds(flow.handshake_seconds),
        seconds(flow.mean_rtt_seconds),
        human::count(flow.retransmits),
    ];
    cells.extend(timeouts.then(|| human::count(flow.timeouts)));
    cells.push(flow.end_state.clone());
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn tcp() -> Summary {
        let mut summary = sample::summary();
        for (i, flow) in summary.flows.values_mut().enumerate() {
            flow.protocol = "tcp".into();
            flow.retransmits = 17 * i as u64;
            flow.handshake_seconds = Some(0.042_1);
            flow.end_state = ["ESTABLISHED", "TIME-WAIT", "ECONNREFUSED"][i].into();
        }
        summary
    }

    #[test]
    fn fits_eighty_columns() {
        let mut summary = tcp();
        assert!(!print(&summary, &Look::default()).expect("a table").contains("outs"));
        summary.flows[2].timeouts = 6;
        let text = print(&summary, &Look::default()).expect("a table");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        insta::assert_snapshot!(text);
    }
}
