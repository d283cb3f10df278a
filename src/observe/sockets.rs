//! A host's sockets as a table: what `ss -tuan` shows on Linux.

use std::net::SocketAddrV4;

use crate::packet::ipv4::Protocol;
use crate::units::Time;

/// One socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketRow {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The state, as `ss` abbreviates it.
    pub state: &'static str,
    /// Data that wait to be read \[bytes\], and one for a FIN that was not read; of a listener the
    /// connections that wait to be accepted.
    pub receive_queue: u64,
    /// Data written and not acknowledged \[bytes\], and one for a SYN or FIN; of a listener its
    /// backlog.
    pub send_queue: u64,
    /// This end; the address is 0.0.0.0 if it is bound to all.
    pub local: SocketAddrV4,
    /// The other end, if it is connected.
    pub peer: Option<SocketAddrV4>,
    /// The process that has it; nobody has what waits to be accepted or was closed.
    pub process: Option<String>,
    /// More of a TCP connection.
    pub connection: Option<ConnectionInfo>,
}

impl SocketRow {
    /// The order of tables: what waits for anybody first, then by local port and peer.
    #[must_use]
    pub fn key(&self) -> impl Ord + use<> {
        let peer = self.peer.map(|peer| (*peer.ip(), peer.port()));
        (peer.is_some(), self.local.port(), *self.local.ip(), peer, self.protocol)
    }
}

/// What `ss -ti` tells of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// The name of its congestion control.
    pub congestion_control: &'static str,
    /// Retransmission timeout, with its doubling.
    pub rto: Time,
    /// SRTT and RTTVAR, once measured.
    pub rtt: Option<(Time, Time)>,
    /// Data of a full segment to the other end \[bytes\].
    pub mss: u64,
    /// Congestion window \[bytes\]; none without congestion control.
    pub cwnd: Option<u64>,
    /// Slow start threshold \[bytes\], after the first loss.
    pub ssthresh: Option<u64>,
    /// Segments sent again so far.
    pub retransmits: u64,
    /// Data sent and not acknowledged \[bytes\].
    pub in_flight: u64,
    /// Data written so far \[bytes\].
    pub written: u64,
    /// Data read so far \[bytes\].
    pub read: u64,
}
