//! Stands for `src/queue/mod.rs` around the recipe in CONTRIBUTING.md, so that it compiles and its
//! tests run.

pub use portolan::queue::{Backlog, Configuration, QueueDiscipline, Queued};

#[path = "../../docs/recipes/head_drop.rs"]
pub mod head_drop;
