//! The end of a connection that closed first: TIME-WAIT, and a FIN-WAIT-2 that no application waits
//! in (RFC 9293 section 3.10.7.4; RFC 6191).
//!
//! Of such a connection Linux keeps only a few numbers, and one short list of checks reads what
//! arrives (`tcp_timewait_state_process`). This file follows that list.

use super::paws::is_older;
use super::state::State;
use super::timers::Timer;
use super::{CloseReason, Connection, Offset, no_connection};
use crate::packet::tcp::Segment;
use crate::units::Time;

impl Connection {
    pub(super) fn enter_time_wait(&mut self, now: Time) {
        self.set_state(State::TimeWait);
        self.timers.stop_all();
        self.restart_time_wait(now);
    }

    fn restart_time_wait(&mut self, now: Time) {
        self.timers.set(Timer::Linger, now.saturating_add(self.config.time_wait));
    }

    /// Whether this is TIME-WAIT and `syn` may begin a new connection at once: it is newer than
    /// all of the old one, and none that was delayed (RFC 9293 section 3.10.7.4, RFC 6191).
    #[must_use]
    #[inline]
    pub fn gives_way_to(&self, now: Time, syn: &Segment) -> bool {
        self.state == State::TimeWait && self.is_room_for(now, syn)
    }

    fn is_room_for(&self, now: Time, syn: &Segment) -> bool {
        let fresh_syn = syn.flags.syn && !syn.flags.ack && !syn.flags.rst;
        let later = self.receiver.offset(syn.seq) > self.receiver.next;
        let newer = self.recent_noted.is_some()
            && syn.options.timestamps.is_some_and(|s| is_older(self.recent_timestamp, s.value));
        let delayed = self.is_outdated(now, syn, 0);
        fresh_syn && !delayed && (later || newer)
    }

    /// TIME-WAIT ends before its time, as a new connection of the same two ends begins.
    pub fn give_way(&mut self) {
        if self.state == State::TimeWait {
            self.finish(CloseReason::Finished);
        }
    }

    /// A segment in TIME-WAIT. The other end's FIN again is acknowledged again, and the wait begins
    /// anew; so it does, as in Linux, for all that may come from an end that is not done yet. Only
    /// the exact reset ends it.
    pub(super) fn handle_in_time_wait(&mut self, now: Time, segment: &Segment) {
        let outdated = self.is_outdated(now, segment, 0);
        let exact = !outdated && self.receiver.offset(segment.seq) == self.receiver.next;
        let carries = segment.sequence_length() > 0;
        if segment.flags.rst {
            if exact {
                self.finish(CloseReason::Finished);
            }
            return;
        }
        if exact && !carries {
            self.keep_timestamp(now, segment);
            return self.restart_time_wait(now);
        }
        // A SYN alone may be a new connection whose number is less by chance.
        if outdated || segment.flags.ack {
            self.restart_time_wait(now);
        }
        self.acks.challenge(now, &self.config, carries && !segment.flags.syn);
    }

    /// A segment in a FIN-WAIT-2 that no application waits in: nobody will read data, so that
    /// nothing but the FIN has a place (RFC 9293 section 3.6.1).
    pub(super) fn handle_in_orphaned_fin_wait_2(&mut self, now: Time, segment: &Segment) {
        let (next, edge) = (self.receiver.next, self.receiver.edge);
        let start = self.receiver.offset(segment.seq);
        let end = start + Offset::from(segment.sequence_length());
        let fits = start == next || (end > next && start < edge) || (start == edge && end == edge);
        if !fits || self.is_outdated(now, segment, 0) {
            let carries = end > start && !segment.flags.syn;
            return self.acks.challenge(now, &self.config, carries);
        }
        let flags = segment.flags;
        if flags.rst {
            return self.finish(CloseReason::Reset);
        }
        let is_stray = !flags.ack || end <= next || end == start;
        if is_stray && !(flags.syn && start >= next) {
            return;
        }
        if flags.syn || !flags.fin || end != next + 1 {
            self.ready = no_connection::reset_for(segment).map(Box::new);
            return self.finish(CloseReason::Aborted);
        }
        self.receiver.fin = next;
        self.receiver.next = end;
        self.keep_timestamp(now, segment);
        self.enter_time_wait(now);
        self.acks.now = true;
    }
}
