//! Panels with several lines, one panel below the other: what plots of connections share.

use super::axis::{Axis, Quantity};
use super::canvas::{Anchor, Canvas, Point, Stroke};
use super::chart::{self, Chart, Value};
use super::font;
use super::input::PlotSeries;
use super::occupancy::{self, HEADING};
use super::page::{Area, words};
use super::style::{DROP, GREY, INK, LABEL, MARGIN, SMALL, WIDTH};
use crate::report::series::{Bucket, Decimated};
use crate::units::Time;

/// Length of the piece of a line beside its name [px].
const SAMPLE: f64 = 40.0;
/// Between two words of a heading [px].
const BETWEEN: f64 = 22.0;

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

/// Draws `panels` on a sheet with room for `count`. What their lines are is said in each heading or, if
/// that is too narrow, once beside the title.
pub(super) fn draw(
    canvas: &Canvas<'_>,
    area: Area,
    panels: &[Panel<'_>],
    count: usize,
    scale: Scale,
) {
    let place = |i| occupancy::panel(area, i, count);
    let fits = panels.iter().enumerate().all(|(i, panel)| panel.names_fit(place(i).width()));
    if !fits {
        legend(canvas, panels);
    }
    for (i, panel) in panels.iter().enumerate() {
        panel.draw(canvas, place(i), scale, (occupancy::is_lowest(i, count), fits));
    }
}

/// What the lines of all panels are, right of the sheet's title.
fn legend(canvas: &Canvas<'_>, panels: &[Panel<'_>]) {
    let mut entries: Vec<(&str, Stroke)> = Vec::new();
    for line in panels.iter().flat_map(|panel| &panel.lines) {
        if entries.iter().all(|(name, _)| *name != line.name) {
            entries.push((line.name, line.stroke));
        }
    }
    let (mut right, base) = (f64::from(WIDTH) - MARGIN - 10.0, MARGIN + 27.0);
    for (name, stroke) in entries.iter().rev() {
        right = sample(canvas, (right, base), name, *stroke);
    }
}

/// A word with a piece of its line before it, to the left of `right`; says where the next one ends.
fn sample(canvas: &Canvas<'_>, (right, base): Point, name: &str, stroke: Stroke) -> f64 {
    canvas.text((right, base), name, words(GREY, SMALL, Anchor::End));
    let right = right - font::width(name, SMALL);
    canvas.line(&[(right - 8.0 - SAMPLE, base - 8.0), (right - 8.0, base - 8.0)], stroke);
    right - SAMPLE - 8.0 - BETWEEN
}

impl Panel<'_> {
    /// Whether its heading has room for the names of its lines beside all else.
    fn names_fit(&self, width: f64) -> bool {
        const UNIT: f64 = 90.0;
        let word = |text: &str| font::width(text, SMALL) + BETWEEN;
        let names = self.lines.iter().map(|line| word(line.name) + SAMPLE + 8.0).sum::<f64>();
        let remark = self.remark.as_deref().map_or(0.0, word);
        font::width(self.label, LABEL) + UNIT + names + remark <= width - 10.0
    }

    /// Draws it at `place`; the lowest has the numbers of the time axis.
    fn draw(
        &self,
        canvas: &Canvas<'_>,
        place: Area,
        scale: Scale,
        (lowest, says_names): (bool, bool),
    ) {
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
        let named = self.lines.iter().filter(|_| says_names);
        let entries: Vec<_> = named.map(|line| (line.name, line.stroke)).collect();
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
    let base = place.top + HEADING - 14.0;
    let mut right = place.right - 10.0;
    if let Some(remark) = remark {
        canvas.text((right, base), remark, words(DROP, SMALL, Anchor::End));
        right -= font::width(remark, SMALL) + BETWEEN;
    }
    for (name, stroke) in entries.iter().rev() {
        right = sample(canvas, (right, base), name, *stroke);
    }
    let unit = if unit.is_empty() { String::new() } else { format!("[{unit}]") };
    let room = right - place.left - font::width(&unit, SMALL) - 14.0;
    let name = font::fitted(label, LABEL, room.max(60.0));
    canvas.text((place.left, base), &name, words(INK, LABEL, Anchor::Start));
    let left = place.left + font::width(&name, LABEL) + 14.0;
    canvas.text((left, base), &unit, words(GREY, SMALL, Anchor::Start));
}

/// The samples of the first `seconds`, as many as have room in `width` pixels.
pub(super) fn within(samples: &mut Decimated, width: f64, seconds: f64) -> &[Bucket] {
    let end = Time::from_secs_f64(seconds);
    samples.cut(end);
    samples.reduce(width as usize);
    samples.buckets()
}

/// Draws the samples, each holding until the next. Where a connection is gone there is no line.
fn draw_line(chart: &mut Chart<'_, '_>, line: &Line<'_>, width: f64, seconds: f64) {
    let mut samples = line.series.samples.clone();
    let buckets = within(&mut samples, width / 1.5, seconds);
    let end = Time::from_secs_f64(seconds);
    let (mut mean, mut upper, mut lower): (Vec<Value>, Vec<Value>, Vec<Value>) = Default::default();
    for (i, bucket) in buckets.iter().enumerate() {
        let next = buckets.get(i + 1).map_or(end, |next| next.start.min(end));
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
