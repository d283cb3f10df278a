//! `pie`: proportional integral controller, enhanced (RFC 8033), as in Linux.
//!
//! Every `tupdate` a probability is adjusted by how far the delay is from the target and by how much it has changed since;
//! arriving packets are dropped with it, or marked with `ecn`. The delay is that of the last packet that left, or with
//! `dq-rate-estimator` the bytes that wait over the rate at which they have left.
//!
//! The controller needs no events of its own: nothing that it looks at changes between two packets, so what it missed
//! is made up for when the next one comes or goes. Linux begins half a second after it was set up, and here
//! the first adjustment is after one `tupdate`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::buffer::Buffer;
use super::{Backlog, Configuration, Drops, QueueDiscipline, Queued, Site};
use crate::kinds::Fault;
use crate::observe::{DropReason, MarkReason};
use crate::rng::Stream;
use crate::units::{Limit, Time};

/// Parameters of `pie`, with the defaults of tc-pie(8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// How much may wait, the packet being sent not counted; more is dropped at the tail.
    pub limit: Limit,
    /// The delay that the controller steers to.
    pub target: Time,
    /// How often it adjusts the probability.
    pub tupdate: Time,
    /// How strongly it reacts to the distance from the target, from 0 to 32 \[1/16 Hz\].
    #[schemars(range(max = 32))]
    pub alpha: u32,
    /// How strongly it reacts to a change of the delay, from 0 to 32 \[1/16 Hz\].
    #[schemars(range(max = 32))]
    pub beta: u32,
    /// Whether ECN-capable packets are marked rather than dropped, while the probability is at most 10 %.
    pub ecn: bool,
    /// Whether shorter packets are dropped less often.
    pub bytemode: bool,
    /// Whether the delay is worked out from the rate at which packets leave.
    pub dq_rate_estimator: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limit: Limit::Packets(1000),
            target: Time::from_ms(15),
            tupdate: Time::from_ms(15),
            alpha: 2,
            beta: 20,
            ecn: false,
            bytemode: false,
            dq_rate_estimator: false,
        }
    }
}

impl Configuration for Config {
    fn build(&self, site: &Site<'_>) -> Box<dyn QueueDiscipline> {
        let rules = Rules::of(self, 0.1, site);
        Box::new(PieQueue {
            limit: self.limit,
            pie: Pie::new(&rules),
            rules,
            buffer: Buffer::default(),
            dice: site.dice(),
        })
    }
    fn limit(&self) -> Option<Limit> {
        Some(self.limit)
    }
    fn check(&self) -> Vec<Fault> {
        check(self.tupdate, self.alpha, self.beta)
    }
}

/// The faults of the controller's constants.
pub(super) fn check(tupdate: Time, alpha: u32, beta: u32) -> Vec<Fault> {
    let mut faults = Vec::new();
    if tupdate.is_zero() {
        faults.push(Fault {
            field: "tupdate",
            message: "the probability would be adjusted for ever at one instant".into(),
            help: "write for example \"15ms\"".into(),
        });
    }
    for (field, value) in [("alpha", alpha), ("beta", beta)] {
        if value > 32 {
            faults.push(Fault {
                field,
                message: format!("{value} is more than tc allows"),
                help: "write a number from 0 to 32: sixteenths per second".into(),
            });
        }
    }
    faults
}

/// What does not change while packets pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    config: Config,
    /// The highest probability at which packets are marked.
    mark_below: f64,
    /// The longest frame \[bytes\].
    longest: u64,
}

impl Rules {
    pub(super) const fn of(config: &Config, mark_below: f64, site: &Site<'_>) -> Self {
        Self { config: *config, mark_below, longest: site.longest as u64 }
    }

    pub(super) const fn resized(&mut self, site: &Site<'_>) {
        self.longest = site.longest as u64;
    }
}

/// Bursts shorter than this are let through (`MAX_BURST`).
const MAX_BURST: Time = Time::from_ms(150);
/// From this much waiting on, the rate at which packets leave is measured (`DQ_THRESHOLD`) \[bytes\].
const MEASURED: u64 = 16_384;

