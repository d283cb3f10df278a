//! What a socket asks of the port table and what it then has there, and whether two sockets may
//! have the same port: the rule of Linux 6.18, measured.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::packet::ipv4::Protocol;

/// Which ports a socket is ready to share. Two sockets may have the same port on overlapping
/// addresses (equal ones, or one of them the wildcard) only if both set the same option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BindOptions {
    /// `SO_REUSEADDR`. UDP: the last one bound gets the datagrams. TCP: only while the other one
    /// does not listen.
    pub reuse_address: bool,
    /// `SO_REUSEPORT`: a hash of addresses and ports divides what comes among all of them.
    pub reuse_port: bool,
}

/// What `bind()` is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BindRequest {
    /// Whose numbers these are.
    pub protocol: Protocol,
    /// The local address; `None` or 0.0.0.0 for all of them.
    pub address: Option<Ipv4Addr>,
    /// The local port (for ICMP the echo identifier); 0 for an ephemeral one.
    pub port: u16,
    /// What the socket is ready to share.
    pub options: BindOptions,
}

impl BindRequest {
    /// A port for one socket alone.
    #[must_use]
    pub const fn new(protocol: Protocol, address: Option<Ipv4Addr>, port: u16) -> Self {
        let options = BindOptions { reuse_address: false, reuse_port: false };
        Self { protocol, address, port, options }
    }
}

/// What the table has on a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// Whose numbers these are.
    pub protocol: Protocol,
    /// The local address; `None` for all of them.
    pub address: Option<Ipv4Addr>,
    /// The local port (for ICMP the echo identifier).
    pub port: u16,
    /// The other end, once connected.
    pub remote: Option<SocketAddrV4>,
    /// What it is ready to share.
    pub options: BindOptions,
    /// Whether it is a TCP listener.
    pub listening: bool,
}

impl Binding {
    /// The local end; its address is unspecified (0.0.0.0) if it is bound to all.
    #[must_use]
    pub fn local(&self) -> SocketAddrV4 {
        SocketAddrV4::new(self.address.unwrap_or(Ipv4Addr::UNSPECIFIED), self.port)
    }

    /// Whether packets from anywhere for this local address are for it. TCP's are only for
    /// listeners.
    pub(super) fn takes(&self, address: Ipv4Addr) -> bool {
        self.address.is_none_or(|own| own == address)
            && (self.listening || self.protocol != Protocol::Tcp)
    }

    /// Whether both cannot have the same port (`inet_csk_bind_conflict`, `udp_lib_lport_inuse`).
    pub(super) fn conflicts(&self, other: &Self) -> bool {
        let overlap = match (self.address, other.address) {
            (Some(own), Some(others)) => own == others,
            _ => true,
        };
        let by_address = self.options.reuse_address && other.options.reuse_address;
        let by_port = self.options.reuse_port && other.options.reuse_port;
        overlap && !by_port && (!by_address || self.listening || other.listening)
    }
}
