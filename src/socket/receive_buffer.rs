//! The receive buffer of a socket: a port is a queue that its process reads from.
//!
//! First in, first out; what finds no room is dropped and what is there stays, as in Linux. What
//! an item counts for against the limit is an [`Accounting`]:
//!
//! - `payload`: its data, so that a sum made by hand fits. An item without data counts as one
//!   byte, so that a limit in bytes always ends somewhere.
//! - `linux`: the memory that Linux 6.18 allocates for it ([`linux_memory`], measured): 832 bytes
//!   for the smallest datagram, 2304 for one that fills an Ethernet frame. As there, setting a limit in bytes (`SO_RCVBUF`)
//!   allows twice as much, the limit that a socket starts with (`net.core.rmem_default`) is
//!   taken as it is, an empty buffer takes any datagram, and memory that reads set free is
//!   given back in steps of a quarter of the limit.
//!
//! A limit in packets is the same under both.
//!
//! Not modelled: Linux's bounds on `SO_RCVBUF` (at least 2304 bytes, at most
//! `net.core.rmem_max`), and the memory of fragments: a datagram counts as if it had come whole.

mod accounting;
#[cfg(test)]
mod tests;

pub use accounting::{Accounting, linux_memory};

use crate::fifo::Fifo;
use crate::observe::Times;
use crate::units::{Bytes, Limit, Time};

/// What went through a buffer since it was made, and what it held.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Statistics {
    /// Items that arrived.
    pub received: u64,
    /// Items that were read.
    pub delivered: u64,
    /// Items that found no room.
    pub dropped: u64,
    /// The most items that waited.
    pub max_depth_packets: u64,
    /// The most data that waited \[bytes\].
    pub max_depth_bytes: u64,
    /// Mean number of waiting items, weighted by time.
    pub mean_depth_packets: f64,
    /// Mean waiting data, weighted by time \[bytes\].
    pub mean_depth_bytes: f64,
    /// Mean wait of the items that were read \[s\]; those that were read at once count as zero.
    pub mean_wait_seconds: f64,
    /// 99th percentile of these waits \[s\], within 1 %.
    pub p99_wait_seconds: f64,
}

/// Items that wait to be read.
#[derive(Debug)]
pub struct ReceiveBuffer<T> {
    /// With the data in each \[bytes\] and when it came.
    items: Fifo<(T, u32, Time)>,
    limit: Limit,
    accounting: Accounting,
    /// Data of the waiting items \[bytes\].
    bytes: u64,
    /// What counts against a limit in bytes.
    charged: u64,
    /// Read but not yet given back (Linux's `forward_deficit`) \[bytes\]; a part of `charged`.
    owed: u64,
    received: u64,
    /// Items that waited when counting began.
    carried: u64,
    dropped: u64,
    max_packets: u64,
    max_bytes: u64,
    /// The most items and bytes that waited for a time, since somebody last asked.
    peak: (u64, u64),
    since: Time,
    changed: Time,
    /// Packets times picoseconds, and bytes times picoseconds, from `since` to `changed`.
    packet_time: u128,
    byte_time: u128,
    /// How long items waited that were not read at once.
    waits: Times,
}

impl<T: Copy> ReceiveBuffer<T> {
    /// An empty buffer with the limit that its system gives every socket.
    #[must_use]
    pub const fn new(now: Time, limit: Limit, accounting: Accounting) -> Self {
        Self {
            items: Fifo::new(),
            limit,
            accounting,
            bytes: 0,
            charged: 0,
            owed: 0,
            received: 0,
            carried: 0,
            dropped: 0,
            max_packets: 0,
            max_bytes: 0,
            peak: (0, 0),
            since: now,
            changed: now,
            packet_time: 0,
            byte_time: 0,
            waits: Times::new(),
        }
    }

    /// Sets the limit (`SO_RCVBUF`). What waits already stays, even beyond the limit.
    pub fn set_limit(&mut self, limit: Limit) {
        self.limit = match (self.accounting, limit) {
            (Accounting::Linux, Limit::Bytes(bytes)) => {
                Limit::Bytes(Bytes::new(bytes.get().saturating_mul(2)))
            }
            _ => limit,
        };
    }

