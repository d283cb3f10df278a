//! `red`: random early detection (Floyd and Jacobson, 1993), as in Linux, with its gentle and adaptive variants.
//!
//! Each arriving packet updates an average of the queue's length. Below `min` all pass; between `min` and `max` a share is
//! dropped (or marked, with `ecn`) that rises from nothing to `probability`, evenly spread rather than by chance for
//! each; at `max` and above all are. While the queue is empty the average sinks as if packets of `avpkt` had passed.
//!
//! - `gentle` (Floyd, "Recommendation on using the gentle_ variant of RED", 2000): between `max` and twice that the share
//!   rises on to 1, in the place of the jump at `max`. Linux does not have it.
//! - `adaptive` (Floyd, Gummadi and Shenker, "Adaptive RED", 2001): twice a second `probability` is raised or lowered so that the
//!   average stays in the middle between the thresholds.
//!
//! Thresholds and weight that are not given are those that tc(8) works out. Linux counts with tables of powers of two; here
//! the averages are exact.

use schemars::JsonSchema;
use serde::Deserialize;

use super::buffer::Buffer;
use super::{Backlog, Configuration, Drops, QueueDiscipline, Queued, Site};
use crate::kinds::Fault;
use crate::observe::{DropReason, MarkReason};
use crate::rng::Stream;
use crate::units::{Bytes, Limit, Rate, Ratio, Time};

/// Parameters of `red`, named as in tc-red(8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How much may wait at all.
    pub limit: Bytes,
    /// The average length at which dropping begins; a third of `max` unless said.
    pub min: Option<Bytes>,
    /// The average length at which it is at its most; a quarter of `limit` unless said.
    pub max: Option<Bytes>,
    /// The length of an average packet.
    pub avpkt: Bytes,
    /// How many packets may come at once before the average takes notice; (2 `min` + `max`) / (3 `avpkt`)
    /// unless said.
    pub burst: Option<u32>,
    /// How fast the link sends, for idle times; the rate of the link unless said.
    pub bandwidth: Option<Rate>,
    /// The share that is dropped at `max`.
    pub probability: Ratio,
    /// Whether the share goes on rising to 1 between `max` and twice `max`.
    pub gentle: bool,
    /// Whether `probability` follows the load.
    pub adaptive: bool,
    /// Whether ECN-capable packets are marked rather than dropped.
    pub ecn: bool,
    /// With `ecn`: whether even ECN-capable packets are dropped where the average is above all thresholds.
    pub harddrop: bool,
    /// With `ecn`: whether packets that cannot be marked are left alone below the limit.
    pub nodrop: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limit: Bytes::new(400_000),
            min: None,
            max: None,
            avpkt: Bytes::new(1000),
            burst: None,
            bandwidth: None,
            probability: "2%".parse().expect("a probability"),
            gentle: false,
            adaptive: false,
            ecn: false,
            harddrop: false,
            nodrop: false,
        }
    }
}

impl Config {
    fn max(&self) -> u64 {
        self.max.map_or(self.limit.get() / 4, Bytes::get)
    }

    fn min(&self) -> u64 {
        self.min.map_or(self.max() / 3, Bytes::get)
    }

    fn burst(&self) -> u64 {
        let by_rule = || (2 * self.min() + self.max()) / (3 * self.avpkt.get().max(1));
        self.burst.map_or_else(by_rule, u64::from)
    }

    /// The weight of a new sample: the largest power of 1/2 that lets a burst of this size pass,
    /// `burst + 1 - min / avpkt <= (1 - (1 - w)^burst) / w` (Floyd and Jacobson, section 6.2).
    fn weight(&self) -> Option<f64> {
        let burst = self.burst() as f64;
        let wanted = burst + 1.0 - self.min() as f64 / self.avpkt.get() as f64;
        if wanted < 1.0 {
            return None;
        }
        let weights = (1..32).map(|log| 1.0 / f64::from(1_u32 << log));
        weights.into_iter().find(|w| wanted <= (1.0 - libm::pow(1.0 - w, burst)) / w)
    }
}

