//! What a bridge knows of one of its interfaces (the "port parameters" of IEEE 802.1D-1998,
//! 8.5.5, with the three timers of a port, 8.5.6).

use super::{InterfaceConfig, MESSAGE_AGE_INCREMENT, State};
use crate::packet::bpdu::{BridgeId, Configuration, PortId};
use crate::units::Time;

/// The priority of every interface (802.1D-1998, table 8-4).
const PRIORITY: u8 = 128;

/// What a configuration message claims, in the order in which claims are compared (8.6.2.2):
/// the lower is the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Claim {
    pub(super) root: BridgeId,
    pub(super) cost: u32,
    pub(super) bridge: BridgeId,
    pub(super) port: PortId,
}

impl From<&Configuration> for Claim {
    fn from(message: &Configuration) -> Self {
        Self {
            root: message.root,
            cost: message.root_path_cost,
            bridge: message.bridge,
            port: message.port,
        }
    }
}

/// The message age timer: how old the recorded information was, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Age {
    pub(super) age: Time,
    pub(super) at: Time,
}

impl Age {
    /// The age that the information has when it is passed on.
    pub(super) fn sent(self, now: Time) -> Time {
        let here = now.saturating_sub(self.at);
        self.age.saturating_add(here.max(MESSAGE_AGE_INCREMENT))
    }
    const fn expires(self, max_age: Time) -> Time {
        self.at.saturating_add(max_age.saturating_sub(self.age))
    }
}

#[derive(Debug)]
pub(super) struct Interface {
    pub(super) id: PortId,
    pub(super) config: InterfaceConfig,
    /// It leads to hosts only, as far as has been seen.
    pub(super) edge: bool,
    pub(super) state: State,
    /// The best claim heard on its link, or made there by this bridge.
    pub(super) best: Claim,
    /// Age of `best`, if it was heard.
    pub(super) age: Option<Age>,
    /// When it leaves the state listening or learning.
    pub(super) forward_at: Option<Time>,
    /// No message may be sent before (8.5.6.4).
    pub(super) hold_until: Time,
    /// A message waits for the end of the hold time.
    pub(super) pending: bool,
    /// The next message acknowledges a topology change notification.
    pub(super) acknowledge: bool,
}

impl Interface {
    pub(super) fn new(number: u16, bridge: BridgeId, config: InterfaceConfig) -> Self {
        let id = PortId { priority: PRIORITY, number };
        Self {
            id,
            config,
            edge: config.edge,
            state: if config.up { State::Blocking } else { State::Disabled },
            best: Claim { root: bridge, cost: 0, bridge, port: id },
            age: None,
            forward_at: None,
            hold_until: Time::ZERO,
            pending: false,
            acknowledge: false,
        }
    }

    /// Whether the best claim on the link is this bridge's, made here.
    pub(super) fn is_designated(&self, bridge: BridgeId) -> bool {
        self.best.bridge == bridge && self.best.port == self.id
    }

    /// Whether a message is at least as good as the best one so far (8.6.2.2). Equal claims
    /// renew the information.
    pub(super) fn is_superseded_by(&self, claim: &Claim, me: BridgeId) -> bool {
        let known = (self.best.root, self.best.cost, self.best.bridge);
        let heard = (claim.root, claim.cost, claim.bridge);
        heard < known || heard == known && (claim.bridge != me || claim.port <= self.best.port)
    }

    /// Towards forwarding, if it was blocking (8.6.12). An interface at the edge of the
    /// network cannot close a loop, so it need not wait.
    pub(super) fn make_forwarding(&mut self, now: Time, forward_delay: Time) {
        if self.state != State::Blocking {
            return;
        }
        if self.edge {
            self.state = State::Forwarding;
        } else {
            self.state = State::Listening;
            self.forward_at = Some(now.saturating_add(forward_delay));
        }
    }

    /// Back to blocking (8.6.13). True if frames were forwarded or learned from until now.
    pub(super) fn make_blocking(&mut self) -> bool {
        let worked = matches!(self.state, State::Forwarding | State::Learning);
        if self.state != State::Disabled {
            self.state = State::Blocking;
            self.forward_at = None;
        }
        worked && !self.edge
    }

    pub(super) fn message_expires(&self, max_age: Time) -> Option<Time> {
        self.age.map(|age| age.expires(max_age))
    }

    pub(super) fn hold_expires(&self) -> Option<Time> {
        self.pending.then_some(self.hold_until)
    }
}
