//! A hub: repeats every bit on all other interfaces. It knows no addresses and keeps nothing.

use super::interface::Interface;
use crate::id::{ChannelId, InterfaceId};

/// A hub.
#[derive(Debug)]
pub struct Hub {
    interfaces: Vec<Interface>,
}

impl Hub {
    /// A hub with these interfaces.
    #[must_use]
    pub const fn new(interfaces: Vec<Interface>) -> Self {
        Self { interfaces }
    }

    /// The link of an interface went down or came up.
    pub fn link_changed(&mut self, interface: InterfaceId, up: bool) {
        self.interfaces[interface.index()].up = up;
    }

    /// Where a frame that came in by `interface` is repeated.
    pub fn repeats(&self, interface: InterfaceId) -> impl Iterator<Item = ChannelId> {
        self.interfaces
            .iter()
            .enumerate()
            .filter(move |(index, other)| *index != interface.index() && other.up)
            .map(|(_, other)| other.out)
    }
}