impl Configuration for Config {
    fn build(&self, site: &Site<'_>) -> Box<dyn QueueDiscipline> {
        let (min, max) = (self.min() as f64, self.max() as f64);
        let mut red = Red {
            config: *self,
            thresholds: (min, max),
            weight: self.weight().unwrap_or(0.5),
            packet_time: Time::ZERO,
            average: Average::default(),
            since_last: None,
            draw: 0.0,
            probability: self.probability.as_f64(),
            next_adaption: ADAPTION,
            buffer: Buffer::default(),
            dice: site.dice(),
        };
        red.site_changed(site);
        Box::new(red)
    }
    fn limit(&self) -> Option<Limit> {
        Some(Limit::Bytes(self.limit))
    }
    fn check(&self) -> Vec<Fault> {
        let fault =
            |field, message: String, help: &str| Fault { field, message, help: help.into() };
        if self.avpkt.get() == 0 {
            let help = "write the length of an average packet, such as \"1000B\"";
            return vec![fault("avpkt", "packets have a length".into(), help)];
        }
        let (min, max, limit) = (self.min(), self.max(), self.limit.get());
        let mut faults = Vec::new();
        if min >= max {
            let message = format!("{min} bytes are not below max, {max} bytes");
            faults.push(fault("min", message, "write at most half of max"));
        }
        if max > limit {
            let message = format!("{max} bytes are above the limit, {limit} bytes");
            faults.push(fault("max", message, "write about a quarter of the limit"));
        }
        if self.weight().is_none() {
            let message = "so short a burst does not even reach min".into();
            faults.push(fault("burst", message, "write more than min / avpkt"));
        }
        if self.probability.is_zero() {
            let message = "nothing would be dropped before max".into();
            faults.push(fault("probability", message, "write for example \"2%\""));
        }
        for (field, set) in [("harddrop", self.harddrop), ("nodrop", self.nodrop)] {
            if set && !self.ecn {
                let message = "means nothing without ecn".into();
                faults.push(fault(field, message, "write ecn = true as well"));
            }
        }
        faults
    }
}

/// How often `probability` is adapted.
const ADAPTION: Time = Time::from_ms(500);

/// The average length of the queue \[bytes\].
#[derive(Debug, Clone, Copy, Default)]
struct Average {
    value: f64,
    /// Since when the queue is empty.
    idle_since: Option<Time>,
}

#[derive(Debug)]
struct Red {
    config: Config,
    /// Where dropping begins, and where it is at its most \[bytes\].
    thresholds: (f64, f64),
    weight: f64,
    /// What an average packet takes to send.
    packet_time: Time,
    average: Average,
    /// Packets between the thresholds since the last drop; `None` below them.
    since_last: Option<u32>,
    /// The random number that decides when the next is dropped.
    draw: f64,
    probability: f64,
    next_adaption: Time,
    buffer: Buffer,
    dice: Stream,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Pass,
    Early,
    Forced,
}

impl Red {
    /// The average at `now` if the queue has been empty: that of as many packets as might have passed.
    fn idle_average(&self, now: Time) -> f64 {
        let Some(since) = self.average.idle_since else { return self.average.value };
        let idle = now.saturating_sub(since).as_ps() as f64 / self.packet_time.as_ps() as f64;
        self.average.value * libm::pow(1.0 - self.weight, idle)
    }

    fn sample(&mut self, now: Time) {
        self.average.value = match self.average.idle_since {
            Some(_) => self.idle_average(now),
            None => {
                let old = self.average.value;
                old + self.weight * (self.buffer.bytes() as f64 - old)
            }
        };
        self.average.idle_since = None;
    }

