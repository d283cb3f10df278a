//! Which packets of a connection never arrived.
//!
//! A capture is made at one place of the path, and shows a loss in one of two ways:
//!
//! - *Behind* that place: the packet is in the capture, and so is the one that was sent in its stead.
//!   It was lost if the acknowledgment came too late for it and in time for the other, and no D-SACK
//!   (RFC 2883) says that both came. An acknowledgment was lost if its receiver sent again what it
//!   acknowledges, later than a round trip after it.
//! - *Before* that place: the packet is missing. Where its sender numbers its packets one by one, as
//!   Linux does on each connection, the identification field tells how many are missing, those without
//!   data as well. Otherwise only a hole in the stream tells, filled later. A SYN-ACK has no such
//!   number: it is missing if the one that came echoes the timestamp of an earlier SYN.
//!
//! What leaves no trace cannot be found: an acknowledgment lost behind the place whose work the next
//! one did.

use super::dialogue::{CLIENT, Dialogue, SERVER};
use super::direction::{Chunk, Direction, Nanos, Sent};
use super::path::NEAR;

/// Packets that were lost before the capture could see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing {
    /// Who sent them.
    pub(super) side: usize,
    /// Before which of the packets captured of this side.
    pub(super) before: usize,
    /// How many.
    pub(super) count: u64,
}

/// More packets than this are not missing at once: the numbers mean something else.
const MOST_MISSING: u64 = 500;
/// What was overtaken by so little was not sent again \[ns\].
const OVERTAKEN: Nanos = 3_000_000;

/// Marks what was lost behind the place of the capture, and finds what was lost before it.
pub(super) fn find(dialogue: &mut Dialogue, distances: [Nanos; 2]) -> Vec<Missing> {
    let mut missing = Vec::new();
    for side in [CLIENT, SERVER] {
        let (near, far) = (distances[side], distances[1 - side]);
        // What passed here on its last yard has arrived.
        if far >= NEAR || near < NEAR {
            mark_behind(dialogue, side, 2 * far);
        }
        mark_acks(dialogue, side, 2 * near);
        if near >= NEAR {
            let own = &dialogue.directions[side];
            missing.extend(by_number(own, side).unwrap_or_else(|| by_holes(own, side, near + far)));
        }
    }
    missing.extend(syn_acks(dialogue, 2 * distances[SERVER]));
    missing.retain(|missing| missing.count > 0);
    missing
}

/// A time in which the other end's acknowledgments all got lost before they were seen, though nothing
/// tells how many there were: data were sent again, and then it turned out that they had come.
pub(super) fn unheard(dialogue: &Dialogue, side: usize, near: Nanos) -> Option<(Nanos, Nanos)> {
    let own = &dialogue.directions[side];
    let other = &dialogue.directions[1 - side];
    let mut found: Option<(Nanos, Nanos)> = None;
    for chunk in own.chunks.iter().filter(|chunk| near >= NEAR && chunk.begin > 0) {
        let [first, second, ..] = chunk.copies[..] else { continue };
        let (from, until) = (own.sent[first].at, own.sent[second].at);
        let silent = !other.sent.iter().any(|sent| from < sent.at && sent.at <= until);
        if silent && !own.sent[first].lost && chunk.acked.is_some_and(|acked| acked > until) {
            let (earliest, latest) = found.unwrap_or((from, until));
            found = Some((earliest.min(from), latest.max(until)));
        }
    }
    found
}

/// Marks segments that were seen here and did not arrive. `far` is the round trip from here on.
fn mark_behind(dialogue: &mut Dialogue, side: usize, far: Nanos) {
    let own = &dialogue.directions[side];
    let says_twice = |sent: &&Sent| {
        sent.sacked.first().zip(sent.ack).is_some_and(|(&(_, end), ack)| end <= ack)
            || sent.sacked.len() > 1
    };
    let doubles: Vec<&Sent> =
        dialogue.directions[1 - side].sent.iter().filter(says_twice).collect();
    let lost: Vec<usize> = own
        .chunks
        .iter()
        .filter(|chunk| chunk.copies.len() > 1)
        .flat_map(|chunk| {
            let count = lost_copies(dialogue, side, chunk, far, &doubles);
            chunk.copies[..count].iter().copied()
        })
        .collect();
    for index in lost {
        dialogue.directions[side].sent[index].lost = true;
    }
}

/// How many of the first copies of a chunk were lost.
///
/// `doubles` are the segments of the other end that may say that something came twice.
fn lost_copies(
    dialogue: &Dialogue,
    side: usize,
    chunk: &Chunk,
    far: Nanos,
    doubles: &[&Sent],
) -> usize {
    let own = &dialogue.directions[side];
    let Some(acked) = chunk.acked else {
        // Sent again and again, and never acknowledged.
        return chunk.copies.len();
    };
    if chunk.begin == 0
        && let Some(echoed) = echoed_syn(dialogue, side, chunk, acked)
    {
        return echoed;
    }
    let in_time = |copy: &&usize| own.sent[**copy].at.saturating_add(far / 4 * 3) <= acked;
    let before = chunk.copies.iter().filter(in_time).count().max(1);
    let duplicates = doubles[doubles.partition_point(|sent| sent.at < acked)..].iter();
    let duplicates = duplicates.filter(|sent| is_duplicate_of(sent, chunk));
    (before - 1).saturating_sub(duplicates.count())
}