/// The state of one controller.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pie {
    /// When it adjusts next.
    next: Time,
    vars: Vars,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Vars {
    /// The probability to drop.
    prob: f64,
    /// Its sum over the packets since the last drop.
    accumulated: f64,
    burst_left: Time,
    delay: Time,
    delay_before: Time,
    /// When the last packet left, or when the measurement of the rate began.
    stamp: Option<Time>,
    /// Bytes that have left since, while the rate is measured.
    counted: Option<u64>,
    /// The average rate at which packets leave \[bytes/s\].
    rate: f64,
}

impl Vars {
    const INITIAL: Self = Self {
        prob: 0.0,
        accumulated: 0.0,
        burst_left: MAX_BURST,
        delay: Time::ZERO,
        delay_before: Time::ZERO,
        stamp: None,
        counted: None,
        rate: 0.0,
    };
}

impl Pie {
    pub(super) const fn new(rules: &Rules) -> Self {
        Self { next: rules.config.tupdate, vars: Vars::INITIAL }
    }

    /// Makes the adjustments that were due until `now`, while `backlog` bytes waited.
    pub(super) fn catch_up(&mut self, rules: &Rules, now: Time, backlog: u64) {
        while self.next <= now {
            let before = self.vars;
            self.vars.adjust(&rules.config, backlog);
            self.next = self.next.saturating_add(rules.config.tupdate);
            if self.vars == before {
                // Nothing will change it but packets.
                let tupdate = rules.config.tupdate;
                let missed = now.saturating_sub(self.next).as_ps() / tupdate.as_ps();
                self.next = self.next.saturating_add(tupdate * missed);
            }
        }
    }

    /// Whether an arriving packet goes in, perhaps marked, where `backlog` bytes wait (RFC 8033, section 5.1).
    pub(super) fn admits(
        &mut self,
        rules: &Rules,
        arriving: &mut Queued,
        backlog: u64,
        dice: &mut Stream,
    ) -> bool {
        let admitted = !self.vars.drops(rules, arriving.bytes, backlog, dice)
            || rules.config.ecn
                && self.vars.prob <= rules.mark_below
                && arriving.try_mark(MarkReason::Early);
        if !admitted {
            self.vars.accumulated = 0.0;
        }
        admitted
    }

    /// A packet was dropped at the tail.
    pub(super) const fn dropped(&mut self) {
        self.vars.accumulated = 0.0;
    }

    /// A packet leaves now, and `backlog` bytes stay.
    pub(super) fn leaves(&mut self, rules: &Rules, now: Time, packet: &Queued, backlog: u64) {
        let passed = if rules.config.dq_rate_estimator {
            self.vars.measure(now, packet.bytes, backlog)
        } else {
            self.vars.delay = if backlog == 0 { Time::ZERO } else { packet.waited(now) };
            self.vars.stamp.replace(now).map(|last| now.saturating_sub(last))
        };
        if let Some(passed) = passed {
            self.vars.burst_left = self.vars.burst_left.saturating_sub(passed);
        }
    }
}

impl Vars {
    /// Whether a packet of so many bytes is dropped early.
    fn drops(&mut self, rules: &Rules, bytes: u32, backlog: u64, dice: &mut Stream) -> bool {
        let half = rules.config.target.as_ps() / 2;
        if !self.burst_left.is_zero()
            || self.delay.as_ps() < half && self.prob < 0.2
            || backlog < 2 * rules.longest
        {
            return false;
        }
        let bytes = u64::from(bytes);
        let share = match rules.config.bytemode && bytes <= rules.longest {
            true => self.prob * bytes as f64 / rules.longest as f64,
            false => self.prob,
        };
        // Derandomization (section 5.4): drops are neither too close together nor too far apart.
        self.accumulated = if share == 0.0 { 0.0 } else { self.accumulated + share };
        if self.accumulated < 0.85 {
            return false;
        }
        if self.accumulated >= 8.5 {
            return true;
        }
        let drop = dice.unit() < share;
        if drop {
            self.accumulated = 0.0;
        }
        drop
    }

