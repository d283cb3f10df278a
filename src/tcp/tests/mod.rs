//! The connection as a whole: two ends on a wire, and segments by hand.

mod bottleneck;
mod close;
mod congestion;
mod ecn;
mod handshake;
mod linux_recovery;
mod loss;
mod needless;
mod pair;
mod path_mtu;
mod properties;
mod tail_probe;
mod window;
