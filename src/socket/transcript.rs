//! What the bytes of streams say, where they say anything.
//!
//! Streams are lengths: their bytes have no content. A process that speaks a protocol writes lines
//! of text; they are kept here, with their places in the stream, and not in segments. The reader
//! gets a line when it has read its last byte.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddrV4;

/// A piece of text in a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it says.
    pub text: String,
    /// The place in the stream after its last byte \[bytes from the start\].
    pub end: u64,
}

/// One direction of one connection: writer, reader, and the writer's initial sequence number, which
/// tells connections apart that have the same two ends, one after the other or on two hosts.
pub type Direction = (SocketAddrV4, SocketAddrV4, u32);

/// The texts on their way in all streams of a run.
#[derive(Debug, Default)]
pub struct Transcripts {
    streams: BTreeMap<Direction, VecDeque<Line>>,
}

impl Transcripts {
    /// Notes a text that was written.
    pub fn write(&mut self, direction: Direction, line: Line) {
        self.streams.entry(direction).or_default().push_back(line);
    }

    /// The next text, if its reader has read all of it: `read` is how far it has come.
    pub fn read(&mut self, direction: Direction, read: u64) -> Option<Line> {
        let lines = self.streams.get_mut(&direction)?;
        lines.pop_front_if(|line| line.end <= read)
    }

    /// Forgets what nobody will read any more.
    pub fn forget(&mut self, direction: Direction) {
        // Most streams have no text at all.
        if !self.streams.is_empty() {
            self.streams.remove(&direction);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_line_comes_with_its_last_byte() {
        let end = |port| SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        let there = (end(1), end(2), 7);
        let mut transcripts = Transcripts::default();
        let line = |text: &str, end| Line { text: text.into(), end };
        transcripts.write(there, line("HELO", 6));
        transcripts.write(there, line("QUIT", 12));
        assert_eq!(transcripts.read(there, 5), None);
        assert_eq!(transcripts.read((end(1), end(2), 8), 11), None, "another one");
        assert_eq!(transcripts.read(there, 11), Some(line("HELO", 6)));
        assert_eq!(transcripts.read(there, 11), None);
        transcripts.forget(there);
        assert_eq!(transcripts.read(there, 12), None);
    }
}
