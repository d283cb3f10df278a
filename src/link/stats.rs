//! What is counted of one direction of a link.

use hdrhistogram::Histogram;

use crate::observe::{DropReason, MarkReason, results};
use crate::queue::Backlog;
use crate::units::Time;

/// Counters of one direction of a link and the queue before it. Those that change with every packet
/// come last, next to the queue and the transmitter.
#[derive(Debug, Default)]
#[repr(C)]
pub struct ChannelStats {
    drops: results::ChannelDrops,
    marks: results::QueueMarks,
    /// When counting began.
    since: Time,
    /// Packets being sent when counting began: how long they waited is not known here.
    carried: u64,
    /// Waiting packets integrated over time \[packet picoseconds\].
    area: u128,
    wait_ps: u128,
    changed: Time,
    /// The most packets and bytes that waited for a time, since somebody last asked.
    peak: Backlog,
    max_packets: u64,
    packets: u64,
    bytes: u64,
    busy: Time,
    last_bytes: u64,
    /// Waits \[ns\] of packets that waited at all, with a precision of 1 %.
    waits: Option<Box<Histogram<u32>>>,
}

impl ChannelStats {
    pub(super) fn transmission(&mut self, bytes: u32, time: Time) {
        self.packets += 1;
        self.bytes += u64::from(bytes);
        self.last_bytes = u64::from(bytes);
        self.busy = self.busy.saturating_add(time);
    }
    #[inline]
    pub(super) fn marked(&mut self, mark: Option<MarkReason>) {
        if let Some(reason) = mark {
            self.marks.count(reason);
        }
    }
    pub(super) fn lost(&mut self, lost: bool) {
        self.drops.loss += u64::from(lost);
    }
    /// The queue dropped a packet.
    pub fn dropped_by_queue(&mut self, reason: DropReason) {
        self.drops.queue += 1;
        self.drops.by_reason.count(reason);
    }
    /// The queue held this until now.
    pub(super) fn queue_changes(&mut self, now: Time, backlog: Backlog) {
        if now == self.changed {
            return;
        }
        self.area += u128::from((now - self.changed).as_ps()) * u128::from(backlog.packets);
        self.peak.packets = self.peak.packets.max(backlog.packets);
        self.peak.bytes = self.peak.bytes.max(backlog.bytes);
        self.changed = now;
    }
    pub(super) fn queue_holds(&mut self, packets: u64) {
        self.max_packets = self.max_packets.max(packets);
    }
    /// The most packets that waited for any time since the last call and until the latest change: what
    /// those miss who look from time to time.
    pub fn take_peak_packets(&mut self) -> u64 {
        std::mem::take(&mut self.peak.packets)
    }
    /// The same of their bytes.
    pub fn take_peak_bytes(&mut self) -> u64 {
        std::mem::take(&mut self.peak.bytes)
    }
    pub(super) fn waited(&mut self, wait: Time) {
        self.wait_ps += u128::from(wait.as_ps());
        self.waits
            .get_or_insert_with(|| {
                Box::new(Histogram::new(2).expect("two significant digits are allowed"))
            })
            .record(wait.as_ns())
            .expect("a histogram that grows takes every value");
    }
    /// The link went down while it was sending until `busy_until`.
    pub(super) fn cut(&mut self, now: Time, busy_until: Time) {
        let rest = busy_until.saturating_sub(now);
        if !rest.is_zero() {
            self.busy = self.busy - rest;
            self.packets -= 1;
            self.bytes -= self.last_bytes;
            self.carried = self.carried.min(self.packets);
        }
    }

    /// Counts from `now` on, when the transmitter is busy until `busy_until` and `waiting` packets wait.
    pub(super) fn restart(&mut self, now: Time, busy_until: Time, waiting: u64) {
        let rest = busy_until.saturating_sub(now);
        let carried = u64::from(!rest.is_zero());
        *self = Self {
            since: now,
            carried,
            packets: carried,
            bytes: if carried > 0 { self.last_bytes } else { 0 },
            busy: rest,
            last_bytes: self.last_bytes,
            max_packets: waiting,
            peak: self.peak,
            changed: now,
            ..Self::default()
        };
    }

    /// A packet arrived damaged.
    pub fn corrupted(&mut self) {
        self.drops.corrupt += 1;
    }
    /// Packets ended because the link is down.
    pub fn dropped_by_down_link(&mut self, packets: u64) {
        self.drops.down += packets;
    }
    /// All packets that ended here so far.
    #[must_use]
    pub const fn all_drops(&self) -> u64 {
        self.drops.queue + self.drops.loss + self.drops.corrupt + self.drops.down
    }
    /// Packets whose transmission has ended by `now`.
    #[must_use]
    pub fn packets_sent(&self, now: Time, busy_until: Time) -> u64 {
        self.packets - u64::from(busy_until > now)
    }
    /// Bytes of the packets whose transmission has ended by `now`.
    #[must_use]
    pub fn bytes_sent(&self, now: Time, busy_until: Time) -> u64 {
        self.bytes - if busy_until > now { self.last_bytes } else { 0 }
    }
    /// Time spent sending so far, the whole of a packet being sent included.
    #[must_use]
    pub const fn busy(&self) -> Time {
        self.busy
    }

    /// The results at `end`, when the transmitter is busy until `busy_until` and `waiting` packets
    /// wait.
    #[must_use]
    pub fn results(&self, end: Time, busy_until: Time, waiting: u64) -> results::Channel {
        let rest = busy_until.saturating_sub(end);
        let unfinished = !rest.is_zero();
        let area = self.area + u128::from((end - self.changed).as_ps()) * u128::from(waiting);
        let span = end.saturating_sub(self.since);
        let share = |ps: f64| if span.is_zero() { 0.0 } else { ps / span.as_ps() as f64 };
        results::Channel {
            packets: self.packets - u64::from(unfinished),
            bytes: self.bytes - if unfinished { self.last_bytes } else { 0 },
            utilization: share((self.busy - rest).as_ps() as f64),
            drops: self.drops,
            marks: self.marks.threshold + self.marks.early + self.marks.overdue,
            marks_by_reason: self.marks,
            queue: results::Queue {
                mean_packets: share(area as f64),
                max_packets: self.max_packets,
                mean_wait_seconds: match self.packets - self.carried {
                    0 => 0.0,
                    packets => self.wait_ps as f64 / packets as f64 / 1e12,
                },
                p50_wait_seconds: self.wait_quantile(0.5),
                p95_wait_seconds: self.wait_quantile(0.95),
                p99_wait_seconds: self.wait_quantile(0.99),
            },
        }
    }

    /// The wait that this share of the packets did not exceed \[s\].
    fn wait_quantile(&self, share: f64) -> f64 {
        let Some(waits) = &self.waits else { return 0.0 };
        let started = self.packets - self.carried;
        let beyond = (started as f64 * (1.0 - share)) / waits.len() as f64;
        if beyond >= 1.0 {
            return 0.0;
        }
        waits.value_at_quantile(1.0 - beyond) as f64 / 1e9
    }
}
