//! What queues dropped and marked for other reasons than that they were full.

use super::Look;
use super::grid::{self, Column::Number, Column::Text};
use super::links::name;
use crate::observe::results::{Channel, Summary};
use crate::report::human;

pub(super) fn print(summary: &Summary, look: &Look) -> Option<String> {
    let columns = [Text("direction"), Number("packets"), Text("what the queue did")];
    let rows = summary.links.iter().flat_map(|(link, directions)| {
        let managed = directions.iter().filter(|(_, channel)| is_managed(channel));
        managed.flat_map(move |(direction, channel)| rows(&name(link, direction), channel))
    });
    grid::print("Queues", &columns, rows.collect(), look)
}

fn is_managed(channel: &Channel) -> bool {
    channel.marks > 0 || channel.drops.by_reason.full < channel.drops.queue
}

fn rows(direction: &str, channel: &Channel) -> Vec<Vec<String>> {
    let drops = channel.drops.by_reason.counts();
    let drops = drops.map(|(reason, count)| (count, format!("dropped: {reason}")));
    let marks = channel.marks_by_reason.counts();
    let marks = marks.map(|(reason, count)| (count, format!("marked: {}", reason.words())));
    let told = drops.into_iter().chain(marks).filter(|(count, _)| *count > 0);
    told.map(|(count, what)| vec![direction.to_owned(), human::count(count), what]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn tells_what_queues_decided_and_nothing_of_plain_ones() {
        let mut summary = sample::summary();
        let look = Look::default();
        assert_eq!(print(&summary, &look), None);
        let link = summary.links.values_mut().next().expect("a link");
        let channel = link.values_mut().next().expect("a direction");
        channel.drops.queue += 7;
        channel.drops.by_reason.overdue = 7;
        channel.marks = 1200;
        channel.marks_by_reason.early = 1200;
        let text = print(&summary, &look).expect("a table");
        assert!(text.contains("dropped: waited too long"), "{text}");
        assert!(text.contains("marked: in the place of an early drop"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}
