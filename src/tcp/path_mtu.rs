//! Path MTU discovery (RFC 1191): a router that cannot pass a segment says how large one may be,
//! and what was lost for that goes out again in smaller ones.
//!
//! Not modelled: trying larger segments again after ten minutes; finding the size without the
//! routers' help (RFC 4821).

use std::num::NonZeroU16;

use super::recovery::parts;
use super::{Connection, offset};
use crate::packet::ipv4;
use crate::packet::tcp::{HEADER, SeqNum};
use crate::units::Time;

/// Segments are made no smaller than for this MTU (`ip_rt_min_pmtu` of Linux): if a path takes less,
/// routers are to cut them \[bytes\].
const LEAST_MTU: u16 = 552;

impl Connection {
    /// A router says that a segment of this connection is too large for a link with this MTU
    /// \[bytes\] (ICMP type 3, code 4). `sequence` is the sequence number of the segment as the
    /// error quotes it: if that is not in flight, the error is forged or late, and is not believed
    /// (RFC 5927 section 4.1).
    pub fn handle_fragmentation_needed(&mut self, now: Time, mtu: u16, sequence: SeqNum) {
        let place = offset(self.opening.isn, self.queue.unacknowledged, sequence);
        let in_flight = self.queue.unacknowledged <= place && place <= self.queue.next;
        if !self.state.is_synchronized() || self.queue.in_flight() == 0 || !in_flight {
            return;
        }
        self.agreed.may_be_cut |= mtu < LEAST_MTU;
        let mtu = mtu.max(LEAST_MTU);
        let mss = mtu - ipv4::HEADER - HEADER;
        if mss < self.agreed.mss {
            self.agreed.mss = mss;
            self.agreed.path_mtu = NonZeroU16::new(mtu);
            let size = self.segment_size();
            self.recovery.set_segment_size(size);
            if let Some(control) = &mut self.congestion {
                control.on_segment_size(size);
            }
        }
        let size = self.segment_size();
        if self.queue.cut(size) {
            self.recovery.on_too_large(&mut parts!(self));
            self.restart_retransmission(now);
        }
    }

    /// The path's MTU \[bytes\], if a router has told it.
    #[must_use]
    pub fn path_mtu(&self) -> Option<u16> {
        self.agreed.path_mtu.map(NonZeroU16::get)
    }
}
