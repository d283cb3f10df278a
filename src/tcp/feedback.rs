//! What the congestion control is told of each acknowledgment, and of the application.

use super::congestion::{self, AckSample, CongestionControl, Feedback};
use super::delivery_rate::DeliveryRate;
use super::recovery::Phase;
use super::{Connection, Offset};
use crate::packet::tcp::Segment;
use crate::units::Time;

/// What one acknowledgment told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    /// Newly known to have arrived \[bytes\].
    pub(super) delivered: u64,
    /// In the network before it \[bytes\].
    pub(super) in_flight: u64,
    /// The round trip that it measured.
    pub(super) rtt: Option<Time>,
    /// The window may grow by what was delivered.
    pub(super) may_grow: bool,
}

impl Connection {
    /// The congestion control as it is before anything is sent. All that it knows is the handshake.
    #[cold]
    fn new_control(&self) -> Box<dyn CongestionControl> {
        let (seed, ecn) = (self.opening.isn.value(), self.ecn.is_agreed());
        // Before the other end's SYN, nothing is agreed on.
        let agreed = self.agreed.mss > 0;
        let mss = if agreed { self.segment_size() } else { self.opening.mss.into() };
        let mut control = congestion::create(&self.config, mss, ecn, seed);
        if self.queue.unacknowledged > 0 {
            self.tell_of_handshake(&mut *control);
        }
        control
    }

    /// The handshake is done.
    fn tell_of_handshake(&self, control: &mut dyn CongestionControl) {
        let (round_trips, rtt) = self.rtt.measured();
        control.on_established(Some(rtt).filter(|_| round_trips > 0));
        if self.progress.syn_timeouts > 1 {
            // RFC 6298 section 5.7 by way of RFC 5681: a lost SYN is a sign of congestion.
            control.on_timeout(None);
        }
    }

    /// Something is about to be sent, or to be known of what was.
    pub(super) fn start_control(&mut self) {
        if self.congestion.is_none() {
            let control = self.new_control();
            self.queue.rate = control.wants_rate_samples().then(Box::<DeliveryRate>::default);
            self.congestion = Some(control);
        }
    }

    /// The handshake is done: the congestion control is told of it, and has to be there if the
    /// application has not waited.
    pub(super) fn establish_control(&mut self) {
        if let Some(mut control) = self.congestion.take() {
            self.tell_of_handshake(&mut *control);
            self.congestion = Some(control);
        } else if self.queue.unsent() > 0 || self.queue.finishing {
            self.start_control();
        }
    }

    /// What the congestion control says, or would say if it were there.
    #[inline(always)]
    pub(super) fn ask_control<T>(&self, ask: impl FnOnce(&dyn CongestionControl) -> T) -> T {
        match &self.congestion {
            Some(control) => ask(&**control),
            None => ask(&*self.new_control()),
        }
    }

    /// An acknowledgment was dealt with.
    pub(super) fn give_feedback(&mut self, now: Time, segment: &Segment, told: Told) {
        let Told { delivered, in_flight, rtt, may_grow } = told;
        let (rate, lost) = match self.queue.rate.as_mut() {
            Some(rate) => (rate.sample(now, delivered, rtt), rate.take_lost()),
            None => (None, 0),
        };
        let feedback = Feedback {
            now,
            rtt,
            smoothed_rtt: self.rtt.smoothed(),
            sent: count(self.queue.next),
            acknowledged: count(self.queue.unacknowledged),
            delivered,
            lost,
            in_flight: (in_flight, self.in_network()),
            echo: segment.flags.ece && self.ecn.is_agreed(),
            recovering: matches!(self.recovery.phase, Phase::Recovery | Phase::Loss),
            paced: self.pacing_rate().is_some(),
            rate,
        };
        let Some(control) = self.congestion.as_deref_mut() else { return };
        control.on_feedback(&feedback);
        if self.queue.rate.is_some() && control.holds_back() {
            self.note_bubble();
        }
        if may_grow && let Some(control) = self.congestion.as_deref_mut() {
            control.on_ack(AckSample { now, bytes: delivered, rtt });
        }
    }

    /// The application is about to write: notes if it has left a gap, so that what is delivered
    /// tells nothing of the network.
    pub(super) fn note_application_gap(&mut self) {
        let in_network = self.in_network();
        let idle = self.queue.unsent() < self.segment_size()
            && in_network < self.congestion_window()
            && self.queue.next_lost().is_none();
        if idle {
            self.note_bubble();
        }
    }

    /// What is delivered until the present flight has arrived tells nothing of the network.
    fn note_bubble(&mut self) {
        let in_network = self.in_network();
        if let Some(rate) = self.queue.rate.as_mut() {
            rate.on_application_gap(in_network);
        }
    }
}

/// An offset is never negative once it was sent.
const fn count(offset: Offset) -> u64 {
    if offset < 0 { 0 } else { offset.cast_unsigned() }
}
