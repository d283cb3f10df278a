//! What one direction of a link is set to.

use crate::queue::QueueSpec;
use crate::units::{Bytes, Rate, Ratio, Time};

use super::loss::LossSpec;

/// Settings of one direction of a link; all may change while the simulation runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// How fast bits go onto the link.
    pub rate: Rate,
    /// How long a bit travels.
    pub delay: Time,
    /// The largest packet above the link layer \[bytes\].
    pub mtu: u16,
    /// What the link layer adds to each packet.
    pub framing: Framing,
    /// The queue before the link.
    pub queue: QueueSpec,
    /// Which packets the link loses.
    pub loss: LossSpec,
    /// Probability that a packet arrives twice.
    pub duplicate: Ratio,
    /// Probability that bits of a packet are damaged.
    pub corrupt: Ratio,
    /// Each packet travels longer by a random time up to this, evenly distributed.
    pub jitter: Time,
    /// Probability that a packet is held back by `reorder_delay`, so that later ones overtake.
    pub reorder: Ratio,
    /// How long such a packet is held back.
    pub reorder_delay: Time,
    /// Whether the link carries anything.
    pub up: bool,
}

impl Default for Config {
    /// A clean gigabit Ethernet cable without length.
    fn default() -> Self {
        Self {
            rate: Rate::from_bps(1_000_000_000),
            delay: Time::ZERO,
            mtu: 1500,
            framing: Framing::ETHERNET,
            queue: QueueSpec::default(),
            loss: LossSpec::None,
            duplicate: Ratio::ZERO,
            corrupt: Ratio::ZERO,
            jitter: Time::ZERO,
            reorder: Ratio::ZERO,
            reorder_delay: Time::from_ms(1),
            up: true,
        }
    }
}

/// Link-layer bytes around each packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Framing {
    /// Header and trailer \[bytes\].
    pub overhead: Bytes,
    /// Shorter frames are padded to this length \[bytes\].
    pub minimum: Bytes,
}

impl Framing {
    /// Ethernet II: 14 bytes of header and 4 of checksum, frames of at least 64 bytes
    /// (IEEE 802.3). Preamble and gap between frames are not counted.
    pub const ETHERNET: Self = Self { overhead: Bytes::new(18), minimum: Bytes::new(64) };
    /// PPP with its two-byte protocol field (RFC 1661), no flags or checksum.
    pub const PPP: Self = Self { overhead: Bytes::new(2), minimum: Bytes::new(0) };
    /// Nothing: packets are as long as their network layer says.
    pub const NONE: Self = Self { overhead: Bytes::new(0), minimum: Bytes::new(0) };

    /// Length on the wire of a packet of `length` bytes \[bytes\].
    #[inline]
    #[must_use]
    pub fn on_wire(self, length: u64) -> u64 {
        (length + self.overhead.get()).max(self.minimum.get())
    }
}
