//! Timed changes, and what follows from them.

use super::event::Event;
use super::plan::ChangeKind;
use super::{Node, Simulation};
use crate::id::ChannelId;
use crate::link;
use crate::node::spanning_tree::path_cost;
use crate::observe::{DropReason, Interest, Place};

impl Simulation {
    /// Carries out the plan's change number `index`.
    pub(super) fn change(&mut self, index: usize) {
        match self.plan.changes[index].what.clone() {
            ChangeKind::Channel(id, config) => self.change_channel(id, *config),
            ChangeKind::Cost(link, cost) => {
                self.plan.links[link.index()].cost = cost;
                self.notice_later(link);
            }
            ChangeKind::App(app, spec) => self.reconfigure_app(app, &spec),
            ChangeKind::Ip(node, config) => {
                self.set_buffer(node, config.buffer);
                if let Node::Ip(ip) = &mut self.nodes[node.index()] {
                    ip.stack.reconfigure(*config);
                }
            }
            ChangeKind::Switch(node, config) => {
                self.set_buffer(node, config.buffer);
                if let Node::Switch(switch) = &mut self.nodes[node.index()] {
                    switch.reconfigure(&mut self.cx, config);
                }
            }
        }
    }

    #[cold]
    fn change_channel(&mut self, id: ChannelId, config: link::Config) {
        let now = self.cx.now;
        let (was_up, up) = (self.wire(id).channel.config().up, config.up);
        let (mtu, cost) = (config.mtu, path_cost(config.rate));
        let sends = self.wire(id).channel.busy_until() > now;
        let wire = &mut self.wires[id.index()];
        let ended = wire.channel.reconfigure(now, config, &self.cx.packets);
        self.wire(id).channel.stats.dropped_by_down_link(ended.len() as u64);
        for packet in ended {
            self.cx.drop(packet, Place::Channel(id), DropReason::LinkDown);
        }
        self.end_queue_drops(id);
        if let Some(at) = self.wire(id).channel.attend() {
            self.events.push(at, Event::TransmitterFree(id));
        }
        if self.cx.interest >= Interest::Wire {
            self.show_started(id);
        }
        self.settle(id);
        if self.wire(id).channel.ask_again(now) {
            self.events.push(now, Event::TransmitterFree(id));
        }
        if let (Some(medium), true, false) = (self.wire(id).medium, sends, up)
            && let Some(at) = self.media[medium as usize].cut(now)
        {
            self.events.push(at, Event::MediumFree(medium));
        }
        let (node, interface) = self.wires[id.reverse().index()].to;
        match &mut self.nodes[node.index()] {
            Node::Ip(ip) => ip.stack.mtu_changed(interface, mtu),
            Node::Switch(switch) => switch.settings_changed(&mut self.cx, interface, mtu, cost),
            Node::Hub(_) => {}
        }
        if was_up != up {
            match &mut self.nodes[node.index()] {
                Node::Ip(ip) => ip.stack.link_changed(interface, up),
                Node::Switch(switch) => switch.link_changed(&mut self.cx, interface, up),
                Node::Hub(hub) => hub.link_changed(interface, up),
            }
            self.notice_later(id.link());
        }
    }
}
