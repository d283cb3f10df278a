//! Errors of socket calls, under the names that every system gives them (POSIX `errno.h`).

use std::fmt;

use crate::packet::icmp::{self, Unreachable};

/// Why a socket call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::upper_case_acronyms, reason = "the names of POSIX")]
#[non_exhaustive]
pub enum Errno {
    /// Permission denied: a privileged port.
    EACCES,
    /// The port is taken.
    EADDRINUSE,
    /// The address is not this host's, or no ephemeral port is free.
    EADDRNOTAVAIL,
    /// Nothing to do now: the call would block.
    EAGAIN,
    /// The connection is being opened already.
    EALREADY,
    /// No such socket.
    EBADF,
    /// The connection was given up on this host.
    ECONNABORTED,
    /// The other end refused: nobody has bound the port.
    ECONNREFUSED,
    /// The other end reset the connection.
    ECONNRESET,
    /// The next hop or the destination does not answer.
    EHOSTUNREACH,
    /// The connection is being opened; the socket will be ready when that has ended.
    EINPROGRESS,
    /// The socket cannot do this now, such as binding twice.
    EINVAL,
    /// The socket is connected already.
    EISCONN,
    /// The datagram is too large.
    EMSGSIZE,
    /// No route.
    ENETUNREACH,
    /// The destination does not know the protocol.
    ENOPROTOOPT,
    /// The socket is not connected.
    ENOTCONN,
    /// The socket is of another kind.
    EOPNOTSUPP,
    /// The connection cannot be written to any more.
    EPIPE,
    /// No answer in time.
    ETIMEDOUT,
}

impl Errno {
    /// The name, as in `errno.h`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EACCES => "EACCES",
            Self::EADDRINUSE => "EADDRINUSE",
            Self::EADDRNOTAVAIL => "EADDRNOTAVAIL",
            Self::EAGAIN => "EAGAIN",
            Self::EALREADY => "EALREADY",
            Self::EBADF => "EBADF",
            Self::ECONNABORTED => "ECONNABORTED",
            Self::ECONNREFUSED => "ECONNREFUSED",
            Self::ECONNRESET => "ECONNRESET",
            Self::EHOSTUNREACH => "EHOSTUNREACH",
            Self::EINPROGRESS => "EINPROGRESS",
            Self::EINVAL => "EINVAL",
            Self::EISCONN => "EISCONN",
            Self::EMSGSIZE => "EMSGSIZE",
            Self::ENETUNREACH => "ENETUNREACH",
            Self::ENOPROTOOPT => "ENOPROTOOPT",
            Self::ENOTCONN => "ENOTCONN",
            Self::EOPNOTSUPP => "EOPNOTSUPP",
            Self::EPIPE => "EPIPE",
            Self::ETIMEDOUT => "ETIMEDOUT",
        }
    }

    /// What calls report for an ICMP error (RFC 1122, section 4.1.3.3; Linux's `icmp_err_convert`).
    #[must_use]
    pub const fn of_icmp(error: icmp::Error) -> Self {
        match error {
            icmp::Error::DestinationUnreachable(why) => match why {
                Unreachable::Network => Self::ENETUNREACH,
                Unreachable::Protocol => Self::ENOPROTOOPT,
                Unreachable::Port => Self::ECONNREFUSED,
                Unreachable::FragmentationNeeded { .. } => Self::EMSGSIZE,
                Unreachable::Host | Unreachable::AdministrativelyProhibited => Self::EHOSTUNREACH,
            },
            icmp::Error::TimeExceeded | icmp::Error::ReassemblyTimeExceeded => Self::EHOSTUNREACH,
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::error::Error for Errno {}
