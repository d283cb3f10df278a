//! Scenario files: text in, a complete plan out, or everything that is wrong with the text.
//!
//! ```text
//! value, parse       TOML or JSON to a tree whose parts know where they were written
//! syntax             what was meant by a line that is not TOML
//! overrides, path    --set PATH=VALUE on that tree
//! de, decode         tables of the tree to plain structs, with all errors
//! words, synonyms    what was meant by a name, a key or a word that there is not
//! raw, fields        those structs: the format as written
//! names, layers      ranges (h[1..100], n[*]) and tables that describe the same component
//! topology           generated and imported networks
//! nodes, links, apps, changes, record, expect: one section of the format each
//! arrivals, capture_clock  packet arrivals that processes replay
//! measure              expressions that somebody else has over the results: a sweep
//! doubts             notes of what will surely not do what was meant
//! fault              faults with their places, drawn into the text
//! builtin, schema    scenarios in the binary, the published JSON Schema
//! ```
//!
//! Nothing here touches the environment: files that a scenario names are read by the caller's
//! [`Reader`]. [`load_path`] is the one convenience that opens files.

mod apps;
mod arrivals;
pub mod builtin;
pub(crate) mod capture_clock;
mod changes;
pub(crate) mod context;
mod de;
pub(crate) mod decode;
mod doubts;
mod expect;
pub(crate) mod fault;
mod fields;
mod layers;
mod links;
mod load;
mod measure;
mod names;
mod nodes;
mod overrides;
pub(crate) mod parse;
pub(crate) mod path;
mod raw;
mod record;
pub mod schema;
mod synonyms;
mod syntax;
pub mod topology;
pub(crate) mod value;
pub(crate) mod words;

#[cfg(test)]
mod tests;

pub use context::Reader;
pub use expect::{Expect, evaluate};
pub use fault::{Fault, LoadError, Source, Span};
pub use load::{Options, load, load_path};
pub use measure::{Measure, measure};
pub use raw::Every;
pub use record::{Record, Series, Tap};

use crate::sim::Plan;
use crate::units::Time;

/// A scenario, ready to run.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name: that of the file, without extension.
    pub name: String,
    /// What it shows, in a line.
    pub title: String,
    /// What to watch and to expect.
    pub about: String,
    /// How long the simulated clock runs.
    pub duration: Time,
    /// The network with its processes and changes; all addresses are assigned.
    pub plan: Plan,
    /// What to record.
    pub record: Record,
    /// What the results should be.
    pub expects: Vec<Expect>,
    /// What [`Options::measures`] asked for.
    pub measures: Vec<Measure>,
    /// What the reader might not expect but is no fault.
    pub notices: Vec<String>,
}
