//! What tshark's words for segments mean, and where they differ from the simulator's.
//!
//! The simulator knows why it sends a segment. tshark sees the segments of one capture and guesses, by the rules
//! below; they are those of its `packet-tcp` dissector (4.0), in terms of what came before in the same
//! connection. `docs/captures.md` says the same for readers.

use portolan::packet::tcp::{Segment, SeqNum};
use portolan::units::Time;

/// Retransmissions as quick as this after the ACK that asks for them are "fast".
const FAST: Time = Time::from_ms(20);
/// The round-trip time that is assumed if no handshake was seen.
const UNKNOWN_RTT: Time = Time::from_ms(3);

/// What was seen of one direction of a connection.
#[derive(Debug, Default, Clone, Copy)]
struct Side {
    /// The end of what was sent, and when it was reached.
    next: Option<(SeqNum, Time)>,
    ack: SeqNum,
    at: Time,
    window: u16,
    duplicates: u32,
    /// The latest segment was a keep-alive, or a probe of a shut window.
    keep_alive: bool,
    probe: bool,
}

/// A connection as one capture shows it.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    sides: [Side; 2],
    /// The latest SYN, and whether it was answered.
    syn: Option<Time>,
    syn_answered: bool,
    first_rtt: Option<Time>,
}

impl Connection {
    /// The words for the next segment; `way` tells its direction, 0 or 1.
    pub(crate) fn words(&mut self, at: Time, way: usize, segment: &Segment) -> Vec<&'static str> {
        let words = self.judge(at, way, segment);
        self.handshake(at, segment);
        let side = &mut self.sides[way];
        let flags = segment.flags;
        let ack = if flags.ack { segment.ack } else { SeqNum::default() };
        if words.contains(&"duplicate_ack") {
            side.duplicates += 1;
        } else if ack != side.ack {
            side.duplicates = 0;
        }
        side.keep_alive = words.contains(&"keep_alive");
        side.probe = words.contains(&"zero_window_probe");
        let end = segment.end();
        if side.next.is_none_or(|(next, _)| end.after(next)) && !side.probe {
            side.next = Some((end, at));
        }
        (side.ack, side.at, side.window) = (ack, at, segment.window);
        words
    }

    /// The first round-trip time: from the latest SYN to the ACK that ends the handshake.
    fn handshake(&mut self, at: Time, segment: &Segment) {
        let flags = segment.flags;
        if flags.syn && !flags.ack {
            (self.syn, self.syn_answered) = (Some(at), false);
        } else if flags.syn {
            self.syn_answered = true;
        } else if let (Some(syn), true, true) = (self.syn, self.syn_answered, flags.ack) {
            self.first_rtt.get_or_insert(at - syn);
        }
    }

    fn judge(&self, at: Time, way: usize, segment: &Segment) -> Vec<&'static str> {
        let (side, other) = (&self.sides[way], &self.sides[1 - way]);
        let flags = segment.flags;
        let plain = !flags.syn && !flags.fin && !flags.rst;
        let at_end = side.next.is_some_and(|(next, _)| next == segment.seq);
        if segment.data_length == 1 && at_end && other.window == 0 {
            return vec!["zero_window_probe"];
        }
        let mut words = Vec::new();
        if segment.window == 0 && plain {
            words.push("zero_window");
        }
        if side.next.is_some_and(|(next, _)| segment.seq.after(next)) && !flags.rst {
            words.push("lost_segment");
        }
        let before_end = side.next.is_some_and(|(next, _)| segment.seq.wrapping_add(1) == next);
        if segment.data_length <= 1 && before_end && plain {
            words.push("keep_alive");
        }
        let repeats = segment.data_length == 0
            && at_end
            && plain
            && segment.ack == side.ack
            && segment.window == side.window;
        if repeats && segment.window > 0 && !other.keep_alive {
            words.push("duplicate_ack");
        }
        if segment.sequence_length() > 0 && !words.contains(&"keep_alive") {
            words.extend(self.again(at, way, segment));
        }
        words
    }

    /// The word for a segment that does not begin where the one before ended, if there is one.
    fn again(&self, at: Time, way: usize, segment: &Segment) -> Option<&'static str> {
        let (side, other) = (&self.sides[way], &self.sides[1 - way]);
        let (next, reached) = side.next?;
        let data_end = segment.seq.wrapping_add(u32::from(segment.data_length));
        // The other end has said that it has all of it.
        if segment.data_length > 0 && other.ack.value() != 0 && !data_end.after(other.ack) {
            return Some("spurious_retransmission");
        }
        let probe_came_before = segment.data_length > 1 && segment.seq.wrapping_add(1) == next;
        if !segment.seq.before(next) || probe_came_before {
            return None;
        }
        // Two duplicate ACKs ask for it, the latest just now.
        if other.duplicates >= 2 && other.ack == segment.seq && at - other.at < FAST {
            return Some("fast_retransmission");
        }
        // New data went out within a round trip: it is taken for a segment that was overtaken.
        if at - reached < self.first_rtt.unwrap_or(UNKNOWN_RTT) && segment.end() != next {
            return Some("out_of_order");
        }
        Some("retransmission")
    }
}
