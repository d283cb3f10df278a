//! `[[plot]]`: what is drawn of a sweep.
//!
//! ```toml
//! [[plot]]
//! y  = ["p50", "p99"]         # measures: one line for each, or for each value of the axes in `by`
//! x  = "links.r1--bob.queue"  # an axis
//! by = ["discipline"]         # unless said, all other axes
//! x-scale = "log"
//!
//! [[plot]]
//! heat = "loss"               # a measure over two axes
//! x = "links.r1--bob.queue"
//! y = "flows"
//! ```

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use super::axis::Axis;
use super::measure::Measure;
use super::range::Scale;
use crate::scenario::decode::{Form, decode};
use crate::scenario::fault::{Fault, Faults, Span};
use crate::scenario::value::{Node, Table, Value};
use crate::scenario::words;

/// A plot that the sweep file asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// The name of its file, without extension.
    pub name: String,
    /// What stands above it.
    pub title: String,
    /// The axis along which it goes.
    pub x: usize,
    /// What it shows.
    pub shows: Shows,
    /// How values are spread from left to right.
    pub x_scale: Scale,
    /// How values are spread upwards.
    pub y_scale: Scale,
}

/// What a plot shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Shows {
    /// Measures as lines with error bars: one for each combination of values of the axes `by`.
    Lines {
        /// The measures.
        measures: Vec<usize>,
        /// The axes.
        by: Vec<usize>,
    },
    /// A measure as the colour of a field; one file for each combination of the remaining axes.
    Heat {
        /// The measure.
        measure: usize,
        /// The axis upwards.
        y: usize,
        /// How colours are spread over the values.
        scale: Scale,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    name: Option<String>,
    title: Option<String>,
    x: Option<String>,
    y: Option<Names>,
    heat: Option<String>,
    by: Option<Names>,
    #[serde(default)]
    x_scale: Scale,
    #[serde(default)]
    y_scale: Scale,
    #[serde(default)]
    heat_scale: Scale,
}

/// A name, or a list of names.
#[derive(Debug)]
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Names;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name or a list of names")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Names, E> {
                Ok(Names(vec![text.to_owned()]))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = list.next_element()? {
                    names.push(name);
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_any(Form)
    }
}

/// Reads the list of plots.
pub(super) fn collect(
    list: &Node,
    axes: &[Axis],
    measures: &[Measure],
    faults: &mut Faults,
) -> Vec<Drawing> {
    let Value::Array(items) = &list.value else {
        let what = list.what();
        faults.push(
            Fault::new(list.span, format!("plot: expected a list of tables, found {what}"))
                .help("write each plot as a table [[plot]] with `x` and `y`"),
        );
        return Vec::new();
    };
    let mut drawings: Vec<Drawing> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let place = format!("plot[{index}]");
        let Some(table) = item.as_table() else {
            let message = format!("{place}: expected a table, found {}", item.what());
            faults.push(Fault::new(item.span, message).help("write [[plot]] and its keys below"));
            continue;
        };
        let form = Form { place: &place, anchor: item.span, without: &[], required: &Vec::new };
        let Some(written) = decode::<Written>(table, form, faults) else { continue };
        let mut reading = Reading { table, anchor: item.span, axes, measures, faults };
        let Some(mut drawing) = reading.drawing(written) else { continue };
        let taken = |name: &str| drawings.iter().any(|other| other.name == name);
        if taken(&drawing.name) {
            let all = (2..).map(|i| format!("{}-{i}", drawing.name));
            drawing.name = all.into_iter().find(|name| !taken(name)).unwrap_or_default();
        }
        drawings.push(drawing);
    }
    drawings
}

/// The reading of one plot.
struct Reading<'a> {
    table: &'a Table,
    anchor: Span,
    axes: &'a [Axis],
    measures: &'a [Measure],
    faults: &'a mut Faults,
}

