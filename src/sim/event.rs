//! Everything that can come up in the event queue: ids only, in one word.

use crate::engine::EventQueue;
use crate::id::{AppId, ChannelId, NodeId, PacketId, SocketId};
use crate::units::Time;

/// An event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// The first packet in flight in this direction of a link has arrived.
    Arrival(ChannelId),
    /// The transmitter of this direction of a link is free.
    TransmitterFree(ChannelId),
    /// Somebody watches this direction of a link, whose transmitter nobody attends.
    Look(ChannelId),
    /// The shared medium of some hubs is free.
    MediumFree(u32),
    /// A deadline of a node's own protocols.
    NodeTimer(NodeId),
    /// A deadline of a connection of a node.
    SocketTimer(NodeId, SocketId),
    /// A packet that a node sent to itself has arrived.
    Loopback(NodeId, PacketId),
    /// A timer of a process, with its token.
    AppTimer(AppId, u32),
    /// A switch is switched on.
    SwitchOn(NodeId),
    /// A process starts.
    AppStart(AppId),
    /// A process is killed.
    AppStop(AppId),
    /// A timed change of the scenario, by its place in the plan.
    Change(u32),
    /// Routes follow a change of a link.
    Reroute,
}

/// An event in one word: what is written in one piece is read in one piece at once, and events are
/// moved about right after they were written.
#[derive(Debug, Clone, Copy)]
struct Word(u64);

/// Bits that say what kind of event it is.
const KIND: u32 = 4;

impl Word {
    const fn new(kind: u64, id: u32, other: u32) -> Self {
        debug_assert!(other >> (u32::BITS - KIND) == 0, "more than 2^28 nodes or processes");
        Self((id as u64) << u32::BITS | (other as u64) << KIND | kind)
    }
}

impl From<Event> for Word {
    #[inline(always)]
    fn from(event: Event) -> Self {
        match event {
            Event::Arrival(channel) => Self::new(0, channel.0, 0),
            Event::TransmitterFree(channel) => Self::new(1, channel.0, 0),
            Event::Look(channel) => Self::new(2, channel.0, 0),
            Event::MediumFree(medium) => Self::new(3, medium, 0),
            Event::NodeTimer(node) => Self::new(4, node.0, 0),
            Event::SocketTimer(node, socket) => Self::new(5, socket.0, node.0),
            Event::Loopback(node, packet) => Self::new(6, packet.0, node.0),
            Event::AppTimer(app, token) => Self::new(7, token, app.0),
            Event::SwitchOn(node) => Self::new(8, node.0, 0),
            Event::AppStart(app) => Self::new(9, app.0, 0),
            Event::AppStop(app) => Self::new(10, app.0, 0),
            Event::Change(index) => Self::new(11, index, 0),
            Event::Reroute => Self::new(12, 0, 0),
        }
    }
}

impl From<Word> for Event {
    #[inline(always)]
    fn from(Word(word): Word) -> Self {
        let (id, other) = ((word >> u32::BITS) as u32, word as u32 >> KIND);
        match word % (1 << KIND) {
            0 => Self::Arrival(ChannelId(id)),
            1 => Self::TransmitterFree(ChannelId(id)),
            2 => Self::Look(ChannelId(id)),
            3 => Self::MediumFree(id),
            4 => Self::NodeTimer(NodeId(id)),
            5 => Self::SocketTimer(NodeId(other), SocketId(id)),
            6 => Self::Loopback(NodeId(other), PacketId(id)),
            7 => Self::AppTimer(AppId(other), id),
            8 => Self::SwitchOn(NodeId(id)),
            9 => Self::AppStart(AppId(id)),
            10 => Self::AppStop(AppId(id)),
            11 => Self::Change(id),
            _ => Self::Reroute,
        }
    }
}

/// What is going to happen.
#[derive(Debug, Default)]
pub(super) struct Agenda(EventQueue<Word>);

impl Agenda {
    /// Adds an event, after those for the same instant.
    #[inline(always)]
    pub(super) fn push(&mut self, at: Time, event: Event) {
        self.0.push(at, event.into());
    }

    /// Takes the earliest event, if it is due at `limit` or before.
    #[inline(always)]
    pub(super) fn pop_until(&mut self, limit: Time) -> Option<(Time, Event)> {
        let (at, word) = self.0.pop_until(limit)?;
        Some((at, word.into()))
    }

    /// When the earliest event is due.
    pub(super) fn peek_time(&self) -> Option<Time> {
        self.0.peek_time()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_what_they_meant() {
        let (node, app, channel) = (NodeId(0xfff_ffff), AppId(77), ChannelId(u32::MAX));
        for event in [
            Event::Arrival(channel),
            Event::TransmitterFree(channel),
            Event::Look(channel),
            Event::MediumFree(3),
            Event::NodeTimer(node),
            Event::SocketTimer(node, SocketId(u32::MAX)),
            Event::Loopback(node, PacketId(9)),
            Event::AppTimer(app, u32::MAX),
            Event::SwitchOn(node),
            Event::AppStart(app),
            Event::AppStop(app),
            Event::Change(5),
            Event::Reroute,
        ] {
            assert_eq!(Event::from(Word::from(event)), event);
        }
    }
}
