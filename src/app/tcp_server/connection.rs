//! One connection of a TCP server: requests in, answers out, one after the other.

use super::{Close, Config};
use crate::app::Os;
use crate::app::server::{self, Wants};
use crate::app::stream::Pace;
use crate::id::SocketId;
use crate::socket::Errno;
use crate::units::{Bytes, MaybeTime, Time};

/// A connection, as its process sees it. It is not read while a request is worked on or an answer
/// has no room: what comes then waits in its port. That the connection is gone is noticed all the
/// same.
#[derive(Debug)]
pub(in crate::app) struct Connection {
    /// When anything was last read or written.
    active: Time,
    /// Whether a timer says when to read on.
    pausing: bool,
    /// How long not to read, once the request is answered.
    pause: MaybeTime,
    /// What has been read of the present request \[bytes\].
    request: u64,
    /// Whether the request is being worked on, or waits for that.
    working: bool,
    /// What has yet to be written of the answer \[bytes\].
    owed: u64,
    /// Whether a request has been answered.
    answered: bool,
    /// Whether the client has closed.
    ended: bool,
    /// Whether all was read that came before the connection was accepted: of the rest the process
    /// is woken.
    caught_up: bool,
}

impl server::Connection for Connection {
    fn new(now: Time) -> Self {
        Self {
            active: now,
            pausing: false,
            pause: MaybeTime::NONE,
            request: 0,
            working: false,
            owed: 0,
            answered: false,
            ended: false,
            caught_up: false,
        }
    }
    fn is_working(&self) -> bool {
        self.working
    }
    fn last_active(&self) -> Time {
        self.active
    }
    fn end_pause(&mut self) {
        self.pausing = false;
    }
}

impl Connection {
    /// The work on the request is done; `size` says how long the answer to it is.
    pub(super) fn answer(&mut self, size: impl FnOnce(u64) -> u64) {
        self.owed = size(std::mem::take(&mut self.request));
        self.working = false;
        self.answered = true;
    }

    /// Writes and reads as far as that is possible now.
    pub(super) fn advance(&mut self, os: &mut dyn Os, socket: SocketId, config: &Config) -> Wants {
        if self.owed > 0 {
            match os.send(socket, self.owed) {
                Ok(taken) => {
                    self.owed -= taken;
                    self.active = os.now();
                }
                Err(Errno::EAGAIN) => {}
                Err(_) => return Wants::Close,
            }
        }
        if self.working {
            return if os.poll(socket).closed { Wants::Close } else { Wants::Nothing };
        }
        if self.owed > 0 {
            return Wants::Nothing;
        }
        if self.answered && config.close == Close::AfterAnswer {
            return Wants::Close;
        }
        if let Some(gap) = self.pause.take() {
            self.pausing = true;
            return Wants::Pause(gap);
        }
        if self.pausing || self.ended { Wants::Nothing } else { self.read(os, socket, config) }
    }

    fn read(&mut self, os: &mut dyn Os, socket: SocketId, config: &Config) -> Wants {
        let pace = config.read.map(Pace::of);
        let size = config.request.map(Bytes::get);
        let mut drained = false;
        // Less than was asked for is all there was (epoll(7), question 9).
        while !drained {
            let most = size.map_or(u64::MAX, |size| size.saturating_sub(self.request).max(1));
            let most = pace.map_or(most, |pace| most.min(pace.chunk));
            match os.receive(socket, most) {
                Ok(0) if config.close == Close::Never => {
                    self.ended = true;
                    return Wants::Nothing;
                }
                Ok(bytes) if bytes > 0 => {
                    self.request += bytes;
                    drained = self.caught_up && bytes < most;
                }
                Err(Errno::EAGAIN) => {
                    self.caught_up = true;
                    return Wants::Nothing;
                }
                Ok(_) | Err(_) => return Wants::Close,
            }
            self.active = os.now();
            self.pause = pace.map(|pace| pace.gap).into();
            if size.is_none() && config.only_reads() {
                self.request = 0;
            } else if size.is_none_or(|size| self.request >= size) {
                self.working = true;
                return Wants::Work;
            }
            if let Some(gap) = self.pause.take() {
                self.pausing = true;
                return Wants::Pause(gap);
            }
        }
        Wants::Nothing
    }
}
