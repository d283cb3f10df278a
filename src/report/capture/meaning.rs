//! What the bytes of data are, as far as a run tells.

use super::quotes::Quotes;
use super::texts::Texts;
use crate::packet::icmp::Quote;
use crate::packet::ipv4;
use crate::packet::wire::{Meaning, Stretch};
use crate::sim::Simulation;

/// What is known.
#[derive(Debug, Default)]
pub(super) struct KnownMeaning {
    pub(super) texts: Texts,
    pub(super) quotes: Quotes,
    /// The DNS names of a run, by number.
    names: Vec<String>,
}

impl KnownMeaning {
    pub(super) fn of(simulation: &Simulation) -> Self {
        let names = (0..).map_while(|place| simulation.dns_name(place).map(str::to_owned));
        Self { names: names.collect(), ..Self::default() }
    }
}

impl Meaning for KnownMeaning {
    #[inline]
    fn has_text(&self, stretch: &Stretch) -> bool {
        self.texts.lie_within(stretch)
    }
    fn write_text(&self, stretch: &Stretch, bytes: &mut [u8]) {
        self.texts.write(stretch, bytes);
    }
    fn dns_name(&self, place: u32) -> Option<&str> {
        self.names.get(place as usize).map(String::as_str)
    }
    fn quoted(&self, quote: &Quote) -> Option<ipv4::Packet> {
        self.quotes.find(quote)
    }
}
