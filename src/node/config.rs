//! What a scenario may set on a node.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::packet::ipv4::{self, Protocol};
pub use crate::socket::{Accounting, CookiePolicy};
use crate::tcp;
use crate::units::{Bytes, Limit, Time};

/// Settings of a host or router. Defaults are those of Linux.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct IpConfig {
    /// TTL of packets that start here.
    pub ttl: u8,
    /// Ports below this one are privileged: binding one needs `privileged = true`.
    pub privileged_below: u16,
    /// Whether the processes may bind privileged ports (they run as root).
    pub privileged: bool,
    /// The first and last ephemeral port.
    pub ephemeral: [u16; 2],
    /// Receive buffer of UDP sockets unless the process sets another (`net.core.rmem_default`).
    pub receive_buffer: Limit,
    /// What a datagram counts for in a receive buffer.
    pub buffer_accounting: Accounting,
    /// The constants of TCP.
    pub tcp: tcp::config::Settings,
    /// When SYNs are answered with cookies (`tcp_syncookies`).
    pub syn_cookies: CookiePolicy,
    /// Half-open connections that a listener remembers without cookies
    /// (`tcp_max_syn_backlog`); the backlog of the listener limits them too.
    pub max_syn_backlog: u32,
    /// The longest backlog that a listener may ask for (`net.core.somaxconn`).
    pub somaxconn: u32,
    /// Whether a client that finds the accept queue full gets a reset
    /// (`tcp_abort_on_overflow`).
    pub abort_on_overflow: bool,
    /// ICMP errors to one destination: at most this many at once ...
    pub icmp_burst: u32,
    /// ... and then one per this interval; `0s` for no limit (`icmp_ratelimit`).
    pub icmp_interval: Time,
    /// How long an ARP answer is trusted (`base_reachable_time`).
    pub arp_timeout: Time,
    /// Time between ARP requests for the same address.
    pub arp_retry: Time,
    /// ARP requests before giving up.
    pub arp_retries: u32,
    /// Packets that may wait for one ARP answer.
    pub arp_queue: u32,
    /// How long fragments wait for the missing ones (`ipfrag_time`).
    pub reassembly_timeout: Time,
    /// Memory that the queues before its links share; each has its own unless said.
    pub buffer: Option<SharedBuffer>,
    /// Routes beside the computed ones.
    pub routes: Vec<StaticRoute>,
    /// The packet filter: the first rule that matches decides; none accepts.
    pub filter: Vec<FilterRule>,
}

impl Default for IpConfig {
    fn default() -> Self {
        Self {
            ttl: ipv4::DEFAULT_TTL,
            privileged_below: 1024,
            privileged: true,
            ephemeral: [32_768, 60_999],
            receive_buffer: Limit::Bytes(Bytes::new(212_992)),
            buffer_accounting: Accounting::Payload,
            tcp: tcp::config::Settings::default(),
            syn_cookies: CookiePolicy::WhenFull,
            max_syn_backlog: 2048,
            somaxconn: 4096,
            abort_on_overflow: false,
            icmp_burst: 6,
            icmp_interval: Time::from_secs(1),
            arp_timeout: Time::from_secs(30),
            arp_retry: Time::from_secs(1),
            arp_retries: 3,
            arp_queue: 101,
            reassembly_timeout: Time::from_secs(30),
            buffer: None,
            routes: Vec::new(),
            filter: Vec::new(),
        }
    }
}

/// Memory that all queues of a node share.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SharedBuffer {
    /// How much there is.
    pub size: Bytes,
    /// A queue may hold so many times what is free (Choudhury and Hahne, 1998); 1 unless said.
    #[serde(default = "one")]
    pub alpha: f64,
}

const fn one() -> f64 {
    1.0
}

/// A route that the scenario gives.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StaticRoute {
    /// Destinations, such as `10.2.0.0/16`; `0.0.0.0/0` for all.
    #[schemars(with = "String")]
    pub to: Ipv4Net,
    /// The next router's address on a network that this node is attached to.
    pub via: Ipv4Addr,
    /// Of equal routes, the lowest metric wins.
    #[serde(default)]
    pub metric: u32,
}

/// One rule of a packet filter. What is not said matches everything.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FilterRule {
    /// What happens to packets that match.
    pub action: Action,
    /// Which packets are looked at.
    #[serde(default)]
    pub chain: Chain,
    /// TCP, UDP or ICMP.
    #[serde(default)]
    pub protocol: Option<Protocol>,
    /// The first and last destination port.
    #[serde(default)]
    pub ports: Option<[u16; 2]>,
    /// Where they come from.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub from: Option<Ipv4Net>,
    /// Where they go.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub to: Option<Ipv4Net>,
}

/// What a filter does with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Lets it pass.
    Accept,
    /// Drops it in silence.
    Drop,
    /// Drops it and says so: ICMP port unreachable.
    Reject,
    /// Drops it and says so: ICMP administratively prohibited.
    RejectProhibited,
    /// Drops it and says so: a TCP reset; without answer if it is not TCP.
    RejectReset,
}

/// The place of a filter, as in netfilter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Chain {
    /// Packets for this node.
    #[default]
    Input,
    /// Packets that this node passes on.
    Forward,
    /// Packets from this node.
    Output,
}

/// Settings of a switch.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct SwitchConfig {
    /// How long a learned address is kept.
    pub ageing: Time,
    /// Addresses that the table can hold; frames for others are flooded.
    pub table_size: u32,
    /// Whether the spanning tree protocol runs: without it a loop melts the network.
    pub spanning_tree: bool,
    /// The bridge priority: the switch with the lowest becomes root.
    pub priority: u16,
    /// Interval between the root's messages.
    pub hello_time: Time,
    /// When a root's message is too old.
    pub max_age: Time,
    /// Time spent listening, and again learning, before forwarding.
    pub forward_delay: Time,
    /// Memory that the queues before its links share; each has its own unless said.
    pub buffer: Option<SharedBuffer>,
}

impl Default for SwitchConfig {
    /// The defaults of IEEE 802.1D-1998.
    fn default() -> Self {
        Self {
            ageing: Time::from_secs(300),
            table_size: 8192,
            spanning_tree: true,
            priority: 32_768,
            hello_time: Time::from_secs(2),
            max_age: Time::from_secs(20),
            forward_delay: Time::from_secs(15),
            buffer: None,
        }
    }
}
