//! What the shortest-path computation is told about the network.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::id::InterfaceId;

/// One interface of one node on one segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attachment {
    /// The node, as an index into [`Topology::forwards`].
    pub node: usize,
    /// The node's interface.
    pub interface: InterfaceId,
    /// The interface's address; neighbours use it as their gateway.
    pub address: Ipv4Addr,
    /// The segment, as an index into [`Topology::segments`].
    pub segment: usize,
    /// The cost of sending out of this interface. It counts as at least 1 (RFC 2328, section C.3:
    /// an interface's output cost "must always be greater than 0"), so no path runs in circles.
    pub cost: u32,
    /// Whether the interface works. If not, no path uses it in either direction.
    pub up: bool,
}

/// A network as routing sees it: nodes, and the segments that they are attached to.
///
/// A segment is one broadcast domain, that is one subnet: a cable between two routers, or hosts
/// and routers around switches. It is a vertex of its own in the graph of paths, so a segment with
/// ten thousand hosts costs ten thousand edges and not fifty million.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topology {
    /// For each node, whether it relays packets that are not addressed to it (a router).
    pub forwards: Vec<bool>,
    /// For each segment, its prefix.
    pub segments: Vec<Ipv4Net>,
    /// Who is attached to what.
    pub attachments: Vec<Attachment>,
}
