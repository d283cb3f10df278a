//! What goes out now (RFC 9293 sections 3.7.4, 3.8.4 and 3.8.6).

use super::flow::Chunk;
use super::recovery::Phase;
use super::state::State;
use super::timers::Timer;
use super::{Connection, Envelope, Offset, Outgoing, number};
use crate::packet::tcp::{Flags, Options, Purpose, Segment, SeqNum, Timestamps};
use crate::units::{MaybeTime, Time};

/// Length of the timestamps option with its padding \[bytes\].
const TIMESTAMPS: u16 = 12;

/// What a segment is about that goes out now. A whole segment is long: so this is decided first, and
/// then the segment is written where it will stay, by [`Connection::write`].
#[must_use = "the segment is due: write it"]
#[derive(Debug, Clone, Copy)]
pub struct Departure {
    start: Offset,
    bytes: u16,
    fin: bool,
    kind: Kind,
    purpose: Purpose,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// What was made ready before.
    Ready,
    /// Our SYN.
    Syn,
    /// Data that go out for the first time.
    NewData,
    /// An acknowledgment that nothing else carries.
    BareAck,
    /// Anything else.
    Old,
}

impl Departure {
    /// Whether nothing can be due behind it: a bare acknowledgment goes out when nothing else does.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        matches!(self.kind, Kind::BareAck)
    }

    /// A segment without data.
    fn bare(start: Offset) -> Self {
        Self::new(start, Chunk { bytes: 0, fin: false })
    }

    fn new(start: Offset, Chunk { bytes, fin }: Chunk) -> Self {
        let bytes = u16::try_from(bytes).expect("a segment is no longer than its MSS");
        Self { start, bytes, fin, kind: Kind::Old, purpose: Purpose::Ordinary }
    }

    const fn of_kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    pub(super) const fn for_purpose(self, purpose: Purpose) -> Self {
        Self { purpose, ..self }
    }
}

impl Connection {
    /// The next segment to send, if there is one. Lost data come first, then new data, then
    /// probes, then acknowledgments that nothing else carries.
    pub fn poll_transmit(&mut self, now: Time) -> Option<Outgoing> {
        let departure = self.poll_departure(now)?;
        let mut segment = Segment::EMPTY;
        let envelope = self.write(now, departure, &mut segment);
        Some(Outgoing { segment, envelope })
    }

    /// What [`poll_transmit`](Self::poll_transmit) would send; to be given to [`write`](Self::write)
    /// before anything else happens to the connection.
    #[inline]
    pub fn poll_departure(&mut self, now: Time) -> Option<Departure> {
        if self.ready.is_some() {
            return Some(Departure::bare(0).of_kind(Kind::Ready));
        }
        if self.state == State::Closed {
            return None;
        }
        self.pacer.stop();
        if let Some(purpose) = self.pending.syn.take() {
            return Some(Departure::bare(0).of_kind(Kind::Syn).for_purpose(purpose));
        }
        let departure = self.next_departure(now);
        self.watch_window(now);
        departure
    }

    /// Writes the segment that is due into an empty one.
    #[inline]
    pub fn write(&mut self, now: Time, departure: Departure, segment: &mut Segment) -> Envelope {
        let Departure { start, bytes, fin, kind, purpose } = departure;
        match kind {
            Kind::Ready => {
                if let Some(ready) = self.ready.take() {
                    *segment = *ready;
                }
            }
            Kind::Syn => *segment = self.send_syn(now, purpose),
            Kind::NewData | Kind::BareAck | Kind::Old => {
                self.write_text(now, start, (bytes, fin), segment);
            }
        }
        let ecn = match kind {
            Kind::NewData => self.mark_new_data(segment),
            Kind::Ready | Kind::Syn | Kind::BareAck | Kind::Old => self.mark_old(segment),
        };
        Envelope { ecn, purpose, may_be_cut: self.agreed.may_be_cut }
    }

    #[inline]
    fn next_departure(&mut self, now: Time) -> Option<Departure> {
        if std::mem::take(&mut self.pending.tail_probe)
            && let Some(probe) = self.send_tail_probe(now)
        {
            return Some(probe);
        }
        if self.recovery.sends_only_new_data()
            && let Some(new) = self.new_data_in_doubt(now)
        {
            return Some(new);
        }
        if self.queue.has_lost()
            && let Some(lost) = self.retransmission(now)
        {
            return Some(lost);
        }
        if self.queue.has_new()
            && let Some(new) = self.new_data(now)
        {
            return Some(new);
        }
        if std::mem::take(&mut self.pending.probe) {
            return Some(self.probe(now));
        }
        self.bare_ack()
    }

