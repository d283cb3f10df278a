//! What the processes at both ends of a connection did: who wrote how much, when, and after what.

use super::dialogue::{CLIENT, Dialogue, SERVER};
use super::direction::{Direction, Nanos, Place, Sent};
use crate::app::conversation::{Does, End, Message};
use crate::units::{Bytes, Time};

/// A sender that sends within this after an acknowledgment has waited for it, not for its process
/// \[ns\].
const CLOCKED: Nanos = 1_000_000;
/// The segment size where nobody says another: that of Ethernet \[bytes\].
const USUAL_MSS: u16 = 1460;
/// Segments below this are full on no path \[bytes\].
const LEAST_FULL: u64 = 500;
/// A pause below this is none \[ns\].
const BURST: Nanos = 1_000_000;
/// By so much may a clock be wrong \[ns\].
const SLACK: Nanos = 100_000;

/// Something that an end did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Act {
    pub(super) side: usize,
    pub(super) does: Does,
    pub(super) size: u64,
    /// When it was done, at its own end \[ns\].
    pub(super) at: Nanos,
    /// When the last of it was sent \[ns\].
    pub(super) until: Nanos,
    /// When all of it had come to the other end \[ns\].
    pub(super) arrived: Nanos,
}

/// A stretch of data, as its sender saw it.
#[derive(Debug, Clone, Copy)]
struct Piece {
    begin: Place,
    end: Place,
    at: Nanos,
    arrived: Nanos,
}

/// What both ends did, in the order in which they did it.
pub(super) fn acts(dialogue: &Dialogue, distances: [Nanos; 2]) -> Vec<Act> {
    let mut acts = Vec::new();
    for side in [CLIENT, SERVER] {
        acts.extend(writes(dialogue, side, distances));
        acts.extend(ending(dialogue, side, distances));
        acts.extend(pauses_in_reading(dialogue, side, distances));
    }
    // What one end does at one time it does in this order.
    acts.sort_by_key(|act| act.at);
    acts
}

/// When its client knew that the connection was there, and when its server did.
pub(super) fn beginnings(dialogue: &Dialogue, distances: [Nanos; 2]) -> [Nanos; 2] {
    let first = |side: usize, wanted: &dyn Fn(&&Sent) -> bool| {
        let sent = dialogue.directions[side].sent.iter();
        sent.filter(|sent| !sent.lost).find(|sent| wanted(sent)).map(|sent| sent.at)
    };
    let syn_ack = first(SERVER, &|sent| sent.flags.syn);
    let ack = first(CLIENT, &|sent| !sent.flags.syn && sent.flags.ack);
    let begin = first(CLIENT, &|_| true).min(first(SERVER, &|_| true)).unwrap_or(0);
    let client = syn_ack.map_or(begin, |at| at + distances[CLIENT]);
    let server = if syn_ack.is_some() { ack.unwrap_or(begin) } else { begin };
    [client, server + distances[SERVER]]
}

/// The data of one side, by place, with the times of its sending and arrival.
fn pieces(own: &Direction, near: Nanos, far: Nanos) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for chunk in &own.chunks {
        let first = &own.sent[chunk.copies[0]];
        let (begin, mut end) = (chunk.begin.max(1), chunk.end);
        if first.flags.fin && end == first.end {
            end -= 1;
        }
        if begin >= end {
            continue;
        }
        let came = chunk.copies.iter().map(|copy| &own.sent[*copy]).find(|sent| !sent.lost);
        let came = came.map_or(Nanos::MAX / 2, |sent| sent.at + far);
        pieces.push(Piece { begin, end, at: first.at - near, arrived: came });
    }
    // What fills a hole was sent for the first time before what comes after it.
    let mut earliest = Nanos::MAX;
    for piece in pieces.iter_mut().rev() {
        earliest = earliest.min(piece.at);
        piece.at = earliest;
    }
    // Nothing is read before what comes before it.
    let mut latest = Nanos::MIN;
    for piece in &mut pieces {
        latest = latest.max(piece.arrived);
        piece.arrived = latest;
    }
    pieces
}

fn writes(dialogue: &Dialogue, side: usize, distances: [Nanos; 2]) -> Vec<Act> {
    let (near, far) = (distances[side], distances[1 - side]);
    let own = &dialogue.directions[side];
    let pieces = pieces(own, near, far);
    let full = full_size(dialogue, side);
    // When acknowledgments came to this end, and when the other end's data did.
    let acks: Vec<(Nanos, Place, Place)> = dialogue.directions[1 - side]
        .sent
        .iter()
        .filter(|sent| !sent.lost)
        .filter_map(|sent| Some((sent.at + near, sent.ack?, sent.edge?)))
        .collect();
    let mut acts: Vec<Act> = Vec::new();
    let mut last: Option<Piece> = None;
    for piece in pieces {
        let goes_on = last.is_some_and(|last| {
            let is_full = (last.end - last.begin).is_multiple_of(full);
            let flows = piece.at - last.at <= BURST || is_clocked(&acks, piece.at);
            (is_full && flows) || is_blocked(&acks, &last, &piece, full)
        });
        match acts.last_mut().filter(|_| goes_on) {
            Some(act) => {
                act.size += piece.end - piece.begin;
                act.until = piece.at;
                act.arrived = piece.arrived;
            }
            None => acts.push(Act {
                side,
                does: Does::Write,
                size: piece.end - piece.begin,
                at: piece.at,
                until: piece.at,
                arrived: piece.arrived,
            }),
        }
        last = Some(piece);
    }
    acts
}

