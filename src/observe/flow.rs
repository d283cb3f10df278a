//! What is counted of each conversation.

use super::Times;
use crate::packet::ipv4::Protocol;
use crate::units::Time;

/// Counters of one conversation, named after the application that started it.
#[derive(Debug, Clone, Default)]
pub struct FlowStats {
    /// Whether the application speaks to somebody: servers have no conversation of their own.
    pub peer: Option<(Protocol, String)>,
    /// When the application started.
    pub started: Time,
    /// Datagrams or requests sent.
    pub packets_sent: u64,
    /// Those that a process at the other end read.
    pub packets_delivered: u64,
    /// Data that processes at the other end read \[bytes\].
    pub bytes_delivered: u64,
    /// When the last of it was read.
    pub last_delivered: Option<Time>,
    /// Requests sent again.
    pub retransmits: u64,
    /// Requests given up.
    pub timeouts: u64,
    /// ICMP errors that came back.
    pub errors: u64,
    /// Datagrams that were read after one sent later.
    pub reordered: u64,
    /// Datagrams that were read more than once.
    pub duplicates: u64,
    /// Smallest, sum and number of the round-trip times.
    pub rtt: Spread,
    /// The same of one-way delays, from the sender's call to the reader's.
    pub delay: Spread,
    /// From what the application asked over TCP to the end of the answer.
    pub responses: Times,
    /// When the application had done what it was asked.
    pub completed: Option<Time>,
    /// When the process was killed.
    pub killed: Option<Time>,
    /// The last state in a word: `open` unless set.
    pub end_state: Option<&'static str>,
    /// The state of its connection, the last if it had several; TCP only.
    pub state: Option<&'static str>,
    /// From the call of `connect()` to the established connection, the last if there were
    /// several; TCP only.
    pub handshake: Option<Time>,
    /// What the application found out, line by line.
    pub details: Vec<String>,
    window: SequenceWindow,
    /// What had been counted when the results began.
    before: FlowCounts,
}

/// What can be counted of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlowCounts {
    /// See [`FlowStats::packets_sent`].
    pub packets_sent: u64,
    /// See [`FlowStats::packets_delivered`].
    pub packets_delivered: u64,
    /// See [`FlowStats::bytes_delivered`].
    pub bytes_delivered: u64,
    /// See [`FlowStats::retransmits`].
    pub retransmits: u64,
    /// See [`FlowStats::timeouts`].
    pub timeouts: u64,
    /// See [`FlowStats::errors`].
    pub errors: u64,
    /// See [`FlowStats::reordered`].
    pub reordered: u64,
    /// See [`FlowStats::duplicates`].
    pub duplicates: u64,
}

/// Smallest value, sum and count of a series of times.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spread {
    /// The smallest.
    pub min: Option<Time>,
    /// The sum \[ps\].
    pub sum_ps: u128,
    /// How many.
    pub count: u64,
}

impl Spread {
    /// Adds one.
    pub fn add(&mut self, value: Time) {
        self.min = Some(self.min.map_or(value, |min| min.min(value)));
        self.sum_ps += u128::from(value.as_ps());
        self.count += 1;
    }
    /// The mean in seconds.
    #[must_use]
    pub fn mean_seconds(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum_ps as f64 / self.count as f64 / 1e12)
    }
}

impl FlowStats {
    /// Counters of an application that starts at `started`.
    #[must_use]
    pub fn starting(started: Time) -> Self {
        Self { started, ..Self::default() }
    }

    /// The results are from `now` on. The counters themselves go on, as applications go by them; what is
    /// measured (round trips, delays, answers) begins anew.
    pub fn restart_counts(&mut self, now: Time) {
        self.before = self.all_counts();
        self.started = self.started.max(now);
        (self.rtt, self.delay, self.responses) = Default::default();
    }

    fn all_counts(&self) -> FlowCounts {
        FlowCounts {
            packets_sent: self.packets_sent,
            packets_delivered: self.packets_delivered,
            bytes_delivered: self.bytes_delivered,
            retransmits: self.retransmits,
            timeouts: self.timeouts,
            errors: self.errors,
            reordered: self.reordered,
            duplicates: self.duplicates,
        }
    }

    /// What has been counted since the results began. A time-out that was counted before and found
    /// to be none after that counts as none at all.
    #[must_use]
    pub fn counts(&self) -> FlowCounts {
        let (now, before) = (self.all_counts(), self.before);
        FlowCounts {
            packets_sent: now.packets_sent - before.packets_sent,
            packets_delivered: now.packets_delivered - before.packets_delivered,
            bytes_delivered: now.bytes_delivered - before.bytes_delivered,
            retransmits: now.retransmits - before.retransmits,
            timeouts: now.timeouts.saturating_sub(before.timeouts),
            errors: now.errors - before.errors,
            reordered: now.reordered - before.reordered,
            duplicates: now.duplicates - before.duplicates,
        }
    }

