//! Congestion control: how much may be in flight (RFC 5681).
//!
//! One file per algorithm, behind [`CongestionControl`]. Loss detection and what is sent again are
//! the connection's business; the algorithm is told of acknowledgments and losses and keeps the
//! window. To add one: a file with an `impl CongestionControl`, an entry in
//! [`Congestion`] and an arm in [`create`].

mod cubic;
mod none;
mod reno;

use std::fmt::Debug;

pub use cubic::Cubic;
pub use none::Unlimited;
pub use reno::Reno;

use super::config::Congestion;
use crate::units::Time;

/// An acknowledgment of new data, outside fast recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AckSample {
    /// When it arrived.
    pub now: Time,
    /// Newly acknowledged \[bytes\].
    pub bytes: u64,
    /// The round trip it measured.
    pub rtt: Option<Time>,
}

/// A congestion control algorithm. All amounts are in bytes.
///
/// ```
/// use portolan::tcp::congestion::{AckSample, CongestionControl, Reno};
/// use portolan::units::Time;
///
/// let mut reno = Reno::new(1000, 10);
/// reno.on_ack(AckSample { now: Time::ZERO, bytes: 2000, rtt: None });
/// assert_eq!(reno.window(), 12_000);
/// reno.on_loss(12_000);
/// assert_eq!(reno.window(), 6000);
/// ```
pub trait CongestionControl: Debug + Send {
    /// cwnd: how much may be in flight.
    fn window(&self) -> u64;
    /// ssthresh: where slow start ends; absent before the first loss.
    fn threshold(&self) -> Option<u64>;
    /// New data were acknowledged while the window was in full use.
    fn on_ack(&mut self, sample: AckSample);
    /// Duplicates tell of a loss; once per fast recovery. `flight` is what to halve.
    fn on_loss(&mut self, flight: u64);
    /// Fast recovery is over.
    fn on_recovered(&mut self) {}
    /// The retransmission timer has run out. `flight` is what to halve, absent if it already ran
    /// out for the same data.
    fn on_timeout(&mut self, flight: Option<u64>);
    /// Nothing was sent for longer than a timeout.
    fn on_idle(&mut self);
    /// Whether the window still grows by all that is acknowledged.
    fn in_slow_start(&self) -> bool {
        self.threshold().is_none_or(|threshold| self.window() < threshold)
    }
}

/// A new control for segments of `mss` bytes that starts with `initial_window` of them.
#[must_use]
pub fn create(kind: Congestion, mss: u64, initial_window: u32) -> Box<dyn CongestionControl> {
    match kind {
        Congestion::Reno => Box::new(Reno::new(mss, initial_window)),
        Congestion::Cubic => Box::new(Cubic::new(mss, initial_window)),
        Congestion::None => Box::new(Unlimited),
    }
}
