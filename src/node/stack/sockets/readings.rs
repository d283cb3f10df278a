//! What is to be said of ports: for results, and at any time for series.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::super::Stack;
use super::{Open, Socket, Sockets};
use crate::id::{AppId, SocketId};
use crate::observe::results;
use crate::packet::ipv4::Protocol;
use crate::socket::{Binding, DatagramSocket, Endpoint, Kind, Listener, Role, Statistics};
use crate::units::Time;

/// A port as it stands: bound now, or its final state if its socket is closed.
#[derive(Debug, Clone)]
pub struct PortReading {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The number.
    pub port: u16,
    /// The process that bound it.
    pub owner: AppId,
    /// Data that waits \[bytes\].
    pub depth_bytes: u64,
    /// Datagrams that wait.
    pub depth_packets: u64,
    /// From when to when the socket was open; to now if it still is.
    pub held: (Time, Time),
    /// Counters; the process's name is left out.
    pub results: results::Port,
}

/// What waits at one port, in all sockets that are bound to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PortDepth {
    /// Data \[bytes\].
    pub bytes: u64,
    /// Datagrams.
    pub packets: u64,
    /// Datagrams that found the buffer full so far.
    pub dropped: u64,
}

impl Sockets {
    /// The sockets that are bound to a port.
    fn bound(&self, protocol: Protocol, port: u16) -> impl Iterator<Item = SocketId> {
        let of_port = move |binding: &Binding| (binding.protocol, binding.port) == (protocol, port);
        self.ports.iter().filter(move |(_, binding)| of_port(binding)).map(|(id, _)| id)
    }

    /// The largest `take` of the sockets that are bound to a port.
    fn peak(
        &mut self,
        protocol: Protocol,
        port: u16,
        take: impl Fn(&mut DatagramSocket) -> u64,
    ) -> u64 {
        let bound: Vec<SocketId> = self.bound(protocol, port).collect();
        let peaks = bound.into_iter().filter_map(|id| Some(take(self.datagram_mut(id)?.0)));
        peaks.max().unwrap_or(0)
    }

    /// Counts from `now` on. Ports that are closed stay among the results, with nothing counted.
    pub(in super::super) fn restart_counts(&mut self, now: Time) {
        self.memory.restart_counts();
        for closed in self.closed.iter_mut() {
            let listen = closed.results.listen.map(|_| results::Listen::default());
            closed.results = results::Port { listen, ..results::Port::default() };
            closed.held = (now, now);
        }
        for open in self.open.iter_mut().flatten() {
            match &mut open.socket {
                Socket::Datagram(socket) => socket.buffer_mut().restart_counts(now),
                Socket::Stream(socket) => match &mut socket.role {
                    Role::Listening(listening) => listening.listener.restart_counts(),
                    Role::Connected(endpoint) => {
                        endpoint.received = 0;
                        endpoint.max_unread = endpoint.connection.receive_queue();
                    }
                    Role::Idle(_) => {}
                },
                Socket::Raw(_) => {}
            }
        }
    }

    /// What is to be said of a socket's port, if it has one that takes what comes from anybody.
    pub(super) fn reading(&self, now: Time, id: SocketId) -> Option<PortReading> {
        let Open { socket, owner } = self.get(id)?;
        let (protocol, port, since, depth, results) = match socket {
            Socket::Datagram(socket) if socket.kind() == Kind::Udp => {
                let port = self.ports.get(id)?.port;
                let buffer = socket.buffer();
                let depth = (buffer.bytes(), buffer.len() as u64);
                let results = udp_results(&buffer.statistics(now));
                (Protocol::Udp, port, buffer.since(), depth, results)
            }
            Socket::Stream(socket) => match &socket.role {
                Role::Listening(own) => {
                    let listener = &own.listener;
                    let port = self.ports.get(id)?.port;
                    let depth = (0, listener.accept_queue() as u64);
                    (Protocol::Tcp, port, now, depth, listener_results(listener))
                }
                Role::Connected(endpoint) if endpoint.connection.is_passive() => {
                    let depth = (endpoint.connection.receive_queue(), 0);
                    let results = connection_results(endpoint);
                    (Protocol::Tcp, endpoint.local.port(), endpoint.began, depth, results)
                }
                Role::Idle(_) | Role::Connected(_) => return None,
            },
            Socket::Datagram(_) | Socket::Raw(_) => return None,
        };
        Some(PortReading {
            protocol,
            port,
            owner: *owner,
            depth_bytes: depth.0,
            depth_packets: depth.1,
            held: (since, now),
            results,
        })
    }
}

