//! The scenario of a study: read once, loaded with the settings of each cell.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::file::Sweep;
use super::measure::Measure;
use super::study::Study;
use crate::scenario::context::unreadable;
use crate::scenario::fault::Fault;
use crate::scenario::{LoadError, Options, Scenario, builtin, load};

/// A scenario's text, and the files that it names.
///
/// All are read at most once: whoever changes them while the study runs does not change it.
#[derive(Debug)]
pub struct Subject {
    /// What messages call the scenario.
    file: String,
    text: Vec<u8>,
    /// Where the files are that it names; nowhere if it is part of the program.
    beside: Option<PathBuf>,
    files: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Subject {
    /// Finds the scenario of a sweep: a file, looked for from the folder `base`, or a built-in one.
    ///
    /// # Errors
    /// If there is neither, with the place in the sweep file.
    pub fn find(sweep: &Sweep, base: &Path) -> Result<Self, LoadError> {
        Self::open(&sweep.scenario, base).map_err(|(message, near)| {
            let help = format!(
                "{near}write the path of a scenario file from the folder of this file, or the name \
                 of a built-in scenario (portolan list)"
            );
            sweep.at_fault(Fault::new(sweep.scenario_span, message).help(help))
        })
    }

    /// Finds a scenario that the user names: a file or a built-in one.
    ///
    /// # Errors
    /// If there is neither.
    pub fn named(name: &str) -> Result<Self, LoadError> {
        Self::open(name, Path::new("")).map_err(|(message, near)| {
            let help = format!(
                "{near}give the path of a scenario file, or the name of a built-in scenario \
                 (portolan list)"
            );
            let fault = Fault { message, places: Vec::new(), help: None }.help(help);
            LoadError { sources: Vec::new(), faults: vec![fault] }
        })
    }

    /// A scenario, or why there is none and what may have been meant.
    fn open(name: &str, base: &Path) -> Result<Self, (String, String)> {
        let path = base.join(name);
        let files = Mutex::default();
        let error = match std::fs::read(&path) {
            Ok(text) => {
                let beside = path.parent().map(Path::to_path_buf);
                return Ok(Self { file: path.display().to_string(), text, beside, files });
            }
            Err(error) => error,
        };
        if let Some(found) = builtin::find(name) {
            let text = found.text.as_bytes().to_vec();
            return Ok(Self { file: format!("{}.toml", found.name), text, beside: None, files });
        }
        let near = builtin::nearest(name)
            .map_or_else(String::new, |near| format!("did you mean `{}`? ", near.name));
        Err((format!("`{}` cannot be read: {}", path.display(), unreadable(&error)), near))
    }

    /// The scenario with the settings of a cell, and the measures of the study.
    ///
    /// # Errors
    /// Everything that is wrong with it in this cell.
    pub fn load(&self, study: &dyn Study, cell: usize) -> Result<Scenario, LoadError> {
        let scenario = self
            .read_cell(study, cell)
            .map_err(|error| error.rename("--set", &study.cell_name(cell)))?;
        study.check(&scenario)?;
        Ok(scenario)
    }

    /// The same, whether or not it suits the study. The texts of what is wrong are, in this order, the
    /// scenario, the settings of the cell, files that the scenario names and the measures.
    pub(super) fn read_cell(&self, study: &dyn Study, cell: usize) -> Result<Scenario, LoadError> {
        let measure = |it: &Measure| (named(it), it.expression.clone());
        let measures = study.measures().iter().map(measure).collect();
        let options = Options { overrides: study.settings(cell), measures, ..Options::default() };
        self.load_with(&options)
    }

    /// The scenario as these options have it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load_with(&self, options: &Options) -> Result<Scenario, LoadError> {
        load(&self.text, &self.file, &|name: &str| self.read(name), options)
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = files.get(name) {
            return Ok(found.clone());
        }
        let beside = self.beside.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let text = std::fs::read(beside.join(name))?;
        files.insert(name.to_owned(), text.clone());
        Ok(text)
    }

    /// The text of the scenario and of all files that have been read for it so far, by name.
    pub(super) fn texts(&self) -> Vec<(String, Vec<u8>)> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let own = (String::new(), self.text.clone());
        std::iter::once(own).chain(files.iter().map(|(k, v)| (k.clone(), v.clone()))).collect()
    }
}

/// What messages call the text of a measure.
pub(super) fn named(measure: &Measure) -> String {
    format!("measure {}", measure.name)
}
