//! Links: serialise, propagate, impair.
//!
//! A link is two [`Channel`]s, one for each direction, each with a [`Config`] of its own. On a hub
//! all channels share one [`Medium`].

mod channel;
pub mod config;
mod impairments;
pub mod loss;
mod medium;
mod stats;

pub use channel::{Channel, Outcome, Started};
pub use config::{Config, Framing};
pub use impairments::Fate;
pub use medium::Medium;
pub use stats::ChannelStats;
