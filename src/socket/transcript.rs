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

/// The texts on their way in all streams of a run, by writer and reader.
#[derive(Debug, Default)]
pub struct Transcripts {
    streams: BTreeMap<(SocketAddrV4, SocketAddrV4), VecDeque<Line>>,
}

impl Transcripts {
    /// Notes a text that `from` has written to `to`.
    pub fn write(&mut self, from: SocketAddrV4, to: SocketAddrV4, line: Line) {
        self.streams.entry((from, to)).or_default().push_back(line);
    }

    /// The next text from `from`, if `to` has read all of it: `read` is how far it has come.
    pub fn read(&mut self, from: SocketAddrV4, to: SocketAddrV4, read: u64) -> Option<Line> {
        let lines = self.streams.get_mut(&(from, to))?;
        lines.pop_front_if(|line| line.end <= read)
    }

    /// Forgets what is on its way from `from` to `to`: the stream is gone, or begins anew.
    pub fn forget(&mut self, from: SocketAddrV4, to: SocketAddrV4) {
        // Most streams have no text at all.
        if !self.streams.is_empty() {
            self.streams.remove(&(from, to));
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
        let mut transcripts = Transcripts::default();
        let line = |text: &str, end| Line { text: text.into(), end };
        transcripts.write(end(1), end(2), line("HELO", 6));
        transcripts.write(end(1), end(2), line("QUIT", 12));
        assert_eq!(transcripts.read(end(1), end(2), 5), None);
        assert_eq!(transcripts.read(end(1), end(2), 11), Some(line("HELO", 6)));
        assert_eq!(transcripts.read(end(1), end(2), 11), None);
        transcripts.forget(end(1), end(2));
        assert_eq!(transcripts.read(end(1), end(2), 12), None);
    }
}
