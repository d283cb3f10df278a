//! Timers that run out (RFC 9293 sections 3.8 and 3.10.8; RFC 6298 section 5).

use super::recovery::parts;
use super::rto::doubled;
use super::state::State;
use super::timers::Timer;
use super::{CloseReason, Connection};
use crate::packet::tcp::Purpose;
use crate::units::{MaybeTime, Time};

impl Connection {
    /// The time that [`poll_timeout`](Self::poll_timeout) named has come. Does nothing when called
    /// too early.
    pub fn handle_timeout(&mut self, now: Time) {
        while let Some(timer) = self.timers.take_expired(now) {
            match timer {
                Timer::Retransmit if self.state.is_synchronized() => self.on_retransmit(now),
                Timer::Retransmit => self.on_syn_timeout(),
                Timer::Reorder => self.on_reorder_timeout(now),
                Timer::TailProbe => self.on_tail_probe_timeout(),
                Timer::Persist => self.on_persist(now),
                Timer::DelayedAck => self.acks.now = true,
                Timer::KeepAlive => self.on_keep_alive(now),
                Timer::Linger => self.finish(CloseReason::Finished),
            }
        }
    }

    /// How long the SYN or SYN-ACK that was sent waits for its answer. The first few waits of a
    /// SYN may all have the same length.
    pub(super) fn syn_timeout(&self) -> Time {
        let linear = if self.state == State::SynSent { self.config.syn_linear_timeouts } else { 0 };
        let doublings = self.progress.syn_timeouts.saturating_sub(linear);
        doubled(self.config.rto_initial, doublings, &self.config)
    }

    fn on_syn_timeout(&mut self) {
        let config = &self.config;
        let retries = match self.state {
            State::SynSent => config.syn_retries.saturating_add(config.syn_linear_timeouts),
            _ => config.synack_retries,
        };
        if self.progress.syn_timeouts >= retries {
            return self.finish(CloseReason::TimedOut);
        }
        self.progress.syn_timeouts += 1;
        self.progress.timeouts += 1;
        self.pending.syn = Some(Purpose::TimeoutRetransmit);
    }

    fn on_retransmit(&mut self, now: Time) {
        if self.queue.in_flight() == 0 {
            return;
        }
        let since = self.progress.stalled_since.get_or_insert(now);
        if self.has_waited_enough(now, since) {
            return self.finish(CloseReason::TimedOut);
        }
        self.progress.timeouts += 1;
        let recent = self.detects_by_time().then(|| self.rack.still_on_the_way(now));
        self.recovery.on_timeout(recent, &mut parts!(self));
        self.timers.stop(Timer::Reorder);
        self.on_reduction();
        self.rtt.back_off();
        self.restart_retransmission(now);
    }

    /// Whether what has been unanswered since `since` is given up.
    fn has_waited_enough(&self, now: Time, since: Time) -> bool {
        let retries = if self.orphan { self.config.orphan_retries } else { self.config.retries };
        let patience = self.config.patience(retries);
        let patience = self.config.user_timeout.map_or(patience, |limit| limit.min(patience));
        now.saturating_sub(since) >= patience
    }

    /// RFC 9293 section 3.8.6.1: the window is shut, or too small for what waits.
    fn on_persist(&mut self, now: Time) {
        if !self.is_blocked_by_window() {
            return;
        }
        let since = self.progress.stalled_since.get_or_insert(now);
        if self.is_tired_of_probing(now)
            || self.progress.probes > self.config.retries
            || (self.progress.probes > 0 && self.has_waited_enough(now, since))
        {
            return self.finish(CloseReason::TimedOut);
        }
        if self.progress.probes == 0 {
            self.progress.stalled_since = MaybeTime::some(now);
        }
        self.progress.probes += 1;
        self.progress.persist_backoff += 1;
        self.pending.probe = true;
    }

    /// Whether a window that stays shut is waited for no longer although the other end answers: the
    /// user timeout has passed, or the application has closed and the probes are as rare as they
    /// get (Linux `tcp_probe_timer`).
    fn is_tired_of_probing(&mut self, now: Time) -> bool {
        let shut = now.saturating_sub(self.progress.shut_since.get_or_insert(now));
        let backoff = self.progress.persist_backoff;
        let wait = doubled(self.rtt.base(&self.config), backoff, &self.config);
        self.config.user_timeout.is_some_and(|limit| shut >= limit)
            || self.orphan && wait >= self.config.rto_max && backoff >= self.config.orphan_retries
    }

    pub(super) fn start_keep_alive(&mut self, now: Time) {
        if self.config.keep_alive {
            self.timers.set(Timer::KeepAlive, now.saturating_add(self.config.keep_alive_idle));
        }
    }

    /// RFC 9293 section 3.8.4. The timer is not moved by each segment; it looks when it runs out.
    fn on_keep_alive(&mut self, now: Time) {
        let due = self.progress.heard.saturating_add(self.config.keep_alive_idle);
        if due > now {
            self.timers.set(Timer::KeepAlive, due);
            return;
        }
        if self.progress.probes >= self.config.keep_alive_probes {
            return self.reset_connection(CloseReason::TimedOut);
        }
        self.timers.set(Timer::KeepAlive, now.saturating_add(self.config.keep_alive_interval));
        if self.queue.in_flight() == 0 {
            self.progress.probes += 1;
            self.pending.probe = true;
        }
    }
}
