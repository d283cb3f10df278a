//! A datagram socket: UDP, or ICMP echo (Linux's `SOCK_DGRAM` with `IPPROTO_ICMP`), whose
//! identifier takes the port's place. What the host knows of it beside its entry in the port table.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddrV4};

use super::{Accounting, Errno, ReceiveBuffer, SocketError, Statistics};
use crate::id::FlowId;
use crate::packet::ipv4::Protocol;
use crate::packet::udp;
use crate::units::{Limit, Time};

/// The most errors that wait to be taken from a socket; later ones are lost.
const ERROR_QUEUE: usize = 64;

/// A datagram that a process reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Who sent it (for an echo reply the port is 0).
    pub from: SocketAddrV4,
    /// The address that it was sent to.
    pub to: Ipv4Addr,
    /// Its data \[bytes\]. For echo replies the data after the ICMP header.
    pub length: u16,
    /// What the data means; an echo reply gives its sequence number as [`udp::Content::Numbered`].
    pub content: udp::Content,
    /// TTL on arrival.
    pub ttl: u8,
    /// When the sender handed it to its socket.
    pub created: Time,
    /// The conversation it belongs to.
    pub flow: Option<FlowId>,
}

/// What a datagram socket sends and receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// UDP datagrams.
    Udp,
    /// ICMP echo requests, and their replies.
    Echo,
}

impl Kind {
    /// The protocol whose numbers its port is one of.
    #[must_use]
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Udp => Protocol::Udp,
            Self::Echo => Protocol::Icmp,
        }
    }
}

/// What became of an arriving datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It waits to be read.
    Queued {
        /// Nothing else waits: the process may be asleep.
        was_empty: bool,
    },
    /// The buffer has no room: it is lost.
    Full,
}

/// A socket that sends and receives single datagrams.
#[derive(Debug)]
pub struct DatagramSocket {
    kind: Kind,
    /// Where it is bound (0.0.0.0 for all addresses), as the port table has it.
    pub local: Option<SocketAddrV4>,
    /// The other end, if it is connected.
    pub peer: Option<SocketAddrV4>,
    /// TTL of what it sends, if not the host's (`IP_TTL`).
    pub ttl: Option<u8>,
    /// The traffic class of what it sends (`IP_TOS`).
    pub tos: u8,
    /// Whether what it sends has DF set (`IP_MTU_DISCOVER`).
    pub dont_fragment: bool,
    buffer: ReceiveBuffer<Received>,
    pending: Option<Errno>,
    errors: VecDeque<SocketError>,
}

impl DatagramSocket {
    /// A new socket, not bound, with the host's receive buffer.
    #[must_use]
    pub const fn new(now: Time, kind: Kind, limit: Limit, accounting: Accounting) -> Self {
        Self {
            kind,
            local: None,
            peer: None,
            ttl: None,
            tos: 0,
            dont_fragment: false,
            buffer: ReceiveBuffer::new(now, limit, accounting),
            pending: None,
            errors: VecDeque::new(),
        }
    }

    /// What it sends and receives.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }
    /// Sets how much may wait to be read (`SO_RCVBUF`).
    pub fn set_receive_buffer(&mut self, limit: Limit) {
        self.buffer.set_limit(limit);
    }
    /// What waits to be read.
    #[must_use]
    pub const fn buffer(&self) -> &ReceiveBuffer<Received> {
        &self.buffer
    }
    /// The same, to ask it for its peaks.
    pub const fn buffer_mut(&mut self) -> &mut ReceiveBuffer<Received> {
        &mut self.buffer
    }
    /// What went through the receive buffer up to `now`.
    #[must_use]
    pub fn statistics(&self, now: Time) -> Statistics {
        self.buffer.statistics(now)
    }

    /// Takes in a datagram that the port table found to be this socket's.
    #[inline(always)]
    pub fn deliver(&mut self, now: Time, datagram: Received) -> Delivery {
        let was_empty = self.buffer.is_empty();
        match self.buffer.push(now, datagram, datagram.length.into()) {
            Ok(()) => Delivery::Queued { was_empty },
            Err(_) => Delivery::Full,
        }
    }

    /// The datagram that has waited longest.
    ///
    /// # Errors
    /// The error that waits, which comes before any datagram; `EAGAIN` if nothing waits.
    #[inline(always)]
    pub fn receive(&mut self, now: Time) -> Result<Received, Errno> {
        self.take_pending()?;
        self.buffer.pop(now).ok_or(Errno::EAGAIN)
    }

    /// Reports the error that waits, once: what every send does first.
    ///
    /// # Errors
    /// That error.
    pub const fn take_pending(&mut self) -> Result<(), Errno> {
        match self.pending.take() {
            Some(errno) => Err(errno),
            None => Ok(()),
        }
    }

