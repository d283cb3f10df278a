//! Which series to record.

mod tcp;

use crate::id::{ChannelId, FlowId, LinkId, NodeId};
use crate::observe::Place;
use crate::packet::ipv4::Protocol;
use crate::report::series::{SeriesKind, SeriesSpec};
use crate::scenario::{Every, Scenario, Series};
use crate::sim::{Gauge, Plan};
use crate::units::Limit;

/// What to record, and how often.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// The series.
    pub series: Vec<Series>,
    /// How often; some thousand times a run unless said.
    pub every: Option<Every>,
}

/// In networks with more links than this nothing is recorded unless asked for.
const SMALL: usize = 32;

impl Choice {
    /// What the scenario asks for; if it asks for nothing, the queues of a small network, its ports
    /// and its connections.
    #[must_use]
    pub fn default_of(scenario: &Scenario) -> Self {
        let every = scenario.record.every;
        if !scenario.record.series.is_empty() {
            return Self { series: scenario.record.series.clone(), every };
        }
        let plan = &scenario.plan;
        let mut series = Vec::new();
        if plan.links.len() <= SMALL {
            series.extend(channels(plan, "queue", Gauge::QueuePackets));
        }
        if plan.apps.len() <= SMALL {
            series.extend(ports(plan));
            series.extend(tcp::listen_queues(plan));
            series.extend(tcp::connections(plan, false));
        }
        Self { series, every }
    }

    /// Everything that can be recorded.
    #[must_use]
    pub fn all_of(scenario: &Scenario) -> Self {
        let plan = &scenario.plan;
        let series = channels(plan, "queue", Gauge::QueuePackets)
            .chain(channels(plan, "throughput", Gauge::Throughput))
            .chain(channels(plan, "utilization", Gauge::Utilization))
            .chain(channels(plan, "drops", Gauge::ChannelDrops))
            .chain(ports(plan))
            .chain(tcp::listen_queues(plan))
            .chain(tcp::connections(plan, true))
            .chain((0..plan.apps.len()).map(|index| throughput(plan, index)))
            .collect();
        Self { series, every: scenario.record.every }
    }
}

fn channels(
    plan: &Plan,
    what: &'static str,
    gauge: fn(ChannelId) -> Gauge,
) -> impl Iterator<Item = Series> {
    let name = move |link: usize, forward: bool| {
        let id = ChannelId::of(LinkId::from_index(link), forward);
        let path = format!("links.{}.{}.{what}", plan.links[link].name, direction(plan, id, "->"));
        Series { path, gauge: gauge(id) }
    };
    (0..plan.links.len()).flat_map(move |link| [name(link, true), name(link, false)])
}

/// What the receivers of a conversation read.
fn throughput(plan: &Plan, app: usize) -> Series {
    let path = format!("flows.{}.throughput", plan.apps[app].name);
    Series { path, gauge: Gauge::FlowThroughput(FlowId::from_index(app)) }
}

/// The receive buffers of ports that applications say they will bind. A TCP port has none of its own:
/// connections wait there, in its listen queues.
fn ports(plan: &Plan) -> impl Iterator<Item = Series> {
    plan.apps.iter().filter_map(|app| {
        let (protocol, port) = app.spec.config().listens()?;
        if protocol == Protocol::Tcp {
            return None;
        }
        let node: NodeId = app.on;
        let host = &plan.nodes[node.index()].name;
        Some(Series {
            path: format!("ports.{host}:{port}/{protocol}.depth-packets"),
            gauge: Gauge::PortDepthPackets { node, protocol, port },
        })
    })
}

fn direction(plan: &Plan, id: ChannelId, arrow: &str) -> String {
    let [a, b] = plan.links[id.link().index()].ends.map(|end| &plan.nodes[end.index()].name);
    if id.is_forward() { format!("{a}{arrow}{b}") } else { format!("{b}{arrow}{a}") }
}

/// Where a listener drops what it has no room for.
const fn listener(node: NodeId, port: u16) -> Place {
    Place::Port { node, protocol: Protocol::Tcp, port }
}

/// How a series is shown in plots.
#[must_use]
pub fn spec(plan: &Plan, series: &Series) -> SeriesSpec {
    let port_label = |node: NodeId, port: u16| format!("{}:{port}", plan.nodes[node.index()].name);
    let (label, kind, limit, place) = match series.gauge {
        Gauge::QueuePackets(id) | Gauge::QueueBytes(id) => {
            let packets = matches!(series.gauge, Gauge::QueuePackets(_));
            let kind = if packets { SeriesKind::QueuePackets } else { SeriesKind::QueueBytes };
            let limit = queue_limit(plan, id).and_then(|limit| match (limit, packets) {
                (Limit::Packets(limit), true) => Some(limit as f64),
                (Limit::Bytes(limit), false) => Some(limit.get() as f64),
                _ => None,
            });
            (direction(plan, id, " → "), kind, limit, Some(Place::Channel(id)))
        }
        Gauge::PortDepthBytes { node, protocol, port } => {
            let place = Place::Port { node, protocol, port };
            (port_label(node, port), SeriesKind::PortBytes, None, Some(place))
        }
        Gauge::PortDepthPackets { node, protocol: Protocol::Tcp, port }
        | Gauge::AcceptQueue { node, port } => {
            let label = format!("{} accept queue", port_label(node, port));
            (label, SeriesKind::AcceptQueue, None, Some(listener(node, port)))
        }
        Gauge::PortDepthPackets { node, protocol, port } => {
            let place = Place::Port { node, protocol, port };
            (port_label(node, port), SeriesKind::PortPackets, None, Some(place))
        }
        Gauge::SynQueue { node, port } => {
            let label = format!("{} SYN queue", port_label(node, port));
            (label, SeriesKind::SynQueue, None, Some(listener(node, port)))
        }
        Gauge::FlowThroughput(flow) => {
            let name = plan.apps[flow.index()].name.clone();
            (name, SeriesKind::FlowThroughput, None, None)
        }
        Gauge::Throughput(id) => {
            (direction(plan, id, " → "), SeriesKind::LinkThroughput, None, None)
        }
        Gauge::Connection { app, end, value } => {
            let (label, kind) = tcp::shown(plan, app, end, value);
            (label, kind, None, None)
        }
        _ => (series.path.clone(), SeriesKind::Other, None, None),
    };
    SeriesSpec { path: series.path.clone(), label, kind, limit, place }
}

fn queue_limit(plan: &Plan, id: ChannelId) -> Option<Limit> {
    let config = &plan.links[id.link().index()].directions[usize::from(!id.is_forward())];
    config.queue.config().limit()
}
