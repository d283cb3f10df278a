//! `codel`: controlled delay (RFC 8289), as in Linux.
//!
//! Packets that leave are asked how long they have waited. When even the shortest wait of an interval (100 ms) was above the
//! target (5 ms), packets are dropped at the head, first one, then the next after interval/√2, interval/√3 and
//! so on, until a packet has waited less. What the queue holds for a moment does no harm; what stays in it
//! does.
//!
//! In Linux but not in the RFC: ECN-capable packets are marked in the place of drops, with `ecn`; and all that have
//! waited longer than `ce-threshold` are marked. Linux approximates 1/√n by a step of Newton's method for each drop; here it
//! is exact.

use schemars::JsonSchema;
use serde::Deserialize;

use super::buffer::Buffer;
use super::{Backlog, Configuration, Drops, QueueDiscipline, Queued, Site};
use crate::kinds::Fault;
use crate::observe::{DropReason, MarkReason};
use crate::units::{Limit, Time};

/// Parameters of `codel`, with the defaults of tc-codel(8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// How much may wait, the packet being sent not counted; more is dropped at the tail.
    pub limit: Limit,
    /// The wait that is not too long.
    pub target: Time,
    /// How long waits must exceed it without a break: about the longest round trip.
    pub interval: Time,
    /// Whether ECN-capable packets are marked rather than dropped.
    pub ecn: bool,
    /// ECN-capable packets that have waited longer are marked, whatever the waits before.
    pub ce_threshold: Option<Time>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limit: Limit::Packets(1000),
            target: Time::from_ms(5),
            interval: Time::from_ms(100),
            ecn: false,
            ce_threshold: None,
        }
    }
}

impl Configuration for Config {
    fn build(&self, site: &Site<'_>) -> Box<dyn QueueDiscipline> {
        Box::new(CodelQueue {
            config: *self,
            rules: Rules::of(self, site),
            state: Codel::default(),
            buffer: Buffer::default(),
        })
    }
    fn limit(&self) -> Option<Limit> {
        Some(self.limit)
    }
    fn check(&self) -> Vec<Fault> {
        check(self.target, self.interval)
    }
}

/// The faults of the two times.
pub(super) fn check(target: Time, interval: Time) -> Vec<Fault> {
    let mut faults = Vec::new();
    if interval.is_zero() {
        faults.push(Fault {
            field: "interval",
            message: "in no time at all everything would be dropped".into(),
            help: "write about the longest round trip, such as \"100ms\"".into(),
        });
    } else if target >= interval {
        faults.push(Fault {
            field: "target",
            message: format!("is not below the interval, {interval}"),
            help: "write a twentieth to a tenth of the interval (RFC 8289, section 4.3)".into(),
        });
    }
    faults
}

/// What does not change while packets pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    target: Time,
    interval: Time,
    ecn: bool,
    ce_threshold: Option<Time>,
    /// A queue that holds no more than a frame is never too long \[bytes\].
    longest: u64,
}

impl Rules {
    pub(super) fn of(config: &Config, site: &Site<'_>) -> Self {
        Self {
            target: config.target,
            interval: config.interval,
            ecn: config.ecn,
            ce_threshold: config.ce_threshold,
            longest: u64::from(site.longest),
        }
    }

    /// The control law: when to drop next, after the drop number `count` in a row.
    fn next_drop(&self, after: Time, count: u32) -> Time {
        let span = self.interval.as_ps() as f64 / f64::from(count.max(1)).sqrt();
        after.saturating_add(Time::from_ps(span as u64))
    }
}

/// Where the packets of one CoDel come from.
pub(super) trait Source {
    /// The next.
    fn pop(&mut self) -> Option<Queued>;
    /// Bytes that still wait.
    fn bytes(&self) -> u64;
}

impl Source for Buffer {
    fn pop(&mut self) -> Option<Queued> {
        Self::pop(self)
    }
    fn bytes(&self) -> u64 {
        Self::bytes(self)
    }
}

/// The state of one CoDel.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Codel {
    /// When waits will have been too long for a whole interval, if they are now.
    first_above: Option<Time>,
    dropping: bool,
    drop_next: Time,
    /// Drops since it began to drop.
    pub(super) count: u32,
    /// The same when it last began to drop.
    last_count: u32,
}

