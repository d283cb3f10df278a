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
//! All of it is data in, data out: time comes as an argument, dice as a [`Stream`].
//!
//! [`Stream`]: crate::rng::Stream

mod binding;
mod datagram;
pub mod ephemeral;
mod errno;
mod port_table;
mod receive_buffer;
pub mod services;
mod socket_error;
mod space;

pub use binding::{BindOptions, BindRequest, Binding};
pub use datagram::{DatagramSocket, Delivery, Kind, Received};
pub use errno::Errno;
pub use port_table::{PortRules, PortTable};
pub use receive_buffer::{Accounting, ReceiveBuffer, Statistics, linux_memory};
pub use socket_error::SocketError;
