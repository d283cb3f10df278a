//! Nodes: hosts, routers, switches and hubs.
//!
//! A node is a machine that is called with what happens ([`switch::Switch::receive`], `handle_timeout`, ...)
//! and notes in a [`Cx`] what it wants done. It never sees another node, nor a link.
//!
//! - [`ip`]: hosts and routers: an IPv4 [`stack`] with processes on it; `kernel` is what the
//!   processes see of it;
//! - [`switch`]: learning switches, with [`mac_table`] and [`spanning_tree`];
//! - [`mod@hub`] repeats every bit;
//! - [`neighbor`], [`fragment`], [`reassembly`], [`filter`], [`icmp`], [`icmp_limit`]: the stack's
//!   mechanisms, one each.

pub mod config;
pub mod cx;
pub mod filter;
pub mod fragment;
pub mod hub;
pub mod icmp;
pub mod icmp_limit;
pub mod interface;
pub mod ip;
mod kernel;
pub mod mac_table;
pub mod neighbor;
pub mod reassembly;
pub mod spanning_tree;
pub mod stack;
pub mod switch;

pub use cx::{Cx, Effect};
pub use interface::Interface;
pub use ip::IpNode;
