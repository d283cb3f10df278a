//! Timers that run out (RFC 9293 sections 3.8 and 3.10.8; RFC 6298 section 5).

use super::recovery::parts;
use super::rto::doubled;
use super::state::State;
use super::timers::Timer;
use super::{CloseReason, Connection};
use crate::packet::tcp::Purpose;
use crate::units::Time;

impl Connection {
    /// The time that [`poll_timeout`](Self::poll_timeout) named has come. Does nothing when called
    /// too early.
    pub fn handle_timeout(&mut self, now: Time) {
        while let Some(timer) = self.timers.take_expired(now) {
            match timer {
                Timer::Retransmit if self.state.is_synchronized() => self.on_retransmit(now),
                Timer::Retransmit => self.on_syn_timeout(now),
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

    fn on_syn_timeout(&mut self, now: Time) {
        let config = &self.config;
        let retries = match self.state {
            State::SynSent => config.syn_retries.saturating_add(config.syn_linear_timeouts),
            // Where both opened, the SYN-ACK has taken the place of the SYN (Linux).
            _ if !self.passive => config.syn_retries,
            _ => config.synack_retries,
        };
        // As in Linux, even the most impatient user waits for a second SYN, and a SYN-ACK has none.
        let has_user = !self.passive && self.progress.syn_timeouts > 0;
        let since = self.progress.stalled_since.get().filter(|_| has_user);
        if self.progress.syn_timeouts >= retries || self.user_is_tired(now, since) {
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

    /// Whether nothing has come for as long as the user timeout since `since` (RFC 5482).
    fn user_is_tired(&self, now: Time, since: Option<Time>) -> bool {
        let limit = self.config.user_timeout.zip(since);
        limit.is_some_and(|(limit, since)| now.saturating_sub(since) >= limit)
    }

    /// No timer that runs out later than the user timeout after `since` is of use
    /// (`tcp_clamp_rto_to_user_timeout` of Linux).
    pub(super) fn hurry_for_user(&mut self, now: Time, timer: Timer, since: Time) {
        if let Some(limit) = self.config.user_timeout {
            let soonest = now.saturating_add(self.config.clock);
            self.timers.bring_forward(timer, since.saturating_add(limit).max(soonest));
        }
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
        // Probes without an answer are counted, not timed (Linux `tcp_probe_timer`).
        let most = if self.orphan { self.config.orphan_retries } else { self.config.retries };
        if self.is_tired_of_probing(now) || self.progress.probes >= most {
            return self.finish(CloseReason::TimedOut);
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
        // What waits to be sent or acknowledged has timers of its own (`tcp_keepalive_timer`).
        let idles = self.queue.in_flight() == 0 && !self.queue.has_new();
        if due > now || !idles {
            let later = now.saturating_add(self.config.keep_alive_idle);
            self.timers.set(Timer::KeepAlive, if idles { due } else { later });
            return;
        }
        let probes = self.progress.probes;
        let gives_up = match self.config.user_timeout {
            // The user's patience goes before the number of probes.
            Some(_) => probes > 0 && self.user_is_tired(now, Some(self.progress.heard)),
            None => probes >= self.config.keep_alive_probes,
        };
        if gives_up {
            return self.reset_connection(now, CloseReason::TimedOut);
        }
        self.timers.set(Timer::KeepAlive, now.saturating_add(self.config.keep_alive_interval));
        self.progress.probes += 1;
        self.pending.probe = true;
    }
}
