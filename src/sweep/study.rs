//! What is run again and again: one scenario with different settings, of which things are measured.

use std::ops::Range;

use super::measure::Measure;
use crate::scenario::{LoadError, Scenario};
use crate::units::Time;

/// What workers and the store need to know of a sweep, or of the search for a size.
///
/// A cell is one combination of settings. Cells have numbers; everything about a cell follows from its
/// number, so that whoever goes on with a study finds the same cells.
pub trait Study: Sync {
    /// The cells that are known before anything is run. Their settings tell studies apart.
    fn cells(&self) -> Range<usize>;
    /// What is set in a cell, in the form of `--set`.
    fn settings(&self, cell: usize) -> Vec<String>;
    /// What messages call a cell.
    fn cell_name(&self, cell: usize) -> String;
    /// What tells cells apart, for people: columns of the store.
    fn axes(&self) -> Vec<String>;
    /// A cell's value of each.
    fn labels(&self, cell: usize) -> Vec<String>;
    /// What is measured.
    fn measures(&self) -> &[Measure];
    /// The time from which on results count.
    fn warm_up(&self) -> Time;
    /// What the store is to keep beside the runs: names and texts.
    fn notes(&self) -> Vec<(&'static str, String)>;
    /// Looks at the scenario as it is in a cell.
    ///
    /// # Errors
    /// If it does not suit the study.
    fn check(&self, scenario: &Scenario) -> Result<(), LoadError>;
}
