//! Where a packet goes next: forwarding tables by longest prefix, filled from shortest paths.
//!
//! Pure data and computation: addresses in, next hops out. Nothing here sends anything, so there
//! is no routing protocol, no hello and no convergence time: [`compute`] knows the whole network
//! at once and finds what OSPF (RFC 2328) would settle on with the same interface costs.
//!
//! - `table`: [`Routes`], one node's table. Looked up by longest prefix (RFC 1812, section 5.2.4.3);
//!   at equal length a connected subnet beats a static route beats a computed one.
//! - `topology`: [`Topology`], what the computation is told: nodes attached to segments.
//! - `shortest_path`: [`compute`], [`ShortestPaths`]: all equal-cost next hops of all nodes.
//! - `computed`: [`Computed`], the compact result for one node; the list of prefixes is shared.
//! - `flow_hash`: [`next_hop`], which of several equal-cost next hops a conversation takes.
//! - `frontier`, `hop_sets` and `prefix` are the machinery of the above.

mod computed;
mod flow_hash;
mod frontier;
mod hop_sets;
mod prefix;
mod shortest_path;
mod table;
#[cfg(test)]
mod tests;
mod topology;

pub use computed::Computed;
pub use flow_hash::{Flow, next_hop};
pub use shortest_path::{ShortestPaths, compute};
pub use table::{NextHop, Route, Routes, Source};
pub use topology::{Attachment, Topology};
