//! The scenario of a sweep: read once, loaded with the settings of each cell.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::file::Sweep;
use super::grid::Cell;
use crate::scenario::context::unreadable;
use crate::scenario::fault::{Fault, Source};
use crate::scenario::{LoadError, Options, Scenario, builtin, load};

/// A scenario's text, and the files that it names.
///
/// All are read at most once: whoever changes them while the sweep runs does not change it.
#[derive(Debug)]
pub struct Subject {
    /// What messages call the sweep file.
    sweep_file: String,
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
    /// If there is neither, with the place in the sweep file, which messages call `file`.
    pub fn find(sweep: &Sweep, base: &Path, file: &str) -> Result<Self, LoadError> {
        let path = base.join(&sweep.scenario);
        let files = Mutex::default();
        let sweep_file = file.to_owned();
        match std::fs::read(&path) {
            Ok(text) => {
                let beside = path.parent().map(Path::to_path_buf);
                Ok(Self { sweep_file, file: path.display().to_string(), text, beside, files })
            }
            Err(error) => match builtin::find(&sweep.scenario) {
                Some(found) => {
                    let text = found.text.as_bytes().to_vec();
                    let file = format!("{}.toml", found.name);
                    Ok(Self { sweep_file, file, text, beside: None, files })
                }
                None => Err(not_found(sweep, &path, &error, file)),
            },
        }
    }

    /// The scenario with the settings of a cell, and the measures of the sweep.
    ///
    /// # Errors
    /// Everything that is wrong with it in this cell.
    pub fn load(&self, sweep: &Sweep, cell: &Cell) -> Result<Scenario, LoadError> {
        let named = |name: &str| format!("measure {name}");
        let measures =
            sweep.measures.iter().map(|it| (named(&it.name), it.expression.clone())).collect();
        let overrides = sweep.overrides(cell);
        let options = Options { overrides, measures, ..Options::default() };
        let scenario = load(&self.text, &self.file, &|name: &str| self.read(name), &options);
        let scenario = scenario.map_err(|error| {
            error.rename("--set", &format!("cell {} of {}", cell.number + 1, sweep.cell_count()))
        })?;
        if sweep.warm_up >= scenario.duration {
            let end = scenario.duration;
            let message = format!("the warm-up takes {}, and a run {end}", sweep.warm_up);
            let fault = Fault::new(sweep.warm_up_span, message)
                .help("results are counted from the warm-up's end to the run's: shorten the one, or set a longer duration");
            return Err(self.of_sweep(sweep, fault));
        }
        Ok(scenario)
    }

    fn of_sweep(&self, sweep: &Sweep, fault: Fault) -> LoadError {
        let source = Source { name: self.sweep_file.clone(), text: sweep.text.clone() };
        LoadError { sources: vec![source], faults: vec![fault] }
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

fn not_found(sweep: &Sweep, path: &Path, error: &io::Error, file: &str) -> LoadError {
    let near = builtin::nearest(&sweep.scenario)
        .map_or_else(String::new, |near| format!("did you mean `{}`? ", near.name));
    let message = format!("`{}` cannot be read: {}", path.display(), unreadable(error));
    let fault = Fault::new(sweep.scenario_span, message).help(format!(
        "{near}write the path of a scenario file from the folder of this file, or the name of a \
         built-in scenario (portolan list)"
    ));
    let source = Source { name: file.to_owned(), text: sweep.text.clone() };
    LoadError { sources: vec![source], faults: vec![fault] }
}
