//! Captures: what `tcpdump` would have written on the nodes of the network, as pcapng files.
//!
//! One file for each node, `NODE.pcapng`, with `eth0` and `lo`. A node with several interfaces has one for each,
//! `NODE.eth0.pcapng` and so on: what it passes on would otherwise be in one file twice, and readers take the second
//! for a retransmission. As libpcap sees them, packets are captured when
//! their first bit goes out and when their last bit has come in. Packets that ended have a comment that says why;
//! those that ended in the queue before an interface never went out: they count in the drop count
//! (`epb_dropcount`) of the packet that goes out next.
//!
//! | file | does |
//! | --- | --- |
//! | `choice` | which interfaces |
//! | `sections` | the head of a file |
//! | `node`, `block` | one file, block by block |
//! | `background` | writes to the disk |
//! | `comments` | what ended, in words |
//! | `meaning`, `texts`, `quotes` | what the bytes of data are |
//! | `sightings` | data that were made a moment ago |
//!
//! A [`Capture`] is an observer of a run. It writes as things happen and keeps only what it needs to know the bytes of
//! packets on their way: its memory does not grow with what it has written. Time 0 of a
//! simulation is the beginning of 1970 in the files; nanoseconds are cut, not rounded.

mod background;
mod block;
mod choice;
mod comments;
mod meaning;
mod node;
mod quotes;
mod sections;
mod sightings;
mod texts;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use choice::{Choice, MOST_FILES};

use super::file::{Pending, WriteError, make_folder};
use super::names::Names;
use crate::id::{ChannelId, NodeId};
use crate::observe::{DropReason, Interest, Observation, Observer, Place};
use crate::packet::Packet;
use crate::packet::ipv4::Protocol;
use crate::packet::wire::{Encoder, Extent};
use crate::sim::Simulation;
use crate::units::Time;
use background::Background;
use meaning::KnownMeaning;
use node::{Direction, End, NodeFile};
use sections::NodeView;
use sightings::Sightings;

/// The folder of captures in a folder of results.
pub const FOLDER: &str = "captures";

/// So much is written of a run before data that say nothing are cut \[bytes\].
const WHOLE: usize = 64 << 20;
/// What is left of them then \[bytes\].
const LITTLE: usize = 16;

/// Captures of some of a network's interfaces, while they are written.
#[derive(Debug)]
pub struct Capture {
    /// By node.
    files: Vec<Vec<NodeFile>>,
    names: Names,
    sightings: Sightings,
    encoder: Encoder,
    meaning: KnownMeaning,
    extent: Extent,
    /// How much is written before packets are cut.
    whole: usize,
    failed: Arc<AtomicBool>,
    background: Option<Background>,
}

