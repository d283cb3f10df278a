//! A network to be: everything resolved, nothing running. What a scenario becomes.

use ipnet::Ipv4Net;

use crate::app::AppSpec;
use crate::id::{AppId, ChannelId, InterfaceId, LinkId, NodeId};
use crate::link;
use crate::node::config::{IpConfig, SwitchConfig};
use crate::packet::dscp::Dscp;
use crate::units::Time;

/// A whole network with its processes, and what happens to it when.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The seed of all dice.
    pub seed: u64,
    /// All nodes; ids are places in this list.
    pub nodes: Vec<NodePlan>,
    /// All links; ids are places in this list. Interfaces are numbered per node in the order in
    /// which links name it.
    pub links: Vec<LinkPlan>,
    /// All applications; ids are places in this list, as are the ids of their flows.
    pub apps: Vec<AppPlan>,
    /// Timed changes, in any order.
    pub changes: Vec<Change>,
    /// How routes are found.
    pub routing: RoutingPlan,
}

/// A node to be.
#[derive(Debug, Clone)]
pub struct NodePlan {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: NodeKind,
    /// Addresses that the scenario gives, with the interface. Others are assigned.
    pub addresses: Vec<(InterfaceId, Ipv4Net)>,
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum NodeKind {
    /// Runs processes, forwards nothing.
    Host(IpConfig),
    /// Forwards packets between its interfaces; may run processes too.
    Router(IpConfig),
    /// Forwards frames by the addresses it has learned.
    Switch(SwitchConfig),
    /// Repeats every bit to all other interfaces.
    Hub,
}

impl NodeKind {
    /// Whether the node has addresses: a host or a router.
    #[must_use]
    pub const fn is_ip(&self) -> bool {
        matches!(self, Self::Host(_) | Self::Router(_))
    }
}

/// A link to be.
#[derive(Debug, Clone)]
pub struct LinkPlan {
    /// Its name.
    pub name: String,
    /// The nodes at its ends; `forward` is from the first to the second.
    pub ends: [NodeId; 2],
    /// Settings of the directions forward and backward.
    pub directions: [link::Config; 2],
    /// What sending over the link costs in shortest paths.
    pub cost: u32,
}

/// An application to be.
#[derive(Debug, Clone)]
pub struct AppPlan {
    /// Its name.
    pub name: String,
    /// The host or router it runs on.
    pub on: NodeId,
    /// When the process starts.
    pub start: Time,
    /// When it is killed, if ever.
    pub stop: Option<Time>,
    /// The codepoint of what it sends.
    pub dscp: Dscp,
    /// What it does. Its targets have their addresses.
    pub spec: AppSpec,
}

/// A timed change.
#[derive(Debug, Clone)]
pub struct Change {
    /// When.
    pub at: Time,
    /// What.
    pub what: ChangeKind,
}

/// What changes.
#[derive(Debug, Clone)]
pub enum ChangeKind {
    /// One direction of a link gets new settings.
    Channel(ChannelId, Box<link::Config>),
    /// A link gets another cost.
    Cost(LinkId, u32),
    /// An application gets new settings of its own kind.
    App(AppId, Box<AppSpec>),
    /// A host or router gets new settings.
    Ip(NodeId, Box<IpConfig>),
    /// A switch gets new settings.
    Switch(NodeId, SwitchConfig),
}

/// How routes are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoutingPlan {
    /// Whether shortest paths are computed; otherwise only connected and static routes exist.
    pub computed: bool,
    /// From a change of a link to the new routes.
    pub convergence: Time,
}

impl Default for RoutingPlan {
    fn default() -> Self {
        Self { computed: true, convergence: Time::from_secs(1) }
    }
}
