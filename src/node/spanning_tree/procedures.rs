//! The standard's "elements of procedure" (IEEE 802.1D-1998, 8.6): what the operations on a
//! bridge are made of.

use super::interface::Claim;
use super::{Bridge, HOLD_TIME, State};
use crate::id::InterfaceId;
use crate::packet::bpdu::{Bpdu, Configuration};
use crate::units::Time;

impl Bridge {
    /// The root's regular message (8.7.3).
    pub(super) fn hello(&mut self, now: Time) {
        self.transmit_all(now);
        self.hello_at = Some(now.saturating_add(self.times.hello));
    }

    /// Tells the root of a change of topology until somebody acknowledges (8.6.6, 8.7.6).
    pub(super) fn notify(&mut self, now: Time) {
        if let Some(ix) = self.root_interface {
            self.outbox.push_back((InterfaceId::from_index(ix), Bpdu::TopologyChange));
        }
        self.notify_at = Some(now.saturating_add(self.own_times.hello));
    }

    pub(super) fn become_root(&mut self, now: Time) {
        self.times = self.own_times;
        self.detect_topology_change(now);
        self.notify_at = None;
        self.hello(now);
    }

    pub(super) fn resign(&mut self, now: Time) {
        self.hello_at = None;
        if self.topology_change_detected {
            self.topology_change_until = None;
            self.notify(now);
        }
    }

    /// 8.6.14. The root tells all bridges, others tell the root.
    pub(super) fn detect_topology_change(&mut self, now: Time) {
        if self.is_root() {
            let time = self.own_times.max_age.saturating_add(self.own_times.forward_delay);
            self.topology_change = true;
            self.topology_change_until = Some(now.saturating_add(time));
        } else if !self.topology_change_detected {
            self.notify(now);
        }
        self.topology_change_detected = true;
    }

    pub(super) fn update(&mut self, now: Time) {
        self.select_root();
        self.select_designated();
        self.select_states(now);
    }

    /// 8.6.8: the best claim heard, with the cost of getting there, leads to the root.
    fn select_root(&mut self) {
        let me = self.id;
        let best = self
            .interfaces
            .iter()
            .enumerate()
            .filter(|(_, i)| i.state != State::Disabled && !i.is_designated(me) && i.best.root < me)
            .map(|(ix, i)| {
                let cost = i.best.cost.saturating_add(i.config.cost);
                (Claim { cost, ..i.best }, i.id, ix)
            })
            .min();
        (self.root, self.root_path_cost, self.root_interface) = match best {
            Some((claim, _, ix)) => (claim.root, claim.cost, Some(ix)),
            None => (me, 0, None),
        };
    }

    /// 8.6.9: this bridge speaks for a link if nobody there has a better claim.
    fn select_designated(&mut self) {
        for ix in 0..self.interfaces.len() {
            let interface = &self.interfaces[ix];
            if interface.is_designated(self.id)
                || interface.best.root != self.root
                || self.claim(ix) <= interface.best
            {
                self.designate(ix);
            }
        }
    }

    fn claim(&self, ix: usize) -> Claim {
        let port = self.interfaces[ix].id;
        Claim { root: self.root, cost: self.root_path_cost, bridge: self.id, port }
    }

    /// 8.6.10, and the end of the message age timer (8.6.11.3).
    pub(super) fn designate(&mut self, ix: usize) {
        self.interfaces[ix].best = self.claim(ix);
        self.interfaces[ix].age = None;
    }

    /// 8.6.11: root and designated interfaces forward, all others block.
    pub(super) fn select_states(&mut self, now: Time) {
        for ix in 0..self.interfaces.len() {
            let interface = &mut self.interfaces[ix];
            let is_root = self.root_interface == Some(ix);
            let is_designated = interface.is_designated(self.id);
            if !is_designated {
                interface.pending = false;
                interface.acknowledge = false;
            }
            if is_root || is_designated {
                interface.make_forwarding(now, self.times.forward_delay);
            } else if interface.make_blocking() {
                self.detect_topology_change(now);
            }
        }
    }

    /// 8.6.4: a message on every link that this bridge speaks for.
    pub(super) fn transmit_all(&mut self, now: Time) {
        for ix in 0..self.interfaces.len() {
            if self.interfaces[ix].is_designated(self.id) {
                self.transmit(now, ix);
            }
        }
    }

    /// 8.6.1: a message, now or when the hold time has passed.
    pub(super) fn transmit(&mut self, now: Time, ix: usize) {
        let age = self.root_interface.and_then(|root| self.interfaces[root].age);
        let message_age = age.map_or(Time::ZERO, |age| age.sent(now));
        let interface = &mut self.interfaces[ix];
        if interface.state == State::Disabled {
            return;
        }
        if now < interface.hold_until {
            interface.pending = true;
            return;
        }
        interface.pending = false;
        if message_age >= self.times.max_age {
            return;
        }
        interface.hold_until = now.saturating_add(HOLD_TIME);
        let message = Configuration {
            topology_change: self.topology_change,
            topology_change_ack: std::mem::take(&mut interface.acknowledge),
            root: self.root,
            root_path_cost: self.root_path_cost,
            bridge: self.id,
            port: interface.id,
            message_age,
            max_age: self.times.max_age,
            hello_time: self.times.hello,
            forward_delay: self.times.forward_delay,
        };
        self.outbox.push_back((InterfaceId::from_index(ix), Bpdu::Configuration(message)));
    }
}
