//! A segment arrives: RFC 9293 section 3.10.7.4, one function for each of its numbered checks,
//! with the answers of RFC 5961 and the timestamp test of RFC 7323.
//!
//! Left out: the third check (security) and the sixth (urgent data are ordinary data).

use super::paws::REPLAY_WINDOW;
use super::send_queue::FIRST_DATA;
use super::state::State;
use super::timers::Timer;
use super::{CloseReason, Connection, Event, Offset, no_connection};
use crate::packet::ipv4::Ecn;
use crate::packet::tcp::Segment;
use crate::units::Time;

/// A segment with its place in the other end's stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival<'a> {
    pub(super) segment: &'a Segment,
    /// What the IP header says of congestion.
    pub(super) ecn: Ecn,
    /// The first sequence number.
    pub(super) start: Offset,
    /// The sequence number after the last, SYN and FIN counted.
    pub(super) end: Offset,
}

impl Connection {
    /// A segment of this connection has arrived, without damage, in a packet whose header had this
    /// ECN field.
    pub fn handle_segment(&mut self, now: Time, segment: &Segment, ecn: Ecn) {
        match self.state {
            State::Closed | State::Listen => return,
            State::SynSent => return self.handle_in_syn_sent(now, segment),
            State::TimeWait => return self.handle_in_time_wait(now, segment),
            State::FinWait2 if self.orphan => {
                return self.handle_in_orphaned_fin_wait_2(now, segment);
            }
            _ => {}
        }
        if self.state == State::SynReceived && self.handle_awaited_syn(now, segment) {
            return;
        }
        let start = self.receiver.offset(segment.seq);
        let end = start + Offset::from(segment.sequence_length());
        let arrival = Arrival { segment, ecn, start, end };
        self.progress.heard = now;
        self.progress.probes = 0;
        let proceed = self.check_sequence(now, arrival)
            && self.check_reset(now, arrival)
            && self.check_syn(now, arrival)
            && self.check_ack(now, arrival);
        if proceed {
            self.take_text(now, arrival);
            self.take_fin(now, arrival);
        }
    }

    /// An ICMP error came about a segment of this connection. It ends an attempt to connect, for
    /// `reason`; once both ends have spoken it means nothing (a soft error: RFC 5461, Linux).
    pub fn handle_icmp_error(&mut self, reason: CloseReason) {
        if self.state == State::SynSent {
            self.finish(reason);
        }
    }

    /// First: sequence number. Like Linux, what ends just at the last acknowledgment still passes.
    fn check_sequence(&mut self, now: Time, arrival: Arrival<'_>) -> bool {
        let receiver = &self.receiver;
        let fits = arrival.end >= receiver.acknowledged && arrival.start <= receiver.edge;
        let outdated =
            !arrival.segment.flags.rst && self.is_outdated(now, arrival.segment, REPLAY_WINDOW);
        if fits && (!outdated || self.is_overtaken_ack(arrival)) {
            self.note_timestamp(now, arrival);
            return true;
        }
        if arrival.segment.flags.rst {
            return self.is_reset_of_last_fin(arrival);
        }
        // Late acknowledgments are common, and Linux does not answer them.
        let is_late = arrival.start == arrival.end && arrival.start < receiver.next;
        if !(outdated && is_late && arrival.segment.flags.ack) {
            let carries = arrival.end > arrival.start && !arrival.segment.flags.syn;
            if carries && arrival.start < receiver.next {
                self.acks.on_repeated(&self.config);
            }
            if carries && arrival.end <= receiver.next {
                // Old data: say that they came twice (RFC 2883).
                self.receiver.held.insert(receiver.next, data_range(arrival));
            }
            self.acks.challenge(now, &self.config, carries);
        }
        false
    }

    /// Whether a reset has the number of the other end's FIN, which it may have sent before it knew
    /// that the FIN had arrived (Linux `tcp_reset_check`).
    fn is_reset_of_last_fin(&self, arrival: Arrival<'_>) -> bool {
        let receiver = &self.receiver;
        receiver.finished() && arrival.start == receiver.fin
    }

    /// Second: RST (RFC 5961 section 3.2). Only the exact next number is believed, or, as in Linux,
    /// what comes after all that SACK tells of: a reset follows data of which some were lost.
    fn check_reset(&mut self, now: Time, arrival: Arrival<'_>) -> bool {
        if !arrival.segment.flags.rst {
            return true;
        }
        let next = self.receiver.next;
        let last = next + self.receiver.held.reach(next).cast_signed();
        let is_last = self.agreed.sack && arrival.start == last;
        if arrival.start != next && !is_last && !self.is_reset_of_last_fin(arrival) {
            self.acks.challenge(now, &self.config, false);
            return false;
        }
        let reason = match self.state {
            State::SynReceived if !self.passive => CloseReason::Refused,
            _ => CloseReason::Reset,
        };
        self.finish(reason);
        false
    }

    /// Fourth: SYN (RFC 5961 section 4.2). It has no business here. A new one in the window of a
    /// connection that a listener has only begun to open ends it; with a reset, as in Linux
    /// (`tcp_check_req`).
    fn check_syn(&mut self, now: Time, arrival: Arrival<'_>) -> bool {
        if !arrival.segment.flags.syn {
            return true;
        }
        if self.state == State::SynReceived && self.passive && arrival.start > 0 {
            self.ready = no_connection::reset_for(arrival.segment).map(Box::new);
            self.finish(CloseReason::Reset);
        } else {
            self.acks.challenge(now, &self.config, false);
        }
        false
    }

