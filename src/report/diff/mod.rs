//! What is different between two runs.
//!
//! - [`events`]: two simulations side by side, to the first event that differs;
//! - [`numbers`]: two summaries, number by number;
//! - [`samples`]: two series files, to the first sample that differs.
//!
//! Runs of one scenario with one setting changed are the same until that setting first makes a
//! difference: dice belong to components by name, so that nothing else is thrown differently.

pub mod events;
pub mod numbers;
pub mod samples;
#[cfg(test)]
mod tests;
