//! A chart: a coordinate system of plotters with its grid, axes and numbers in the one look.

use plotters::chart::{ChartBuilder, ChartContext, LabelAreaPosition};
use plotters::coord::cartesian::Cartesian2d;
use plotters::element::{Cross, Polygon};
use plotters::series::{LineSeries, PointSeries};
use plotters::style::{Color, TRANSPARENT};

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Colour, IN_MEMORY, Point, Stroke};
use super::dashed::Dashed;
use super::estimates::Bar;
use super::font;
use super::page::{self, Area, words};
use super::style::{self, GREY, GRID, INK, LABEL, SMALL};

/// A place in the units of the axes.
pub(super) type Value = (f64, f64);

/// Room below a chart for the numbers and the title of its horizontal axis [px].
pub(super) const BELOW: f64 = SMALL * 1.35 + LABEL * 1.25;

/// How far ticks reach out [px]. Numbers keep twice that distance.
const TICK: f64 = 6.0;

/// Room left of a chart for the numbers of its vertical axis [px].
pub(super) fn beside(axis: &Axis) -> f64 {
    let widths = axis.ticks.iter().map(|(_, label)| font::width(label, SMALL));
    widths.fold(24.0, f64::max) + 2.0 * TICK + 2.0
}

/// A coordinate system to draw in.
pub(super) struct Chart<'c, 'a> {
    canvas: &'c Canvas<'a>,
    context: ChartContext<'a, super::surface::Surface<'a>, Cartesian2d<Axis, Axis>>,
}

impl<'c, 'a> Chart<'c, 'a> {
    /// Draws the grid, the axes and the numbers at them round `area`. `below` is the title of the
    /// horizontal axis; without one it gets no numbers either, as another chart below has them.
    pub(super) fn new(
        canvas: &'c Canvas<'a>,
        area: Area,
        x: &Axis,
        y: &Axis,
        below: Option<&str>,
    ) -> Self {
        let left = beside(y).min(area.left);
        let bottom = if below.is_some() { BELOW } else { TICK };
        let part = canvas.part((area.left - left, area.top), (area.right, area.bottom + bottom));
        let mut context = ChartBuilder::on(&part)
            .set_label_area_size(LabelAreaPosition::Left, canvas.units(left))
            .set_label_area_size(LabelAreaPosition::Bottom, canvas.units(bottom))
            .build_cartesian_2d(x.clone(), y.clone())
            .expect(IN_MEMORY);
        let unlabelled = |_: &f64| String::new();
        let mut mesh = context.configure_mesh();
        mesh.axis_style(canvas.style(Stroke::solid(GREY, 2.0)))
            .bold_line_style(canvas.style(Stroke::solid(GRID, 1.5)))
            .light_line_style(TRANSPARENT)
            .set_all_tick_mark_size(canvas.units(TICK))
            .label_style(canvas.lettering(words(GREY, SMALL, Anchor::Middle)))
            .axis_desc_style(canvas.lettering(words(INK, LABEL, Anchor::Middle)));
        match below {
            Some(title) => mesh.x_desc(title),
            None => mesh.x_label_formatter(&unlabelled),
        };
        mesh.draw().expect(IN_MEMORY);
        Self { canvas, context }
    }

    /// Where a value is on the sheet [px].
    fn pixel(&self, value: Value) -> Point {
        self.canvas.pixel(self.context.backend_coord(&value))
    }

    /// A line through `points`.
    pub(super) fn line(&mut self, points: Vec<Value>, stroke: Stroke) {
        let style = self.canvas.style(stroke);
        let drawn = match stroke.dash.is_empty() {
            true => self.context.draw_series(LineSeries::new(points, style)),
            false => self.context.draw_series([Dashed::new(points, stroke)]),
        };
        drawn.expect(IN_MEMORY);
    }

    /// A filled area; `opacity` from 0 to 1.
    pub(super) fn band(&mut self, points: Vec<Value>, fill: Colour, opacity: f64) {
        let band = Polygon::new(points, fill.rgb().mix(opacity));
        self.context.draw_series([band]).expect(IN_MEMORY);
    }

