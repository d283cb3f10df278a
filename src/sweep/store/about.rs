//! What a store says of itself.

use std::path::Path;

use super::StoreError;
use super::tables::{check_kind, connect, read_identity};
use crate::sweep::forecast::Forecasts;
use crate::sweep::identity::Identity;

/// What a store says of the sweep that it is of.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    /// The text of the sweep file.
    pub text: String,
    /// Its name.
    pub file: String,
    /// The precision asked for.
    pub precision: Option<f64>,
    /// The most seeds of a cell.
    pub max_seeds: Option<usize>,
    /// What decides the results.
    pub identity: Identity,
    /// What models predict.
    pub forecasts: Forecasts,
}

impl About {
    /// Reads it from the store at `path`.
    ///
    /// # Errors
    /// If there is no store, or one of another kind of study.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        let connection = connect(path, false)?;
        check_kind(&connection, path)?;
        let read = || -> Result<Self, rusqlite::Error> {
            let text = |key: &str| {
                let text = "SELECT coalesce(max(value), '') FROM about WHERE key = ?1";
                connection.query_row(text, [key], |row| row.get::<_, String>(0))
            };
            Ok(Self {
                text: text("sweep")?,
                file: text("file")?,
                precision: text("precision")?.parse().ok(),
                max_seeds: text("max-seeds")?.parse().ok(),
                identity: read_identity(&connection)?,
                forecasts: Forecasts::from_text(&text("theory")?),
            })
        };
        let about = read().map_err(|error| StoreError::of(path, error))?;
        // The search for a size has a store like this too, and no sweep file.
        let is_of_sweep = !about.text.is_empty();
        is_of_sweep.then_some(about).ok_or_else(|| StoreError::Foreign(path.display().to_string()))
    }
}