impl Codel {
    /// The packet to send (RFC 8289, section 5.5).
    pub(super) fn dequeue(
        &mut self,
        rules: &Rules,
        now: Time,
        source: &mut impl Source,
        drops: &mut Drops,
    ) -> Option<Queued> {
        let (mut next, late) = self.take(rules, now, source);
        if self.dropping {
            if late {
                next = self.go_on(rules, now, next, source, drops);
            } else {
                self.dropping = false;
            }
        } else if late {
            if let Some(first) = next {
                next = match marked(rules, first) {
                    Ok(marked) => Some(marked),
                    Err(first) => {
                        drops.push(first, DropReason::Overdue);
                        self.take(rules, now, source).0
                    }
                };
            }
            self.begin(rules, now);
        }
        if let (Some(packet), Some(threshold)) = (&mut next, rules.ce_threshold)
            && packet.waited(now) > threshold
        {
            packet.try_mark(MarkReason::Threshold);
        }
        next
    }

    /// The next packet, and whether waits have been too long for an interval (`dodequeue`).
    fn take(
        &mut self,
        rules: &Rules,
        now: Time,
        source: &mut impl Source,
    ) -> (Option<Queued>, bool) {
        let next = source.pop();
        let short =
            |packet: &Queued| packet.waited(now) < rules.target || source.bytes() <= rules.longest;
        if next.as_ref().is_none_or(short) {
            self.first_above = None;
            return (next, false);
        }
        let since = *self.first_above.get_or_insert(now.saturating_add(rules.interval));
        (next, now >= since)
    }

    /// Begins to drop. If the last time is not long ago, with the rate of drops that it came to.
    fn begin(&mut self, rules: &Rules, now: Time) {
        self.dropping = true;
        let rose = self.count.saturating_sub(self.last_count);
        let recently = now.saturating_sub(self.drop_next) < rules.interval.saturating_mul(16);
        self.count = if rose > 1 && recently { rose } else { 1 };
        self.last_count = self.count;
        self.drop_next = rules.next_drop(now, self.count);
    }

    /// Drops what is due by the control law.
    fn go_on(
        &mut self,
        rules: &Rules,
        now: Time,
        mut next: Option<Queued>,
        source: &mut impl Source,
        drops: &mut Drops,
    ) -> Option<Queued> {
        while self.dropping && now >= self.drop_next {
            let packet = next?;
            self.count = self.count.saturating_add(1);
            match marked(rules, packet) {
                Ok(marked) => {
                    self.drop_next = rules.next_drop(self.drop_next, self.count);
                    return Some(marked);
                }
                Err(packet) => drops.push(packet, DropReason::Overdue),
            }
            let late;
            (next, late) = self.take(rules, now, source);
            if late {
                self.drop_next = rules.next_drop(self.drop_next, self.count);
            } else {
                self.dropping = false;
            }
        }
        next
    }
}

/// The packet with a mark, if it can have one; or else as it is.
fn marked(rules: &Rules, mut packet: Queued) -> Result<Queued, Queued> {
    if rules.ecn && packet.try_mark(MarkReason::Overdue) { Ok(packet) } else { Err(packet) }
}

#[derive(Debug)]
struct CodelQueue {
    config: Config,
    rules: Rules,
    state: Codel,
    buffer: Buffer,
}

impl QueueDiscipline for CodelQueue {
    fn enqueue(&mut self, _: Time, arriving: Queued, drops: &mut Drops) {
        let Backlog { packets, bytes } = self.buffer.backlog();
        if self.config.limit.admits(packets, bytes, u64::from(arriving.bytes)) {
            self.buffer.push(arriving);
        } else {
            drops.push(arriving, DropReason::QueueFull);
        }
    }

    fn dequeue(&mut self, now: Time, drops: &mut Drops) -> Option<Queued> {
        self.state.dequeue(&self.rules, now, &mut self.buffer, drops)
    }

    fn backlog(&self) -> Backlog {
        self.buffer.backlog()
    }

    fn take_all(&mut self) -> Vec<Queued> {
        self.state = Codel::default();
        self.buffer.take_all()
    }

    /// An empty queue has left the dropping state: a packet that does not wait changes nothing.
    fn can_bypass(&self) -> bool {
        true
    }

    fn site_changed(&mut self, site: &Site<'_>) {
        self.rules = Rules::of(&self.config, site);
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests;
