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

use schemars::JsonSchema;
use serde::Deserialize;

use crate::fifo::Fifo;
use crate::observe::Times;
use crate::units::{Bytes, Limit, Time};

/// What a datagram counts for in a receive buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Accounting {
    /// Its data.
    Payload,
    /// The memory that Linux allocates for it, several times a small datagram's data.
    Linux,
}

impl Accounting {
    /// What an item with so much data counts for \[bytes\].
    #[must_use]
    pub const fn charge(self, data: u64) -> u64 {
        match self {
            Self::Payload if data == 0 => 1,
            Self::Payload => data,
            Self::Linux => linux_memory(data),
        }
    }
}

/// The memory that Linux 6.18 (x86-64) holds for a datagram with so much data \[bytes\], its
/// `skb->truesize`. Measured by filling buffers over the whole range of sizes; the parts are named
/// after the kernel's source.
#[must_use]
pub const fn linux_memory(data: u64) -> u64 {
    /// `struct sk_buff`.
    const DESCRIPTOR: u64 = 256;
    /// `struct skb_shared_info`, behind the data.
    const TRAILER: u64 = 320;
    /// The smallest buffer there is (`SKB_SMALL_HEAD_CACHE_SIZE`); others are powers of two.
    const SMALL: u64 = 576;
    /// Room for the Ethernet header and its alignment, and the IP and UDP headers.
    const HEADERS: u64 = 31 + 28;
    /// From this length on the data is kept in pages of its own (`SKB_MAX_ALLOC`).
    const PAGED: u64 = 16_064;

    if data + HEADERS >= PAGED {
        return DESCRIPTOR + SMALL + data;
    }
    let buffer = (data + HEADERS).next_multiple_of(64) + TRAILER;
    DESCRIPTOR + if buffer <= SMALL { SMALL } else { buffer.next_power_of_two() }
}

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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    const DEFAULT: u64 = 212_992;

    fn linux(set: Option<u64>) -> ReceiveBuffer<u32> {
        let default = Limit::Bytes(Bytes::new(DEFAULT));
        let mut buffer = ReceiveBuffer::new(Time::ZERO, default, Accounting::Linux);
        if let Some(limit) = set {
            buffer.set_limit(Limit::Bytes(Bytes::new(limit)));
        }
        buffer
    }

    fn payload(limit: Limit) -> ReceiveBuffer<u32> {
        ReceiveBuffer::new(Time::ZERO, limit, Accounting::Payload)
    }

    /// The numbers of those of `sent` datagrams that are kept while nobody reads.
    fn kept(mut buffer: ReceiveBuffer<u32>, data: u32, sent: u32) -> Vec<u32> {
        for number in 0..sent {
            let _ = buffer.push(Time::ZERO, number, data);
        }
        std::iter::from_fn(|| buffer.pop(Time::ZERO)).collect()
    }

    #[test]
    fn waits_are_those_of_what_was_read() {
        let mut buffer = payload(Limit::Packets(10));
        for number in 0..4 {
            let _ = buffer.push(Time::from_ms(u64::from(number)), number, 100);
        }
        // 10, 9 and 8 ms; the last still waits. One more is read at once.
        for _ in 0..3 {
            buffer.pop(Time::from_ms(10));
        }
        let statistics = buffer.statistics(Time::from_ms(20));
        assert!((statistics.mean_wait_seconds - 0.009).abs() < 1e-12, "{statistics:?}");
        assert!((statistics.p99_wait_seconds - 0.01).abs() < 1e-4, "{statistics:?}");
        buffer.pop(Time::from_ms(3));
        let statistics = buffer.statistics(Time::from_ms(20));
        assert!((statistics.mean_wait_seconds - 0.027 / 4.0).abs() < 1e-12, "{statistics:?}");
    }

    #[test]
    fn keeps_as_many_datagrams_as_linux() {
        // SO_RCVBUF (none: the default), data of each datagram, how many of 1000 were kept;
        // measured on Linux 6.18 over a virtual Ethernet link, the last four over loopback.
        for (set, data, count) in [
            (None, 100, 256),
            (None, 1000, 92),
            (None, 1400, 92),
            (Some(2048), 100, 4),
            (Some(2048), 1000, 1),
            (Some(2048), 1400, 1),
            (Some(8192), 0, 19),
            (Some(8192), 1, 19),
            (Some(8192), 100, 19),
            (Some(8192), 1000, 7),
            (Some(8192), 1400, 7),
            (Some(65_536), 100, 157),
            (Some(65_536), 1000, 56),
            (Some(65_536), 1400, 56),
            (Some(65_536), 8000, 7),
            (Some(65_536), 30_000, 4),
            (Some(65_536), 60_000, 2),
            (Some(1024), 60_000, 1),
        ] {
            let list = kept(linux(set), data, 1000);
            assert!(list.iter().copied().eq(0..count), "{set:?}, {data} bytes: {list:?}");
        }
    }

    #[test]
    fn memory_steps_are_those_of_linux() {
        // The sizes at which the number kept in 131072 bytes was seen to change.
        for (data, below, from) in
            [(198, 832, 1280), (646, 1280, 2304), (1670, 2304, 4352), (3718, 4352, 8448)]
        {
            assert_eq!((linux_memory(data - 1), linux_memory(data)), (below, from), "{data}");
        }
    }

    #[test]
    fn a_slow_reader_frees_room_in_steps() {
        // Measured: SO_RCVBUF 8192, 1000 bytes every 1.1 ms, a read every 10 ms. After each
        // second read two datagrams found room.
        let measured = [
            0, 1, 2, 3, 4, 5, 6, 7, 18, 19, 36, 37, 54, 55, 73, 74, 91, 92, 109, 110, 128, 129,
            146, 147, 164, 165, 182, 183, 201, 202, 219, 220, 237, 238, 256, 257, 273, 274, 291,
            292,
        ];
        let (mut buffer, mut kept, mut reads) = (linux(Some(8192)), Vec::new(), 0);
        for number in 0..300_u32 {
            let now = Time::from_us(u64::from(number) * 1098);
            // The first read came just after the first datagram.
            while Time::from_us(reads * 10_000 + 100) <= now {
                buffer.pop(now);
                reads += 1;
            }
            if buffer.push(now, number, 1000).is_ok() {
                kept.push(number);
            }
        }
        assert_eq!(kept.len(), measured.len(), "{kept:?}");
        assert!(kept.iter().zip(measured).all(|(a, b)| a.abs_diff(b) <= 1), "{kept:?}");
    }

    #[test]
    fn payload_counts_data_and_packets_count_packets() {
        let bytes = |limit| payload(Limit::Bytes(Bytes::new(limit)));
        assert_eq!(kept(bytes(1000), 100, 50).len(), 10);
        assert_eq!(kept(bytes(1000), 0, 2000).len(), 1000);
        assert_eq!(kept(bytes(99), 100, 50).len(), 0);
        assert_eq!(kept(payload(Limit::Packets(3)), 60_000, 50), [0, 1, 2]);
        assert_eq!(kept(payload(Limit::Packets(0)), 0, 50).len(), 0);
        let mut packets = linux(None);
        packets.set_limit(Limit::Packets(5));
        assert_eq!(kept(packets, 1400, 50).len(), 5);
    }

    #[test]
    fn a_smaller_limit_keeps_what_waits() {
        let mut buffer = payload(Limit::Packets(4));
        assert!((0..4).all(|number| buffer.push(Time::ZERO, number, 10).is_ok()));
        buffer.set_limit(Limit::Packets(2));
        assert_eq!((buffer.len(), buffer.bytes()), (4, 40));
        assert_eq!(buffer.push(Time::ZERO, 4, 10), Err(4));
        assert_eq!([buffer.pop(Time::ZERO), buffer.pop(Time::ZERO)], [Some(0), Some(1)]);
        assert_eq!(buffer.push(Time::ZERO, 5, 10), Err(5));
        assert_eq!(buffer.pop(Time::ZERO), Some(2));
        assert_eq!(buffer.push(Time::ZERO, 6, 10), Ok(()));
    }

    #[test]
    fn means_are_weighted_by_time() {
        let mut buffer =
            ReceiveBuffer::new(Time::from_secs(1), Limit::Packets(9), Accounting::Payload);
        assert_eq!(buffer.statistics(Time::from_secs(1)).mean_depth_packets, 0.0);
        buffer.push(Time::from_secs(2), 'a', 100).expect("room");
        buffer.push(Time::from_secs(3), 'b', 300).expect("room");
        assert_eq!(buffer.pop(Time::from_secs(4)), Some('a'));
        // Nothing for 1 s, 100 bytes for 1 s, 400 for 1 s, 300 for 2 s.
        let statistics = buffer.statistics(Time::from_secs(6));
        assert_eq!((statistics.mean_depth_packets, statistics.mean_depth_bytes), (1.0, 220.0));
        assert_eq!((statistics.max_depth_packets, statistics.max_depth_bytes), (2, 400));
        assert_eq!((statistics.received, statistics.delivered, statistics.dropped), (2, 1, 0));
    }

    #[derive(Debug, Clone)]
    enum Step {
        Push(u32),
        Pop,
        Limit(Limit),
    }

    fn step() -> impl Strategy<Value = Step> {
        let limit = prop_oneof![
            (0..20_u64).prop_map(Limit::Packets),
            (0..20_000_u64).prop_map(|bytes| Limit::Bytes(Bytes::new(bytes))),
        ];
        prop_oneof![
            6 => (0..2000_u32).prop_map(Step::Push),
            4 => Just(Step::Pop),
            1 => limit.prop_map(Step::Limit),
        ]
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_made(linux: bool, steps in prop::collection::vec(step(), 0..300)) {
            let accounting = if linux { Accounting::Linux } else { Accounting::Payload };
            let mut buffer = ReceiveBuffer::new(Time::ZERO, Limit::Packets(8), accounting);
            let (mut model, mut sent, mut read, mut dropped) = (VecDeque::new(), 0_u64, 0, 0);
            for step in steps {
                match step {
                    Step::Push(bytes) => {
                        let before = (buffer.len() as u64, buffer.charged);
                        let fits = buffer.limit().admits(before.0, before.1, accounting.charge(bytes.into()));
                        match buffer.push(Time::ZERO, sent, bytes) {
                            Ok(()) => {
                                prop_assert!(fits || linux && before.1 == 0);
                                model.push_back((sent, bytes));
                            }
                            Err(item) => {
                                prop_assert!(!fits);
                                prop_assert_eq!(item, sent);
                                dropped += 1;
                            }
                        }
                        sent += 1;
                    }
                    Step::Pop => {
                        let expected = model.pop_front().map(|(number, _)| number);
                        read += u64::from(expected.is_some());
                        prop_assert_eq!(buffer.pop(Time::ZERO), expected);
                    }
                    Step::Limit(limit) => buffer.set_limit(limit),
                }
                let statistics = buffer.statistics(Time::ZERO);
                prop_assert_eq!(statistics.received, sent);
                prop_assert_eq!((statistics.delivered, statistics.dropped), (read, dropped));
                prop_assert_eq!(statistics.received, read + dropped + buffer.len() as u64);
                prop_assert_eq!(buffer.bytes(), model.iter().map(|(_, bytes)| u64::from(*bytes)).sum::<u64>());
                let due: u64 = model.iter().map(|(_, bytes)| accounting.charge((*bytes).into())).sum();
                prop_assert_eq!(buffer.charged, due + buffer.owed);
                prop_assert!(linux || buffer.owed == 0);
            }
        }
    }
}
