//! The neighbour cache: which hardware address an IPv4 address has (RFC 826), and the packets
//! that wait until it is known.
//!
//! A state machine without a clock. A node asks with [`NeighborCache::resolve`], reports every
//! ARP message with [`NeighborCache::heard`], and keeps one timer armed for
//! [`NeighborCache::poll_timeout`], at which it calls [`NeighborCache::handle_timeout`]. The
//! states are those of Linux (`ip neighbour`), see [`State`].
//!
//! Entries are never removed, so a [`NeighborIx`] stays good for the whole run and a route may
//! keep it: [`NeighborCache::lookup`] then costs one comparison of times. An entry that nobody
//! uses sets no timer.
//!
//! Not modelled: confirmation by progress of TCP, the random spread of the reachable time, and
//! the limit on the number of entries (`gc_thresh3`).

mod entry;
#[cfg(test)]
mod tests;

pub use entry::{Action, Neighbor, State};

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use self::entry::{Entry, Phase};
use super::config::IpConfig;
use crate::id::{InterfaceId, PacketId};
use crate::packet::arp::{Message, Operation};
use crate::packet::ethernet::Mac;
use crate::units::Time;

/// How long a stale entry may be used before it is checked (Linux `delay_first_probe_time`).
pub const DELAY_FIRST_PROBE: Time = Time::from_secs(5);

/// The times and limits of a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// How long an answer is trusted.
    pub reachable: Time,
    /// Time between requests for the same address.
    pub retry: Time,
    /// Requests before giving up; the first is always sent.
    pub retries: u32,
    /// Packets that may wait for one answer; one always may.
    pub queue: u32,
}

impl From<&IpConfig> for Timing {
    fn from(config: &IpConfig) -> Self {
        Self {
            reachable: config.arp_timeout,
            retry: config.arp_retry,
            retries: config.arp_retries,
            queue: config.arp_queue,
        }
    }
}

/// The place of an entry in its cache; good for the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NeighborIx(pub(crate) u32);

/// What becomes of a packet for a neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Send it to this hardware address.
    Known(Mac),
    /// The cache keeps it until an answer comes.
    Wait {
        /// The caller must broadcast a request now.
        send_request: bool,
    },
    /// Too many wait: this packet, the oldest of them, is dropped; the new one waits.
    QueueFull(PacketId),
}

/// The neighbours of one node on all its interfaces.
#[derive(Debug)]
pub struct NeighborCache {
    timing: Timing,
    entries: Vec<Entry>,
    places: BTreeMap<(InterfaceId, Ipv4Addr), NeighborIx>,
    timers: BTreeSet<(Time, NeighborIx)>,
}

impl NeighborCache {
    /// A cache that knows nobody.
    #[must_use]
    pub const fn new(timing: Timing) -> Self {
        Self { timing, entries: Vec::new(), places: BTreeMap::new(), timers: BTreeSet::new() }
    }

    /// Changes times and limits; timers that run keep their deadlines.
    pub const fn set_timing(&mut self, timing: Timing) {
        self.timing = timing;
    }

    /// The entry of an address, made if there is none; making it asks nobody. O(log n).
    ///
    /// # Panics
    /// If a run has more than 2³² neighbours.
    pub fn index(&mut self, interface: InterfaceId, ip: Ipv4Addr) -> NeighborIx {
        let entries = &mut self.entries;
        *self.places.entry((interface, ip)).or_insert_with(|| {
            let ix = u32::try_from(entries.len()).expect("fewer neighbours than addresses");
            entries.push(Entry::new(interface, ip));
            NeighborIx(ix)
        })
    }

    /// The hardware address of a neighbour that answered not long ago. Starts nothing. O(1).
    #[inline]
    #[must_use]
    pub fn fresh(&self, now: Time, ix: NeighborIx) -> Option<Mac> {
        let entry = &self.entries[ix.0 as usize];
        (now < entry.fresh_until).then_some(entry.mac)
    }

    /// The address of the neighbour at this place.
    #[must_use]
    pub fn address(&self, ix: NeighborIx) -> Ipv4Addr {
        self.entries[ix.0 as usize].ip
    }

    /// The hardware address of a known neighbour. Counts as a use: a stale entry gets checked.
    #[inline]
    pub fn lookup(&mut self, now: Time, ix: NeighborIx) -> Option<Mac> {
        let entry = &self.entries[ix.0 as usize];
        if now < entry.fresh_until { Some(entry.mac) } else { self.lookup_aged(now, ix) }
    }

