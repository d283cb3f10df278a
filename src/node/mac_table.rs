//! The table of a switch: behind which interface each hardware address was last seen
//! (IEEE 802.1D-1998, clauses 7.8 and 7.9).
//!
//! Entries age without timers: one that is too old is treated as absent and overwritten when
//! room is needed. A full table learns nothing new, so that frames for unknown addresses stay
//! flooded.

use std::hash::{BuildHasherDefault, Hasher};

use indexmap::IndexMap;

use crate::id::InterfaceId;
use crate::packet::ethernet::Mac;
use crate::units::Time;

/// Multiplies once. The same on every machine, unlike the standard library's hasher.
#[derive(Debug, Default)]
struct MacHasher(u64);

impl Hasher for MacHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }
    fn write_u64(&mut self, word: u64) {
        // The constant of Fx hashing; a product's high bits are the well-mixed ones, so they
        // are turned to where tables look first.
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0xf135_7aea_2e62_a9c5);
    }
    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    interface: InterfaceId,
    seen: Time,
}

/// One line of the table, for display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Learned {
    /// The hardware address.
    pub mac: Mac,
    /// Where it was last seen.
    pub interface: InterfaceId,
    /// How long ago.
    pub age: Time,
}

/// The learned addresses of one switch.
#[derive(Debug)]
pub struct MacTable {
    entries: IndexMap<u64, Entry, BuildHasherDefault<MacHasher>>,
    capacity: usize,
    ageing: Time,
    /// No entry was seen before this: until it is old, a full table need not be searched.
    oldest: Time,
}

impl MacTable {
    /// An empty table that keeps at most `capacity` addresses, each for the time `ageing`.
    #[must_use]
    pub fn new(capacity: u32, ageing: Time) -> Self {
        Self {
            entries: IndexMap::default(),
            capacity: capacity as usize,
            ageing,
            oldest: Time::ZERO,
        }
    }

    /// Notes that `mac` is behind `interface`. Group addresses are never learned (7.8).
    #[inline]
    pub fn learn(&mut self, now: Time, mac: Mac, interface: InterfaceId) {
        if mac.is_group() {
            return;
        }
        let entry = Entry { interface, seen: now };
        match self.entries.get_mut(&key(mac)) {
            Some(known) => *known = entry,
            None => self.add(now, mac, entry),
        }
    }

    fn add(&mut self, now: Time, mac: Mac, entry: Entry) {
        if self.entries.len() >= self.capacity && now >= self.oldest.saturating_add(self.ageing) {
            self.remove_aged(now);
        }
        if self.entries.len() < self.capacity {
            self.entries.insert(key(mac), entry);
        }
    }

    /// The interface that `mac` is behind, if it is known.
    #[inline]
    #[must_use]
    pub fn lookup(&self, now: Time, mac: Mac) -> Option<InterfaceId> {
        let entry = self.entries.get(&key(mac))?;
        self.is_young(now, entry).then_some(entry.interface)
    }

    /// Changes how long entries are kept: the forward delay while the topology changes (7.9.2,
    /// 8.3.5). What is too old by the time that applied until now is gone for good.
    pub fn set_ageing(&mut self, now: Time, ageing: Time) {
        if ageing > self.ageing {
            self.remove_aged(now);
        }
        self.ageing = ageing;
    }

    /// Changes how many addresses fit. Those learned last go first.
    pub fn set_capacity(&mut self, capacity: u32) {
        self.capacity = capacity as usize;
        self.entries.truncate(self.capacity);
    }

    /// Forgets what was learned from one interface, because it went down.
    pub fn flush(&mut self, interface: InterfaceId) {
        self.entries.retain(|_, entry| entry.interface != interface);
    }

    /// All addresses known at `now`, in order.
    #[must_use]
    pub fn entries(&self, now: Time) -> Vec<Learned> {
        let young = self.entries.iter().filter(|(_, entry)| self.is_young(now, entry));
        let mut lines: Vec<_> = young
            .map(|(&key, entry)| Learned {
                mac: mac(key),
                interface: entry.interface,
                age: now.saturating_sub(entry.seen),
            })
            .collect();
        lines.sort_unstable_by_key(|line| line.mac);
        lines
    }

