//! What protocols of lines have in common: each end writes lines of text that end in CR LF, and
//! perhaps other data between them, and reads those of the other end (RFC 959 section 4.2,
//! RFC 5321 section 2.3.8).
//!
//! What finds no room in the connection waits here, so that a process may say what it has to say
//! at once. After every wake-up: `flush`, then `hear` until it hears nothing more.

use std::net::SocketAddrV4;

use super::Os;
use super::stream::Outgoing;
use crate::id::SocketId;
use crate::socket::Errno;
use crate::tcp::config::Settings;

/// The end of a line on the wire.
const LINE_END: &str = "\r\n";

/// One end of a conversation.
#[derive(Debug)]
pub(super) struct Dialogue {
    /// Its connection.
    pub(super) socket: SocketId,
    unsent: Outgoing,
    /// Where in the stream the last line that was heard ended \[bytes\].
    heard: u64,
    /// What ended the connection, if writing has found that out.
    lost: Option<Errno>,
}

/// What came from the other end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A line, without its end, after so many bytes of other data.
    Line(String, u64),
    /// Nothing more for now.
    Nothing,
    /// The other end has closed.
    End,
    /// The connection is gone.
    Lost(Errno),
}

impl Dialogue {
    /// A conversation over a connection.
    pub(super) fn new(socket: SocketId) -> Self {
        Self { socket, unsent: Outgoing::default(), heard: 0, lost: None }
    }

    /// A conversation over a connection that begins now.
    ///
    /// # Errors
    /// Those of binding and connecting that show at once.
    pub(super) fn connect(
        os: &mut dyn Os,
        to: SocketAddrV4,
        tcp: &Settings,
    ) -> Result<Self, Errno> {
        let socket = os.tcp_socket();
        os.set_tcp(socket, tcp);
        match os.connect(socket, to) {
            Ok(()) | Err(Errno::EINPROGRESS) => Ok(Self::new(socket)),
            Err(errno) => {
                os.close(socket);
                Err(errno)
            }
        }
    }

    /// Writes a line.
    pub(super) fn say(&mut self, os: &mut dyn Os, line: impl Into<String>) {
        let mut text = line.into();
        text.push_str(LINE_END);
        self.unsent.text(text);
        self.flush(os);
    }

    /// Writes other data.
    pub(super) fn pour(&mut self, os: &mut dyn Os, bytes: u64) {
        self.unsent.data(bytes);
        self.flush(os);
    }

    /// Writes as much of what waits as there is room for. Says whether nothing waits any more.
    pub(super) fn flush(&mut self, os: &mut dyn Os) -> bool {
        if let Err(errno) = self.unsent.write(os, self.socket) {
            self.unsent = Outgoing::default();
            self.lost = Some(errno);
        }
        self.unsent.is_empty()
    }

    /// What the other end said next.
    pub(super) fn hear(&mut self, os: &mut dyn Os) -> Heard {
        loop {
            if let Some(line) = os.receive_line(self.socket) {
                let begin = line.end.saturating_sub(line.text.len() as u64);
                let before = begin.saturating_sub(self.heard);
                self.heard = line.end;
                let text = line.text.trim_end_matches(LINE_END);
                return Heard::Line(text.to_owned(), before);
            }
            match os.receive(self.socket, u64::MAX) {
                Ok(0) => return self.lost.map_or(Heard::End, Heard::Lost),
                Ok(_) => {}
                Err(Errno::EAGAIN) => return Heard::Nothing,
                Err(errno) => return Heard::Lost(errno),
            }
        }
    }
}

/// The first word of a command, in capitals, and the rest: case does not matter in commands.
pub(super) fn command(line: &str) -> (String, &str) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    (word.to_ascii_uppercase(), rest.trim())
}

/// The code that a reply begins with; 0 if there is none.
pub(super) fn code(reply: &str) -> u16 {
    reply.get(..3).and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_replies_are_taken_apart() {
        assert_eq!(command("retr a file.bin "), ("RETR".into(), "a file.bin"));
        assert_eq!(command("QUIT"), ("QUIT".into(), ""));
        assert_eq!([code("220 ready"), code("2"), code("what?"), code("ééé")], [220, 0, 0, 0]);
    }
}
