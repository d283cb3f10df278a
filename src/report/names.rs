//! The names of a network's parts, as traces, captures and diagrams show them.

use crate::id::{ChannelId, FlowId, InterfaceId, NodeId};
use crate::observe::Place;
use crate::packet::ipv4::Protocol;
use crate::sim::Simulation;

/// An interface of a node.
pub type Plug = (NodeId, InterfaceId);

/// The names of nodes, interfaces, directions of links, conversations and places.
#[derive(Debug, Clone, Default)]
pub struct Names {
    nodes: Vec<String>,
    /// By channel: who sends, and who receives.
    ends: Vec<[Plug; 2]>,
    flows: Vec<String>,
}

impl Names {
    /// Those of a simulation's network.
    #[must_use]
    pub fn of(simulation: &Simulation) -> Self {
        let plan = simulation.plan();
        let interfaces = &simulation.wiring().ends;
        let both_ways = plan.links.iter().zip(interfaces).flat_map(|(link, interfaces)| {
            let [a, b] = [0, 1].map(|end| (link.ends[end], interfaces[end]));
            [[a, b], [b, a]]
        });
        Self {
            nodes: plan.nodes.iter().map(|node| node.name.clone()).collect(),
            ends: both_ways.collect(),
            flows: plan.apps.iter().map(|app| app.name.clone()).collect(),
        }
    }

    /// A node: `bob`.
    #[must_use]
    pub fn node(&self, node: NodeId) -> &str {
        &self.nodes[node.index()]
    }

    /// An interface: `bob:eth0`.
    #[must_use]
    pub fn interface(&self, (node, interface): Plug) -> String {
        format!("{}:eth{}", self.node(node), interface.index())
    }

    /// Which interface sends in a direction of a link.
    #[must_use]
    pub fn sender(&self, channel: ChannelId) -> Plug {
        self.ends[channel.index()][0]
    }

    /// Which interface receives in a direction of a link.
    #[must_use]
    pub fn receiver(&self, channel: ChannelId) -> Plug {
        self.ends[channel.index()][1]
    }

    /// A direction of a link: `r1->bob`.
    #[must_use]
    pub fn direction(&self, channel: ChannelId) -> String {
        let [from, to] = self.ends[channel.index()].map(|(node, _)| self.node(node));
        format!("{from}->{to}")
    }

    /// A conversation: the name of the application that started it.
    #[must_use]
    pub fn flow(&self, flow: FlowId) -> &str {
        &self.flows[flow.index()]
    }

    /// Where something happened: `r1->bob`, `bob` or `bob:53/udp`.
    #[must_use]
    pub fn place(&self, place: Place) -> String {
        match place {
            Place::Channel(channel) => self.direction(channel),
            Place::Node(node) => self.node(node).to_owned(),
            Place::Port { node, protocol, port } => self.port(node, protocol, port),
        }
    }

    /// A port: `bob:53/udp`.
    #[must_use]
    pub fn port(&self, node: NodeId, protocol: Protocol, port: u16) -> String {
        format!("{}:{port}/{protocol}", self.node(node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::LinkId;
    use crate::scenario::{Options, builtin};

    #[test]
    fn parts_have_the_names_that_scenarios_give_them() {
        let hello = builtin::find("hello").expect("a scenario that ships");
        let scenario = hello.load(&Options::default()).expect("no faults");
        let simulation = Simulation::new(scenario.plan);
        let names = Names::of(&simulation);
        let there = ChannelId::of(LinkId(0), true);
        let [a, b] = simulation.plan().links[0].ends;
        assert_eq!(names.direction(there), format!("{}->{}", names.node(a), names.node(b)));
        assert_eq!(names.sender(there), names.receiver(there.reverse()));
        assert_eq!(names.interface(names.sender(there)), format!("{}:eth0", names.node(a)));
        let port = Place::Port { node: b, protocol: Protocol::Udp, port: 53 };
        assert_eq!(names.place(port), format!("{}:53/udp", names.node(b)));
        assert_eq!(names.place(Place::Channel(there)), names.direction(there));
        assert_eq!(names.flow(FlowId(0)), simulation.plan().apps[0].name);
    }
}
