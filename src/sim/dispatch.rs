//! The one match over events, and the one over effects.

use super::event::Event;
use super::{Node, Simulation};
use crate::id::AppId;
use crate::node::{Cx, Effect, IpNode};
use crate::observe::Observation;

impl Simulation {
    pub(super) fn dispatch(&mut self, event: Event) {
        match event {
            Event::Arrival(channel) => self.arrival(channel),
            Event::TransmitterFree(channel) => self.transmitter_free(channel),
            Event::Look(channel) => self.look(channel),
            Event::MediumFree(medium) => self.medium_free(medium),
            Event::NodeTimer(node) => match &mut self.nodes[node.index()] {
                Node::Ip(ip) => ip.stack.handle_timeout(&mut self.cx),
                Node::Switch(switch) => switch.handle_timeout(&mut self.cx),
                Node::Hub(_) => {}
            },
            Event::SocketTimer(node, socket) => {
                if let Node::Ip(ip) = &mut self.nodes[node.index()] {
                    ip.stack.handle_socket_timeout(&mut self.cx, socket);
                }
            }
            Event::Loopback(node, packet) => {
                self.cx
                    .observe(|packets| Observation::LoopedBack { node, packet: packets[packet] });
                if let Node::Ip(ip) = &mut self.nodes[node.index()] {
                    ip.stack.receive_local(&mut self.cx, packet);
                }
            }
            Event::AppTimer(app, token) => {
                let wake = crate::app::Wake::Timer(token);
                self.with_app(app, |node, cx, place| node.wake(cx, place, wake));
            }
            Event::SwitchOn(node) => {
                if let Node::Switch(switch) = &mut self.nodes[node.index()] {
                    switch.start(&mut self.cx);
                }
            }
            Event::AppStart(app) => self.with_app(app, IpNode::start),
            Event::AppStop(app) => self.with_app(app, |node, cx, place| node.kill(cx, place)),
            Event::Change(index) => self.change(index as usize),
            Event::Reroute => self.reroute(),
        }
        if !self.cx.effects.is_empty() {
            self.carry_out();
        }
    }

    /// Carries out what handlers asked for, in the order of asking, until nobody asks for more.
    pub(super) fn carry_out(&mut self) {
        let mut next = 0;
        while next < self.cx.effects.len() {
            next += 1;
            // Read where it lies: a copy of the whole would wait for what was just written in parts.
            match self.cx.effects[next - 1] {
                Effect::Transmit(channel, packet, length) => self.transmit(channel, packet, length),
                Effect::Loopback(node, packet) => {
                    let at = self.cx.now.saturating_add(super::traffic::LOOPBACK_DELAY);
                    self.events.push(at, Event::Loopback(node, packet));
                }
                Effect::Wake(app, wake) => {
                    self.with_app(app, |node, cx, place| node.wake(cx, place, wake));
                }
                Effect::AppTimer(app, at, token) => {
                    self.events.push(at, Event::AppTimer(app, token));
                }
                Effect::SocketTimer(node, socket, at) => {
                    self.events.push(at, Event::SocketTimer(node, socket));
                }
                Effect::NodeTimer(node, at) => self.events.push(at, Event::NodeTimer(node)),
            }
        }
        self.cx.effects.clear();
    }

    fn with_app(&mut self, app: AppId, what: impl FnOnce(&mut IpNode, &mut Cx, usize)) {
        let (node, place) = self.places[app.index()];
        if let Node::Ip(ip) = &mut self.nodes[node.index()] {
            what(ip, &mut self.cx, place);
        }
    }

    pub(super) fn reconfigure_app(&mut self, app: AppId, spec: &crate::app::AppSpec) {
        self.with_app(app, |node, cx, place| node.reconfigure(cx, place, spec));
    }
}
