//! Congestion windows over time with the busiest queue beneath: the sawtooth and its cause.

use super::axis::Quantity;
use super::canvas::Stroke;
use super::chart::Value;
use super::input::{PlotInput, PlotSeries};
use super::panels::{Line, Panel, Scale};
use super::sheet::Format;
use super::style::{self, GREY, HEIGHT, MAX_SERIES};
use super::{busiest, occupancy, page, panels};
use crate::report::series::SeriesKind;

/// The plot, or nothing if no connection's window was recorded that has ever moved.
pub(super) fn draw(input: &PlotInput, format: Format) -> Option<Vec<u8>> {
    let mut all = with_samples(input, SeriesKind::CongestionWindow);
    all.retain(|window| has_moved(window) || has_data_in_flight(input, window));
    let queue = busiest_queue(input);
    let room = MAX_SERIES - usize::from(queue.is_some());
    let shown = busiest(&all, room, |series| series.max());
    if shown.is_empty() {
        return None;
    }
    let panels: Vec<Panel<'_>> = shown.iter().map(|window| panel(input, window)).collect();
    let high = panels.iter().flat_map(|panel| &panel.lines).map(|line| line.series.max());
    let scale = Scale {
        what: Quantity::Size,
        high: high.fold(0.0, f64::max),
        seconds: input.shown_seconds(),
    };
    let remark = (shown.len() < all.len())
        .then(|| format!("the {} largest of {} connections", shown.len(), all.len()));
    let count = panels.len() + usize::from(queue.is_some());
    let height = if count > 4 { HEIGHT * 3 / 2 } else { HEIGHT };
    let subtitle = input.subtitle_over_time(remark);
    Some(page::sheet(format, height, "Congestion windows", &subtitle, |canvas, area| {
        panels::draw(canvas, area, &panels, count, scale);
        if let Some(queue) = &queue {
            let place = occupancy::panel(area, count - 1, count);
            occupancy::draw_panel(canvas, place, queue, scale.seconds, true);
        }
    }))
}

/// The series of this kind that have something to show.
pub(super) fn with_samples(input: &PlotInput, kind: SeriesKind) -> Vec<&PlotSeries> {
    input.series.iter().filter(|series| series.kind == kind && series.max() > 0.0).collect()
}

/// Whether a window was ever more than its first value. That of a half-open connection, as of a flood
/// or a scan, never is; and a handshake's options take little of the first.
fn has_moved(window: &PlotSeries) -> bool {
    let values = window.samples.buckets().iter().flat_map(|it| [it.first, it.min, it.max, it.last]);
    let least = values.filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
    window.max() > 1.05 * least
}

/// Whether a window was ever used for more than a handshake: a tenth of it was full.
fn has_data_in_flight(input: &PlotInput, window: &PlotSeries) -> bool {
    let flight = of_same(input, window, SeriesKind::InFlight);
    flight.is_some_and(|flight| flight.max() > 0.1 * window.max())
}

/// The series of another kind of the same connection.
pub(super) fn of_same<'a>(
    input: &'a PlotInput,
    series: &PlotSeries,
    kind: SeriesKind,
) -> Option<&'a PlotSeries> {
    let same = |other: &&PlotSeries| other.kind == kind && other.label == series.label;
    input.series.iter().find(same).filter(|other| other.max() > 0.0)
}

/// The queue with the most drops, or else the longest.
fn busiest_queue(input: &PlotInput) -> Option<PlotSeries> {
    let queues: Vec<&PlotSeries> = [SeriesKind::QueuePackets, SeriesKind::QueueBytes]
        .into_iter()
        .flat_map(|kind| with_samples(input, kind))
        .collect();
    let queue = *busiest(&queues, 1, |queue| (queue.dropped(), queue.max())).first()?;
    Some(PlotSeries { label: format!("queue {}", queue.label), ..queue.clone() })
}

fn panel<'a>(input: &'a PlotInput, window: &'a PlotSeries) -> Panel<'a> {
    let blue = style::series(0).colour;
    let line = |name, kind, stroke| {
        let series = of_same(input, window, kind)?;
        Some(Line { name, series, stroke, band: false })
    };
    let flight = Stroke::solid(style::series(4).colour, 2.5);
    let threshold = Stroke { colour: GREY, width: 2.5, dash: &[12.0, 7.0] };
    let mut lines = Vec::new();
    lines.extend(line("in flight", SeriesKind::InFlight, flight));
    lines.extend(line("ssthresh", SeriesKind::SlowStartThreshold, threshold));
    lines.push(Line { name: "cwnd", series: window, stroke: Stroke::solid(blue, 3.0), band: true });
    let (crosses, resent) = of_same(input, window, SeriesKind::Retransmits)
        .map_or((Vec::new(), 0.0), |retransmits| (marks(retransmits, window), retransmits.max()));
    let remark = (resent > 0.0).then(|| format!("× {resent:.0} sent again"));
    Panel { label: &window.label, lines, crosses, remark }
}

/// Where segments were sent again: on the line of the window.
fn marks(retransmits: &PlotSeries, window: &PlotSeries) -> Vec<Value> {
    let windows = window.samples.buckets();
    let mut before = 0.0;
    let mut marks = Vec::new();
    for bucket in retransmits.samples.buckets() {
        if bucket.max > before {
            let place = windows.partition_point(|window| window.start <= bucket.start);
            let height = windows.get(place.saturating_sub(1)).map_or(0.0, |window| window.max);
            marks.push((bucket.start.as_secs_f64(), height));
            before = bucket.max;
        }
    }
    marks
}
