//! `portolan sockets`: the sockets of hosts at a time, as `ss` shows them.

use super::args::SocketsArgs;
use super::failure::Failure;
use super::route::node_named;
use super::{source, terminal};
use crate::id::NodeId;
use crate::report::tables::{self, Look};
use crate::run;
use crate::scenario::Scenario;
use crate::sim::Simulation;
use crate::units::Time;

pub(super) fn sockets(args: &SocketsArgs, quiet: bool) -> Result<(), Failure> {
    let scenario = source::load(&args.scenario, &[])?;
    let at: Time = args.at.parse().map_err(|error| Failure::BadInput(format!("--at: {error}")))?;
    let nodes = nodes(&scenario, args.host.as_deref())?;
    if at > scenario.duration && !quiet {
        let end = scenario.duration;
        terminal::note(&format!("--at {at} is after the end of the scenario, {end}"));
    }
    let mut simulation = Simulation::new(scenario.plan.clone());
    run::simulate(&mut simulation, at, &mut |_| true);
    let hosts: Vec<_> = nodes
        .into_iter()
        .map(|node| (scenario.plan.nodes[node.index()].name.as_str(), simulation.sockets(node)))
        .filter(|(_, rows)| args.host.is_some() || !rows.is_empty())
        .collect();
    let look = Look { colour: terminal::stdout_has_colour(), ..Look::default() };
    match hosts.is_empty() {
        true => super::print(&format!("no host has a socket at {at}\n")),
        false => super::print(&tables::sockets(&hosts, args.internals, &look)),
    }
}

/// The node that is asked for, or all that can have sockets.
fn nodes(scenario: &Scenario, host: Option<&str>) -> Result<Vec<NodeId>, Failure> {
    let Some(host) = host else {
        let all = scenario.plan.nodes.iter().enumerate().filter(|(_, node)| node.kind.is_ip());
        return Ok(all.map(|(index, _)| NodeId::from_index(index)).collect());
    };
    let node = node_named(scenario, host)?;
    if !scenario.plan.nodes[node.index()].kind.is_ip() {
        let why = format!("`{host}` has no sockets: it is a switch or hub");
        return Err(Failure::BadInput(why));
    }
    Ok(vec![node])
}
