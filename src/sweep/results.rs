//! `results.csv` with a row for each run, `cells.csv` with a row for each cell.
//!
//! Numbers are the shortest that read back to the same value. A value that does not exist is empty.

use std::io::{BufWriter, Write};
use std::path::Path;

use super::file::Sweep;
use super::forecast::Forecasts;
use super::schedule::Goal;
use super::statistics::Estimate;
use super::store::{Store, StoreError};
use crate::report::file::{Pending, WriteError};

/// Why results cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What came out of a sweep: of each cell, the estimates of all measures.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// By cell, then by measure.
    pub cells: Vec<Vec<Estimate>>,
    /// Runs that each cell has.
    pub runs: Vec<usize>,
    /// What models predict.
    pub forecasts: Forecasts,
}

impl Outcome {
    /// Runs of all cells.
    #[must_use]
    pub fn all_runs(&self) -> usize {
        self.runs.iter().sum()
    }
}

/// Writes `results.csv` and `cells.csv` into the folder `dir`, in the order of cells and seeds.
///
/// # Errors
/// If the store cannot be read or a file not be written; no file is then changed.
pub fn write(
    dir: &Path,
    sweep: &Sweep,
    goal: &Goal,
    store: &Store,
) -> Result<Outcome, ResultsError> {
    let mut rows = Sheet::create(&dir.join("results.csv"))?;
    let mut cells = Sheet::create(&dir.join("cells.csv"))?;
    let axes = || sweep.axes.iter().map(|axis| axis.name.clone());
    let names = || sweep.measures.iter().map(|measure| measure.name.clone());
    let start = || std::iter::once("cell".to_owned()).chain(axes());
    rows.row(start().chain(["seed".to_owned()]).chain(names()))?;
    let three = |name: String| {
        [format!("{name} mean"), format!("{name} half-width"), format!("{name} count")]
    };
    let forecasts = store.forecasts()?;
    let predicted: Vec<usize> =
        (0..sweep.measures.len()).filter(|&it| forecasts.name(sweep, it).is_some()).collect();
    let theory = predicted.iter().flat_map(|&measure| {
        let name = &sweep.measures[measure].name;
        [format!("{name} model"), format!("{name} predicted")]
    });
    let headings = start().chain(["runs".to_owned()]).chain(names().flat_map(three)).chain(theory);
    cells.row(headings)?;

    let mut outcome = Outcome { forecasts, ..Outcome::default() };
    for number in 0..sweep.cell_count() {
        let cell = sweep.cell(number);
        let labels = sweep.points(&cell).map(|point| point.label.clone());
        let start: Vec<String> = std::iter::once((number + 1).to_string()).chain(labels).collect();
        let runs = goal.counted(store.rows(number)?);
        for run in &runs {
            let values = run.values.iter().copied().map(text);
            rows.row(start.iter().cloned().chain([run.seed.to_string()]).chain(values))?;
        }
        let of =
            |place: usize| Estimate::of(runs.iter().map(|run| run.values[place]), goal.confidence);
        let estimates: Vec<Estimate> = (0..sweep.measures.len()).map(of).collect();
        let three = |it: &Estimate| [text(it.mean), text(it.half_width), it.count.to_string()];
        let count = runs.len().to_string();
        let theory = predicted.iter().flat_map(|&measure| {
            match outcome.forecasts.get(sweep, number, measure) {
                Some(forecast) => [forecast.model.clone(), text(Some(forecast.value))],
                None => [String::new(), String::new()],
            }
        });
        let own = start.into_iter().chain([count]).chain(estimates.iter().flat_map(three));
        cells.row(own.chain(theory))?;
        outcome.runs.push(runs.len());
        outcome.cells.push(estimates);
    }
    let files = [rows.finish()?, cells.finish()?];
    files.into_iter().try_for_each(Pending::commit)?;
    Ok(outcome)
}

/// A value as the files have it.
pub(super) fn text(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// A CSV file in the making.
pub(super) struct Sheet {
    path: std::path::PathBuf,
    rows: csv::Writer<BufWriter<Pending>>,
}

impl Sheet {
    pub(super) fn create(path: &Path) -> Result<Self, WriteError> {
        let file = BufWriter::new(Pending::create(path)?);
        Ok(Self { path: path.to_path_buf(), rows: csv::Writer::from_writer(file) })
    }

    pub(super) fn row(&mut self, fields: impl Iterator<Item = String>) -> Result<(), WriteError> {
        let written = self.rows.write_record(fields.map(String::into_bytes));
        written.map_err(|error| WriteError::new(&self.path, error.into()))
    }

    pub(super) fn finish(self) -> Result<Pending, WriteError> {
        let path = self.path;
        let trouble = |error| WriteError::new(&path, error);
        let mut buffer = self.rows.into_inner().map_err(|error| trouble(error.into_error()))?;
        buffer.flush().map_err(trouble)?;
        buffer.into_inner().map_err(|error| trouble(error.into_error()))
    }
}