    fn send_syn(&mut self, now: Time, purpose: Purpose) -> Segment {
        let first = self.queue.next == 0;
        // Where both opened, the SYN-ACK is no repetition of the SYN, and takes its time from it.
        let is_answer = self.state == State::SynReceived && !self.passive;
        let once = first || is_answer && purpose == Purpose::Ordinary;
        let is_timed = once && self.progress.syn_timeouts == 0;
        self.progress.syn_sent = is_timed.then_some(now).into();
        self.progress.retransmissions += u32::from(!once);
        self.queue.next = self.queue.next.max(1);
        if !self.timers.is_set(Timer::Retransmit) {
            self.timers.set(Timer::Retransmit, now.saturating_add(self.syn_timeout()));
        }
        let since = self.progress.stalled_since.get_or_insert(now);
        if self.state == State::SynSent && !first {
            self.hurry_for_user(now, Timer::Retransmit, since);
        }
        let answer = self.state == State::SynReceived;
        let stamps = if self.passive && self.agreed.timestamps { TIMESTAMPS } else { 0 };
        let size = u64::from(self.opening.mss.saturating_sub(stamps).max(1));
        Segment {
            source_port: self.opening.local_port,
            destination_port: self.opening.remote_port,
            seq: self.opening.isn,
            ack: if answer { self.receiver.ack_number() } else { SeqNum::default() },
            flags: self.syn_flags(first),
            window: self.receiver.syn_window(
                self.config.syn_window,
                size,
                self.config.receive_buffer.is_none(),
            ),
            options: self.syn_options(now),
            data_length: 0,
        }
    }

    /// After a timeout that may have been needless, new data go first (RFC 5682 section 2.1 (2b)).
    fn new_data_in_doubt(&mut self, now: Time) -> Option<Departure> {
        let new = self.new_data(now);
        if new.is_none() {
            self.recovery.believe_timeout_unless_tested(self.queue.next);
        }
        new
    }

    /// The oldest lost segment, if it fits into the congestion window.
    fn retransmission(&mut self, now: Time) -> Option<Departure> {
        if self.recovery.sends_only_new_data() {
            return None;
        }
        let index = self.queue.next_lost()?;
        let sent = self.queue.flight[index];
        if !self.recovery.force && self.in_network() + sent.length() > self.congestion_window() {
            return None;
        }
        if !self.recovery.force && self.pacer.holds(now) {
            return None;
        }
        self.recovery.force = false;
        let departure = self.send_again(now, index);
        if index == 0 || !self.is_retransmission_armed() {
            self.restart_retransmission(now);
        }
        let purpose = match self.recovery.phase {
            Phase::Loss => Purpose::TimeoutRetransmit,
            Phase::Open | Phase::Reduced | Phase::Recovery => Purpose::FastRetransmit,
        };
        Some(departure.for_purpose(purpose))
    }

    /// Sends a segment in flight again.
    pub(super) fn send_again(&mut self, now: Time, index: usize) -> Departure {
        let sent = self.queue.flight[index];
        self.recovery.on_sent(sent.length());
        self.recovery.on_resent(now);
        let timed = self.detects_by_time();
        self.queue.resent(index, now, timed);
        self.progress.retransmissions += 1;
        let bytes = sent.length() - u64::from(sent.fin);
        self.pace(now, bytes);
        let chunk = Chunk { bytes, fin: sent.fin };
        Departure::new(sent.start, chunk)
    }

    const fn is_retransmission_armed(&self) -> bool {
        self.timers.is_set(Timer::Retransmit)
    }

    #[inline]
    fn new_data(&mut self, now: Time) -> Option<Departure> {
        let chunk = self.next_chunk()?;
        if self.queue.in_flight() == 0 {
            self.restart_after_idle(now);
        }
        let window = self.congestion_window();
        // As in Linux, a FIN alone need not fit into the congestion window.
        if chunk.bytes > 0 && self.in_network() + chunk.bytes > window {
            return None;
        }
        if chunk.bytes > 0 && self.pacer.holds(now) {
            return None;
        }
        Some(self.send_new(now, chunk, window))
    }

