//! The queues of listeners over time: connections half open, and those that wait to be accepted.

use super::input::{PlotInput, PlotSeries};
use super::occupancy;
use super::sheet::Format;
use crate::report::series::SeriesKind;

/// The plot, or nothing if no two connections ever waited at a port at once.
pub(super) fn draw(input: &PlotInput, format: Format) -> Option<Vec<u8>> {
    let kinds = [SeriesKind::SynQueue, SeriesKind::AcceptQueue];
    let is_queue = |series: &PlotSeries| kinds.contains(&series.kind) && series.max() > 1.0;
    input.series.iter().any(is_queue).then_some(())?;
    occupancy::draw(input, kinds, "Listen queues", "queues", format)
}