    #[cold]
    fn lookup_aged(&mut self, now: Time, ix: NeighborIx) -> Option<Mac> {
        let entry = &mut self.entries[ix.0 as usize];
        match entry.phase {
            Phase::Unused | Phase::Failed | Phase::Incomplete { .. } => None,
            Phase::Delay | Phase::Probe { .. } => Some(entry.mac),
            Phase::Resolved => {
                entry.phase = Phase::Delay;
                let mac = entry.mac;
                self.arm(ix, Some(now.saturating_add(DELAY_FIRST_PROBE)));
                Some(mac)
            }
        }
    }

    /// Finds the hardware address for `packet`, or keeps the packet until it is known.
    pub fn resolve(&mut self, now: Time, ix: NeighborIx, packet: PacketId) -> Resolution {
        if let Some(mac) = self.lookup(now, ix) {
            return Resolution::Known(mac);
        }
        let limit = self.timing.queue as usize;
        let entry = &mut self.entries[ix.0 as usize];
        let send_request = !matches!(entry.phase, Phase::Incomplete { .. });
        if send_request {
            entry.phase = Phase::Incomplete { sent: 1 };
        }
        entry.waiting.push(packet);
        let dropped = (entry.waiting.len() > limit.max(1)).then(|| entry.waiting.remove(0));
        if send_request {
            self.arm(ix, Some(now.saturating_add(self.timing.retry)));
        }
        dropped.map_or(Resolution::Wait { send_request }, Resolution::QueueFull)
    }

    /// Learns from an ARP message heard on `interface`. `ours` says that its target address is
    /// this node's. Packets that no longer need to wait are appended to `released`, oldest
    /// first, and the sender's hardware address is returned for them.
    ///
    /// As in RFC 826 an existing entry takes the sender's address whatever the message is;
    /// a new one is made only by a request for this node. Only an answer to this node makes
    /// the neighbour reachable; from other messages it is known but stale.
    pub fn heard(
        &mut self,
        now: Time,
        interface: InterfaceId,
        message: &Message,
        ours: bool,
        released: &mut Vec<PacketId>,
    ) -> Option<Mac> {
        let (ip, mac) = (message.sender_ip, message.sender_mac);
        // RFC 5227: a probe's sender has no address yet.
        if ip.is_unspecified() || mac.is_group() {
            return None;
        }
        let asks_us = ours && message.operation == Operation::Request;
        let ix = match self.places.get(&(interface, ip)) {
            Some(&ix) => ix,
            None if asks_us => self.index(interface, ip),
            None => return None,
        };
        let answers_us = ours && message.operation == Operation::Reply;
        self.update(now, ix, mac, answers_us);
        released.append(&mut self.entries[ix.0 as usize].waiting);
        Some(mac)
    }

    fn update(&mut self, now: Time, ix: NeighborIx, mac: Mac, confirmed: bool) {
        let entry = &mut self.entries[ix.0 as usize];
        let known = entry.phase.is_known();
        if !confirmed && known && entry.mac == mac {
            return;
        }
        entry.mac = mac;
        entry.fresh_until =
            if confirmed { now.saturating_add(self.timing.reachable) } else { Time::ZERO };
        // Packets that waited use the entry at once, so that it must be checked.
        let used = !confirmed && !entry.waiting.is_empty();
        entry.phase = if used { Phase::Delay } else { Phase::Resolved };
        self.arm(ix, used.then(|| now.saturating_add(DELAY_FIRST_PROBE)));
    }

    /// When [`NeighborCache::handle_timeout`] has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Time> {
        self.timers.first().map(|&(at, _)| at)
    }

    /// Does what is due and appends what the node must do. Calling too early does nothing.
    pub fn handle_timeout(&mut self, now: Time, actions: &mut Vec<Action>) {
        while let Some(&(at, ix)) = self.timers.first()
            && at <= now
        {
            let action = self.expire(now, ix);
            actions.extend(action);
        }
    }

    fn expire(&mut self, now: Time, ix: NeighborIx) -> Option<Action> {
        let timing = self.timing;
        let action = self.entries[ix.0 as usize].expire(timing.retries);
        let asks = matches!(action, Some(Action::Request { .. }));
        self.arm(ix, asks.then(|| now.saturating_add(timing.retry)));
        action
    }

    fn arm(&mut self, ix: NeighborIx, deadline: Option<Time>) {
        let entry = &mut self.entries[ix.0 as usize];
        if let Some(old) = std::mem::replace(&mut entry.deadline, deadline) {
            self.timers.remove(&(old, ix));
        }
        if let Some(new) = deadline {
            self.timers.insert((new, ix));
        }
    }

    /// Every neighbour that was ever asked for or heard, by interface and address.
    #[must_use]
    pub fn table(&self, now: Time) -> Vec<Neighbor> {
        let line = |ix: &NeighborIx| self.entries[ix.0 as usize].line(now);
        self.places.values().filter_map(line).collect()
    }
}
