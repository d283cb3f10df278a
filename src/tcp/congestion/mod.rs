//! Congestion control: how much may be in flight (RFC 5681).
//!
//! One file per algorithm, behind [`CongestionControl`]. Loss detection and what is sent again are
//! the connection's business; the algorithm is told of acknowledgments and losses and keeps the
//! window. To add one: a file with an `impl CongestionControl`, an entry in
//! [`Congestion`] and an arm in [`create`].

mod bbr;
mod cubic;
mod dctcp;
mod hystart;
mod hystart_plus;
mod none;
mod reno;
mod slow_start;
mod windowed_max;

use std::fmt::Debug;

pub use bbr::Bbr;
pub use cubic::Cubic;
pub use dctcp::Dctcp;
pub use none::Unlimited;
pub use reno::Reno;

use super::config::{Config, Congestion, Hystart};
use crate::units::{Rate, Time};

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

/// How fast data were delivered, from the sending of a segment to its acknowledgment
/// (draft-cheng-iccrg-delivery-rate-estimation-00).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateSample {
    /// What was delivered meanwhile \[bytes\].
    pub delivered: u64,
    /// What had been delivered in all when the segment was sent \[bytes\].
    pub prior_delivered: u64,
    /// How long it took; not less than the least round trip.
    pub interval: Time,
    /// The application had left a gap, so the network may be faster.
    pub application_limited: bool,
}

impl RateSample {
    /// The delivery rate.
    #[must_use]
    pub fn rate(&self) -> Rate {
        let bits = u128::from(self.delivered) * 8_000_000_000_000;
        let bps = bits / u128::from(self.interval.as_ps().max(1));
        Rate::from_bps(u64::try_from(bps).unwrap_or(u64::MAX))
    }
}

/// All that an acknowledgment has told, in whatever phase the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feedback {
    /// When it arrived.
    pub now: Time,
    /// The round trip it measured.
    pub rtt: Option<Time>,
    /// SRTT.
    pub smoothed_rtt: Option<Time>,
    /// Sequence numbers sent so far, from the first one on: SND.NXT.
    pub sent: u64,
    /// Sequence numbers acknowledged so far: SND.UNA.
    pub acknowledged: u64,
    /// Newly known to have arrived, by SND.UNA or SACK \[bytes\].
    pub delivered: u64,
    /// Newly taken for lost \[bytes\]; counted for algorithms that want rate samples only.
    pub lost: u64,
    /// In the network before it came, and with what it told \[bytes\].
    pub in_flight: (u64, u64),
    /// It echoes a mark of congestion (ECE).
    pub echo: bool,
    /// Losses are being repaired.
    pub recovering: bool,
    /// Whether segments are paced.
    pub paced: bool,
    /// How fast the network delivers, for algorithms that want rate samples.
    pub rate: Option<RateSample>,
}

/// A congestion control algorithm. All amounts are in bytes.
///
/// For each acknowledgment come first [`on_echo`](Self::on_echo) or [`on_loss`](Self::on_loss) if
/// that is what it tells, then [`on_feedback`](Self::on_feedback), then
/// [`on_ack`](Self::on_ack) if the window may grow.
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
    /// The handshake is done, and took `rtt` if that could be measured.
    fn on_established(&mut self, _rtt: Option<Time>) {}
    /// An acknowledgment came, in whatever phase.
    fn on_feedback(&mut self, _feedback: &Feedback) {}
    /// New data were acknowledged while the window was in full use.
    fn on_ack(&mut self, sample: AckSample);
    /// Duplicates tell of a loss; once per fast recovery. `flight` is what to halve.
    fn on_loss(&mut self, flight: u64);
    /// The other end echoes a mark of congestion; once per window (RFC 3168 section 6.1.2).
    fn on_echo(&mut self, flight: u64) {
        self.on_loss(flight);
    }
    /// Fast recovery is over.
    fn on_recovered(&mut self) {}
    /// The retransmission timer has run out. `flight` is what to halve, absent if it already ran
    /// out for the same data.
    fn on_timeout(&mut self, flight: Option<u64>);
    /// The last loss or timeout proves wrong: `window` and `threshold` are what they were before.
    fn on_undo(&mut self, _window: u64, _threshold: Option<u64>) {}
    /// Segments have `mss` bytes from now on; the window keeps its number of segments, as in Linux.
    fn on_segment_size(&mut self, _mss: u64) {}
    /// Nothing was sent for longer than a timeout: the window falls by half so many times, but not
    /// below the initial window (RFC 2861; RFC 5681 section 4.1, where it does so at once).
    fn on_idle(&mut self, halvings: u32);
    /// Data go out with nothing in flight, for the first time since `idle`; after
    /// [`on_idle`](Self::on_idle). The application had left a gap if `application_limited`.
    fn on_restart(&mut self, _now: Time, _idle: Time, _application_limited: bool) {}
    /// How fast segments may leave; absent if they may leave as fast as the window lets them.
    fn pacing_rate(&self) -> Option<Rate> {
        None
    }
    /// Whether it needs [`Feedback::rate`] and [`Feedback::lost`].
    fn wants_rate_samples(&self) -> bool {
        false
    }
    /// Whether it keeps less in flight than the network takes, so that rate samples mean nothing.
    fn holds_back(&self) -> bool {
        false
    }
    /// Whether the window still grows by all that is acknowledged.
    fn in_slow_start(&self) -> bool {
        self.threshold().is_none_or(|threshold| self.window() < threshold)
    }
}

/// A new control for segments of `mss` bytes. Without `ecn`, those that live by marks become Reno.
/// What an algorithm leaves to chance is drawn from `seed`.
#[must_use]
pub fn create(config: &Config, mss: u64, ecn: bool, seed: u32) -> Box<dyn CongestionControl> {
    let initial = config.initial_window;
    // Linux has HyStart for CUBIC only.
    let plain = if config.hystart == Hystart::Linux { Hystart::Off } else { config.hystart };
    match config.congestion {
        Congestion::Reno => Box::new(Reno::new(mss, initial).with_hystart(plain)),
        Congestion::Dctcp if !ecn => Box::new(Reno::new(mss, initial).with_hystart(plain)),
        Congestion::Dctcp => Box::new(Dctcp::new(mss, initial).with_hystart(plain)),
        Congestion::Cubic => {
            let cubic = Cubic::new(mss, initial).with_hystart(config.hystart);
            Box::new(if config.cubic_rfc { cubic.as_rfc() } else { cubic })
        }
        Congestion::Bbr => Box::new(Bbr::new(mss, initial, seed)),
        Congestion::None => Box::new(Unlimited),
    }
}

/// What is left of `window` after so many halvings.
const fn halved(window: u64, initial: u64, halvings: u32) -> u64 {
    let floor = if window < initial { window } else { initial };
    let left = if halvings < u64::BITS { window >> halvings } else { 0 };
    if left > floor { left } else { floor }
}

/// The slow start threshold before a window falls in idleness: it remembers three quarters of it
/// (RFC 2861).
const fn remembered(threshold: u64, window: u64) -> u64 {
    let part = window / 2 + window / 4;
    if threshold > part { threshold } else { part }
}

/// An acknowledgment that tells nothing.
#[cfg(test)]
const fn feedback() -> Feedback {
    Feedback {
        now: Time::ZERO,
        rtt: None,
        smoothed_rtt: None,
        sent: 0,
        acknowledged: 0,
        delivered: 0,
        lost: 0,
        in_flight: (0, 0),
        echo: false,
        recovering: false,
        paced: false,
        rate: None,
    }
}
