//! What a run leaves behind: numbers, tables, series and plots.
//!
//! | module | turns | into |
//! | --- | --- | --- |
//! | [`summary`] | the results | `summary.json` |
//! | [`tables`] | the results | text for a terminal |
//! | [`series`] | samples and observations, as they happen | `series.csv` and what plots need |
//! | [`plot`] | what was recorded | SVG or PNG |
//! | [`diagram`] | a conversation | a ladder of arrows, in the terminal or as SVG |
//! | [`store`] | all of these | a result folder, and back |
//! | [`capture`] | packets, as they are sent and received | pcapng files |
//! | [`mod@file`] | bytes | a file that is whole or not there |
//! | [`diff`] | two runs | what differs, and from when on |
//! | [`follow`] | what happens to one packet | the story of its life |
//! | [`trace`] | what happens | lines as of tcpdump, JSON lines |
//! | [`names`] | ids | the names of the scenario |
//! | [`human`] | a quantity | three digits and a unit |
//! | [`paragraph`] | a sentence | lines for a terminal |
//!
//! Apart from `timing`, which never goes into a file, all of it is decided by the scenario and the
//! seed: the same bytes on every run and machine.

pub mod capture;
pub mod diagram;
pub mod diff;
pub mod file;
pub mod follow;
pub mod human;
pub mod names;
pub mod paragraph;
pub mod plot;
#[cfg(test)]
pub(crate) mod sample;
pub mod series;
pub mod store;
pub mod summary;
pub mod tables;
pub mod trace;
