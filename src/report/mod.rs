//! What a run leaves behind: numbers, tables, series and plots.
//!
//! | module | turns | into |
//! | --- | --- | --- |
//! | [`summary`] | the results | `summary.json` |
//! | [`tables`] | the results | text for a terminal |
//! | [`series`] | samples and observations, as they happen | `series.csv` and what plots need |
//! | [`plot`] | what was recorded | SVG or PNG |
//! | [`store`] | all of these | a result folder, and back |
//! | [`mod@file`] | bytes | a file that is whole or not there |
//! | [`human`] | a quantity | three digits and a unit |
//!
//! Apart from `timing`, which never goes into a file, all of it is decided by the scenario and the
//! seed: the same bytes on every run and machine.

pub mod file;
pub mod human;
pub mod plot;
#[cfg(test)]
pub(crate) mod sample;
pub mod series;
pub mod store;
pub mod summary;
pub mod tables;
