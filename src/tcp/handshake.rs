//! The handshake: opening from either side, and the options both agree on (RFC 9293 sections 3.5,
//! 3.10.7.2 and 3.10.7.3).

use std::sync::Arc;

use super::autotune::receive_sizes;
use super::config::{Config, MAX_SCALE};
use super::rack::{Delivery, MARGIN_TICKS};
use super::recovery::Recovery;
use super::state::State;
use super::timers::Timer;
use super::{
    Agreed, CloseReason, Connection, Event, Offset, Opening, Pending, no_connection, offset,
};
use crate::packet::tcp::{Options, Purpose, Segment, Timestamps};
use crate::units::{MaybeTime, Time};

/// What the other end can receive if it does not say (RFC 9293 section 3.7.1) \[bytes\].
const DEFAULT_MSS: u16 = 536;
/// Less than this is not believed, as in Linux (`tcp_min_snd_mss`) \[bytes\].
const LEAST_MSS: u16 = 48;

impl Connection {
    /// Opens a connection: its SYN is the next segment to send.
    #[must_use]
    pub fn connect(config: Arc<Config>, opening: Opening) -> Self {
        let mut connection = Self::new(config, opening, State::Closed);
        connection.set_state(State::SynSent);
        connection.pending.syn = Some(Purpose::Ordinary);
        connection
    }

    /// Takes the SYN that a listener got (RFC 9293 section 3.10.7.2, third check): the SYN-ACK is
    /// the next segment to send. Data on the SYN are not accepted; they come again.
    #[must_use]
    pub fn accept(config: Arc<Config>, opening: Opening, now: Time, syn: &Segment) -> Self {
        let mut connection = Self::new(config, opening, State::Listen);
        connection.passive = true;
        connection.take_syn(now, syn);
        connection.set_state(State::SynReceived);
        connection.pending.syn = Some(Purpose::Ordinary);
        connection
    }

    /// Takes a SYN of which only a SYN cookie was kept: the SYN-ACK went out long ago, nobody knows
    /// when. Unless a timestamp comes back, no round trip is measured, as in Linux.
    pub fn recall_syn_ack(&mut self, now: Time) {
        let _ = self.poll_transmit(now);
        self.progress.syn_sent = MaybeTime::NONE;
    }

    /// RFC 9293 section 3.10.7.3: a segment in SYN-SENT.
    pub(super) fn handle_in_syn_sent(&mut self, now: Time, segment: &Segment) {
        let ack = offset(self.opening.isn, self.queue.next, segment.ack);
        let acceptable = segment.flags.ack && ack > 0 && ack <= self.queue.next;
        if segment.flags.ack && !acceptable {
            self.ready = no_connection::reset_for(segment).map(Box::new);
            self.hurry_syn(now);
        } else if segment.flags.rst {
            // Only one that answers our SYN counts.
            if acceptable {
                self.finish(CloseReason::Refused);
            }
        } else if segment.flags.syn {
            self.take_syn(now, segment);
            if acceptable {
                self.establish(now, segment, ack);
                self.acks.now = true;
            } else {
                // Both ends opened at the same time.
                self.set_state(State::SynReceived);
                self.pending.syn = Some(Purpose::Ordinary);
            }
        }
    }

    /// The other end knows of a connection that is no more, and is about to be told by a reset: the
    /// SYN goes out once more and soon (Linux `tcp_rcv_synsent_state_process`).
    fn hurry_syn(&mut self, now: Time) {
        if self.progress.syn_timeouts == 0 && self.timers.is_set(Timer::Retransmit) {
            let soon = self.config.clock.saturating_mul(MARGIN_TICKS);
            self.timers.set(Timer::Retransmit, now.saturating_add(soon));
        }
    }

