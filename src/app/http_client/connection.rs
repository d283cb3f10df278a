//! One connection of an HTTP client.

use super::Object;
use crate::app::Os;
use crate::app::http::Answer;
use crate::app::stream::{self, Outgoing};
use crate::id::SocketId;
use crate::socket::Errno;
use crate::units::Time;

/// What came of letting a connection do what it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// It waits for its socket.
    Waits,
    /// The object has come.
    Fetched {
        /// When it was asked for.
        asked: Time,
        /// The status code of the answer.
        code: u16,
        /// Whether the connection can be used again.
        stays: bool,
    },
    /// It is of no more use.
    Ended(&'static str),
}

/// A connection, as its process sees it.
#[derive(Debug, Default)]
pub(super) struct Connection {
    is_open: bool,
    /// What it was asked for, and when.
    asked: Option<(Object, Time)>,
    outgoing: Outgoing,
    /// All that was read so far \[bytes\].
    read: u64,
    /// The head of the answer, and where its body ends.
    answer: Option<(Answer, u64)>,
    /// Objects fetched so far.
    fetched: u64,
}

impl Connection {
    /// Whether it is there to be asked.
    pub(super) const fn is_free(&self) -> bool {
        self.asked.is_none()
    }

    /// Whether it has brought anything yet.
    pub(super) const fn has_fetched(&self) -> bool {
        self.fetched > 0
    }

    /// The object that it was asked for and did not bring.
    pub(super) fn take_object(&mut self) -> Option<Object> {
        self.asked.take().map(|(object, _)| object)
    }

    /// Asks for an object, with this text.
    pub(super) fn ask(&mut self, now: Time, object: Object, text: String) {
        self.asked = Some((object, now));
        self.outgoing.text(text);
    }

    /// Writes and reads as far as that is possible now.
    pub(super) fn advance(&mut self, os: &mut dyn Os, socket: SocketId) -> Progress {
        match self.exchange(os, socket) {
            Ok(progress) => progress,
            Err(errno) => Progress::Ended(errno.name()),
        }
    }

    fn exchange(&mut self, os: &mut dyn Os, socket: SocketId) -> Result<Progress, Errno> {
        if !self.is_open {
            self.is_open = stream::is_established(os, socket)?;
            if !self.is_open {
                return Ok(Progress::Waits);
            }
        }
        self.outgoing.write(os, socket)?;
        let read = stream::read_all(os, socket)?;
        self.read += read.bytes;
        if self.answer.is_none()
            && let Some(line) = os.receive_line(socket)
        {
            let Some(answer) = Answer::parse(&line.text) else {
                return Ok(Progress::Ended("not HTTP"));
            };
            self.answer = Some((answer, line.end.saturating_add(answer.length)));
        }
        if let Some((answer, end)) = self.answer
            && self.read >= end
            && let Some((_, asked)) = self.asked.take()
        {
            self.answer = None;
            self.fetched += 1;
            let stays = answer.keep_alive && !read.ended;
            return Ok(Progress::Fetched { asked, code: answer.code, stays });
        }
        Ok(if read.ended { Progress::Ended("closed by server") } else { Progress::Waits })
    }
}
