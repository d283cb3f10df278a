//! Packets onto links and off them.

use super::event::Event;
use super::{Node, Simulation};
use crate::id::{ChannelId, InterfaceId, NodeId, PacketId};
use crate::link::{Outcome, Started};
use crate::observe::{DropReason, Observation, Place};
use crate::packet::Payload;
use crate::queue::Queued;
use crate::units::Time;

/// How long a packet takes from a node to itself: about what Linux's loopback interface takes.
pub(super) const LOOPBACK_DELAY: Time = Time::from_us(10);

impl Simulation {
    /// A node hands a packet to an interface.
    #[inline(always)]
    pub(super) fn transmit(&mut self, id: ChannelId, packet: PacketId) {
        let now = self.cx.now;
        let channel = &mut self.wires[id.index()].channel;
        if !channel.is_up() {
            channel.stats.dropped_by_down_link(1);
            self.cx.drop(packet, Place::Channel(id), DropReason::LinkDown);
            return;
        }
        let bytes = channel.wire_bytes(self.cx.packets[packet].length());
        let ecn_capable = self.cx.packets[packet].ecn_capable();
        let arriving =
            Queued { packet, bytes, flow_hash: 0, since: now, ecn_capable, marked: false };
        self.cx.observe(|packets| Observation::Enqueued { channel: id, packet: packets[packet] });
        if let Some(medium) = self.wires[id.index()].medium {
            return self.transmit_shared(id, medium, arriving);
        }
        let outcome = self.wires[id.index()].channel.offer(now, arriving);
        self.follow_up(id, &outcome);
    }

    /// Schedules what a channel asked for, and sees to the packet that it started to send.
    #[inline(always)]
    fn follow_up(&mut self, id: ChannelId, outcome: &Outcome) {
        if let Some(at) = outcome.arrival {
            self.events.push(at, Event::Arrival(id));
        }
        if let Some(at) = outcome.free {
            self.events.push(at, Event::TransmitterFree(id));
        }
        if let Some(started) = &outcome.started {
            if started.marked {
                self.cx.packets[started.packet].mark_congestion();
            }
            self.cx.observe(|packets| Observation::TransmitStarted {
                channel: id,
                packet: packets[started.packet],
                waited: started.waited,
                arrives: started.arrives,
            });
            if started.fate.impaired {
                self.impair(id, started);
            }
        }
        if self.wires[id.index()].channel.has_drops() {
            self.end_queue_drops(id);
        }
    }

    fn impair(&mut self, id: ChannelId, started: &Started) {
        let listed = started.fate.listed
            && matches!(self.cx.packets[started.packet].payload, Payload::Ipv4(_))
            && self.wire(id).channel.lose_listed(started.packet);
        if started.fate.lost || listed {
            self.cx.drop(started.packet, Place::Channel(id), DropReason::Loss);
            return;
        }
        if started.fate.damaged {
            self.cx.packets[started.packet].label.damaged = true;
        }
        if started.fate.duplicated {
            let copy = self.cx.copy(started.packet);
            if let Some(at) = self.wire(id).channel.launch(copy, started.arrives) {
                self.events.push(at, Event::Arrival(id));
            }
        }
    }

    pub(super) fn end_queue_drops(&mut self, id: ChannelId) {
        for dropped in self.wires[id.index()].channel.take_drops() {
            self.cx.drop(dropped.packet, Place::Channel(id), DropReason::QueueFull);
        }
    }

    pub(super) fn transmitter_free(&mut self, id: ChannelId) {
        let now = self.cx.now;
        let outcome = self.wire(id).channel.transmitter_free(now);
        self.follow_up(id, &outcome);
    }

    /// The first packet in flight has arrived.
    pub(super) fn arrival(&mut self, id: ChannelId) {
        let wire = &mut self.wires[id.index()];
        let (packet, next) = wire.channel.arrive(self.cx.now);
        let (node, interface) = wire.to;
        if let Some(at) = next {
            self.events.push(at, Event::Arrival(id));
        }
        let Some(packet) = packet else { return };
        self.cx.observe(|packets| Observation::Received {
            node,
            interface,
            packet: packets[packet],
        });
        match &mut self.nodes[node.index()] {
            Node::Hub(_) => self.repeat(node, interface, packet),
            _ if self.cx.packets[packet].label.damaged => {
                wire.channel.stats.corrupted();
                self.cx.drop(packet, Place::Channel(id), DropReason::Corrupt);
            }
            Node::Ip(ip) => ip.stack.receive(&mut self.cx, interface, packet),
            Node::Switch(switch) => switch.receive(&mut self.cx, interface, packet),
        }
    }

    /// A hub repeats a frame on all its other interfaces.
    fn repeat(&mut self, hub: NodeId, came_in: InterfaceId, packet: PacketId) {
        let Node::Hub(node) = &self.nodes[hub.index()] else { return };
        let others: Vec<ChannelId> = node.repeats(came_in).collect();
        let length = self.cx.packets[packet].length();
        for id in others {
            let copy = self.cx.copy(packet);
            let now = self.cx.now;
            let channel = &mut self.wire(id).channel;
            let outcome = channel.repeat(now, copy, channel.wire_bytes(length));
            self.follow_up(id, &outcome);
        }
        self.cx.packets.remove(packet);
    }

    /// A station on a shared medium hands in a frame: sent when nobody else sends.
    fn transmit_shared(&mut self, id: ChannelId, medium: u32, arriving: Queued) {
        let now = self.cx.now;
        match self.media[medium as usize].ask(now, id) {
            Ok(()) => {
                let outcome = self.wire(id).channel.offer(now, arriving);
                self.sent_on_medium(id, medium, outcome);
            }
            Err(event) => {
                self.wire(id).channel.enqueue(now, arriving);
                if let Some(at) = event {
                    self.events.push(at, Event::MediumFree(medium));
                }
                if self.wire(id).channel.has_drops() {
                    self.end_queue_drops(id);
                }
            }
        }
    }

    /// A station that had the medium has sent, if it had anything left to send: true if so.
    fn sent_on_medium(&mut self, id: ChannelId, medium: u32, outcome: Outcome) -> bool {
        // The medium, not the channel, says when the next one may send.
        self.wire(id).channel.forget_free_event();
        self.follow_up(id, &Outcome { free: None, ..outcome });
        if outcome.started.is_none() {
            return false;
        }
        let channel = &self.wires[id.index()].channel;
        let arbiter = &mut self.media[medium as usize];
        if channel.backlog().packets > 0 {
            arbiter.join(id);
        }
        if let Some(at) = arbiter.occupy(channel.busy_until()) {
            self.events.push(at, Event::MediumFree(medium));
        }
        true
    }

    pub(super) fn medium_free(&mut self, medium: u32) {
        let now = self.cx.now;
        while let Some(station) = self.media[medium as usize].next_station(now) {
            let outcome = self.wire(station).channel.send_next(now);
            if self.sent_on_medium(station, medium, outcome) {
                return;
            }
        }
    }
}
