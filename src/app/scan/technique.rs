//! What each kind of scan sends, and what it concludes from what comes back: the rules of nmap.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::packet::icmp::{Error, Unreachable};
use crate::packet::ipv4::Protocol;
use crate::packet::tcp::Flags;
use crate::socket::Errno;

/// How ports are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Technique {
    /// Whole connections, through the operating system.
    Connect,
    /// A SYN; the handshake is never ended ("half-open").
    #[default]
    Syn,
    /// A FIN out of nowhere: listeners ignore it, closed ports reset it (RFC 9293).
    Fin,
    /// No flag at all: the same.
    Null,
    /// FIN, PSH and URG, "lit up like a Christmas tree": the same.
    Xmas,
    /// An ACK out of nowhere: every port resets it, so it shows filters only.
    Ack,
    /// A datagram: closed ports answer with ICMP, open ones maybe not at all.
    Udp,
}

/// What is known of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// A process takes what comes.
    Open,
    /// Open, or a filter drops it in silence.
    OpenOrFiltered,
    /// Something on the way keeps the probes out.
    Filtered,
    /// Probes get through, to whatever.
    Unfiltered,
    /// Nobody has bound it.
    Closed,
}

/// What is known of a port, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Verdict {
    /// What is known.
    pub state: State,
    /// Why, in nmap's words.
    pub reason: &'static str,
}

impl State {
    /// Its name, as nmap writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::OpenOrFiltered => "open|filtered",
            Self::Filtered => "filtered",
            Self::Unfiltered => "unfiltered",
            Self::Closed => "closed",
        }
    }
}

const fn verdict(state: State, reason: &'static str) -> Verdict {
    Verdict { state, reason }
}

impl Technique {
    /// Its name, as scenarios write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Syn => "syn",
            Self::Fin => "fin",
            Self::Null => "null",
            Self::Xmas => "xmas",
            Self::Ack => "ack",
            Self::Udp => "udp",
        }
    }

    /// Whose ports it tries.
    #[must_use]
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Udp => Protocol::Udp,
            _ => Protocol::Tcp,
        }
    }

    /// The flags of its probes; `None` if they are not segments of its own making.
    #[must_use]
    pub const fn flags(self) -> Option<Flags> {
        match self {
            Self::Connect | Self::Udp => None,
            Self::Syn => Some(Flags::SYN),
            Self::Fin => Some(Flags { fin: true, ..Flags::NONE }),
            Self::Null => Some(Flags::NONE),
            Self::Xmas => Some(Flags { fin: true, psh: true, urg: true, ..Flags::NONE }),
            Self::Ack => Some(Flags::ACK),
        }
    }

    /// What silence means.
    #[must_use]
    pub const fn on_silence(self) -> Verdict {
        match self {
            Self::Connect | Self::Syn | Self::Ack => verdict(State::Filtered, "no-response"),
            Self::Fin | Self::Null | Self::Xmas | Self::Udp => {
                verdict(State::OpenOrFiltered, "no-response")
            }
        }
    }

    /// What a segment from the port means, if anything.
    #[must_use]
    pub const fn on_segment(self, flags: Flags) -> Option<Verdict> {
        if flags.rst {
            return Some(match self {
                Self::Ack => verdict(State::Unfiltered, "reset"),
                _ => verdict(State::Closed, "reset"),
            });
        }
        if matches!(self, Self::Syn) && flags.syn {
            return Some(verdict(
                State::Open,
                if flags.ack { "syn-ack" } else { "split-handshake" },
            ));
        }
        None
    }

    /// What an ICMP error about a probe means, if anything. Only the host itself knows that nobody
    /// has bound a port.
    #[must_use]
    pub const fn on_error(self, error: Error, from_host: bool) -> Option<Verdict> {
        let Error::DestinationUnreachable(why) = error else { return None };
        let reason = match why {
            Unreachable::Network => "net-unreach",
            Unreachable::Host => "host-unreach",
            Unreachable::Protocol => "proto-unreach",
            Unreachable::Port => "port-unreach",
            Unreachable::AdministrativelyProhibited => "admin-prohibited",
            Unreachable::FragmentationNeeded { .. } => return None,
        };
        match (self, why) {
            (Self::Udp, Unreachable::Port) if from_host => Some(verdict(State::Closed, reason)),
            _ => Some(verdict(State::Filtered, reason)),
        }
    }

    /// What a datagram from the port means.
    #[must_use]
    pub const fn on_datagram(self) -> Option<Verdict> {
        match self {
            Self::Udp => Some(verdict(State::Open, "udp-response")),
            _ => None,
        }
    }
}

/// What the end of a call of `connect()` means.
#[must_use]
pub const fn on_connect(result: Result<(), Errno>) -> Verdict {
    match result {
        // One that was reset was established first.
        Ok(()) | Err(Errno::ECONNRESET | Errno::EPIPE) => verdict(State::Open, "syn-ack"),
        Err(Errno::ECONNREFUSED) => verdict(State::Closed, "conn-refused"),
        Err(Errno::EHOSTUNREACH) => verdict(State::Filtered, "host-unreach"),
        Err(Errno::ENETUNREACH) => verdict(State::Filtered, "net-unreach"),
        Err(Errno::ENOPROTOOPT) => verdict(State::Filtered, "proto-unreach"),
        Err(Errno::EACCES) => verdict(State::Filtered, "admin-prohibited"),
        Err(_) => verdict(State::Filtered, "no-response"),
    }
}
