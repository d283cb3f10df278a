//! From a plan to a network that can run.

use super::connections::Directory;
use super::event::{Agenda, Event};
use super::gauge::Readings;
use super::plan::{ChangeKind, NodeKind, Plan};
use super::routes::Known;
use super::wiring::{Plug, Wiring};
use super::{Node, Simulation, Wire};
use crate::id::{AppId, ChannelId, LinkId, NodeId};
use crate::link::{Channel, Framing, Medium};
use crate::node::hub::Hub;
use crate::node::spanning_tree::{InterfaceConfig, path_cost};
use crate::node::stack::Stack;
use crate::node::switch::Switch;
use crate::node::{Cx, Interface, IpNode};
use crate::observe::FlowStats;
use crate::packet::ethernet::Mac;
use crate::rng::Stream;
use crate::units::Time;

impl Simulation {
    /// Builds the network of `plan`, whose addresses have been assigned.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        let wiring = Wiring::of(&plan);
        let nodes = nodes(&plan, &wiring);
        let wires = wires(&plan, &wiring);
        let flows = plan.apps.iter().map(|app| FlowStats::starting(app.start)).collect();
        let mut simulation = Self {
            events: Agenda::default(),
            handled: 0,
            since: Time::ZERO,
            cx: Cx::new(flows),
            nodes,
            readings: Readings::default(),
            directory: Directory::of(&plan),
            known: Known::of(&plan),
            looks: super::Looks::default(),
            places: Vec::with_capacity(plan.apps.len()),
            media: (0..wiring.media).map(|_| Medium::default()).collect(),
            pools: Vec::new(),
            wires,
            wiring,
            plan,
        };
        simulation.install_apps();
        simulation.share_buffers();
        simulation.number_dns_names();
        if simulation.plan.routing.computed {
            simulation.reroute();
        }
        simulation.schedule();
        simulation
    }

    fn install_apps(&mut self) {
        for (index, app) in self.plan.apps.iter().enumerate() {
            let Node::Ip(node) = &mut self.nodes[app.on.index()] else {
                unreachable!("the scenario puts applications on hosts and routers only");
            };
            let dice = Stream::new(self.plan.seed, &format!("apps.{}", app.name));
            let process = app.spec.config().build();
            let place = node.install(AppId::from_index(index), process, dice);
            node.stack.set_dscp(AppId::from_index(index), app.dscp);
            self.places.push((app.on, place));
        }
    }

    fn share_buffers(&mut self) {
        for index in 0..self.plan.nodes.len() {
            let settings = match &self.plan.nodes[index].kind {
                NodeKind::Host(config) | NodeKind::Router(config) => config.buffer,
                NodeKind::Switch(config) => config.buffer,
                NodeKind::Hub => None,
            };
            self.set_buffer(NodeId::from_index(index), settings);
        }
    }

    /// Names that messages may carry have their numbers before the first message.
    fn number_dns_names(&mut self) {
        let later = self.plan.changes.iter().filter_map(|change| match &change.what {
            ChangeKind::App(_, spec) => Some(&**spec),
            _ => None,
        });
        for spec in self.plan.apps.iter().map(|app| &app.spec).chain(later) {
            self.cx.names.extend(spec.config().dns_names());
        }
    }

    /// What will happen. Of events at one instant those scheduled first come first: changes before
    /// processes, so that what starts then finds them made.
    fn schedule(&mut self) {
        for (index, node) in self.nodes.iter().enumerate() {
            if matches!(node, Node::Switch(_)) {
                self.events.push(Time::ZERO, Event::SwitchOn(NodeId::from_index(index)));
            }
        }
        let mut order: Vec<usize> = (0..self.plan.changes.len()).collect();
        order.sort_by_key(|&index| self.plan.changes[index].at);
        for index in order {
            let number = u32::try_from(index).expect("a scenario has fewer than 2^32 changes");
            self.events.push(self.plan.changes[index].at, Event::Change(number));
        }
        for (index, app) in self.plan.apps.iter().enumerate() {
            let id = AppId::from_index(index);
            self.events.push(app.start, Event::AppStart(id));
            if let Some(stop) = app.stop {
                self.events.push(stop, Event::AppStop(id));
            }
        }
    }
}