/// Whether a segment's first SACK block says that a chunk came twice (RFC 2883 section 4).
fn is_duplicate_of(sent: &Sent, chunk: &Chunk) -> bool {
    let (Some(&(begin, end)), Some(ack)) = (sent.sacked.first(), sent.ack) else { return false };
    let within_second =
        sent.sacked.get(1).is_some_and(|&(first, last)| first <= begin && end <= last);
    (end <= ack || within_second) && begin <= chunk.begin && chunk.end <= end
}

/// Which of the copies of a SYN the answer to it echoes.
fn echoed_syn(dialogue: &Dialogue, side: usize, chunk: &Chunk, acked: Nanos) -> Option<usize> {
    let answer = dialogue.directions[1 - side].sent.iter().find(|sent| sent.at == acked)?;
    let echo = answer.timestamps?.echo;
    let own = &dialogue.directions[side].sent;
    let is_it = |copy: &usize| {
        own[*copy].at <= acked && own[*copy].timestamps.is_some_and(|stamps| stamps.value == echo)
    };
    chunk.copies.iter().rposition(is_it)
}

/// Marks acknowledgments whose receiver sent again what they acknowledge. `near` is the round trip
/// from here to it.
fn mark_acks(dialogue: &mut Dialogue, side: usize, near: Nanos) {
    let own = &dialogue.directions[side];
    let slack = near + near / 10 + NEAR * 2;
    let mut lost = Vec::new();
    for chunk in &own.chunks {
        let Some(acked) = chunk.acked else { continue };
        let Some(again) = chunk.copies[1..].iter().map(|copy| own.sent[*copy].at).max() else {
            continue;
        };
        let other = &dialogue.directions[1 - side].sent;
        let first = other.partition_point(|heard| heard.at < acked);
        let after = other.partition_point(|heard| heard.at + slack < again).max(first);
        for (index, heard) in other.iter().enumerate().take(after).skip(first) {
            let says_so = heard.ack.is_some_and(|ack| ack >= chunk.end);
            if says_so && heard.begin == heard.end {
                lost.push(index);
            }
        }
    }
    for index in lost {
        dialogue.directions[1 - side].sent[index].lost = true;
    }
}

/// What is missing, by the identification of the packets that came; `None` if the sender does not
/// number them one by one. The SYN has a number of its own.
fn by_number(own: &Direction, side: usize) -> Option<Vec<Missing>> {
    let mut missing = Vec::new();
    let (mut steps, mut ones) = (0_u64, 0_u64);
    let rest = own.sent.iter().enumerate().filter(|(_, sent)| !sent.flags.syn);
    let mut last: Option<u16> = None;
    for (before, sent) in rest {
        if !sent.dont_fragment {
            return None;
        }
        if let Some(last) = last.replace(sent.identification) {
            let step = u64::from(sent.identification.wrapping_sub(last));
            if step == 0 || step > MOST_MISSING {
                return None;
            }
            steps += 1;
            ones += u64::from(step == 1);
            missing.push(Missing { side, before, count: step - 1 });
        }
    }
    // Two in a row by chance are no order.
    (steps >= 1 && ones * 2 >= steps).then_some(missing)
}

/// What is missing, by the holes in the stream that were filled later.
fn by_holes(own: &Direction, side: usize, way: Nanos) -> Vec<Missing> {
    let mut missing = Vec::new();
    for (index, chunk) in own.chunks.iter().enumerate() {
        let filled = own.sent[chunk.copies[0]].at;
        let Some(next) = own.chunks.get(index + 1).filter(|_| chunk.late) else { continue };
        let after = next.copies[0];
        if filled - own.sent[after].at > OVERTAKEN.max(way) {
            missing.push(Missing { side, before: after, count: 1 });
        }
    }
    missing
}

/// SYN-ACKs that are missing: for every SYN from the one that the answer echoes on, but for the last.
fn syn_acks(dialogue: &Dialogue, far: Nanos) -> Option<Missing> {
    let chunk = dialogue.directions[CLIENT].chunks.first().filter(|chunk| chunk.begin == 0)?;
    let acked = chunk.acked?;
    let echoed = echoed_syn(dialogue, CLIENT, chunk, acked)?;
    let own = &dialogue.directions[CLIENT].sent;
    let in_time = |copy: &&usize| own[**copy].at.saturating_add(far / 4 * 3) <= acked;
    let before = chunk.copies.iter().filter(in_time).count();
    let count = before.saturating_sub(echoed + 1) as u64;
    Some(Missing { side: SERVER, before: 0, count })
}
