//! The IPv4 stack of a host or router.
//!
//! - `forward`: what comes in by an interface: for this node, or on to the next;
//! - `output`: what starts here, and the last step of everything that leaves;
//! - `deliver`: what is for this node, up to the sockets;
//! - `errors`: ICMP errors, sent and received;
//! - `sockets`: the node's sockets and ports; `listing`: the same as a table;
//! - `tcp`: connections and listeners;
//! - `destination_cache`: the routing table's recent answers.
//!
//! Not modelled: IP options, broadcast and multicast above ARP, ICMP redirects, path MTU
//! discovery for UDP (an application may set DF and sees the error).

mod deliver;
mod destination_cache;
mod errors;
mod forward;
mod listing;
mod output;
mod sockets;
mod tcp;

use std::net::Ipv4Addr;
use std::sync::Arc;

pub use sockets::{PortDepth, PortReading, Sockets};
pub use tcp::{LastConnection, ListenQueues};

use destination_cache::DestinationCache;

use super::config::IpConfig;
use super::cx::{Cx, Effect};
use super::filter::Openings;
use super::icmp_limit::IcmpLimit;
use super::interface::Interface;
use super::neighbor::{self, NeighborCache};
use super::reassembly::Reassembly;
use crate::engine::{Fired, Timer};
use crate::id::{InterfaceId, NodeId, PacketId};
use crate::observe::results;
use crate::rng::Stream;
use crate::routing::{Computed, NextHop, Routes, Source};
use crate::socket::{IsnGenerator, SynCookies};
use crate::tcp::config::Config;
use crate::units::Time;

/// The IPv4 stack of one node.
#[derive(Debug)]
#[repr(C)]
pub struct Stack {
    // What every packet needs comes first and lies together.
    interfaces: Vec<Interface>,
    cache: DestinationCache,
    id: NodeId,
    identification: u16,
    forwards: bool,
    config: IpConfig,
    counters: results::Host,
    sockets: Sockets,
    /// Segments that were written and are to be sent now.
    outbox: Vec<PacketId>,
    /// The constants of TCP connections.
    tcp: Arc<Config>,
    neighbors: NeighborCache,
    timer: Timer,
    /// Salt of this router's choice among equal-cost paths.
    salt: u64,
    routes: Routes,
    reassembly: Reassembly,
    icmp_limit: IcmpLimit,
    /// What processes have opened in the packet filter.
    pub(super) openings: Openings,
    isn: IsnGenerator,
    cookies: SynCookies,
    dice: Stream,
}

impl Stack {
    /// A stack with connected and static routes, and no sockets.
    #[must_use]
    pub fn new(
        id: NodeId,
        forwards: bool,
        config: IpConfig,
        interfaces: Vec<Interface>,
        mut dice: Stream,
    ) -> Self {
        let mut stack = Self {
            id,
            forwards,
            interfaces,
            routes: Routes::default(),
            cache: DestinationCache::new(),
            neighbors: NeighborCache::new(neighbor::Timing::from(&config)),
            reassembly: Reassembly::new(config.reassembly_timeout),
            icmp_limit: IcmpLimit::new(&config),
            openings: Openings::default(),
            sockets: Sockets::new(&config),
            outbox: Vec::new(),
            salt: dice.below(u64::MAX),
            identification: dice.below(u64::from(u16::MAX)) as u16,
            isn: IsnGenerator::new(&mut dice),
            cookies: SynCookies::new(&mut dice),
            tcp: Arc::new(config.tcp.clone().resolve()),
            dice,
            timer: Timer::new(),
            counters: results::Host::default(),
            config,
        };
        stack.add_connected_routes();
        stack.add_static_routes();
        stack
    }

    /// Which node this is.
    #[must_use]
    pub const fn id(&self) -> NodeId {
        self.id
    }

    /// The node's addresses, by interface.
    pub fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> {
        self.interfaces.iter().map(Interface::ip)
    }

    /// The interfaces.
    #[must_use]
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// The routing table.
    #[must_use]
    pub const fn routes(&self) -> &Routes {
        &self.routes
    }

    /// The ARP cache.
    #[must_use]
    pub const fn neighbors(&self) -> &NeighborCache {
        &self.neighbors
    }