    /// Crosses; those too near the one before are left out.
    pub(super) fn crosses(&mut self, values: impl Iterator<Item = Value>, stroke: Stroke) {
        const ARM: f64 = 6.0;
        const APART: f64 = 5.0;
        let mut last = f64::NEG_INFINITY;
        let apart = values.filter(|&value| {
            let at = self.pixel(value).0;
            let keep = at >= last + APART;
            last = if keep { at } else { last };
            keep
        });
        let places: Vec<Value> = apart.collect();
        let (arm, style) = (self.canvas.units(ARM), self.canvas.style(stroke));
        let crosses = PointSeries::<_, _, Cross<_, _>, _>::new(places, arm, style);
        self.context.draw_series(crosses).expect(IN_MEMORY);
    }

    /// Draws series `number` of `of`: its line, with markers every now and then.
    pub(super) fn series(&mut self, by: By, points: Vec<Value>, number: usize, of: usize) {
        let look = style::series(number);
        let pixels: Vec<Point> = points.iter().map(|&value| self.pixel(value)).collect();
        self.line(points, Stroke { colour: look.colour, width: 3.5, dash: look.dash });
        if of > 1 {
            for place in marker_places(by, &pixels, number, of) {
                page::marker(self.canvas, place, look);
            }
        }
    }
}

impl Chart<'_, '_> {
    /// A marker at each point, and no line.
    pub(super) fn points(&self, points: &[Value], look: style::SeriesStyle) {
        for &point in points {
            page::marker(self.canvas, self.pixel(point), look);
        }
    }

    /// Draws what a model says of curve `number`.
    pub(super) fn model(&mut self, points: Vec<Value>, number: usize) {
        if points.len() > 1 {
            let colour = style::series(number).colour;
            self.line(points, Stroke { colour, width: 2.5, dash: style::MODEL });
        }
    }

    /// Draws of curve `number` the lines between its means.
    pub(super) fn means(&mut self, bars: &[Bar], number: usize) {
        let look = style::series(number);
        self.line(
            bars.iter().map(|bar| (bar.x, bar.mean)).collect(),
            Stroke { colour: look.colour, width: 3.0, dash: look.dash },
        );
    }

    /// Draws curve `number` of `of`: its means with markers and their intervals.
    pub(super) fn bars(&mut self, bars: &[Bar], number: usize, of: usize) {
        const CAP: f64 = 7.0;
        let look = style::series(number);
        // Those of different curves stand beside each other.
        let shift = (number as f64 - (of as f64 - 1.0) / 2.0) * 2.0;
        let stroke = Stroke::solid(look.colour, 2.0);
        for bar in bars.iter().filter(|bar| bar.half_width > 0.0) {
            let (x, low) = self.pixel((bar.x, bar.mean - bar.half_width));
            let (_, high) = self.pixel((bar.x, bar.mean + bar.half_width));
            let x = x + shift;
            self.canvas.line(&[(x, low), (x, high)], stroke);
            for y in [low, high] {
                self.canvas.line(&[(x - CAP, y), (x + CAP, y)], stroke);
            }
        }
        for bar in bars {
            page::marker(self.canvas, self.pixel((bar.x, bar.mean)), look);
        }
    }
}

/// Along what markers are spread evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// For curves over time.
    Width,
    /// For curves that rise.
    Height,
}

/// Where markers stand: shifted so that those of different series keep apart.
fn marker_places(by: By, points: &[Point], number: usize, of: usize) -> Vec<Point> {
    let (along, count): (fn(&Point) -> f64, usize) = match by {
        By::Width => (|point| point.0, 6),
        By::Height => (|point| -point.1, 2),
    };
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    let apart = (along(last) - along(first)) / count as f64;
    let between = |i: usize| {
        let share = (number as f64 + 0.5) / of as f64;
        let wanted = along(first) + apart * (i as f64 + share);
        let after = points.iter().position(|point| along(point) >= wanted)?.max(1);
        let (before, after) = (points[after - 1], *points.get(after)?);
        let span = along(&after) - along(&before);
        let share = if span > 0.0 { (wanted - along(&before)) / span } else { 0.0 };
        let mix = |from: f64, to: f64| from + (to - from) * share;
        Some((mix(before.0, after.0), mix(before.1, after.1)))
    };
    (0..count).filter_map(between).collect()
}