/// How much data a full segment carries \[bytes\].
fn full_size(dialogue: &Dialogue, side: usize) -> u64 {
    let own = &dialogue.directions[side];
    let most = own.sent.iter().map(|sent| sent.data).max().unwrap_or(0);
    let allowed = dialogue.directions[1 - side].syn.and_then(|syn| syn.options.mss);
    let stamps = own.sent.iter().any(|sent| sent.data > 0 && sent.timestamps.is_some());
    let allowed =
        u64::from(allowed.unwrap_or(USUAL_MSS)).saturating_sub(if stamps { 12 } else { 0 });
    // The path may have allowed less.
    if (LEAST_FULL..allowed).contains(&most) { most } else { allowed.max(1) }
}

/// When an end did not read: its window closed, from when it began to shrink until it opened again.
fn pauses_in_reading(dialogue: &Dialogue, side: usize, distances: [Nanos; 2]) -> Vec<Act> {
    let (near, far) = (distances[side], distances[1 - side]);
    let act = |does: Does, at: Nanos| {
        let at = at - near;
        Act { side, does, size: 0, at, until: at, arrived: at + near + far }
    };
    let mut acts = Vec::new();
    let mut most = 0;
    // When the window was last as wide as it could be; whether it is closed.
    let (mut wide, mut closed) = (0, false);
    for sent in dialogue.directions[side].sent.iter().filter(|sent| sent.ack.is_some()) {
        if sent.window == 0 && !closed {
            closed = true;
            acts.push(act(Does::StopReading, wide));
        } else if sent.window > 0 && closed {
            closed = false;
            most = 0;
            acts.push(act(Does::Read, sent.at));
        }
        if sent.window >= most {
            (most, wide) = (sent.window, sent.at);
        }
    }
    acts
}

/// Whether a sender could not go on after a piece before it did, as the other end's window was used up.
/// Then neither the end of the piece nor the pause tells anything of the process.
fn is_blocked(acks: &[(Nanos, Place, Place)], last: &Piece, next: &Piece, full: u64) -> bool {
    let until = last.at.max(next.at - CLOCKED);
    let known = acks.partition_point(|(at, ..)| *at <= until);
    acks[..known].last().is_some_and(|(_, _, edge)| last.end + full > *edge)
}

/// Whether an acknowledgment came just before.
fn is_clocked(acks: &[(Nanos, Place, Place)], at: Nanos) -> bool {
    let known = acks.partition_point(|(came, ..)| *came <= at + SLACK);
    acks[..known].last().is_some_and(|(came, ..)| at - came <= CLOCKED)
}

/// How one side ended its direction.
fn ending(dialogue: &Dialogue, side: usize, distances: [Nanos; 2]) -> Option<Act> {
    let (near, far) = (distances[side], distances[1 - side]);
    let own = &dialogue.directions[side];
    let fin = own.sent.iter().find(|sent| sent.flags.fin);
    let came = own.sent.iter().find(|sent| sent.flags.fin && !sent.lost);
    let arrived = came.map_or(Nanos::MAX / 2, |sent| sent.at + far);
    let reset = dialogue.resets.iter().find(|(_, by)| *by == side).map(|(at, _)| *at);
    let act = |does: Does, at: Nanos, arrived: Nanos| Act {
        side,
        does,
        size: 0,
        at: at - near,
        until: at - near,
        arrived,
    };
    match (fin, reset) {
        // Whoever closes without listening any more answers further data with a reset.
        (Some(fin), Some(_)) => Some(act(Does::Close, fin.at, arrived)),
        (Some(fin), None) => Some(act(Does::Fin, fin.at, arrived)),
        (None, Some(at)) => Some(act(Does::Reset, at, at + far)),
        (None, None) => None,
    }
}

/// The list of messages that makes both ends do all this again.
pub(super) fn messages(acts: &[Act], beginnings: [Nanos; 2]) -> Vec<Message> {
    let mut own = beginnings;
    // When the last of what each end did came to the other.
    let mut came: [Option<Nanos>; 2] = [None; 2];
    // Who does not read cannot wait for what is said.
    let mut deaf = [false; 2];
    let mut messages = Vec::with_capacity(acts.len());
    for act in acts {
        let side = act.side;
        let heard = came[1 - side].filter(|_| !deaf[side]);
        let waits = !deaf[side] && heard.is_none_or(|heard| heard <= act.at + SLACK);
        let since = heard.filter(|_| waits).map_or(own[side], |at| at.max(own[side]));
        messages.push(Message {
            from: if side == CLIENT { End::Client } else { End::Server },
            size: Bytes::new(act.size),
            after: Time::from_ns(u64::try_from(act.at - since).unwrap_or(0)),
            does: act.does,
            waits,
        });
        own[side] = act.until.max(own[side]);
        match act.does {
            Does::StopReading => deaf[side] = true,
            Does::Read => deaf[side] = false,
            Does::Write | Does::Fin | Does::Close => came[side] = came[side].max(Some(act.arrived)),
            Does::Reset => {}
        }
    }
    messages
}
