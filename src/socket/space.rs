//! The ports of one protocol: an index of sockets by what a packet says of them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use super::binding::{BindOptions, Binding};
use super::crowd::{Crowd, Crowds, Way};
use super::hash;
use crate::id::SocketId;

/// A connected socket's place in its space: local port, local address, remote address, remote port
/// and socket, one number that sorts in this order. So all connections of a port lie together,
/// and a look-up compares numbers.
type Pair = u128;

fn pair(local: SocketAddrV4, remote: SocketAddrV4, socket: SocketId) -> Pair {
    let addresses =
        (u128::from(local.ip().to_bits()) << 80) | (u128::from(remote.ip().to_bits()) << 48);
    (u128::from(local.port()) << 112)
        | addresses
        | (u128::from(remote.port()) << 32)
        | u128::from(socket.0)
}

const fn local_address(pair: Pair) -> Ipv4Addr {
    Ipv4Addr::from_bits((pair >> 80) as u32)
}

/// The ports of one protocol.
#[derive(Debug, Default)]
pub(super) struct Space {
    /// Bound sockets by port, in the order in which they were bound. No list is empty.
    bound: BTreeMap<u16, Vec<(SocketId, Binding)>>,
    connected: BTreeMap<Pair, BindOptions>,
    /// The connected socket that took a packet last, or zero.
    latest: Pair,
    pub(super) crowds: Crowds,
}

impl Space {
    /// Whose a packet is that came for `local` from `remote`.
    pub(super) fn lookup(&self, local: SocketAddrV4, remote: SocketAddrV4) -> Option<SocketId> {
        self.connection(local, remote).or_else(|| self.bound_for(local, remote))
    }

    /// The same for a packet that has come in. It is likely to be for the connection that took the one
    /// before it (the one-behind cache of 4.3BSD: Clark, Jacobson, Romkey and Salwen, "An analysis of
    /// TCP processing overhead", 1989).
    #[inline]
    pub(super) fn demultiplex(
        &mut self,
        local: SocketAddrV4,
        remote: SocketAddrV4,
    ) -> Option<SocketId> {
        // A host of servers, where nobody is connected, saves a search for every packet.
        if self.connected.is_empty() {
            return self.bound_for(local, remote);
        }
        let wanted = pair(local, remote, SocketId(0));
        if self.latest >> 32 != wanted >> 32 {
            let Some(found) = self.connection(local, remote) else {
                return self.bound_for(local, remote);
            };
            self.latest = wanted | Pair::from(found.0);
        }
        Some(SocketId(self.latest as u32))
    }

    /// The socket that takes what comes for `local` from nobody it is connected to.
    pub(super) fn bound_for(&self, local: SocketAddrV4, remote: SocketAddrV4) -> Option<SocketId> {
        let bound = self.bound.get(&local.port())?;
        match bound.as_slice() {
            [(socket, binding)] => binding.takes(*local.ip()).then_some(*socket),
            several => among(several, local, remote),
        }
    }

    /// Whether somebody has bound a port without being connected.
    pub(super) fn is_bound(&self, port: u16) -> bool {
        self.bound.contains_key(&port)
    }

    /// The sockets that have a port without being connected.
    pub(super) fn bound_at(&self, port: u16) -> impl Iterator<Item = SocketId> {
        self.bound.get(&port).into_iter().flatten().map(|(socket, _)| *socket)
    }

    /// Whether a listener and `wanted` cannot both listen.
    pub(super) fn has_rival(&self, wanted: &Binding) -> bool {
        let bound = self.bound.get(&wanted.port).into_iter().flatten();
        bound.into_iter().any(|(_, other)| other.listening && other.conflicts(wanted))
    }

    /// Whether a socket may bind what it wants.
    pub(super) fn is_free_for(&self, wanted: &Binding) -> bool {
        let first = Pair::from(wanted.port) << 112;
        let last = first | (Pair::MAX >> 16);
        let mut bound = self.bound.get(&wanted.port).into_iter().flatten();
        let mut connected = self.connected.range(first..=last);
        !bound.any(|(_, holder)| holder.conflicts(wanted))
            && !connected.any(|(pair, options)| {
                let (address, listening) = (Some(local_address(*pair)), false);
                Binding { address, listening, options: *options, ..*wanted }.conflicts(wanted)
            })
    }

    /// The socket connected from `local` to `remote`; of several the newest.
    pub(super) fn connection(&self, local: SocketAddrV4, remote: SocketAddrV4) -> Option<SocketId> {
        let last = pair(local, remote, SocketId(u32::MAX));
        let (found, _) = self.connected.range(..=last).next_back()?;
        (found >> 32 == last >> 32).then_some(SocketId(*found as u32))
    }

    /// The ports that have connections of this way.
    pub(super) fn crowd(&self, (address, remote): Way) -> Crowd {
        let ends = |port| pair(SocketAddrV4::new(address, port), remote, SocketId(0));
        let way = |pair: Pair| pair << 16 >> 48;
        let of_way = self.connected.keys().filter(|pair| way(**pair) == way(ends(0)));
        of_way.map(|pair| (pair >> 112) as u16).collect()
    }

    /// Files a socket where it is looked for.
    pub(super) fn insert(&mut self, socket: SocketId, binding: Binding) {
        self.latest = 0;
        match binding.remote {
            Some(remote) => {
                self.crowds.note((*binding.local().ip(), remote), binding.port, true);
                self.connected.insert(pair(binding.local(), remote, socket), binding.options);
            }
            None => self.bound.entry(binding.port).or_default().push((socket, binding)),
        }
    }

    /// Takes out a socket that is filed under this binding.
    pub(super) fn remove(&mut self, socket: SocketId, binding: &Binding) {
        self.latest = 0;
        if let Some(remote) = binding.remote {
            self.crowds.note((*binding.local().ip(), remote), binding.port, false);
            self.connected.remove(&pair(binding.local(), remote, socket));
        } else if let Some(list) = self.bound.get_mut(&binding.port) {
            list.retain(|(other, _)| *other != socket);
            if list.is_empty() {
                self.bound.remove(&binding.port);
            }
        }
    }
}

/// The most specific of several sockets that take a packet; of equals the last one bound, or
/// the one that a hash chooses if they divide the work.
fn among(
    several: &[(SocketId, Binding)],
    local: SocketAddrV4,
    remote: SocketAddrV4,
) -> Option<SocketId> {
    let takers = || several.iter().filter(|(_, binding)| binding.takes(*local.ip()));
    let (last, best) = takers().max_by_key(|(_, binding)| binding.address.is_some())?;
    if !best.options.reuse_port {
        return Some(*last);
    }
    let group = || takers().filter(|(_, b)| b.options.reuse_port && b.address == best.address);
    // As Linux's reciprocal_scale: the hash as a fraction of the group.
    let place = ((hash::of_ends(0, local, remote) >> 32) * group().count() as u64) >> 32;
    group().nth(place as usize).map(|(socket, _)| *socket)
}
