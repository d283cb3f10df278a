//! Spanning-tree messages between switches (IEEE 802.1D-1998, clause 9).

use super::ethernet::Mac;
use crate::units::Time;

/// Length of a configuration message with its LLC header \[bytes\].
pub const LENGTH: u64 = 38;

/// A bridge identifier: the lower one is the better; priority decides before address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BridgeId {
    /// Settable part; 32768 by default.
    pub priority: u16,
    /// The bridge's own address.
    pub mac: Mac,
}

/// A port identifier of the standard. (Here an *interface*, as everywhere in this crate.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortId {
    /// Settable part; 128 by default.
    pub priority: u8,
    /// One more than the interface's number.
    pub number: u16,
}

/// A spanning-tree message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bpdu {
    /// Configuration: who is root, and how far away.
    Configuration(Configuration),
    /// Topology change notification, sent towards the root.
    TopologyChange,
}

/// A configuration message; fields in the standard's order (clause 9.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Configuration {
    /// The root tells all bridges to age their tables quickly.
    pub topology_change: bool,
    /// Answer to a topology change notification.
    pub topology_change_ack: bool,
    /// The bridge believed to be root.
    pub root: BridgeId,
    /// Cost of the sender's path to the root.
    pub root_path_cost: u32,
    /// The sender.
    pub bridge: BridgeId,
    /// The sender's interface.
    pub port: PortId,
    /// Age of the root's information.
    pub message_age: Time,
    /// When that information is too old to use.
    pub max_age: Time,
    /// The root's interval between messages.
    pub hello_time: Time,
    /// How long to listen, and then to learn, before forwarding.
    pub forward_delay: Time,
}