    /// Takes in an item with `bytes` of data.
    ///
    /// # Errors
    /// The item, if there is no room for it.
    #[inline(always)]
    pub fn push(&mut self, now: Time, item: T, bytes: u32) -> Result<(), T> {
        self.received += 1;
        let charge = self.accounting.charge(bytes.into());
        if !self.admits(charge) {
            self.dropped += 1;
            return Err(item);
        }
        self.advance(now);
        self.items.push((item, bytes, now));
        self.charged += charge;
        self.bytes += u64::from(bytes);
        self.max_packets = self.max_packets.max(self.items.len() as u64);
        self.max_bytes = self.max_bytes.max(self.bytes);
        Ok(())
    }

    /// Takes out the item that has waited longest.
    #[inline(always)]
    pub fn pop(&mut self, now: Time) -> Option<T> {
        if self.items.is_empty() {
            return None;
        }
        self.advance(now);
        let (item, bytes, since) = self.items.pop()?;
        if now > since {
            self.waits.add(now - since);
        }
        self.bytes -= u64::from(bytes);
        self.give_back(self.accounting.charge(bytes.into()));
        Some(item)
    }

    /// Waiting items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }
    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
    /// Waiting data \[bytes\].
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }
    /// The limit in force; under Linux's accounting twice the one that was set.
    #[must_use]
    pub const fn limit(&self) -> Limit {
        self.limit
    }

    /// Counts from `now` on.
    pub fn restart_counts(&mut self, now: Time) {
        self.advance(now);
        self.received = 0;
        self.carried = self.items.len() as u64;
        self.dropped = 0;
        self.max_packets = self.carried;
        self.max_bytes = self.bytes;
        (self.since, self.changed) = (now, now);
        (self.packet_time, self.byte_time) = (0, 0);
        self.waits = Times::new();
    }

    /// When the buffer was made, or counting began anew.
    #[must_use]
    pub const fn since(&self) -> Time {
        self.since
    }
    /// The most items that waited for any time since the last call and until the latest change: what
    /// those miss who look from time to time.
    pub const fn take_peak_packets(&mut self) -> u64 {
        std::mem::replace(&mut self.peak.0, 0)
    }
    /// The same of their data \[bytes\].
    pub const fn take_peak_bytes(&mut self) -> u64 {
        std::mem::replace(&mut self.peak.1, 0)
    }

    /// What went through the buffer since it was made, or counting began anew, until `now`.
    #[must_use]
    pub fn statistics(&self, now: Time) -> Statistics {
        let rest = u128::from(now.saturating_sub(self.changed).as_ps());
        let span = now.max(self.changed).saturating_sub(self.since).as_ps() as f64;
        let mean = |sum: u128| if span > 0.0 { sum as f64 / span } else { 0.0 };
        let delivered = self.received + self.carried - self.dropped - self.items.len() as u64;
        Statistics {
            received: self.received,
            delivered,
            mean_wait_seconds: self.waits.mean_of(delivered),
            p99_wait_seconds: self.waits.quantile_of(delivered, 0.99),
            dropped: self.dropped,
            max_depth_packets: self.max_packets,
            max_depth_bytes: self.max_bytes,
            mean_depth_packets: mean(self.packet_time + self.items.len() as u128 * rest),
            mean_depth_bytes: mean(self.byte_time + u128::from(self.bytes) * rest),
        }
    }

    fn admits(&self, charge: u64) -> bool {
        // Linux takes a datagram that alone exceeds the buffer if nothing else is in it.
        self.limit.admits(self.items.len() as u64, self.charged, charge)
            || self.accounting == Accounting::Linux
                && self.charged == 0
                && matches!(self.limit, Limit::Bytes(_))
    }

    /// Frees what a read item was charged; under Linux's accounting not at once
    /// (`udp_rmem_release`): a slow reader frees room for several datagrams at a time.
    fn give_back(&mut self, charge: u64) {
        self.owed += charge;
        let step = match (self.accounting, self.limit) {
            (Accounting::Linux, Limit::Bytes(limit)) => limit.get() / 4,
            _ => 0,
        };
        if self.owed >= step || self.items.is_empty() {
            self.charged -= self.owed;
            self.owed = 0;
        }
    }

    /// Adds the time since the last change to the depth's sums.
    fn advance(&mut self, now: Time) {
        if self.items.is_empty() || now == self.changed {
            self.changed = now;
            return;
        }
        let span = u128::from(now.saturating_sub(self.changed).as_ps());
        self.packet_time += span * self.items.len() as u128;
        self.byte_time += span * u128::from(self.bytes);
        self.peak = (self.peak.0.max(self.items.len() as u64), self.peak.1.max(self.bytes));
        self.changed = now;
    }
}
