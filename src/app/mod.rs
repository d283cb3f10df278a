//! Applications: what the processes on hosts do.
//!
//! An application is one file: a `Config` (what a scenario may say), a state machine that
//! implements [`App`], and one line in [`AppSpec`]. It talks to the world only through [`Os`], which
//! reads like the BSD socket interface, non-blocking with readiness events.
//!
//! Who counts what in [`FlowStats`]: the application what it decides or alone can know (sent, sent
//! again, given up, completed, and as an error a send that failed at once), the operating system what
//! comes of it (delivered to a reader, ICMP errors that came back).

pub mod cbr;
mod check;
#[cfg(all(test, feature = "cli"))]
mod contract;
pub mod datagram_source;
pub mod distribution;
pub mod dns_client;
mod dns_name;
pub mod dns_server;
#[cfg(test)]
mod fake_os;
pub mod on_off;
pub mod ping;
pub mod poisson;
mod server;
mod target;
pub mod trace;
pub mod traceroute;
pub mod udp_server;

pub use crate::socket::{Received, SocketError};
pub use target::Target;

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::id::SocketId;
use crate::kinds::{Fault, kinds};
use crate::observe::FlowStats;
use crate::packet::ipv4::Protocol;
use crate::packet::udp;
use crate::rng::Stream;
use crate::socket::Errno;
use crate::units::{Limit, Time};

/// What every application's `Config` can do.
pub trait Configuration {
    /// A process with these settings, not yet started.
    fn build(&self) -> Box<dyn App>;
    /// Every destination in the settings with its field's name, so that the scenario can look
    /// up the addresses.
    fn targets(&mut self) -> Vec<(&'static str, &mut Target)> {
        Vec::new()
    }
    /// The port that the process will bind, if the settings say so.
    fn listens(&self) -> Option<(Protocol, u16)> {
        None
    }
    /// The file that the settings name, if any, to be read before the run.
    fn arrivals(&mut self) -> Option<(&'static str, &mut Arrivals)> {
        None
    }
    /// Settings that make no sense, alone or together.
    fn check(&self) -> Vec<Fault> {
        Vec::new()
    }
}

/// Packet arrivals read from a file: what an application replays.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Arrivals {
    /// The file, as written in the scenario.
    pub file: String,
    /// Times since the first arrival, ascending, with data lengths \[bytes\].
    pub list: std::sync::Arc<[(Time, u16)]>,
}

kinds! {
    /// Which application, with its settings. Registers every application there is.
    AppSpec: Configuration {
        /// Datagrams of one size at even intervals.
        "cbr" => Cbr(cbr::Config),
        /// Datagrams that arrive as a Poisson process.
        "poisson" => Poisson(poisson::Config),
        /// Bursts of datagrams with silence between.
        "on-off" => OnOff(on_off::Config),
        /// Datagrams at the times and of the sizes that a file gives.
        "trace" => Trace(trace::Config),
        /// ICMP echo requests, and the times of their answers.
        "ping" => Ping(ping::Config),
        /// Probes that find the path to a host.
        "traceroute" => Traceroute(traceroute::Config),
        /// A DNS server with a zone of its own.
        "dns-server" => DnsServer(dns_server::Config),
        /// A process that asks a DNS server for addresses.
        "dns-client" => DnsClient(dns_client::Config),
        /// A UDP server that reads its port at its own pace, and may answer.
        "udp-server" => UdpServer(udp_server::Config),
    }
}

/// A process: told when it starts and when something happens that it waits for.
pub trait App: std::fmt::Debug + Send {
    /// The process begins.
    fn start(&mut self, os: &mut dyn Os);
    /// Something happened. A wake-up may come for nothing: look before you act.
    fn wake(&mut self, os: &mut dyn Os, wake: Wake);
    /// A timed change gave this application new settings of its own kind. It applies what it can
    /// at once; what was decided before (such as a bound port) stays.
    fn reconfigure(&mut self, os: &mut dyn Os, spec: &AppSpec);
}

/// Why a process wakes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// A timer that it set has run out; the token is the one it gave. Timers are not cancelled:
    /// a process ignores those it no longer waits for.
    Timer(u32),
    /// A socket has data, or an error that waits to be taken.
    Ready(SocketId),
}

/// What the operating system of its host offers a process.
pub trait Os {
    /// The time now.
    fn now(&self) -> Time;
    /// This process's own dice.
    fn rng(&mut self) -> &mut Stream;
    /// Wakes the process with [`Wake::Timer`] after a span.
    fn set_timer(&mut self, after: Time, token: u32);

    /// A new UDP socket, not yet bound.
    fn udp_socket(&mut self) -> SocketId;
    /// A new ICMP echo socket (Linux's `SOCK_DGRAM` with `IPPROTO_ICMP`): [`Os::send_to`] sends an
    /// echo request whose sequence number is the content's, replies are received.
    fn icmp_socket(&mut self) -> SocketId;
    /// Binds to a local address (`None`: all of them) and port (0: any free one).
    ///
    /// # Errors
    /// `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, `EINVAL` (bound already), `EBADF`.
    fn bind(&mut self, socket: SocketId, address: Option<Ipv4Addr>, port: u16)
    -> Result<(), Errno>;
    /// Fixes the other end: only its datagrams are received, and ICMP errors are reported by
    /// the next call. An unbound socket gets an ephemeral port.
    ///
    /// # Errors
    /// `EAGAIN` (no ephemeral port is free), `ENETUNREACH`, `EBADF`.
    fn connect(&mut self, socket: SocketId, to: SocketAddrV4) -> Result<(), Errno>;
    /// Sends a datagram of `length` bytes of data. An unbound socket gets an ephemeral port.
    ///
    /// # Errors
    /// `EMSGSIZE`, `ENETUNREACH`, `EAGAIN`, an error that ICMP brought to a connected socket, `EBADF`.
    fn send_to(
        &mut self,
        socket: SocketId,
        to: SocketAddrV4,
        length: u16,
        content: udp::Content,
    ) -> Result<(), Errno>;
    /// Reads the next datagram.
    ///
    /// # Errors
    /// `EAGAIN` if none waits, an error that ICMP brought to a connected socket, `EBADF`.
    fn receive_from(&mut self, socket: SocketId) -> Result<Received, Errno>;
    /// The oldest ICMP error about what this socket sent, connected or not (Linux's error queue,
    /// `MSG_ERRQUEUE` with `IP_RECVERR`).
    fn take_error(&mut self, socket: SocketId) -> Option<SocketError>;
    /// Where the socket is bound; the address is unspecified (0.0.0.0) if it is bound to all.
    fn local_address(&self, socket: SocketId) -> Option<SocketAddrV4>;
    /// Sets how much may wait to be read (`SO_RCVBUF`).
    fn set_receive_buffer(&mut self, socket: SocketId, limit: Limit);
    /// Sets the TTL of what the socket sends (`IP_TTL`).
    fn set_ttl(&mut self, socket: SocketId, ttl: u8);
    /// Sets DF on what the socket sends (`IP_MTU_DISCOVER`).
    fn set_dont_fragment(&mut self, socket: SocketId, forbid: bool);
    /// Gives the socket back; what waits in it is lost.
    fn close(&mut self, socket: SocketId);

    /// The results kept for this process's conversation.
    fn flow(&mut self) -> &mut FlowStats;
    /// Records a round-trip time that this process measured.
    fn round_trip(&mut self, rtt: Time);
    /// The number under which the run knows a DNS name; equal names have equal numbers.
    fn name_number(&mut self, name: &str) -> u32;
}
