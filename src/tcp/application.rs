//! What the application may ask for (RFC 9293 section 3.10.1 to 3.10.5).

use super::state::State;
use super::timers::Timer;
use super::{CloseReason, Connection, RecvError, SendError};
use crate::packet::tcp::Segment;
use crate::units::Time;

impl Connection {
    /// Writes `bytes`, or as many as there is room for, and says how many. They may be written
    /// before the connection is established.
    ///
    /// # Errors
    /// When nothing can be written; [`SendError`] says why.
    pub fn send(&mut self, bytes: u64) -> Result<u64, SendError> {
        if let Some(reason) = self.closed {
            return Err(SendError::Closed(reason));
        }
        if self.queue.finishing {
            return Err(SendError::ShutDown);
        }
        let taken = bytes.min(self.send_room());
        self.wants_room |= taken < bytes;
        if taken == 0 && bytes > 0 {
            return Err(SendError::WouldBlock);
        }
        if self.agreed.mss > 0 {
            self.start_control();
        }
        if self.queue.rate.is_some() {
            self.note_application_gap();
        }
        self.queue.written += taken.cast_signed();
        Ok(taken)
    }

    /// Asks for [`Event::Writable`](super::Event::Writable) when there is room again, as a write
    /// that did not fit does.
    pub const fn wait_for_room(&mut self) {
        self.wants_room = true;
    }

    /// Reads up to `bytes` and says how many; zero at the end of the stream.
    ///
    /// # Errors
    /// When nothing can be read; [`RecvError`] says why.
    pub fn recv(&mut self, bytes: u64) -> Result<u64, RecvError> {
        let taken = bytes.min(self.receiver.unread);
        if taken > 0 {
            self.receiver.unread -= taken;
            self.measure_reading();
            if self.receiver.unread == 0 {
                self.acks.on_drained();
            }
            self.acks.now |= self.state.can_receive() && self.receiver.is_update_worthwhile();
            return Ok(taken);
        }
        match self.closed {
            Some(reason) if reason != CloseReason::Finished => Err(RecvError::Closed(reason)),
            _ if bytes == 0 || self.receiver.finished() => Ok(0),
            Some(reason) => Err(RecvError::Closed(reason)),
            None => Err(RecvError::WouldBlock),
        }
    }

    /// Ends the sending direction: a FIN follows the data written so far. The other direction
    /// stays open.
    pub fn shutdown(&mut self) {
        if self.queue.finishing {
            return;
        }
        match self.state {
            State::SynSent => self.finish(CloseReason::Aborted),
            // The FIN follows the SYN as soon as that is acknowledged.
            State::SynReceived => self.queue.finishing = true,
            State::Established => {
                self.queue.finishing = true;
                self.set_state(State::FinWait1);
            }
            State::CloseWait => {
                self.queue.finishing = true;
                self.set_state(State::LastAck);
            }
            _ => {}
        }
    }

    /// Ends both directions: what was written is still delivered, then a FIN. If there are data
    /// that were not read, the other end gets a reset, as it cannot know that they are lost
    /// (RFC 2525 section 2.17; Linux).
    pub fn close(&mut self, now: Time) {
        // TIME-WAIT lasts whatever was not read.
        if self.receiver.unread > 0 && !matches!(self.state, State::TimeWait | State::Closed) {
            return self.reset_connection(now, CloseReason::Aborted);
        }
        self.shutdown();
        if !self.orphan && self.state == State::FinWait2 {
            self.timers.set(Timer::Linger, now.saturating_add(self.config.fin_wait_2));
        }
        self.orphan = true;
    }

    /// Gives the connection up: all data are lost, and the other end gets a reset, unless both ends
    /// have said all they had to say (RFC 9293 section 3.10.5).
    pub fn abort(&mut self, now: Time) {
        match self.state {
            State::Closed => {}
            State::Listen | State::SynSent | State::TimeWait => self.finish(CloseReason::Aborted),
            State::Closing | State::LastAck if !self.queue.has_new() => {
                self.finish(CloseReason::Aborted);
            }
            _ => self.reset_connection(now, CloseReason::Aborted),
        }
    }

    /// Sends a reset and ends. It looks like any other segment of the connection, with its window
    /// and its options (`tcp_send_active_reset` of Linux).
    pub(super) fn reset_connection(&mut self, now: Time, reason: CloseReason) {
        let mut reset = Segment::EMPTY;
        self.write_text(now, self.queue.next, (0, false), &mut reset);
        reset.flags.rst = true;
        self.ready = Some(Box::new(reset));
        self.finish(reason);
    }
}
