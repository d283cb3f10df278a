//! `tbf`: a token bucket filter, which shapes to a rate; as in Linux.
//!
//! Tokens come at `rate` and up to `burst`; a packet leaves when there are tokens for all of it. With `peakrate` a
//! second bucket of one frame (`mtu`) keeps bursts to that rate. Packets wait in a queue of their own: first in,
//! first out, of `limit` bytes, or of what comes within `latency`; or whatever `queue` says.
//!
//! The bucket is full at the start. A packet longer than the bucket could never leave and is dropped at once. Where the
//! original divides such packets into segments (GSO) there is nothing to divide here.
//!
//! Not modelled: `mpu` (frames are as long on the wire as the link's `framing` makes them), `linklayer`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::bucket::Bucket;
use super::child::{Child, faults_within};
use super::{Backlog, Configuration, Drops, QueueDiscipline, QueueSpec, Queued, Site};
use crate::kinds::Fault;
use crate::observe::DropReason;
use crate::packet::Packet;
use crate::units::{Bytes, Limit, Rate, Time};

/// Parameters of `tbf`, named as in tc-tbf(8).
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How fast packets may leave in the long run.
    pub rate: Rate,
    /// How much may leave at once after a pause.
    pub burst: Bytes,
    /// How much may wait for tokens.
    #[serde(default)]
    pub limit: Option<Bytes>,
    /// In the place of `limit`: how long a packet may have to wait; 50ms unless either is said.
    #[serde(default)]
    pub latency: Option<Time>,
    /// How fast packets leave in a burst; as fast as the link unless said.
    #[serde(default)]
    pub peakrate: Option<Rate>,
    /// With `peakrate`: what may leave at once even so; a frame unless said.
    #[serde(default)]
    pub mtu: Option<Bytes>,
    /// In the place of `limit`: where packets wait.
    #[serde(default)]
    pub queue: Option<Box<QueueSpec>>,
}

const LATENCY: Time = Time::from_ms(50);

/// What a rate sends in a time \[bytes\].
fn sent(rate: Rate, time: Time) -> u64 {
    let bits = u128::from(rate.as_bps()) * u128::from(time.as_ps()) / 1_000_000_000_000;
    u64::try_from(bits / 8).unwrap_or(u64::MAX)
}

impl Config {
    fn limit(&self, longest: u64) -> u64 {
        if let Some(limit) = self.limit {
            return limit.get();
        }
        let latency = self.latency.unwrap_or(LATENCY);
        let limit = sent(self.rate, latency).saturating_add(self.burst.get());
        let mtu = self.mtu.map_or(longest, Bytes::get);
        let peak = |peak| sent(peak, latency).saturating_add(mtu);
        self.peakrate.map(peak).map_or(limit, |peak| peak.min(limit))
    }
}

impl Configuration for Config {
    fn build(&self, site: &Site<'_>) -> Box<dyn QueueDiscipline> {
        let longest = u64::from(site.longest);
        let own = QueueSpec::fifo(Limit::Bytes(Bytes::new(self.limit(longest))));
        let mtu = self.mtu.unwrap_or(Bytes::new(longest));
        let config = self.clone();
        Box::new(Tbf {
            buckets: buckets(&config, mtu),
            child: Child::new(self.queue.as_deref().unwrap_or(&own), site),
            config,
            mtu,
        })
    }
    fn limit(&self) -> Option<Limit> {
        match &self.queue {
            Some(queue) => queue.config().limit(),
            None => Some(Limit::Bytes(Bytes::new(self.limit(1518)))),
        }
    }
    fn holds_back(&self) -> bool {
        true
    }
    fn has_classes(&self) -> bool {
        self.queue.as_ref().is_some_and(|queue| queue.config().has_classes())
    }
    fn check(&self) -> Vec<Fault> {
        let fault = |field, message: &str, help: &str| Fault {
            field,
            message: message.into(),
            help: help.into(),
        };
        let mut faults =
            self.queue.iter().flat_map(|it| faults_within("queue", it)).collect::<Vec<_>>();
        if self.limit.is_some() && self.latency.is_some() {
            faults.push(fault(
                "latency",
                "`limit` and `latency` both say how much may wait",
                "keep one",
            ));
        }
        if self.queue.is_some() && (self.limit.is_some() || self.latency.is_some()) {
            let message = "has a limit of its own";
            faults.push(fault("queue", message, "leave `limit` and `latency` away"));
        }
        if self.burst.get() == 0 {
            faults.push(fault("burst", "nothing would ever leave", "write at least a frame"));
        }
        if self.peakrate.is_some_and(|peak| peak <= self.rate) {
            faults.push(fault("peakrate", "is not above the rate", "write more, or leave it away"));
        }
        if self.mtu.is_some() && self.peakrate.is_none() {
            faults.push(fault("mtu", "means nothing without `peakrate`", "leave it away"));
        }
        faults
    }
}

/// One bucket for the rate, and perhaps one for the peak rate.
fn buckets(config: &Config, mtu: Bytes) -> (Bucket, Option<Bucket>) {
    let peak = config.peakrate.map(|peak| Bucket::new(peak, mtu));
    (Bucket::new(config.rate, config.burst), peak)
}

#[derive(Debug)]
struct Tbf {
    config: Config,
    mtu: Bytes,
    buckets: (Bucket, Option<Bucket>),
    child: Child,
}

impl Tbf {
    /// How long a packet must wait for tokens.
    fn lacks(&self, now: Time, bytes: u32) -> Time {
        let (bucket, peak) = &self.buckets;
        let peak = peak.as_ref().map_or(Time::ZERO, |peak| peak.lacks(now, bytes));
        bucket.lacks(now, bytes).max(peak)
    }
}

