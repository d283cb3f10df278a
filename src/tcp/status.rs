//! What can be seen of a connection from outside, as `ss -ti` shows it.

use std::sync::Arc;

use super::config::{Config, Congestion};
use super::send_queue::FIRST_DATA;
use super::state::State;
use super::timers::Timer;
use super::{CloseReason, Connection, number};
use crate::packet::tcp::SeqNum;
use crate::units::Time;

impl Connection {
    /// The state.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }
    /// The initial sequence number of this end.
    #[must_use]
    pub const fn isn(&self) -> SeqNum {
        self.opening.isn
    }
    /// That of the other end, once its SYN has come.
    #[must_use]
    pub const fn remote_isn(&self) -> SeqNum {
        self.receiver.isn()
    }
    /// Whether it began with the other end's SYN.
    #[must_use]
    pub const fn is_passive(&self) -> bool {
        self.passive
    }
    /// Why it is gone, once it is.
    #[must_use]
    pub const fn close_reason(&self) -> Option<CloseReason> {
        self.closed
    }
    /// Data that arrived in order and were not read \[bytes\].
    #[must_use]
    pub const fn receive_queue(&self) -> u64 {
        self.receiver.unread
    }
    /// Data that were written and not acknowledged \[bytes\].
    #[must_use]
    pub fn send_queue(&self) -> u64 {
        self.queue.buffered()
    }
    /// Whether the other end has closed and all it sent was read.
    #[must_use]
    pub const fn is_read_to_end(&self) -> bool {
        self.receiver.finished()
    }
    /// Whether this end has not closed its sending direction.
    #[must_use]
    pub const fn may_write(&self) -> bool {
        !self.queue.finishing && self.closed.is_none()
    }
    /// How much more may be written now \[bytes\].
    #[must_use]
    pub fn send_room(&self) -> u64 {
        if !self.may_write() {
            return 0;
        }
        self.queue.capacity.saturating_sub(self.queue.buffered())
    }
    /// What it lives by.
    #[must_use]
    pub const fn config(&self) -> &Arc<Config> {
        &self.config
    }
    /// Data written so far \[bytes\].
    #[must_use]
    pub const fn written(&self) -> u64 {
        (self.queue.written - FIRST_DATA).cast_unsigned()
    }
    /// Data read so far \[bytes\].
    #[must_use]
    pub fn read(&self) -> u64 {
        let receiver = &self.receiver;
        let arrived = receiver.next.min(receiver.fin) - FIRST_DATA;
        arrived.max(0).cast_unsigned().saturating_sub(receiver.unread)
    }
    /// Sequence numbers sent and not acknowledged \[bytes\].
    #[must_use]
    pub const fn in_flight(&self) -> u64 {
        self.queue.in_flight()
    }
    /// Whether an acknowledgment has to go out now: after a read, nothing else does.
    #[must_use]
    pub const fn owes_acknowledgment(&self) -> bool {
        self.acks.now
    }
    /// When the retransmission timer will expire, if it is armed.
    #[must_use]
    pub fn retransmission_deadline(&self) -> Option<Time> {
        self.timers.deadline(Timer::Retransmit)
    }
    /// The sequence number of the byte that this end writes after `written` others.
    #[must_use]
    pub const fn sequence_number(&self, written: u64) -> SeqNum {
        number(self.opening.isn, written.cast_signed() + 1)
    }
    /// The congestion window \[bytes\]; while it is reduced, what it is at this point of the way.
    #[must_use]
    #[inline]
    pub fn congestion_window(&self) -> u64 {
        self.ask_control(|control| self.recovery.window(control))
    }
    /// The slow start threshold \[bytes\]; absent before the first loss.
    #[must_use]
    pub fn slow_start_threshold(&self) -> Option<u64> {
        self.ask_control(|control| control.threshold())
    }
    /// The other end's window \[bytes\].
    #[must_use]
    pub const fn send_window(&self) -> u64 {
        self.window.size as u64
    }
    /// How many segments were sent again, SYN included.
    #[must_use]
    pub const fn retransmissions(&self) -> u32 {
        self.progress.retransmissions
    }
    /// How often the retransmission timer has run out, that of the SYN included.
    #[must_use]
    pub const fn timeouts(&self) -> u32 {
        self.progress.timeouts
    }
    /// How many round trips were measured so far, and the latest of them.
    #[must_use]
    pub const fn round_trips(&self) -> (u32, Time) {
        self.rtt.measured()
    }
    /// SRTT (RFC 6298); absent before the first measurement.
    #[must_use]
    pub const fn smoothed_rtt(&self) -> Option<Time> {
        self.rtt.smoothed()
    }
    /// RTTVAR (RFC 6298); zero before the first measurement.
    #[must_use]
    pub const fn rtt_variance(&self) -> Time {
        self.rtt.variance()
    }
    /// The congestion control in force.
    #[must_use]
    pub fn congestion_control(&self) -> Congestion {
        self.config.congestion
    }
    /// The retransmission timeout, with its doubling.
    #[must_use]
    pub fn retransmission_timeout(&self) -> Time {
        self.rtt.timeout(&self.config)
    }
    /// The largest segment that this end offers to receive \[bytes\].
    #[must_use]
    pub const fn offered_segment_size(&self) -> u64 {
        self.opening.mss as u64
    }
    /// Data in a full segment to the other end \[bytes\].
    #[must_use]
    pub fn segment_size(&self) -> u64 {
        let header = if self.agreed.timestamps { 12 } else { 0 };
        u64::from(self.agreed.mss.saturating_sub(header).max(1))
    }
}
