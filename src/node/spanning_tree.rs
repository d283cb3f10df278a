//! The spanning tree protocol of one switch (IEEE 802.1D-1998, clause 8; "bridge" and the
//! names of procedures are the standard's).
//!
//! Bridges elect the one with the lowest identifier as root, each finds its cheapest way to
//! it, and on every link the bridge nearest to the root forwards. All other interfaces block,
//! so that what is left has no loop and frames cannot circle.
//!
//! A state machine without a clock. Inputs: [`Bridge::handle_bpdu`], [`Bridge::set_link`],
//! [`Bridge::set_config`], [`Bridge::set_path_cost`] and [`Bridge::handle_timeout`]. After
//! each of them, and after [`Bridge::new`], drain [`Bridge::poll_transmit`], arm one timer for
//! [`Bridge::poll_timeout`], and set the address table's ageing to [`Bridge::ageing_time`].
//! Frames ask [`Bridge::forwards`] and [`Bridge::learns`].
//!
//! Beyond the standard of 1998, as in every switch since: an interface known to lead to hosts
//! only may be marked as an edge ("PortFast"). It forwards at once and is no change of
//! topology, until a bridge is heard on it.
//!
//! Not modelled: rapid spanning tree (802.1w), whose networks converge in milliseconds, and
//! the rounding of ages to 1/256 s.

mod cost;
mod interface;
mod procedures;

use std::collections::VecDeque;

pub use cost::path_cost;

use self::interface::{Age, Claim, Interface};
use super::config::SwitchConfig;
use crate::id::InterfaceId;
use crate::packet::bpdu::{Bpdu, BridgeId, Configuration};
use crate::packet::ethernet::Mac;
use crate::units::Time;

/// The least time between two configuration messages on an interface (table 8-3).
pub const HOLD_TIME: Time = Time::from_secs(1);
/// What each bridge adds to the age of the root's information, or the time that it kept it if
/// that is more (8.6.1.3.2 adds both; switches count hops, as here). Table 8-2 calls it an
/// overestimate: it also keeps trees from being deeper than `max_age` seconds.
pub const MESSAGE_AGE_INCREMENT: Time = Time::from_secs(1);

/// What an interface does with frames (8.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing: the link is down.
    Disabled,
    /// Drops all frames, to break a loop.
    Blocking,
    /// Drops all frames, waiting whether somebody objects.
    Listening,
    /// Learns addresses but forwards nothing yet.
    Learning,
    /// Forwards.
    Forwarding,
}

/// What an interface is in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The link is down.
    Disabled,
    /// The way to the root.
    Root,
    /// The link's way to the root: no other bridge on it is nearer.
    Designated,
    /// Another way to the root, kept in reserve: blocked.
    Alternate,
}

/// What a bridge is told of one interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterfaceConfig {
    /// The path cost, see [`path_cost`].
    pub cost: u32,
    /// Whether the interface is known to lead to hosts and routers only.
    pub edge: bool,
    /// Whether the link is up.
    pub up: bool,
}

/// The times that all bridges take over from the root.
#[derive(Debug, Clone, Copy)]
struct Times {
    max_age: Time,
    hello: Time,
    forward_delay: Time,
}

impl From<&SwitchConfig> for Times {
    /// A hello time below the hold time could not be kept, and zero would never end.
    fn from(config: &SwitchConfig) -> Self {
        Self {
            max_age: config.max_age,
            hello: config.hello_time.max(HOLD_TIME),
            forward_delay: config.forward_delay,
        }
    }
}

/// The spanning-tree side of one switch.
#[derive(Debug)]
pub struct Bridge {
    id: BridgeId,
    ageing: Time,
    /// Used, and told to all, while this bridge is root.
    own_times: Times,
    times: Times,
    root: BridgeId,
    root_path_cost: u32,
    root_interface: Option<usize>,
    topology_change_detected: bool,
    topology_change: bool,
    hello_at: Option<Time>,
    notify_at: Option<Time>,
    topology_change_until: Option<Time>,
    interfaces: Vec<Interface>,
    outbox: VecDeque<(InterfaceId, Bpdu)>,
}

