//! A learning switch (IEEE 802.1D transparent bridge): store and forward.

use super::config::SwitchConfig;
use super::cx::{Cx, Effect};
use super::interface::Interface;
use super::mac_table::MacTable;
use super::spanning_tree::{Bridge, InterfaceConfig};
use crate::engine::{Fired, Timer};
use crate::id::{InterfaceId, NodeId, PacketId};
use crate::observe::{DropReason, Kinship, Place};
use crate::packet::bpdu::Bpdu;
use crate::packet::ethernet::{Header, Mac};
use crate::packet::{Label, Payload};
use crate::units::Time;

/// A switch.
#[derive(Debug)]
pub struct Switch {
    id: NodeId,
    interfaces: Vec<Interface>,
    table: MacTable,
    /// Absent where the spanning tree protocol is switched off.
    bridge: Option<Bridge>,
    config: SwitchConfig,
    timer: Timer,
}

impl Switch {
    /// A switch whose table is empty. `tree` says of each interface what the spanning tree needs.
    #[must_use]
    pub fn new(
        id: NodeId,
        config: SwitchConfig,
        interfaces: Vec<Interface>,
        mac: Mac,
        tree: &[InterfaceConfig],
    ) -> Self {
        let bridge = config.spanning_tree.then(|| Bridge::new(Time::ZERO, mac, &config, tree));
        let table = MacTable::new(config.table_size, config.ageing);
        Self { id, interfaces, table, bridge, config, timer: Timer::new() }
    }

    /// What it has learned.
    #[must_use]
    pub const fn table(&self) -> &MacTable {
        &self.table
    }

    /// Its part of the spanning tree, if the protocol runs.
    #[must_use]
    pub const fn bridge(&self) -> Option<&Bridge> {
        self.bridge.as_ref()
    }

    /// Its interfaces.
    #[must_use]
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// Switches it on.
    pub fn start(&mut self, cx: &mut Cx) {
        self.follow_bridge(cx);
    }

    /// A frame has come in.
    pub fn receive(&mut self, cx: &mut Cx, interface: InterfaceId, id: PacketId) {
        let Header { destination, source } = cx.packets[id].ethernet;
        if destination == Mac::BRIDGES {
            return self.receive_bpdu(cx, interface, id);
        }
        let (learns, forwards) = match &self.bridge {
            Some(bridge) => (bridge.learns(interface), bridge.forwards(interface)),
            None => (true, true),
        };
        if learns {
            self.table.learn(cx.now, source, interface);
        }
        if !forwards {
            // Not lost: on a blocked interface this is a second copy.
            cx.packets.remove(id);
            return;
        }
        let known =
            if destination.is_group() { None } else { self.table.lookup(cx.now, destination) };
        match known {
            Some(out) if out == interface => {
                // The station is on the side that the frame came from.
                cx.packets.remove(id);
            }
            Some(out) if self.may_send(out) => self.send(cx, out, id),
            _ => self.flood(cx, interface, id),
        }
    }

    fn may_send(&self, out: InterfaceId) -> bool {
        self.interfaces[out.index()].up
            && self.bridge.as_ref().is_none_or(|bridge| bridge.forwards(out))
    }

    fn send(&self, cx: &mut Cx, out: InterfaceId, id: PacketId) {
        let interface = &self.interfaces[out.index()];
        let length = cx.packets[id].length();
        if length > u64::from(interface.mtu) {
            cx.drop(id, Place::Channel(interface.out), DropReason::TooLong);
            return;
        }
        cx.effects.push(Effect::Transmit(interface.out, id, length));
    }

    fn flood(&self, cx: &mut Cx, came_in: InterfaceId, id: PacketId) {
        for index in 0..self.interfaces.len() {
            let out = InterfaceId::from_index(index);
            if out != came_in && self.may_send(out) {
                let copy = cx.copy(id, Kinship::Flooded);
                self.send(cx, out, copy);
            }
        }
        cx.packets.remove(id);
    }

    fn receive_bpdu(&mut self, cx: &mut Cx, interface: InterfaceId, id: PacketId) {
        let packet = cx.packets.remove(id);
        if let (Payload::Bpdu(message), Some(bridge)) = (packet.payload, &mut self.bridge) {
            bridge.handle_bpdu(cx.now, interface, &message);
            self.follow_bridge(cx);
        }
    }

    /// The link of an interface went down or came up.
    pub fn link_changed(&mut self, cx: &mut Cx, interface: InterfaceId, up: bool) {
        self.interfaces[interface.index()].up = up;
        if !up {
            self.table.flush(interface);
        }
        if let Some(bridge) = &mut self.bridge {
            bridge.set_link(cx.now, interface, up);
            self.follow_bridge(cx);
        }
    }

    /// The settings of an interface's link changed: the largest packet, and the path cost, which
    /// follows the rate.
    pub fn settings_changed(
        &mut self,
        cx: &mut Cx,
        interface: InterfaceId,
        mtu: u16,
        path_cost: u32,
    ) {
        self.interfaces[interface.index()].mtu = mtu;
        if let Some(bridge) = &mut self.bridge {
            bridge.set_path_cost(cx.now, interface, path_cost);
            self.follow_bridge(cx);
        }
    }

    /// New settings. Whether the spanning tree runs at all stays as it was.
    pub fn reconfigure(&mut self, cx: &mut Cx, config: SwitchConfig) {
        self.table.set_capacity(config.table_size);
        if let Some(bridge) = &mut self.bridge {
            bridge.set_config(cx.now, &config);
        }
        self.config = config;
        self.follow_bridge(cx);
    }

    /// A deadline of the spanning tree may have come.
    pub fn handle_timeout(&mut self, cx: &mut Cx) {
        match self.timer.fired(cx.now) {
            Fired::Stale => return,
            Fired::Again(at) => return cx.effects.push(Effect::NodeTimer(self.id, at)),
            Fired::Expired => {}
        }
        if let Some(bridge) = &mut self.bridge {
            bridge.handle_timeout(cx.now);
            self.follow_bridge(cx);
        }
    }

    /// Sends what the spanning tree wants sent and arms its timer.
    fn follow_bridge(&mut self, cx: &mut Cx) {
        let Some(bridge) = &mut self.bridge else {
            return self.table.set_ageing(cx.now, self.config.ageing);
        };
        self.table.set_ageing(cx.now, bridge.ageing_time());
        while let Some((out, message)) = bridge.poll_transmit() {
            send_bpdu(cx, &self.interfaces[out.index()], message);
        }
        // The root's new max age may have ended the time of older messages already.
        let deadline = bridge.poll_timeout().map(|deadline| deadline.max(cx.now));
        if let Some(at) = deadline.and_then(|deadline| self.timer.arm(deadline)) {
            cx.effects.push(Effect::NodeTimer(self.id, at));
        }
    }
}

fn send_bpdu(cx: &mut Cx, interface: &Interface, message: Bpdu) {
    let header = Header { destination: Mac::BRIDGES, source: interface.mac };
    let id = cx.create(header, Payload::Bpdu(message), Label::new(None, cx.now));
    cx.transmit(interface.out, id);
}
