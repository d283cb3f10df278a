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
//!
//! Nor does one whose queue only keeps packets in order, on a link that does nothing to them: see
//! [`unattended`].

mod changes;
mod flight;
mod held;
mod readings;
#[cfg(test)]
mod tests;
mod unattended;

use self::flight::InFlight;
use super::config::{Config, Framing};
use super::impairments::{Fate, Impairments};
use super::stats::ChannelStats;
use crate::fifo::Fifo;
use crate::id::PacketId;
use crate::packet::Packet;
use crate::queue::{Dropped, Drops, Queue, Queued, Site};
use crate::rng::Stream;
use crate::units::{Bytes, Time};

/// One direction of a link. What every packet needs comes first and lies together.
#[derive(Debug)]
#[repr(C)]
pub struct Channel {
    /// Counters.
    pub(crate) stats: ChannelStats,
    busy_until: Time,
    arrival_pending: Option<Time>,
    /// The latest arrival of all packets so far: none in flight arrives later.
    last_arrival: Time,
    in_flight: Fifo<InFlight>,
    queue: Queue,
    /// What the transmitter does now is worked out when somebody looks.
    unattended: bool,
    /// Whether a `free` event is scheduled, which is always for `busy_until`.
    free_pending: bool,
    can_bypass: bool,
    /// The queue does no more than keep packets in order.
    keeps_order: bool,
    /// It may be unattended from when it is next idle.
    may_be_unattended: bool,
    /// What arrives may be damaged: here, now or earlier, or behind a hub.
    may_damage: bool,
    /// Somebody wants to know of every packet that starts, and has asked to look at a time.
    watched: bool,
    up: bool,
    classifies: bool,
    /// Stations take turns: an arbiter says who sends.
    shared: bool,
    /// What it holds takes memory that others want as well.
    pooled: bool,
    /// Picoseconds per byte where that is a whole number, else 0.
    ps_per_byte: u64,
    delay: Time,
    framing: Framing,
    impairments: Option<Box<Impairments>>,
    drops: Drops,
    /// When those who watch have asked to look.
    look: Option<Time>,
    /// When to ask the queue again that has packets but lets none leave yet.
    retry: Option<Time>,
    /// Packets that were started while nobody attended.
    started: Vec<(Time, Started)>,
    config: Box<Config>,
    dice: Box<Stream>,
}

