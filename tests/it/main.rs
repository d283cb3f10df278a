//! Integration tests, as one crate: one file for each thing that must hold.

mod arrows;
mod cli;
mod connections;
mod conservation;
mod determinism;
mod diagram;
mod diff;
mod docs;
mod errors;
mod exact;
mod follow;
mod fuzz;
mod import;
mod linux;
mod listening;
mod mail_apps;
mod network;
mod predictions;
mod queues;
pub mod recipe_app;
pub mod recipe_queue;
mod scan_apps;
mod scenarios;
mod size;
mod studies_queues;
mod studies_routers;
mod support;
mod sweep;
mod tcp_apps;
mod tcp_theory;
mod theory;
mod trace;

// Recipes are written as parts of the library: `crate::units` is meant.
use portolan::{id, kinds, observe, packet, rng, units};
