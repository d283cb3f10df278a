//! One scenario run again and again with different settings and seeds, in parallel, and what comes out:
//! sweeps over a grid, and the search for the size of a queue.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`Study`] | what all of it needs to know: cells, settings, measures |
//! | `mistaken` | a scenario given in place of a sweep file |
//! | `file`, `seeds`, `axis`, `range`, `measure`, `drawing` | the sweep file: what varies, what is measured, what is drawn |
//! | [`Sweep`], [`Cell`] (`grid`) | every combination of the axes' values, in a fixed order |
//! | [`Subject`] | the scenario: read once, loaded with the settings of each cell |
//! | [`Identity`] | what decides the results, as hashes: results of different sweeps never mix |
//! | [`Store`] | finished runs in one SQLite file, each a transaction |
//! | [`Schedule`] | which run comes next, and when a cell has enough of them |
//! | [`Setting`], [`check`] | where the sweep file says what a cell sets; all cells looked at before any is run |
//! | [`work`] | the threads that simulate, and who tells them what ([`work::Agenda`]) |
//! | [`Forecasts`], `silence` | what models predict of the measures, and why one does not |
//! | [`statistics`] | means and their confidence intervals |
//! | [`results`] | `results.csv`, `cells.csv` |
//! | [`table`], `columns` | the cells as text |
//! | [`pictures`] | the plots that the file asks for |
//! | [`slurm`] | job arrays: their script, and what Slurm prints |
//! | `unit` | in which unit a measure is shown |
//! | [`size`] | how large a queue should be |
//!
//! A run is decided by its cell and its seed. Every cell has the same seeds (common random numbers), so
//! that differences between cells come from their settings. Everything written is in the order of
//! cells and seeds, whichever thread, shard or sitting a run was done in.

mod axis;
pub mod check;
mod columns;
mod drawing;
mod file;
mod forecast;
mod grid;
mod identity;
mod measure;
mod mistaken;
pub mod pictures;
mod range;
pub mod results;
mod schedule;
mod seeds;
mod setting;
mod silence;
pub mod size;
pub mod slurm;
pub mod statistics;
mod store;
mod study;
mod subject;
pub mod table;
mod unit;
pub mod work;

pub use axis::{Axis, Point};
pub use drawing::Drawing;
pub use file::Sweep;
pub use forecast::{Forecast, Forecasts, Model};
pub use grid::Cell;
pub use identity::Identity;
pub use measure::Measure;
pub use schedule::{Goal, Job, Schedule, Shard};
pub use setting::Setting;
pub use store::{About, Row, Store, StoreError};
pub use study::Study;
pub use subject::Subject;
pub use unit::Unit;
