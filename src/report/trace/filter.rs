//! Who wants to see what of a run.

use super::event::{self, Detail};
use crate::id::{FlowId, NodeId};
use crate::observe::Observation;
use crate::packet::ipv4::Protocol;
use crate::report::names::Names;
use crate::units::Time;

/// What is shown: everything that passes all of these.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// What happens at these nodes; at all if there is none.
    pub nodes: Vec<NodeId>,
    /// What belongs to these conversations; to any or none if there is none.
    pub flows: Vec<FlowId>,
    /// What comes from or goes to these ports, of one protocol or of both; see
    /// [`Filter::shows`].
    pub ports: Vec<(Option<Protocol>, u16)>,
    /// What happens at this time or later.
    pub from: Time,
    /// How much of it.
    pub detail: Detail,
}

impl Filter {
    /// Whether to show what happened at `now`.
    ///
    /// A drop on a link happens at both of its ends. An ICMP error concerns the ports of the packet that
    /// it is about.
    #[must_use]
    pub fn shows(&self, now: Time, what: &Observation, names: &Names) -> bool {
        now >= self.from
            && Detail::of(what) <= self.detail
            && (self.nodes.is_empty() || {
                let at = event::nodes_of(what, names);
                at.iter().flatten().any(|node| self.nodes.contains(node))
            })
            && (self.flows.is_empty()
                || event::flow_of(what).is_some_and(|flow| self.flows.contains(&flow)))
            && (self.ports.is_empty()
                || self.ports.iter().any(|&(protocol, port)| event::concerns(what, protocol, port)))
    }
}