    /// The counters.
    #[must_use]
    pub const fn counters(&self) -> results::Host {
        results::Host { max_tcp_memory_bytes: self.sockets.memory().most(), ..self.counters }
    }

    /// Counts from `now` on.
    pub fn restart_counts(&mut self, now: Time) {
        self.counters = results::Host::default();
        self.sockets.restart_counts(now);
    }

    /// The sockets and ports.
    #[must_use]
    pub const fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    /// New shortest paths.
    pub fn set_computed_routes(&mut self, computed: Computed) {
        self.routes.set_computed(computed);
        self.cache.clear();
    }

    /// The link of an interface went down or came up. A router uses its connected and static routes
    /// through an interface only while that has a carrier, as one with a routing daemon does
    /// (`ignore_routes_with_linkdown`); a host keeps them, which is Linux's default. Computed routes
    /// follow later, when the network has noticed.
    pub fn link_changed(&mut self, interface: InterfaceId, up: bool) {
        self.interfaces[interface.index()].up = up;
        if self.forwards {
            self.renew_own_routes();
        }
    }

    /// The settings of an interface's link changed.
    pub fn mtu_changed(&mut self, interface: InterfaceId, mtu: u16) {
        self.interfaces[interface.index()].mtu = mtu;
    }

    /// New settings. What is running keeps its state; static routes are replaced.
    pub fn reconfigure(&mut self, config: IpConfig) {
        self.remove_static_routes();
        self.neighbors.set_timing(neighbor::Timing::from(&config));
        self.reassembly.set_timeout(config.reassembly_timeout);
        self.icmp_limit.set(&config);
        self.sockets.reconfigure(&config);
        self.tcp = Arc::new(config.tcp.clone().resolve());
        self.config = config;
        self.add_static_routes();
        self.cache.clear();
    }

    /// A deadline of the stack's own protocols may have come.
    pub fn handle_timeout(&mut self, cx: &mut Cx) {
        match self.timer.fired(cx.now) {
            Fired::Stale => return,
            Fired::Again(at) => return cx.effects.push(Effect::NodeTimer(self.id, at)),
            Fired::Expired => {}
        }
        self.neighbor_timeout(cx);
        self.reassembly_timeout(cx);
        self.arm_timer(cx);
    }

    /// Arms the node's timer for the earliest deadline.
    fn arm_timer(&mut self, cx: &mut Cx) {
        let deadlines = [self.neighbors.poll_timeout(), self.reassembly.poll_timeout()];
        match deadlines.into_iter().flatten().min() {
            None => self.timer.cancel(),
            Some(deadline) => {
                if let Some(at) = self.timer.arm(deadline) {
                    cx.effects.push(Effect::NodeTimer(self.id, at));
                }
            }
        }
    }

    fn is_local(&self, address: Ipv4Addr) -> bool {
        address.is_loopback() || self.addresses().any(|own| own == address)
    }

    /// Connected and static routes through the interfaces that work.
    fn renew_own_routes(&mut self) {
        for net in self.interfaces.iter().filter_map(|interface| interface.address) {
            self.routes.remove(net.trunc(), Source::Connected);
        }
        self.remove_static_routes();
        self.add_connected_routes();
        self.add_static_routes();
        self.cache.clear();
    }

    /// Whether routes may lead through an interface.
    const fn routes_use(&self, interface: &Interface) -> bool {
        interface.up || !self.forwards
    }

    fn remove_static_routes(&mut self) {
        for route in &self.config.routes {
            self.routes.remove(route.to, Source::Static);
        }
    }

    fn add_connected_routes(&mut self) {
        for (index, interface) in self.interfaces.iter().enumerate() {
            if let Some(net) = interface.address
                && self.routes_use(interface)
            {
                let hop = NextHop { interface: InterfaceId::from_index(index), gateway: None };
                self.routes.insert(net.trunc(), Source::Connected, 0, vec![hop]);
            }
        }
    }

    fn add_static_routes(&mut self) {
        for route in &self.config.routes {
            let on = self.interfaces.iter().position(|interface| {
                interface.address.is_some_and(|net| net.contains(&route.via))
                    && self.routes_use(interface)
            });
            if let Some(index) = on {
                let interface = InterfaceId::from_index(index);
                let hop = NextHop { interface, gateway: Some(route.via) };
                self.routes.insert(route.to, Source::Static, route.metric, vec![hop]);
            }
        }
    }
}
