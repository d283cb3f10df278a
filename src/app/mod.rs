//! Applications: what the processes on hosts do.
//!
//! An application is one file: a `Config` (what a scenario may say), a state machine that
//! implements [`App`], and one line in [`AppSpec`]. It talks to the world only through [`Os`], which
//! reads like the BSD socket interface, non-blocking with readiness events.
//!
//! Who counts what in [`FlowStats`]: the application what it decides or alone can know (sent, sent
//! again, given up, completed, and as an error a send that failed at once), the operating system what
//! comes of it (delivered to a reader, ICMP errors that came back).

pub mod audit;
pub mod cbr;
mod check;
#[cfg(all(test, feature = "cli"))]
mod contract;
pub mod conversation;
pub mod datagram_source;
mod dialogue;
pub mod distribution;
pub mod dns_client;
mod dns_name;
pub mod dns_server;
#[cfg(test)]
mod fake_os;
pub mod ftp_client;
mod ftp_data;
pub mod ftp_server;
mod http;
pub mod http_client;
pub mod http_server;
pub mod knock_daemon;
pub mod on_off;
pub mod ping;
pub mod poisson;
pub mod port_knock;
pub mod scan;
mod server;
pub mod smtp_client;
pub mod smtp_server;
mod stream;
pub mod syn_flood;
mod target;
pub mod tcp_client;
pub mod tcp_server;
pub mod trace;
pub mod traceroute;
pub mod udp_server;

