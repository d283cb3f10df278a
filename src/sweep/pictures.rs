//! The plots of a sweep: what its file asks for, from the estimates of all cells.

use super::axis::Axis;
use super::drawing::{Drawing, Shows};
use super::file::Sweep;
use super::grid::Cell;
use super::range::Scale;
use super::results::Outcome;
use super::statistics::Estimate;
use super::unit::Unit;
use crate::report::plot::estimates::{self, Bar, Curve, Curves, Varied};
use crate::report::plot::heat::{self, Heat};
use crate::report::plot::{Format, Quantity};
use crate::units::{Bytes, Limit, Rate, Ratio, Time};

/// The most files of one heat map: one for each combination of the axes that it does not show.
const MOST_MAPS: usize = 50;

/// Draws all plots that the sweep file asks for: names of files without extension, and their bytes.
#[must_use]
pub fn draw(
    sweep: &Sweep,
    outcome: &Outcome,
    level: f64,
    format: Format,
) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for drawing in &sweep.drawings {
        let picture = Picture { sweep, outcome, drawing, level };
        match &drawing.shows {
            Shows::Lines { measures, by } => {
                let plot = picture.curves(measures, by);
                files.push((drawing.name.clone(), estimates::draw(&plot, format)));
            }
            Shows::Heat { measure, y, scale } => {
                let maps = picture.maps(*measure, *y, *scale);
                let several = maps.len() > 1;
                for (number, map) in maps.iter().enumerate().take(MOST_MAPS) {
                    let name = match several {
                        true => format!("{}-{}", drawing.name, number + 1),
                        false => drawing.name.clone(),
                    };
                    files.push((name, heat::draw(map, format)));
                }
            }
        }
    }
    files
}

struct Picture<'a> {
    sweep: &'a Sweep,
    outcome: &'a Outcome,
    drawing: &'a Drawing,
    level: f64,
}

