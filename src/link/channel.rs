//! One direction of a link: a queue, a transmitter, and the packets in flight.
//!
//! A sans-I/O machine. Calls, in order: [`Channel::offer`] hands a packet in; what it returns says
//! which packet's first bit went onto the wire, if one did, and which events to schedule.
//! When the `free` event comes up, [`Channel::transmitter_free`] sends the next one; when the
//! `arrival` event comes up, [`Channel::arrive`] gives the packet that has arrived and the time
//! of the next arrival. Events may come up stale; they then do nothing.
//!
//! However many packets are in the air, a channel has at most one event of each kind
//! pending: the packets in flight wait here, in order of arrival. An idle channel needs no
//! `free` event at all: the transmitter's next free moment is a number that is looked at only
//! when the next packet comes.

use std::collections::VecDeque;

use super::config::{Config, Framing};
use super::impairments::{Fate, Impairments};
use super::stats::ChannelStats;
use crate::id::PacketId;
use crate::queue::{QueueDiscipline, Queued};
use crate::rng::Stream;
use crate::units::{Bytes, Time};

/// One direction of a link.
#[derive(Debug)]
pub struct Channel {
    // What every packet needs comes first and lies together.
    busy_until: Time,
    arrival_pending: Option<Time>,
    /// Whether a `free` event is scheduled, which is always for `busy_until`.
    free_pending: bool,
    can_bypass: bool,
    up: bool,
    framing: Framing,
    /// Picoseconds per byte where that is a whole number, else 0.
    ps_per_byte: u64,
    delay: Time,
    in_flight: VecDeque<InFlight>,
    queue: Box<dyn QueueDiscipline>,
    impairments: Option<Box<Impairments>>,
    drops: Vec<Queued>,
    /// Counters.
    pub(crate) stats: ChannelStats,
    config: Box<Config>,
    dice: Box<Stream>,
}

#[derive(Debug, Clone, Copy)]
struct InFlight {
    arrives: Time,
    packet: PacketId,
}

/// What a call brought about.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    /// The packet whose first bit went onto the wire, if one did.
    pub started: Option<Started>,
    /// Schedule an `arrival` event for this time.
    pub arrival: Option<Time>,
    /// Schedule a `free` event for this time.
    pub free: Option<Time>,
}

/// A packet that went onto the wire.
#[derive(Debug, Clone, Copy)]
pub struct Started {
    /// The packet.
    pub packet: PacketId,
    /// How long it waited in the queue.
    pub waited: Time,
    /// Whether the queue marked it: whoever holds the packet sets its ECN field.
    pub marked: bool,
    /// What the link will do to it.
    pub fate: Fate,
    /// When its last bit will arrive.
    pub arrives: Time,
}

impl Channel {
    /// An idle channel; `dice` decide what happens to packets on the way.
    #[must_use]
    pub fn new(config: Config, dice: Stream) -> Self {
        let queue = config.queue.config().build();
        let mut channel = Self {
            busy_until: Time::ZERO,
            arrival_pending: None,
            free_pending: false,
            can_bypass: queue.can_bypass(),
            up: config.up,
            framing: config.framing,
            ps_per_byte: 0,
            delay: config.delay,
            in_flight: VecDeque::new(),
            queue,
            impairments: None,
            drops: Vec::new(),
            stats: ChannelStats::default(),
            config: Box::new(config),
            dice: Box::new(dice),
        };
        channel.derive();
        channel
    }

    /// What the channel is set to.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What waits now.
    #[must_use]
    pub fn backlog(&self) -> crate::queue::Backlog {
        self.queue.backlog()
    }

