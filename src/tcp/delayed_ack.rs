//! When an acknowledgment goes out (RFC 9293 section 3.8.6.3; RFC 5681 section 4.2).

use super::Offset;
use super::config::Config;
use crate::units::{MaybeTime, Time};

/// A smaller segment is never taken for a full one (`TCP_MSS_DEFAULT`) \[bytes\].
const LEAST_FULL: u64 = 536;

/// What the other end has to be told, and how soon.
#[derive(Debug, Clone)]
pub(super) struct AckPolicy {
    /// An acknowledgment goes out now.
    pub(super) now: bool,
    /// How many acknowledgments still go out at once (quick ACKs of Linux).
    quick: u32,
    /// This end answers: its data will carry the acknowledgment (the ping-pong mode of Linux).
    interactive: bool,
    /// When data last arrived.
    heard: MaybeTime,
    /// The end of a write has arrived, says PSH on a full segment.
    pushed: bool,
    /// The largest segment that arrived \[bytes\].
    largest: u16,
    /// When an answer to a segment that did not fit last went out.
    challenged: MaybeTime,
}

impl AckPolicy {
    pub(super) const fn new(config: &Config) -> Self {
        Self {
            now: false,
            quick: config.quick_acks,
            interactive: false,
            heard: MaybeTime::NONE,
            pushed: false,
            largest: 0,
            challenged: MaybeTime::NONE,
        }
    }

    /// New data of `bytes` arrived and `waiting` are not acknowledged; out of order, or into a
    /// hole, if not `in_order`. Returns how long the acknowledgment may wait.
    pub(super) fn on_data(
        &mut self,
        now: Time,
        config: &Config,
        bytes: u64,
        waiting: Offset,
        in_order: bool,
    ) -> Option<Time> {
        self.heard = MaybeTime::some(now);
        self.largest = self.largest.max(u16::try_from(bytes).unwrap_or(u16::MAX));
        let two_segments = waiting.cast_unsigned() > u64::from(self.largest);
        let quick = self.quick > 0 && !self.interactive;
        self.now |= !in_order || two_segments || quick;
        (!self.now).then_some(config.delayed_ack)
    }

    /// A full segment with PSH arrived: there may be no more to come for a while.
    pub(super) fn on_push(&mut self, config: &Config, bytes: u64) {
        self.pushed |= config.ack_pushed && bytes >= u64::from(self.largest) && bytes >= LEAST_FULL;
    }

    /// The application has read all there is.
    pub(super) const fn on_drained(&mut self) {
        self.now |= self.pushed && !self.interactive;
    }

    /// The next `count` acknowledgments go out at once (`tcp_enter_quickack_mode`).
    pub(super) fn hurry(&mut self, count: u32) {
        self.quick = self.quick.max(count);
        self.interactive = false;
    }

    /// Old data came again: the other end may not have heard the last acknowledgments, so the next
    /// ones do not wait (`tcp_send_dupack` of Linux).
    pub(super) fn on_repeated(&mut self, config: &Config) {
        self.hurry(config.quick_acks);
    }

    /// A FIN arrived in order. Returns how long its acknowledgment may wait.
    pub(super) fn on_fin(&mut self, config: &Config) -> Option<Time> {
        self.interactive = true;
        self.now |= !config.delay_fin_ack;
        // Linux knows no delay before the first data: its next clock tick sends.
        let delay = if self.heard.is_some() { config.delayed_ack } else { config.clock };
        (!self.now).then_some(delay)
    }

    /// A segment with an acknowledgment went out, with data or without.
    pub(super) fn on_sent(&mut self, now: Time, config: &Config, with_data: bool) {
        self.now = false;
        self.pushed = false;
        self.quick = self.quick.saturating_sub(1);
        if with_data && let Some(heard) = self.heard.get() {
            self.interactive |= now.saturating_sub(heard) < config.delayed_ack;
        }
    }

    /// Answers a segment that does not fit. Those that carry nothing are answered only so often
    /// (RFC 5961 section 7), lest two ends answer each other for ever.
    pub(super) fn challenge(&mut self, now: Time, config: &Config, carries_data: bool) {
        self.now |= carries_data || self.may_answer(now, config);
    }

    /// Whether another segment that carries nothing may be answered now; notes that it is.
    pub(super) fn may_answer(&mut self, now: Time, config: &Config) -> bool {
        let last = self.challenged.get();
        let recent = last.is_some_and(|last| now.saturating_sub(last) < config.challenge_interval);
        if !recent {
            self.challenged = MaybeTime::some(now);
        }
        !recent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Time = Time::from_ms;

    fn delays(config: &Config, segments: u64) -> Vec<bool> {
        let mut policy = AckPolicy::new(config);
        (0..segments)
            .map(|number| {
                let delayed = policy.on_data(MS(100 * number), config, 100, 100, true).is_some();
                policy.on_sent(MS(100 * number), config, false);
                delayed
            })
            .collect()
    }

    #[test]
    fn linux_acknowledges_the_first_sixteen_at_once() {
        let delays = delays(&Config::linux(), 20);
        assert!(delays.iter().take(16).all(|delayed| !delayed));
        assert!(delays.iter().skip(16).all(|delayed| *delayed));
    }

    #[test]
    fn every_second_full_segment_is_acknowledged() {
        let config = Config::rfc();
        let mut policy = AckPolicy::new(&config);
        assert_eq!(policy.on_data(MS(0), &config, 1000, 1000, true), Some(MS(200)));
        assert_eq!(policy.on_data(MS(1), &config, 1000, 2000, true), None);
        assert!(policy.now);
    }

    #[test]
    fn who_answers_may_wait() {
        let config = Config::linux();
        let mut policy = AckPolicy::new(&config);
        policy.on_data(MS(0), &config, 100, 100, true);
        policy.on_sent(MS(1), &config, true);
        assert_eq!(policy.on_data(MS(50), &config, 100, 100, true), Some(MS(40)));
    }

    #[test]
    fn challenges_are_rare() {
        let config = Config::linux();
        let mut policy = AckPolicy::new(&config);
        let mut answered = Vec::new();
        for ms in [0, 100, 499, 500, 900] {
            policy.challenge(MS(ms), &config, false);
            answered.push(std::mem::take(&mut policy.now));
        }
        assert_eq!(answered, [true, false, false, true, false]);
    }
}
