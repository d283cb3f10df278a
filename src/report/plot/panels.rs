//! Panels with several lines, one panel below the other: what plots of connections share.

use super::axis::{Axis, Quantity};
use super::canvas::{Anchor, Canvas, Colour, Stroke};
use super::chart::{self, Chart, Value};
use super::font;
use super::input::PlotSeries;
use super::occupancy::HEADING;
use super::page::{Area, words};
use super::style::{DROP, GREY, INK, LABEL, SMALL};
use crate::units::Time;

/// A line of a panel.
pub(super) struct Line<'a> {
    pub(super) name: &'static str,
    pub(super) series: &'a PlotSeries,
    pub(super) stroke: Stroke,
    /// Whether the range of merged samples is shown as a band.
    pub(super) band: bool,
}

/// A panel.
pub(super) struct Panel<'a> {
    pub(super) label: &'a str,
    pub(super) lines: Vec<Line<'a>>,
    /// Where crosses stand, and what their legend says.
    pub(super) crosses: Vec<Value>,
    pub(super) remark: Option<String>,
}

/// What the axes of panels have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) what: Quantity,
    pub(super) high: f64,
    pub(super) seconds: f64,
}

impl Panel<'_> {
    /// Draws it at `place`; the `lowest` has the numbers of the time axis.
    pub(super) fn draw(&self, canvas: &Canvas<'_>, place: Area, scale: Scale, lowest: bool) {
        let top = place.top + HEADING;
        let ticks = (((place.bottom - top) / 48.0) as usize).clamp(2, 6);
        let y = Axis::from_zero(scale.what, scale.high * 1.08, ticks);
        let left = place.left + chart::beside(&y).max(64.0);
        let area = Area { left, top, right: place.right - 10.0, bottom: place.bottom };
        let ticks = (area.width() / 110.0) as usize;
        let x = Axis::from_zero(Quantity::Time, scale.seconds, ticks.clamp(3, 10));
        let below = lowest.then(|| format!("time [{}]", x.unit));
        let mut chart = Chart::new(canvas, area, &x, &y, below.as_deref());
        for line in &self.lines {
            draw_line(&mut chart, line, area.width(), scale.seconds);
        }
        chart.crosses(self.crosses.iter().copied(), Stroke::solid(DROP, 3.0));
        let entries: Vec<_> = self.lines.iter().map(|line| (line.name, line.stroke)).collect();
        heading(canvas, place, (self.label, y.unit), &entries, self.remark.as_deref());
    }
}

/// Name and unit to the left, what the lines are to the right, as far as there is room.
pub(super) fn heading(
    canvas: &Canvas<'_>,
    place: Area,
    (label, unit): (&str, &str),
    entries: &[(&str, Stroke)],
    remark: Option<&str>,
) {
    const SAMPLE: f64 = 40.0;
    let base = place.top + HEADING - 14.0;
    let mut right = place.right - 10.0;
    let mut put = |text: &str, colour: Colour, stroke: Option<Stroke>| {
        let width = font::width(text, SMALL);
        canvas.text((right, base), text, words(colour, SMALL, Anchor::End));
        right -= width;
        if let Some(stroke) = stroke {
            canvas.line(&[(right - 8.0 - SAMPLE, base - 8.0), (right - 8.0, base - 8.0)], stroke);
            right -= SAMPLE + 8.0;
        }
        right -= 22.0;
    };
    if let Some(remark) = remark {
        put(remark, DROP, None);
    }
    for (name, stroke) in entries.iter().rev() {
        put(name, GREY, Some(*stroke));
    }
    let unit = if unit.is_empty() { String::new() } else { format!("[{unit}]") };
    let room = right - place.left - font::width(&unit, SMALL) - 14.0;
    let name = font::fitted(label, LABEL, room.max(60.0));
    canvas.text((place.left, base), &name, words(INK, LABEL, Anchor::Start));
    let left = place.left + font::width(&name, LABEL) + 14.0;
    canvas.text((left, base), &unit, words(GREY, SMALL, Anchor::Start));
}

/// Draws the samples, each holding until the next. Where a connection is gone there is no line.
fn draw_line(chart: &mut Chart<'_, '_>, line: &Line<'_>, width: f64, seconds: f64) {
    let mut samples = line.series.samples.clone();
    samples.reduce((width / 1.5) as usize);
    let buckets = samples.buckets();
    let end = Time::from_secs_f64(seconds);
    let (mut mean, mut upper, mut lower): (Vec<Value>, Vec<Value>, Vec<Value>) = Default::default();
    for (i, bucket) in buckets.iter().enumerate() {
        let next = buckets.get(i + 1).map_or(end.max(bucket.end), |next| next.start);
        let is_gone = bucket.last == 0.0;
        if !is_gone {
            let value = if bucket.count == 1 { bucket.last } else { bucket.mean_until(next) };
            for time in [bucket.start, next] {
                let at = time.as_secs_f64();
                mean.push((at, value));
                upper.push((at, bucket.max));
                lower.push((at, bucket.min));
            }
        }
        if is_gone || i + 1 == buckets.len() {
            let (upper, lower) = (std::mem::take(&mut upper), std::mem::take(&mut lower));
            if line.band && upper.iter().zip(&lower).any(|(high, low)| high.1 > low.1) {
                let band = upper.into_iter().chain(lower.into_iter().rev()).collect();
                chart.band(band, line.stroke.colour, 0.3);
            }
            let mean = std::mem::take(&mut mean);
            if !mean.is_empty() {
                chart.line(mean, line.stroke);
            }
        }
    }
}
