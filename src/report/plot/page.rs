//! What all plots share: the sheet with its title, markers, legends.

use super::canvas::{Anchor, Canvas, Colour, Point, Stroke, Text};
use super::font;
use super::sheet::{self, Format};
use super::style::{self, GREY, INK, LABEL, MARGIN, Marker, SMALL, SeriesStyle, TITLE, WIDTH};

/// A rectangle [px].
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    pub(super) fn width(self) -> f64 {
        self.right - self.left
    }
    pub(super) fn height(self) -> f64 {
        self.bottom - self.top
    }
}

/// Words from `anchor`.
pub(super) const fn words(colour: Colour, size: f64, anchor: Anchor) -> Text {
    Text { colour, size, anchor }
}

/// What a sheet with a subtitle needs besides the room that is left on it [px].
pub(super) const ABOVE: f64 = 2.0 * MARGIN + 84.0;

/// The file of a sheet with its title, and its subtitle if there is one; `draw` gets the room left on
/// it.
pub(super) fn sheet(
    format: Format,
    height: u32,
    title: &str,
    subtitle: &str,
    draw: impl FnOnce(&Canvas<'_>, Area),
) -> Vec<u8> {
    sheet::drawn(format, (WIDTH, height), title, |canvas| {
        let (width, height) = (f64::from(WIDTH), f64::from(height));
        let room = width - 2.0 * MARGIN;
        let shown = font::fitted(title, TITLE, room);
        canvas.text((MARGIN, MARGIN + 27.0), &shown, words(INK, TITLE, Anchor::Start));
        if !subtitle.is_empty() {
            let shown = font::fitted(subtitle, SMALL, room);
            canvas.text((MARGIN, MARGIN + 64.0), &shown, words(GREY, SMALL, Anchor::Start));
        }
        let (right, bottom) = (width - MARGIN, height - MARGIN);
        let heading = if subtitle.is_empty() { 46.0 } else { 84.0 };
        draw(canvas, Area { left: MARGIN, top: MARGIN + heading, right, bottom });
    })
}

/// Says in the middle of an empty frame why it is empty.
pub(super) fn nothing(canvas: &Canvas<'_>, area: Area, why: &str) {
    let place = (area.left + area.width() / 2.0, area.top + area.height() / 2.0);
    canvas.text(place, why, words(GREY, LABEL, Anchor::Middle));
}

/// Draws a marker.
pub(super) fn marker(canvas: &Canvas<'_>, (x, y): Point, look: SeriesStyle) {
    let fill = if look.filled { look.colour } else { style::WHITE };
    let stroke = Stroke::solid(look.colour, 3.0);
    match look.marker {
        Marker::Circle => canvas.ring((x, y), 7.0, fill, stroke),
        Marker::Square => {
            let corners = [(x - 6.0, y - 6.0), (x + 6.0, y - 6.0), (x + 6.0, y + 6.0)];
            canvas.shape(&[corners[0], corners[1], corners[2], (x - 6.0, y + 6.0)], fill, stroke);
        }
        Marker::Triangle => {
            canvas.shape(&[(x, y - 8.5), (x + 8.0, y + 6.0), (x - 8.0, y + 6.0)], fill, stroke);
        }
        Marker::Diamond => {
            let corners = [(x, y - 9.0), (x + 9.0, y), (x, y + 9.0), (x - 9.0, y)];
            canvas.shape(&corners, fill, stroke);
        }
    }
}

/// Width of the column that holds a legend [px].
pub(super) const LEGEND: f64 = 316.0;

/// Draws a legend in the column right of `area`: for each series its name and a remark.
pub(super) fn legend(canvas: &Canvas<'_>, area: Area, entries: &[(String, String)]) {
    full_legend(canvas, area, entries, "", |_| false);
}

/// The same where series for which `are_points` have no line.
pub(super) fn legend_with_points(
    canvas: &Canvas<'_>,
    area: Area,
    entries: &[(String, String)],
    are_points: impl Fn(usize) -> bool,
) {
    full_legend(canvas, area, entries, "", are_points);
}

/// The same with the name of the model that the series are compared with, if there is one.
pub(super) fn legend_with_model(
    canvas: &Canvas<'_>,
    area: Area,
    entries: &[(String, String)],
    model: &str,
) {
    full_legend(canvas, area, entries, model, |_| false);
}

fn full_legend(
    canvas: &Canvas<'_>,
    area: Area,
    entries: &[(String, String)],
    model: &str,
    are_points: impl Fn(usize) -> bool,
) {
    const SAMPLE: f64 = 46.0;
    let left = area.right + 28.0;
    let count = entries.len() + usize::from(!model.is_empty());
    let apart = ((area.height() + 40.0) / count.max(1) as f64).min(82.0);
    let (size, below) = if apart < 70.0 { (23.0, 21.0) } else { (LABEL, SMALL) };
    let beside = left + SAMPLE + 12.0;
    let room = LEGEND - 28.0 - SAMPLE - 12.0;
    for (i, (name, remark)) in entries.iter().enumerate() {
        let look = style::series(i);
        let y = area.top + apart * i as f64 + 14.0;
        let (width, dash) = if model.is_empty() { (4.0, look.dash) } else { (2.5, style::MODEL) };
        let stroke = Stroke { colour: look.colour, width, dash };
        if !are_points(i) {
            canvas.line(&[(left, y - 8.0), (left + SAMPLE, y - 8.0)], stroke);
        }
        if count > 1 || are_points(i) {
            marker(canvas, (left + SAMPLE / 2.0, y - 8.0), look);
        }
        let name = if name.is_empty() && !model.is_empty() { "measured" } else { name };
        let name = font::fitted(name, size, room);
        canvas.text((beside, y), &name, words(INK, size, Anchor::Start));
        let remark = font::fitted(remark, below, room);
        canvas.text((beside, y + below * 1.12), &remark, words(GREY, below, Anchor::Start));
    }
    if !model.is_empty() {
        let y = area.top + apart * entries.len() as f64 + 14.0;
        let stroke = Stroke { colour: GREY, width: 2.5, dash: style::MODEL };
        canvas.line(&[(left, y - 8.0), (left + SAMPLE, y - 8.0)], stroke);
        let name = font::fitted(model, size, room);
        canvas.text((beside, y), &name, words(INK, size, Anchor::Start));
    }
}

/// Writes what the vertical axis measures above its upper end: easier to read than turned text.
pub(super) fn unit(canvas: &Canvas<'_>, area: Area, text: &str) {
    canvas.text((area.left, area.top + 16.0), text, words(INK, LABEL, Anchor::Start));
}
