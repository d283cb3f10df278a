//! Round trips of connections over time, as their senders know them.

use super::axis::Quantity;
use super::canvas::Stroke;
use super::congestion::{of_same, with_samples};
use super::input::{PlotInput, PlotSeries};
use super::panels::{Line, Panel, Scale};
use super::sheet::Format;
use super::style::{self, GREY, HEIGHT, MAX_SERIES};
use super::{busiest, page, panels};
use crate::report::series::SeriesKind;

/// A timeout so many times the round trip would press its line to the ground.
const TOO_FAR: f64 = 4.0;

/// The plot, or nothing if no round trip was recorded.
pub(super) fn draw(input: &PlotInput, format: Format) -> Option<Vec<u8>> {
    let all = with_samples(input, SeriesKind::SmoothedRtt);
    let shown = busiest(&all, MAX_SERIES, |series| series.max());
    if shown.is_empty() {
        return None;
    }
    let panels: Vec<Panel<'_>> = shown.iter().map(|rtt| panel(input, rtt)).collect();
    let high = panels.iter().flat_map(|panel| &panel.lines).map(|line| line.series.max());
    let scale = Scale {
        what: Quantity::Time,
        high: high.fold(0.0, f64::max),
        seconds: input.shown_seconds(),
    };
    let remark = (shown.len() < all.len())
        .then(|| format!("the {} longest of {} connections", shown.len(), all.len()));
    let height = if panels.len() > 4 { HEIGHT * 3 / 2 } else { HEIGHT };
    let subtitle = input.subtitle_over_time(remark);
    Some(page::sheet(format, height, "Smoothed round trips", &subtitle, |canvas, area| {
        panels::draw(canvas, area, &panels, panels.len(), scale);
    }))
}

fn panel<'a>(input: &'a PlotInput, rtt: &'a PlotSeries) -> Panel<'a> {
    let timeout = of_same(input, rtt, SeriesKind::Timeout);
    let timeout = timeout.filter(|timeout| timeout.max() <= rtt.max() * TOO_FAR);
    let dash = Stroke { colour: GREY, width: 2.5, dash: &[12.0, 7.0] };
    let blue = Stroke::solid(style::series(0).colour, 3.0);
    let mut lines: Vec<Line<'_>> = timeout
        .into_iter()
        .map(|series| Line { name: "RTO", series, stroke: dash, band: false })
        .collect();
    lines.push(Line { name: "SRTT", series: rtt, stroke: blue, band: true });
    Panel { label: &rtt.label, lines, crosses: Vec::new(), remark: None }
}
