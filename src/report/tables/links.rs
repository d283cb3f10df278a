//! Directions of links that carried or lost something.

use super::Look;
use super::grid::{self, Column, Column::Number, Column::Text};
use crate::observe::results::{Channel, Summary};
use crate::report::human;

pub(super) fn print(summary: &Summary, look: &Look) -> Option<String> {
    // Most links lose nothing on the way, and then all drops are the queue's.
    let all = || summary.links.values().flat_map(|directions| directions.values());
    let lossy = all().any(|channel| lost(channel) > 0);
    let rows = summary.links.iter().flat_map(|(link, directions)| {
        let busy = directions.iter().filter(|(_, channel)| has_traffic(channel));
        busy.map(move |(direction, channel)| row(link, direction, channel, lossy))
    });
    grid::print("Links", &columns(lossy), rows.collect(), look)
}

fn columns(lossy: bool) -> Vec<Column> {
    let drops = if lossy { "queue\ndrops" } else { "drops" };
    let mut columns = vec![Text("direction"), Number("packets"), Number("in use"), Number(drops)];
    columns.extend(lossy.then_some(Number("lost on\nthe way")));
    columns.extend([Number("queue\nmean"), Number("queue\nmax"), Number("wait\np99")]);
    columns
}

/// What the queue has let through and did not arrive.
fn lost(channel: &Channel) -> u64 {
    let drops = &channel.drops;
    drops.loss + drops.corrupt + drops.down
}

fn has_traffic(channel: &Channel) -> bool {
    channel.packets > 0 || channel.drops.queue + lost(channel) > 0
}

/// `a → b` for a direction of the link `a--b`; links of other names say theirs as well.
pub(super) fn name(link: &str, direction: &str) -> String {
    let shown = direction.replacen("->", " → ", 1);
    match direction.split_once("->") {
        Some((a, b)) if link == format!("{a}--{b}") || link == format!("{b}--{a}") => shown,
        _ => format!("{link}: {shown}"),
    }
}

fn row(link: &str, direction: &str, channel: &Channel, lossy: bool) -> Vec<String> {
    let mut cells = vec![
        name(link, direction),
        human::count(channel.packets),
        human::share(channel.utilization),
        human::count(channel.drops.queue),
    ];
    cells.extend(lossy.then(|| human::count(lost(channel))));
    cells.extend([
        human::mean(channel.queue.mean_packets),
        human::count(channel.queue.max_packets),
        human::time(channel.queue.p99_wait_seconds),
    ]);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn what_is_lost_on_the_way_is_not_the_queues() {
        let mut summary = sample::summary();
        let drops = &mut summary.links["r1--bob"]["r1->bob"].drops;
        (drops.loss, drops.corrupt, drops.down) = (1, 2, 4);
        let text = print(&summary, &Look::default()).expect("a table");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let row = text.lines().find(|line| line.contains("r1 → bob")).expect("a row");
        let counts: Vec<&str> = row.split_whitespace().skip(5).take(2).collect();
        assert_eq!(counts, ["1204", "7"], "{text}");
        for channel in summary.links.values_mut().flat_map(|link| link.values_mut()) {
            let drops = &mut channel.drops;
            (drops.loss, drops.corrupt, drops.down) = (0, 0, 0);
        }
        let text = print(&summary, &Look::default()).expect("a table");
        assert!(text.contains("1204") && !text.contains("lost on"), "{text}");
    }
}
