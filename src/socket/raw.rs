//! A raw socket (`SOCK_RAW` with `IP_HDRINCL`): sends packets as its process makes them, and sees a
//! copy of all TCP, UDP and ICMP packets that reach its host, those that the filter will drop too
//! (as a packet socket does, which scanners and knock daemons read).

use std::collections::VecDeque;

use crate::packet::ipv4;

/// So many packets wait at most; later ones are not seen.
const MOST: usize = 1024;

/// A raw socket.
#[derive(Debug, Default)]
pub struct RawSocket {
    seen: VecDeque<ipv4::Packet>,
}

impl RawSocket {
    /// A copy of a packet that reached the host. Says whether it is the only one that waits.
    pub fn deliver(&mut self, packet: &ipv4::Packet) -> bool {
        let was_empty = self.seen.is_empty();
        if self.seen.len() < MOST {
            self.seen.push_back(*packet);
        }
        was_empty
    }

    /// The next packet.
    pub fn receive(&mut self) -> Option<ipv4::Packet> {
        self.seen.pop_front()
    }
}
