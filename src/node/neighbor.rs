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

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

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

/// What is known of a neighbour, in the words of `ip neighbour`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Broadcast requests are out; packets wait.
    Incomplete,
    /// An answer came not long ago.
    Reachable,
    /// The answer is old: the next use will have it checked.
    Stale,
    /// Used while stale; the check is due shortly.
    Delay,
    /// A request went to the known hardware address.
    Probe,
    /// Nobody answered. The next use asks again.
    Failed,
}

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

/// What a timeout asks the node to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send a request for `ip`.
    Request {
        /// Where.
        interface: InterfaceId,
        /// Whose hardware address is asked for.
        ip: Ipv4Addr,
        /// To this hardware address only; to all if absent.
        unicast: Option<Mac>,
    },
    /// Nobody answered: these packets cannot be delivered (ICMP host unreachable).
    GiveUp {
        /// Where.
        interface: InterfaceId,
        /// Who did not answer.
        ip: Ipv4Addr,
        /// The packets that waited, oldest first.
        packets: Vec<PacketId>,
    },
}

/// One line of the table, for display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbor {
    /// Where.
    pub interface: InterfaceId,
    /// The neighbour's address.
    pub ip: Ipv4Addr,
    /// Its hardware address, if known.
    pub mac: Option<Mac>,
    /// How well it is known.
    pub state: State,
}

/// `Stale` is not stored: it is what a `Resolved` entry becomes when `fresh_until` passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Unused,
    Incomplete { sent: u32 },
    Resolved,
    Delay,
    Probe { sent: u32 },
    Failed,
}

#[derive(Debug)]
struct Entry {
    /// `mac` may be used without a second thought before this instant.
    fresh_until: Time,
    mac: Mac,
    phase: Phase,
    interface: InterfaceId,
    ip: Ipv4Addr,
    deadline: Option<Time>,
    waiting: Vec<PacketId>,
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
            entries.push(Entry {
                fresh_until: Time::ZERO,
                mac: Mac([0; 6]),
                phase: Phase::Unused,
                interface,
                ip,
                deadline: None,
                waiting: Vec::new(),
            });
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
    pub fn resolve(
        &mut self,
        now: Time,
        interface: InterfaceId,
        next_hop: Ipv4Addr,
        packet: PacketId,
    ) -> Resolution {
        let ix = self.index(interface, next_hop);
        self.resolve_at(now, ix, packet)
    }

