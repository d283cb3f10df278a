//! What can be read off a running simulation at any moment, for time series.

use std::collections::BTreeMap;

use super::Simulation;
use crate::id::{ChannelId, FlowId, NodeId};
use crate::node::stack::PortReading;
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
    /// Reads a gauge now. Rates cover the time since the same gauge was read last.
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
                self.port(node, protocol, port).map_or(0.0, |port| port.depth_bytes as f64)
            }
            Gauge::PortDepthPackets { node, protocol, port } => {
                self.port(node, protocol, port).map_or(0.0, |port| port.depth_packets as f64)
            }
            Gauge::PortDrops { node, protocol, port } => {
                self.port(node, protocol, port).map_or(0.0, |port| port.results.dropped as f64)
            }
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

    fn port(&self, node: NodeId, protocol: Protocol, port: u16) -> Option<PortReading> {
        let now = self.now();
        self.ip_node(node)?
            .stack
            .ports(now)
            .into_iter()
            .find(|reading| (reading.protocol, reading.port) == (protocol, port))
    }
}