fn nodes(plan: &Plan, wiring: &Wiring) -> Vec<Node> {
    let first_numbers: Vec<u32> = wiring
        .plugs
        .iter()
        .scan(0, |next, plugs| {
            let first = *next;
            *next += plugs.len() as u32;
            Some(first)
        })
        .collect();
    let mac = |node: NodeId, interface: usize| {
        Mac::numbered(first_numbers[node.index()] + interface as u32)
    };
    let build = |(index, node): (usize, &super::NodePlan)| {
        let id = NodeId::from_index(index);
        let plugs = &wiring.plugs[index];
        let interfaces: Vec<Interface> =
            plugs.iter().map(|plug| interface(plan, plug, &mac)).collect();
        match &node.kind {
            NodeKind::Host(config) | NodeKind::Router(config) => {
                let forwards = matches!(node.kind, NodeKind::Router(_));
                let dice = Stream::new(plan.seed, &format!("nodes.{}", node.name));
                let stack = Stack::new(id, forwards, config.clone(), interfaces, dice);
                Node::Ip(Box::new(IpNode::new(stack)))
            }
            NodeKind::Switch(config) => {
                let tree = |plug: &Plug| InterfaceConfig {
                    cost: path_cost(direction(plan, plug.out).rate),
                    edge: plan.nodes[plug.peer.0.index()].kind.is_ip(),
                    up: direction(plan, plug.out).up,
                };
                let tree: Vec<InterfaceConfig> = plugs.iter().map(tree).collect();
                let switch = Switch::new(id, config.clone(), interfaces, mac(id, 0), &tree);
                Node::Switch(Box::new(switch))
            }
            NodeKind::Hub => Node::Hub(Hub::new(interfaces)),
        }
    };
    plan.nodes.iter().enumerate().map(build).collect()
}

fn direction(plan: &Plan, channel: ChannelId) -> &crate::link::Config {
    &plan.links[channel.link().index()].directions[usize::from(!channel.is_forward())]
}

fn interface(plan: &Plan, plug: &Plug, mac: &impl Fn(NodeId, usize) -> Mac) -> Interface {
    let config = direction(plan, plug.out);
    let node = &plan.nodes[plug.node.index()];
    let (peer, peer_interface) = plug.peer;
    // Only Ethernet has addresses to resolve; and only it can have more than one station.
    let is_point_to_point = matches!(config.framing, Framing::PPP | Framing::NONE)
        && plan.nodes[peer.index()].kind.is_ip();
    Interface {
        out: plug.out,
        mac: mac(plug.node, plug.interface.index()),
        mtu: config.mtu,
        up: config.up,
        address: node
            .addresses
            .iter()
            .find(|(interface, _)| *interface == plug.interface)
            .map(|&(_, address)| address),
        peer: is_point_to_point.then(|| mac(peer, peer_interface.index())),
    }
}

fn wires(plan: &Plan, wiring: &Wiring) -> Vec<Wire> {
    let mut wires = Vec::with_capacity(plan.links.len() * 2);
    for (index, link) in plan.links.iter().enumerate() {
        for end in 0..2 {
            let id = ChannelId::of(LinkId::from_index(index), end == 0);
            let way = ["forward", "backward"][end];
            let dice = Stream::new(plan.seed, &format!("links.{}.{way}", link.name));
            let is_from_hub = matches!(plan.nodes[link.ends[end].index()].kind, NodeKind::Hub);
            let medium = if is_from_hub { None } else { wiring.medium_of[index] };
            let mut channel = Channel::new(direction(plan, id).clone(), dice);
            if medium.is_some() || is_from_hub {
                channel.share();
            }
            let to = (link.ends[1 - end], wiring.ends[index][1 - end]);
            wires.push(Wire { channel, to, medium, share: None });
        }
    }
    wires
}
