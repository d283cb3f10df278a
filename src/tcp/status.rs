//! What can be seen of a connection from outside, as `ss -ti` shows it.

use super::state::State;
use super::{CloseReason, Connection};
use crate::units::Time;

impl Connection {
    /// The state.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }
    /// Whether it began with the other end's SYN.
    #[must_use]
    pub const fn is_passive(&self) -> bool {
        self.passive
    }
    /// Why it is gone, once it is.
    #[must_use]
    pub const fn close_reason(&self) -> Option<CloseReason> {
        self.closed
    }
    /// Data that arrived in order and were not read \[bytes\] (`Recv-Q` of `ss`).
    #[must_use]
    pub const fn receive_queue(&self) -> u64 {
        self.receiver.unread
    }
    /// Data that were written and not acknowledged \[bytes\] (`Send-Q` of `ss`).
    #[must_use]
    pub fn send_queue(&self) -> u64 {
        self.queue.buffered()
    }
    /// Sequence numbers sent and not acknowledged \[bytes\].
    #[must_use]
    pub const fn in_flight(&self) -> u64 {
        self.queue.in_flight()
    }
    /// The congestion window \[bytes\].
    #[must_use]
    pub fn congestion_window(&self) -> u64 {
        self.congestion.window()
    }
    /// The slow start threshold \[bytes\]; absent before the first loss.
    #[must_use]
    pub fn slow_start_threshold(&self) -> Option<u64> {
        self.congestion.threshold()
    }
    /// The other end's window \[bytes\].
    #[must_use]
    pub const fn send_window(&self) -> u64 {
        self.window.size
    }
    /// How many segments were sent again, SYN included.
    #[must_use]
    pub const fn retransmissions(&self) -> u64 {
        self.progress.retransmissions
    }
    /// SRTT (RFC 6298); absent before the first measurement.
    #[must_use]
    pub const fn smoothed_rtt(&self) -> Option<Time> {
        self.rtt.smoothed()
    }
    /// The retransmission timeout, with its doubling.
    #[must_use]
    pub fn retransmission_timeout(&self) -> Time {
        self.rtt.timeout(&self.config)
    }
    /// Data in a full segment to the other end \[bytes\].
    #[must_use]
    pub fn segment_size(&self) -> u64 {
        let header = if self.agreed.timestamps { 12 } else { 0 };
        u64::from(self.agreed.mss.saturating_sub(header).max(1))
    }
}
