//! Sockets: how a process holds a port.
//!
//! A host has one [`PortTable`], which says whose a packet is, and sockets by id, each with a
//! [`ReceiveBuffer`]. The host (in `node`) connects the two:
//!
//! 1. `bind`, or the first `connect` or `send` of an unbound socket, asks the table for a port
//!    ([`ephemeral`] if any will do) and notes it in the socket.
//! 2. An arriving datagram: [`PortTable::lookup`], then [`DatagramSocket::deliver`]. If the buffer
//!    was empty the process is woken. If nobody has the port, the host says so by ICMP.
//! 3. An arriving ICMP error about an own datagram: the same look-up with the quoted ends, then
//!    [`DatagramSocket::report_error`].
//! 4. The process reads: [`DatagramSocket::receive`]; it closes: [`PortTable::release`].
//!
//! A TCP socket listens, with a [`Listener`]'s two queues, or is an [`Endpoint`] of a connection.
//! Its segments find it by the same table: by four-tuple, then by listener.
//!
//! All of it is data in, data out: time comes as an argument, dice as a [`Stream`].
//!
//! [`Stream`]: crate::rng::Stream

mod binding;
mod crowd;
mod datagram;
pub mod ephemeral;
mod errno;
mod hash;
mod isn;
mod listener;
mod port_table;
mod raw;
mod receive_buffer;
pub mod services;
mod socket_error;
mod space;
mod stream;
mod syn_cookie;
mod tcp_memory;
mod transcript;

pub use binding::{BindOptions, BindRequest, Binding};
pub use datagram::{DatagramSocket, Delivery, Kind, Received};
pub use errno::Errno;
pub use isn::IsnGenerator;
pub use listener::{Admission, CookiePolicy, ListenRules, Listener};
pub use port_table::{PortRules, PortTable};
pub use raw::RawSocket;
pub use receive_buffer::{Accounting, ReceiveBuffer, Statistics, linux_memory};
pub use socket_error::SocketError;
pub use stream::{Endpoint, Listening, Readiness, Role, Stage, StreamSocket, Told, errno_of};
pub use syn_cookie::SynCookies;
pub use tcp_memory::TcpMemory;
pub use transcript::{Direction, Line, Transcripts};
