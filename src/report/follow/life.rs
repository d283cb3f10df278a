//! Where a packet was last: enough to say in a line what became of it.

use crate::id::{ChannelId, NodeId};
use crate::observe::{DropReason, Kinship, Observation, Place};
use crate::packet::tcp::Purpose;
use crate::report::names::Names;
use crate::report::trace::packet_of;
use crate::units::Time;

/// A packet in short.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Life {
    pub(super) number: u64,
    /// When it was first seen.
    pub(super) first: Time,
    /// How it was made, if of another.
    pub(super) made: Option<(Kinship, u64)>,
    /// Why it was sent.
    pub(super) purpose: Purpose,
    /// When it was seen last, and where.
    pub(super) last: (Time, Last),
    /// What was made of it.
    pub(super) children: Vec<(Kinship, u64)>,
}

/// Where a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    /// It has just been made.
    Made,
    /// In the queue before a link.
    Waits(ChannelId),
    /// On a link.
    Flies(ChannelId),
    /// In a node.
    At(NodeId),
    /// At the port that it was for.
    Port(Place),
    /// It was lost.
    Dropped(Place, DropReason),
}

/// The packet that something was made of.
pub(super) const fn made_of(what: &Observation) -> Option<u64> {
    match what {
        Observation::Derived { of, .. } => Some(*of),
        _ => None,
    }
}

/// Notes what happened to the packet `number`.
pub(super) fn observe(lives: &mut Vec<Life>, number: u64, now: Time, what: &Observation) {
    let place = lives.iter().position(|life| life.number == number).unwrap_or_else(|| {
        let (first, last) = (now, (now, Last::Made));
        let (made, purpose, children) = (None, Purpose::Ordinary, Vec::new());
        lives.push(Life { number, first, made, purpose, last, children });
        lives.len() - 1
    });
    lives[place].observe(now, what);
}

impl Life {
    fn observe(&mut self, now: Time, what: &Observation) {
        if let Some(packet) = packet_of(what)
            && packet.label.number == self.number
        {
            self.purpose = packet.label.purpose;
        }
        let last = match what {
            Observation::Derived { of, packet, kinship } => {
                return self.derived(now, *of, packet.label.number, *kinship);
            }
            Observation::Enqueued { channel, .. } => Last::Waits(*channel),
            Observation::TransmitStarted { channel, .. } => Last::Flies(*channel),
            Observation::Received { node, .. } | Observation::LoopedBack { node, .. } => {
                Last::At(*node)
            }
            Observation::Demultiplexed { node, protocol, port, .. } => {
                Last::Port(Place::Port { node: *node, protocol: *protocol, port: *port })
            }
            Observation::Dropped { place, reason, .. } => Last::Dropped(*place, *reason),
            _ => return,
        };
        self.last = (now, last);
    }

    fn derived(&mut self, now: Time, of: u64, number: u64, kinship: Kinship) {
        if of == self.number && number != self.number {
            self.children.push((kinship, number));
            self.last.0 = now;
        } else if kinship != Kinship::Reassembled {
            self.made = Some((kinship, of));
        }
    }

    /// Whether it did not end in others: one that is doubled on a link goes on itself.
    pub(super) fn is_childless(&self) -> bool {
        self.children.last().is_none_or(|(kinship, _)| *kinship == Kinship::Duplicate)
    }

    /// What became of it.
    pub(super) fn fate(&self, names: &Names) -> String {
        if let Last::Dropped(place, reason) = self.last.1 {
            return format!("dropped at {}: {}", names.place(place), reason.words());
        }
        if let Some(&(kinship, _)) = self.children.last()
            && !self.is_childless()
        {
            let others = self.children.iter().filter(|(it, _)| *it == kinship);
            let numbers: Vec<u64> = others.map(|&(_, number)| number).collect();
            return became(kinship, &numbers);
        }
        match self.last.1 {
            Last::Made => "made".into(),
            Last::Waits(channel) => {
                format!("still waits at {}", names.interface(names.sender(channel)))
            }
            Last::Flies(channel) => format!("still on its way {}", names.direction(channel)),
            Last::At(node) => format!("arrived at {}", names.node(node)),
            Last::Port(place) => format!("delivered to {}", names.place(place)),
            Last::Dropped(..) => unreachable!("told above"),
        }
    }
}

/// What a packet became: `cut into #7 #8`.
pub(super) fn became(kinship: Kinship, numbers: &[u64]) -> String {
    let what = match kinship {
        Kinship::Fragment => "cut into",
        Kinship::Reassembled => "the last part to come: whole again as",
        Kinship::Duplicate => "arrives twice, also as",
        Kinship::Repeated => "repeated by the hub as",
        Kinship::Flooded => "sent out of several interfaces as",
    };
    let numbers: Vec<String> = numbers.iter().map(|number| format!("#{number}")).collect();
    format!("{what} {}", numbers.join(" "))
}
