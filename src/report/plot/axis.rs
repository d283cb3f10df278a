//! Axes: coordinates of plotters with our own numbers, which are round in the unit they are shown in.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::font;
use super::style::SMALL;
use crate::report::human;

/// What an axis measures: decides its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// \[s\]
    Time,
    /// \[bit/s\]
    Rate,
    /// \[bytes\]
    Size,
    /// Whole packets.
    Packets,
    /// Whole connections.
    Connections,
    /// A share of a whole, shown in per cent.
    Share,
    /// A number of no unit.
    Number,
}

impl Quantity {
    /// The unit for values up to `high` and how much one of it is.
    pub(super) fn unit(self, high: f64) -> (&'static str, f64) {
        let units: &[(&str, f64)] = match self {
            Self::Time => &[("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)],
            Self::Rate => &[("Gbit/s", 1e9), ("Mbit/s", 1e6), ("kbit/s", 1e3), ("bit/s", 1.0)],
            Self::Size => &[("MiB", 1_048_576.0), ("KiB", 1024.0), ("bytes", 1.0)],
            Self::Packets => &[("packets", 1.0)],
            Self::Connections => &[("connections", 1.0)],
            Self::Share => &[("%", 0.01)],
            Self::Number => &[("", 1.0)],
        };
        let largest = units.iter().find(|(_, one)| high >= *one);
        let smallest = units[units.len() - 1];
        *largest.unwrap_or(&smallest)
    }
}

/// An axis: from data to pixels.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
    /// The unit that the labels are in; none where each says its own.
    pub(super) unit: &'static str,
    /// Values with their labels.
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis from zero to `high` or a little more, with about `count` ticks.
    pub(super) fn from_zero(what: Quantity, high: f64, count: usize) -> Self {
        let high = if high > 0.0 { high } else { 1.0 };
        let (unit, one) = what.unit(high);
        let mut step = nice_step(high / one / count as f64);
        if matches!(what, Quantity::Packets | Quantity::Connections) {
            step = (step.0.max(1.0), 0);
        }
        let (step, decimals) = step;
        let number = (high / one / step * 1.000_001) as usize;
        let ticks = (0..=number)
            .map(|i| (i as f64 * step * one, format!("{:.decimals$}", i as f64 * step)))
            .collect();
        Self { low: 0.0, high, logarithmic: false, unit, ticks }
    }

    /// An axis from `low` to `high`, neither of which need be a tick, with about `count` ticks.
    pub(super) fn between(what: Quantity, low: f64, high: f64, count: usize) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        let (unit, one) = what.unit(high);
        let (step, decimals) = nice_step((high - low) / one / count as f64);
        let first = libm::ceil(low / one / step - 1e-6);
        let number = libm::floor(high / one / step - first + 1e-6).clamp(0.0, 100.0) as usize;
        let ticks = (0..=number)
            .map(|i| (first + i as f64) * step)
            .map(|value| (value * one, format!("{value:.decimals$}")))
            .collect();
        Self { low, high, logarithmic: false, unit, ticks }
    }

    /// An axis of things with names, from below.
    pub(super) fn named(names: &[&str]) -> Self {
        let ticks = names.iter().enumerate().map(|(i, name)| (i as f64, String::from(*name)));
        let high = names.len() as f64 - 0.6;
        Self { low: -0.4, high, logarithmic: false, unit: "", ticks: ticks.collect() }
    }

    /// The same with ticks that say nothing.
    pub(super) fn without_labels(&self) -> Self {
        let ticks = self.ticks.iter().map(|(value, _)| (*value, String::new())).collect();
        Self { ticks, ..self.clone() }
    }

    /// An axis of times over several decades; every label has its own unit.
    pub(super) fn decades(low: f64, high: f64) -> Self {
        let bottom = libm::floor(libm::log10(low) + 1e-9) as i32;
        let top = libm::ceil(libm::log10(high) - 1e-9) as i32;
        let every = (top - bottom) / 7 + 1;
        let ticks = (bottom..=top)
            .step_by(every as usize)
            .map(|exponent| {
                let value = power_of_ten(exponent);
                (value, human::time(value))
            })
            .collect();
        let (low, high) = (power_of_ten(bottom), power_of_ten(top));
        Self { low, high, logarithmic: true, unit: "", ticks }
    }

    /// An axis from `low`, which is above zero, to `high` with equal ratios equally far apart.
    pub(super) fn logarithmic(what: Quantity, low: f64, high: f64) -> Self {
        let (unit, one) = what.unit(high);
        let low = low.clamp(high * 1e-12, high);
        // Enough room for the points at the ends.
        let (low, high) = (low / 1.15, high * 1.15);
        let exponent = |value: f64| libm::floor(libm::log10(value / one)) as i32;
        let (bottom, top) = (exponent(low), exponent(high));
        let every = usize::try_from((top - bottom) / 8 + 1).unwrap_or(1);
        let steps: &[f64] = if top - bottom <= 2 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let ticks = (bottom..=top)
            .step_by(every)
            .flat_map(|exponent| {
                let decimals = usize::try_from(-exponent).unwrap_or(0);
                let number = move |step: &f64| {
                    let value = step * power_of_ten(exponent);
                    (value * one, format!("{value:.decimals$}"))
                };
                steps.iter().map(number)
            })
            .filter(|(value, _)| (low..=high).contains(value))
            .collect();
        Self { low, high, logarithmic: true, unit, ticks }
    }

