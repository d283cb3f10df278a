//! What networks do, told as small scenarios.

mod changes;
mod fragments;
mod icmp;
mod lan;
mod neighbors;
mod ports;
mod routes;
