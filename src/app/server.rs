//! What all applications that wait on a UDP port have in common.

use std::net::Ipv4Addr;

use super::Os;
use crate::id::SocketId;
use crate::socket::services::PortSpec;
use crate::units::Limit;

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
