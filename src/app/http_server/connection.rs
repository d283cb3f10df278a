//! One connection of an HTTP server: requests in, answers out, one after the other.

use std::collections::VecDeque;

use crate::app::Os;
use crate::app::http::{self, Request, Status};
use crate::app::server::{self, Wants};
use crate::app::stream::{self, Outgoing};
use crate::id::SocketId;
use crate::units::Time;

/// A connection, as its process sees it.
#[derive(Debug)]
pub(super) struct Connection {
    /// When anything was last read or written.
    active: Time,
    /// Requests that have come; `None` for what is none.
    requests: VecDeque<Option<Request>>,
    /// Whether the first of them is being worked on, or waits for that.
    working: bool,
    outgoing: Outgoing,
    /// Whether it ends with the answer that is being written.
    last: bool,
    /// Whether the client has closed.
    ended: bool,
}

impl server::Connection for Connection {
    fn new(now: Time) -> Self {
        Self {
            active: now,
            requests: VecDeque::new(),
            working: false,
            outgoing: Outgoing::default(),
            last: false,
            ended: false,
        }
    }
    fn is_working(&self) -> bool {
        self.working
    }
    fn last_active(&self) -> Time {
        self.active
    }
}

impl Connection {
    /// The request whose work is done; `None` within for one that was not understood.
    pub(super) fn request(&mut self) -> Option<Option<Request>> {
        self.working = false;
        self.requests.pop_front()
    }

    /// Answers a request with a body of `length` bytes.
    pub(super) fn answer(&mut self, status: Status, length: u64, keep_alive: bool) {
        self.outgoing.text(http::answer(status, length, keep_alive));
        self.outgoing.data(length);
        self.last = !keep_alive;
    }

    /// Writes and reads as far as that is possible now.
    pub(super) fn advance(&mut self, os: &mut dyn Os, socket: SocketId) -> Wants {
        if !self.outgoing.is_empty() {
            self.active = os.now();
            if self.outgoing.write(os, socket).is_err() {
                return Wants::Close;
            }
        }
        if self.read(os, socket).is_err() {
            return Wants::Close;
        }
        if self.working || !self.outgoing.is_empty() {
            return Wants::Nothing;
        }
        if self.last || (self.ended && self.requests.is_empty()) {
            return Wants::Close;
        }
        self.working = !self.requests.is_empty();
        if self.working { Wants::Work } else { Wants::Nothing }
    }

    /// Reads what has come. What is no text is no request.
    fn read(&mut self, os: &mut dyn Os, socket: SocketId) -> Result<(), crate::socket::Errno> {
        let read = stream::read_all(os, socket)?;
        self.ended |= read.ended;
        if read.bytes > 0 {
            self.active = os.now();
        }
        while let Some(line) = os.receive_line(socket) {
            self.requests.push_back(Request::parse(&line.text));
        }
        Ok(())
    }
}
