//! What a connection tells its application, and why a call may fail.

use thiserror::Error;

/// News for the application, see [`Connection::poll_event`](super::Connection::poll_event).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The handshake is done.
    Established,
    /// There are new data to read, or the end of the stream.
    Readable,
    /// There is room to write again, after a write that did not fit.
    Writable,
    /// The connection is gone. No other event follows.
    Closed(CloseReason),
}

/// Why a connection is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CloseReason {
    /// Both ends closed, and all data arrived.
    #[error("the connection was closed by both ends")]
    Finished,
    /// The other end refused the connection (`ECONNREFUSED`).
    #[error("the connection was refused")]
    Refused,
    /// The other end reset the connection (`ECONNRESET`).
    #[error("the connection was reset by the other end")]
    Reset,
    /// The other end did not answer (`ETIMEDOUT`).
    #[error("the other end did not answer in time")]
    TimedOut,
    /// The network said that the other end cannot be reached (`EHOSTUNREACH`, `ENETUNREACH`).
    #[error("the other end cannot be reached")]
    Unreachable,
    /// The application of this end gave it up.
    #[error("the connection was aborted by this end")]
    Aborted,
}

/// Why nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SendError {
    /// The buffer is full; [`Event::Writable`] follows (`EAGAIN`).
    #[error("the send buffer is full")]
    WouldBlock,
    /// This end has shut its sending direction (`EPIPE`).
    #[error("this end has shut down sending")]
    ShutDown,
    /// The connection is gone.
    #[error(transparent)]
    Closed(CloseReason),
}

/// Why nothing was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecvError {
    /// Nothing has arrived; [`Event::Readable`] follows (`EAGAIN`).
    #[error("nothing has arrived yet")]
    WouldBlock,
    /// The connection is gone.
    #[error(transparent)]
    Closed(CloseReason),
}