/// Readings of ports. Those of one TCP listener's connections are one, and found at once: a host may
/// have closed very many sockets.
#[derive(Debug, Clone, Default)]
pub(super) struct Closed {
    tcp: BTreeMap<(u16, AppId), PortReading>,
    udp: Vec<PortReading>,
}

impl Closed {
    /// Adds a reading to the others.
    pub(super) fn add(&mut self, reading: PortReading) {
        if reading.protocol != Protocol::Tcp {
            return self.udp.push(reading);
        }
        match self.tcp.entry((reading.port, reading.owner)) {
            Entry::Vacant(place) => {
                place.insert(reading);
            }
            Entry::Occupied(mut place) => place.get_mut().take(&reading),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &PortReading> {
        self.tcp.values().chain(&self.udp)
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut PortReading> {
        self.tcp.values_mut().chain(&mut self.udp)
    }
}

impl PortReading {
    /// Adds what another connection of the same port counted.
    fn take(&mut self, other: &Self) {
        self.depth_bytes += other.depth_bytes;
        self.depth_packets += other.depth_packets;
        let counted = [(&self.results, self.held), (&other.results, other.held)];
        let holdings =
            counted.map(|(port, (from, to))| results::Holding { counted: port.clone(), from, to });
        self.results = results::Port::of(holdings.into());
        self.held = (self.held.0.min(other.held.0), self.held.1.max(other.held.1));
    }
}

fn udp_results(statistics: &Statistics) -> results::Port {
    results::Port {
        received: statistics.received,
        delivered: statistics.delivered,
        dropped: statistics.dropped,
        max_depth_bytes: statistics.max_depth_bytes,
        max_depth_packets: statistics.max_depth_packets,
        mean_depth_packets: statistics.mean_depth_packets,
        mean_wait_seconds: statistics.mean_wait_seconds,
        p99_wait_seconds: statistics.p99_wait_seconds,
        ..results::Port::default()
    }
}

fn listener_results(listener: &Listener) -> results::Port {
    let counters = listener.counters;
    results::Port {
        received: listener.received,
        delivered: listener.received - counters.syn_dropped,
        dropped: counters.syn_dropped,
        listen: Some(counters),
        ..results::Port::default()
    }
}

/// A connection counts for the port of the listener that it came from.
fn connection_results(endpoint: &Endpoint) -> results::Port {
    results::Port {
        received: endpoint.received,
        delivered: endpoint.received,
        max_depth_bytes: endpoint.max_unread,
        ..results::Port::default()
    }
}

impl Stack {
    /// Every port that is bound or was, in order of protocol and number.
    #[must_use]
    pub fn ports(&self, now: Time) -> Vec<PortReading> {
        let mut all = self.sockets.closed.clone();
        for (id, _) in self.sockets.iter() {
            if let Some(reading) = self.sockets.reading(now, id) {
                all.add(reading);
            }
        }
        let mut all: Vec<_> = all.tcp.into_values().chain(all.udp).collect();
        all.sort_by_key(|reading| (reading.protocol, reading.port, reading.owner));
        all
    }

    /// What waits at one port, and what was dropped there.
    #[must_use]
    pub fn port_depth(&self, now: Time, protocol: Protocol, port: u16) -> PortDepth {
        let open = self.sockets.bound(protocol, port);
        let open = open.filter_map(|id| self.sockets.reading(now, id));
        let mut depth = PortDepth::default();
        for reading in open {
            depth.bytes += reading.depth_bytes;
            depth.packets += reading.depth_packets;
            depth.dropped += reading.results.dropped;
        }
        let of_port = |closed: &&PortReading| (closed.protocol, closed.port) == (protocol, port);
        let closed = self.sockets.closed.iter().filter(of_port);
        depth.dropped += closed.map(|closed| closed.results.dropped).sum::<u64>();
        depth
    }

    /// The most datagrams that waited in one of a port's sockets since the last call.
    pub fn take_port_peak_packets(&mut self, protocol: Protocol, port: u16) -> u64 {
        let peak = |socket: &mut DatagramSocket| socket.buffer_mut().take_peak_packets();
        self.sockets.peak(protocol, port, peak)
    }

    /// The same of their data \[bytes\].
    pub fn take_port_peak_bytes(&mut self, protocol: Protocol, port: u16) -> u64 {
        let peak = |socket: &mut DatagramSocket| socket.buffer_mut().take_peak_bytes();
        self.sockets.peak(protocol, port, peak)
    }
}
