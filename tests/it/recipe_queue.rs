//! Stands for `src/queue/mod.rs` around the recipe in CONTRIBUTING.md, so that it compiles and its
//! tests run.

pub use portolan::queue::{Backlog, Configuration, Drops, QueueDiscipline, Queued, Site};

#[path = "../../docs/recipes/lifo.rs"]
pub mod lifo;