    /// Fifth: ACK.
    fn check_ack(&mut self, now: Time, arrival: Arrival<'_>) -> bool {
        let segment = arrival.segment;
        if !segment.flags.ack {
            return false;
        }
        let near = self.queue.unacknowledged;
        let ack = super::offset(self.opening.isn, near, segment.ack);
        if self.state == State::SynReceived {
            if ack <= 0 || ack > self.queue.next {
                self.ready = no_connection::reset_for(segment).map(Box::new);
                return false;
            }
            self.establish(now, segment, ack);
        }
        // RFC 5961 section 5.2; nothing before the first byte was ever acknowledged.
        let is_too_old = |ack| ack < (near - Offset::from(self.window.largest)).max(FIRST_DATA);
        if ack > self.queue.next || (ack < near && is_too_old(ack)) {
            self.acks.challenge(now, &self.config, false);
            return false;
        }
        self.take_ack(now, arrival, ack);
        if self.queue.fin_acknowledged() {
            self.take_ack_of_fin(now);
        }
        self.state != State::Closed
    }

    /// The other end has our FIN.
    fn take_ack_of_fin(&mut self, now: Time) {
        match self.state {
            State::FinWait1 => {
                self.set_state(State::FinWait2);
                if self.orphan {
                    self.timers.set(Timer::Linger, now.saturating_add(self.config.fin_wait_2));
                }
            }
            State::Closing => self.enter_time_wait(now),
            State::LastAck => self.finish(CloseReason::Finished),
            _ => {}
        }
    }

    /// Seventh: the data.
    fn take_text(&mut self, now: Time, arrival: Arrival<'_>) {
        let (start, end) = data_range(arrival);
        if !self.state.can_receive() || end == start {
            return;
        }
        // Nothing comes after a FIN.
        let kept = end.min(self.receiver.edge).min(self.receiver.fin);
        if self.orphan && kept > self.receiver.next {
            // RFC 9293 section 3.6.1: nobody will read them; tell the other end, as a closed port
            // does (Linux).
            self.ready = no_connection::reset_for(arrival.segment).map(Box::new);
            return self.finish(CloseReason::Aborted);
        }
        self.take_mark(now, arrival);
        let next = self.receiver.next;
        if end <= next {
            self.acks.on_repeated(&self.config);
        }
        let in_order = start <= next && kept > next && self.receiver.held.is_empty();
        // A FIN that came early is held like data, and is none.
        let reached = self.receiver.held.insert(next, (start, kept));
        self.receiver.next = reached.min(self.receiver.fin).max(next);
        let fresh = self.receiver.next - next;
        if fresh > 0 {
            self.receiver.unread += fresh.cast_unsigned();
            self.events.push(Event::Readable);
        }
        self.grow_window(now, arrival.segment, in_order);
        let waiting = self.receiver.next - self.receiver.acknowledged;
        let length = u64::from(arrival.segment.data_length);
        let delay = self.acks.on_data(now, &self.config, length, waiting, in_order && kept == end);
        if arrival.segment.flags.psh {
            self.acks.on_push(&self.config, length);
        }
        self.delay_ack(now, delay);
    }

    /// Eighth: FIN, if all before it has arrived.
    fn take_fin(&mut self, now: Time, arrival: Arrival<'_>) {
        if self.state == State::Closed {
            return;
        }
        if arrival.segment.flags.fin {
            if self.receiver.finished() {
                // Our acknowledgment of it was lost.
                self.acks.now = true;
                return;
            }
            self.note_fin(arrival);
        }
        if self.receiver.fin != self.receiver.next {
            return;
        }
        self.receiver.next += 1;
        self.events.push(Event::Readable);
        match self.state {
            State::Established => {
                self.set_state(State::CloseWait);
                let delay = self.acks.on_fin(&self.config);
                self.delay_ack(now, delay);
            }
            State::FinWait1 => {
                self.set_state(State::Closing);
                self.acks.now = true;
            }
            State::FinWait2 => {
                self.enter_time_wait(now);
                self.acks.now = true;
            }
            _ => {}
        }
    }

    /// Where the stream ends. A FIN that comes too early is news to answer, and SACK tells of it as
    /// of data (`tcp_data_queue_ofo` of Linux).
    fn note_fin(&mut self, arrival: Arrival<'_>) {
        let fin = arrival.end - 1;
        if fin < self.receiver.next {
            // Among data that are there no stream can end.
            self.acks.now = true;
            return;
        }
        let is_known = self.receiver.fin == fin;
        self.receiver.fin = fin;
        if fin <= self.receiver.next {
            return;
        }
        self.acks.now = true;
        let carries = arrival.segment.data_length > 0;
        if fin < self.receiver.edge && !(is_known && carries) {
            self.receiver.held.insert(self.receiver.next, (fin, fin + 1));
        }
    }

    fn delay_ack(&mut self, now: Time, delay: Option<Time>) {
        if let Some(delay) = delay.filter(|_| !self.timers.is_set(Timer::DelayedAck)) {
            self.timers.set(Timer::DelayedAck, now.saturating_add(delay));
        }
    }
}

fn data_range(arrival: Arrival<'_>) -> (Offset, Offset) {
    let start = arrival.start + Offset::from(arrival.segment.flags.syn);
    (start, start + Offset::from(arrival.segment.data_length))
}
