//! ICMP errors as a process sees them (RFC 1122, section 4.1.3.3).

use std::net::{Ipv4Addr, SocketAddrV4};

use super::Errno;
use crate::packet::icmp::{self, Unreachable};

/// An ICMP error about something that a socket sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketError {
    /// The error as the next call on a connected socket reports it.
    pub errno: Errno,
    /// The host or router that sent the error; `None` if it arose on this host.
    pub offender: Option<Ipv4Addr>,
    /// The ICMP error; `None` if it arose on this host.
    pub icmp: Option<icmp::Error>,
    /// Where the packet was going.
    pub destination: SocketAddrV4,
}

impl SocketError {
    /// An error that `offender` sent; this host itself if there is none.
    #[must_use]
    pub const fn from_icmp(
        icmp: icmp::Error,
        offender: Option<Ipv4Addr>,
        destination: SocketAddrV4,
    ) -> Self {
        Self { errno: Errno::of_icmp(icmp), offender, icmp: Some(icmp), destination }
    }

    /// Whether it is final, so that a call on a connected socket fails. Others may pass by
    /// themselves (RFC 1122, section 4.2.3.9) and wait in the error queue only.
    #[must_use]
    pub const fn is_hard(&self) -> bool {
        match self.icmp {
            Some(icmp::Error::DestinationUnreachable(why)) => match why {
                Unreachable::Network | Unreachable::Host => false,
                Unreachable::Protocol
                | Unreachable::Port
                | Unreachable::FragmentationNeeded { .. }
                | Unreachable::AdministrativelyProhibited => true,
            },
            Some(icmp::Error::TimeExceeded | icmp::Error::ReassemblyTimeExceeded) => false,
            // ARP without an answer, which Linux treats as host unreachable.
            None => !matches!(self.errno, Errno::EHOSTUNREACH | Errno::ENETUNREACH),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_those_of_linux() {
        use icmp::Error::{
            DestinationUnreachable as Unreach, ReassemblyTimeExceeded, TimeExceeded,
        };
        for (icmp, errno, hard) in [
            (Unreach(Unreachable::Network), Errno::ENETUNREACH, false),
            (Unreach(Unreachable::Host), Errno::EHOSTUNREACH, false),
            (Unreach(Unreachable::Protocol), Errno::ENOPROTOOPT, true),
            (Unreach(Unreachable::Port), Errno::ECONNREFUSED, true),
            (Unreach(Unreachable::FragmentationNeeded { mtu: 576 }), Errno::EMSGSIZE, true),
            (Unreach(Unreachable::AdministrativelyProhibited), Errno::EHOSTUNREACH, true),
            (TimeExceeded, Errno::EHOSTUNREACH, false),
            (ReassemblyTimeExceeded, Errno::EHOSTUNREACH, false),
        ] {
            let destination = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 9), 9);
            let offender = Some(Ipv4Addr::new(10, 0, 0, 1));
            let error = SocketError::from_icmp(icmp, offender, destination);
            assert_eq!((error.errno, error.is_hard()), (errno, hard), "{icmp:?}");
        }
    }
}
