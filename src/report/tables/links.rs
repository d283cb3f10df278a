//! Directions of links that carried or lost something.

use super::Look;
use super::grid::{self, Column::Number, Column::Text};
use crate::observe::results::{Channel, Summary};
use crate::report::human;

pub(super) fn print(summary: &Summary, look: &Look) -> Option<String> {
    let columns = [
        Text("direction"),
        Number("packets"),
        Number("in use"),
        Number("drops"),
        Number("queue\nmean"),
        Number("queue\nmax"),
        Number("wait\np99"),
    ];
    let rows = summary.links.iter().flat_map(|(link, directions)| {
        let busy = directions.iter().filter(|(_, channel)| has_traffic(channel));
        busy.map(move |(direction, channel)| row(link, direction, channel))
    });
    grid::print("Links", &columns, rows.collect(), look)
}

fn drops(channel: &Channel) -> u64 {
    let drops = &channel.drops;
    drops.queue + drops.loss + drops.corrupt + drops.down
}

fn has_traffic(channel: &Channel) -> bool {
    channel.packets > 0 || drops(channel) > 0
}

/// `a → b` for a direction of the link `a--b`; links of other names say theirs as well.
pub(super) fn name(link: &str, direction: &str) -> String {
    let shown = direction.replacen("->", " → ", 1);
    match direction.split_once("->") {
        Some((a, b)) if link == format!("{a}--{b}") || link == format!("{b}--{a}") => shown,
        _ => format!("{link}: {shown}"),
    }
}

fn row(link: &str, direction: &str, channel: &Channel) -> Vec<String> {
    vec![
        name(link, direction),
        human::count(channel.packets),
        human::share(channel.utilization),
        human::count(drops(channel)),
        human::mean(channel.queue.mean_packets),
        human::count(channel.queue.max_packets),
        human::time(channel.queue.p99_wait_seconds),
    ]
}
