//! What all applications that wait on a port have in common.
//!
//! - [`bind`]: a UDP socket bound to a port;
//! - [`Acceptor`]: a TCP socket that listens, and accepts at a pace;
//! - [`RequestServer`]: connections whose requests wait for a worker and are answered.

mod acceptor;
mod request_server;

pub(super) use acceptor::{AcceptPace, Acceptor};
pub(super) use request_server::{Connection, Handler, RequestServer, ServerConfig, Wants};

use std::net::Ipv4Addr;

use super::Os;
use crate::id::SocketId;
use crate::packet::ipv4::Protocol;
use crate::socket::services::PortSpec;
use crate::units::Limit;

/// What a server that binds `port` is known to listen on: 0 stands for any free one.
pub(super) fn listens(protocol: Protocol, port: PortSpec) -> Option<(Protocol, u16)> {
    (port.number != 0).then_some((protocol, port.number))
}

/// A UDP socket bound to `port`, with room for `buffer`. `None`, with the reason in the results, if
/// that cannot be.
pub(super) fn bind(
    os: &mut dyn Os,
    address: Option<Ipv4Addr>,
    port: PortSpec,
    buffer: Option<Limit>,
) -> Option<SocketId> {
    let socket = os.udp_socket();
    if let Some(limit) = buffer {
        os.set_receive_buffer(socket, limit);
    }
    match os.bind(socket, address, port.number) {
        Ok(()) => Some(socket),
        Err(errno) => {
            os.close(socket);
            os.flow().fail(errno.name());
            None
        }
    }
}

/// The backlog unless said: Linux's `SOMAXCONN`.
pub(super) const fn default_backlog() -> u32 {
    4096
}

/// How many requests a process works on at a time, unless said: it does one thing after the other.
pub(super) const fn default_workers() -> u32 {
    1
}
