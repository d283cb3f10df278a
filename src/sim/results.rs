//! The results of a run, as far as the simulation knows them.

use indexmap::IndexMap;

use super::{Node, Simulation};
use crate::id::{ChannelId, LinkId};
use crate::observe::FlowStats;
use crate::observe::results::{Channel, Engine, Flow, Holding, Host, Port, Summary};

impl Simulation {
    /// The results until now. Name, title and expectations are left to the scenario.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary {
            scenario: String::new(),
            title: String::new(),
            seed: self.plan.seed,
            simulated_seconds: self.now().saturating_sub(self.since).as_secs_f64(),
            engine: Engine { events: self.handled, hops: self.hops() },
            links: self.link_results(),
            ports: self.port_results(),
            hosts: self.host_results(),
            buffers: self.buffer_results(),
            flows: self.flow_results(),
            theory: Vec::new(),
            expectations: Vec::new(),
            timing: None,
        }
    }

    /// The results are from now on: what the network did to come into its stride is left out. Times at
    /// which something was done (a handshake, the end of a transfer) stay, and so does what
    /// applications tell in words. Series that are being recorded would jump.
    pub fn restart_counts(&mut self) {
        let now = self.now();
        self.since = now;
        self.handled = 0;
        for wire in &mut self.wires {
            wire.channel.restart_counts(now);
        }
        for pool in &mut self.pools {
            pool.restart_counts(now);
        }
        for node in &mut self.nodes {
            if let Node::Ip(ip) = node {
                ip.stack.restart_counts(now);
            }
        }
        for flow in &mut self.cx.flows {
            flow.restart_counts(now);
        }
    }

    /// Link transmissions completed until now.
    #[must_use]
    pub fn hops(&self) -> u64 {
        self.wires.iter().map(|wire| wire.channel.packets_sent(self.now())).sum()
    }

    fn link_results(&self) -> IndexMap<String, IndexMap<String, Channel>> {
        let direction = |index: usize, forward: bool| {
            let link = &self.plan.links[index];
            let [a, b] = link.ends.map(|end| &self.plan.nodes[end.index()].name);
            let name = if forward { format!("{a}->{b}") } else { format!("{b}->{a}") };
            let id = ChannelId::of(LinkId::from_index(index), forward);
            (name, self.wires[id.index()].channel.results(self.now()))
        };
        let link = |index: usize| {
            let directions = [direction(index, true), direction(index, false)];
            (self.plan.links[index].name.clone(), IndexMap::from(directions))
        };
        (0..self.plan.links.len()).map(link).collect()
    }

    fn port_results(&self) -> IndexMap<String, Port> {
        let mut ports: IndexMap<String, Vec<Holding>> = IndexMap::new();
        for (plan, node) in self.plan.nodes.iter().zip(&self.nodes) {
            let Node::Ip(ip) = node else { continue };
            for reading in ip.stack.ports(self.now()) {
                let name = format!("{}:{}/{}", plan.name, reading.port, reading.protocol);
                let process = self.plan.apps[reading.owner.index()].name.clone();
                let counted = Port { process, ..reading.results };
                let (from, to) = reading.held;
                ports.entry(name).or_default().push(Holding { counted, from, to });
            }
        }
        ports.into_iter().map(|(name, holdings)| (name, Port::of(holdings))).collect()
    }

    fn host_results(&self) -> IndexMap<String, Host> {
        let all = self.plan.nodes.iter().zip(&self.nodes);
        all.filter_map(|(plan, node)| match node {
            Node::Ip(ip) => Some((plan.name.clone(), ip.stack.counters())),
            Node::Switch(_) | Node::Hub(_) => None,
        })
        .collect()
    }

    fn flow_results(&self) -> IndexMap<String, Flow> {
        let all = self.plan.apps.iter().zip(&self.cx.flows);
        all.zip(&self.places)
            .filter_map(|((app, flow), &(node, place))| {
                let from = &self.plan.nodes[app.on.index()].name;
                let mut result = self.flow_result(flow, from)?;
                let found_out = self.ip_node(node).map(|ip| ip.details(place));
                result.details.extend(found_out.into_iter().flatten());
                Some((app.name.clone(), result))
            })
            .collect()
    }

    /// A flow's results, if the application speaks to somebody, has failed to, or has a tale to tell.
    fn flow_result(&self, flow: &FlowStats, from: &str) -> Option<Flow> {
        let (protocol, to) = match &flow.peer {
            Some((protocol, to)) => (protocol.to_string(), to.clone()),
            None if flow.end_state.is_none() && flow.details.is_empty() => return None,
            None => (String::new(), String::new()),
        };
        let counts = flow.counts();
        Some(Flow {
            protocol,
            from: from.to_owned(),
            to,
            packets_sent: counts.packets_sent,
            packets_delivered: counts.packets_delivered,
            bytes_delivered: counts.bytes_delivered,
            goodput_bps: flow.goodput_bps(self.now()),
            handshake_seconds: flow.handshake.map(|span| span.as_secs_f64()),
            retransmits: counts.retransmits,
            timeouts: counts.timeouts,
            min_rtt_seconds: flow.rtt.min.map(|rtt| rtt.as_secs_f64()),
            mean_rtt_seconds: flow.rtt.mean_seconds(),
            mean_delay_seconds: flow.delay.mean_seconds(),
            responses: flow.responses.count(),
            mean_response_seconds: flow.responses.mean_seconds(),
            p95_response_seconds: flow.responses.quantile_seconds(0.95),
            reordered: counts.reordered,
            duplicates: counts.duplicates,
            errors: counts.errors,
            completed_seconds: flow.completed.map(|at| at.as_secs_f64()),
            end_state: flow.end_state.or(flow.state).unwrap_or("open").to_owned(),
            details: flow.details.clone(),
        })
    }
}
