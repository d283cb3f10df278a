//! Something to draw on: a drawing area of plotters, counted in pixels of the page.
//!
//! Coordinates are pixels from the upper left corner. All drawing is done with nothing but the basic
//! operations of arithmetic, so that a drawing is the same to the byte on every machine.

use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, Drawable, PathElement, PointCollection, Polygon, Text as Word};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontStyle, RGBColor, ShapeStyle, TextStyle};

use super::dashed::Dashed;
use super::surface::{SIZE_PER_EM, Surface};
use super::{font, sheet};

/// A colour: red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour(pub(super) u8, pub(super) u8, pub(super) u8);

impl Colour {
    /// As plotters has it.
    pub(super) const fn rgb(self) -> RGBColor {
        RGBColor(self.0, self.1, self.2)
    }
}

/// A place: right, down [px].
pub(super) type Point = (f64, f64);

/// How a line looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    pub(super) colour: Colour,
    /// [px]
    pub(super) width: f64,
    /// Dashes and gaps [px]; none for a solid line.
    pub(super) dash: &'static [f64],
}

impl Stroke {
    /// A solid line.
    pub(super) const fn solid(colour: Colour, width: f64) -> Self {
        Self { colour, width, dash: &[] }
    }

    /// As plotters has it, on a surface with `scale` units per pixel.
    pub(super) fn style(self, scale: f64) -> ShapeStyle {
        let width = libm::round(self.width * scale) as u32;
        self.colour.rgb().stroke_width(width.max(1))
    }
}

/// Which point of a text its place means. Vertically it is always the base line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text {
    pub(super) colour: Colour,
    /// Size of the font [px].
    pub(super) size: f64,
    pub(super) anchor: Anchor,
}

/// A rectangle of a sheet.
pub(super) type Part<'a> = DrawingArea<Surface<'a>, Shift>;

/// A sheet of paper that plotters draws on.
pub(super) struct Canvas<'a> {
    area: DrawingArea<Surface<'a>, Shift>,
    /// Units of the surface per pixel.
    scale: f64,
}

/// Why drawing cannot fail.
pub(super) const IN_MEMORY: &str = "a drawing in memory meets no obstacles";

impl<'a> Canvas<'a> {
    /// A white sheet.
    pub(super) fn new(surface: Surface<'a>) -> Self {
        let scale = surface.scale();
        let area = DrawingArea::from(surface);
        area.fill(&RGBColor(0xff, 0xff, 0xff)).expect(IN_MEMORY);
        Self { area, scale }
    }

    /// Units of the surface for so many pixels.
    pub(super) fn units(&self, px: f64) -> i32 {
        libm::round(px * self.scale) as i32
    }

    /// The pixel at a place of the surface.
    pub(super) fn pixel(&self, (x, y): (i32, i32)) -> Point {
        (f64::from(x) / self.scale, f64::from(y) / self.scale)
    }

    /// Hands everything to the backend.
    pub(super) fn finish(self) {
        self.area.present().expect(IN_MEMORY);
    }

    fn place(&self, (x, y): Point) -> (i32, i32) {
        (self.units(x), self.units(y))
    }

    /// A line's look as plotters has it.
    pub(super) fn style(&self, stroke: Stroke) -> ShapeStyle {
        stroke.style(self.scale)
    }

    /// A rectangle of the sheet for a chart to be drawn in.
    pub(super) fn part(&self, (left, top): Point, (right, bottom): Point) -> Part<'a> {
        let size = (self.units(right) - self.units(left), self.units(bottom) - self.units(top));
        self.area.clone().shrink(self.place((left, top)), size)
    }

    fn draw<E>(&self, element: &E)
    where
        for<'e> &'e E: PointCollection<'e, (i32, i32)>,
        E: Drawable<Surface<'a>>,
    {
        self.area.draw(element).expect(IN_MEMORY);
    }

    /// A line through `points`.
    pub(super) fn line(&self, points: &[Point], stroke: Stroke) {
        let points: Vec<_> = points.iter().map(|&point| self.place(point)).collect();
        match stroke.dash.is_empty() {
            true => self.draw(&PathElement::new(points, self.style(stroke))),
            false => self.draw(&Dashed::new(points, stroke)),
        }
    }

    /// A filled area.
    pub(super) fn area(&self, points: &[Point], fill: Colour) {
        let points: Vec<_> = points.iter().map(|&point| self.place(point)).collect();
        self.draw(&Polygon::new(points, fill.rgb()));
    }

    /// A filled circle.
    pub(super) fn disc(&self, centre: Point, radius: f64, fill: Colour) {
        let radius = self.units(radius).max(1);
        self.draw(&Circle::new(self.place(centre), radius, fill.rgb().filled()));
    }

    /// Words.
    pub(super) fn text(&self, at: Point, words: &str, text: Text) {
        let words = sheet::printable(words);
        self.draw(&Word::new(words, self.place(at), self.lettering(text)));
    }

    /// A style of text for plotters. With the anchor at the bottom it stands on its base line.
    pub(super) fn lettering(&self, text: Text) -> TextStyle<'static> {
        let horizontal = match text.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let size = text.size * self.scale * SIZE_PER_EM;
        let font = FontDesc::new(font::family(), size, FontStyle::Normal);
        let mut style = TextStyle::from(font).pos(Pos::new(horizontal, VPos::Bottom));
        style.color = text.colour.rgb().to_backend_color();
        style
    }

    /// A closed outline with its inside.
    pub(super) fn shape(&self, points: &[Point], fill: Colour, stroke: Stroke) {
        self.area(points, fill);
        let closed: Vec<Point> = points.iter().chain(points.iter().take(2)).copied().collect();
        self.line(&closed, stroke);
    }

    /// A circle with its inside.
    pub(super) fn ring(&self, centre: Point, radius: f64, fill: Colour, stroke: Stroke) {
        self.disc(centre, radius + stroke.width / 2.0, stroke.colour);
        self.disc(centre, radius - stroke.width / 2.0, fill);
    }
}