    fn is_young(&self, now: Time, entry: &Entry) -> bool {
        now < entry.seen.saturating_add(self.ageing)
    }

    fn remove_aged(&mut self, now: Time) {
        let ageing = self.ageing;
        let mut oldest = now;
        self.entries.retain(|_, entry| {
            let young = now < entry.seen.saturating_add(ageing);
            if young {
                oldest = oldest.min(entry.seen);
            }
            young
        });
        self.oldest = oldest;
    }
}

const fn key(mac: Mac) -> u64 {
    let [a, b, c, d, e, f] = mac.0;
    u64::from_be_bytes([0, 0, a, b, c, d, e, f])
}

const fn mac(key: u64) -> Mac {
    let [_, _, a, b, c, d, e, f] = key.to_be_bytes();
    Mac([a, b, c, d, e, f])
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Mac = Mac::numbered(1);
    const B: Mac = Mac::numbered(2);
    const C: Mac = Mac::numbered(3);
    const ETH0: InterfaceId = InterfaceId(0);
    const ETH1: InterfaceId = InterfaceId(1);

    fn s(seconds: u64) -> Time {
        Time::from_secs(seconds)
    }

    #[test]
    fn learns_moves_and_ages() {
        let mut table = MacTable::new(10, s(300));
        table.learn(s(0), A, ETH0);
        assert_eq!(table.lookup(s(299), A), Some(ETH0));
        assert_eq!(table.lookup(s(300), A), None);
        table.learn(s(200), A, ETH1);
        assert_eq!(table.lookup(s(499), A), Some(ETH1));
        assert_eq!(table.lookup(s(499), B), None);
        table.learn(s(499), Mac::BROADCAST, ETH0);
        assert_eq!(table.lookup(s(499), Mac::BROADCAST), None);
    }

    #[test]
    fn a_full_table_makes_room_only_by_age() {
        let mut table = MacTable::new(2, s(300));
        table.learn(s(0), A, ETH0);
        table.learn(s(100), B, ETH0);
        table.learn(s(200), C, ETH1);
        assert_eq!(table.lookup(s(200), C), None, "full");
        table.learn(s(200), A, ETH1);
        assert_eq!(table.lookup(s(200), A), Some(ETH1), "known addresses still move");
        table.learn(s(300), C, ETH1);
        assert_eq!(table.lookup(s(300), C), None, "the oldest is two hundred seconds old");
        table.learn(s(400), C, ETH1);
        assert_eq!(table.lookup(s(400), C), Some(ETH1), "B was too old");
        assert_eq!(table.lookup(s(400), B), None);
    }

    #[test]
    fn short_ageing_does_not_raise_the_dead_when_it_ends() {
        let mut table = MacTable::new(10, s(300));
        table.learn(s(0), A, ETH0);
        table.learn(s(20), B, ETH1);
        table.set_ageing(s(20), s(15));
        assert_eq!(table.lookup(s(20), A), None);
        table.set_ageing(s(30), s(300));
        assert_eq!(table.lookup(s(30), A), None);
        assert_eq!(table.lookup(s(30), B), Some(ETH1));
    }

    #[test]
    fn lists_in_order_and_flushes() {
        let mut table = MacTable::new(10, s(300));
        table.learn(s(1), C, ETH0);
        table.learn(s(2), A, ETH1);
        table.learn(s(3), B, ETH0);
        let lines = table.entries(s(4));
        assert_eq!(lines.iter().map(|l| l.mac).collect::<Vec<_>>(), [A, B, C]);
        assert_eq!(lines[0], Learned { mac: A, interface: ETH1, age: s(2) });
        table.flush(ETH0);
        assert_eq!(table.entries(s(4)).len(), 1);
        table.learn(s(4), B, ETH1);
        table.set_capacity(1);
        assert_eq!(table.entries(s(4)), [Learned { mac: A, interface: ETH1, age: s(2) }]);
    }
}
