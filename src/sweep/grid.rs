//! The cells of a sweep: every combination of its axes' values. The last axis changes fastest.

use super::axis::Point;
use super::file::Sweep;

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
    pub fn points<'a>(&'a self, cell: &'a Cell) -> impl Iterator<Item = &'a Point> {
        self.axes.iter().zip(&cell.places).map(|(axis, &place)| &axis.points[place])
    }

    /// What is set in a cell, in the form of `--set`: first what all cells share.
    #[must_use]
    pub fn overrides(&self, cell: &Cell) -> Vec<String> {
        let own = self.points(cell).flat_map(|point| &point.settings);
        self.fixed.iter().chain(own).map(|(path, value)| format!("{path}={value}")).collect()
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
