//! The results of a run: the shape of `summary.json`.
//!
//! Field names here are part of the product: scripts, expectations and sweeps use them. Times are
//! in seconds, sizes in bytes, rates in bit/s. A value that does not exist (the RTT of a flow that
//! measured none) is `null`.

use indexmap::IndexMap;
use serde::Serialize;

/// All results of one run. Maps keep the scenario's order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The scenario's name: its file name without extension.
    pub scenario: String,
    /// The scenario's title.
    pub title: String,
    /// The seed of the run.
    pub seed: u64,
    /// How long the simulated clock ran \[s\].
    pub simulated_seconds: f64,
    /// The engine's own counts.
    pub engine: Engine,
    /// By link name, then by direction (`A->B`).
    pub links: IndexMap<String, IndexMap<String, Channel>>,
    /// By port (`HOST:80/tcp`).
    pub ports: IndexMap<String, Port>,
    /// By node name.
    pub hosts: IndexMap<String, Host>,
    /// By the name of the sending application.
    pub flows: IndexMap<String, Flow>,
    /// In the scenario's order; filled by the scenario layer.
    pub expectations: Vec<Expectation>,
    /// How long the computer took. Only printed, never in the file: it differs from run to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
}

/// What the engine did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Engine {
    /// Events handled.
    pub events: u64,
    /// Link transmissions completed.
    pub hops: u64,
}

/// One direction of a link with the queue before it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Channel {
    /// Packets whose transmission was completed.
    pub packets: u64,
    /// Bytes of those packets, link header included.
    pub bytes: u64,
    /// Share of the time in which the link was sending.
    pub utilization: f64,
    /// Packets that ended here.
    pub drops: ChannelDrops,
    /// The queue of packets that wait for this direction.
    pub queue: Queue,
}

/// Packets that ended at one direction of a link, by cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ChannelDrops {
    /// No room in the queue.
    pub queue: u64,
    /// Taken by the loss model.
    pub loss: u64,
    /// Damaged on the way.
    pub corrupt: u64,
    /// Lost because the link was down.
    pub down: u64,
}

/// A queue over the whole run. The packet being sent does not count as waiting.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Queue {
    /// Mean number of waiting packets, weighted by time.
    pub mean_packets: f64,
    /// Largest number of waiting packets.
    pub max_packets: u64,
    /// Mean wait of the packets that were sent \[s\].
    pub mean_wait_seconds: f64,
    /// 99th percentile of their waits \[s\], within 1 %.
    pub p99_wait_seconds: f64,
}

/// One bound port: a queue that a process reads from.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Port {
    /// Datagrams or segments that arrived for the port.
    pub received: u64,
    /// Those that the process has read.
    pub delivered: u64,
    /// Those that found the receive buffer full.
    pub dropped: u64,
    /// The most data that waited in the buffer \[bytes\].
    pub max_depth_bytes: u64,
    /// The most datagrams that waited in the buffer.
    pub max_depth_packets: u64,
    /// Mean number of datagrams that waited in the buffer, weighted by time.
    pub mean_depth_packets: f64,
    /// The name of the process that bound it.
    pub process: String,
}

impl Port {
    /// Adds what another socket with the same number counted, one after the other or on another
    /// address. Means add up as they are, which is exact for sockets that were open together.
    pub fn add(&mut self, other: &Self) {
        self.received += other.received;
        self.delivered += other.delivered;
        self.dropped += other.dropped;
        self.max_depth_bytes = self.max_depth_bytes.max(other.max_depth_bytes);
        self.max_depth_packets = self.max_depth_packets.max(other.max_depth_packets);
        self.mean_depth_packets += other.mean_depth_packets;
        if self.process != other.process {
            self.process = format!("{}, {}", self.process, other.process);
        }
    }
}

/// Counters of one host or router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Host {
    /// Packets forwarded to another node.
    pub forwarded: u64,
    /// ICMP destination-unreachable messages sent.
    pub unreachable_sent: u64,
    /// ICMP time-exceeded messages sent.
    pub time_exceeded_sent: u64,
    /// TCP resets sent.
    pub resets_sent: u64,
    /// SYNs dropped because a listen queue was full.
    pub syn_dropped: u64,
    /// Connections that found the accept queue full.
    pub accept_overflows: u64,
    /// Packets that ended here for want of a route.
    pub no_route: u64,
    /// Packets whose TTL ended here.
    pub ttl_exceeded: u64,
    /// Packets that the filter dropped or rejected.
    pub filtered: u64,
    /// Datagrams or segments for ports that nobody had bound.
    pub port_closed: u64,
    /// Packets that ended because the next hop did not answer ARP.
    pub no_neighbor: u64,
    /// Fragments sent in place of larger packets.
    pub fragments_sent: u64,
    /// Datagrams put together from fragments.
    pub reassembled: u64,
    /// Datagrams whose fragments did not all come in time.
    pub reassembly_timeouts: u64,
    /// ARP requests sent.
    pub arp_requests_sent: u64,
}

/// One conversation, named after the application that started it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Flow {
    /// `udp`, `tcp` or `icmp`.
    pub protocol: String,
    /// Sending node.
    pub from: String,
    /// Destination, with its port where it has one.
    pub to: String,
    /// Datagrams, requests or data segments sent.
    pub packets_sent: u64,
    /// Those that a process at the other end read.
    pub packets_delivered: u64,
    /// Data that processes at the other end read \[bytes\].
    pub bytes_delivered: u64,
    /// That data over the time from the flow's start until its sender had done its job or was
    /// killed, and at least until the last of the data was read; or to the end of the run.
    pub goodput_bps: f64,
    /// Time from the first SYN to the established connection \[s\]; TCP only.
    pub handshake_seconds: Option<f64>,
    /// Packets or requests sent again.
    pub retransmits: u64,
    /// Requests or segments given up or timed out.
    pub timeouts: u64,
    /// Smallest round-trip time seen \[s\].
    pub min_rtt_seconds: Option<f64>,
    /// Mean round-trip time \[s\].
    pub mean_rtt_seconds: Option<f64>,
    /// Mean one-way delay from sending call to reading process \[s\].
    pub mean_delay_seconds: Option<f64>,
    /// Datagrams that arrived after one sent later; the reader's count.
    pub reordered: u64,
    /// Datagrams that arrived more than once.
    pub duplicates: u64,
    /// ICMP errors that came back for the flow's packets.
    pub errors: u64,
    /// When the application had done all it was asked \[s\]; `null` if it had not.
    pub completed_seconds: Option<f64>,
    /// The last state: a TCP state, or `open`, `done`, or an error's name.
    pub end_state: String,
    /// What else the application found out, such as the path that traceroute saw.
    pub details: Vec<String>,
}

/// An expectation of the scenario, judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expectation {
    /// The expression, as written.
    pub that: String,
    /// Why it should hold, as written.
    pub because: String,
    /// Whether it held.
    pub holds: bool,
    /// The values of the expression's parts, for the reader of a failure.
    pub actual: String,
}

/// How long the computer took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Timing {
    /// To build the network, routes included \[s\].
    pub build_seconds: f64,
    /// To run the simulation \[s\].
    pub run_seconds: f64,
}