impl Picture<'_> {
    /// The number of the cell with these values of the axes.
    fn number(&self, places: &[usize]) -> usize {
        let axes = self.sweep.axes.iter().zip(places);
        axes.fold(0, |number, (axis, place)| number * axis.points.len() + place)
    }

    fn estimate(&self, places: &[usize], measure: usize) -> Estimate {
        self.outcome.cells[self.number(places)][measure]
    }

    /// Every combination of values of some axes; the others have their first.
    fn combinations(&self, axes: &[usize]) -> Vec<Cell> {
        let all = (0..self.sweep.cell_count()).map(|number| self.sweep.cell(number));
        all.filter(|cell| {
            let mut others =
                cell.places.iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
            others.all(|(_, place)| *place == 0)
        })
        .collect()
    }

    /// What tells a combination apart: the values of these axes.
    fn values(&self, cell: &Cell, axes: &[usize]) -> String {
        let value = |&axis: &usize| {
            let Axis { label, points, .. } = &self.sweep.axes[axis];
            let value = &points[cell.places[axis]].label;
            // A single axis is named elsewhere.
            if axes.len() == 1 { value.clone() } else { format!("{label} {value}") }
        };
        axes.iter().map(value).collect::<Vec<_>>().join(", ")
    }

    fn curves(&self, measures: &[usize], by: &[usize]) -> Curves {
        let Drawing { x, x_scale, y_scale, .. } = *self.drawing;
        let varied = varied(&self.sweep.axes[x], x_scale);
        let mut curves = Vec::new();
        for cell in self.combinations(by) {
            for &measure in measures {
                let mut names = Vec::new();
                if measures.len() > 1 {
                    names.push(self.sweep.measures[measure].label.clone());
                }
                if !by.is_empty() {
                    names.push(self.values(&cell, by));
                }
                let bar = |(place, (x_place, _)): (usize, &(f64, String))| {
                    let mut places = cell.places.clone();
                    places[x] = place;
                    let estimate = self.estimate(&places, measure);
                    let half_width = estimate.half_width.unwrap_or(0.0);
                    Some(Bar { x: *x_place, mean: estimate.mean?, half_width })
                };
                let mut bars: Vec<Bar> = varied.marks.iter().enumerate().filter_map(bar).collect();
                bars.sort_by(|a, b| a.x.total_cmp(&b.x));
                let model = |(place, (x_place, _)): (usize, &(f64, String))| {
                    let mut places = cell.places.clone();
                    places[x] = place;
                    let forecasts = &self.outcome.forecasts;
                    let it = forecasts.get(self.sweep, self.number(&places), measure);
                    (*x_place, it.map(|forecast| forecast.value))
                };
                let mut model: Vec<_> = varied.marks.iter().enumerate().map(model).collect();
                model.sort_by(|a, b| a.0.total_cmp(&b.0));
                curves.push(Curve { name: names.join(", "), bars, model: stretches(&model) });
            }
        }
        let first = &self.sweep.measures[measures[0]];
        let y = if measures.len() > 1 { &self.drawing.title } else { &first.label };
        Curves {
            title: self.drawing.title.clone(),
            subtitle: self.subtitle(),
            x: varied,
            y: y.clone(),
            quantity: quantity(first.unit),
            logarithmic: y_scale == Scale::Log,
            legend: match by {
                [axis] => self.sweep.axes[*axis].label.clone(),
                _ => String::new(),
            },
            curves,
            model: self.model(measures),
        }
    }

    /// What the models of these measures are called, if there are any.
    fn model(&self, measures: &[usize]) -> String {
        let name = |&measure: &usize| self.outcome.forecasts.name(self.sweep, measure);
        let mut names: Vec<&str> = measures.iter().filter_map(name).collect();
        names.dedup();
        match names.as_slice() {
            [] => String::new(),
            [one] => (*one).to_owned(),
            _ => "theory".to_owned(),
        }
    }

    /// How many runs there are, and what the bars are.
    fn subtitle(&self) -> String {
        let level = format!("{:.2}", self.level * 100.0);
        let level = level.trim_end_matches('0').trim_end_matches('.');
        let runs = match (self.outcome.runs.iter().min(), self.outcome.runs.iter().max()) {
            (Some(1), Some(1)) => return "one run each".into(),
            (Some(least), Some(most)) if least == most => format!("{least} runs each"),
            (Some(least), Some(most)) => format!("{least} to {most} runs each"),
            _ => return String::new(),
        };
        match self.drawing.shows {
            Shows::Lines { .. } => format!("mean of {runs}, bars: {level} % confidence interval"),
            Shows::Heat { .. } => format!("mean of {runs}"),
        }
    }

    fn maps(&self, measure: usize, y: usize, scale: Scale) -> Vec<Heat> {
        let x = self.drawing.x;
        let others: Vec<usize> =
            (0..self.sweep.axes.len()).filter(|axis| ![x, y].contains(axis)).collect();
        let (across, up) = (&self.sweep.axes[x], &self.sweep.axes[y]);
        let labels = |axis: &Axis| axis.points.iter().map(|point| point.label.clone()).collect();
        let map = |cell: Cell| {
            let value = |row: usize, column: usize| {
                let mut places = cell.places.clone();
                (places[x], places[y]) = (column, row);
                self.estimate(&places, measure).mean
            };
            let row = |row| (0..across.points.len()).map(|column| value(row, column)).collect();
            let mut subtitle = self.subtitle();
            if others.iter().any(|&axis| self.sweep.axes[axis].points.len() > 1) {
                let names = others.iter().map(|&axis| {
                    let Axis { label, points, .. } = &self.sweep.axes[axis];
                    format!("{label} {}", points[cell.places[axis]].label)
                });
                subtitle = format!("{}; {subtitle}", names.collect::<Vec<_>>().join(", "));
            }
            Heat {
                title: self.drawing.title.clone(),
                subtitle,
                x: (across.label.clone(), labels(across)),
                y: (up.label.clone(), labels(up)),
                value: self.sweep.measures[measure].label.clone(),
                quantity: quantity(self.sweep.measures[measure].unit),
                logarithmic: scale == Scale::Log,
                values: (0..up.points.len()).map(row).collect(),
            }
        };
        self.combinations(&others).into_iter().map(map).collect()
    }
}

const fn quantity(unit: Unit) -> Quantity {
    match unit {
        Unit::Number | Unit::Packets => Quantity::Number,
        Unit::Seconds => Quantity::Time,
        Unit::BitsPerSecond => Quantity::Rate,
        Unit::Bytes => Quantity::Size,
        Unit::Share => Quantity::Share,
    }
}

/// Where the values of an axis stand: at their size, if all are quantities of one kind, or else one
/// after the other.
fn varied(axis: &Axis, scale: Scale) -> Varied {
    let labels: Vec<&str> = axis.points.iter().map(|point| point.label.as_str()).collect();
    let sizes = sizes(&labels);
    let logarithmic = scale == Scale::Log
        && sizes.as_ref().is_some_and(|sizes| sizes.iter().all(|&size| size > 0.0));
    let places = sizes.unwrap_or_else(|| (1..=labels.len()).map(|i| i as f64).collect());
    let marks = places.into_iter().zip(labels).map(|(place, label)| (place, label.to_owned()));
    Varied { label: axis.label.clone(), marks: marks.collect(), logarithmic }
}

