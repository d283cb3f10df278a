//! What a node may do to the world while it handles something: note effects, count, observe.
//!
//! A handler gets `&mut self` and `&mut Cx`, never another node. It can touch packets and counters
//! at once; everything that takes time or reaches another component is an [`Effect`], which
//! the simulation carries out when the handler has returned, in the order of noting.

use indexmap::IndexSet;

use crate::app::Wake;
use crate::id::{AppId, ChannelId, FlowId, NodeId, PacketId, SocketId};
use crate::observe::{DropReason, FlowStats, Interest, Kinship, Observation, Place};
use crate::packet::{Label, Packet, PacketStore, Payload, ethernet};
use crate::socket::Transcripts;
use crate::units::Time;

/// Something a handler wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Put the packet, of this length above the link layer \[bytes\], into the queue before this
    /// direction of a link.
    Transmit(ChannelId, PacketId, u64),
    /// Give the packet back to the same node, as if it had come in: a packet to itself.
    Loopback(NodeId, PacketId),
    /// Call the stack's `handle_socket_timeout` for a socket at a time.
    SocketTimer(NodeId, SocketId, Time),
    /// Wake the process.
    Wake(AppId, Wake),
    /// Wake the process at a time, with its token.
    AppTimer(AppId, Time, u32),
    /// Call the node's `handle_timeout` at a time.
    NodeTimer(NodeId, Time),
}

/// The world as one handler sees it.
#[derive(Debug, Default)]
pub struct Cx {
    /// The time now.
    pub now: Time,
    /// All packets that exist.
    pub packets: PacketStore,
    /// The conversations' counters, by flow.
    pub flows: Vec<FlowStats>,
    /// DNS names that the run knows.
    pub names: IndexSet<String>,
    /// What the bytes of streams say.
    pub transcripts: Transcripts,
    /// What is to be done.
    pub effects: Vec<Effect>,
    /// What somebody wants to know.
    pub interest: Interest,
    /// What happened since the observer was told last, and when.
    pub observed: Vec<(Time, Observation)>,
    numbered: u64,
}

impl Cx {
    /// A world without packets, with a conversation for each of these.
    #[must_use]
    pub fn new(flows: Vec<FlowStats>) -> Self {
        Self { flows, ..Self::default() }
    }

    /// A new packet with the next number.
    #[inline(always)]
    pub fn create(
        &mut self,
        ethernet: ethernet::Header,
        payload: Payload,
        mut label: Label,
    ) -> PacketId {
        label.number = self.next_number();
        self.packets.insert(Packet { ethernet, payload, label })
    }

    /// A new packet of a conversation with the next number and an empty segment, which is to be
    /// filled in where it lies.
    #[inline(always)]
    pub fn create_segment(&mut self, flow: Option<FlowId>) -> (PacketId, &mut Packet) {
        let (number, created) = (self.next_number(), self.now);
        let id = self.packets.insert(Packet::EMPTY_SEGMENT);
        let packet = &mut self.packets[id];
        (packet.label.number, packet.label.flow, packet.label.created) = (number, flow, created);
        (id, packet)
    }

    /// Has a packet put into the queue before this direction of a link.
    pub fn transmit(&mut self, out: ChannelId, id: PacketId) {
        self.effects.push(Effect::Transmit(out, id, self.packets[id].length()));
    }

    /// A copy of a packet, with a number of its own.
    pub fn copy(&mut self, id: PacketId, kinship: Kinship) -> PacketId {
        let mut packet = self.packets[id];
        packet.label.number = self.next_number();
        let copy = self.packets.insert(packet);
        self.observe_kin(self.packets[id].label.number, copy, kinship);
        copy
    }

    /// Notes that a packet was made of the one with number `of`.
    pub fn observe_kin(&mut self, of: u64, id: PacketId, kinship: Kinship) {
        self.observe(|packets| Observation::Derived { of, packet: packets[id], kinship });
    }

    /// The next packet number.
    pub const fn next_number(&mut self) -> u64 {
        self.numbered += 1;
        self.numbered
    }

    /// Takes back a packet that nobody has seen: its sender was told that it cannot be sent.
    pub fn withdraw(&mut self, id: PacketId) {
        let packet = self.packets.remove(id);
        if packet.label.number == self.numbered {
            self.numbered -= 1;
        }
    }

    /// Ends a packet that was not delivered.
    pub fn drop(&mut self, id: PacketId, place: Place, reason: DropReason) -> Packet {
        let packet = self.packets.remove(id);
        if self.interest >= Interest::Outcomes {
            self.tell(Observation::Dropped { place, packet, reason });
        }
        packet
    }

    /// Notes something for the observer, if anybody follows packets that closely.
    #[inline]
    pub fn observe(&mut self, what: impl FnOnce(&PacketStore) -> Observation) {
        if self.interest >= Interest::Wire {
            let what = what(&self.packets);
            self.tell(what);
        }
    }

    /// Notes something that happens now for the observer.
    pub fn tell(&mut self, what: Observation) {
        self.observed.push((self.now, what));
    }
}