    fn restart_after_idle(&mut self, now: Time) {
        self.progress.stalled_since = MaybeTime::NONE;
        self.start_control();
        let idle = now.saturating_sub(self.progress.sent);
        let timeout = self.rtt.timeout(&self.config);
        let Some(control) = self.congestion.as_deref_mut() else { return };
        if self.config.slow_start_after_idle && idle > timeout {
            // As Linux's tcp_cwnd_restart counts.
            let timeouts = (idle.as_ps() - 1) / timeout.as_ps().max(1);
            let halvings = u32::try_from(timeouts).ok().filter(|_| self.config.halve_when_idle);
            control.on_idle(halvings.unwrap_or(u32::MAX));
        }
        let limited = self.queue.rate.as_ref().is_some_and(|rate| rate.is_limited());
        control.on_restart(now, idle, limited);
    }

    /// Sends new data under this congestion window.
    #[inline]
    pub(super) fn send_new(&mut self, now: Time, chunk: Chunk, window: u64) -> Departure {
        let start = self.queue.next;
        if chunk.bytes < self.largest_chunk() {
            self.progress.small_end = start + chunk.bytes.cast_signed();
        }
        self.queue.sent(now, chunk.bytes, chunk.fin);
        self.recovery.on_sent(chunk.bytes);
        self.pace(now, chunk.bytes);
        self.progress.sent = now;
        self.note_use_of(window);
        if !self.is_retransmission_armed() {
            self.postpone_probe(now);
        }
        Departure::new(start, chunk).of_kind(Kind::NewData)
    }

    /// New data went out: notes whether the congestion window is full, for a window of data, as
    /// `tcp_cwnd_validate` of Linux does.
    fn note_use_of(&mut self, window: u64) {
        let in_flight = self.queue.in_flight();
        let room = window.saturating_sub(self.in_network());
        let limited = room < self.segment_size();
        let progress = &mut self.progress;
        if self.queue.unacknowledged >= progress.flight_mark
            || limited
            || (!progress.window_limited && in_flight > progress.most_in_flight)
        {
            progress.window_limited = limited;
            progress.most_in_flight = in_flight;
            progress.flight_mark = self.queue.next;
        }
    }

    /// Bytes taken to be in the network.
    pub(super) fn in_network(&self) -> u64 {
        self.queue.pipe().saturating_sub(self.recovery.left_network())
    }

    /// A probe: what little the window takes, or else, as in Linux, an old sequence number without
    /// data, which the other end has to answer.
    fn probe(&mut self, now: Time) -> Departure {
        let shut = self.is_blocked_by_window();
        let purpose = if shut { Purpose::WindowProbe } else { Purpose::KeepAlive };
        let bytes = self.window_room().min(self.queue.unsent()).min(self.largest_chunk());
        let probe = if bytes > 0 && self.state.can_transmit() {
            self.send_new(now, Chunk { bytes, fin: false }, self.congestion_window())
        } else {
            Departure::bare(self.queue.unacknowledged - 1)
        };
        probe.of_kind(Kind::Old).for_purpose(purpose)
    }

    fn bare_ack(&self) -> Option<Departure> {
        if !self.acks.now {
            return None;
        }
        let possible = self.state.is_synchronized() || self.state == State::SynReceived;
        possible.then(|| Departure::bare(self.queue.next).of_kind(Kind::BareAck))
    }

    /// Writes a segment with an acknowledgment into an empty one; notes that it went out.
    #[inline]
    pub(super) fn write_text(
        &mut self,
        now: Time,
        start: Offset,
        (bytes, fin): (u16, bool),
        segment: &mut Segment,
    ) {
        self.write_options(now, bytes.into(), &mut segment.options);
        segment.window = self.receiver.take_window();
        self.acks.on_sent(now, &self.config, bytes > 0);
        self.timers.stop(Timer::DelayedAck);
        let last = start + Offset::from(bytes) == self.queue.written;
        segment.source_port = self.opening.local_port;
        segment.destination_port = self.opening.remote_port;
        segment.seq = number(self.opening.isn, start);
        segment.ack = self.receiver.ack_number();
        segment.flags = Flags { fin, psh: bytes > 0 && last, ..self.ecn.flags() };
        segment.data_length = bytes;
    }

    #[inline]
    fn write_options(&mut self, now: Time, bytes: u64, options: &mut Options) {
        if self.receiver.held.has_report() {
            if self.agreed.sack {
                let room = self.segment_size().saturating_sub(bytes + 4) / 8;
                let limit =
                    if bytes == 0 { self.sack_limit() } else { room.min(self.sack_limit()) };
                options.sack = self.receiver.sack_blocks(limit as usize);
            } else {
                self.receiver.held.forget_duplicate();
            }
        }
        if self.agreed.timestamps {
            let (value, echo) = (self.timestamp(now), self.recent_timestamp);
            options.timestamps = Some(Timestamps { value, echo });
        }
    }
}
