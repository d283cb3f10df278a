//! Queues over time, a panel for each: what both kinds of queues, before links and at ports, share.

use std::collections::BTreeSet;

use super::axis::{Axis, Quantity};
use super::canvas::{Anchor, Canvas, Stroke};
use super::chart::{self, Chart, Value};
use super::input::{PlotInput, PlotSeries};
use super::page::{self, Area, words};
use super::sheet::Format;
use super::style::{self, DROP, GREY, HEIGHT, INK, LABEL, MAX_SERIES, SMALL};
use super::{busiest, font, panels};
use crate::report::human;
use crate::report::series::SeriesKind;
use crate::units::Time;

/// Height of a panel's heading [px].
pub(super) const HEADING: f64 = 42.0;

/// Draws the series of these kinds, or nothing if nothing ever waited. `what` names them in the
/// plural.
pub(super) fn draw(
    input: &PlotInput,
    kinds: [SeriesKind; 2],
    title: &str,
    what: &str,
    format: Format,
) -> Option<Vec<u8>> {
    // What waits to be accepted has two paths.
    let mut known = BTreeSet::new();
    let mut all: Vec<&PlotSeries> = input.series.iter().collect();
    all.retain(|it| kinds.contains(&it.kind) && known.insert((it.kind, &it.label)));
    let is_used = |s: &&PlotSeries| s.max() > 0.0 || s.dropped() > 0;
    let used: Vec<_> = all.iter().copied().filter(is_used).collect();
    let shown = busiest(&used, MAX_SERIES, |s| (s.dropped() as f64, s.max()));
    if shown.is_empty() {
        return None;
    }
    let remark = match (used.len() > shown.len(), all.len() - used.len()) {
        (true, _) => Some(format!("the {} busiest of {} {what}", shown.len(), all.len())),
        (false, 0) => None,
        (false, 1) => Some("one more was always empty".to_owned()),
        (false, empty) => Some(format!("{empty} more {what} were always empty")),
    };
    let subtitle = input.subtitle_over_time(remark);
    // Rows of less height could not be read.
    let height = if shown.len() > 4 { HEIGHT * 3 / 2 } else { HEIGHT };
    Some(page::sheet(format, height, title, &subtitle, |canvas, area| {
        for (i, series) in shown.iter().enumerate() {
            let panel = panel(area, i, shown.len());
            draw_panel(canvas, panel, series, input.shown_seconds(), is_lowest(i, shown.len()));
        }
    }))
}

/// Panels stand in one column while three at most, then in two.
const fn columns(count: usize) -> usize {
    if count > 3 { 2 } else { 1 }
}

/// Whether no panel stands below number `i`.
pub(super) const fn is_lowest(i: usize, count: usize) -> bool {
    i + columns(count) >= count
}

/// The place of panel number `i`, heading included, numbers at the axes not.
pub(super) fn panel(area: Area, i: usize, count: usize) -> Area {
    let columns = columns(count);
    let (rows, gap) = (count.div_ceil(columns), 30.0);
    let width = (area.width() + gap) / columns as f64 - gap;
    let height = (area.height() - chart::BELOW + 8.0) / rows as f64;
    let left = area.left + (width + gap) * (i % columns) as f64;
    let top = area.top + height * (i / columns) as f64;
    Area { left, top, right: left + width, bottom: top + height - 8.0 }
}

