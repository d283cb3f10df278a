//! An interface: the hardware port that a cable goes into.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::id::ChannelId;
use crate::packet::ethernet::Mac;

/// An interface of any node.
#[derive(Debug, Clone, Copy)]
pub struct Interface {
    /// The direction of the link in which it sends.
    pub out: ChannelId,
    /// Its hardware address.
    pub mac: Mac,
    /// The largest packet that it may send \[bytes\].
    pub mtu: u16,
    /// Whether its link is up.
    pub up: bool,
    /// Its IPv4 address with the prefix of its network; only hosts and routers have one.
    pub address: Option<Ipv4Net>,
    /// The only other end, where the link layer has no addresses to resolve (PPP).
    pub peer: Option<Mac>,
}

impl Interface {
    /// Its IPv4 address, or 0.0.0.0 if it has none.
    #[must_use]
    pub fn ip(&self) -> Ipv4Addr {
        self.address.map_or(Ipv4Addr::UNSPECIFIED, |net| net.addr())
    }
}
