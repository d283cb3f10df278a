//! `portolan route`: addresses, routing tables, ARP and MAC tables, and the path of a packet.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use super::args::RouteArgs;
use super::failure::Failure;
use super::source;
use crate::id::{InterfaceId, NodeId};
use crate::node::IpNode;
use crate::node::switch::Switch;
use crate::report::human;
use crate::run::{self, Nobody};
use crate::scenario::Scenario;
use crate::scenario::words;
use crate::sim::{Simulation, path};
use crate::units::Time;

pub(super) fn route(args: &RouteArgs) -> Result<(), Failure> {
    let scenario = source::load(&args.scenario, &[])?;
    let at: Time = args.at.parse().map_err(|error| Failure::BadInput(format!("--at: {error}")))?;
    let mut simulation = Simulation::new(scenario.plan.clone());
    if !at.is_zero() {
        run::simulate(&mut simulation, at, &mut |_| true);
    } else {
        simulation.run_until(at, &mut Nobody);
    }
    let text = match (&args.from, &args.to) {
        (Some(from), Some(to)) => journey(&scenario, &simulation, from, to)?,
        _ => tables(&scenario, &simulation),
    };
    super::print(&text)
}

/// Every node with its addresses and tables.
fn tables(scenario: &Scenario, simulation: &Simulation) -> String {
    let mut text = String::new();
    for (index, node) in scenario.plan.nodes.iter().enumerate() {
        let id = NodeId::from_index(index);
        if let Some(ip) = simulation.ip_node(id) {
            let _ = writeln!(text, "{}", node.name);
            ip_tables(&mut text, scenario, simulation, id, ip);
        } else if let Some(switch) = simulation.switch(id) {
            let _ = writeln!(text, "{} (switch)", node.name);
            switch_tables(&mut text, simulation.now(), switch);
        } else {
            let _ = writeln!(text, "{} (hub: repeats everything, knows nothing)", node.name);
        }
        text.push('\n');
    }
    text
}

fn ip_tables(
    text: &mut String,
    scenario: &Scenario,
    simulation: &Simulation,
    id: NodeId,
    node: &IpNode,
) {
    for (plug, interface) in
        simulation.wiring().plugs[id.index()].iter().zip(node.stack.interfaces())
    {
        let peer = &scenario.plan.nodes[plug.peer.0.index()].name;
        let address = interface.address.map_or_else(|| "-".into(), |net| net.to_string());
        let state = if interface.up { "" } else { "  down" };
        let name = interface_name(plug.interface);
        let _ = writeln!(text, "  {name:<7} {address:<18} {}  to {peer}{state}", interface.mac);
    }
    for route in node.stack.routes().iter() {
        for (line, part) in route.to_string().lines().enumerate() {
            let _ = writeln!(text, "  {:<7} {part}", if line == 0 { "route" } else { "" });
        }
    }
    for neighbor in node.stack.neighbors().table(simulation.now()) {
        let mac = neighbor.mac.map_or_else(|| "?".into(), |mac| mac.to_string());
        let state = format!("{:?}", neighbor.state).to_uppercase();
        let on = interface_name(neighbor.interface);
        let _ = writeln!(text, "  {:<7} {} dev {on} lladdr {mac} {state}", "arp", neighbor.ip);
    }
}

fn switch_tables(text: &mut String, now: Time, switch: &Switch) {
    if let Some(bridge) = switch.bridge() {
        let root = if bridge.is_root() { " (this switch)" } else { "" };
        let (priority, mac) = (bridge.root().priority, bridge.root().mac);
        let _ =
            writeln!(text, "  root    {priority}.{mac}{root}, cost {}", bridge.root_path_cost());
        for index in 0..switch.interfaces().len() {
            let id = InterfaceId::from_index(index);
            let (role, state) = (bridge.role(id), bridge.state(id));
            let _ = writeln!(text, "  {:<7} {role:?}, {state:?}", interface_name(id));
        }
    }
    for learned in switch.table().entries(now) {
        let on = interface_name(learned.interface);
        let age = human::time(learned.age.as_secs_f64());
        let _ = writeln!(text, "  {:<7} {} age {age}", on, learned.mac);
    }
}

/// The path of a packet, node by node.
fn journey(
    scenario: &Scenario,
    simulation: &Simulation,
    from: &str,
    to: &str,
) -> Result<String, Failure> {
    let start = node_named(scenario, from)?;
    if simulation.ip_node(start).is_none() {
        return Err(Failure::BadInput(format!(
            "`{from}` sends no packets of its own: it is a switch or hub"
        )));
    }
    let (address, title) = match to.parse::<Ipv4Addr>() {
        Ok(address) => (address, format!("{from} to {address}\n")),
        Err(_) => {
            let address = address_of(scenario, to)?;
            (address, format!("{from} to {to} ({address})\n"))
        }
    };
    let path = path::trace(simulation, start, address);
    Ok(title + &in_words(&path, address, scenario))
}

/// The first address of a node.
fn address_of(scenario: &Scenario, name: &str) -> Result<Ipv4Addr, Failure> {
    let node = node_named(scenario, name)?;
    let first = scenario.plan.nodes[node.index()].addresses.first();
    first
        .map(|(_, address)| address.addr())
        .ok_or_else(|| Failure::BadInput(format!("`{name}` has no address: it is a switch or hub")))
}

/// A path, hop by hop, and how it ends.
fn in_words(path: &path::Path, address: Ipv4Addr, scenario: &Scenario) -> String {
    let name = |node: NodeId| scenario.plan.nodes[node.index()].name.as_str();
    let mut text = String::new();
    for (number, hop) in path.hops.iter().enumerate() {
        let choice = match hop.alternatives {
            0 | 1 => String::new(),
            several => format!("  (one of {several} equal paths)"),
        };
        let _ = writeln!(
            text,
            "{:>3}  {} {} -> {} {}{choice}",
            number + 1,
            name(hop.node),
            interface_name(hop.out),
            name(hop.next),
            hop.address,
        );
    }
    let _ = match path.end {
        path::End::Arrived => writeln!(text, "     arrived"),
        path::End::NoRoute(node) => writeln!(text, "     {} has no route to {address}", name(node)),
        path::End::Down(node, out) => {
            writeln!(text, "     {} of {} is down", interface_name(out), name(node))
        }
        path::End::NobodyThere(node) => {
            writeln!(text, "     nobody answers to the next address beyond {}", name(node))
        }
        path::End::Loop => writeln!(text, "     the path runs in circles"),
    };
    text
}

/// The node of this name, or which may have been meant.
pub(super) fn node_named(scenario: &Scenario, name: &str) -> Result<NodeId, Failure> {
    let found = scenario.plan.nodes.iter().position(|node| node.name == name);
    found.map(NodeId::from_index).ok_or_else(|| {
        let known = scenario.plan.nodes.iter().map(|node| node.name.as_str());
        let hint = words::suggestion(name, "nodes", known);
        Failure::BadInput(format!("no node `{name}` in the scenario; {hint}"))
    })
}

fn interface_name(id: InterfaceId) -> String {
    format!("eth{}", id.0)
}