/// The sizes of quantities of one kind.
fn sizes(labels: &[&str]) -> Option<Vec<f64>> {
    let readers: [fn(&str) -> Option<f64>; 6] = [
        |text| text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        |text| text.parse::<Time>().ok().map(Time::as_secs_f64),
        |text| text.parse::<Rate>().ok().map(|rate| rate.as_bps() as f64),
        |text| match text.parse::<Limit>().ok()? {
            Limit::Packets(packets) => Some(packets as f64),
            Limit::Bytes(_) => None,
        },
        |text| text.parse::<Bytes>().ok().map(|bytes| bytes.get() as f64),
        |text| text.parse::<Ratio>().ok().map(Ratio::as_f64),
    ];
    readers.iter().find_map(|read| labels.iter().map(|label| read(label)).collect())
}

/// The points that have a value, parted where one has none.
fn stretches(points: &[(f64, Option<f64>)]) -> Vec<Vec<(f64, f64)>> {
    let parts = points.chunk_by(|a, b| a.1.is_some() == b.1.is_some());
    let known = parts.map(|part| part.iter().filter_map(|&(x, y)| Some((x, y?))).collect());
    known.filter(|part: &Vec<_>| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::file::tests::sweep;
    use super::*;

    #[test]
    fn quantities_stand_at_their_size() {
        assert_eq!(sizes(&["1", "2.5"]), Some(vec![1.0, 2.5]));
        assert_eq!(sizes(&["500us", "1ms"]), Some(vec![0.0005, 0.001]));
        assert_eq!(sizes(&["5p", "10p"]), Some(vec![5.0, 10.0]));
        assert_eq!(sizes(&["1kB", "1KiB"]), Some(vec![1000.0, 1024.0]));
        assert_eq!(sizes(&["1Mbps", "900kbps"]), Some(vec![1e6, 9e5]));
        assert_eq!(sizes(&["1%"]), Some(vec![0.01]));
        assert_eq!(sizes(&["5p", "codel"]), None);
        assert_eq!(sizes(&["5p", "5ms"]), None, "of different kinds");
    }

    const GRID: &str = "[vary.queue]\npath = 'links.a--b.queue'\nvalues = ['10p', '5p']\n\
        [vary.cc]\npath = 'apps.x.tcp'\nvalues = [1, 2]\nlabels = ['reno', 'cubic']\n\
        [vary]\n'apps.x.count' = [7, 8, 9]\n[measure]\nm = 'seed'\nk = 'seed'\n";

    fn outcome(cells: usize) -> Outcome {
        let estimate =
            |mean| Estimate { count: 2, missing: 0, mean: Some(mean), half_width: Some(0.5) };
        let cells: Vec<Vec<Estimate>> =
            (0..cells).map(|i| vec![estimate(i as f64), estimate(100.0 + i as f64)]).collect();
        Outcome { runs: vec![2; cells.len()], cells, ..Outcome::default() }
    }

    #[test]
    fn curves_go_through_the_right_cells() {
        let sweep = sweep(&format!("{GRID}[[plot]]\nx = 'queue'\ny = ['m', 'k']\n"));
        let outcome = outcome(12);
        let drawing = &sweep.drawings[0];
        let picture = Picture { sweep: &sweep, outcome: &outcome, drawing, level: 0.95 };
        let Shows::Lines { measures, by } = &drawing.shows else { panic!("lines") };
        let plot = picture.curves(measures, by);
        assert_eq!(plot.curves.len(), 12, "two measures, two algorithms, three counts");
        let curve = &plot.curves[3];
        assert_eq!(curve.name, "k, cc reno, apps.x.count 8");
        // Cells are numbered (queue, cc, count): 5p is the second queue, and stands to the left.
        let means: Vec<(f64, f64)> = curve.bars.iter().map(|bar| (bar.x, bar.mean)).collect();
        assert_eq!(means, [(5.0, 107.0), (10.0, 101.0)]);
        assert_eq!(plot.subtitle, "mean of 2 runs each, bars: 95 % confidence interval");
    }

    #[test]
    fn maps_are_one_for_each_value_of_the_rest() {
        let sweep =
            sweep(&format!("{GRID}[[plot]]\nheat = 'm'\nx = 'apps.x.count'\ny = 'queue'\n"));
        let outcome = outcome(12);
        let drawing = &sweep.drawings[0];
        let picture = Picture { sweep: &sweep, outcome: &outcome, drawing, level: 0.95 };
        let maps = picture.maps(0, 0, Scale::Linear);
        assert_eq!(maps.len(), 2);
        let row = |from: u32| (from..from + 3).map(|i| Some(f64::from(i))).collect::<Vec<_>>();
        assert_eq!(maps[1].values, [row(3), row(9)]);
        assert_eq!(maps[1].subtitle, "cc cubic; mean of 2 runs each");
        let names: Vec<String> =
            draw(&sweep, &outcome, 0.95, Format::Svg).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["m-heat-1", "m-heat-2"]);
    }
}
