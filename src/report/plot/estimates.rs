//! Means with error bars along something that was varied: one curve for each of several settings.

use super::axis::{Axis, Quantity};
use super::canvas::Anchor;
use super::chart::{self, Chart};
use super::font;
use super::page::{self, Area, words};
use super::sheet::Format;
use super::style::{HEIGHT, INK, LABEL, MAX_SERIES};

/// What stands in a frame that has nothing else in it.
pub(super) const NO_VALUE: &str = "no value in any run";
/// The same where zero has no place.
pub(super) const NONE_ABOVE_ZERO: &str = "no value above zero";

/// What varies along an axis: its values in order, with the places where they stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Varied {
    /// What it is.
    pub label: String,
    /// Where each value stands, and the value in words.
    pub marks: Vec<(f64, String)>,
    /// Whether equal ratios are equally far apart; all places are then above zero.
    pub logarithmic: bool,
}

/// A mean with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Where it stands.
    pub x: f64,
    /// The mean.
    pub mean: f64,
    /// How far the interval reaches to either side; zero if it is not known.
    pub half_width: f64,
}

/// A curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Which setting it is of.
    pub name: String,
    /// Its points, from left to right.
    pub bars: Vec<Bar>,
    /// Where a model has them, from left to right, in stretches: it need not say anything of all.
    pub model: Vec<Vec<(f64, f64)>>,
}

/// A plot of curves.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// What stands above it.
    pub title: String,
    /// What stands below that.
    pub subtitle: String,
    /// From left to right.
    pub x: Varied,
    /// What is shown.
    pub y: String,
    /// What that measures.
    pub quantity: Quantity,
    /// Whether it is shown with equal ratios equally far apart.
    pub logarithmic: bool,
    /// What tells the curves apart, above their names.
    pub legend: String,
    /// The curves; the first few are drawn.
    pub curves: Vec<Curve>,
    /// The model of the curves, if there is one.
    pub model: String,
}

/// The plot.
#[must_use]
pub fn draw(plot: &Curves, format: Format) -> Vec<u8> {
    let shown: Vec<&Curve> = plot.curves.iter().take(MAX_SERIES).collect();
    let mut remarks: Vec<String> =
        Some(plot.subtitle.clone()).into_iter().filter(|text| !text.is_empty()).collect();
    if shown.len() < plot.curves.len() {
        remarks.push(format!("the first {} of {} curves", shown.len(), plot.curves.len()));
    }
    let bars = || shown.iter().flat_map(|curve| &curve.bars);
    let visible = |bar: &&Bar| !plot.logarithmic || bar.mean > 0.0;
    let hidden = bars().filter(|bar| !visible(bar)).count();
    if hidden > 0 {
        let (values, are) = if hidden == 1 { ("value", "is") } else { ("values", "are") };
        remarks.push(format!("{hidden} {values} of zero or less {are} not shown"));
    }
    // What is too rare to be measured would squeeze all else.
    let least = bars().filter(visible).map(|bar| bar.mean).fold(f64::INFINITY, f64::min);
    let in_sight = |&&(_, y): &&(f64, f64)| !plot.logarithmic || (y > 0.0 && y >= least / 10.0);
    let models = shown.iter().flat_map(|curve| curve.model.iter().flatten()).filter(in_sight);
    let models = models.map(|&(x, mean)| Bar { x, mean, half_width: 0.0 });
    let all: Vec<Bar> = bars().copied().chain(models).filter(|bar| visible(&bar)).collect();
    let y = vertical(plot, &all);
    let named = shown.len() > 1
        || !plot.model.is_empty()
        || shown.iter().any(|curve| !curve.name.is_empty());
    page::sheet(format, HEIGHT, &plot.title, &remarks.join("; "), |canvas, area| {
        let left = area.left + chart::beside(&y);
        let right = area.right - if named { page::LEGEND } else { 30.0 };
        let room = Area { left, top: area.top + 44.0, right, bottom: area.bottom - chart::BELOW };
        let x = plot.x.axis(room.width());
        let mut chart = Chart::new(canvas, room, &x, &y, Some(&plot.x.label));
        // What the title says already need not be said twice.
        let name = if plot.y == plot.title { "" } else { &plot.y };
        page::unit(canvas, area, with_unit(name, y.unit).trim_start());
        for (number, curve) in shown.iter().enumerate() {
            let bars: Vec<Bar> = curve.bars.iter().filter(visible).copied().collect();
            let model = curve.model.iter().map(|part| part.iter().filter(in_sight).copied());
            let model: Vec<Vec<_>> = model.map(Iterator::collect).collect();
            // A line through all means as well would hide the model's.
            if model.iter().map(Vec::len).sum::<usize>() < bars.len().max(2) {
                chart.means(&bars, number);
            }
            model.into_iter().for_each(|part| chart.model(part, number));
            chart.bars(&bars, number, shown.len());
        }
        if bars().filter(visible).count() == 0 {
            page::nothing(canvas, room, if hidden > 0 { NONE_ABOVE_ZERO } else { NO_VALUE });
        }
        if named {
            let legend = font::fitted(&plot.legend, LABEL, page::LEGEND - 28.0);
            let place = (room.right + 28.0, area.top + 16.0);
            canvas.text(place, &legend, words(INK, LABEL, Anchor::Start));
            let entry = |curve: &&Curve| {
                let has_value = curve.bars.iter().any(|bar| visible(&bar));
                (curve.name.clone(), if has_value { String::new() } else { "no value".into() })
            };
            let entries: Vec<_> = shown.iter().map(entry).collect();
            page::legend_with_model(canvas, room, &entries, &plot.model);
        }
    })
}

