//! Packets onto links and off them.

use super::event::Event;
use super::{Node, Simulation};
use crate::id::{ChannelId, InterfaceId, NodeId, PacketId};
use crate::link::{Outcome, Started};
use crate::observe::{DropReason, Interest, Kinship, Observation, Place};
use crate::packet::Payload;
use crate::queue::Queued;
use crate::units::Time;

/// How long a packet takes from a node to itself: about what Linux's loopback interface takes.
pub(super) const LOOPBACK_DELAY: Time = Time::from_us(10);

impl Simulation {
    /// A node hands a packet, of this length above the link layer \[bytes\], to an interface.
    #[inline(always)]
    pub(super) fn transmit(&mut self, id: ChannelId, packet: PacketId, length: u64) {
        let now = self.cx.now;
        let channel = &mut self.wires[id.index()].channel;
        if !channel.is_unattended() || self.cx.interest >= Interest::Wire {
            return self.transmit_attended(id, packet);
        }
        debug_assert_eq!(self.cx.packets[packet].length(), length);
        let arriving = Queued::new(packet, channel.wire_bytes(length), now, false);
        if let Some(at) = channel.offer_unattended(now, arriving) {
            self.events.push(at, Event::Arrival(id));
        }
        if channel.has_drops() {
            self.end_queue_drops(id);
        }
    }

    /// The same with all that there may be to see to.
    #[inline(never)]
    fn transmit_attended(&mut self, id: ChannelId, packet: PacketId) {
        let now = self.cx.now;
        let channel = &mut self.wires[id.index()].channel;
        if !channel.is_up() {
            channel.stats.dropped_by_down_link(1);
            self.cx.drop(packet, Place::Channel(id), DropReason::LinkDown);
            return;
        }
        let bytes = channel.wire_bytes(self.cx.packets[packet].length());
        let ecn_capable = channel.heeds_ecn() && self.cx.packets[packet].ecn_capable();
        let mut arriving = Queued::new(packet, bytes, now, ecn_capable);
        channel.classify(&self.cx.packets[packet], &mut arriving);
        if self.cx.interest >= Interest::Wire {
            self.show_arriving(id, packet);
        }
        if let Some(share) = self.wires[id.index()].share
            && self.lacks_memory(id, share, &arriving)
        {
            return;
        }
        if let Some(medium) = self.wires[id.index()].medium {
            return self.transmit_shared(id, medium, arriving);
        }
        let outcome = self.wires[id.index()].channel.offer(now, arriving);
        self.follow_up(id, &outcome);
    }

    #[cold]
    fn show_arriving(&mut self, id: ChannelId, packet: PacketId) {
        self.wires[id.index()].channel.catch_up(self.cx.now);
        self.show_started(id);
        let backlog = self.wires[id.index()].channel.backlog();
        if self.cx.interest == Interest::Everything {
            self.cx.tell(Observation::Enqueued {
                channel: id,
                packet: self.cx.packets[packet],
                waiting_packets: backlog.packets,
                waiting_bytes: backlog.bytes,
            });
        }
    }

    /// Shows the packets that a channel started while nobody attended, to those who watch.
    #[cold]
    pub(super) fn show_started(&mut self, id: ChannelId) {
        let channel = &mut self.wires[id.index()].channel;
        if !channel.has_news() {
            return;
        }
        for (at, started) in channel.take_started() {
            let packet = self.cx.packets[started.packet];
            let (waited, arrives) = (started.waited, started.arrives);
            let what = Observation::TransmitStarted { channel: id, packet, waited, arrives };
            self.cx.observed.push((at, what));
        }
        if let Some(at) = channel.next_look() {
            self.events.push(at, Event::Look(id));
        }
    }

    /// Somebody watches a channel.
    pub(super) fn look(&mut self, id: ChannelId) {
        // No other run has such events, and they change nothing.
        self.handled -= 1;
        self.wires[id.index()].channel.catch_up(self.cx.now);
        self.show_started(id);
    }

    /// Has every channel watched, or no longer.
    #[cold]
    pub(super) fn watch(&mut self, watched: bool) {
        for index in 0..self.wires.len() {
            let id = ChannelId::from_index(index);
            if let Some(at) = self.wires[index].channel.watch(self.cx.now, watched) {
                self.events.push(at, Event::Look(id));
            }
        }
    }