impl Capture {
    /// Nothing is captured.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            files: Vec::new(),
            names: Names::default(),
            sightings: Sightings::default(),
            encoder: Encoder::new(),
            meaning: KnownMeaning::default(),
            extent: Extent::ALL,
            whole: WHOLE,
            failed: Arc::default(),
            background: None,
        }
    }

    /// Starts the files of what is chosen, in the folder [`FOLDER`] of the folder of results
    /// `out`. Of each packet the first `snap` bytes are kept; without that all, until much has been
    /// written.
    ///
    /// # Errors
    /// If a file cannot be made.
    pub fn start(
        out: &Path,
        simulation: &Simulation,
        choice: &Choice,
        snap: Option<u32>,
        title: &str,
    ) -> Result<Self, WriteError> {
        let mut capture = Self {
            names: Names::of(simulation),
            meaning: KnownMeaning::of(simulation),
            whole: if snap.is_some() { usize::MAX } else { WHOLE },
            ..Self::nothing()
        };
        if choice.is_empty() {
            return Ok(capture);
        }
        capture.extent.packet = snap.map_or(usize::MAX, |snap| snap as usize);
        let folder = out.join(FOLDER);
        make_folder(&folder)?;
        let mut pending = Vec::new();
        for node in (0..simulation.plan().nodes.len()).map(NodeId::from_index) {
            let view = NodeView { simulation, names: &capture.names, node };
            let mut files = Vec::new();
            for (name, taps) in choice.files_of(node, capture.names.node(node), view.has_several())
            {
                files.push(NodeFile::start(pending.len(), &view, &taps, snap, title));
                pending.push(Pending::create(&folder.join(format!("{name}.pcapng")))?);
            }
            capture.files.push(files);
        }
        capture.background = Some(Background::start(pending, Arc::clone(&capture.failed)));
        Ok(capture)
    }

    /// Becomes true when something could not be written: to go on makes no sense then.
    #[must_use]
    pub fn failed(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.failed)
    }

    /// Whether so much was written that packets are cut now.
    #[must_use]
    pub const fn cuts_packets(&self) -> bool {
        self.extent.pattern == LITTLE
    }

    /// Ends the files, which are to be committed: until then nobody sees them.
    ///
    /// # Errors
    /// The first error there was.
    pub fn finish(self, now: Time) -> Result<Vec<Pending>, WriteError> {
        let Some(background) = self.background else { return Ok(Vec::new()) };
        for file in self.files.into_iter().flatten() {
            file.finish(now, &background);
        }
        background.finish()
    }

    #[inline]
    fn packet(&mut self, now: Time, node: NodeId, direction: Direction, packet: &Packet) {
        let Self { files, sightings, encoder, meaning, extent, whole, background, .. } = self;
        let (Some(files), Some(background)) = (files.get_mut(node.index()), background) else {
            return;
        };
        for file in files {
            let how = (&mut *sightings, &mut *encoder, &*meaning);
            let written = file.packet(now, direction, packet, *extent, how, background);
            *whole = whole.saturating_sub(written);
        }
        if *whole == 0 {
            extent.pattern = LITTLE;
        }
    }

    /// A packet has ended: told with it if it was seen just now, with the next otherwise.
    fn dropped(&mut self, place: Place, packet: &Packet, reason: DropReason) {
        self.meaning.quotes.ended(packet);
        let node = self.node_of(place, reason);
        let Some(files) = self.files.get_mut(node.index()) else { return };
        let interface = match place {
            Place::Channel(channel) if reason != DropReason::Corrupt => {
                Some(self.names.sender(channel).1)
            }
            _ => None,
        };
        let place = self.names.place(place);
        let end = End { number: packet.label.number, reason, place: &place };
        // What was lost on the link did go out, by that interface: its file tells. What never went out may be
        // told where it came in.
        let told = match (interface, reason) {
            (Some(interface), DropReason::Loss) => {
                files.iter_mut().filter(|file| file.has(interface)).any(|file| file.tell_held(end))
            }
            (Some(interface), _) => {
                files.iter_mut().for_each(|file| file.count_drop(interface));
                files.iter_mut().any(|file| file.tell_held(end))
            }
            (None, _) => files.iter_mut().any(|file| file.tell_held(end)),
        };
        if !told {
            files.iter_mut().any(|file| file.tell_later(end, interface));
        }
    }

    /// Whose files tell of the end of a packet: for links the sender's, but damage shows at the
    /// receiver.
    fn node_of(&self, place: Place, reason: DropReason) -> NodeId {
        match place {
            Place::Node(node) | Place::Port { node, .. } => node,
            Place::Channel(channel) if reason == DropReason::Corrupt => {
                self.names.receiver(channel).0
            }
            Place::Channel(channel) => self.names.sender(channel).0,
        }
    }

    fn sent(&mut self, now: Time, channel: ChannelId, packet: &Packet) {
        let (node, interface) = self.names.sender(channel);
        self.packet(now, node, Direction::Out(interface), packet);
    }
}

impl Observer for Capture {
    fn interest(&self) -> Interest {
        if self.files.is_empty() { Interest::Nothing } else { Interest::Wire }
    }

    #[inline]
    fn observe(&mut self, now: Time, what: &Observation) {
        if self.files.is_empty() {
            return;
        }
        match what {
            Observation::TransmitStarted { channel, packet, .. } => {
                self.sent(now, *channel, packet);
            }
            Observation::Received { node, interface, packet } => {
                self.packet(now, *node, Direction::In(*interface), packet);
            }
            Observation::LoopedBack { node, packet } => {
                self.packet(now, *node, Direction::Loopback, packet);
            }
            Observation::Dropped { place, packet, reason } => {
                self.dropped(*place, packet, *reason);
            }
            Observation::Wrote { local, remote, first, text } => {
                self.meaning.texts.wrote(*local, *remote, *first, text);
            }
            Observation::Demultiplexed { protocol: Protocol::Tcp, packet, .. } => {
                self.meaning.texts.arrived(packet);
            }
            Observation::StateChanged { local, remote, to: "CLOSED", .. } => {
                self.meaning.texts.closed(*local, *remote);
            }
            _ => {}
        }
    }
}

/// Removes captures that an earlier run left in the folder of results `out`: they would be taken for
/// this run's. Those at `keep` stay.
pub fn remove_others(out: &Path, keep: &[PathBuf]) {
    let Ok(entries) = std::fs::read_dir(out.join(FOLDER)) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_some_and(|extension| extension == "pcapng") && !keep.contains(&path)
        {
            // One that cannot be removed does no more harm than before.
            let _ = std::fs::remove_file(path);
        }
    }
}