    /// An ICMP error about something that this socket sent. It goes into the error queue; a hard
    /// one also fails the next call if the socket is connected (an unconnected one could not
    /// tell which of its destinations was meant). Whether the process should be woken: it may
    /// wait for an answer that will not come.
    pub fn report_error(&mut self, error: SocketError) -> bool {
        if self.peer.is_some() && error.is_hard() {
            self.pending = Some(error.errno);
        }
        let room = self.errors.len() < ERROR_QUEUE;
        if room {
            self.errors.push_back(error);
        }
        room || self.pending.is_some()
    }

    /// The oldest error in the error queue. It clears nothing but that entry.
    pub fn take_error(&mut self) -> Option<SocketError> {
        self.errors.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::icmp::{self, Unreachable};
    use crate::units::Bytes;

    const PEER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 2), 53);
    const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
    const REFUSED: icmp::Error = icmp::Error::DestinationUnreachable(Unreachable::Port);

    fn socket(limit: u64) -> DatagramSocket {
        let limit = Limit::Bytes(Bytes::new(limit));
        DatagramSocket::new(Time::ZERO, Kind::Udp, limit, Accounting::Payload)
    }

    fn datagram(number: u64) -> Received {
        Received {
            from: PEER,
            to: Ipv4Addr::new(10, 0, 0, 7),
            length: 100,
            content: udp::Content::Numbered(number),
            ttl: 64,
            created: Time::ZERO,
            flow: None,
        }
    }

    #[test]
    fn delivers_in_order_until_full() {
        let mut socket = socket(250);
        assert_eq!(socket.receive(Time::ZERO), Err(Errno::EAGAIN));
        let deliveries = [1, 2, 3].map(|number| socket.deliver(Time::ZERO, datagram(number)));
        let queued = |was_empty| Delivery::Queued { was_empty };
        assert_eq!(deliveries, [queued(true), queued(false), Delivery::Full]);
        assert_eq!(socket.receive(Time::ZERO), Ok(datagram(1)));
        assert_eq!(socket.receive(Time::ZERO), Ok(datagram(2)));
        assert_eq!(socket.receive(Time::ZERO), Err(Errno::EAGAIN));
        let statistics = socket.statistics(Time::ZERO);
        assert_eq!((statistics.received, statistics.delivered, statistics.dropped), (3, 2, 1));
        socket.set_receive_buffer(Limit::Packets(1));
        assert_eq!(socket.deliver(Time::ZERO, datagram(4)), queued(true));
        assert_eq!(socket.deliver(Time::ZERO, datagram(5)), Delivery::Full);
    }

    #[test]
    fn a_connected_socket_reports_a_hard_error_once_and_first() {
        let mut socket = socket(250);
        socket.peer = Some(PEER);
        socket.deliver(Time::ZERO, datagram(1));
        let error = SocketError::from_icmp(REFUSED, Some(*PEER.ip()), PEER);
        assert!(socket.report_error(error));
        assert_eq!(socket.receive(Time::ZERO), Err(Errno::ECONNREFUSED));
        assert_eq!(socket.receive(Time::ZERO), Ok(datagram(1)));
        // Measured: after an ICMP error a send fails, the next one does not.
        socket.report_error(error);
        assert_eq!(socket.take_pending(), Err(Errno::ECONNREFUSED));
        assert_eq!(socket.take_pending(), Ok(()));
        assert_eq!([socket.take_error(), socket.take_error()], [Some(error); 2]);
        assert_eq!(socket.take_error(), None);
    }

    #[test]
    fn soft_errors_and_unconnected_sockets_only_queue() {
        let mut socket = socket(250);
        socket.report_error(SocketError::from_icmp(REFUSED, Some(*PEER.ip()), PEER));
        socket.peer = Some(PEER);
        socket.report_error(SocketError::from_icmp(icmp::Error::TimeExceeded, Some(ROUTER), PEER));
        assert_eq!(socket.take_pending(), Ok(()));
        assert_eq!(socket.take_error().map(|error| error.icmp), Some(Some(REFUSED)));
        assert_eq!(socket.take_error().and_then(|error| error.offender), Some(ROUTER));
    }

    #[test]
    fn the_error_queue_is_bounded() {
        let mut socket = socket(250);
        let error = SocketError::from_icmp(icmp::Error::TimeExceeded, Some(ROUTER), PEER);
        let woken = (0..100).filter(|_| socket.report_error(error)).count();
        assert_eq!(woken, ERROR_QUEUE);
        assert_eq!(std::iter::from_fn(|| socket.take_error()).count(), ERROR_QUEUE);
    }
}