/// A name and the unit behind it.
pub(super) fn with_unit(name: &str, unit: &str) -> String {
    if unit.is_empty() { name.to_owned() } else { format!("{name} [{unit}]") }
}

/// The axis upwards: from zero, unless all values are far from it.
fn vertical(plot: &Curves, bars: &[Bar]) -> Axis {
    let ends = |sign: f64| bars.iter().map(move |bar| bar.mean + sign * bar.half_width);
    let high = ends(1.0).fold(f64::NEG_INFINITY, f64::max);
    // An interval may reach below zero where no value can be.
    let least = bars.iter().map(|bar| bar.mean).fold(f64::INFINITY, f64::min);
    let low = ends(-1.0).fold(f64::INFINITY, f64::min);
    let low = if least >= 0.0 { low.max(0.0) } else { low };
    if bars.is_empty() {
        return Axis::from_zero(plot.quantity, 1.0, 6);
    }
    if plot.logarithmic {
        return Axis::logarithmic(plot.quantity, low.max(least / 3.0), high);
    }
    let pad = (high - low) * 0.06;
    match low >= 0.0 && (low < 0.6 * high || high == low) {
        true => Axis::from_zero(plot.quantity, high * 1.05, 6),
        false => Axis::between(plot.quantity, low - pad, high + pad, 6),
    }
}

impl Varied {
    /// The axis, `width` pixels long: with as many of the values as there is room for.
    pub(super) fn axis(&self, width: f64) -> Axis {
        Axis::marked(&self.marks, self.logarithmic, width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(logarithmic: bool) -> Curves {
        let bar = |i: u32, mean: f64| Bar { x: f64::from(i), mean, half_width: mean / 10.0 };
        let curve = |n: u32| Curve {
            name: format!("flows = {n}"),
            bars: (1..=4).map(|i| bar(i, f64::from(i * n) * 0.01)).collect(),
            model: Vec::new(),
        };
        Curves {
            title: "Loss".into(),
            subtitle: String::new(),
            x: Varied {
                label: "Queue".into(),
                marks: (1..=4).map(|i| (f64::from(i), format!("{i}p"))).collect(),
                logarithmic: false,
            },
            y: "Packets lost".into(),
            quantity: Quantity::Share,
            logarithmic,
            legend: "Flows".into(),
            curves: vec![curve(1), curve(2)],
            model: String::new(),
        }
    }

    fn text(plot: &Curves) -> String {
        String::from_utf8(draw(plot, Format::Svg)).expect("text")
    }

    #[test]
    fn says_what_is_shown_and_what_is_not() {
        let svg = text(&plot(false));
        for word in ["Loss", "Queue", "Packets lost [%]", "Flows", "flows = 2", "1p", "4p"] {
            assert!(svg.contains(&format!("\n{word}\n")), "{word}: {svg}");
        }
        let mut zero = plot(true);
        zero.curves[0].bars[0].mean = 0.0;
        assert!(text(&zero).contains("1 value of zero or less is not shown"));
        let mut many = plot(false);
        many.curves = vec![many.curves[0].clone(); 9];
        assert!(text(&many).contains("the first 8 of 9 curves"));
        roxmltree::Document::parse(&svg).expect("XML");
    }

    #[test]
    fn a_model_is_a_dashed_line_with_its_name() {
        let bare = text(&plot(false)).matches("<polyline").count();
        let mut with_model = plot(false);
        with_model.model = "M/D/1/K".into();
        for curve in &mut with_model.curves {
            curve.model = vec![curve.bars.iter().map(|bar| (bar.x, bar.mean * 1.1)).collect()];
        }
        let svg = text(&with_model);
        assert!(svg.contains("\nM/D/1/K\n"), "{svg}");
        assert!(svg.matches("<polyline").count() > bare + 10, "dashes are many lines");
        // What can never be measured does not squeeze what was.
        let mut rare = plot(true);
        rare.model = "M/D/1/K".into();
        rare.curves[0].model = vec![vec![(1.0, 1e-30), (2.0, 0.01), (3.0, 0.02), (4.0, 0.0)]];
        let mut seen = rare.clone();
        seen.curves[0].model = vec![vec![(2.0, 0.01), (3.0, 0.02)]];
        assert!(text(&rare) == text(&seen), "the same picture");
    }

    #[test]
    fn a_frame_without_any_value_says_why() {
        let mut none = plot(false);
        none.curves.iter_mut().for_each(|curve| curve.bars.clear());
        assert!(text(&none).contains(NO_VALUE));
        none.model = "M/D/1/K".into();
        none.curves[0].model = vec![vec![(1.0, 0.1), (2.0, 0.2)]];
        assert!(text(&none).contains(NO_VALUE), "a model alone is no measurement");
        let mut zero = plot(true);
        zero.curves.iter_mut().flat_map(|it| &mut it.bars).for_each(|bar| bar.mean = 0.0);
        assert!(text(&zero).contains(NONE_ABOVE_ZERO) && !text(&zero).contains(NO_VALUE));
        assert!(!text(&plot(false)).contains("no value"));
    }

    #[test]
    fn odd_values_do_no_harm() {
        for mean in [0.0, -1.0, 1e-300, 1e300] {
            for logarithmic in [false, true] {
                let mut odd = plot(logarithmic);
                odd.curves[0].bars[2].mean = mean;
                assert!(text(&odd).len() > 1000);
            }
        }
        let mut none = plot(true);
        none.curves.clear();
        assert!(text(&none).contains("Loss"));
    }
}
