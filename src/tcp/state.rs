//! The eleven states and the moves between them (RFC 9293 section 3.3.2).

use std::fmt;

/// The state of one end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Waits for a SYN from anybody. A listener is in it; a connection only before its first step.
    Listen,
    /// Has sent a SYN and waits for the other end's.
    SynSent,
    /// Both SYNs are sent; waits for the acknowledgment of its own.
    SynReceived,
    /// Open: data go both ways.
    Established,
    /// Has closed first and waits for the acknowledgment of its FIN.
    FinWait1,
    /// Its FIN is acknowledged; data may still arrive.
    FinWait2,
    /// The other end has closed; this one may still send.
    CloseWait,
    /// Both closed at the same time; waits for the acknowledgment of its FIN.
    Closing,
    /// Has closed second and waits for the acknowledgment of its FIN.
    LastAck,
    /// All done; waits until old segments have died out.
    TimeWait,
    /// No connection.
    Closed,
}

impl State {
    /// All states, in the order of RFC 9293 section 3.3.2.
    pub const ALL: [Self; 11] = [
        Self::Listen,
        Self::SynSent,
        Self::SynReceived,
        Self::Established,
        Self::FinWait1,
        Self::FinWait2,
        Self::CloseWait,
        Self::Closing,
        Self::LastAck,
        Self::TimeWait,
        Self::Closed,
    ];

    /// The states that can follow by a user call or a segment (the arrows of figure 5 with its
    /// notes). Every state can also go to [`State::Closed`], by an abort, a reset or a timeout.
    #[must_use]
    pub const fn successors(self) -> &'static [Self] {
        match self {
            Self::Closed => &[Self::Listen, Self::SynSent],
            Self::Listen => &[Self::SynReceived, Self::SynSent],
            Self::SynSent => &[Self::SynReceived, Self::Established],
            Self::SynReceived => &[Self::Listen, Self::Established, Self::FinWait1],
            Self::Established => &[Self::FinWait1, Self::CloseWait],
            // The last one when the FIN of the other end acknowledges this one's (note 2).
            Self::FinWait1 => &[Self::FinWait2, Self::Closing, Self::TimeWait],
            Self::FinWait2 | Self::Closing => &[Self::TimeWait],
            Self::CloseWait => &[Self::LastAck],
            Self::LastAck | Self::TimeWait => &[],
        }
    }

    /// Whether a connection may go from here to `next`.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        next == Self::Closed || self.successors().contains(&next)
    }

    /// Whether both ends know each other's sequence numbers.
    #[must_use]
    pub const fn is_synchronized(self) -> bool {
        !matches!(self, Self::Listen | Self::SynSent | Self::SynReceived | Self::Closed)
    }

    /// Whether data from the other end can still arrive.
    #[must_use]
    pub const fn can_receive(self) -> bool {
        matches!(self, Self::Established | Self::FinWait1 | Self::FinWait2)
    }

    /// Whether data or a FIN of this end may still have to be sent.
    pub(super) const fn can_transmit(self) -> bool {
        matches!(
            self,
            Self::Established | Self::FinWait1 | Self::CloseWait | Self::Closing | Self::LastAck
        )
    }
}

impl State {
    /// The RFC's name, such as `SYN-SENT`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN-SENT",
            Self::SynReceived => "SYN-RECEIVED",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN-WAIT-1",
            Self::FinWait2 => "FIN-WAIT-2",
            Self::CloseWait => "CLOSE-WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST-ACK",
            Self::TimeWait => "TIME-WAIT",
            Self::Closed => "CLOSED",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_wait_comes_only_after_both_fins() {
        let before: Vec<_> =
            State::ALL.into_iter().filter(|state| state.may_become(State::TimeWait)).collect();
        assert_eq!(before, [State::FinWait1, State::FinWait2, State::Closing]);
    }

    #[test]
    fn every_state_is_reached_from_closed() {
        let mut reached = vec![State::Closed];
        let mut next = 0;
        while let Some(state) = reached.get(next).copied() {
            reached.extend(
                state
                    .successors()
                    .iter()
                    .filter(|new| !reached.contains(new))
                    .copied()
                    .collect::<Vec<_>>(),
            );
            next += 1;
        }
        assert!(State::ALL.iter().all(|state| reached.contains(state)));
        assert!(State::ALL.iter().all(|state| state.may_become(State::Closed)));
    }
}
