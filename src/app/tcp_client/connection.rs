//! One connection of a TCP client.

use super::report::Report;
use super::{Close, Config};
use crate::app::Os;
use crate::app::stream;
use crate::id::SocketId;
use crate::socket::Errno;
use crate::units::{Bytes, Time};

/// What a connection that is still needed waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// For its socket.
    Waits,
    /// For a time.
    Sleeps(Time),
    /// Nothing: it is closed.
    Done,
}

/// What a connection works with.
pub(super) struct Context<'a> {
    pub(super) os: &'a mut dyn Os,
    pub(super) socket: SocketId,
    pub(super) config: &'a Config,
    pub(super) report: &'a mut Report,
}

/// What a connection does, or why it failed.
pub(super) type Step = Result<Outcome, &'static str>;

/// The server closed before it was time to.
const CLOSED_EARLY: &str = "closed by server";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The handshake goes on.
    Opening,
    /// So much is still to be written \[bytes\].
    Writing(u64),
    /// A pause between two pieces of a paced write, with so much still to be written.
    Pacing(u64),
    /// So much of an answer is still to come.
    Waiting(u64),
    /// Between an answer and the next request.
    Thinking,
    /// All is said, but the connection stays open.
    Holding,
    /// This direction is closed, the other not yet.
    Closing,
}

/// A connection, as its process sees it.
#[derive(Debug)]
pub(super) struct Connection {
    /// The how manieth it is.
    pub(super) number: u32,
    phase: Phase,
    /// When it began, and then when the present request did.
    since: Time,
    /// What came of an answer before its request was wholly written \[bytes\].
    ahead: u64,
    /// Requests answered.
    answered: u32,
}

impl Connection {
    pub(super) const fn new(number: u32, now: Time) -> Self {
        Self { number, phase: Phase::Opening, since: now, ahead: 0, answered: 0 }
    }

    /// Does what can be done now: the socket is ready for something, or the time that the
    /// connection slept for is over.
    pub(super) fn advance(&mut self, cx: &mut Context<'_>, slept: bool) -> Step {
        match self.phase {
            Phase::Opening => {
                if !stream::is_established(cx.os, cx.socket).map_err(Errno::name)? {
                    return Ok(Outcome::Waits);
                }
                cx.report.established(cx.os.now() - self.since);
                self.begin(cx);
            }
            Phase::Pacing(left) if slept => self.phase = Phase::Writing(left),
            Phase::Thinking if slept => self.begin(cx),
            Phase::Holding if slept => return self.close(cx),
            _ => {}
        }
        loop {
            let outcome = self.write(cx)?;
            if outcome == Outcome::Done {
                return Ok(outcome);
            }
            match self.read(cx)? {
                None => return Ok(outcome),
                Some(Outcome::Waits) => {}
                Some(outcome) => return Ok(outcome),
            }
        }
    }

    /// Begins a request, or the one thing to send.
    fn begin(&mut self, cx: &Context<'_>) {
        self.since = cx.os.now();
        let size = cx.config.request.or(cx.config.size).map_or(u64::MAX, Bytes::get);
        self.phase = Phase::Writing(size);
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Step {
        let (chunk, gap) = cx.config.chunk();
        while let Phase::Writing(left) = self.phase {
            if left == 0 {
                return self.written(cx);
            }
            let taken = match cx.os.send(cx.socket, chunk.min(left)) {
                Ok(taken) => taken,
                Err(Errno::EAGAIN) => break,
                Err(errno) => return Err(errno.name()),
            };
            self.phase = Phase::Writing(left - taken);
            if let Some(gap) = gap.filter(|_| taken < left) {
                self.phase = Phase::Pacing(left - taken);
                return Ok(Outcome::Sleeps(gap));
            }
        }
        Ok(Outcome::Waits)
    }

    /// All is written.
    fn written(&mut self, cx: &mut Context<'_>) -> Step {
        let Some(request) = cx.config.request else { return self.finish(cx) };
        let response = cx.config.response.unwrap_or(request).get();
        self.phase = Phase::Waiting(response.saturating_sub(std::mem::take(&mut self.ahead)));
        Ok(Outcome::Waits)
    }

    /// Reads what came. `None`: there is nothing more to do; otherwise what to do next, where
    /// [`Outcome::Waits`] means to look again.
    fn read(&mut self, cx: &mut Context<'_>) -> Result<Option<Outcome>, &'static str> {
        let read = stream::read_all(cx.os, cx.socket).map_err(Errno::name)?;
        match &mut self.phase {
            Phase::Waiting(missing) => *missing = missing.saturating_sub(read.bytes),
            _ if cx.config.request.is_some() => self.ahead += read.bytes,
            _ => {}
        }
        if self.phase == Phase::Waiting(0) {
            return self.answer(cx).map(Some);
        }
        match self.phase {
            _ if !read.ended => Ok(None),
            Phase::Closing | Phase::Holding => {
                cx.os.close(cx.socket);
                Ok(Some(Outcome::Done))
            }
            _ => Err(CLOSED_EARLY),
        }
    }

    /// An answer has come.
    fn answer(&mut self, cx: &mut Context<'_>) -> Step {
        let span = cx.os.now() - self.since;
        cx.os.answered(span);
        cx.report.answered();
        self.answered += 1;
        if cx.config.count.is_some_and(|count| u64::from(self.answered) >= count) {
            return self.finish(cx);
        }
        let think = cx.config.think.draw(cx.os.rng());
        if think.is_zero() {
            self.begin(cx);
            return Ok(Outcome::Waits);
        }
        self.phase = Phase::Thinking;
        Ok(Outcome::Sleeps(think))
    }

    /// All is said.
    fn finish(&mut self, cx: &mut Context<'_>) -> Step {
        if cx.config.hold.is_zero() {
            return self.close(cx);
        }
        self.phase = Phase::Holding;
        Ok(Outcome::Sleeps(cx.config.hold))
    }

    fn close(&mut self, cx: &mut Context<'_>) -> Step {
        match cx.config.close {
            Close::Shutdown => {
                cx.os.shutdown(cx.socket).map_err(Errno::name)?;
                self.phase = Phase::Closing;
                return Ok(Outcome::Waits);
            }
            Close::Close => cx.os.close(cx.socket),
            Close::Reset => cx.os.abort(cx.socket),
        }
        Ok(Outcome::Done)
    }
}
