//! tshark's analysis of TCP agrees with what happened: with why segments were sent, and with which were
//! lost.

use std::collections::BTreeMap;

use portolan::packet::tcp::{Purpose, Segment, SeqNum};

use crate::rules::Connection;
use crate::truth::{Bytes, Seen, Truth, segment_of};
use crate::{Faults, Reading};

/// Words for segments that were sent before.
const AGAIN: [&str; 4] =
    ["retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order"];

/// One direction of a connection as it was simulated: what its packets have covered so far.
#[derive(Default)]
struct Covered {
    next: Option<SeqNum>,
}

pub(crate) fn judge(reading: &Reading<'_>, truth: &Truth, is_end: bool, faults: &mut Faults) {
    let mut connections: BTreeMap<u32, Connection> = BTreeMap::new();
    let mut covered: BTreeMap<(u32, bool), Covered> = BTreeMap::new();
    for (row, seen) in reading.rows.iter().zip(reading.seen) {
        let (Some((bytes, segment)), Some(stream)) = (segment_of(&seen.packet), row.stream) else {
            continue;
        };
        let way = bytes.0 < bytes.1;
        let connection = connections.entry(stream).or_default();
        let told = once(&row.analysis);
        let words = connection.words(seen.at, usize::from(way), &segment);
        let about = || format!("#{} {told:?}, not {words:?}: {segment:?}", row.number);
        faults.unless(told == words, "the rules do not explain a word", about);
        let covered = covered.entry((stream, way)).or_default();
        let about = || format!("#{} {told:?} {:?}: {segment:?}", row.number, seen.packet.label);
        let starts_here = is_end && seen.outgoing;
        let agrees = agrees(&told, seen, starts_here, &segment, covered.next);
        faults.unless(agrees, "tshark and the simulator differ on what is sent again", about);
        if is_end && told.contains(&"lost_segment") {
            let gone = gap_is_real(bytes, &segment, covered.next, truth);
            faults.unless(gone, "a segment is missed that was not lost", about);
        }
        let shut = segment.window == 0
            && !(segment.flags.syn || segment.flags.fin || segment.flags.rst)
            && !told.contains(&"zero_window_probe");
        faults.unless(told.contains(&"zero_window") == shut, "a shut window", about);
        if covered.next.is_none_or(|next| segment.end().after(next)) {
            covered.next = Some(segment.end());
        }
    }
}

/// Without the general word that tshark adds to the special ones.
fn once(analysis: &[&'static str]) -> Vec<&'static str> {
    let special = ["fast_retransmission", "spurious_retransmission"];
    let is_special = analysis.iter().any(|word| special.contains(word));
    let mut words: Vec<_> =
        analysis.iter().copied().filter(|word| !(is_special && *word == AGAIN[0])).collect();
    words.sort_by_key(|word| ORDER.iter().position(|known| known == word));
    words
}

/// The order of words in `rules`.
const ORDER: [&str; 9] = [
    "zero_window_probe",
    "zero_window",
    "lost_segment",
    "keep_alive",
    "duplicate_ack",
    "spurious_retransmission",
    "fast_retransmission",
    "out_of_order",
    "retransmission",
];

/// Whether tshark says that a segment was sent again exactly if the simulator does.
///
/// At its sender, whatever tshark calls it: nothing overtakes anything there. Elsewhere, the original may not have
/// come: a repetition is one only if it does not go beyond what has come; and the network may repeat
/// and overtake.
fn agrees(
    told: &[&str],
    seen: &Seen,
    starts_here: bool,
    segment: &Segment,
    next: Option<SeqNum>,
) -> bool {
    let again = AGAIN.iter().any(|word| told.contains(word));
    let purpose = seen.packet.label.purpose;
    if !starts_here {
        let late = next.is_some_and(|next| segment.seq.before(next));
        let keeps_alive = told.contains(&"keep_alive");
        return again == (late && segment.sequence_length() > 0 && !keeps_alive);
    }
    let is_probe = segment.data_length <= 1 && !segment.flags.syn && !segment.flags.fin;
    match purpose {
        // A SYN that is acknowledged in the same segment, after a SYN that was not: both ends have connected, or
        // the SYN to which it is the answer came twice.
        Purpose::Ordinary if segment.flags.syn && segment.flags.ack => true,
        Purpose::Ordinary => !again && !told.contains(&"keep_alive"),
        Purpose::FastRetransmit | Purpose::TimeoutRetransmit => {
            again || is_probe && told.contains(&"keep_alive")
        }
        // New data, if there are any, else the last again (RFC 8985 section 7.3).
        Purpose::TailLossProbe | Purpose::WindowProbe => {
            let new = next.is_some_and(|next| !segment.seq.before(next));
            again != new || is_probe
        }
        Purpose::KeepAlive => told.contains(&"keep_alive"),
    }
}

/// Whether all that lies between the end of what was seen and a segment was sent, and was lost on its way or
/// comes later.
fn gap_is_real(bytes: Bytes, segment: &Segment, next: Option<SeqNum>, truth: &Truth) -> bool {
    let (from, to, _) = bytes;
    let Some(mut place) = next else { return false };
    while place.before(segment.seq) {
        let piece = (from, to, place.value());
        let Some(end) = truth.sent.get(&piece) else { return false };
        let lost_or_late = truth.lost.contains(&piece) || truth.is_late(&piece, segment.seq);
        if !lost_or_late || !end.after(place) {
            return false;
        }
        place = *end;
    }
    true
}