/// One queue with its limit and its drops.
pub(super) fn draw_panel(
    canvas: &Canvas<'_>,
    place: Area,
    series: &PlotSeries,
    seconds: f64,
    lowest: bool,
) {
    let what = match series.kind {
        SeriesKind::QueueBytes | SeriesKind::PortBytes => Quantity::Size,
        SeriesKind::SynQueue | SeriesKind::AcceptQueue => Quantity::Connections,
        _ => Quantity::Packets,
    };
    let max = series.max();
    // A limit far above anything that happened would press the line to the ground.
    let limit = series.limit.filter(|&limit| limit <= max * 3.0);
    let high = limit.unwrap_or(max).max(max) * 1.12;
    let top = place.top + HEADING;
    let ticks = (((place.bottom - top) / 48.0) as usize).clamp(2, 6);
    let y = Axis::from_zero(what, high.max(1.2), ticks);
    let left = place.left + chart::beside(&y).max(64.0);
    let area = Area { left, top, right: place.right - 10.0, bottom: place.bottom };
    let ticks = (area.width() / 110.0) as usize;
    let x = Axis::from_zero(Quantity::Time, seconds, ticks.clamp(3, 10));
    let below = lowest.then(|| format!("time [{}]", x.unit));
    let mut chart = Chart::new(canvas, area, &x, &y, below.as_deref());
    heading(canvas, place, series, y.unit, limit.is_none());
    line(&mut chart, series, area.width(), seconds);
    if let Some(limit) = limit {
        let dash = Stroke { colour: GREY, width: 2.5, dash: &[12.0, 7.0] };
        chart.line(vec![(0.0, limit), (seconds, limit)], dash);
    }
    let top = limit.unwrap_or(max);
    let drops = series.drops.iter().map(|mark| (mark.seconds.min(seconds), top));
    chart.crosses(drops, Stroke::solid(DROP, 3.0));
}

/// The panel's name and unit and, at the right, the limit and the drops in words. In a narrow panel
/// the name goes before limit and unit, which the axis shows as well.
fn heading(canvas: &Canvas<'_>, place: Area, series: &PlotSeries, unit: &str, say_limit: bool) {
    let base = place.top + HEADING - 14.0;
    let mut right = place.right - 10.0;
    let name = font::width(&series.label, LABEL);
    let mut put = |text: &str, colour, needs: f64| {
        let width = font::width(text, SMALL) + 22.0;
        if right - width - place.left >= needs {
            canvas.text((right, base), text, words(colour, SMALL, Anchor::End));
            right -= width;
        }
    };
    if series.dropped() > 0 {
        put(&format!("× {} dropped", series.dropped()), DROP, 0.0);
    }
    let unit = format!("[{unit}]");
    let unit_width = font::width(&unit, SMALL) + 14.0;
    if let Some(limit) = series.limit {
        let limit = match series.kind {
            SeriesKind::QueueBytes | SeriesKind::PortBytes => human::size(limit as u64),
            _ => human::count(limit as u64),
        };
        let dashes = if say_limit { "" } else { "- - " };
        put(&format!("{dashes}limit {limit}"), GREY, name + unit_width);
    }
    let room = right - place.left;
    let name = font::fitted(&series.label, LABEL, room);
    canvas.text((place.left, base), &name, words(INK, LABEL, Anchor::Start));
    let left = place.left + font::width(&name, LABEL) + 14.0;
    if left + unit_width <= right {
        canvas.text((left, base), &unit, words(GREY, SMALL, Anchor::Start));
    }
}

/// The range of values as a band and their mean as a line; where no samples had to be merged, the
/// two are one.
fn line(chart: &mut Chart<'_, '_>, series: &PlotSeries, width: f64, seconds: f64) {
    let mut samples = series.samples.clone();
    let buckets = panels::within(&mut samples, width / 2.0, seconds);
    let end = Time::from_secs_f64(seconds);
    let (mut upper, mut lower, mut mean): (Vec<Value>, Vec<Value>, Vec<Value>) = Default::default();
    for (i, bucket) in buckets.iter().enumerate() {
        let next = buckets.get(i + 1).map_or(end, |next| next.start.min(end));
        let value = match bucket.count {
            1 => bucket.last,
            _ => bucket.mean_until(next),
        };
        for time in [bucket.start, next] {
            let at = time.as_secs_f64();
            upper.push((at, bucket.max));
            lower.push((at, bucket.min));
            mean.push((at, value));
        }
    }
    let colour = style::series(0).colour;
    if buckets.iter().any(|bucket| bucket.min < bucket.max) {
        let band = upper.into_iter().chain(lower.into_iter().rev()).collect();
        chart.band(band, colour, 0.3);
    }
    chart.line(mean, Stroke::solid(colour, 3.0));
}
