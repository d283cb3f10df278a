//! A value over two things that were varied, as colours.

use super::axis::Quantity;
use super::canvas::{Anchor, Canvas, Colour, Stroke};
use super::estimates::{NO_VALUE, with_unit};
use super::font;
use super::page::{self, Area, words};
use super::sheet::Format;
use super::style::{GREY, HEIGHT, INK, LABEL, SMALL, WHITE};

/// A map of a value over two axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Heat {
    /// What stands above it.
    pub title: String,
    /// What stands below that.
    pub subtitle: String,
    /// What varies from left to right, and its values in words.
    pub x: (String, Vec<String>),
    /// What varies upwards, and its values in words.
    pub y: (String, Vec<String>),
    /// What is shown.
    pub value: String,
    /// What that measures.
    pub quantity: Quantity,
    /// Whether colours are for ratios instead of differences.
    pub logarithmic: bool,
    /// The values, row by row from below, each from left to right.
    pub values: Vec<Vec<Option<f64>>>,
}

/// Colours from the lowest value to the highest: cividis (Nuñez, Anderton and Renslow 2018), which
/// is the same to people who see fewer colours.
const COLOURS: [Colour; 9] = [
    Colour(0, 34, 78),
    Colour(18, 53, 112),
    Colour(59, 73, 108),
    Colour(87, 93, 109),
    Colour(112, 113, 115),
    Colour(138, 134, 120),
    Colour(165, 156, 116),
    Colour(195, 179, 105),
    Colour(254, 232, 56),
];

/// The colour of a share of the way from the lowest to the highest.
fn colour(share: f64) -> Colour {
    let place = share.clamp(0.0, 1.0) * (COLOURS.len() - 1) as f64;
    let below = (place as usize).min(COLOURS.len() - 2);
    let (a, b, part) = (COLOURS[below], COLOURS[below + 1], place - below as f64);
    let mix = |a: u8, b: u8| libm::round(f64::from(a) + (f64::from(b) - f64::from(a)) * part) as u8;
    Colour(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// Width of the column with the colours and their values [px].
const KEY: f64 = 230.0;

/// From values to colours.
struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
    unit: &'static str,
    one: f64,
}

impl Scale {
    fn of(heat: &Heat) -> Self {
        let usable = |value: &f64| !heat.logarithmic || *value > 0.0;
        let all = || heat.values.iter().flatten().flatten().copied().filter(usable);
        let low = all().fold(f64::INFINITY, f64::min);
        let high = all().fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        let (unit, one) = heat.quantity.unit(high);
        Self { low, high, logarithmic: heat.logarithmic && low > 0.0, unit, one }
    }

    fn share(&self, value: f64) -> f64 {
        let share = match self.logarithmic {
            true => libm::log10(value.max(self.low) / self.low) / libm::log10(self.high / self.low),
            false => (value - self.low) / (self.high - self.low),
        };
        if share.is_nan() { 0.5 } else { share }
    }

    fn value(&self, share: f64) -> f64 {
        match self.logarithmic {
            true => self.low * libm::pow(self.high / self.low, share),
            false => self.low + (self.high - self.low) * share,
        }
    }

    /// Three digits, in the unit of all.
    fn words(&self, value: f64) -> String {
        let value = value / self.one;
        let size = if value == 0.0 { 0.0 } else { libm::floor(libm::log10(value.abs())) };
        let decimals = (2.0 - size).clamp(0.0, 6.0) as usize;
        let text = format!("{value:.decimals$}");
        match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        }
    }
}

/// The map.
#[must_use]
pub fn draw(heat: &Heat, format: Format) -> Vec<u8> {
    let scale = Scale::of(heat);
    page::sheet(format, HEIGHT, &heat.title, &heat.subtitle, |canvas, area| {
        let widest = heat.y.1.iter().map(|label| font::width(label, SMALL)).fold(0.0, f64::max);
        let plot = Area {
            left: area.left + widest.min(260.0) + 14.0,
            top: area.top + 44.0,
            right: area.right - KEY,
            bottom: area.bottom - SMALL * 1.35 - LABEL * 1.25,
        };
        page::unit(canvas, area, &heat.y.0);
        fields(canvas, plot, heat, &scale);
        labels(canvas, plot, heat);
        if heat.values.iter().flatten().all(Option::is_none) {
            page::nothing(canvas, plot, NO_VALUE);
            return;
        }
        key(canvas, Area { left: plot.right + 40.0, ..plot }, heat, &scale);
    })
}

fn rectangle(canvas: &Canvas<'_>, area: Area, fill: Colour) {
    let Area { left, top, right, bottom } = area;
    canvas.area(&[(left, top), (right, top), (right, bottom), (left, bottom)], fill);
}

