//! A hash of a connection's two ends under a key: the same everywhere, and of no use to guess the
//! key by looking at a simulation.

use std::net::SocketAddrV4;

/// 64 bits from both ends of a connection and a key.
pub(super) fn of_ends(key: u64, local: SocketAddrV4, remote: SocketAddrV4) -> u64 {
    let end = |end: SocketAddrV4| (u64::from(end.ip().to_bits()) << 16) | u64::from(end.port());
    // Steele, Lea and Flood's finalizer (splitmix64).
    let mut hash = key ^ end(local).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ end(remote);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