    /// The share to be dropped at this average; `None` if all is.
    fn share(&self, average: f64) -> Option<f64> {
        let (min, max) = self.thresholds;
        if average < min {
            Some(0.0)
        } else if average < max {
            Some(self.probability * (average - min) / (max - min))
        } else if self.config.gentle && average < 2.0 * max {
            Some(self.probability + (1.0 - self.probability) * (average - max) / max)
        } else {
            None
        }
    }

    /// What becomes of a packet. Drops are evenly spread: the next one comes when the share times the
    /// packets since the last has reached a random number (section 7, method 2).
    fn verdict(&mut self) -> Verdict {
        let average = self.average.value;
        let Some(share) = self.share(average) else {
            self.since_last = None;
            return Verdict::Forced;
        };
        if average < self.thresholds.0 {
            self.since_last = None;
            return Verdict::Pass;
        }
        let count = self.since_last.map_or(0, |count| count.saturating_add(1));
        self.since_last = Some(count);
        if count == 0 {
            self.draw = self.dice.unit();
        } else if share * f64::from(count) >= self.draw {
            self.since_last = Some(0);
            self.draw = self.dice.unit();
            return Verdict::Early;
        }
        Verdict::Pass
    }

    /// Adapts `probability` at each half second until `now`.
    fn adapt(&mut self, now: Time) {
        let (min, max) = self.thresholds;
        let (low, high) = (min + 0.4 * (max - min), min + 0.6 * (max - min));
        while self.next_adaption <= now {
            let average = self.idle_average(self.next_adaption);
            self.next_adaption = self.next_adaption.saturating_add(ADAPTION);
            if average > high && self.probability <= 0.5 {
                self.probability += (self.probability / 4.0).min(0.01);
            } else if average < low && self.probability >= 0.01 {
                self.probability *= 0.9;
            } else if average < low {
                // It stays so for as long as nothing comes.
                let missed = now.saturating_sub(self.next_adaption).as_ps() / ADAPTION.as_ps();
                self.next_adaption = self.next_adaption.saturating_add(ADAPTION * missed);
            }
        }
    }

    /// Whether the packet may go in after all: marked, or spared.
    fn spares(&self, arriving: &mut Queued, verdict: Verdict) -> bool {
        let may_mark = self.config.ecn && !(self.config.harddrop && verdict == Verdict::Forced);
        may_mark && (arriving.try_mark(MarkReason::Early) || self.config.nodrop)
    }
}

impl QueueDiscipline for Red {
    fn enqueue(&mut self, now: Time, mut arriving: Queued, drops: &mut Drops) {
        if self.config.adaptive {
            self.adapt(now);
        }
        self.sample(now);
        let verdict = self.verdict();
        if verdict != Verdict::Pass && !self.spares(&mut arriving, verdict) {
            drops.push(arriving, DropReason::EarlyDrop);
        } else if self.buffer.bytes() + u64::from(arriving.bytes) > self.config.limit.get() {
            drops.push(arriving, DropReason::QueueFull);
        } else {
            self.buffer.push(arriving);
        }
        if self.buffer.packets() == 0 {
            self.average.idle_since = Some(now);
        }
    }

    fn dequeue(&mut self, now: Time, _: &mut Drops) -> Option<Queued> {
        let next = self.buffer.pop()?;
        if self.buffer.packets() == 0 {
            self.average.idle_since = Some(now);
        }
        Some(next)
    }

    fn backlog(&self) -> Backlog {
        self.buffer.backlog()
    }

    fn take_all(&mut self) -> Vec<Queued> {
        self.average = Average::default();
        self.since_last = None;
        self.buffer.take_all()
    }

    fn front(&self) -> Option<&Queued> {
        self.buffer.front()
    }

    fn site_changed(&mut self, site: &Site<'_>) {
        let rate = self.config.bandwidth.unwrap_or(site.rate);
        self.packet_time = rate.time_for(self.config.avpkt).max(Time::from_ps(1));
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests;
