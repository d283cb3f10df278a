//! Timestamps of segments that arrive: which to echo, and which are too old to be taken (RFC 7323
//! sections 4.3 and 5).

use super::Connection;
use super::receive::Arrival;
use crate::packet::tcp::Segment;
use crate::units::{MaybeTime, Time};

/// Timestamps older than this are no longer compared (RFC 7323 section 5.5).
const TIMESTAMP_LIFETIME: Time = Time::from_secs(24 * 24 * 3600);

impl Connection {
    /// PAWS: whether the segment is older than one that was taken (RFC 7323 section 5.3, R1).
    pub(super) fn is_outdated(&self, now: Time, segment: &Segment) -> bool {
        let stamps = segment.options.timestamps.filter(|_| self.agreed.timestamps);
        match (stamps, self.recent_noted.get()) {
            (Some(stamps), Some(noted)) => {
                is_older(stamps.value, self.recent_timestamp)
                    && now.saturating_sub(noted) < TIMESTAMP_LIFETIME
            }
            _ => false,
        }
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

/// Whether a timestamp is older than another, on their circle.
pub(super) const fn is_older(value: u32, than: u32) -> bool {
    value.wrapping_sub(than).cast_signed() < 0
}
