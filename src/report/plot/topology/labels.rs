//! Places for words where nothing else is.

use super::super::canvas::Point;
use super::super::font;
use super::super::page::Area;

/// Finds places for labels, one after the other, that keep clear of icons, links, each other and
/// the edge of the sheet as well as can be.
#[derive(Debug)]
pub(super) struct Labels<'a> {
    sheet: Area,
    lines: &'a [[Point; 2]],
    taken: Vec<Area>,
    radius: f64,
}

/// Base line below the middle of a line of text, in sizes of the font.
const BASE: f64 = 0.36;
/// From one line of text to the next, in sizes of the font.
const LEADING: f64 = 1.15;

/// What may be in the way of a label at a link.
const BEARABLE: f64 = 90.0;

impl<'a> Labels<'a> {
    pub(super) fn new(sheet: Area, lines: &'a [[Point; 2]], icons: &[Point], radius: f64) -> Self {
        let taken = icons.iter().map(|&(x, y)| around((x, y), radius * 1.05, radius)).collect();
        Self { sheet, lines, taken, radius }
    }

    /// A place for the name of the icon at `icon`: below, above or beside it. The name may come
    /// back shortened.
    pub(super) fn beside(&mut self, icon: Point, name: &str, size: f64) -> (Point, String) {
        let name = font::fitted(name, size, 230.0);
        let (w, h) = (font::width(&name, size) / 2.0, size * 0.55);
        let (r, (x, y)) = (self.radius, icon);
        let (down, aside) = (r + h + 3.0, r * 1.1 + w + 8.0);
        let places = [
            (x, y + down),
            (x, y - down),
            (x + aside, y),
            (x - aside, y),
            (x + aside * 0.75, y + down * 0.85),
            (x - aside * 0.75, y + down * 0.85),
            (x + aside * 0.75, y - down * 0.85),
            (x - aside * 0.75, y - down * 0.85),
        ];
        let (_, (x, y)) = self.best(&places, w, h);
        self.take((x, y), w, h);
        ((x, y + size * BASE), name)
    }

    /// Places for the lines of text at a link: next to its middle, or towards an end. Without room
    /// anywhere there are none: a label over something else would help nobody.
    pub(super) fn along(&mut self, link: [Point; 2], text: &[String], size: f64) -> Vec<Point> {
        let widths = text.iter().map(|line| font::width(line, size));
        let w = widths.fold(0.0, f64::max) / 2.0;
        let h = size * (LEADING * text.len() as f64) / 2.0;
        let [(x0, y0), (x1, y1)] = link;
        let length = libm::sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0)).max(1e-9);
        let (nx, ny) = ((y1 - y0) / length, -(x1 - x0) / length);
        // Far enough aside that the box just clears the line.
        let aside = w * nx.abs() + h * ny.abs() + 6.0;
        // Above the line, or right of it, comes first.
        let first = if ny > 0.3 || (ny.abs() <= 0.3 && nx < 0.0) { -1.0 } else { 1.0 };
        let mut places = Vec::new();
        for along in [0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73] {
            for side in [first, -first] {
                let (x, y) = (x0 + (x1 - x0) * along, y0 + (y1 - y0) * along);
                places.push((x + nx * aside * side, y + ny * aside * side));
            }
        }
        let (cost, (x, y)) = self.best(&places, w, h);
        if cost > BEARABLE {
            return Vec::new();
        }
        self.take((x, y), w, h);
        let top = y - size * LEADING * (text.len() as f64 - 1.0) / 2.0;
        let line = |i: usize| (x, top + size * LEADING * i as f64 + size * BASE);
        (0..text.len()).map(line).collect()
    }

    /// The first of the places with the least in the way, and how much that is.
    fn best(&self, places: &[Point], w: f64, h: f64) -> (f64, Point) {
        let mut best = (f64::MAX, places[0]);
        for &place in places {
            let cost = self.cost(around(place, w + 2.0, h + 2.0));
            if cost < best.0 - 1e-6 {
                best = (cost, place);
            }
        }
        best
    }

    fn take(&mut self, place: Point, w: f64, h: f64) {
        self.taken.push(around(place, w + 1.0, h));
    }

    /// What is in the way of a label at `area` [px of its extent].
    fn cost(&self, area: Area) -> f64 {
        let covered = |other: &Area| {
            let wide = area.right.min(other.right) - area.left.max(other.left);
            let high = area.bottom.min(other.bottom) - area.top.max(other.top);
            if wide > 0.0 && high > 0.0 { 20.0 + wide * high } else { 0.0 }
        };
        let crossed = |line: &[Point; 2]| length_within(*line, area) * 4.0;
        let outside = (self.sheet.left - area.left).max(0.0)
            + (area.right - self.sheet.right).max(0.0)
            + (self.sheet.top - area.top).max(0.0)
            + (area.bottom - self.sheet.bottom).max(0.0);
        self.taken.iter().map(covered).sum::<f64>()
            + self.lines.iter().map(crossed).sum::<f64>()
            + outside * 1000.0
    }
}

fn around((x, y): Point, w: f64, h: f64) -> Area {
    Area { left: x - w, top: y - h, right: x + w, bottom: y + h }
}

/// The length of the part of a line that lies within `area` [px] (Liang and Barsky, 1984).
fn length_within([(x0, y0), (x1, y1)]: [Point; 2], area: Area) -> f64 {
    let (dx, dy) = (x1 - x0, y1 - y0);
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    let sides = [
        (-dx, x0 - area.left),
        (dx, area.right - x0),
        (-dy, y0 - area.top),
        (dy, area.bottom - y0),
    ];
    for (towards, room) in sides {
        if towards == 0.0 {
            if room < 0.0 {
                return 0.0;
            }
        } else if towards < 0.0 {
            enter = enter.max(room / towards);
        } else {
            leave = leave.min(room / towards);
        }
    }
    (leave - enter).max(0.0) * libm::sqrt(dx * dx + dy * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_what_is_within() {
        let area = around((0.0, 0.0), 10.0, 5.0);
        assert!((length_within([(-20.0, 0.0), (20.0, 0.0)], area) - 20.0).abs() < 1e-9);
        assert!((length_within([(0.0, 0.0), (0.0, 50.0)], area) - 5.0).abs() < 1e-9);
        assert!(length_within([(-20.0, 9.0), (20.0, 9.0)], area) == 0.0);
        assert!(length_within([(-20.0, 0.0), (0.0, 20.0)], area) == 0.0);
    }

    #[test]
    fn names_keep_clear_of_each_other() {
        let sheet = Area { left: 0.0, top: 0.0, right: 500.0, bottom: 500.0 };
        let icons = [(250.0, 250.0), (290.0, 250.0)];
        let mut labels = Labels::new(sheet, &[], &icons, 15.0);
        let ((x0, y0), _) = labels.beside(icons[0], "first-name", 20.0);
        let ((x1, y1), _) = labels.beside(icons[1], "second-name", 20.0);
        assert!((y0 - y1).abs() >= 20.0 || (x0 - x1).abs() > 100.0, "{x0},{y0} {x1},{y1}");
    }
}
