//! Everything that can come up in the event queue: ids only.

use crate::id::{AppId, ChannelId, NodeId, PacketId, SocketId};

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

#[cfg(test)]
mod tests {
    #[test]
    fn events_stay_small() {
        assert!(size_of::<super::Event>() <= 12);
    }
}
