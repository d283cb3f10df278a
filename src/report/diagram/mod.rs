//! Sequence diagrams, also called ladder diagrams: who sent what when, and when it arrived.
//!
//! | module | does |
//! | --- | --- |
//! | [`model`] | a diagram as values, whatever it is drawn with |
//! | [`mod@watch`] | follows one conversation of a run, in bounded memory |
//! | `conversation`, `follow` | which packets belong to it, and what became of them |
//! | `label` | a packet in words: flags, relative sequence numbers |
//! | `select` | what is told of a long transfer, and what is only counted |
//! | [`mod@draft`] | what was followed, as a diagram |
//! | `sequence` | the order in which things happened, idle times |
//! | `rows`, `grid`, `stairs`, [`mod@terminal`] | lines and words in the cells of a terminal |
//! | [`mod@svg`] | slanted lines on a page |
//!
//! A diagram is made without looking at clocks, locales or terminals: the same run gives the same
//! bytes.

mod conversation;
pub mod draft;
mod follow;
mod grid;
mod label;
pub mod model;
mod rows;
mod select;
mod sequence;
mod stairs;
pub mod svg;
pub mod terminal;
#[cfg(test)]
mod tests;
pub mod watch;
