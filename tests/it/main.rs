//! Integration tests, as one crate: one file for each thing that must hold.

mod arrows;
mod cli;
mod conservation;
mod determinism;
mod docs;
mod errors;
mod exact;
mod network;
pub mod recipe_app;
pub mod recipe_queue;
mod scenarios;
mod support;
mod theory;

// Recipes are written as parts of the library: `crate::units` is meant.
use portolan::{id, kinds, packet, units};
