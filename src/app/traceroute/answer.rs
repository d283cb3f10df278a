//! What traceroute makes of an answer, and how it prints a hop.

use std::net::Ipv4Addr;

use crate::packet::icmp::{Error, Unreachable};
use crate::units::Time;

/// What came back for a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) from: Ipv4Addr,
    pub(super) rtt: Time,
    /// The error; `None` if somebody answered the datagram itself.
    pub(super) error: Option<Error>,
}

impl Answer {
    /// Whether the probe got where it was going.
    pub(super) fn arrived(&self) -> bool {
        matches!(self.error, None | Some(Error::DestinationUnreachable(Unreachable::Port)))
    }

    /// Whether nothing will get any further than this.
    pub(super) fn is_final(&self) -> bool {
        !matches!(self.error, Some(Error::TimeExceeded))
    }

    /// What traceroute writes behind the time of an answer that is out of the ordinary.
    fn mark(&self) -> &'static str {
        match self.error {
            Some(Error::DestinationUnreachable(why)) => match why {
                Unreachable::Port => "",
                Unreachable::Network => " !N",
                Unreachable::Host => " !H",
                Unreachable::Protocol => " !P",
                Unreachable::FragmentationNeeded { .. } => " !F",
                Unreachable::AdministrativelyProhibited => " !X",
            },
            None | Some(Error::TimeExceeded | Error::ReassemblyTimeExceeded) => "",
        }
    }
}

/// A hop as traceroute prints it; the address only where it is not that of the answer before.
pub(super) fn line(ttl: u8, answers: &[Option<Answer>]) -> String {
    let mut text = format!("{ttl:2} ");
    let mut last = None;
    for answer in answers {
        match answer {
            None => text += " *",
            Some(answer) => {
                if last.replace(answer.from) != Some(answer.from) {
                    text += &format!(" {}", answer.from);
                }
                text += &format!("  {:.3} ms{}", answer.rtt.as_secs_f64() * 1e3, answer.mark());
            }
        }
    }
    text
}