impl Reading<'_> {
    fn drawing(&mut self, written: Written) -> Option<Drawing> {
        let x = match &written.x {
            Some(name) => self.axis("x", name)?,
            None if self.axes.len() == 1 => 0,
            None => return self.lacks("x", "the axis from left to right"),
        };
        let shows = match &written.heat {
            Some(heat) => self.heat(heat, &written, x)?,
            None => self.lines(&written, x)?,
        };
        let what = match &shows {
            Shows::Lines { measures, .. } => {
                let names = measures.iter().map(|&m| self.measures[m].name.as_str());
                names.collect::<Vec<_>>().join("-")
            }
            Shows::Heat { measure, .. } => format!("{}-heat", self.measures[*measure].name),
        };
        let shown = match &shows {
            Shows::Lines { measures, .. } => {
                let labels = measures.iter().map(|&m| self.measures[m].label.as_str());
                labels.collect::<Vec<_>>().join(", ")
            }
            Shows::Heat { measure, .. } => self.measures[*measure].label.clone(),
        };
        let name = file_name(written.name.as_deref().unwrap_or(&what));
        let title = written.title.unwrap_or(shown);
        let (x_scale, y_scale) = (written.x_scale, written.y_scale);
        Some(Drawing { name, title, x, shows, x_scale, y_scale })
    }

    fn heat(&mut self, heat: &str, written: &Written, x: usize) -> Option<Shows> {
        let measure = self.measure("heat", heat)?;
        let y = match written.y.as_ref().map(|names| names.0.as_slice()) {
            Some([name]) => self.axis("y", name)?,
            None if self.axes.len() == 2 => 1 - x,
            _ => return self.lacks("y", "the axis upwards"),
        };
        if y == x {
            self.fault("y", "a heat map has two different axes", "choose another axis");
            return None;
        }
        Some(Shows::Heat { measure, y, scale: written.heat_scale })
    }

    fn lines(&mut self, written: &Written, x: usize) -> Option<Shows> {
        let Some(names) = &written.y else { return self.lacks("y", "the measure, or several") };
        let measures: Option<Vec<usize>> =
            names.0.iter().map(|name| self.measure("y", name)).collect();
        let measures = measures?;
        let Some(&first) = measures.first() else { return self.lacks("y", "the measure") };
        if measures.iter().any(|&other| self.measures[other].unit != self.measures[first].unit) {
            self.fault("y", "measures of one plot have the same unit", "make it two plots");
            return None;
        }
        let rest = (0..self.axes.len()).filter(|&axis| axis != x);
        let rest: Vec<usize> = rest.filter(|&axis| self.axes[axis].points.len() > 1).collect();
        let by = match &written.by {
            None => rest.clone(),
            Some(names) => {
                let by: Option<Vec<usize>> =
                    names.0.iter().map(|name| self.axis("by", name)).collect();
                by?
            }
        };
        if let Some(&missing) = rest.iter().find(|axis| !by.contains(axis)) {
            let name = self.axes[missing].name.clone();
            let message = format!("nothing says which value of `{name}` is drawn");
            self.fault("by", &message, "name this axis in `by` too, or leave `by` out");
            return None;
        }
        if by.contains(&x) {
            self.fault("by", "the axis `x` is not one of lines", "leave it out here");
            return None;
        }
        Some(Shows::Lines { measures, by })
    }

    fn axis(&mut self, key: &str, name: &str) -> Option<usize> {
        let found = self.axes.iter().position(|axis| axis.name == name);
        if found.is_none() {
            let known: Vec<&str> = self.axes.iter().map(|axis| axis.name.as_str()).collect();
            let help = words::suggestion(name, "axes", known);
            self.fault(key, &format!("there is no axis `{}`", words::short(name)), &help);
        }
        found
    }

    fn measure(&mut self, key: &str, name: &str) -> Option<usize> {
        let found = self.measures.iter().position(|measure| measure.name == name);
        if found.is_none() {
            let known: Vec<&str> = self.measures.iter().map(|m| m.name.as_str()).collect();
            let help = words::suggestion(name, "measures", known);
            self.fault(key, &format!("there is no measure `{}`", words::short(name)), &help);
        }
        found
    }

    fn lacks<T>(&mut self, key: &str, what: &str) -> Option<T> {
        let message = format!("this plot lacks `{key}`: {what}");
        self.fault(key, &message, &format!("add {key} = \"...\""));
        None
    }

    fn fault(&mut self, key: &str, message: &str, help: &str) {
        let span = self.table.get(key).map_or(self.anchor, |entry| entry.node.span);
        self.faults.push(Fault::new(span, message).help(help));
    }
}

/// A name that every file system takes.
fn file_name(name: &str) -> String {
    let fit = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
    let name: String = name.chars().map(fit).take(80).collect();
    if name.trim_matches('-').is_empty() { "plot".into() } else { name }
}

#[cfg(test)]
mod tests {
    use super::super::file::tests::{faults, sweep};
    use super::*;

    const GRID: &str = "[vary]\n'a.x' = [1, 2]\n'a.y' = [1, 2]\n'a.z' = [1]\n\
        [measure]\nm = 'seed'\nk = 'seed'\nu = 'flows.w.goodput_bps'\n";

    fn one(text: &str) -> Drawing {
        sweep(&format!("{GRID}[[plot]]\n{text}")).drawings.remove(0)
    }

    #[test]
    fn lines_are_drawn_by_all_other_axes() {
        let plot = one("x = 'a.x'\ny = ['m', 'k']\nx-scale = 'log'");
        assert_eq!((plot.x, plot.name.as_str(), plot.title.as_str()), (0, "m-k", "m, k"));
        assert_eq!(plot.shows, Shows::Lines { measures: vec![0, 1], by: vec![1] });
        assert_eq!((plot.x_scale, plot.y_scale), (Scale::Log, Scale::Linear));
    }

    #[test]
    fn heat_maps_have_two_axes() {
        let plot = one("heat = 'm'\nx = 'a.y'\ny = 'a.x'\nname = 'my map'");
        assert_eq!((plot.x, plot.name.as_str()), (1, "my-map"));
        assert_eq!(plot.shows, Shows::Heat { measure: 0, y: 0, scale: Scale::Linear });
    }

    #[test]
    fn names_of_files_are_different() {
        let plots = sweep(&format!("{GRID}{}", "[[plot]]\nx = 'a.x'\ny = 'm'\n".repeat(3)));
        let names: Vec<_> = plots.drawings.iter().map(|plot| plot.name.as_str()).collect();
        assert_eq!(names, ["m", "m-2", "m-3"]);
    }

    #[test]
    fn says_what_is_wrong_with_a_plot() {
        for (text, expected) in [
            ("x = 'a.q'\ny = 'm'", "did you mean `a.x`?"),
            ("y = 'm'", "lacks `x`"),
            ("x = 'a.x'", "lacks `y`"),
            ("x = 'a.x'\ny = 'n'", "there is no measure `n`"),
            ("x = 'a.x'\ny = ['m', 'u']", "the same unit"),
            ("x = 'a.x'\ny = 'm'\nby = 'a.z'", "which value of `a.y`"),
            ("x = 'a.x'\ny = 'm'\nby = ['a.x', 'a.y']", "not one of lines"),
            ("heat = 'm'\nx = 'a.x'\ny = 'a.x'", "two different axes"),
            ("heat = 'm'\nx = 'a.x'", "lacks `y`"),
            ("x = 'a.x'\ny = 'm'\nz = 3", "has no `z`"),
        ] {
            let told = faults(&format!("{GRID}[[plot]]\n{text}"));
            assert!(told.contains(expected), "{text}\n{told}");
        }
    }
}