    /// The same for an entry whose place is known.
    pub fn resolve_at(&mut self, now: Time, ix: NeighborIx, packet: PacketId) -> Resolution {
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
        let known = matches!(entry.phase, Phase::Resolved | Phase::Delay | Phase::Probe { .. });
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
        let entry = &mut self.entries[ix.0 as usize];
        let (interface, ip) = (entry.interface, entry.ip);
        let again = |sent: u32| sent < timing.retries;
        let (phase, action) = match entry.phase {
            Phase::Incomplete { sent } if again(sent) => (
                Phase::Incomplete { sent: sent + 1 },
                Some(Action::Request { interface, ip, unicast: None }),
            ),
            Phase::Incomplete { .. } => {
                let packets = std::mem::take(&mut entry.waiting);
                (Phase::Failed, Some(Action::GiveUp { interface, ip, packets }))
            }
            Phase::Delay => (
                Phase::Probe { sent: 1 },
                Some(Action::Request { interface, ip, unicast: Some(entry.mac) }),
            ),
            Phase::Probe { sent } if again(sent) => (
                Phase::Probe { sent: sent + 1 },
                Some(Action::Request { interface, ip, unicast: Some(entry.mac) }),
            ),
            Phase::Probe { .. } => (Phase::Failed, None),
            Phase::Unused | Phase::Resolved | Phase::Failed => (entry.phase, None),
        };
        entry.phase = phase;
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
        let line = |ix: &NeighborIx| {
            let entry = &self.entries[ix.0 as usize];
            let (known, state) = match entry.phase {
                Phase::Unused => return None,
                Phase::Incomplete { .. } => (false, State::Incomplete),
                Phase::Resolved if now < entry.fresh_until => (true, State::Reachable),
                Phase::Resolved => (true, State::Stale),
                Phase::Delay => (true, State::Delay),
                Phase::Probe { .. } => (true, State::Probe),
                Phase::Failed => (false, State::Failed),
            };
            let mac = known.then_some(entry.mac);
            Some(Neighbor { interface: entry.interface, ip: entry.ip, mac, state })
        };
        self.places.values().filter_map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IF: InterfaceId = InterfaceId(0);
    const ME: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
    const PEER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
    const MAC: Mac = Mac::numbered(2);

    fn cache() -> NeighborCache {
        NeighborCache::new(Timing::from(&IpConfig::default()))
    }

    fn message(operation: Operation, sender_mac: Mac) -> Message {
        Message { operation, sender_mac, sender_ip: PEER, target_mac: Mac([0; 6]), target_ip: ME }
    }

    fn timeout(cache: &mut NeighborCache) -> (Time, Vec<Action>) {
        let at = cache.poll_timeout().expect("a timer runs");
        let mut actions = Vec::new();
        cache.handle_timeout(at, &mut actions);
        (at, actions)
    }

    fn state(cache: &NeighborCache, now: Time) -> State {
        cache.table(now)[0].state
    }

    fn s(seconds: u64) -> Time {
        Time::from_secs(seconds)
    }

    fn request(unicast: Option<Mac>) -> Vec<Action> {
        vec![Action::Request { interface: IF, ip: PEER, unicast }]
    }

    /// As measured on Linux: three requests one second apart, unreachable after three seconds.
    #[test]
    fn gives_up_after_three_requests() {
        let mut cache = cache();
        let first = cache.resolve(s(0), IF, PEER, PacketId(7));
        assert_eq!(first, Resolution::Wait { send_request: true });
        let second = cache.resolve(Time::from_ms(1), IF, PEER, PacketId(8));
        assert_eq!(second, Resolution::Wait { send_request: false });
        assert_eq!(timeout(&mut cache), (s(1), request(None)));
        assert_eq!(timeout(&mut cache), (s(2), request(None)));
        let packets = vec![PacketId(7), PacketId(8)];
        let give_up = Action::GiveUp { interface: IF, ip: PEER, packets };
        assert_eq!(timeout(&mut cache), (s(3), vec![give_up]));
        assert_eq!((cache.poll_timeout(), state(&cache, s(3))), (None, State::Failed));
        let again = cache.resolve(s(4), IF, PEER, PacketId(9));
        assert_eq!(again, Resolution::Wait { send_request: true });
    }

    #[test]
    fn an_answer_releases_and_is_trusted_then_goes_stale_without_a_timer() {
        let mut cache = cache();
        cache.resolve(s(0), IF, PEER, PacketId(7));
        cache.resolve(s(0), IF, PEER, PacketId(8));
        let mut released = Vec::new();
        let reply = message(Operation::Reply, MAC);
        assert_eq!(cache.heard(s(0), IF, &reply, true, &mut released), Some(MAC));
        assert_eq!(released, [PacketId(7), PacketId(8)]);
        assert_eq!(cache.poll_timeout(), None);
        let ix = cache.index(IF, PEER);
        assert_eq!(cache.lookup(s(29), ix), Some(MAC));
        assert_eq!(cache.poll_timeout(), None);
        assert_eq!((state(&cache, s(29)), state(&cache, s(30))), (State::Reachable, State::Stale));
    }

    fn stale_and_used() -> NeighborCache {
        let mut cache = cache();
        cache.resolve(s(0), IF, PEER, PacketId(7));
        cache.heard(s(0), IF, &message(Operation::Reply, MAC), true, &mut Vec::new());
        assert_eq!(cache.resolve(s(40), IF, PEER, PacketId(8)), Resolution::Known(MAC));
        assert_eq!(state(&cache, s(40)), State::Delay);
        cache
    }

    #[test]
    fn a_used_stale_entry_is_checked_by_unicast() {
        let mut cache = stale_and_used();
        assert_eq!(timeout(&mut cache), (s(45), request(Some(MAC))));
        let ix = cache.index(IF, PEER);
        assert_eq!(cache.lookup(s(45), ix), Some(MAC), "it works while it is checked");
        cache.heard(s(45), IF, &message(Operation::Reply, MAC), true, &mut Vec::new());
        assert_eq!((cache.poll_timeout(), state(&cache, s(45))), (None, State::Reachable));
    }

    #[test]
    fn an_unanswered_check_fails_and_the_next_packet_asks_all() {
        let mut cache = stale_and_used();
        for at in [45, 46, 47] {
            assert_eq!(timeout(&mut cache), (s(at), request(Some(MAC))));
        }
        assert_eq!(timeout(&mut cache), (s(48), vec![]));
        assert_eq!((cache.poll_timeout(), state(&cache, s(48))), (None, State::Failed));
        let next = cache.resolve(s(49), IF, PEER, PacketId(9));
        assert_eq!(next, Resolution::Wait { send_request: true });
    }

    #[test]
    fn the_oldest_waiting_packet_makes_room() {
        let timing = Timing { queue: 2, ..Timing::from(&IpConfig::default()) };
        let mut cache = NeighborCache::new(timing);
        for n in 0..2 {
            cache.resolve(s(0), IF, PEER, PacketId(n));
        }
        let third = cache.resolve(s(0), IF, PEER, PacketId(2));
        assert_eq!(third, Resolution::QueueFull(PacketId(0)));
        let mut released = Vec::new();
        cache.heard(s(0), IF, &message(Operation::Reply, MAC), true, &mut released);
        assert_eq!(released, [PacketId(1), PacketId(2)]);
    }

    #[test]
    fn only_a_request_for_us_makes_an_entry() {
        let mut cache = cache();
        let (request, reply) = (message(Operation::Request, MAC), message(Operation::Reply, MAC));
        let mut released = Vec::new();
        assert_eq!(cache.heard(s(0), IF, &request, false, &mut released), None);
        assert_eq!(cache.heard(s(0), IF, &reply, true, &mut released), None);
        let nobody = Message { sender_ip: Ipv4Addr::UNSPECIFIED, ..request };
        assert_eq!(cache.heard(s(0), IF, &nobody, true, &mut released), None);
        assert_eq!(cache.table(s(0)), []);
        assert_eq!(cache.heard(s(0), IF, &request, true, &mut released), Some(MAC));
        assert_eq!(state(&cache, s(0)), State::Stale);
        assert_eq!(cache.poll_timeout(), None);
        assert_eq!(cache.resolve(s(1), IF, PEER, PacketId(1)), Resolution::Known(MAC));
    }

    #[test]
    fn anybodys_message_moves_an_existing_entry() {
        let mut cache = cache();
        cache.resolve(s(0), IF, PEER, PacketId(7));
        cache.heard(s(0), IF, &message(Operation::Reply, MAC), true, &mut Vec::new());
        let other = Mac::numbered(9);
        cache.heard(s(1), IF, &message(Operation::Request, MAC), false, &mut Vec::new());
        assert_eq!(state(&cache, s(1)), State::Reachable, "the same address changes nothing");
        cache.heard(s(1), IF, &message(Operation::Request, other), false, &mut Vec::new());
        assert_eq!(state(&cache, s(1)), State::Stale);
        assert_eq!(cache.resolve(s(1), IF, PEER, PacketId(1)), Resolution::Known(other));
    }
}