    /// Names the other end: from here on the conversation is part of the results.
    pub fn opens(&mut self, protocol: Protocol, to: impl Into<String>) {
        self.peer = Some((protocol, to.into()));
    }

    /// The application had to stop, for the reason named (such as `EADDRINUSE`).
    pub fn fail(&mut self, reason: &'static str) {
        self.end_state = Some(reason);
    }

    /// Data read at the other end over the time it took \[bit/s\]: from the start until the sender
    /// had done its job or was killed, and at least until the last of the data was read, so that no
    /// goodput exceeds the slowest link's rate. Until `now` if the conversation goes on.
    #[must_use]
    pub fn goodput_bps(&self, now: Time) -> f64 {
        let end = self.completed.or(self.killed).unwrap_or(now);
        let end = end.max(self.last_delivered.unwrap_or(Time::ZERO));
        let span = end.saturating_sub(self.started).as_secs_f64();
        if span > 0.0 { self.counts().bytes_delivered as f64 * 8.0 / span } else { 0.0 }
    }

    /// A connection was established, so long after `connect()`.
    pub const fn connected(&mut self, handshake: Time) {
        self.handshake = Some(handshake);
    }

    /// A process at either end read so many bytes from the connection.
    pub const fn read(&mut self, now: Time, bytes: u64) {
        self.bytes_delivered += bytes;
        self.last_delivered = Some(now);
    }

    /// A process at the other end read a datagram of `bytes` of data.
    pub fn delivered(&mut self, now: Time, bytes: u64, delay: Time, number: Option<u64>) {
        self.packets_delivered += 1;
        self.bytes_delivered += bytes;
        self.last_delivered = Some(now);
        self.delay.add(delay);
        match number.map(|number| self.window.arrives(number)) {
            Some(Arrival::Late) => self.reordered += 1,
            Some(Arrival::Again) => self.duplicates += 1,
            Some(Arrival::InOrder) | None => {}
        }
    }
}

/// Which of the latest numbers arrived: tells reordering from duplication in bounded memory, with
/// the sliding window of RFC 6479. What is older than the window counts as late.
#[derive(Debug, Clone, Copy, Default)]
struct SequenceWindow {
    next: u64,
    seen: [u64; Self::WORDS],
}

/// How a numbered datagram relates to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrival {
    InOrder,
    Late,
    Again,
}

impl SequenceWindow {
    const WORDS: usize = 4;
    const SPAN: u64 = 64 * Self::WORDS as u64;

    fn arrives(&mut self, number: u64) -> Arrival {
        if number >= self.next {
            for skipped in self.next.max(number.saturating_sub(Self::SPAN - 1))..number {
                self.mark(skipped, false);
            }
            self.mark(number, true);
            self.next = number + 1;
            return Arrival::InOrder;
        }
        if self.next - number > Self::SPAN {
            return Arrival::Late;
        }
        if self.is_marked(number) {
            return Arrival::Again;
        }
        self.mark(number, true);
        Arrival::Late
    }

    const fn place(number: u64) -> (usize, u64) {
        ((number / 64) as usize % Self::WORDS, 1 << (number % 64))
    }
    fn is_marked(&self, number: u64) -> bool {
        let (word, bit) = Self::place(number);
        self.seen[word] & bit != 0
    }
    fn mark(&mut self, number: u64, seen: bool) {
        let (word, bit) = Self::place(number);
        if seen {
            self.seen[word] |= bit;
        } else {
            self.seen[word] &= !bit;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goodput_lasts_until_the_last_of_the_data_is_read() {
        let mut flow = FlowStats::starting(Time::from_secs(1));
        assert_eq!(flow.goodput_bps(Time::from_secs(1)), 0.0);
        flow.delivered(Time::from_secs(3), 1000, Time::from_secs(1), Some(0));
        assert_eq!(flow.goodput_bps(Time::from_secs(5)), 2000.0, "it goes on");
        flow.killed = Some(Time::from_secs(4));
        assert_eq!(flow.goodput_bps(Time::from_secs(100)), 8000.0 / 3.0);
        flow.completed = Some(Time::from_secs(2));
        assert_eq!(flow.goodput_bps(Time::from_secs(100)), 4000.0);
    }

    #[test]
    fn tells_late_from_again() {
        let mut window = SequenceWindow::default();
        let told: Vec<_> = [0, 1, 3, 2, 2, 3, 4, 500, 499, 499, 4, 501]
            .map(|number| window.arrives(number))
            .to_vec();
        use Arrival::{Again, InOrder, Late};
        assert_eq!(
            told,
            [
                InOrder, InOrder, InOrder, Late, Again, Again, InOrder, InOrder, Late, Again, Late,
                InOrder
            ]
        );
    }
}
