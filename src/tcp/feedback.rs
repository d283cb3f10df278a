//! What the congestion control is told of each acknowledgment, and of the application.

use super::congestion::{self, AckSample, Feedback};
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
    /// The handshake has settled what segments are like.
    pub(super) fn start_congestion_control(&mut self, mss: u64) {
        let seed = self.opening.isn.value();
        self.congestion = congestion::create(&self.config, mss, self.ecn.is_agreed(), seed);
        self.queue.rate = self.congestion.wants_rate_samples().then(Box::<DeliveryRate>::default);
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
        self.congestion.on_feedback(&feedback);
        if self.queue.rate.is_some() && self.congestion.holds_back() {
            self.note_bubble();
        }
        if may_grow {
            self.congestion.on_ack(AckSample { now, bytes: delivered, rtt });
        }
    }

    /// The application is about to write: notes if it has left a gap, so that what is delivered
    /// tells nothing of the network.
    pub(super) fn note_application_gap(&mut self) {
        let in_network = self.in_network();
        let idle = self.queue.unsent() < self.segment_size()
            && in_network < self.recovery.window(&*self.congestion)
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
