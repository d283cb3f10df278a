//! What arrived of each flow, over time.

use super::axis::{Axis, Quantity};
use super::busiest;
use super::chart::{self, By, Chart, Value};
use super::input::{PlotInput, PlotSeries};
use super::page::{self, Area};
use super::sheet::Format;
use super::style::{HEIGHT, MAX_SERIES};
use crate::report::human;
use crate::report::series::{FlowCurves, SeriesKind};
use crate::units::Time;

/// Means over so many stretches of time can be told apart on a slide.
const STEPS: usize = 128;

/// The throughput of a flow or a link.
struct Curve {
    name: String,
    /// Data in all \[bytes\].
    bytes: u64,
    /// Over how long means are \[s\].
    interval: f64,
    points: Vec<Value>,
}

/// The plot, or nothing if nothing arrived.
pub(super) fn draw(input: &PlotInput, format: Format) -> Option<Vec<u8>> {
    let seconds = input.shown_seconds();
    let (mut all, mut what) = (of_flows(input, seconds), "data that processes read");
    let mut things = "flows";
    let links = of_series(input, SeriesKind::LinkThroughput, seconds);
    let crossed = links.iter().map(|curve| curve.bytes).max().unwrap_or(0);
    // Of connections nothing is known unless it is recorded.
    if all.iter().map(|curve| curve.bytes).sum::<u64>() < crossed / 2 {
        all = links;
        (what, things) = ("what crosses the links", "directions of links");
    }
    let order: Vec<usize> = (0..all.len()).collect();
    let shown = busiest(&order, MAX_SERIES, |&i| all[i].bytes);
    let shown: Vec<&Curve> = shown.into_iter().map(|i| &all[i]).collect();
    if shown.is_empty() {
        return None;
    }
    let interval = shown.iter().map(|curve| curve.interval).fold(0.0, f64::max);
    let mut remark = format!("{what}, means over {}", human::time(interval));
    if shown.len() < all.len() {
        remark += &format!(", the {} busiest of {} {things}", shown.len(), all.len());
    }
    let subtitle = input.subtitle_over_time(Some(remark));
    let values = shown.iter().flat_map(|curve| curve.points.iter().map(|point| point.1));
    let y = Axis::from_zero(Quantity::Rate, values.fold(0.0, f64::max) * 1.06, 6);
    let x = Axis::from_zero(Quantity::Time, seconds, 7);
    Some(page::sheet(format, HEIGHT, "Throughput", &subtitle, |canvas, area| {
        let (left, right) = (area.left + chart::beside(&y), area.right - page::LEGEND);
        let plot = Area { left, top: area.top + 36.0, right, bottom: area.bottom - chart::BELOW };
        let mut chart = Chart::new(canvas, plot, &x, &y, Some(&format!("time [{}]", x.unit)));
        page::unit(canvas, area, &format!("[{}]", y.unit));
        for (i, curve) in shown.iter().enumerate() {
            chart.series(By::Width, curve.points.clone(), i, shown.len());
        }
        // The total, which unlike a mean does not depend on when the flow began.
        let entry =
            |curve: &&Curve| (curve.name.clone(), format!("{} in all", human::size(curve.bytes)));
        page::legend(canvas, plot, &shown.iter().map(entry).collect::<Vec<_>>());
    }))
}

/// Flows whose data were seen to arrive, and those of which it was recorded how fast they came.
fn of_flows(input: &PlotInput, seconds: f64) -> Vec<Curve> {
    let seen = input.flows.iter().filter(|flow| flow.throughput.bytes > 0);
    let mut all: Vec<Curve> = seen.map(|flow| seen_to_arrive(flow, seconds)).collect();
    for curve in of_series(input, SeriesKind::FlowThroughput, seconds) {
        if all.iter().all(|known| known.name != curve.name) {
            all.push(curve);
        }
    }
    all
}

/// The series of a kind, those that were ever above zero.
fn of_series(input: &PlotInput, kind: SeriesKind, seconds: f64) -> Vec<Curve> {
    let is_used = |series: &&PlotSeries| series.kind == kind && series.max() > 0.0;
    input.series.iter().filter(is_used).map(|series| recorded(series, seconds)).collect()
}

/// A recorded series: each value is the mean until the next.
fn recorded(series: &PlotSeries, seconds: f64) -> Curve {
    let (mut samples, end) = (series.samples.clone(), Time::from_secs_f64(seconds));
    let bytes = (samples.area() / 8.0).round() as u64;
    samples.cut(end);
    if let Some(last) = samples.buckets().last().filter(|last| last.end < end) {
        samples.push(end, last.last);
    }
    samples.reduce(STEPS);
    let (mut points, mut interval) = (Vec::new(), 0.0f64);
    let nexts = samples.buckets().iter().skip(1).map(|next| next.start);
    let ends = nexts.chain(samples.buckets().last().map(|last| last.end));
    for (bucket, next) in samples.buckets().iter().zip(ends).filter(|(it, next)| it.start < *next) {
        let (from, to) = (bucket.start.as_secs_f64(), next.as_secs_f64());
        points.push(((from + to) / 2.0, bucket.mean_until(next)));
        interval = interval.max(to - from);
    }
    Curve { name: series.label.clone(), bytes, interval, points }
}

/// The means, each at the middle of its interval; nothing before the first and after the last.
fn seen_to_arrive(flow: &FlowCurves, seconds: f64) -> Curve {
    let interval = flow.throughput.interval_seconds;
    let mut points = Vec::new();
    for (i, &bps) in flow.throughput.bps.iter().enumerate() {
        let middle = (interval * i as f64 + (interval * (i + 1) as f64).min(seconds)) / 2.0;
        points.push((middle, bps));
    }
    let over = interval * flow.throughput.bps.len() as f64;
    if over + interval < seconds {
        points.push((over + interval / 2.0, 0.0));
        points.push((seconds, 0.0));
    }
    Curve { name: flow.name.clone(), bytes: flow.throughput.bytes, interval, points }
}
