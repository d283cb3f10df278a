//! The results of a run: the shape of `summary.json`.
//!
//! Field names here are part of the product: scripts, expectations and sweeps use them. Times are
//! in seconds, sizes in bytes, rates in bit/s. A value that does not exist (the RTT of a flow that
//! measured none) is `null`.

mod links;
mod theory;

pub use links::{Buffer, Channel, ChannelDrops, Queue, QueueDrops, QueueMarks};
pub use theory::Comparison;

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use crate::units::Time;

/// All results of one run. Maps keep the scenario's order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The scenario's name: its file name without extension.
    pub scenario: String,
    /// The scenario's title.
    pub title: String,
    /// The seed of the run.
    pub seed: u64,
    /// How long the simulated clock ran \[s\]; from the end of the warm-up if there was one.
    pub simulated_seconds: f64,
    /// The engine's own counts.
    pub engine: Engine,
    /// By link name, then by direction (`A->B`).
    pub links: IndexMap<String, IndexMap<String, Channel>>,
    /// By port (`HOST:80/tcp`).
    pub ports: IndexMap<String, Port>,
    /// By node name.
    pub hosts: IndexMap<String, Host>,
    /// By node name: memory that its queues share; of nodes that have such only.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub buffers: IndexMap<String, Buffer>,
    /// By the name of the sending application.
    pub flows: IndexMap<String, Flow>,
    /// What models say of these results, where their assumptions are met.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub theory: Vec<Comparison>,
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
    /// Mean wait of the datagrams that were read \[s\].
    pub mean_wait_seconds: f64,
    /// 99th percentile of their waits \[s\], within 1 %.
    pub p99_wait_seconds: f64,
    /// The name of the process that bound it.
    pub process: String,
    /// What happened in its listen queues; TCP only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<Listen>,
}

/// The queues of a TCP listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Listen {
    /// Connections that the process has accepted.
    pub accepted: u64,
    /// SYNs dropped because a queue was full or no route led back.
    pub syn_dropped: u64,
    /// Connections that found the accept queue full.
    pub accept_overflows: u64,
    /// SYNs answered with a cookie.
    pub cookies_sent: u64,
    /// Cookies that came back.
    pub cookies_received: u64,
    /// The most connections half open at one time.
    pub max_syn_queue: u64,
    /// The most connections that waited to be accepted at one time.
    pub max_accept_queue: u64,
}

impl Listen {
    /// Adds what another listener of the same port counted.
    fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.syn_dropped += other.syn_dropped;
        self.accept_overflows += other.accept_overflows;
        self.cookies_sent += other.cookies_sent;
        self.cookies_received += other.cookies_received;
        self.max_syn_queue = self.max_syn_queue.max(other.max_syn_queue);
        self.max_accept_queue = self.max_accept_queue.max(other.max_accept_queue);
    }
}

/// What one socket counted while it was open: a port may have several, one after the other or, on
/// different addresses, at the same time.
#[derive(Debug, Clone, PartialEq)]
pub struct Holding {
    /// What it counted.
    pub counted: Port,
    /// When it was opened.
    pub from: Time,
    /// When it was closed, or now.
    pub to: Time,
}

impl Port {
    /// The results of a port: those of its sockets together. The mean depth is what waited in all of
    /// them over the time in which at least one was open; the percentile of the waits is the largest of theirs.
    #[must_use]
    pub fn of(mut holdings: Vec<Holding>) -> Self {
        if let [only] = &mut holdings[..] {
            return std::mem::take(&mut only.counted);
        }
        holdings.sort_by_key(|holding| (holding.from, holding.to));
        let mut port = Self::default();
        let mut processes: IndexSet<String> = IndexSet::new();
        let (mut area, mut open, mut covered, mut waited) = (0.0, 0.0, Time::ZERO, 0.0);
        for Holding { counted, from, to } in holdings {
            port.received += counted.received;
            waited += counted.mean_wait_seconds * counted.delivered as f64;
            port.p99_wait_seconds = port.p99_wait_seconds.max(counted.p99_wait_seconds);
            port.delivered += counted.delivered;
            port.dropped += counted.dropped;
            port.max_depth_bytes = port.max_depth_bytes.max(counted.max_depth_bytes);
            port.max_depth_packets = port.max_depth_packets.max(counted.max_depth_packets);
            area += counted.mean_depth_packets * to.saturating_sub(from).as_secs_f64();
            open += to.saturating_sub(from.max(covered)).as_secs_f64();
            covered = covered.max(to);
            processes.insert(counted.process);
            match (&mut port.listen, &counted.listen) {
                (Some(own), Some(other)) => own.add(other),
                (own, other) => *own = own.or(*other),
            }
        }
        port.mean_depth_packets = if open > 0.0 { area / open } else { 0.0 };
        port.mean_wait_seconds =
            if port.delivered > 0 { waited / port.delivered as f64 } else { 0.0 };
        port.process = processes.into_iter().collect::<Vec<_>>().join(", ");
        port
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
    /// SYNs dropped because a listen queue was full or no route led back.
    pub syn_dropped: u64,
    /// Connections that found the accept queue full.
    pub accept_overflows: u64,
    /// SYNs answered with a cookie.
    pub cookies_sent: u64,
    /// SYN cookies that came back.
    pub cookies_received: u64,
    /// The most memory that the state of TCP connections took \[bytes\], buffers apart.
    pub max_tcp_memory_bytes: u64,
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
    /// Requests over TCP whose whole answer was read; pages of a browser.
    pub responses: u64,
    /// Mean time from such a request to the end of its answer \[s\].
    pub mean_response_seconds: Option<f64>,
    /// 95th percentile of these times \[s\], within 1 %.
    pub p95_response_seconds: Option<f64>,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(process: &str, mean: f64, from: u64, to: u64) -> Holding {
        let counted = Port {
            received: 10,
            delivered: 8,
            dropped: 1,
            max_depth_packets: mean as u64 + 1,
            mean_depth_packets: mean,
            process: process.into(),
            ..Port::default()
        };
        Holding { counted, from: Time::from_secs(from), to: Time::from_secs(to) }
    }

    #[test]
    fn sockets_one_after_the_other_share_a_mean_by_the_time_they_were_open() {
        let port = Port::of(vec![
            holding("b", 6.0, 3, 4),
            holding("a", 2.0, 0, 3),
            holding("b", 1.0, 5, 9),
        ]);
        assert_eq!((port.received, port.delivered, port.dropped), (30, 24, 3));
        assert_eq!(port.max_depth_packets, 7);
        assert_eq!(port.mean_depth_packets, (6.0 * 1.0 + 2.0 * 3.0 + 1.0 * 4.0) / 8.0);
        assert_eq!(port.process, "a, b");
    }

    #[test]
    fn sockets_that_were_open_together_add_up() {
        let port = Port::of(vec![holding("a", 2.0, 0, 10), holding("a", 1.0, 0, 10)]);
        assert_eq!((port.mean_depth_packets, port.process.as_str()), (3.0, "a"));
        let alone = holding("a", 0.3, 0, 7);
        assert_eq!(Port::of(vec![alone.clone()]), alone.counted);
    }
}