    /// One adjustment (RFC 8033, sections 4.2 and 5.2).
    fn adjust(&mut self, config: &Config, backlog: u64) {
        if config.dq_rate_estimator {
            self.delay_before = self.delay;
            let seconds = if self.rate > 0.0 { backlog as f64 / self.rate } else { 0.0 };
            self.delay = Time::from_secs_f64(seconds);
        }
        let (delay, before) = (self.delay.as_secs_f64(), self.delay_before.as_secs_f64());
        let scale = scale(self.prob) / 16.0;
        let mut change = f64::from(config.alpha) * scale * (delay - config.target.as_secs_f64())
            + f64::from(config.beta) * scale * (delay - before);
        if self.prob >= 0.1 {
            change = change.min(0.02);
        }
        if self.delay > Time::from_ms(250) {
            change += 0.02;
        }
        self.prob = (self.prob + change).clamp(0.0, 1.0);
        let quiet = self.delay.is_zero() && self.delay_before.is_zero();
        if quiet && backlog == 0 {
            self.prob *= 1.0 - 1.0 / 64.0;
        }
        let half = Time::from_ps(config.target.as_ps() / 2);
        let measured = !config.dq_rate_estimator || self.rate > 0.0;
        if self.delay < half && self.delay_before < half && self.prob == 0.0 && measured {
            let Self { delay, delay_before, .. } = *self;
            *self = Self { delay, delay_before, ..Self::INITIAL };
        }
        if !config.dq_rate_estimator {
            self.delay_before = self.delay;
        }
    }

    /// Measures the rate (section 5.3). The time that a measurement took, when one ends.
    fn measure(&mut self, now: Time, bytes: u32, backlog: u64) -> Option<Time> {
        if backlog >= MEASURED && self.counted.is_none() {
            (self.stamp, self.counted) = (Some(now), Some(0));
        }
        let counted = self.counted? + u64::from(bytes);
        self.counted = Some(counted);
        let passed = now.saturating_sub(self.stamp?);
        if counted < MEASURED || passed.is_zero() {
            return None;
        }
        let rate = counted as f64 / passed.as_secs_f64();
        self.rate = if self.rate == 0.0 { rate } else { self.rate + (rate - self.rate) / 8.0 };
        (self.stamp, self.counted) =
            if backlog < MEASURED { (None, None) } else { (Some(now), Some(0)) };
        Some(passed)
    }
}

/// How much weaker the reaction is while the probability is small (section 5.2).
fn scale(prob: f64) -> f64 {
    let steps = [
        (0.000_001, 2048.0),
        (0.000_01, 512.0),
        (0.000_1, 128.0),
        (0.001, 32.0),
        (0.01, 8.0),
        (0.1, 2.0),
    ];
    steps.into_iter().find(|(below, _)| prob < *below).map_or(1.0, |(_, divisor)| 1.0 / divisor)
}

#[derive(Debug)]
struct PieQueue {
    limit: Limit,
    rules: Rules,
    pie: Pie,
    buffer: Buffer,
    dice: Stream,
}

impl QueueDiscipline for PieQueue {
    fn enqueue(&mut self, now: Time, mut arriving: Queued, drops: &mut Drops) {
        let Backlog { packets, bytes } = self.buffer.backlog();
        self.pie.catch_up(&self.rules, now, bytes);
        if !self.limit.admits(packets, bytes, u64::from(arriving.bytes)) {
            self.pie.dropped();
            drops.push(arriving, DropReason::QueueFull);
        } else if self.pie.admits(&self.rules, &mut arriving, bytes, &mut self.dice) {
            self.buffer.push(arriving);
        } else {
            drops.push(arriving, DropReason::EarlyDrop);
        }
    }

    fn dequeue(&mut self, now: Time, _: &mut Drops) -> Option<Queued> {
        self.pie.catch_up(&self.rules, now, self.buffer.bytes());
        let next = self.buffer.pop()?;
        self.pie.leaves(&self.rules, now, &next, self.buffer.bytes());
        Some(next)
    }

    fn backlog(&self) -> Backlog {
        self.buffer.backlog()
    }

    fn take_all(&mut self) -> Vec<Queued> {
        self.pie.vars = Vars::INITIAL;
        self.buffer.take_all()
    }

    fn front(&self) -> Option<&Queued> {
        self.buffer.front()
    }

    fn site_changed(&mut self, site: &Site<'_>) {
        self.rules.resized(site);
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests;
