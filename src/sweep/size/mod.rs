//! How large a queue should be: the smallest one of a link that meets a target, found by bisection
//! over runs with several seeds.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`Target`], [`Quantity`] (`target`) | what is to be reached: `utilization >= 98%` |
//! | [`Place`] (`place`) | which direction of which link, and how its queue is set |
//! | [`Sizing`] (`sizing`) | the study: a cell for each size, counted in packets or full frames |
//! | [`Bounds`] (`bounds`) | which sizes the discipline takes |
//! | [`survey`] | what crosses the link: long TCP connections and their round trips |
//! | [`thumb`] | rules of thumb |
//! | [`Judge`] (`judge`) | whether the runs of a size say that it meets the target |
//! | [`seek`] | bisection: which size comes next |
//! | [`Search`] (`search`) | which runs come next |
//! | [`Answer`] (`answer`) | what was found, and how sure it is |
//! | [`report`] | all of it as text and as files |
//!
//! Everything follows from the runs in the store, in a fixed order: neither the number of threads nor
//! interruptions change the answer.

mod answer;
mod bounds;
mod judge;
mod place;
pub mod report;
mod search;
pub mod seek;
mod sizing;
pub mod survey;
mod target;
pub mod thumb;

pub use answer::Answer;
pub use bounds::Bounds;
pub use judge::{Judge, Judged, Verdict};
pub use place::Place;
pub use search::Search;
pub use sizing::{Grain, Sizing};
pub use target::{Quantity, Target};
