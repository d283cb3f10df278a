//! Timestamps of segments that arrive: which to echo, and which are too old to be taken (RFC 7323
//! sections 4.3 and 5).

use super::receive::Arrival;
use super::{Connection, number};
use crate::packet::tcp::Segment;
use crate::units::{MaybeTime, Time};

/// Timestamps older than this are no longer compared (RFC 7323 section 5.5).
const TIMESTAMP_LIFETIME: Time = Time::from_secs(24 * 24 * 3600);
/// Segments that have overtaken each other may differ by so much (`TCP_PAWS_WINDOW` of Linux) \[ms\].
pub(super) const REPLAY_WINDOW: u32 = 1;

impl Connection {
    /// PAWS: whether the segment is older than one that was taken (RFC 7323 section 5.3, R1), by more
    /// than `tolerance` \[ms\].
    pub(super) fn is_outdated(&self, now: Time, segment: &Segment, tolerance: u32) -> bool {
        let stamps = segment.options.timestamps.filter(|_| self.agreed.timestamps);
        match (stamps, self.recent_noted.get()) {
            (Some(stamps), Some(noted)) => {
                is_older(stamps.value.wrapping_add(tolerance), self.recent_timestamp)
                    && now.saturating_sub(noted) < TIMESTAMP_LIFETIME
            }
            _ => false,
        }
    }

    /// Whether this is a duplicate acknowledgment that a later one has overtaken. It is taken though
    /// it is outdated, for its SACK blocks (Linux `tcp_disordered_ack_check`).
    pub(super) fn is_overtaken_ack(&self, arrival: Arrival<'_>) -> bool {
        let segment = arrival.segment;
        let repeats = segment.flags.ack
            && arrival.start == arrival.end
            && arrival.start == self.receiver.next
            && segment.ack == number(self.opening.isn, self.queue.unacknowledged);
        let shift = self.agreed.window_scale.unwrap_or(0);
        let window = u32::from(segment.window) << shift;
        let opens = self.window.updated_seq < arrival.start || window > self.window.size;
        let replayed = segment.options.timestamps.is_none_or(|stamps| {
            let age = self.recent_timestamp.wrapping_sub(stamps.value);
            let timeout = self.rtt.timeout(&self.config);
            Time::from_ms(age.into()) > timeout.saturating_add(Time::from_ps(timeout.as_ps() / 5))
        });
        repeats && !opens && window > 0 && !replayed
    }

    /// RFC 7323 section 4.3: what to echo.
    pub(super) fn note_timestamp(&mut self, now: Time, arrival: Arrival<'_>) {
        let Some(stamps) = arrival.segment.options.timestamps.filter(|_| self.agreed.timestamps)
        else {
            return;
        };
        let newer = !self.recent_noted.is_some() || !is_older(stamps.value, self.recent_timestamp);
        if newer && arrival.start <= self.receiver.acknowledged {
            self.recent_timestamp = stamps.value;
            self.recent_noted = MaybeTime::some(now);
        }
    }
}

impl Connection {
    /// What to echo is the timestamp of this segment, if it has one.
    pub(super) fn keep_timestamp(&mut self, now: Time, segment: &Segment) {
        if let Some(stamps) = segment.options.timestamps.filter(|_| self.agreed.timestamps) {
            self.recent_timestamp = stamps.value;
            self.recent_noted = MaybeTime::some(now);
        }
    }
}

/// Whether a timestamp is older than another, on their circle.
pub(super) const fn is_older(value: u32, than: u32) -> bool {
    value.wrapping_sub(than).cast_signed() < 0
}
