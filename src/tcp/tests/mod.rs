//! The connection as a whole: two ends on a wire, and segments by hand.

mod close;
mod handshake;
mod loss;
mod pair;
mod properties;
mod window;
