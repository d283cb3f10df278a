//! How long packets of each flow took: cumulative distributions.

use super::axis::{Axis, Quantity};
use super::busiest;
use super::chart::{self, By, Chart, Value};
use super::input::PlotInput;
use super::page::{self, Area};
use super::sheet::Format;
use super::style::{HEIGHT, MAX_SERIES};
use crate::report::human;
use crate::report::series::{Cdf, FlowCurves};

/// The plot of one-way delays, or nothing if none was measured.
pub(super) fn draw_delay(input: &PlotInput, format: Format) -> Option<Vec<u8>> {
    draw(input, |flow| flow.delay.as_ref(), ["One-way delay", "packets"], format)
}

/// The plot of round-trip times, or nothing if none was measured.
pub(super) fn draw_rtt(input: &PlotInput, format: Format) -> Option<Vec<u8>> {
    draw(input, |flow| flow.rtt.as_ref(), ["Round-trip time", "answers"], format)
}

type Select = fn(&FlowCurves) -> Option<&Cdf>;

fn draw(input: &PlotInput, of: Select, words: [&str; 2], format: Format) -> Option<Vec<u8>> {
    let [title, things] = words;
    let all: Vec<_> = input
        .flows
        .iter()
        .filter_map(|flow| of(flow).map(|cdf| (flow.name.as_str(), cdf)))
        .filter(|(_, cdf)| !cdf.points.is_empty())
        .collect();
    let shown = busiest(&all, MAX_SERIES, |(_, cdf)| cdf.count);
    if shown.is_empty() {
        return None;
    }
    let remark = (shown.len() < all.len())
        .then(|| format!("the {} busiest of {} flows", shown.len(), all.len()));
    let subtitle = input.subtitle(remark);
    let y = Axis::from_zero(Quantity::Share, 1.0, 5);
    let x = times(&shown);
    let below = match x.unit {
        "" => title.to_owned(),
        unit => format!("{title} [{unit}]"),
    };
    Some(page::sheet(format, HEIGHT, title, &subtitle, |canvas, area| {
        let (left, right) = (area.left + chart::beside(&y), area.right - page::LEGEND);
        let plot = Area { left, top: area.top + 44.0, right, bottom: area.bottom - chart::BELOW };
        let mut chart = Chart::new(canvas, plot, &x, &y, Some(&below));
        page::unit(canvas, area, &format!("{things} that took no longer [%]"));
        for (i, (_, cdf)) in shown.iter().enumerate() {
            chart.series(By::Height, points(cdf), i, shown.len());
        }
        let entry = |(name, cdf): &(&str, &Cdf)| ((*name).to_owned(), median(cdf));
        page::legend(canvas, plot, &shown.iter().map(entry).collect::<Vec<_>>());
    }))
}

/// The axis of times: logarithmic if they range over more than two decades.
fn times(shown: &[(&str, &Cdf)]) -> Axis {
    let all = || shown.iter().flat_map(|(_, cdf)| cdf.points.iter().map(|point| point.0));
    let high = all().fold(0.0, f64::max);
    let low = all().fold(f64::MAX, f64::min).max(1e-9);
    match high > low * 100.0 {
        true => Axis::decades(low, high),
        false => Axis::from_zero(Quantity::Time, high * 1.05, 7),
    }
}

fn median(cdf: &Cdf) -> String {
    format!("median {}", human::time(cdf.quantile(0.5).unwrap_or(0.0)))
}

/// The staircase from nothing to everything.
fn points(cdf: &Cdf) -> Vec<Value> {
    let mut points = Vec::new();
    let mut height = 0.0;
    for &(seconds, share) in &cdf.points {
        points.push((seconds, height));
        height = share;
        points.push((seconds, height));
    }
    points
}