    /// Works out what channels have done while nobody attended, so that it can be read off.
    pub(super) fn catch_up(&mut self) {
        for wire in &mut self.wires {
            wire.channel.catch_up(self.cx.now);
        }
    }

    /// Schedules what a channel asked for, and sees to the packet that it started to send.
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
        if self.cx.interest >= Interest::Wire {
            self.show_started(id);
        }
        if self.wires[id.index()].share.is_some() {
            self.settle(id);
        }
    }

    #[cold]
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
            let copy = self.cx.copy(started.packet, Kinship::Duplicate);
            if let Some(at) = self.wire(id).channel.launch(copy, started.arrives) {
                self.events.push(at, Event::Arrival(id));
            }
        }
    }

    #[cold]
    pub(super) fn end_queue_drops(&mut self, id: ChannelId) {
        for dropped in self.wires[id.index()].channel.take_drops() {
            self.cx.drop(dropped.packet.packet, Place::Channel(id), dropped.reason);
        }
    }

    pub(super) fn transmitter_free(&mut self, id: ChannelId) {
        let now = self.cx.now;
        if let Some(medium) = self.wires[id.index()].medium {
            return self.ask_queue_again(id, medium);
        }
        let outcome = self.wire(id).channel.transmitter_free(now);
        self.follow_up(id, &outcome);
    }

    /// The queue of a station on a shared medium held its packets back until now.
    #[cold]
    fn ask_queue_again(&mut self, id: ChannelId, medium: u32) {
        let now = self.cx.now;
        if !self.wire(id).channel.is_due(now) {
            return;
        }
        match self.media[medium as usize].ask(now, id) {
            Ok(()) => {
                let outcome = self.wire(id).channel.send_next(now);
                self.sent_on_medium(id, medium, outcome);
            }
            Err(Some(at)) => self.events.push(at, Event::MediumFree(medium)),
            Err(None) => {}
        }
    }

    /// The first packet in flight has arrived.
    pub(super) fn arrival(&mut self, id: ChannelId) {
        let wire = &mut self.wires[id.index()];
        let (packet, next) = wire.channel.arrive(self.cx.now);
        let (node, interface) = wire.to;
        let may_damage = wire.channel.may_damage();
        if let Some(at) = next {
            self.events.push(at, Event::Arrival(id));
        }
        if self.cx.interest >= Interest::Wire {
            self.show_started(id);
        }
        let Some(packet) = packet else { return };
        self.cx.observe(|packets| Observation::Received {
            node,
            interface,
            packet: packets[packet],
        });
        match &mut self.nodes[node.index()] {
            Node::Hub(_) => self.repeat(node, interface, packet),
            _ if may_damage && self.cx.packets[packet].label.damaged => {
                self.wires[id.index()].channel.stats.corrupted();
                self.cx.drop(packet, Place::Channel(id), DropReason::Corrupt);
            }
            Node::Ip(ip) => ip.stack.receive(&mut self.cx, interface, packet),
            Node::Switch(switch) => switch.receive(&mut self.cx, interface, packet),
        }
    }

    /// A hub repeats a frame on all its other interfaces.
    #[cold]
    fn repeat(&mut self, hub: NodeId, came_in: InterfaceId, packet: PacketId) {
        let Node::Hub(node) = &self.nodes[hub.index()] else { return };
        let others: Vec<ChannelId> = node.repeats(came_in).collect();
        let length = self.cx.packets[packet].length();
        for id in others {
            let copy = self.cx.copy(packet, Kinship::Repeated);
            let now = self.cx.now;
            let channel = &mut self.wire(id).channel;
            let outcome = channel.repeat(now, copy, channel.wire_bytes(length));
            self.follow_up(id, &outcome);
        }
        self.cx.packets.remove(packet);
    }

    /// A station on a shared medium hands in a frame: sent when nobody else sends.
    #[cold]
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
                self.follow_up(id, &Outcome::default());
            }
        }
    }

    /// A station that had the medium has sent, if it had anything left to send: true if so.
    fn sent_on_medium(&mut self, id: ChannelId, medium: u32, outcome: Outcome) -> bool {
        // The medium, not the channel, says when the next one may send.
        self.wire(id).channel.forget_free_event();
        // But it is the queue that says when it will let go what it holds back.
        let free = if outcome.started.is_none() { outcome.free } else { None };
        self.follow_up(id, &Outcome { free, ..outcome });
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

    #[cold]
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
