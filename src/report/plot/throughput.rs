//! What arrived of each flow, over time.

use super::axis::{Axis, Quantity};
use super::busiest;
use super::chart::{self, By, Chart, Value};
use super::input::PlotInput;
use super::page::{self, Area};
use super::sheet::Format;
use super::style::{HEIGHT, MAX_SERIES};
use crate::report::human;
use crate::report::series::FlowCurves;

/// The plot, or nothing if nothing arrived.
pub(super) fn draw(input: &PlotInput, format: Format) -> Option<Vec<u8>> {
    let all: Vec<_> = input.flows.iter().filter(|flow| flow.throughput.bytes > 0).collect();
    let shown = busiest(&all, MAX_SERIES, |flow| flow.throughput.bytes);
    if shown.is_empty() {
        return None;
    }
    let interval = shown.iter().map(|flow| flow.throughput.interval_seconds).fold(0.0, f64::max);
    let mut remark = format!("data that processes read, means over {}", human::time(interval));
    if shown.len() < all.len() {
        remark += &format!(", the {} busiest of {} flows", shown.len(), all.len());
    }
    let subtitle = input.subtitle(Some(remark));
    let peak = |flow: &&FlowCurves| flow.throughput.bps.iter().copied().fold(0.0, f64::max);
    let high = shown.iter().map(peak).fold(0.0, f64::max) * 1.06;
    let y = Axis::from_zero(Quantity::Rate, high, 6);
    let x = Axis::from_zero(Quantity::Time, input.seconds, 7);
    Some(page::sheet(format, HEIGHT, "Throughput", &subtitle, |canvas, area| {
        let (left, right) = (area.left + chart::beside(&y), area.right - page::LEGEND);
        let plot = Area { left, top: area.top + 36.0, right, bottom: area.bottom - chart::BELOW };
        let mut chart = Chart::new(canvas, plot, &x, &y, Some(&format!("time [{}]", x.unit)));
        page::unit(canvas, area, &format!("[{}]", y.unit));
        for (i, flow) in shown.iter().enumerate() {
            chart.series(By::Width, points(flow, input.seconds), i, shown.len());
        }
        let entries: Vec<_> = shown.iter().map(|flow| (flow.name.clone(), total(flow))).collect();
        page::legend(canvas, plot, &entries);
    }))
}

/// The total, which unlike a mean does not depend on when the flow began.
fn total(flow: &FlowCurves) -> String {
    format!("{} in all", human::size(flow.throughput.bytes))
}

/// The means, each at the middle of its interval; nothing before the first and after the last.
fn points(flow: &FlowCurves, seconds: f64) -> Vec<Value> {
    let width = flow.throughput.interval_seconds;
    let mut points = Vec::new();
    for (i, &bps) in flow.throughput.bps.iter().enumerate() {
        let middle = (width * i as f64 + (width * (i + 1) as f64).min(seconds)) / 2.0;
        points.push((middle, bps));
    }
    let over = width * flow.throughput.bps.len() as f64;
    if over + width < seconds {
        points.push((over + width / 2.0, 0.0));
        points.push((seconds, 0.0));
    }
    points
}
