//! A listening socket: the queue of connections half open, and of those that wait for `accept()`.
//!
//! The rules are those of Linux 6.18, measured: `listen(N)` lets N + 1 connections wait, and N + 1
//! more be half open; what comes then is dropped in silence or answered with a SYN cookie.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::Deserialize;

use super::SynCookies;
use crate::id::SocketId;
use crate::observe::results::Listen;
use crate::units::Time;

/// When a listener answers SYNs with cookies (`tcp_syncookies`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CookiePolicy {
    /// Never: what finds the SYN queue full is dropped.
    Off,
    /// When the SYN queue is full.
    #[default]
    WhenFull,
    /// Always: no SYN costs memory.
    Always,
}

/// What a host lets its listeners do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenRules {
    /// When SYNs are answered with cookies.
    pub syn_cookies: CookiePolicy,
    /// Without cookies the last quarter of so many half-open connections is kept for hosts that
    /// were heard before (`tcp_max_syn_backlog`); in a simulation nobody was.
    pub max_syn_backlog: u32,
    /// No backlog is longer (`somaxconn`).
    pub max_backlog: u32,
    /// Whether a client that finds the accept queue full gets a reset
    /// (`tcp_abort_on_overflow`).
    pub abort_on_overflow: bool,
}

/// What becomes of a SYN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is remembered: a connection is half open.
    Remember,
    /// It is answered with a cookie and forgotten.
    Cookie,
    /// It is dropped in silence: the accept queue is full.
    AcceptQueueFull,
    /// It is dropped in silence: the SYN queue is full.
    SynQueueFull,
}

/// A listening socket.
#[derive(Debug)]
pub struct Listener {
    backlog: u32,
    half_open: u32,
    waiting: VecDeque<SocketId>,
    /// When the SYN queue last overflowed into cookies.
    overflowed: Option<Time>,
    /// Segments that came for it.
    pub received: u64,
    /// What happened in its queues.
    pub counters: Listen,
}

impl Listener {
    /// A listener whose process called `listen(backlog)`.
    #[must_use]
    pub fn new(backlog: u32, rules: &ListenRules) -> Self {
        Self {
            backlog: backlog.min(rules.max_backlog),
            half_open: 0,
            waiting: VecDeque::new(),
            overflowed: None,
            received: 0,
            counters: Listen::default(),
        }
    }

    /// Counts anew.
    pub fn restart_counts(&mut self) {
        self.received = 0;
        self.counters = Listen {
            max_syn_queue: u64::from(self.half_open),
            max_accept_queue: self.waiting.len() as u64,
            ..Listen::default()
        };
    }

    /// `listen()` called again.
    pub fn set_backlog(&mut self, backlog: u32, rules: &ListenRules) {
        self.backlog = backlog.min(rules.max_backlog);
    }

