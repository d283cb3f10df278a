//! What the simulator says happened, told by its observations alone.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;

use portolan::id::InterfaceId;
use portolan::observe::{DropReason, Interest, Observation, Observer, Place};
use portolan::packet::ipv4::Transport;
use portolan::packet::tcp::{Segment, SeqNum};
use portolan::packet::{Packet, Payload};
use portolan::report::names::{Names, Plug as Plugged};
use portolan::sim::wiring::Plug;
use portolan::sim::{NodePlan, Simulation};
use portolan::units::Time;

/// A packet at a node, in the order in which libpcap sees packets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) at: Time,
    pub(crate) outgoing: bool,
    pub(crate) packet: Packet,
}

/// A segment by what identifies its bytes.
pub(crate) type Bytes = (SocketAddrV4, SocketAddrV4, u32);

/// Everything that matters to captures.
#[derive(Default)]
pub(crate) struct Truth {
    names: Names,
    /// By node: the files of its interfaces.
    files_of: Vec<Vec<String>>,
    /// By file: what is in it.
    pub(crate) files: BTreeMap<String, Vec<Seen>>,
    /// Packets that ended, with the node whose capture tells.
    pub(crate) ended: Vec<(String, u64, DropReason)>,
    /// Segments that were lost on the way at least once.
    pub(crate) lost: BTreeSet<Bytes>,
    /// Segments as they were first handed to an interface by their senders: where the next begins.
    pub(crate) sent: BTreeMap<Bytes, SeqNum>,
    /// Segments by when a node saw them come in: a place in the order of all packets.
    arrived: BTreeMap<Bytes, Vec<u64>>,
    pub(crate) count: u64,
}

impl Truth {
    pub(crate) fn of(simulation: &Simulation) -> Self {
        let nodes = simulation.plan().nodes.iter().zip(&simulation.wiring().plugs);
        let file = |(node, plugs): (&NodePlan, &Vec<Plug>)| match plugs.len() {
            0 | 1 => vec![node.name.clone()],
            many => (0..many).map(|index| format!("{}.eth{index}", node.name)).collect(),
        };
        let files_of: Vec<Vec<String>> = nodes.map(file).collect();
        let files = files_of.iter().flatten().map(|file| (file.clone(), Vec::new())).collect();
        Self { names: Names::of(simulation), files_of, files, ..Self::default() }
    }

    fn see(&mut self, at: Time, (node, interface): Plugged, outgoing: bool, packet: Packet) {
        self.count += 1;
        if let (false, Some((bytes, _))) = (outgoing, segment_of(&packet)) {
            self.arrived.entry(bytes).or_default().push(self.count);
        }
        let files = &self.files_of[node.index()];
        let file = files.get(interface.index()).unwrap_or(&files[0]);
        let seen = self.files.get_mut(file).expect("a file of the scenario");
        seen.push(Seen { at, outgoing, packet });
    }

    /// Whether a segment came in after one that was sent later.
    pub(crate) fn is_late(&self, segment: &Bytes, later: SeqNum) -> bool {
        let (from, to, _) = *segment;
        let last = |bytes: &Bytes| self.arrived.get(bytes).and_then(|places| places.last());
        match (last(segment), self.arrived.get(&(from, to, later.value()))) {
            (Some(last), Some(places)) => places.first().is_some_and(|first| first < last),
            // It is still on its way when the run ends.
            (None, _) => true,
            (_, None) => false,
        }
    }

    fn end(&mut self, place: Place, packet: &Packet, reason: DropReason) {
        let node = match place {
            Place::Node(node) | Place::Port { node, .. } => node,
            Place::Channel(channel) if reason == DropReason::Corrupt => {
                self.names.receiver(channel).0
            }
            Place::Channel(channel) => self.names.sender(channel).0,
        };
        self.ended.push((self.names.node(node).to_owned(), packet.label.number, reason));
        if let Some((bytes, _)) = segment_of(packet) {
            self.lost.insert(bytes);
        }
    }
}

impl Observer for Truth {
    fn interest(&self) -> Interest {
        Interest::Everything
    }
    fn observe(&mut self, now: Time, what: &Observation) {
        match what {
            Observation::Enqueued { packet, .. } => {
                if let Some((bytes, segment)) = segment_of(packet) {
                    self.sent.entry(bytes).or_insert(segment.end());
                }
            }
            Observation::TransmitStarted { channel, packet, .. } => {
                self.see(now, self.names.sender(*channel), true, *packet);
            }
            Observation::Received { node, interface, packet } => {
                self.see(now, (*node, *interface), false, *packet);
            }
            Observation::LoopedBack { node, packet } => {
                self.see(now, (*node, InterfaceId(0)), false, *packet);
            }
            Observation::Dropped { place, packet, reason } => self.end(*place, packet, *reason),
            _ => {}
        }
    }
}

/// The segment in a packet, if there is a whole one.
pub(crate) fn segment_of(packet: &Packet) -> Option<(Bytes, Segment)> {
    let Payload::Ipv4(ip) = &packet.payload else { return None };
    let Transport::Tcp(segment) = ip.transport else { return None };
    let from = SocketAddrV4::new(ip.source, segment.source_port);
    let to = SocketAddrV4::new(ip.destination, segment.destination_port);
    (!ip.is_fragment()).then_some(((from, to, segment.seq.value()), segment))
}
