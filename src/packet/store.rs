//! Where packets live while they wait or fly: everything else holds their ids.

use super::Packet;
use crate::id::PacketId;

/// All packets that exist now. Ids are reused, so memory follows the packets in the air.
#[derive(Debug, Default)]
pub struct PacketStore {
    packets: Vec<Packet>,
    free: Vec<PacketId>,
    /// Which ids mean something: no packet may end twice.
    #[cfg(debug_assertions)]
    alive: Vec<bool>,
}

impl PacketStore {
    /// Puts a packet in. O(1).
    #[inline(always)]
    pub fn insert(&mut self, packet: Packet) -> PacketId {
        if let Some(id) = self.free.pop() {
            self.packets[id.index()] = packet;
            #[cfg(debug_assertions)]
            {
                self.alive[id.index()] = true;
            }
            return id;
        }
        let id = PacketId::from_index(self.packets.len());
        self.packets.push(packet);
        #[cfg(debug_assertions)]
        self.alive.push(true);
        id
    }

    /// Takes a packet out; its id means nothing from now on. O(1).
    #[inline(always)]
    pub fn remove(&mut self, id: PacketId) -> Packet {
        #[cfg(debug_assertions)]
        assert!(std::mem::replace(&mut self.alive[id.index()], false), "a packet ended twice");
        self.free.push(id);
        self.packets[id.index()]
    }

    /// The same without a look at it. O(1).
    #[inline(always)]
    pub fn discard(&mut self, id: PacketId) {
        #[cfg(debug_assertions)]
        assert!(std::mem::replace(&mut self.alive[id.index()], false), "a packet ended twice");
        self.free.push(id);
    }

    /// How many packets exist.
    #[must_use]
    pub fn len(&self) -> usize {
        self.packets.len() - self.free.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl std::ops::Index<PacketId> for PacketStore {
    type Output = Packet;
    fn index(&self, id: PacketId) -> &Packet {
        #[cfg(debug_assertions)]
        assert!(self.alive[id.index()], "a packet was looked at after its end");
        &self.packets[id.index()]
    }
}

impl std::ops::IndexMut<PacketId> for PacketStore {
    fn index_mut(&mut self, id: PacketId) -> &mut Packet {
        &mut self.packets[id.index()]
    }
}
