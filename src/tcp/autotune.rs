//! Buffers that grow with the connection, as in Linux: the receive buffer with what is read in a
//! round trip ("dynamic right-sizing", `tcp_rcv_space_adjust`), the send buffer with the congestion
//! window (`tcp_sndbuf_expand`).
//!
//! Linux counts memory, and a full segment takes about eight fifths of its data. Here buffers are
//! counted in data.
//!
//! Not modelled: the pressure that all connections of a host put on its memory together.

use super::config::Config;
use super::{Connection, Offset};
use crate::packet::tcp::Segment;
use crate::units::{Bytes, Time};

/// How much of a buffer's memory is data: 1448 bytes take 2304.
const DATA_SHARE: (u64, u64) = (5, 8);
/// Shorter segments do not open the window (`tcp_grow_window`) \[bytes\].
const LEAST_TO_GROW: u64 = 128;
/// Segments that both buffers reckon with at first.
const INITIAL_SEGMENTS: u64 = 10;

/// What Linux adds to a segment's data to estimate its memory: headers at their largest and
/// `struct skb_shared_info` \[bytes\].
const SEGMENT_OVERHEAD: u64 = 320 + 320;
/// `struct sk_buff` \[bytes\].
const DESCRIPTOR: u64 = 256;

const fn data_in(memory: Bytes) -> u64 {
    memory.get() / DATA_SHARE.1 * DATA_SHARE.0
}

/// How large the receive buffer is at first, and at most \[bytes of data\].
pub(super) fn receive_sizes(config: &Config) -> (u64, u64) {
    config.receive_buffer.map_or_else(
        || (data_in(config.receive_memory), data_in(config.receive_memory_max)),
        |fixed| (fixed.get(), fixed.get()),
    )
}

/// How large the send buffer is at first \[bytes of data\].
pub(super) fn send_size(config: &Config) -> u64 {
    config.send_buffer.unwrap_or(config.send_memory).get()
}

/// What the receiving half measures to size its buffer.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// What was read in the best round trip so far \[bytes\].
    most: u64,
    /// Where in the stream, and when, the present measurement began.
    from: Offset,
    since: Time,
    /// The round trip as the receiver sees it, by the timestamps that come back.
    rtt: Option<Time>,
    /// The timestamp that came back last.
    echo: u32,
}

impl Reading {
    /// A shorter round trip is believed at once: the sender may have had nothing to send during a
    /// longer one.
    fn note_rtt(&mut self, sample: Time) {
        self.rtt = Some(match self.rtt {
            Some(smoothed) if sample > smoothed => {
                Time::from_ps(smoothed.as_ps() - smoothed.as_ps() / 8 + sample.as_ps() / 8)
            }
            _ => sample,
        });
    }

    /// What was read up to `place`, if a round trip is over: how large the buffer should be
    /// \[bytes\]. `held` waits behind a gap.
    fn take(&mut self, now: Time, place: Offset, rtt: Time, held: u64) -> Option<u64> {
        if now.saturating_sub(self.since) < rtt {
            return None;
        }
        let read = (place - self.from).cast_unsigned();
        self.from = place;
        self.since = now;
        if read <= self.most {
            return None;
        }
        // The measurement is a round trip late, and the sender may double its rate in each.
        let twice = 2 * read;
        let growth = u128::from(twice) * u128::from(read - self.most) / u128::from(self.most);
        self.most = read;
        Some(twice + 2 * u64::try_from(growth).unwrap_or(u64::MAX / 4) + held)
    }
}

impl Connection {
    /// Data of a segment have arrived, out of order or not.
    pub(super) fn grow_window(&mut self, now: Time, segment: &Segment, in_order: bool) {
        let length = u64::from(segment.data_length);
        if length < LEAST_TO_GROW || self.config.receive_buffer.is_some() {
            return;
        }
        let size = self.segment_size();
        // Without SACK a changed window would hide a duplicate acknowledgment.
        if in_order || self.agreed.sack {
            self.receiver.raise_limit(2 * size);
        }
        let stamps = segment.options.timestamps.filter(|_| self.agreed.timestamps);
        let sample = self.timestamp_rtt(now, segment);
        let start = self.receiver.read_offset();
        let reading = self.receiver.reading.get_or_insert_with(|| {
            let most = INITIAL_SEGMENTS * size;
            Box::new(Reading { most, from: start, since: now, rtt: None, echo: 0 })
        });
        // Each echo measures once: only the first segment of a flight was sent at once.
        if let (Some(stamps), Some(rtt)) = (stamps, sample)
            && stamps.echo != reading.echo
        {
            reading.echo = stamps.echo;
            reading.note_rtt(rtt);
        }
    }

    /// The application has read something.
    pub(super) fn measure_reading(&mut self) {
        let place = self.receiver.read_offset();
        let held = self.receiver.held.reach(self.receiver.next);
        let now = self.progress.heard;
        let Some(reading) = self.receiver.reading.as_mut() else { return };
        let Some(rtt) = reading.rtt.or(self.rtt.smoothed()) else { return };
        if let Some(wanted) = reading.take(now, place, rtt, held) {
            let (_, greatest) = receive_sizes(&self.config);
            self.receiver.enlarge(wanted.min(greatest));
        }
    }

    /// Acknowledged data have made room: the send buffer holds two congestion windows, by a
    /// generous estimate of the memory that their segments take.
    pub(super) fn grow_send_buffer(&mut self) {
        if self.config.send_buffer.is_some() {
            return;
        }
        let size = self.segment_size();
        let segments = (self.ask_control(|control| control.window()) / size).max(INITIAL_SEGMENTS);
        let each = (size + SEGMENT_OVERHEAD).next_power_of_two() + DESCRIPTOR;
        let memory = segments.saturating_mul(2 * each).min(self.config.send_memory_max.get());
        let wanted = data_in(Bytes::new(memory));
        self.queue.capacity = self.queue.capacity.max(wanted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_follows_what_is_read_in_a_round_trip() {
        let rtt = Time::from_ms(40);
        let mut reading = Reading { most: 14_480, from: 1, since: Time::ZERO, rtt: None, echo: 0 };
        assert_eq!(reading.take(Time::from_ms(39), 100_000, rtt, 0), None);
        // Twice what was read, and twice more for each doubling.
        assert_eq!(reading.take(Time::from_ms(40), 28_961, rtt, 0), Some(57_920 + 115_840));
        // Slower than before: nothing changes.
        assert_eq!(reading.take(Time::from_ms(80), 38_961, rtt, 0), None);
        assert_eq!(
            reading.take(Time::from_ms(120), 67_921 + 1448, rtt, 10),
            Some(60_816 + 6080 + 10)
        );
    }

    #[test]
    fn memory_is_counted_as_linux_counts_it() {
        let linux = Config::linux();
        assert_eq!(receive_sizes(&linux), (81_920, 3_932_160));
        assert_eq!(send_size(&linux), 16_384);
        let fixed = Config { receive_buffer: Some(Bytes::new(8192)), ..linux };
        assert_eq!(receive_sizes(&fixed), (8192, 8192));
    }
}