    /// An axis with values at their places, `width` pixels long: those are written for which there is
    /// room.
    pub(super) fn marked(marks: &[(f64, String)], logarithmic: bool, width: f64) -> Self {
        let places = || marks.iter().map(|(place, _)| *place);
        let (low, high) =
            (places().fold(f64::INFINITY, f64::min), places().fold(f64::NEG_INFINITY, f64::max));
        let (low, high) = match (low < high, logarithmic) {
            (true, true) => {
                let pad = libm::pow(high / low, 0.04);
                (low / pad, high * pad)
            }
            (true, false) => (low - (high - low) * 0.04, high + (high - low) * 0.04),
            (false, true) => (low / 2.0, low * 2.0),
            (false, false) if low.is_finite() => (low - 1.0, low + 1.0),
            (false, false) => (0.0, 1.0),
        };
        let mut axis = Self { low, high, logarithmic, unit: "", ticks: Vec::new() };
        let mut sorted = marks.to_vec();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut free = f64::NEG_INFINITY;
        for (place, label) in sorted {
            let (centre, half) = (axis.share(place) * width, font::width(&label, SMALL) / 2.0);
            let fits = centre - half >= free;
            if fits {
                free = centre + half + 12.0;
            }
            axis.ticks.push((place, if fits { label } else { String::new() }));
        }
        axis
    }

    /// How far from the lower to the upper end `value` is, from 0 to 1.
    fn share(&self, value: f64) -> f64 {
        let share = match self.logarithmic {
            true => libm::log10(value.max(self.low) / self.low) / libm::log10(self.high / self.low),
            false => (value - self.low) / (self.high - self.low),
        };
        share.clamp(0.0, 1.0)
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    /// Where `value` is between both limits; values beyond the ends are at the ends.
    fn map(&self, value: &f64, (low, high): (i32, i32)) -> i32 {
        low + libm::round(f64::from(high - low) * self.share(*value)) as i32
    }

    fn key_points<H: KeyPointHint>(&self, _: H) -> Vec<f64> {
        self.ticks.iter().map(|(value, _)| *value).collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let tick = self.ticks.iter().find(|(tick, _)| tick == value);
        tick.map_or_else(String::new, |(_, label)| label.clone())
    }
}

/// Ten to a small power, by multiplication, which is exact enough and the same everywhere.
fn power_of_ten(exponent: i32) -> f64 {
    let power = (0..exponent.unsigned_abs()).fold(1.0, |power, _| power * 10.0);
    if exponent < 0 { 1.0 / power } else { power }
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `raw`, and how many decimals it
/// has.
fn nice_step(raw: f64) -> (f64, usize) {
    let mut exponent = -18;
    while power_of_ten(exponent + 1) <= raw && exponent < 300 {
        exponent += 1;
    }
    let power = power_of_ten(exponent);
    let decimals = usize::try_from(-exponent).unwrap_or(0);
    match [1.0, 2.0, 5.0].into_iter().find(|times| times * power >= raw * 0.999_999) {
        Some(times) => (times * power, decimals),
        None => (10.0 * power, decimals.saturating_sub(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        let axis = Axis::from_zero(Quantity::Time, 10.0, 5);
        assert_eq!((labels(&axis), axis.unit), (vec!["0", "2", "4", "6", "8", "10"], "s"));
        let axis = Axis::from_zero(Quantity::Time, 0.0032, 5);
        assert_eq!((labels(&axis), axis.unit), (vec!["0", "1", "2", "3"], "ms"));
        let axis = Axis::from_zero(Quantity::Rate, 1.3e6, 6);
        assert_eq!(labels(&axis), ["0.0", "0.5", "1.0"]);
        let axis = Axis::from_zero(Quantity::Packets, 2.0, 6);
        assert_eq!(labels(&axis), ["0", "1", "2"]);
        let axis = Axis::from_zero(Quantity::Size, 212_992.0, 5);
        assert_eq!((labels(&axis).len(), axis.unit), (5, "KiB"));
        let axis = Axis::from_zero(Quantity::Share, 1.0, 5);
        assert_eq!(labels(&axis), ["0", "20", "40", "60", "80", "100"]);
    }

    #[test]
    fn decades_say_their_units() {
        let axis = Axis::decades(20e-6, 0.3);
        assert_eq!(labels(&axis), ["10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s"]);
        assert!((axis.share(1e-3) - 0.4).abs() < 1e-9);
    }

    #[test]
    fn logarithmic_axes_have_ticks_within_their_ends() {
        let axis = Axis::logarithmic(Quantity::Time, 0.002, 0.09);
        assert_eq!((labels(&axis), axis.unit), (vec!["2", "5", "10", "20", "50", "100"], "ms"));
        let axis = Axis::logarithmic(Quantity::Share, 1e-5, 0.2);
        assert_eq!(labels(&axis), ["0.001", "0.01", "0.1", "1", "10"]);
    }

    #[test]
    fn marks_too_near_each_other_are_not_all_written() {
        let marks: Vec<_> = (0..100).map(|i| (f64::from(i), format!("value {i}"))).collect();
        let axis = Axis::marked(&marks, false, 500.0);
        let written = labels(&axis).into_iter().filter(|label| !label.is_empty()).count();
        assert!((3..10).contains(&written), "{written}");
        let one = Axis::marked(&marks[3..4], true, 500.0);
        assert_eq!(one.share(3.0), 0.5);
    }

    #[test]
    fn odd_input_is_harmless() {
        for high in [0.0, f64::MIN_POSITIVE, 1e300, f64::NAN] {
            let axis = Axis::from_zero(Quantity::Rate, high, 5);
            assert!(axis.ticks.len() <= 7, "{high}: {:?}", axis.ticks);
            assert!((0.0..=1.0).contains(&axis.share(1.0)));
        }
    }
}
