//! What ping says at the end, in the words of Linux's ping.

use crate::units::Time;

/// Counts and times of one ping.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    /// ICMP errors that came back, and requests that could not be sent.
    pub(super) errors: u64,
    /// Answers to requests that had been answered already.
    pub(super) duplicates: u64,
    transmitted: u64,
    received: u64,
    started: Time,
    last: Time,
    min: Time,
    max: Time,
    /// Sum of the round-trip times and of their squares [ms, ms²].
    sum: f64,
    squares: f64,
}

impl Statistics {
    /// Counts a request.
    pub(super) fn sends(&mut self, now: Time) {
        if self.transmitted == 0 {
            self.started = now;
        }
        self.transmitted += 1;
        self.last = now;
    }

    /// Counts the first answer to a request.
    pub(super) fn answered(&mut self, now: Time, rtt: Time) {
        self.min = if self.received == 0 { rtt } else { self.min.min(rtt) };
        self.max = self.max.max(rtt);
        self.received += 1;
        self.last = now;
        self.sum += milliseconds(rtt);
        self.squares += milliseconds(rtt) * milliseconds(rtt);
    }

    /// The summary; its second line needs at least one answer. `waiting` requests may still be
    /// answered: they are not lost yet.
    pub(super) fn lines(&self, waiting: u64) -> impl Iterator<Item = String> {
        [Some(self.counts(waiting)), (self.received > 0).then(|| self.times())]
            .into_iter()
            .flatten()
    }

    fn counts(&self, waiting: u64) -> String {
        let Self { transmitted, received, duplicates, errors, .. } = self;
        let mut line = format!("{transmitted} packets transmitted, {received} received");
        if *duplicates > 0 {
            line += &format!(", +{duplicates} duplicates");
        }
        if *errors > 0 {
            line += &format!(", +{errors} errors");
        }
        if waiting > 0 {
            line += &format!(", {waiting} not yet answered");
        }
        let settled = transmitted - waiting;
        let loss = (settled - received) as f64 * 100.0 / settled.max(1) as f64;
        let loss = format!("{loss:.4}");
        let loss = loss.trim_end_matches('0').trim_end_matches('.');
        let time = (self.last - self.started).as_ns() / 1_000_000;
        format!("{line}, {loss}% packet loss, time {time}ms")
    }

    /// Minimum, mean, maximum and standard deviation (which ping calls mdev).
    fn times(&self) -> String {
        let mean = self.sum / self.received as f64;
        let deviation = (self.squares / self.received as f64 - mean * mean).max(0.0).sqrt();
        let (min, max) = (milliseconds(self.min), milliseconds(self.max));
        format!("rtt min/avg/max/mdev = {min:.3}/{mean:.3}/{max:.3}/{deviation:.3} ms")
    }
}

/// As ping counts.
fn milliseconds(span: Time) -> f64 {
    span.as_secs_f64() * 1e3
}
