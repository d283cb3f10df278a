//! The simulation: owns the world and drives it.
//!
//! - [`Plan`] (`plan`): a network to be; `address` and `wiring` complete it, `hubs` refuses what
//!   hubs cannot do;
//! - `build`: from the plan to nodes, channels and processes, with their routes;
//! - `event`, `dispatch`: everything that can come up, and the one match over it;
//! - `traffic`: packets onto links and off them; `buffers`: memory that queues share;
//! - `change`: timed changes and what follows from them; [`path`]: where a packet would go, nothing sent;
//! - `gauge`, `connections`, `sockets`, `results`: what can be read off, while it runs and at the end.

pub mod address;
mod buffers;
mod build;
mod change;
mod connections;
mod dispatch;
mod event;
mod gauge;
pub mod hubs;
pub mod path;
mod plan;
mod results;
mod routes;
mod sockets;
mod traffic;
pub mod wiring;

pub use connections::{ConnectionValue, End, state_number};
pub use gauge::Gauge;
pub use plan::{AppPlan, Change, ChangeKind, LinkPlan, NodeKind, NodePlan, Plan, RoutingPlan};

use crate::id::{ChannelId, InterfaceId, NodeId};
use crate::link::{Channel, Medium};
use crate::node::hub::Hub;
use crate::node::switch::Switch;
use crate::node::{Cx, IpNode};
use crate::observe::results::Summary;
use crate::observe::{Interest, Observer};
use crate::units::Time;
use connections::Directory;
use event::Agenda;
use gauge::Readings;

/// A network that runs.
#[derive(Debug)]
pub struct Simulation {
    plan: Plan,
    events: Agenda,
    handled: u64,
    /// From when on the results are.
    since: Time,
    cx: Cx,
    nodes: Vec<Node>,
    /// By [`ChannelId`]: two for each link.
    wires: Vec<Wire>,
    media: Vec<Medium>,
    /// Memory that queues of a node share.
    pools: Vec<buffers::Pool>,
    /// By application: its node, and its place among that node's processes.
    places: Vec<(NodeId, usize)>,
    wiring: wiring::Wiring,
    readings: Readings,
    directory: Directory,
    known: routes::Known,
    looks: Looks,
}

/// The results at certain times, for those who want to know how a run came to them.
#[derive(Debug, Default)]
struct Looks {
    /// When, the next one last.
    due: Vec<Time>,
    seen: Vec<Summary>,
}

/// A node of any kind.
#[derive(Debug)]
enum Node {
    Ip(Box<IpNode>),
    Switch(Box<Switch>),
    Hub(Hub),
}

/// One direction of a link with what is at its far end.
#[derive(Debug)]
#[repr(C)]
struct Wire {
    channel: Channel,
    to: (NodeId, InterfaceId),
    /// The shared medium of hubs that it is part of.
    medium: Option<u32>,
    /// The part of its queue in the shared memory of its node.
    share: Option<buffers::Share>,
}

impl Simulation {
    /// Runs until `end`, events at that instant included, and tells `observer` what happens.
    pub fn run_until(&mut self, end: Time, observer: &mut dyn Observer) {
        while let Some(look) = self.looks.due.pop_if(|look| *look <= end) {
            self.advance(look, observer);
            self.looks.seen.push(self.summary());
        }
        self.advance(end, observer);
    }

    fn advance(&mut self, end: Time, observer: &mut dyn Observer) {
        let interest = observer.interest();
        let watches = interest >= Interest::Wire;
        if watches != (self.cx.interest >= Interest::Wire) {
            self.watch(watches);
        }
        self.cx.interest = interest;
        while let Some((now, event)) = self.events.pop_until(end) {
            self.cx.now = now;
            self.handled += 1;
            self.dispatch(event);
            if !self.cx.observed.is_empty() {
                for (at, what) in &self.cx.observed {
                    observer.observe(*at, what);
                }
                self.cx.observed.clear();
            }
        }
        self.cx.now = self.cx.now.max(end);
        if !watches {
            self.catch_up();
        }
    }

    /// Keeps the results at these times, which lie ahead, as the run passes them.
    pub fn look_at(&mut self, mut times: Vec<Time>) {
        times.sort_unstable_by(|a, b| b.cmp(a));
        self.looks = Looks { due: times, seen: Vec::new() };
    }

    /// The results at the times that have been passed of those of [`Simulation::look_at`].
    #[must_use]
    pub fn looks(&self) -> &[Summary] {
        &self.looks.seen
    }

    /// Handles all events of the next instant at which there is one, if that is `end` or before.
    /// True if there was one.
    pub fn step(&mut self, end: Time, observer: &mut dyn Observer) -> bool {
        match self.events.peek_time() {
            Some(next) if next <= end => {
                self.run_until(next, observer);
                true
            }
            _ => {
                self.cx.now = self.cx.now.max(end);
                false
            }
        }
    }

    /// The time now.
    #[must_use]
    pub const fn now(&self) -> Time {
        self.cx.now
    }

    /// Packets that exist: on links, in queues, waiting for ARP, or on their way from a node to itself.
    #[must_use]
    pub fn packets_alive(&self) -> usize {
        self.cx.packets.len()
    }

    /// The plan that it was built from.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The DNS name with this place in the run's list of names.
    #[must_use]
    pub fn dns_name(&self, place: u32) -> Option<&str> {
        self.cx.names.get_index(place as usize).map(String::as_str)
    }

    /// The wiring of its interfaces.
    #[must_use]
    pub const fn wiring(&self) -> &wiring::Wiring {
        &self.wiring
    }

    /// A host or router, to look at its tables.
    #[must_use]
    pub fn ip_node(&self, node: NodeId) -> Option<&IpNode> {
        match self.nodes.get(node.index())? {
            Node::Ip(ip) => Some(ip),
            Node::Switch(_) | Node::Hub(_) => None,
        }
    }

    /// A switch, to look at its tables.
    #[must_use]
    pub fn switch(&self, node: NodeId) -> Option<&Switch> {
        match self.nodes.get(node.index())? {
            Node::Switch(switch) => Some(switch),
            Node::Ip(_) | Node::Hub(_) => None,
        }
    }

    fn wire(&mut self, channel: ChannelId) -> &mut Wire {
        &mut self.wires[channel.index()]
    }
}
