//! One packet's life: every node, queue and link, every change of its headers, its kin, and how it ended.
//!
//! - `family`: which packets are its kin: parts and copies, and segments with the same data;
//! - `life`: where each of them was last;
//! - `timeline`: what happened to the packet itself, row by row;
//! - `print`: all of it as text.
//!
//! A [`Follower`] is shown a whole run. Of some kin it learns only after they have gone: then it asks
//! for the same run once more, which is the same in everything. It keeps nothing of other packets.

mod family;
mod life;
mod print;
#[cfg(test)]
mod tests;
mod timeline;

use family::Family;
use life::Life;
use timeline::Timeline;

use crate::observe::Observation;
use crate::packet::{Packet, Payload, ipv4};
use crate::report::names::Names;
use crate::report::trace::describe::{Context, describe};
use crate::report::trace::packet_of;
use crate::report::trace::sequences::Sequences;
use crate::sim::Simulation;
use crate::units::Time;

/// Follows one packet through a run.
#[derive(Debug)]
pub struct Follower {
    number: u64,
    family: Family,
    /// The highest number seen.
    highest: u64,
    seen: Seen,
}

/// What one pass has seen.
#[derive(Debug, Default)]
struct Seen {
    sequences: Sequences,
    /// The packet as it was first seen, in words.
    first: Option<(Packet, String)>,
    timeline: Timeline,
    lives: Vec<Life>,
}

impl Follower {
    /// Of the packet with this number.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self { number, family: Family::of(number), highest: 0, seen: Seen::default() }
    }

    /// Begins to look at a run. The run must be the same each time.
    pub fn begin(&mut self) {
        self.family.begin();
        self.seen = Seen::default();
    }

    /// Looks at what happened at `now`.
    pub fn observe(
        &mut self,
        now: Time,
        what: &Observation,
        names: &Names,
        simulation: &Simulation,
    ) {
        let Some(packet) = packet_of(what) else { return };
        let number = packet.label.number;
        self.highest = self.highest.max(number);
        self.seen.sequences.learn(packet);
        self.family.observe(what);
        if number == self.number
            || matches!(what, Observation::Derived { of, .. } if *of == self.number)
        {
            self.note(packet, simulation);
            self.seen.timeline.observe(now, what, self.number, names, simulation.plan());
        }
        for of in [Some(number), life::made_of(what)].into_iter().flatten() {
            if self.family.contains(of) {
                life::observe(&mut self.seen.lives, of, now, what);
            }
        }
    }

    /// Puts the packet into words when it is seen for the first time, as a part of itself if need be.
    fn note(&mut self, packet: &Packet, simulation: &Simulation) {
        if self.seen.first.is_none() {
            let mut packet = *packet;
            if let (true, Payload::Ipv4(ip)) =
                (packet.label.number != self.number, &mut packet.payload)
            {
                // It was cut into parts before anybody saw it: in words it is whole.
                *ip = whole(ip);
            }
            let dns = |place| simulation.dns_name(place);
            let cx = Context { sequences: &self.seen.sequences, dns: &dns, headers: false };
            self.seen.first = Some((packet, describe(&packet, &cx)));
        }
    }

    /// Whether kin were found whose earlier life was not seen: then the run has to be looked at again.
    #[must_use]
    pub const fn must_look_again(&self) -> bool {
        self.family.grew_late()
    }

    /// The life of the packet as text within eighty columns, or the highest number that a packet of the
    /// run has if none has this.
    ///
    /// # Errors
    /// The highest number.
    pub fn story(&self, names: &Names) -> Result<String, u64> {
        match &self.seen.first {
            Some((packet, words)) => Ok(print::story(self, packet, words, names)),
            None => Err(self.highest),
        }
    }
}

/// The datagram that a fragment is a part of.
const fn whole(part: &ipv4::Packet) -> ipv4::Packet {
    ipv4::Packet {
        data_length: part.transport.length(),
        fragment_offset: 0,
        more_fragments: false,
        ..*part
    }
}
