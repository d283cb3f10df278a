//! The queues before links over time.

use super::input::PlotInput;
use super::occupancy;
use super::sheet::Format;
use crate::report::series::SeriesKind;

/// The plot, or nothing if no queue was recorded.
pub(super) fn draw(input: &PlotInput, format: Format) -> Option<Vec<u8>> {
    let kinds = [SeriesKind::QueuePackets, SeriesKind::QueueBytes];
    occupancy::draw(input, kinds, "Queues before links", "queues", format)
}
