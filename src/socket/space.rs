//! The ports of one protocol: an index of sockets by what a packet says of them.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use super::binding::Binding;
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

/// The ports of one protocol.
#[derive(Debug, Default)]
pub(super) struct Space {
    /// Bound sockets by port, in the order in which they were bound. No list is empty.
    bound: BTreeMap<u16, Vec<(SocketId, Binding)>>,
    connected: BTreeMap<Pair, Binding>,
}

impl Space {
    /// Whose a packet is that came for `local` from `remote`.
    pub(super) fn lookup(&self, local: SocketAddrV4, remote: SocketAddrV4) -> Option<SocketId> {
        // Done for every packet: a host of servers, where nobody is connected, saves a search.
        if !self.connected.is_empty()
            && let Some(socket) = self.connection(local, remote)
        {
            return Some(socket);
        }
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

    /// Everyone at a port.
    fn at(&self, port: u16) -> impl Iterator<Item = &Binding> {
        let first = Pair::from(port) << 112;
        let last = first | (Pair::MAX >> 16);
        let bound = self.bound.get(&port).into_iter().flatten().map(|(_, binding)| binding);
        bound.chain(self.connected.range(first..=last).map(|(_, binding)| binding))
    }

    /// Whether a socket may bind what it wants.
    pub(super) fn is_free_for(&self, wanted: &Binding) -> bool {
        !self.at(wanted.port).any(|holder| holder.conflicts(wanted))
    }

    /// The socket connected from `local` to `remote`; of several the newest.
    pub(super) fn connection(&self, local: SocketAddrV4, remote: SocketAddrV4) -> Option<SocketId> {
        let last = pair(local, remote, SocketId(u32::MAX));
        let (found, _) = self.connected.range(..=last).next_back()?;
        (found >> 32 == last >> 32).then_some(SocketId(*found as u32))
    }

    /// Files a socket where it is looked for.
    pub(super) fn insert(&mut self, socket: SocketId, binding: Binding) {
        match binding.remote {
            Some(remote) => {
                self.connected.insert(pair(binding.local(), remote, socket), binding);
            }
            None => self.bound.entry(binding.port).or_default().push((socket, binding)),
        }
    }

    /// Takes out a socket that is filed under this binding.
    pub(super) fn remove(&mut self, socket: SocketId, binding: &Binding) {
        if let Some(remote) = binding.remote {
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