    /// The backlog in force.
    #[must_use]
    pub const fn backlog(&self) -> u32 {
        self.backlog
    }
    /// Connections half open.
    #[must_use]
    pub const fn syn_queue(&self) -> u32 {
        self.half_open
    }
    /// Connections that wait to be accepted.
    #[must_use]
    pub fn accept_queue(&self) -> usize {
        self.waiting.len()
    }
    /// Whether no more connection may wait to be accepted (`sk_acceptq_is_full`).
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.waiting.len() > self.backlog as usize
    }

    /// What becomes of a SYN that came now (`tcp_conn_request`), counted.
    pub fn admit(&mut self, now: Time, rules: &ListenRules) -> Admission {
        let admission = self.judge(rules);
        match admission {
            Admission::Remember => {}
            Admission::Cookie => {
                self.overflowed = Some(now);
                self.counters.cookies_sent += 1;
            }
            Admission::AcceptQueueFull => {
                self.counters.syn_dropped += 1;
                self.counters.accept_overflows += 1;
            }
            Admission::SynQueueFull => self.counters.syn_dropped += 1,
        }
        admission
    }

    fn judge(&self, rules: &ListenRules) -> Admission {
        let is_syn_queue_full = self.half_open > self.backlog;
        let wants_cookie = match rules.syn_cookies {
            CookiePolicy::Always => true,
            CookiePolicy::WhenFull => is_syn_queue_full,
            CookiePolicy::Off => false,
        };
        let left = rules.max_syn_backlog.saturating_sub(self.half_open);
        let is_in_reserve =
            rules.syn_cookies == CookiePolicy::Off && left < rules.max_syn_backlog / 4;
        if is_syn_queue_full && !wants_cookie {
            Admission::SynQueueFull
        } else if self.is_full() {
            Admission::AcceptQueueFull
        } else if wants_cookie {
            Admission::Cookie
        } else if is_in_reserve {
            Admission::SynQueueFull
        } else {
            Admission::Remember
        }
    }

    /// Whether cookies may be on their way back: an ACK out of nowhere may be one.
    #[must_use]
    pub fn expects_cookies(&self, now: Time) -> bool {
        self.overflowed.is_some_and(|at| now.saturating_sub(at) < SynCookies::lifetime())
    }

    /// A connection is half open.
    pub fn opens(&mut self) {
        self.half_open += 1;
        self.counters.max_syn_queue = self.counters.max_syn_queue.max(u64::from(self.half_open));
    }

    /// A cookie has come back: its connection is half open for no time at all.
    pub const fn opens_by_cookie(&mut self) {
        self.half_open += 1;
    }

    /// A connection is no longer half open.
    pub fn ends(&mut self) {
        self.half_open -= 1;
    }

    /// A connection is established and waits to be accepted.
    pub fn queue(&mut self, connection: SocketId) {
        self.waiting.push_back(connection);
        let waiting = self.waiting.len() as u64;
        self.counters.max_accept_queue = self.counters.max_accept_queue.max(waiting);
    }

    /// `accept()`: the connection that has waited longest.
    pub fn take(&mut self) -> Option<SocketId> {
        let taken = self.waiting.pop_front()?;
        self.counters.accepted += 1;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: ListenRules = ListenRules {
        syn_cookies: CookiePolicy::Off,
        max_syn_backlog: 2048,
        max_backlog: 4096,
        abort_on_overflow: false,
    };

    /// How many of a flood of 3000 SYNs are remembered, and how many answered with a cookie.
    fn flood(backlog: u32, rules: ListenRules) -> (u32, u64) {
        let mut listener = Listener::new(backlog, &rules);
        for _ in 0..3000 {
            if listener.admit(Time::ZERO, &rules) == Admission::Remember {
                listener.opens();
            }
        }
        (listener.syn_queue(), listener.counters.cookies_sent)
    }

    /// The table measured on Linux 6.18.
    #[test]
    fn a_flood_finds_as_much_room_as_in_linux() {
        let off = |max_syn_backlog| ListenRules { max_syn_backlog, ..RULES };
        let on = ListenRules { syn_cookies: CookiePolicy::WhenFull, ..RULES };
        let always = ListenRules { syn_cookies: CookiePolicy::Always, ..RULES };
        for (backlog, room) in [(1, 2), (5, 6), (16, 17), (128, 129), (1024, 1025)] {
            assert_eq!(flood(backlog, RULES), (room, 0), "listen({backlog})");
            assert_eq!(flood(backlog, on), (room, u64::from(3000 - room)), "listen({backlog})");
        }
        assert_eq!(flood(1024, off(128)), (97, 0));
        assert_eq!(flood(128, off(128)), (97, 0));
        assert_eq!(flood(1024, ListenRules { max_syn_backlog: 128, ..on }), (1025, 1975));
        assert_eq!(flood(16, always), (0, 3000));
    }

    #[test]
    fn one_more_than_the_backlog_waits() {
        for (backlog, most) in [(0, 1), (1, 2), (5, 6), (128, 129)] {
            let mut listener = Listener::new(backlog, &RULES);
            while !listener.is_full() {
                listener.queue(SocketId(0));
            }
            assert_eq!(listener.accept_queue(), most);
            assert_eq!(listener.admit(Time::ZERO, &RULES), Admission::AcceptQueueFull);
        }
    }

    #[test]
    fn no_backlog_exceeds_the_hosts() {
        let rules = ListenRules { max_backlog: 4, ..RULES };
        assert_eq!(Listener::new(100, &rules).backlog(), 4);
    }
}