pub use crate::socket::{BindOptions, Line, Readiness, Received, SocketError};
pub use target::Target;

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::id::{AppId, SocketId};
use crate::kinds::{Fault, kinds};
use crate::observe::FlowStats;
use crate::packet::ipv4::{self, Protocol};
use crate::packet::udp;
use crate::rng::Stream;
use crate::socket::Errno;
use crate::tcp;
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
    /// Of a client the protocol of the server that it hopes to find at its destinations, and the port
    /// where a destination names none, if there is a usual one.
    fn seeks(&self) -> Option<(Protocol, Option<u16>)> {
        None
    }
    /// Where to put what the scenario's applications on the same host listen on, if the settings
    /// want to know.
    fn declared(&mut self) -> Option<&mut Vec<(Protocol, u16)>> {
        None
    }
    /// What the settings say that a client and its server will tell each other, if they do.
    fn script(&self) -> Option<conversation::Script> {
        None
    }
    /// Where to put the scripts of those who will call, if the settings want to know.
    fn scripts(&mut self) -> Option<&mut Vec<conversation::Script>> {
        None
    }
    /// The file that the settings name, if any, to be read before the run.
    fn arrivals(&mut self) -> Option<(&'static str, &mut Arrivals)> {
        None
    }
    /// The DNS names that the process will speak of, in the form in which they are compared: known
    /// from the start, so that observers can read messages while the run goes on.
    fn dns_names(&self) -> Vec<String> {
        Vec::new()
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
        /// A TCP server that reads what comes, and may send it back.
        "tcp-server" => TcpServer(tcp_server::Config),
        /// A TCP client that sends data.
        "tcp-client" => TcpClient(tcp_client::Config),
        /// A web server.
        "http-server" => HttpServer(http_server::Config),
        /// A browser: fetches pages from a web server.
        "http-client" => HttpClient(http_client::Config),
        /// Tries the ports of a host, and tells which are open.
        "scan" => Scan(scan::Config),
        /// SYNs in the name of others, for connections that will never be.
        "syn-flood" => SynFlood(syn_flood::Config),
        /// Lists what listens on its host, and tells what should not.
        "audit" => Audit(audit::Config),
        /// An FTP server with files.
        "ftp-server" => FtpServer(ftp_server::Config),
        /// An FTP client that fetches and stores files.
        "ftp-client" => FtpClient(ftp_client::Config),
        /// A mail server.
        "smtp-server" => SmtpServer(smtp_server::Config),
        /// A mail client that sends messages.
        "smtp-client" => SmtpClient(smtp_client::Config),
        /// A client that knocks at secret ports before it connects.
        "port-knock" => PortKnock(port_knock::Config),
        /// One end of a conversation that is replayed, message by message.
        "conversation" => Conversation(conversation::Config),
        /// A process that lets in who has knocked at secret ports.
        "knock-daemon" => KnockDaemon(knock_daemon::Config),
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
    /// What the process has found out so far, line by line, beside the lines that it left in
    /// [`FlowStats::details`]: asked for the results only, for what changes all the time.
    fn details(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A bound socket that takes packets from anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listening {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// Where it is bound; the address is unspecified (0.0.0.0) if it is bound to all.
    pub local: SocketAddrV4,
    /// The process that has it.
    pub owner: AppId,
}

/// Why a process wakes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// A timer that it set has run out; the token is the one it gave. Timers are not cancelled:
    /// a process ignores those it no longer waits for.
    Timer(u32),
    /// A socket has data, room, a connection to accept, or an error that waits to be taken.
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
    /// UDP: fixes the other end: only its datagrams are received, and ICMP errors are reported by
    /// the next call. TCP: begins a connection; the socket is ready when the handshake has ended, and
    /// the next call tells how. An unbound socket gets an ephemeral port.
    ///
    /// # Errors
    /// `EINPROGRESS` (TCP: it has begun), `EALREADY`, `EISCONN`, `EADDRNOTAVAIL` (TCP: no ephemeral
    /// port is free for this destination), `EAGAIN` (UDP: none is free), `ENETUNREACH`, `EBADF`.
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
    /// Sets what the socket is ready to share its port with (`SO_REUSEADDR`, `SO_REUSEPORT`).
    fn set_bind_options(&mut self, socket: SocketId, options: BindOptions);
    /// Gives the socket back; what waits in it is lost. A connection first delivers what was
    /// written and says goodbye, unless data that arrived was not read: then it is reset.
    fn close(&mut self, socket: SocketId);

    /// A new TCP socket, not yet bound.
    fn tcp_socket(&mut self) -> SocketId;
    /// Changes the constants of the connections of a TCP socket that has none yet.
    fn set_tcp(&mut self, socket: SocketId, settings: &tcp::config::Settings);
    /// Lets a TCP socket take connections: `backlog` + 1 may wait. An unbound one gets an
    /// ephemeral port.
    ///
    /// # Errors
    /// `EADDRINUSE`, `EINVAL` (it is connected), `EBADF`.
    fn listen(&mut self, socket: SocketId, backlog: u32) -> Result<(), Errno>;
    /// The connection that has waited longest, and its other end.
    ///
    /// # Errors
    /// `EAGAIN` if none waits, `EINVAL` (it does not listen), `EBADF`.
    fn accept(&mut self, socket: SocketId) -> Result<(SocketId, SocketAddrV4), Errno>;
    /// Writes up to `bytes` into a connection, and says how many were taken. One that took less than
    /// it was offered, or none, is [`Wake::Ready`] when there is room again.
    ///
    /// # Errors
    /// `EAGAIN` (no room), `ENOTCONN`, `EPIPE`, the error that ended the connection (once), `EBADF`.
    fn send(&mut self, socket: SocketId, bytes: u64) -> Result<u64, Errno>;
    /// Writes text, all or nothing, which its reader finds by [`Os::receive_line`], and after it up to
    /// `bytes` of data, in one call (`writev()`). Says how many of the data were taken.
    ///
    /// # Errors
    /// Those of [`Os::send`], about the text; `EAGAIN` if not all of it has room.
    fn send_message(&mut self, socket: SocketId, text: &str, bytes: u64) -> Result<u64, Errno>;
    /// Reads up to `bytes` from a connection; zero at the end of the stream.
    ///
    /// # Errors
    /// `EAGAIN` (nothing waits), `ENOTCONN`, the error that ended the connection (once), `EBADF`.
    fn receive(&mut self, socket: SocketId, bytes: u64) -> Result<u64, Errno>;
    /// The next text whose last byte was read by [`Os::receive`], with its place in the stream.
    fn receive_line(&mut self, socket: SocketId) -> Option<Line>;
    /// Ends the sending direction of a connection (`SHUT_WR`); the other stays open.
    ///
    /// # Errors
    /// `ENOTCONN`, `EBADF`.
    fn shutdown(&mut self, socket: SocketId) -> Result<(), Errno>;
    /// Gives a connection up with a reset (`SO_LINGER` with zero time, then `close`).
    fn abort(&mut self, socket: SocketId);
    /// What the socket is ready for.
    fn poll(&self, socket: SocketId) -> Readiness;
    /// The error that ended the connection, if it was not reported yet (`SO_ERROR`).
    ///
    /// # Errors
    /// That error, or `EBADF`.
    fn take_socket_error(&mut self, socket: SocketId) -> Result<(), Errno>;
    /// The other end of a connected socket.
    fn peer_address(&self, socket: SocketId) -> Option<SocketAddrV4>;
    /// The protocol and port of everything bound on this host that takes packets from anybody:
    /// what `ss -tuln` lists.
    fn listening(&self) -> Vec<Listening>;

    /// A new raw socket: it sees a copy of every TCP, UDP and ICMP packet that reaches this host,
    /// before the packet filter.
    fn raw_socket(&mut self) -> SocketId;
    /// Sends a packet as it is; an unspecified source is filled in.
    ///
    /// # Errors
    /// `ENETUNREACH`, `EMSGSIZE`, `EACCES` (the filter forbids it).
    fn send_raw(&mut self, packet: ipv4::Packet) -> Result<(), Errno>;
    /// The next packet that a raw socket has seen.
    ///
    /// # Errors
    /// `EAGAIN` if none waits, `EBADF`.
    fn receive_raw(&mut self, socket: SocketId) -> Result<ipv4::Packet, Errno>;
    /// Opens the packet filter of this host to a source: what it sends to this port passes whatever
    /// the rules say. From `until` on no new connection passes; those that exist go on.
    fn allow(&mut self, protocol: Protocol, port: u16, source: Ipv4Addr, until: Time);
    /// The address of the interface that packets to `to` leave by.
    fn source_address(&mut self, to: Ipv4Addr) -> Option<Ipv4Addr>;

    /// The results kept for this process's conversation.
    fn flow(&mut self) -> &mut FlowStats;
    /// Records a round-trip time that this process measured.
    fn round_trip(&mut self, rtt: Time);
    /// Records how long the whole answer to a request took.
    fn answered(&mut self, took: Time);
    /// The number under which the run knows a DNS name; equal names have equal numbers.
    fn name_number(&mut self, name: &str) -> u32;
}
