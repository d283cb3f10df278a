//! What TCP's state costs a host, in the sizes of a Linux 6 kernel on x86-64 (`/proc/slabinfo`):
//! the reason why a SYN is remembered in little and TIME-WAIT kept in less than a connection.

use crate::tcp::state::State;

/// `request_sock_TCP`: a connection in the SYN queue \[bytes\].
const REQUEST: u64 = 304;
/// `TCP`: a connection \[bytes\], without its buffers.
const SOCKET: u64 = 2368;
/// `tw_sock_TCP`: a connection in TIME-WAIT \[bytes\].
const TIME_WAIT: u64 = 248;

/// The state of a host's connections, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TcpMemory {
    bytes: u64,
    most: u64,
}

impl TcpMemory {
    /// A connection has gone from one state to another; `passive` if it began with a SYN.
    pub fn moves(&mut self, from: State, to: State, passive: bool) {
        self.bytes = self.bytes + cost(to, passive) - cost(from, passive);
        self.most = self.most.max(self.bytes);
    }

    /// What is held now \[bytes\].
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Looks for the most anew.
    pub const fn restart_counts(&mut self) {
        self.most = self.bytes;
    }

    /// The most that was held \[bytes\].
    #[must_use]
    pub const fn most(&self) -> u64 {
        self.most
    }
}

const fn cost(state: State, passive: bool) -> u64 {
    match state {
        State::Closed | State::Listen => 0,
        State::SynReceived if passive => REQUEST,
        State::TimeWait => TIME_WAIT,
        _ => SOCKET,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_costs_little_before_and_after() {
        let mut memory = TcpMemory::default();
        let path = [
            State::Closed,
            State::SynReceived,
            State::Established,
            State::FinWait1,
            State::FinWait2,
            State::TimeWait,
            State::Closed,
        ];
        let mut seen = Vec::new();
        for step in path.windows(2) {
            memory.moves(step[0], step[1], true);
            seen.push(memory.bytes());
        }
        assert_eq!(seen, [304, 2368, 2368, 2368, 248, 0]);
        assert_eq!(memory.most(), 2368);
    }
}