impl QueueDiscipline for Tbf {
    fn enqueue(&mut self, now: Time, arriving: Queued, drops: &mut Drops) {
        let (bucket, peak) = &self.buckets;
        let bytes = arriving.bytes;
        if bucket.can_ever_pass(bytes) && peak.as_ref().is_none_or(|it| it.can_ever_pass(bytes)) {
            self.child.queue.enqueue(now, arriving, drops);
        } else {
            drops.push(arriving, DropReason::Policed);
        }
    }

    fn dequeue(&mut self, now: Time, drops: &mut Drops) -> Option<Queued> {
        let bytes = self.child.peek(now, drops)?;
        if !self.lacks(now, bytes).is_zero() {
            return None;
        }
        let next = self.child.take(now, drops)?;
        let (bucket, peak) = &mut self.buckets;
        bucket.pays(now, next.bytes);
        if let Some(peak) = peak {
            peak.pays(now, next.bytes);
        }
        Some(next)
    }

    fn backlog(&self) -> Backlog {
        self.child.backlog()
    }

    fn take_all(&mut self) -> Vec<Queued> {
        self.buckets = buckets(&self.config, self.mtu);
        self.child.take_all()
    }

    fn ready_at(&self, now: Time) -> Option<Time> {
        match self.child.next_bytes() {
            Some(bytes) => Some(now.saturating_add(self.lacks(now, bytes))),
            None => self.child.ready_at(now),
        }
    }

    fn classifies(&self) -> bool {
        self.child.queue.classifies()
    }

    fn classify(&self, packet: &Packet, arriving: &mut Queued) {
        self.child.queue.classify(packet, arriving);
    }

    fn site_changed(&mut self, site: &Site<'_>) {
        self.child.queue.site_changed(site);
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::lab::{Lab, faults};
    use super::*;

    /// When packets of 1000 bytes leave \[us\], asked whenever the queue says.
    fn times(lab: &mut Lab) -> Vec<u64> {
        let mut times = Vec::new();
        while lab.backlog().0 > 0 {
            if lab.send().is_some() {
                times.push(lab.now.as_ns() / 1000);
            } else {
                lab.now = lab.queue.ready_at(lab.now).expect("it says when");
            }
        }
        times
    }

    /// 2000 bytes are in the bucket, then a byte comes each 8 us.
    #[test]
    fn a_burst_and_then_the_rate_exactly() {
        let mut lab = Lab::of("tbf", "rate = '1Mbps'; burst = '2kB'");
        for _ in 0..5 {
            lab.offer(0, 1000);
        }
        assert_eq!(times(&mut lab), [0, 0, 8000, 16_000, 24_000]);
        // After 8 ms there are 1000 bytes again, after 16 ms 2000 and no more.
        lab.wait(100);
        for _ in 0..3 {
            lab.offer(0, 1000);
        }
        let start = lab.now.as_ns() / 1000;
        assert_eq!(times(&mut lab), [start, start, start + 8000]);
    }

    /// A frame of 1000 bytes takes 2 ms at the peak rate.
    #[test]
    fn bursts_keep_to_the_peak_rate() {
        let mut lab = Lab::of("tbf", "rate = '1Mbps'; burst = '3kB'; peakrate = '4Mbps'");
        for _ in 0..5 {
            lab.offer(0, 1000);
        }
        // At 4 ms three have left, and 500 bytes have come since: the fourth waits for 500 more, until 8 ms.
        assert_eq!(times(&mut lab), [0, 2000, 4000, 8000, 16_000]);
    }

    /// 1 Mbit/s for 50 ms are 6250 bytes, and 2000 more are in the bucket.
    #[test]
    fn the_limit_is_the_latency_and_a_burst() {
        let mut lab = Lab::of("tbf", "rate = '1Mbps'; burst = '2kB'");
        for _ in 0..9 {
            lab.offer(0, 1000);
        }
        assert_eq!(lab.dropped(), [(8, DropReason::QueueFull)]);
        let longest = lab.offer(0, 2001);
        assert_eq!(lab.dropped(), [(longest, DropReason::Policed)], "it could never leave");
        let mut lab = Lab::of("tbf", "rate = '1Mbps'; burst = '2kB'; limit = '1kB'");
        lab.offer(0, 1000);
        lab.offer(0, 1000);
        assert_eq!(lab.dropped(), [(1, DropReason::QueueFull)]);
    }

    #[test]
    fn any_queue_can_be_within() {
        let queue = "queue = { kind = 'head-drop', limit = '2p' }";
        let mut lab = Lab::of("tbf", &format!("rate = '1Mbps'; burst = '1kB'; {queue}"));
        for _ in 0..3 {
            lab.offer(0, 1000);
        }
        assert_eq!(lab.dropped(), [(0, DropReason::Displaced)]);
        assert_eq!(times(&mut lab), [0, 8000]);
    }

    #[test]
    fn faults_are_told() {
        let of = |more: &str| faults("tbf", &format!("rate = '1Mbps'; burst = '2kB'; {more}"));
        assert_eq!(of("limit = '9kB'; latency = '1s'"), ["latency"]);
        assert_eq!(of("limit = '9kB'; queue = '9p'"), ["queue"]);
        assert_eq!(of("peakrate = '1Mbps'"), ["peakrate"]);
        assert_eq!(of("mtu = '1kB'"), ["mtu"]);
        assert_eq!(of("queue = { kind = 'codel', interval = '0s' }"), ["queue"]);
        assert_eq!(faults("tbf", "rate = '1Mbps'; burst = '0B'"), ["burst"]);
    }
}
