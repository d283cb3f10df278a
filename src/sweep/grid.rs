//! The cells of a sweep: every combination of its axes' values. The last axis changes fastest.

use std::ops::Range;

use super::axis::Point;
use super::file::Sweep;
use super::measure::Measure;
use super::setting::Setting;
use super::study::Study;
use crate::scenario::fault::Fault;
use crate::scenario::{LoadError, Scenario};
use crate::units::Time;

/// One combination of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Its number; cells are in the order of their numbers everywhere.
    pub number: usize,
    /// Which value each axis has here.
    pub places: Vec<usize>,
}

impl Sweep {
    /// How many cells there are.
    #[must_use]
    pub fn cell_count(&self) -> usize {
        self.axes.iter().map(|axis| axis.points.len()).product()
    }

    /// The cell of this number, which is less than [`Sweep::cell_count`].
    #[must_use]
    pub fn cell(&self, number: usize) -> Cell {
        let mut rest = number;
        let mut places: Vec<usize> = self
            .axes
            .iter()
            .rev()
            .map(|axis| {
                let place = rest % axis.points.len();
                rest /= axis.points.len();
                place
            })
            .collect();
        places.reverse();
        Cell { number, places }
    }

    /// The values of the axes in a cell.
    pub fn points(&self, cell: &Cell) -> impl Iterator<Item = &Point> + use<'_> {
        let places = cell.places.clone();
        self.axes.iter().zip(places).map(|(axis, place)| &axis.points[place])
    }

    /// What is set in a cell, in the form of `--set`: first what all cells share.
    #[must_use]
    pub fn overrides(&self, cell: &Cell) -> Vec<String> {
        let own = self.points(cell).flat_map(|point| &point.settings);
        self.fixed.iter().chain(own).map(Setting::text).collect()
    }

    /// A cell in words: `queue = 10p, flows = 4`.
    #[must_use]
    pub fn describe(&self, cell: &Cell) -> String {
        let named = self.axes.iter().zip(self.points(cell));
        let words: Vec<String> =
            named.map(|(axis, point)| format!("{} = {}", axis.name, point.label)).collect();
        if words.is_empty() { "the only cell".into() } else { words.join(", ") }
    }
}

impl Study for Sweep {
    fn cells(&self) -> Range<usize> {
        0..self.cell_count()
    }

    fn settings(&self, cell: usize) -> Vec<String> {
        self.overrides(&self.cell(cell))
    }

    fn cell_name(&self, cell: usize) -> String {
        let what = self.describe(&self.cell(cell));
        format!("cell {} of {} ({what})", cell + 1, self.cell_count())
    }

    fn axes(&self) -> Vec<String> {
        self.axes.iter().map(|axis| axis.name.clone()).collect()
    }

    fn labels(&self, cell: usize) -> Vec<String> {
        self.points(&self.cell(cell)).map(|point| point.label.clone()).collect()
    }

    fn measures(&self) -> &[Measure] {
        &self.measures
    }

    fn warm_up(&self) -> Time {
        self.warm_up
    }

    fn notes(&self) -> Vec<(&'static str, String)> {
        vec![("sweep", self.text.clone()), ("file", format!("{}.toml", self.name))]
    }

    fn check(&self, scenario: &Scenario) -> Result<(), LoadError> {
        if self.warm_up < scenario.duration {
            return Ok(());
        }
        let end = scenario.duration;
        let message = format!("the warm-up takes {}, and a run {end}", self.warm_up);
        Err(self.at_fault(Fault::new(self.warm_up_span, message).help(
            "results are counted from the warm-up's end to the run's: shorten the one, or set a \
             longer duration",
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::tests::sweep;

    #[test]
    fn cells_are_all_combinations_with_the_last_axis_fastest() {
        let sweep = sweep(
            "[set]\nduration = '2s'\n[vary]\n'links.a--b.queue' = ['1p', '2p']\n\
             'links.a--b.mtu' = ['500B', '1000B', '1500B']\n[measure]\nm = 'seed'",
        );
        assert_eq!(sweep.cell_count(), 6);
        let places: Vec<Vec<usize>> = (0..6).map(|number| sweep.cell(number).places).collect();
        assert_eq!(places, [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]);
        let cell = sweep.cell(4);
        assert_eq!(
            sweep.overrides(&cell),
            ["duration=\"2s\"", "links.a--b.queue=\"2p\"", "links.a--b.mtu=\"1000B\""]
        );
        assert_eq!(sweep.describe(&cell), "links.a--b.queue = 2p, links.a--b.mtu = 1000B");
    }

    #[test]
    fn without_axes_there_is_one_cell() {
        let sweep = sweep("[measure]\nm = 'seed'");
        assert_eq!((sweep.cell_count(), sweep.cell(0).places.len()), (1, 0));
        assert_eq!(sweep.describe(&sweep.cell(0)), "the only cell");
    }

    #[test]
    fn what_changes_together_is_one_axis() {
        let sweep = sweep(
            "[vary.size]\nlabels = ['small', 'large']\n[vary.size.together]\n\
             'links.a--b.queue' = ['1p', '9p']\n'links.a--b.rate' = ['1Mbps', '9Mbps']\n\
             [measure]\nm = 'seed'",
        );
        assert_eq!(sweep.cell_count(), 2);
        let last = sweep.cell(1);
        let set = ["links.a--b.queue=\"9p\"", "links.a--b.rate=\"9Mbps\""];
        assert_eq!(sweep.overrides(&last), set);
        assert_eq!(sweep.describe(&last), "size = large");
    }
}
