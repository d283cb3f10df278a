//! One neighbour: what is known of its hardware address, and what is done to know it.

use std::net::Ipv4Addr;

use crate::id::{InterfaceId, PacketId};
use crate::packet::ethernet::Mac;
use crate::units::Time;

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
pub(super) enum Phase {
    Unused,
    Incomplete { sent: u32 },
    Resolved,
    Delay,
    Probe { sent: u32 },
    Failed,
}

#[derive(Debug)]
pub(super) struct Entry {
    /// `mac` may be used without a second thought before this instant.
    pub(super) fresh_until: Time,
    pub(super) mac: Mac,
    pub(super) phase: Phase,
    interface: InterfaceId,
    pub(super) ip: Ipv4Addr,
    pub(super) deadline: Option<Time>,
    pub(super) waiting: Vec<PacketId>,
}

impl Phase {
    /// Whether the hardware address is known, however old.
    pub(super) const fn is_known(self) -> bool {
        matches!(self, Self::Resolved | Self::Delay | Self::Probe { .. })
    }
}

impl Entry {
    /// A neighbour of whom nothing is known.
    pub(super) const fn new(interface: InterfaceId, ip: Ipv4Addr) -> Self {
        Self {
            fresh_until: Time::ZERO,
            mac: Mac([0; 6]),
            phase: Phase::Unused,
            interface,
            ip,
            deadline: None,
            waiting: Vec::new(),
        }
    }

    /// Its deadline has come: asks, or gives up after so many requests.
    pub(super) fn expire(&mut self, requests: u32) -> Option<Action> {
        let (interface, ip) = (self.interface, self.ip);
        let ask = |unicast| Some(Action::Request { interface, ip, unicast });
        let (phase, action) = match self.phase {
            Phase::Incomplete { sent } if sent < requests => {
                (Phase::Incomplete { sent: sent + 1 }, ask(None))
            }
            Phase::Incomplete { .. } => {
                let packets = std::mem::take(&mut self.waiting);
                (Phase::Failed, Some(Action::GiveUp { interface, ip, packets }))
            }
            Phase::Delay => (Phase::Probe { sent: 1 }, ask(Some(self.mac))),
            Phase::Probe { sent } if sent < requests => {
                (Phase::Probe { sent: sent + 1 }, ask(Some(self.mac)))
            }
            Phase::Probe { .. } => (Phase::Failed, None),
            Phase::Unused | Phase::Resolved | Phase::Failed => (self.phase, None),
        };
        self.phase = phase;
        action
    }

    /// Its line in the table; none if it was never asked for or heard.
    pub(super) fn line(&self, now: Time) -> Option<Neighbor> {
        let state = match self.phase {
            Phase::Unused => return None,
            Phase::Incomplete { .. } => State::Incomplete,
            Phase::Resolved if now < self.fresh_until => State::Reachable,
            Phase::Resolved => State::Stale,
            Phase::Delay => State::Delay,
            Phase::Probe { .. } => State::Probe,
            Phase::Failed => State::Failed,
        };
        let mac = self.phase.is_known().then_some(self.mac);
        Some(Neighbor { interface: self.interface, ip: self.ip, mac, state })
    }
}
