//! A run as lines, in the manner of `tcpdump` on every interface at once.
//!
//! - [`describe`]: one packet in words, for whoever shows packets;
//! - [`sequences`]: sequence numbers as people count them, from each connection's beginning;
//! - `event`: which observations a trace shows, where they happened and to whom;
//! - [`mod@line`]: an observation as a line of text; [`json`]: the same as an object for programs;
//! - [`Filter`]: who wants to see what;
//! - [`Reader`]: what happens in a simulation, one instant at a time.
//!
//! Each packet on each link gives two lines: `Out` when its first bit leaves an interface, `In` when its
//! last reaches the next. Nothing is kept but the beginnings of connections, and of these the latest.

pub mod describe;
mod event;
mod filter;
pub mod json;
pub mod line;
mod reader;
pub mod sequences;
#[cfg(test)]
mod tests;

pub use event::Detail;
pub(crate) use event::packet_of;
pub use filter::Filter;
pub use reader::Reader;