    /// In SYN-RECEIVED: whether this is the SYN that a listener has seen before, or the SYN-ACK that
    /// answers ours where both opened. If so it was dealt with. All other SYNs take the way of any
    /// segment (RFC 9293 section 3.10.7.4, fourth; Linux `tcp_check_req`, `tcp_validate_incoming`).
    pub(super) fn handle_awaited_syn(&mut self, now: Time, segment: &Segment) -> bool {
        if !segment.flags.syn || segment.flags.rst || self.receiver.offset(segment.seq) != 0 {
            return false;
        }
        let ack = offset(self.opening.isn, self.queue.next, segment.ack);
        if self.passive && !segment.flags.ack {
            if self.acks.may_answer(now, &self.config) {
                // The waiting begins anew, though not the count of it.
                self.timers.stop(Timer::Retransmit);
                self.pending.syn = Some(Purpose::Ordinary);
            }
            return true;
        }
        if self.passive || !segment.flags.ack || ack != self.queue.next {
            return false;
        }
        if self.agreed.sack {
            // Its SYN has come twice (RFC 2883).
            self.receiver.held.insert(self.receiver.next, (0, 1));
        }
        self.establish(now, segment, ack);
        self.acks.now = true;
        true
    }

    /// Notes the other end's SYN and settles the options.
    fn take_syn(&mut self, now: Time, syn: &Segment) {
        let offered = syn.options;
        let scaling = offered.window_scale.filter(|_| self.config.window_scaling);
        self.agreed = Agreed {
            path_mtu: None,
            may_be_cut: false,
            mss: offered.mss.unwrap_or(DEFAULT_MSS).max(LEAST_MSS).min(self.opening.mss),
            timestamps: self.config.timestamps && offered.timestamps.is_some(),
            sack: self.config.sack && offered.sack_permitted,
            window_scale: scaling.map(|scale| scale.min(MAX_SCALE)),
        };
        let own_scale = if scaling.is_some() { self.own_scale() } else { 0 };
        self.receiver.synchronize(syn.seq, own_scale);
        if self.agreed.timestamps {
            self.recent_timestamp = offered.timestamps.map_or(0, |stamps| stamps.value);
            self.recent_noted = MaybeTime::some(now);
        }
        self.agree_on_ecn(syn.flags);
        self.progress.heard = now;
        self.window.size = u32::from(syn.window);
        self.window.largest = self.window.size;
        let mss = self.segment_size();
        self.recovery = Recovery::new(mss, self.agreed.sack);
        (self.congestion, self.queue.rate) = (None, None);
    }

    /// No larger than the receive buffer needs, as in Linux.
    fn own_scale(&self) -> u8 {
        let (_, greatest) = receive_sizes(&self.config);
        let needed = greatest.max(1).ilog2().saturating_sub(15) as u8;
        let scale = if self.config.receive_buffer.is_some() { needed } else { MAX_SCALE };
        scale.min(self.config.window_scale).min(MAX_SCALE)
    }

    /// Our SYN was acknowledged: the connection is open.
    pub(super) fn establish(&mut self, now: Time, segment: &Segment, ack: Offset) {
        self.queue.acknowledge(ack, &mut Delivery::default());
        // Whatever window comes with it is news.
        self.window.updated_seq = self.receiver.offset(segment.seq) - 1;
        let sample = self.progress.syn_sent.get().map(|sent| now.saturating_sub(sent));
        let sample = sample.or_else(|| self.timestamp_rtt(now, segment));
        match sample {
            Some(rtt) => {
                self.rtt.sample(&self.config, rtt);
                self.rack.note_rtt(rtt);
            }
            None => self.rtt.after_syn_loss(),
        }
        self.establish_control();
        self.pending = Pending::default();
        self.ready = None;
        self.progress.stalled_since = MaybeTime::NONE;
        self.timers.stop(Timer::Retransmit);
        self.start_keep_alive(now);
        self.grow_send_buffer();
        self.set_state(if self.queue.finishing { State::FinWait1 } else { State::Established });
        self.events.push(Event::Established);
    }

    /// The options of our SYN or SYN-ACK.
    pub(super) fn syn_options(&self, now: Time) -> Options {
        let answer = self.state == State::SynReceived;
        let scaling =
            if answer { self.agreed.window_scale.is_some() } else { self.config.window_scaling };
        let stamps = if answer { self.agreed.timestamps } else { self.config.timestamps };
        Options {
            mss: Some(self.opening.mss),
            window_scale: scaling.then(|| self.own_scale()),
            sack_permitted: if answer { self.agreed.sack } else { self.config.sack },
            timestamps: stamps
                .then(|| Timestamps { value: self.timestamp(now), echo: self.recent_timestamp }),
            ..Options::default()
        }
    }
}
