//! What can be read off a running simulation at any moment, for time series.

use std::collections::BTreeMap;

use super::{ConnectionValue, End, Node, Simulation};
use crate::id::{AppId, ChannelId, FlowId, NodeId};
use crate::node::IpNode;
use crate::node::stack::{ListenQueues, PortDepth};
use crate::packet::ipv4::Protocol;
use crate::units::Time;

/// Something to read off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gauge {
    /// Packets waiting before one direction of a link.
    QueuePackets(ChannelId),
    /// Their bytes.
    QueueBytes(ChannelId),
    /// Bits sent in this direction since the last reading, per second.
    Throughput(ChannelId),
    /// Share of the time since the last reading in which this direction was sending.
    Utilization(ChannelId),
    /// Packets that ended here so far, whatever the cause.
    ChannelDrops(ChannelId),
    /// Data waiting in a port's receive buffer \[bytes\].
    PortDepthBytes {
        /// The node.
        node: NodeId,
        /// TCP or UDP.
        protocol: Protocol,
        /// The port.
        port: u16,
    },
    /// Datagrams waiting in a port's receive buffer.
    PortDepthPackets {
        /// The node.
        node: NodeId,
        /// TCP or UDP.
        protocol: Protocol,
        /// The port.
        port: u16,
    },
    /// Datagrams that found a port's receive buffer full so far.
    PortDrops {
        /// The node.
        node: NodeId,
        /// TCP or UDP.
        protocol: Protocol,
        /// The port.
        port: u16,
    },
    /// Connections half open at a TCP port.
    SynQueue {
        /// The node.
        node: NodeId,
        /// The port.
        port: u16,
    },
    /// Connections that wait to be accepted at a TCP port.
    AcceptQueue {
        /// The node.
        node: NodeId,
        /// The port.
        port: u16,
    },
    /// Memory that the state of a node's TCP connections takes \[bytes\].
    TcpMemory(NodeId),
    /// A value of the connection that an application opened or accepted last: zero if it is gone.
    Connection {
        /// The application.
        app: AppId,
        /// Which end.
        end: End,
        /// What.
        value: ConnectionValue,
    },
    /// Data that a flow's receivers read since the last reading \[bit/s\].
    FlowThroughput(FlowId),
    /// Data that a flow's receivers have read per second since the flow started \[bit/s\].
    FlowGoodput(FlowId),
}

/// What the rates were counted from: the totals at the last reading of each gauge.
#[derive(Debug, Default)]
pub(super) struct Readings {
    last: BTreeMap<Gauge, (Time, u64)>,
}

impl Readings {
    /// How much `total` has grown per second since the last reading of this gauge.
    fn rate(&mut self, gauge: Gauge, now: Time, total: u64) -> f64 {
        let (since, before) = self.last.insert(gauge, (now, total)).unwrap_or_default();
        let span = (now - since).as_secs_f64();
        let grown = total.saturating_sub(before) as f64;
        if span > 0.0 { grown / span } else { 0.0 }
    }
}

impl Simulation {
    /// Reads a gauge now. Rates cover the time since the same gauge was read last. Not a number if
    /// there is no such value yet.
    pub fn read(&mut self, gauge: Gauge) -> f64 {
        let now = self.now();
        match gauge {
            Gauge::QueuePackets(id) => self.wires[id.index()].channel.backlog().packets as f64,
            Gauge::QueueBytes(id) => self.wires[id.index()].channel.backlog().bytes as f64,
            Gauge::Throughput(id) => {
                let bytes = self.wires[id.index()].channel.bytes_sent(now);
                self.readings.rate(gauge, now, bytes * 8)
            }
            Gauge::Utilization(id) => {
                let busy = self.wires[id.index()].channel.busy_time(now);
                self.readings.rate(gauge, now, busy.as_ps()) / 1e12
            }
            Gauge::ChannelDrops(id) => self.wires[id.index()].channel.stats.all_drops() as f64,
            Gauge::PortDepthBytes { node, protocol, port } => {
                self.port(node, protocol, port).bytes as f64
            }
            Gauge::PortDepthPackets { node, protocol, port } => {
                self.port(node, protocol, port).packets as f64
            }
            Gauge::PortDrops { node, protocol, port } => {
                self.port(node, protocol, port).dropped as f64
            }
            Gauge::SynQueue { node, port } => self.listen_queues(node, port).syn as f64,
            Gauge::AcceptQueue { node, port } => self.listen_queues(node, port).accept as f64,
            Gauge::TcpMemory(node) => {
                self.ip_node(node).map_or(0.0, |ip| ip.stack.sockets().memory().bytes() as f64)
            }
            Gauge::Connection { app, end, value } => self.connection_value(app, end, value),
            Gauge::FlowThroughput(flow) => {
                let bits = self.cx.flows[flow.index()].bytes_delivered * 8;
                self.readings.rate(gauge, now, bits)
            }
            Gauge::FlowGoodput(flow) => {
                let flow = &self.cx.flows[flow.index()];
                let span = now.saturating_sub(flow.started).as_secs_f64();
                if span > 0.0 { flow.bytes_delivered as f64 * 8.0 / span } else { 0.0 }
            }
        }
    }

    /// The largest value of a depth since the last call for the same gauge: what readings from time
    /// to time miss. `None` of gauges that are no depths.
    pub fn take_peak(&mut self, gauge: Gauge) -> Option<f64> {
        let peak = match gauge {
            Gauge::QueuePackets(id) => self.wires[id.index()].channel.stats.take_peak_packets(),
            Gauge::QueueBytes(id) => self.wires[id.index()].channel.stats.take_peak_bytes(),
            Gauge::PortDepthPackets { node, protocol, port } => {
                self.ip_node_mut(node)?.stack.take_port_peak_packets(protocol, port)
            }
            Gauge::PortDepthBytes { node, protocol, port } => {
                self.ip_node_mut(node)?.stack.take_port_peak_bytes(protocol, port)
            }
            _ => return None,
        };
        Some(peak as f64)
    }

    fn ip_node_mut(&mut self, node: NodeId) -> Option<&mut IpNode> {
        match self.nodes.get_mut(node.index())? {
            Node::Ip(ip) => Some(ip),
            Node::Switch(_) | Node::Hub(_) => None,
        }
    }

    fn listen_queues(&self, node: NodeId, port: u16) -> ListenQueues {
        let ip = self.ip_node(node);
        ip.and_then(|ip| ip.stack.listen_queues(port)).unwrap_or_default()
    }

    fn port(&self, node: NodeId, protocol: Protocol, port: u16) -> PortDepth {
        let ip = self.ip_node(node);
        ip.map_or_else(PortDepth::default, |ip| ip.stack.port_depth(self.now(), protocol, port))
    }
}
