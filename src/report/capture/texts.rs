//! What processes have written into streams, by the places of its bytes.
//!
//! Kept until it is acknowledged and for a while longer: copies of segments may still be on their way then.
//! Connections that have ended are remembered for the same reason, the latest of them.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddrV4;
use std::sync::Arc;

use crate::packet::ipv4::Transport;
use crate::packet::tcp::SeqNum;
use crate::packet::wire::Stretch;
use crate::packet::{Packet, Payload};

/// How much acknowledged text of a stream is kept \[bytes\].
const MOST_ACKNOWLEDGED: usize = 16 << 10;
/// Acknowledged text as far back as this would be taken for what comes when sequence numbers have
/// gone round \[bytes\].
const FARTHEST: i32 = 1 << 30;
/// How many streams that have ended are remembered.
const MOST_ENDED: usize = 512;

/// One direction of a connection: who writes, who reads.
type Stream = (SocketAddrV4, SocketAddrV4);

#[derive(Debug)]
struct Text {
    first: SeqNum,
    text: Arc<str>,
}

impl Text {
    fn end(&self) -> SeqNum {
        self.first.wrapping_add(self.text.len() as u32)
    }
}

#[derive(Debug, Default)]
struct Written {
    texts: VecDeque<Text>,
    /// How much of it is acknowledged, in bytes of whole texts and in texts.
    acknowledged: (usize, usize),
}

/// The texts of all streams.
#[derive(Debug, Default)]
pub(super) struct Texts {
    streams: BTreeMap<Stream, Written>,
    ended: VecDeque<Stream>,
}

impl Texts {
    /// A process at `local` has written a text.
    pub(super) fn wrote(
        &mut self,
        local: SocketAddrV4,
        remote: SocketAddrV4,
        first: SeqNum,
        text: &Arc<str>,
    ) {
        let written = self.streams.entry((local, remote)).or_default();
        written.texts.push_back(Text { first, text: Arc::clone(text) });
    }

    /// A segment has reached its connection: what it acknowledges may be forgotten soon.
    pub(super) fn arrived(&mut self, packet: &Packet) {
        if self.streams.is_empty() {
            return;
        }
        let Payload::Ipv4(ip) = &packet.payload else { return };
        let Transport::Tcp(segment) = &ip.transport else { return };
        let writer = SocketAddrV4::new(ip.destination, segment.destination_port);
        let reader = SocketAddrV4::new(ip.source, segment.source_port);
        if let (true, Some(written)) = (segment.flags.ack, self.streams.get_mut(&(writer, reader)))
        {
            written.acknowledge(segment.ack);
        }
    }

    /// A connection has ended at one end.
    pub(super) fn closed(&mut self, local: SocketAddrV4, remote: SocketAddrV4) {
        let stream = (local, remote);
        if !self.streams.contains_key(&stream) {
            return;
        }
        self.ended.push_back(stream);
        if self.ended.len() > MOST_ENDED
            && let Some(oldest) = self.ended.pop_front()
        {
            // Unless its ends have connected again, and it ended once more.
            if !self.ended.contains(&oldest) {
                self.streams.remove(&oldest);
            }
        }
    }

    /// Whether any of a stretch is text.
    #[inline]
    pub(super) fn lie_within(&self, stretch: &Stretch) -> bool {
        !self.streams.is_empty() && self.within(stretch).next().is_some()
    }

    /// Writes texts to their places in the bytes of a stretch. Later ones count if two overlap: the
    /// same ends may have connected anew.
    pub(super) fn write(&self, stretch: &Stretch, bytes: &mut [u8]) {
        for text in self.within(stretch) {
            let offset = text.first.distance_from(stretch.first);
            let skipped = usize::try_from(-i64::from(offset)).unwrap_or(0);
            let start = usize::try_from(offset).unwrap_or(0);
            let source = text.text.as_bytes().get(skipped..).unwrap_or_default();
            let target = bytes.get_mut(start..).unwrap_or_default();
            let length = source.len().min(target.len());
            target[..length].copy_from_slice(&source[..length]);
        }
    }

    fn within<'a>(&'a self, stretch: &Stretch) -> impl Iterator<Item = &'a Text> {
        let (first, end) = (stretch.first, stretch.first.wrapping_add(u32::from(stretch.length)));
        let written = self.streams.get(&(stretch.from, stretch.to));
        let texts = written.into_iter().flat_map(|written| &written.texts);
        texts.filter(move |text| text.first.before(end) && text.end().after(first))
    }
}

impl Written {
    fn acknowledge(&mut self, ack: SeqNum) {
        while let Some(text) = self.texts.get(self.acknowledged.1)
            && !text.end().after(ack)
        {
            self.acknowledged.0 += text.text.len();
            self.acknowledged.1 += 1;
        }
        while self.acknowledged.1 > 0
            && let Some(oldest) = self.texts.front()
            && (self.acknowledged.0 > MOST_ACKNOWLEDGED
                || ack.distance_from(oldest.end()) > FARTHEST)
        {
            self.acknowledged.0 -= oldest.text.len();
            self.acknowledged.1 -= 1;
            self.texts.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn end(port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)
    }

    fn stretch(first: u32, length: u16) -> Stretch {
        Stretch { from: end(1), to: end(2), first: SeqNum::new(first), length }
    }

    fn read(texts: &Texts, stretch: &Stretch) -> String {
        let mut bytes = vec![b'.'; usize::from(stretch.length)];
        texts.write(stretch, &mut bytes);
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn texts_are_found_by_their_places() {
        let mut texts = Texts::default();
        assert!(!texts.lie_within(&stretch(0, 100)));
        texts.wrote(end(1), end(2), SeqNum::new(u32::MAX - 1), &"HELO".into());
        texts.wrote(end(1), end(2), SeqNum::new(2), &"QUIT".into());
        assert_eq!(read(&texts, &stretch(u32::MAX - 3, 12)), "..HELOQUIT..");
        assert_eq!(read(&texts, &stretch(0, 3)), "LOQ");
        assert!(texts.lie_within(&stretch(5, 9)) && !texts.lie_within(&stretch(6, 9)));
        let back = Stretch { from: end(2), to: end(1), ..stretch(0, 10) };
        assert!(!texts.lie_within(&back));
    }

    #[test]
    fn memory_does_not_grow_with_what_was_acknowledged() {
        let mut texts = Texts::default();
        let text: Arc<str> = "x".repeat(1000).into();
        for number in 0..10_000 {
            texts.wrote(end(1), end(2), SeqNum::new(number * 1000), &text);
            if let Some(written) = texts.streams.get_mut(&(end(1), end(2))) {
                written.acknowledge(SeqNum::new(number * 1000));
            }
        }
        assert!(texts.streams[&(end(1), end(2))].texts.len() < 20);
        assert!(texts.lie_within(&stretch(9_990_000, 10)), "copies may still be on their way");
        if let Some(written) = texts.streams.get_mut(&(end(1), end(2))) {
            written.acknowledge(SeqNum::new(3_000_000_000_u32.wrapping_add(9_000_000)));
            written.acknowledge(SeqNum::new(1 << 31));
        }
        for port in 0..10_000 {
            texts.wrote(end(port), end(2), SeqNum::new(0), &text);
            texts.closed(end(port), end(2));
        }
        assert!(texts.streams.len() <= MOST_ENDED + 1);
    }
}
