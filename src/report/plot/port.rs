//! The receive buffers of ports over time: every port is a queue.

use super::input::PlotInput;
use super::occupancy;
use super::sheet::Format;
use crate::report::series::SeriesKind;

/// The plot, or nothing if no port was recorded.
pub(super) fn draw(input: &PlotInput, format: Format) -> Option<Vec<u8>> {
    let kinds = [SeriesKind::PortPackets, SeriesKind::PortBytes];
    occupancy::draw(input, kinds, "Receive buffers of ports", "ports", format)
}