impl Bridge {
    /// A bridge that has just been switched on and believes to be root (8.8.1).
    ///
    /// # Panics
    /// If there are more interfaces than a [`InterfaceId`] can number.
    #[must_use]
    pub fn new(now: Time, mac: Mac, config: &SwitchConfig, interfaces: &[InterfaceConfig]) -> Self {
        let id = BridgeId { priority: config.priority, mac };
        let interfaces = (1..)
            .zip(interfaces)
            .map(|(number, config)| Interface::new(number, id, *config))
            .collect();
        let mut bridge = Self {
            id,
            ageing: config.ageing,
            own_times: config.into(),
            times: config.into(),
            root: id,
            root_path_cost: 0,
            root_interface: None,
            topology_change_detected: false,
            topology_change: false,
            hello_at: None,
            notify_at: None,
            topology_change_until: None,
            interfaces,
            outbox: VecDeque::new(),
        };
        bridge.select_states(now);
        bridge.hello(now);
        bridge
    }

    /// This bridge's identifier.
    #[must_use]
    pub const fn id(&self) -> BridgeId {
        self.id
    }
    /// The bridge that this one believes to be root.
    #[must_use]
    pub const fn root(&self) -> BridgeId {
        self.root
    }
    /// What the way there costs.
    #[must_use]
    pub const fn root_path_cost(&self) -> u32 {
        self.root_path_cost
    }
    /// Whether this bridge believes to be root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.root == self.id
    }
    /// What `interface` does with frames.
    #[must_use]
    pub fn state(&self, interface: InterfaceId) -> State {
        self.interfaces[interface.index()].state
    }
    /// What `interface` is in the tree.
    #[must_use]
    pub fn role(&self, interface: InterfaceId) -> Role {
        let ix = interface.index();
        match &self.interfaces[ix] {
            own if own.state == State::Disabled => Role::Disabled,
            _ if self.root_interface == Some(ix) => Role::Root,
            own if own.is_designated(self.id) => Role::Designated,
            _ => Role::Alternate,
        }
    }
    /// Whether frames pass `interface`, in either direction.
    #[inline]
    #[must_use]
    pub fn forwards(&self, interface: InterfaceId) -> bool {
        self.state(interface) == State::Forwarding
    }
    /// Whether addresses are learned from frames that come in by `interface`.
    #[inline]
    #[must_use]
    pub fn learns(&self, interface: InterfaceId) -> bool {
        matches!(self.state(interface), State::Forwarding | State::Learning)
    }
    /// How long the address table keeps its entries at present: the forward delay while the
    /// root tells of a change of topology (8.3.5), the configured time otherwise.
    #[must_use]
    pub fn ageing_time(&self) -> Time {
        if self.topology_change { self.times.forward_delay.min(self.ageing) } else { self.ageing }
    }

    /// The next message to send. Messages go to [`Mac::BRIDGES`] whatever the interface's state.
    pub fn poll_transmit(&mut self) -> Option<(InterfaceId, Bpdu)> {
        self.outbox.pop_front()
    }

    /// A message arrived.
    pub fn handle_bpdu(&mut self, now: Time, interface: InterfaceId, bpdu: &Bpdu) {
        let ix = interface.index();
        if self.interfaces[ix].state == State::Disabled {
            return;
        }
        if self.interfaces[ix].edge {
            // A bridge is there: a loop is possible after all.
            self.interfaces[ix].make_blocking();
            self.interfaces[ix].edge = false;
            self.select_states(now);
        }
        match bpdu {
            Bpdu::Configuration(message) => self.handle_configuration(now, ix, message),
            Bpdu::TopologyChange if self.interfaces[ix].is_designated(self.id) => {
                self.detect_topology_change(now);
                self.interfaces[ix].acknowledge = true;
                self.transmit(now, ix);
            }
            Bpdu::TopologyChange => {}
        }
    }

    /// 8.7.1: received configuration message.
    fn handle_configuration(&mut self, now: Time, ix: usize, message: &Configuration) {
        // 9.3.4: a message that is too old is not heeded.
        if message.message_age >= message.max_age {
            return;
        }
        let claim = Claim::from(message);
        let interface = &mut self.interfaces[ix];
        if !interface.is_superseded_by(&claim, self.id) {
            if interface.is_designated(self.id) {
                self.transmit(now, ix);
            }
            return;
        }
        interface.best = claim;
        interface.age = Some(Age { age: message.message_age, at: now });
        let was_root = self.is_root();
        self.update(now);
        if was_root && !self.is_root() {
            self.resign(now);
        }
        if self.root_interface == Some(ix) {
            self.follow_root(now, message);
        }
    }

    /// Takes over what the root says and passes it on (8.6.3, 8.6.4, 8.6.15).
    fn follow_root(&mut self, now: Time, message: &Configuration) {
        self.times = Times {
            max_age: message.max_age,
            hello: message.hello_time,
            forward_delay: message.forward_delay,
        };
        self.topology_change = message.topology_change;
        self.transmit_all(now);
        if message.topology_change_ack {
            self.topology_change_detected = false;
            self.notify_at = None;
        }
    }

    /// The link of `interface` came up or went down (8.8.2, 8.8.3).
    pub fn set_link(&mut self, now: Time, interface: InterfaceId, up: bool) {
        let ix = interface.index();
        let old = &self.interfaces[ix];
        if up == (old.state != State::Disabled) {
            return;
        }
        let config = InterfaceConfig { up, ..old.config };
        self.interfaces[ix] = Interface::new(old.id.number, self.id, config);
        let was_root = self.is_root();
        self.update(now);
        if !was_root && self.is_root() {
            self.become_root(now);
        }
    }

    /// The rate of `interface` changed, and with it the cost (8.8.6).
    pub fn set_path_cost(&mut self, now: Time, interface: InterfaceId, cost: u32) {
        self.interfaces[interface.index()].config.cost = cost;
        self.update(now);
    }

    /// The switch got new settings: times and priority (8.8.4).
    pub fn set_config(&mut self, now: Time, config: &SwitchConfig) {
        let was_root = self.is_root();
        let id = BridgeId { priority: config.priority, ..self.id };
        for interface in &mut self.interfaces {
            if interface.is_designated(self.id) {
                interface.best.bridge = id;
            }
        }
        self.ageing = config.ageing;
        self.own_times = config.into();
        if was_root {
            self.times = self.own_times;
            self.root = id;
        }
        self.id = id;
        self.update(now);
        match (was_root, self.is_root()) {
            (false, true) => self.become_root(now),
            (true, false) => self.resign(now),
            _ => {}
        }
    }

    /// When [`Bridge::handle_timeout`] has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Time> {
        let of_interfaces = self.interfaces.iter().flat_map(|interface| {
            let aged = interface.message_expires(self.times.max_age);
            [aged, interface.forward_at, interface.hold_expires()]
        });
        let own = [self.hello_at, self.notify_at, self.topology_change_until];
        own.into_iter().chain(of_interfaces).flatten().min()
    }

    /// Does what is due (8.7.3 to 8.7.8). Calling too early does nothing.
    pub fn handle_timeout(&mut self, now: Time) {
        while self.poll_timeout().is_some_and(|at| at <= now) {
            let due = |at: Option<Time>| at.is_some_and(|at| at <= now);
            if due(self.hello_at) {
                self.hello(now);
            }
            if due(self.notify_at) {
                self.notify(now);
            }
            if due(self.topology_change_until) {
                self.topology_change_until = None;
                self.topology_change_detected = false;
                self.topology_change = false;
            }
            for ix in 0..self.interfaces.len() {
                if due(self.interfaces[ix].message_expires(self.times.max_age)) {
                    self.forget(now, ix);
                }
                if due(self.interfaces[ix].forward_at) {
                    self.advance(now, ix);
                }
                if due(self.interfaces[ix].hold_expires()) {
                    self.transmit(now, ix);
                }
            }
        }
    }

    /// The information on an interface is too old: nobody there is nearer to the root any
    /// more (8.7.4).
    fn forget(&mut self, now: Time, ix: usize) {
        let was_root = self.is_root();
        self.designate(ix);
        self.update(now);
        if !was_root && self.is_root() {
            self.become_root(now);
        }
    }

    /// Nobody objected for a forward delay (8.7.5).
    fn advance(&mut self, now: Time, ix: usize) {
        let interface = &mut self.interfaces[ix];
        if interface.state == State::Listening {
            interface.state = State::Learning;
            interface.forward_at = Some(now.saturating_add(self.times.forward_delay));
            return;
        }
        interface.forward_at = None;
        interface.state = State::Forwarding;
        if self.interfaces.iter().any(|other| other.best.bridge == self.id) {
            self.detect_topology_change(now);
        }
    }
}

#[cfg(test)]
mod tests;
