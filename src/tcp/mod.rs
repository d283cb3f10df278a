//! One TCP connection as a state machine without clock, network or threads (RFC 9293).
//!
//! A [`Connection`] is driven from outside. Its calls are of four kinds:
//!
//! 1. **What happened:** [`handle_segment`](Connection::handle_segment) for each segment that
//!    arrives, [`handle_timeout`](Connection::handle_timeout) when the time that was asked for has
//!    come. Calling the latter too early or twice does nothing.
//! 2. **What the application wants:** [`send`](Connection::send), [`recv`](Connection::recv),
//!    [`shutdown`](Connection::shutdown), [`close`](Connection::close),
//!    [`abort`](Connection::abort).
//! 3. **What is to be done:** [`poll_transmit`](Connection::poll_transmit) gives the segments to
//!    send, [`poll_timeout`](Connection::poll_timeout) the next time to call, and
//!    [`poll_event`](Connection::poll_event) the news for the application.
//! 4. **Getters** look and change nothing.
//!
//! After any call of the first two kinds, call `poll_transmit` until it returns `None`; then
//! `poll_timeout`, and arm one event for it; then `poll_event` until `None`.
//!
//! Data are lengths: the bytes of a stream are numbered and have no content.
//!
//! ```
//! use std::sync::Arc;
//!
//! use portolan::packet::tcp::SeqNum;
//! use portolan::tcp::{Connection, Event, Opening, config::Config};
//! use portolan::units::Time;
//!
//! let end = |local_port, remote_port, isn| Opening {
//!     local_port,
//!     remote_port,
//!     mss: 1460,
//!     isn: SeqNum::new(isn),
//!     timestamp_offset: 0,
//! };
//! let now = Time::ZERO;
//! let config = Arc::new(Config::linux());
//! let mut client = Connection::connect(Arc::clone(&config), end(40_000, 80, 1));
//! let syn = client.poll_transmit(now).expect("a SYN").segment;
//! let mut server = Connection::accept(config, end(80, 40_000, 2), now, &syn);
//! let syn_ack = server.poll_transmit(now).expect("a SYN-ACK");
//! client.handle_segment(now, &syn_ack.segment, syn_ack.envelope.ecn);
//! assert_eq!(client.poll_event(), Some(Event::Established));
//! ```
//!
//! # Map
//!
//! | file | what |
//! | --- | --- |
//! | [`config`], [`state`], `event` | constants, states, news |
//! | `handshake`, `receive`, `paws`, `acknowledge`, `time_wait` | segments coming in (RFC 9293 section 3.10.7) |
//! | `transmit`, `flow`, `pacing`, `timeout`, `application`, `status` | segments going out, timers, calls of the application |
//! | `send_queue`, `scoreboard`, `recovery`, `rack`, `tail_probe`, `undo`, `prr`, `rto` | the sending half |
//! | [`congestion`], `feedback`, `delivery_rate` | congestion control, and what it is told |
//! | `receiver`, `reassembly`, `delayed_ack` | the receiving half |
//! | `path_mtu` | how large segments can be on the way |
//! | `autotune` | how large the buffers of both halves are |
//! | `ecn` | marks of congestion, both halves |
//! | [`no_connection`] | answers to segments that belong to no connection |
//!
//! Not modelled: urgent data (accepted as ordinary), data on a SYN.

mod acknowledge;
mod application;
mod autotune;
pub mod config;
pub mod congestion;
mod delayed_ack;
mod delivery_rate;
mod ecn;
mod event;
mod feedback;
mod flow;
mod handshake;
pub mod no_connection;
mod pacing;
mod path_mtu;
mod paws;
mod prr;
mod rack;
mod reassembly;
mod receive;
mod receiver;
mod recovery;
mod rto;
mod scoreboard;
mod send_queue;
pub mod state;
mod status;
mod tail_probe;
#[cfg(test)]
mod tests;
mod time_wait;
mod timeout;
mod timers;
mod transmit;
mod undo;

use std::num::NonZeroU16;
use std::sync::Arc;

pub use ecn::{Envelope, Outgoing};
pub use event::{CloseReason, Event, RecvError, SendError};
pub use transmit::Departure;

use self::config::Config;
use self::congestion::CongestionControl;
use self::delayed_ack::AckPolicy;
use self::ecn::Notification;
use self::event::Events;
use self::pacing::Pacer;
use self::rack::Rack;
use self::receiver::Receiver;
use self::recovery::Recovery;
use self::rto::RttEstimator;
use self::send_queue::SendQueue;
use self::state::State;
use self::timers::Timers;
use crate::packet::tcp::{Purpose, Segment, SeqNum};
use crate::units::{MaybeTime, Time};

/// A place in a stream, SYN being at zero and the first byte at one; negative for what is older.
type Offset = i64;

/// A place in no stream.
const NOWHERE: Offset = Offset::MAX;

/// The sequence number of an offset.
const fn number(isn: SeqNum, offset: Offset) -> SeqNum {
    isn.wrapping_add(offset as u32)
}

/// The offset of a sequence number that is less than half the circle from `near`.
fn offset(isn: SeqNum, near: Offset, seq: SeqNum) -> Offset {
    near + Offset::from(seq.distance_from(number(isn, near)))
}

/// What one end knows before the first segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// Port of this end.
    pub local_port: u16,
    /// Port of the other end.
    pub remote_port: u16,
    /// The largest segment that this end can receive [bytes of data]: the MTU less 40.
    pub mss: u16,
    /// The initial sequence number (RFC 6528: by the caller, who has the dice).
    pub isn: SeqNum,
    /// Added to the millisecond clock of the timestamps option (RFC 7323 section 5.4).
    pub timestamp_offset: u32,
}