fn fields(canvas: &Canvas<'_>, plot: Area, heat: &Heat, scale: &Scale) {
    let columns = heat.x.1.len().max(1) as f64;
    let rows = heat.y.1.len().max(1) as f64;
    let (width, height) = (plot.width() / columns, plot.height() / rows);
    let size = SMALL.min(height * 0.5);
    for (row, values) in heat.values.iter().enumerate() {
        for (column, value) in values.iter().enumerate() {
            let left = plot.left + width * column as f64;
            let top = plot.bottom - height * (row as f64 + 1.0);
            let field = Area { left, top, right: left + width, bottom: top + height };
            let share = value.map(|value| scale.share(value));
            rectangle(canvas, field, share.map_or(WHITE, colour));
            let text = value.map_or_else(|| "-".into(), |value| scale.words(value));
            let ink = if share.is_some_and(|share| share < 0.6) { WHITE } else { INK };
            if size >= 11.0 && font::width(&text, size) < width * 0.95 {
                let place = (left + width / 2.0, top + height / 2.0 + size * 0.35);
                canvas.text(place, &text, words(ink, size, Anchor::Middle));
            }
        }
    }
}

/// The values along both axes, as many as there is room for.
fn labels(canvas: &Canvas<'_>, plot: Area, heat: &Heat) {
    let width = plot.width() / heat.x.1.len().max(1) as f64;
    let mut free = f64::NEG_INFINITY;
    for (i, label) in heat.x.1.iter().enumerate() {
        let (centre, own) = (plot.left + width * (i as f64 + 0.5), font::width(label, SMALL));
        if centre - own / 2.0 >= free {
            free = centre + own / 2.0 + 12.0;
            let place = (centre, plot.bottom + SMALL * 1.2);
            canvas.text(place, label, words(GREY, SMALL, Anchor::Middle));
        }
    }
    let middle = (plot.left + plot.width() / 2.0, plot.bottom + SMALL * 1.35 + LABEL);
    canvas.text(middle, &heat.x.0, words(INK, LABEL, Anchor::Middle));
    let height = plot.height() / heat.y.1.len().max(1) as f64;
    let every = (SMALL * 1.2 / height).max(1.0) as usize;
    for (i, label) in heat.y.1.iter().enumerate().step_by(every) {
        let place = (plot.left - 12.0, plot.bottom - height * (i as f64 + 0.5) + SMALL * 0.35);
        let label = font::fitted(label, SMALL, 260.0);
        canvas.text(place, &label, words(GREY, SMALL, Anchor::End));
    }
}

/// Which colour is which value.
fn key(canvas: &Canvas<'_>, area: Area, heat: &Heat, scale: &Scale) {
    const WIDTH: f64 = 34.0;
    const STEPS: usize = 64;
    let step = area.height() / STEPS as f64;
    for i in 0..STEPS {
        let bottom = area.bottom - step * i as f64;
        // A little higher than the next one begins, so that no gap is seen between.
        let top = (bottom - step - 1.0).max(area.top);
        let part = Area { left: area.left, right: area.left + WIDTH, top, bottom };
        rectangle(canvas, part, colour((i as f64 + 0.5) / STEPS as f64));
    }
    let right = area.left + WIDTH;
    for i in 0..=4 {
        let share = f64::from(i) / 4.0;
        let y = area.bottom - area.height() * share;
        canvas.line(&[(right, y), (right + 6.0, y)], Stroke::solid(GREY, 2.0));
        let text = scale.words(scale.value(share));
        canvas.text((right + 12.0, y + SMALL * 0.35), &text, words(GREY, SMALL, Anchor::Start));
    }
    let title = font::fitted(&with_unit(&heat.value, scale.unit), SMALL, KEY + 60.0);
    let end = (area.left + KEY - 40.0, area.top - 24.0);
    canvas.text(end, &title, words(INK, SMALL, Anchor::End));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heat() -> Heat {
        Heat {
            title: "Loss over load and queue".into(),
            subtitle: String::new(),
            x: ("Load".into(), vec!["0.5".into(), "1".into()]),
            y: ("Queue".into(), vec!["5p".into(), "10p".into(), "20p".into()]),
            value: "Loss".into(),
            quantity: Quantity::Share,
            logarithmic: false,
            values: vec![
                vec![Some(0.01), Some(0.1)],
                vec![Some(0.005), Some(0.05)],
                vec![None, Some(0.02)],
            ],
        }
    }

    #[test]
    fn every_value_is_there() {
        let svg = String::from_utf8(draw(&heat(), Format::Svg)).expect("text");
        for word in ["Loss [%]", "Load", "Queue", "20p", "10", "0.5", "-"] {
            assert!(svg.contains(&format!("\n{word}\n")), "{word}");
        }
        roxmltree::Document::parse(&svg).expect("XML");
    }

    #[test]
    fn odd_values_do_no_harm() {
        for value in [0.0, -1.0, 1e300, 1e-300] {
            for logarithmic in [false, true] {
                let values = vec![vec![Some(value), Some(value)]; 3];
                let odd = Heat { values, logarithmic, ..heat() };
                assert!(draw(&odd, Format::Svg).len() > 1000);
            }
        }
        let none = Heat { values: vec![vec![None, None]; 3], ..heat() };
        let svg = String::from_utf8(draw(&none, Format::Svg)).expect("text");
        assert!(svg.contains(NO_VALUE) && !svg.contains("Loss [%]"), "no key of colours: {svg}");
    }

    #[test]
    fn colours_go_from_dark_to_light() {
        assert_eq!(colour(0.0), COLOURS[0]);
        assert_eq!(colour(1.0), COLOURS[8]);
        assert_eq!(colour(0.5), COLOURS[4]);
        assert_eq!(colour(-3.0), COLOURS[0]);
    }
}
