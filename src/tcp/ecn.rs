//! Explicit congestion notification (RFC 3168 section 6.1): a queue marks a packet instead of
//! dropping it, the receiver echoes the mark until the sender says that it has come down, and the
//! sender comes down once per window.
//!
//! Not modelled: the nonce (RFC 3540) and accurate ECN (RFC 9768).

use super::config::{Congestion, EcnMode};
use super::receive::Arrival;
use super::recovery::parts;
use super::state::State;
use super::{Connection, Offset};
use crate::packet::ipv4::Ecn;
use crate::packet::tcp::{Flags, Purpose, Segment};
use crate::units::Time;

/// A segment to send, and what is to be known of it where it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outgoing {
    /// The segment.
    pub segment: Segment,
    /// The rest.
    pub envelope: Envelope,
}

/// What is to be known of a segment that is sent beside its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope {
    /// Whether a queue may mark it.
    pub ecn: Ecn,
    /// Why it is sent.
    pub purpose: Purpose,
    /// Whether routers may cut the packet: DF is not set.
    pub may_be_cut: bool,
}

impl Envelope {
    /// That of a segment that must not be marked (RFC 3168 sections 6.1.1, 6.1.4 and 6.1.5).
    pub const PLAIN: Self =
        Self { ecn: Ecn::NotEct, purpose: Purpose::Ordinary, may_be_cut: false };
}

/// How many acknowledgments go out at once after a mark, as in Linux.
const QUICK_ACKS: u32 = 2;

/// Both halves' state.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Notification {
    /// Both ends want it.
    agreed: bool,
    /// The receiver has seen a mark, and no CWR since.
    echoing: bool,
    /// The sender has reduced its window and not said so yet.
    reduced: bool,
}

impl Notification {
    /// The flags that go with every acknowledgment.
    pub(super) const fn flags(self) -> Flags {
        Flags { ece: self.echoing, ..Flags::ACK }
    }

    pub(super) const fn is_agreed(self) -> bool {
        self.agreed
    }

    /// The window came down, for whatever reason (RFC 3168 section 6.1.2).
    pub(super) const fn on_reduction(&mut self) {
        self.reduced = self.agreed;
    }
}

impl Connection {
    /// DCTCP lives by marks: it asks for them, and all its segments may be marked, as in Linux.
    fn lives_by_marks(&self) -> bool {
        self.config.congestion == Congestion::Dctcp
    }

    /// Whether a segment that is not new data may be marked.
    pub(super) fn mark_old(&self, segment: &Segment) -> Ecn {
        let opening = segment.flags.syn && self.state == State::SynSent;
        let marked = self.lives_by_marks() && !segment.flags.rst && (self.ecn.agreed || opening);
        if marked { Ecn::Ect0 } else { Ecn::NotEct }
    }

    /// The flags of our SYN or SYN-ACK (RFC 3168 section 6.1.1). As in Linux, a SYN that has to be
    /// sent again does not ask, in case somebody on the way does not like it.
    pub(super) fn syn_flags(&self, first: bool) -> Flags {
        if self.state == State::SynReceived {
            return Flags { ece: self.ecn.agreed, ..Flags::SYN_ACK };
        }
        let asks = first && (self.config.ecn == EcnMode::On || self.lives_by_marks());
        Flags { ece: asks, cwr: asks, ..Flags::SYN }
    }

    /// The other end's SYN or SYN-ACK has come.
    pub(super) fn agree_on_ecn(&mut self, flags: Flags) {
        let willing = match self.config.ecn {
            _ if self.lives_by_marks() => true,
            EcnMode::Off => false,
            EcnMode::Passive => self.passive,
            EcnMode::On => true,
        };
        // A SYN asks with both flags, a SYN-ACK agrees with ECE alone.
        self.ecn.agreed = willing && flags.ece && flags.cwr != flags.ack;
    }

    /// Data have arrived: notes a mark, and whether the sender has come down for the last one
    /// (RFC 3168 section 6.1.3).
    pub(super) fn take_mark(&mut self, now: Time, arrival: Arrival<'_>) {
        if !self.ecn.agreed {
            return;
        }
        if self.lives_by_marks() {
            return self.take_exact_mark(now, arrival);
        }
        if arrival.segment.flags.cwr {
            self.ecn.echoing = false;
            // Its window may be down to one segment.
            self.acks.now = true;
        }
        if arrival.ecn == Ecn::Ce {
            if !self.ecn.echoing {
                self.acks.hurry(QUICK_ACKS);
            }
            self.ecn.echoing = true;
        }
    }

    /// The echo tells of each mark (RFC 8257 section 3.2): what came before a change, and waits
    /// for its acknowledgment, gets one with the old echo at once.
    fn take_exact_mark(&mut self, now: Time, arrival: Arrival<'_>) {
        let marked = arrival.ecn == Ecn::Ce;
        if marked == self.ecn.echoing {
            return;
        }
        if self.receiver.next > self.receiver.acknowledged {
            let mut ack = Box::new(Segment::EMPTY);
            self.write_text(now, self.queue.next, (0, false), &mut ack);
            self.ready = Some(ack);
        }
        self.ecn.echoing = marked;
        self.acks.now = true;
    }

    /// An acknowledgment up to `ack` has come, perhaps with an echo of a mark (RFC 3168 section
    /// 6.1.2).
    pub(super) fn take_echo(&mut self, segment: &Segment, ack: Offset) {
        let is_idle = self.queue.in_flight() == 0;
        if !self.ecn.agreed || is_idle || !segment.flags.ece || ack < self.queue.unacknowledged {
            return;
        }
        if self.recovery.on_echo(&mut parts!(self)) {
            self.on_reduction();
        }
    }

    /// New data go out: they may be marked, and tell of a reduction.
    pub(super) fn mark_new_data(&mut self, segment: &mut Segment) -> Ecn {
        if !self.ecn.agreed || segment.data_length == 0 {
            return self.mark_old(segment);
        }
        segment.flags.cwr = self.ecn.reduced;
        self.ecn.reduced = false;
        Ecn::Ect0
    }
}