    /// Whether the link carries anything.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        self.up
    }

    /// Whether nothing is being sent at `now` and nothing waits for its turn.
    #[must_use]
    #[inline]
    pub fn is_idle(&self, now: Time) -> bool {
        now >= self.busy_until && !self.free_pending
    }

    /// Length on the wire of a packet that is `length` bytes long above the link layer \[bytes\].
    #[must_use]
    #[inline]
    pub fn wire_bytes(&self, length: u64) -> u32 {
        self.framing.on_wire(length) as u32
    }

    /// Hands a packet in: it is sent at once, waits, or is dropped (see [`Channel::take_drops`]).
    #[inline(always)]
    pub fn offer(&mut self, now: Time, arriving: Queued) -> Outcome {
        let idle = self.is_idle(now);
        if idle && self.can_bypass {
            return self.transmit(now, arriving);
        }
        self.enqueue(now, arriving);
        if idle {
            return self.send_next(now);
        }
        Outcome { free: self.wait_for_transmitter(), ..Outcome::default() }
    }

    /// Puts a packet into the queue without looking at the transmitter: for a shared medium,
    /// whose arbiter says when to call [`Channel::send_next`].
    pub fn enqueue(&mut self, now: Time, arriving: Queued) {
        self.stats.queue_changes(now, self.queue.backlog());
        let before = self.drops.len();
        self.queue.enqueue(now, arriving, &mut self.drops);
        self.stats.dropped_by_queue((self.drops.len() - before) as u64);
        self.stats.queue_holds(self.queue.backlog().packets);
    }

    /// The `free` event came up: sends the next packet if one waits and the event is not stale.
    pub fn transmitter_free(&mut self, now: Time) -> Outcome {
        if self.free_pending && now == self.busy_until {
            self.send_next(now)
        } else {
            Outcome::default()
        }
    }

    /// Sends the next packet if one waits. The transmitter must be free.
    pub fn send_next(&mut self, now: Time) -> Outcome {
        self.free_pending = false;
        let backlog = self.queue.backlog();
        if backlog.packets == 0 {
            return Outcome::default();
        }
        self.stats.queue_changes(now, backlog);
        let before = self.drops.len();
        let next = self.queue.dequeue(now, &mut self.drops);
        self.stats.dropped_by_queue((self.drops.len() - before) as u64);
        let Some(next) = next else { return Outcome::default() };
        let mut outcome = self.transmit(now, next);
        if self.queue.backlog().packets > 0 {
            outcome.free = self.wait_for_transmitter();
        }
        outcome
    }

    /// The `free` event that a call asked for was not scheduled: an arbiter calls instead.
    pub const fn forget_free_event(&mut self) {
        self.free_pending = false;
    }

    /// The packet that arrives now, if this event is not stale, and when to schedule the next
    /// `arrival` event.
    #[inline(always)]
    pub fn arrive(&mut self, now: Time) -> (Option<PacketId>, Option<Time>) {
        if self.arrival_pending != Some(now) {
            return (None, None);
        }
        self.arrival_pending = None;
        let packet = match self.in_flight.front() {
            Some(first) if first.arrives == now => {
                self.in_flight.pop_front().map(|first| first.packet)
            }
            _ => None,
        };
        (packet, self.next_arrival())
    }

    /// Puts a packet into the air that arrives at `arrives`; also used for second copies and
    /// for what a hub repeats. Returns when to schedule an `arrival` event, if one is needed.
    #[inline(always)]
    pub fn launch(&mut self, packet: PacketId, arrives: Time) -> Option<Time> {
        let flying = InFlight { arrives, packet };
        if self.in_flight.back().is_none_or(|last| last.arrives <= arrives) {
            self.in_flight.push_back(flying);
            if self.in_flight.len() > 1 && self.arrival_pending.is_some() {
                // The event of the first in flight is pending, and this is not the first.
                return None;
            }
        } else {
            let place = self.in_flight.partition_point(|other| other.arrives <= arrives);
            self.in_flight.insert(place, flying);
        }
        self.next_arrival()
    }

    /// Counts an IPv4 packet that just went onto the wire against the list of losses, if there is one, and
    /// takes it out of the air again if it is on the list: true if so. Its event comes up stale.
    pub fn lose_listed(&mut self, packet: PacketId) -> bool {
        let takes = self.impairments.as_mut().is_some_and(|it| it.takes_listed());
        if takes && let Some(place) = self.in_flight.iter().rposition(|it| it.packet == packet) {
            self.in_flight.remove(place);
            self.stats.lost(true);
        }
        takes
    }

    /// A hub repeats a frame in this direction, bit by bit: it needs no time of its own to send.
    pub fn repeat(&mut self, now: Time, packet: PacketId, bytes: u32) -> Outcome {
        let time = self.time_for(bytes);
        self.stats.transmission(bytes, time);
        let (fate, extra_delay) = self.decide();
        let arrives = now.saturating_add(self.delay).saturating_add(extra_delay);
        let arrival = if fate.lost { None } else { self.launch(packet, arrives) };
        let started = Some(Started { packet, waited: Time::ZERO, marked: false, fate, arrives });
        Outcome { started, arrival, free: None }
    }

    /// Packets that the queue dropped since the last call, oldest first.
    pub fn take_drops(&mut self) -> std::vec::Drain<'_, Queued> {
        self.drops.drain(..)
    }

    /// Whether [`Channel::take_drops`] has something to give.
    #[must_use]
    pub fn has_drops(&self) -> bool {
        !self.drops.is_empty()
    }

    /// New settings. What waits is moved to the new queue if the queue changes. Packets that
    /// end because the link went down are returned; those that the new queue has no room
    /// for are in [`Channel::take_drops`].
    pub fn reconfigure(&mut self, now: Time, config: Config) -> Vec<PacketId> {
        let queue_changes = config.queue != self.config.queue;
        *self.config = config;
        self.derive();
        if queue_changes {
            let mut old = std::mem::replace(&mut self.queue, self.config.queue.config().build());
            self.can_bypass = self.queue.can_bypass();
            self.stats.queue_changes(now, old.backlog());
            let before = self.drops.len();
            while let Some(waiting) = old.dequeue(now, &mut self.drops) {
                self.queue.enqueue(now, waiting, &mut self.drops);
            }
            self.stats.dropped_by_queue((self.drops.len() - before) as u64);
        }
        if self.up { Vec::new() } else { self.cut(now) }
    }

    /// Ends everything that waits or flies: the link is down.
    fn cut(&mut self, now: Time) -> Vec<PacketId> {
        self.stats.queue_changes(now, self.queue.backlog());
        let mut ended: Vec<_> = self.in_flight.drain(..).map(|flying| flying.packet).collect();
        while let Some(waiting) = self.queue.dequeue(now, &mut self.drops) {
            ended.push(waiting.packet);
        }
        self.arrival_pending = None;
        self.free_pending = false;
        self.stats.cut(now, self.busy_until);
        self.busy_until = now;
        ended
    }

    /// How long `bytes` take to send.
    #[must_use]
    #[inline]
    pub fn time_for(&self, bytes: u32) -> Time {
        if self.ps_per_byte != 0 {
            Time::from_ps(self.ps_per_byte * u64::from(bytes))
        } else {
            self.config.rate.time_for(Bytes::new(u64::from(bytes)))
        }
    }

    /// The results until `now`.
    #[must_use]
    pub fn results(&self, now: Time) -> crate::observe::results::Channel {
        self.stats.results(now, self.busy_until, self.queue.backlog().packets)
    }

    /// Packets whose transmission has ended by `now`.
    #[must_use]
    pub fn packets_sent(&self, now: Time) -> u64 {
        self.stats.packets_sent(now, self.busy_until)
    }

    /// Bytes of the packets whose transmission has ended by `now`.
    #[must_use]
    pub fn bytes_sent(&self, now: Time) -> u64 {
        self.stats.bytes_sent(now, self.busy_until)
    }

    /// Time spent sending until `now`.
    #[must_use]
    pub fn busy_time(&self, now: Time) -> Time {
        self.stats.busy() - self.busy_until.saturating_sub(now)
    }

    /// Until when the transmitter is busy.
    #[must_use]
    pub const fn busy_until(&self) -> Time {
        self.busy_until
    }

    #[inline(always)]
    fn transmit(&mut self, now: Time, next: Queued) -> Outcome {
        let time = self.time_for(next.bytes);
        self.busy_until = now.saturating_add(time);
        self.stats.transmission(next.bytes, time);
        let waited = now - next.since;
        if !waited.is_zero() {
            self.stats.waited(waited);
        }
        self.stats.marked(next.marked);
        let (fate, extra_delay) = self.decide();
        let arrives = self.busy_until.saturating_add(self.delay).saturating_add(extra_delay);
        let arrival = if fate.lost { None } else { self.launch(next.packet, arrives) };
        let Queued { packet, marked, .. } = next;
        let started = Some(Started { packet, waited, marked, fate, arrives });
        Outcome { started, arrival, free: None }
    }

    #[inline(always)]
    fn decide(&mut self) -> (Fate, Time) {
        match &mut self.impairments {
            None => (Fate::default(), Time::ZERO),
            Some(impairments) => {
                let (fate, extra_delay) = impairments.decide(&mut self.dice);
                self.stats.lost(fate.lost);
                (fate, extra_delay)
            }
        }
    }

    fn wait_for_transmitter(&mut self) -> Option<Time> {
        if self.free_pending || self.queue.backlog().packets == 0 {
            return None;
        }
        self.free_pending = true;
        Some(self.busy_until)
    }

    #[inline(always)]
    fn next_arrival(&mut self) -> Option<Time> {
        let first = self.in_flight.front()?.arrives;
        if self.arrival_pending.is_some_and(|pending| pending <= first) {
            return None;
        }
        self.arrival_pending = Some(first);
        Some(first)
    }

    fn derive(&mut self) {
        (self.up, self.framing, self.delay) =
            (self.config.up, self.config.framing, self.config.delay);
        let rate = self.config.rate.as_bps();
        self.ps_per_byte = if 8_000_000_000_000 % rate == 0 { 8_000_000_000_000 / rate } else { 0 };
        self.impairments = Impairments::from_config(&self.config, self.impairments.take());
    }
}

#[cfg(test)]
mod tests;