/// The place of the queue before a link with these settings.
fn site<'a>(config: &Config, dice: &'a Stream) -> Site<'a> {
    let longest = config.framing.on_wire(u64::from(config.mtu));
    Site::new(config.rate, longest as u32, dice)
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
        let queue = config.queue.build(&site(&config, &dice));
        let mut channel = Self {
            busy_until: Time::ZERO,
            arrival_pending: None,
            last_arrival: Time::ZERO,
            free_pending: false,
            can_bypass: queue.can_bypass(),
            keeps_order: false,
            unattended: false,
            may_be_unattended: false,
            may_damage: false,
            watched: false,
            look: None,
            shared: false,
            pooled: false,
            classifies: queue.classifies(),
            up: config.up,
            framing: config.framing,
            ps_per_byte: 0,
            delay: config.delay,
            in_flight: Fifo::new(),
            queue,
            impairments: None,
            retry: None,
            drops: Drops::default(),
            started: Vec::new(),
            stats: ChannelStats::default(),
            config: Box::new(config),
            dice: Box::new(dice),
        };
        channel.derive();
        channel
    }

    /// The channel is part of a medium that stations share: an arbiter says who sends.
    pub fn share(&mut self) {
        self.shared = true;
        self.derive();
    }

    /// The queue shares memory with others: from now on somebody attends to when packets leave it. Then
    /// call [`Channel::attend`].
    pub fn pool(&mut self, now: Time) {
        self.catch_up(now);
        self.unattended = false;
        self.pooled = true;
        self.derive();
    }

    /// What the queue decides by, of a packet that is about to be offered.
    #[inline]
    pub fn classify(&self, packet: &Packet, arriving: &mut Queued) {
        if self.classifies {
            self.queue.classify(packet, arriving);
        }
    }

    /// Whether nothing is being sent at `now` and nothing waits for its turn.
    #[must_use]
    #[inline]
    pub fn is_idle(&self, now: Time) -> bool {
        now >= self.busy_until
            && if self.unattended { self.queue.is_empty() } else { !self.free_pending }
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
        self.catch_up(now);
        let idle = self.is_idle(now);
        if idle && self.can_bypass {
            self.unattended = self.may_be_unattended;
            return self.transmit(now, arriving);
        }
        if idle {
            return self.pass_through(now, arriving);
        }
        self.enqueue(now, arriving);
        if self.unattended {
            return Outcome::default();
        }
        Outcome { free: self.wait_for_transmitter(), ..Outcome::default() }
    }

    /// Puts a packet into the queue without looking at the transmitter: for a shared medium,
    /// whose arbiter says when to call [`Channel::send_next`].
    #[inline(always)]
    pub fn enqueue(&mut self, now: Time, arriving: Queued) {
        self.take_in(now, arriving);
        self.stats.queue_holds(self.queue.backlog().packets);
    }

    #[inline(always)]
    fn take_in(&mut self, now: Time, arriving: Queued) {
        self.stats.queue_changes(now, self.queue.backlog());
        let before = self.drops.len();
        self.queue.enqueue(now, arriving, &mut self.drops);
        self.count_drops(before);
    }

    /// The transmitter is free, and the queue wants to see every packet: one that it lets go at once
    /// has not waited.
    fn pass_through(&mut self, now: Time, arriving: Queued) -> Outcome {
        self.take_in(now, arriving);
        let outcome = self.send_next(now);
        self.stats.queue_holds(self.queue.backlog().packets);
        outcome
    }

    /// The `free` event came up: sends the next packet if one waits and the event is not stale.
    pub fn transmitter_free(&mut self, now: Time) -> Outcome {
        if self.free_pending && now == self.busy_until || self.is_due(now) {
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
        self.count_drops(before);
        let Some(next) = next else { return self.wait_for_queue(now) };
        self.retry = None;
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

    /// Packets that the queue dropped since the last call, oldest first, and why.
    pub fn take_drops(&mut self) -> std::vec::Drain<'_, Dropped> {
        self.drops.drain()
    }

    /// Whether [`Channel::take_drops`] has something to give.
    #[must_use]
    pub fn has_drops(&self) -> bool {
        !self.drops.is_empty()
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

    #[inline(always)]
    fn transmit(&mut self, now: Time, next: Queued) -> Outcome {
        let waited = self.occupy(now, &next);
        self.stats.marked(next.mark);
        let (fate, extra_delay) = self.decide();
        let arrives = self.busy_until.saturating_add(self.delay).saturating_add(extra_delay);
        let arrival = if fate.lost { None } else { self.launch(next.packet, arrives) };
        let (packet, marked) = (next.packet, next.mark.is_some());
        let started = Some(Started { packet, waited, marked, fate, arrives });
        Outcome { started, arrival, free: None }
    }

    /// The same on a link that does nothing to packets, for a queue that marks none: when to schedule
    /// an `arrival` event.
    #[inline(always)]
    fn send(&mut self, now: Time, next: Queued) -> Option<Time> {
        self.occupy(now, &next);
        self.launch(next.packet, self.busy_until.saturating_add(self.delay))
    }

    /// The transmitter is busy with a packet from now on; says how long that has waited.
    #[inline(always)]
    fn occupy(&mut self, now: Time, next: &Queued) -> Time {
        let time = self.time_for(next.bytes);
        self.busy_until = now.saturating_add(time);
        self.stats.transmission(next.bytes, time);
        let waited = now - next.since;
        if !waited.is_zero() {
            self.stats.waited(waited);
        }
        waited
    }

    /// Counts what the queue dropped beyond the first `before`.
    #[inline(always)]
    fn count_drops(&mut self, before: usize) {
        if self.drops.len() != before {
            for dropped in self.drops.since(before) {
                self.stats.dropped_by_queue(dropped.reason);
            }
        }
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

    /// When to schedule a `free` event after the settings have changed, if packets wait.
    pub fn attend(&mut self) -> Option<Time> {
        // A queue that holds packets back is asked again ([`Channel::ask_again`]).
        let is_asked = self.shared || self.retry.is_some();
        if is_asked { None } else { self.wait_for_transmitter() }
    }

    fn wait_for_transmitter(&mut self) -> Option<Time> {
        if self.free_pending || self.queue.backlog().packets == 0 {
            return None;
        }
        self.free_pending = true;
        Some(self.busy_until)
    }

    fn derive(&mut self) {
        (self.up, self.framing, self.delay) =
            (self.config.up, self.config.framing, self.config.delay);
        let rate = self.config.rate.as_bps();
        self.ps_per_byte = if 8_000_000_000_000 % rate == 0 { 8_000_000_000_000 / rate } else { 0 };
        self.impairments = Impairments::from_config(&self.config, self.impairments.take());
        self.may_damage |= self.shared || self.impairments.is_some();
        self.keeps_order = self.queue.only_keeps_order();
        let alone = !self.shared && !self.pooled;
        self.may_be_unattended = self.impairments.is_none() && alone && self.keeps_order;
    }
}
