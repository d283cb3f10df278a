//! Which local ports have connections to destinations that very many go to.
//!
//! To pick an ephemeral port is to try one after the other. Where nearly all are taken, that is
//! tens of thousands of look-ups for one connection; here each is a look at one bit.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

/// From which address connections go, and to where.
pub(super) type Way = (Ipv4Addr, SocketAddrV4);

/// The local ports of the connections of one way.
#[derive(Debug)]
pub(super) struct Crowd {
    /// A bit for each port.
    taken: Box<[u64; 1024]>,
    count: u32,
}

impl Crowd {
    /// Whether a port has a connection.
    pub(super) const fn has(&self, port: u16) -> bool {
        self.taken[port as usize / 64] >> (port % 64) & 1 == 1
    }

    fn set(&mut self, port: u16, taken: bool) {
        if self.has(port) != taken {
            self.taken[usize::from(port / 64)] ^= 1 << (port % 64);
            self.count = if taken { self.count + 1 } else { self.count - 1 };
        }
    }
}

impl FromIterator<u16> for Crowd {
    fn from_iter<I: IntoIterator<Item = u16>>(ports: I) -> Self {
        let mut crowd = Self { taken: Box::new([0; 1024]), count: 0 };
        ports.into_iter().for_each(|port| crowd.set(port, true));
        crowd
    }
}

/// The crowds that are known; ways that few connections go have none.
#[derive(Debug, Default)]
pub(super) struct Crowds(BTreeMap<Way, Crowd>);

impl Crowds {
    /// Gives a crowd away, if it is known, to look at it and [`keep`](Self::keep) it.
    pub(super) fn lend(&mut self, way: Way) -> Option<Crowd> {
        self.0.remove(&way)
    }

    /// Keeps a crowd, which follows the connections from now on.
    pub(super) fn keep(&mut self, way: Way, crowd: Crowd) {
        self.0.insert(way, crowd);
    }

    /// A connection begins or ends.
    pub(super) fn note(&mut self, way: Way, port: u16, taken: bool) {
        if self.0.is_empty() {
            return;
        }
        let Some(crowd) = self.0.get_mut(&way) else { return };
        crowd.set(port, taken);
        if crowd.count == 0 {
            self.0.remove(&way);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_kept_until_all_have_gone() {
        let way = (Ipv4Addr::LOCALHOST, SocketAddrV4::new(Ipv4Addr::LOCALHOST, 80));
        let mut crowds = Crowds::default();
        crowds.note(way, 5, true);
        assert!(crowds.lend(way).is_none(), "nobody has asked for it");
        crowds.keep(way, [5, 65_535].into_iter().collect());
        crowds.note(way, 64, true);
        crowds.note(way, 64, true);
        crowds.note(way, 5, false);
        let crowd = crowds.lend(way).expect("it is known");
        let has = |port| crowd.has(port);
        assert_eq!([0, 5, 63, 64, 65_535].map(has), [false, false, false, true, true]);
        crowds.keep(way, crowd);
        crowds.note(way, 64, false);
        crowds.note(way, 65_535, false);
        assert!(crowds.lend(way).is_none());
    }
}
