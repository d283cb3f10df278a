//! Finished runs in one SQLite file: each run is a transaction.
//!
//! | table | holds |
//! | --- | --- |
//! | `identity` | what decides the results, see [`Identity`] |
//! | `about` | what the study notes: of a sweep its file, its name, and the precision asked for |
//! | `cells` | the value of each axis in each cell |
//! | `runs` | one row for each finished run, one column for each measure |
//!
//! Whoever is killed loses the runs in flight and nothing else: SQLite's write-ahead log takes a row
//! whole or not at all. Only one process at a time may have the file open.

mod about;
mod error;
mod tables;

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::Value;

use super::forecast::Forecasts;
use super::identity::Identity;
use super::schedule::Goal;
use super::study::Study;
use tables::{check_kind, connect, create, is_empty, read_identity, set_about};

pub use about::About;
pub use error::StoreError;

/// A finished run of a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its seed.
    pub seed: u64,
    /// The measures' values, where there are such.
    pub values: Vec<Option<f64>>,
}

/// An open store.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    connection: Connection,
    insert: String,
    measures: usize,
}

impl Store {
    /// Opens the store of a study, or makes it. One that is there already must be of this very one,
    /// and `resume` must say that it is to be gone on with.
    ///
    /// # Errors
    /// If it may not be used for this study, or cannot be.
    pub fn open(
        path: &Path,
        study: &dyn Study,
        identity: &Identity,
        resume: bool,
    ) -> Result<Self, StoreError> {
        let mut connection = connect(path, true)?;
        let trouble = |error| StoreError::of(path, error);
        if is_empty(&connection).map_err(trouble)? {
            create(&mut connection, study, identity).map_err(trouble)?;
        } else {
            check_kind(&connection, path)?;
            let differences = identity.differences(&read_identity(&connection).map_err(trouble)?);
            if !differences.is_empty() {
                let (path, what) = (path.display().to_string(), differences.join(", "));
                return Err(StoreError::Changed { path, what });
            }
            if !resume {
                return Err(StoreError::Exists(path.display().to_string()));
            }
            // Seeds, plots and labels may have changed: who joins goes by the latest.
            for (key, text) in study.notes() {
                set_about(&connection, key, &text).map_err(trouble)?;
            }
        }
        let measures = study.measures().len();
        let places: Vec<String> = (1..=measures + 2).map(|i| format!("?{i}")).collect();
        let insert = format!("INSERT INTO runs VALUES ({})", places.join(", "));
        Ok(Self { path: path.to_path_buf(), connection, insert, measures })
    }

    /// Keeps what a run found out.
    ///
    /// # Errors
    /// If it cannot be written; the store is as it was before.
    pub fn add(&self, cell: usize, row: &Row) -> Result<(), StoreError> {
        let own = [Value::Integer(cell as i64), Value::Integer(row.seed as i64)];
        let values = row.values.iter().map(|value| value.map_or(Value::Null, Value::Real));
        let all = rusqlite::params_from_iter(own.into_iter().chain(values));
        self.connection.execute(&self.insert, all).map_err(|error| self.trouble(error))?;
        Ok(())
    }

    /// Describes cells that were not known from the start.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn describe(&self, study: &dyn Study, cells: &[usize]) -> Result<(), StoreError> {
        let write = || -> Result<(), rusqlite::Error> {
            let transaction = self.connection.unchecked_transaction()?;
            tables::describe(&transaction, study, cells.iter().copied())?;
            transaction.commit()
        };
        write().map_err(|error| self.trouble(error))
    }

    /// The finished runs of a cell, by seed.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn rows(&self, cell: usize) -> Result<Vec<Row>, StoreError> {
        let read = || -> Result<Vec<Row>, rusqlite::Error> {
            let text = "SELECT * FROM runs WHERE cell = ?1 ORDER BY seed";
            let mut statement = self.connection.prepare(text)?;
            let row = |row: &rusqlite::Row<'_>| {
                let values = (0..self.measures).map(|i| row.get(i + 2));
                let seed: i64 = row.get(1)?;
                Ok(Row { seed: seed as u64, values: values.collect::<Result<_, _>>()? })
            };
            statement.query_map([cell as i64], row)?.collect()
        };
        read().map_err(|error| self.trouble(error))
    }

    /// Takes over the runs of another store of the same sweep. Returns how many were new.
    ///
    /// # Errors
    /// If it is of another sweep, or cannot be read, or this one cannot be written.
    pub fn take(&mut self, other: &Path, identity: &Identity) -> Result<usize, StoreError> {
        let theirs = connect(other, false)?;
        check_kind(&theirs, other)?;
        let found = read_identity(&theirs).map_err(|error| StoreError::of(other, error))?;
        let differences = identity.differences(&found);
        if !differences.is_empty() {
            let (path, what) = (other.display().to_string(), differences.join(", "));
            return Err(StoreError::Changed { path, what });
        }
        let other = Self {
            path: other.to_path_buf(),
            connection: theirs,
            insert: String::new(),
            measures: self.measures,
        };
        let transaction = self.connection.unchecked_transaction();
        let transaction = transaction.map_err(|error| self.trouble(error))?;
        let mut taken = 0;
        for cell in other.cells_with_runs()? {
            let own = self.rows(cell)?;
            for row in other.rows(cell)? {
                let place = own.binary_search_by_key(&row.seed, |known| known.seed);
                match place.ok().map(|place| &own[place]) {
                    None => {
                        self.add(cell, &row)?;
                        taken += 1;
                    }
                    Some(known) if *known == row => {}
                    Some(_) => {
                        return Err(StoreError::Contradiction(other.path.display().to_string()));
                    }
                }
            }
        }
        transaction.commit().map_err(|error| self.trouble(error))?;
        Ok(taken)
    }

    /// Cells of which at least one run is finished.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn cells_with_runs(&self) -> Result<Vec<usize>, StoreError> {
        let read = || -> Result<Vec<usize>, rusqlite::Error> {
            let mut statement =
                self.connection.prepare("SELECT DISTINCT cell FROM runs ORDER BY cell")?;
            let cells = statement.query_map([], |row| row.get::<_, i64>(0))?;
            cells.map(|cell| Ok(cell? as usize)).collect()
        };
        read().map_err(|error| self.trouble(error))
    }

    /// Notes what was asked for, for those who join this store with others.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn note_goal(&self, goal: &Goal) -> Result<(), StoreError> {
        let number = |number: Option<f64>| number.map_or_else(String::new, |n| n.to_string());
        let goal = [("precision", number(goal.precision)), ("max-seeds", goal.most().to_string())];
        let mut each = goal.iter();
        each.try_for_each(|(key, value)| set_about(&self.connection, key, value))
            .map_err(|error| self.trouble(error))
    }

    /// Keeps what models predict.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn note_forecasts(&self, forecasts: &Forecasts) -> Result<(), StoreError> {
        set_about(&self.connection, "theory", &forecasts.to_text())
            .map_err(|error| self.trouble(error))
    }

    /// What models predict.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn forecasts(&self) -> Result<Forecasts, StoreError> {
        let text = "SELECT coalesce(max(value), '') FROM about WHERE key = 'theory'";
        let text = self.connection.query_row(text, [], |row| row.get::<_, String>(0));
        text.map(|text| Forecasts::from_text(&text)).map_err(|error| self.trouble(error))
    }

    fn trouble(&self, error: rusqlite::Error) -> StoreError {
        StoreError::of(&self.path, error)
    }
}

#[cfg(test)]
mod tests;
