//! What applications over TCP have in common.
//!
//! - [`open`]: a socket that begins a connection;
//! - [`Outgoing`]: texts and data to write, as far as there is room;
//! - [`read_all`]: all that waits to be read;
//! - [`Pace`]: reading or writing at a rate;
//! - [`Timers`]: which timer was for what.

mod outgoing;
mod pace;
mod timers;

pub(super) use outgoing::Outgoing;
pub(super) use pace::Pace;
pub(super) use timers::Timers;

use std::net::SocketAddrV4;

use super::Os;
use crate::id::SocketId;
use crate::socket::Errno;
use crate::socket::services::PortSpec;
use crate::tcp::config::Settings;

/// A socket that has begun a connection to `to`; it is ready when the handshake has ended.
///
/// # Errors
/// That of the call that failed.
pub(super) fn open(
    os: &mut dyn Os,
    to: SocketAddrV4,
    source_port: Option<PortSpec>,
    tcp: &Settings,
) -> Result<SocketId, Errno> {
    let socket = os.tcp_socket();
    os.set_tcp(socket, tcp);
    let bound = source_port.map_or(Ok(()), |port| os.bind(socket, None, port.number));
    match bound.and_then(|()| os.connect(socket, to)) {
        Ok(()) | Err(Errno::EINPROGRESS) => Ok(socket),
        Err(errno) => {
            os.close(socket);
            Err(errno)
        }
    }
}

/// Whether the handshake of a socket that has called `connect()` is done.
///
/// # Errors
/// Why the connection did not come about.
pub(super) fn is_established(os: &mut dyn Os, socket: SocketId) -> Result<bool, Errno> {
    os.take_socket_error(socket)?;
    Ok(os.poll(socket).writable)
}

/// What reading brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Read {
    /// How much \[bytes\].
    pub(super) bytes: u64,
    /// Whether the other end will send no more.
    pub(super) ended: bool,
}

/// Reads all that waits. Texts in it are found by [`Os::receive_line`] afterwards.
///
/// # Errors
/// The error that ended the connection.
pub(super) fn read_all(os: &mut dyn Os, socket: SocketId) -> Result<Read, Errno> {
    let mut bytes = 0;
    loop {
        match os.receive(socket, u64::MAX) {
            Ok(0) => return Ok(Read { bytes, ended: true }),
            Ok(more) => bytes += more,
            Err(Errno::EAGAIN) => return Ok(Read { bytes, ended: false }),
            Err(errno) => return Err(errno),
        }
    }
}