/// What both ends agreed on in the handshake.
#[derive(Debug, Clone, Copy, Default)]
struct Agreed {
    /// The largest segment the other end can receive, its timestamps included \[bytes\].
    mss: u16,
    /// What the path takes, if a router has told it \[bytes\].
    path_mtu: Option<NonZeroU16>,
    /// What the path takes is less than is believed: routers may cut packets.
    may_be_cut: bool,
    timestamps: bool,
    sack: bool,
    /// Whether windows are scaled, and the other end's by how much.
    window_scale: Option<u8>,
}

/// What the other end lets this one send (RFC 9293: SND.WND, SND.WL1).
#[derive(Debug, Clone, Copy, Default)]
struct SendWindow {
    /// No window is larger than 2^30.
    size: u32,
    largest: u32,
    updated_seq: Offset,
}

/// What has to be sent beside data and acknowledgments.
#[derive(Debug, Clone, Default)]
struct Pending {
    /// The SYN or SYN-ACK.
    syn: Option<Purpose>,
    /// A segment that asks for an acknowledgment (window probe, keep-alive).
    probe: bool,
    /// A tail loss probe.
    tail_probe: bool,
}

/// How the connection fared lately.
#[derive(Debug, Clone, Default)]
struct Progress {
    /// Timeouts of the SYN or SYN-ACK.
    syn_timeouts: u32,
    /// When the first SYN went out, or later the oldest segment was first sent again without an answer.
    stalled_since: MaybeTime,
    /// Probes (of the window, of an idle connection) without an answer.
    probes: u32,
    /// Since when the other end's window is found shut, however often it answers.
    shut_since: MaybeTime,
    /// How often the persist timer has run out.
    persist_backoff: u32,
    /// When the last segment arrived.
    heard: Time,
    /// When the last data were sent.
    sent: Time,
    /// The end of the last segment that was not full (Minshall).
    small_end: Offset,
    /// The most that was in flight in this window, and where the window ends.
    most_in_flight: u64,
    flight_mark: Offset,
    /// Whether the congestion window held data back.
    window_limited: bool,
    /// Whether the tail loss probe was old data sent again.
    probe_repeated: bool,
    /// Segments sent again.
    retransmissions: u32,
    /// How often the timer of a segment or SYN has run out.
    timeouts: u32,
    /// The SYN was sent when; absent if more than once.
    syn_sent: MaybeTime,
}

/// One end of a connection; the [module](self) says how to drive it.
#[derive(Debug)]
pub struct Connection {
    config: Arc<Config>,
    opening: Opening,
    state: State,
    passive: bool,
    agreed: Agreed,
    queue: SendQueue,
    window: SendWindow,
    receiver: Receiver,
    acks: AckPolicy,
    ecn: Notification,
    pacer: Pacer,
    /// TS.Recent, and when it was noted, if ever (RFC 7323 section 4.3).
    recent_timestamp: u32,
    recent_noted: MaybeTime,
    rtt: RttEstimator,
    recovery: Recovery,
    rack: Rack,
    /// TLP.end_seq: SND.NXT after a tail loss probe that is not accounted for yet; nowhere if
    /// there is none.
    tail_probe: Offset,
    /// Absent until something is to be sent: connections that idle from the first have none.
    congestion: Option<Box<dyn CongestionControl>>,
    timers: Timers,
    progress: Progress,
    pending: Pending,
    /// A segment that is ready to go out first: a reset, or an acknowledgment of what came before
    /// the mark of congestion changed. Both are rare, so no connection keeps room for them.
    ready: Option<Box<Segment>>,
    events: Events,
    /// The application has closed and will not read.
    orphan: bool,
    /// The application wants to write more than fitted.
    wants_room: bool,
    closed: Option<CloseReason>,
}

impl Connection {
    fn new(config: Arc<Config>, opening: Opening, state: State) -> Self {
        let mss = u64::from(opening.mss);
        Self {
            queue: SendQueue::new(autotune::send_size(&config)),
            window: SendWindow::default(),
            receiver: Receiver::new(autotune::receive_sizes(&config).0, opening.mss),
            acks: AckPolicy::new(&config),
            ecn: Notification::default(),
            pacer: Pacer::default(),
            recent_timestamp: 0,
            recent_noted: MaybeTime::NONE,
            rtt: RttEstimator::default(),
            recovery: Recovery::new(mss, false),
            rack: Rack::default(),
            tail_probe: NOWHERE,
            congestion: None,
            timers: Timers::default(),
            progress: Progress::default(),
            pending: Pending::default(),
            ready: None,
            events: Events::default(),
            agreed: Agreed::default(),
            passive: false,
            orphan: false,
            wants_room: false,
            closed: None,
            config,
            opening,
            state,
        }
    }

    fn set_state(&mut self, next: State) {
        debug_assert!(self.state.may_become(next), "no move from {} to {next}", self.state);
        self.state = next;
    }

    /// Ends the connection without another word, unless a reset is pending.
    fn finish(&mut self, reason: CloseReason) {
        self.set_state(State::Closed);
        self.timers.stop_all();
        self.pacer.stop();
        self.closed = Some(reason);
        self.events.push(Event::Closed(reason));
    }

    /// The millisecond clock of the timestamps option.
    fn timestamp(&self, now: Time) -> u32 {
        ((now.as_ns() / 1_000_000) as u32).wrapping_add(self.opening.timestamp_offset)
    }

    /// Whether there are news for the application.
    #[must_use]
    pub const fn has_news(&self) -> bool {
        !self.events.is_empty()
    }

    /// News for the application, in the order it happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout); `None` for never.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Time> {
        let first = self.timers.first().min(self.pacer.wakeup());
        (first != Time::MAX).then_some(first)
    }
}
