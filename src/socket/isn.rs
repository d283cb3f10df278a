//! Initial sequence numbers, and the offsets of timestamp clocks (RFC 6528; RFC 7323 section 5.4).

use std::net::SocketAddrV4;

use super::hash;
use crate::packet::tcp::SeqNum;
use crate::rng::Stream;
use crate::units::Time;

/// The clock of RFC 9293 section 3.4.1: one more every 4 µs.
const TICK_NS: u64 = 4000;

/// A host's source of initial sequence numbers: ISN = M + F(both ends, secret).
#[derive(Debug)]
pub struct IsnGenerator {
    sequence_secret: u64,
    timestamp_secret: u64,
}

impl IsnGenerator {
    /// A generator with secrets from a host's dice.
    #[must_use]
    pub fn new(dice: &mut Stream) -> Self {
        Self { sequence_secret: dice.below(u64::MAX), timestamp_secret: dice.below(u64::MAX) }
    }

    /// The initial sequence number of a connection from `local` to `remote` that begins now.
    #[must_use]
    pub fn number(&self, now: Time, local: SocketAddrV4, remote: SocketAddrV4) -> SeqNum {
        let clock = (now.as_ns() / TICK_NS) as u32;
        SeqNum::new(clock.wrapping_add(hash::of_ends(self.sequence_secret, local, remote) as u32))
    }

    /// What this end adds to its timestamps; as in Linux the same for all ports of two hosts, so
    /// that a new connection is not older than the last one.
    #[must_use]
    pub fn timestamp_offset(&self, local: SocketAddrV4, remote: SocketAddrV4) -> u32 {
        let host = |end: SocketAddrV4| SocketAddrV4::new(*end.ip(), 0);
        hash::of_ends(self.timestamp_secret, host(local), host(remote)) as u32
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn end(last: u8, port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, last), port)
    }

    #[test]
    fn a_four_tuple_used_again_starts_higher_and_others_elsewhere() {
        let isn = IsnGenerator::new(&mut Stream::new(1, "nodes.a"));
        let first = isn.number(Time::ZERO, end(1, 5000), end(2, 80));
        let later = isn.number(Time::from_secs(1), end(1, 5000), end(2, 80));
        assert_eq!(later.distance_from(first), 250_000);
        let other = isn.number(Time::ZERO, end(1, 5001), end(2, 80));
        assert!(other.distance_from(first).abs() > 1000);
    }

    #[test]
    fn timestamps_of_two_hosts_never_step_back() {
        let isn = IsnGenerator::new(&mut Stream::new(1, "nodes.a"));
        let offset = |port| isn.timestamp_offset(end(1, port), end(2, 80));
        assert_eq!(offset(5000), offset(5001));
        assert_ne!(offset(5000), isn.timestamp_offset(end(1, 5000), end(3, 80)));
    }
}
