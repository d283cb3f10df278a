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

/// So many events are kept as they come; beyond, only what does not wait already.
const KEPT: usize = 4;

/// News that nobody has asked for yet, in the order it happened. Beyond the first few, what waits
/// already is not said again, so that the four kinds always have room.
#[derive(Debug, Clone, Default)]
pub(super) struct Events([Option<Event>; KEPT + 3]);

impl Events {
    /// Adds what has just happened.
    pub(super) fn push(&mut self, event: Event) {
        let waiting = self.0.iter().flatten().count();
        if waiting >= KEPT && self.0.contains(&Some(event)) {
            return;
        }
        if let Some(place) = self.0.get_mut(waiting) {
            *place = Some(event);
        }
    }

    /// Whether there are none.
    pub(super) const fn is_empty(&self) -> bool {
        self.0[0].is_none()
    }

    /// The oldest.
    pub(super) fn pop(&mut self) -> Option<Event> {
        let first = self.0[0].take()?;
        self.0.rotate_left(1);
        Some(first)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(events: &mut Events) -> Vec<Event> {
        std::iter::from_fn(|| events.pop()).collect()
    }

    #[test]
    fn come_in_order() {
        let mut events = Events::default();
        let news = [Event::Writable, Event::Readable, Event::Readable];
        news.into_iter().for_each(|event| events.push(event));
        assert_eq!(drain(&mut events), news);
        assert_eq!(events.pop(), None);
    }

    #[test]
    fn nothing_new_is_lost_however_many_wait() {
        let mut events = Events::default();
        let closed = Event::Closed(CloseReason::Reset);
        (0..20).for_each(|_| events.push(Event::Readable));
        events.push(Event::Established);
        events.push(Event::Writable);
        events.push(Event::Readable);
        events.push(closed);
        let mut expected = vec![Event::Readable; KEPT];
        expected.extend([Event::Established, Event::Writable, closed]);
        assert_eq!(drain(&mut events), expected);
    }
}
