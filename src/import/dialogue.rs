//! A connection as both ends see it: its two directions, and what each end says of the other's.

use std::collections::BTreeSet;

use super::connection::{Trace, segment};
use super::direction::{Direction, Nanos, Sent, Unwrap};
use super::read::Captured;
use crate::packet::icmp::Error;
use crate::packet::tcp::{Flags, SeqNum};

/// The client's direction, as an index.
pub(super) const CLIENT: usize = 0;
/// The server's.
pub(super) const SERVER: usize = 1;

/// What came of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Outcome {
    /// It came about.
    Established,
    /// A reset answered the SYN.
    Refused,
    /// An ICMP error answered it.
    Rejected(Error),
    /// Nothing answered it.
    Unanswered,
    /// The SYN-ACK was answered by a reset, or by nothing.
    HalfOpen,
    /// Segments that belong to no connection, such as the probes of a scan.
    #[default]
    Stray,
}

/// A connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Dialogue {
    /// What the client sent, and what the server did.
    pub(super) directions: [Direction; 2],
    /// What came of it.
    pub(super) outcome: Outcome,
    /// Whether its handshake was captured.
    pub(super) whole: bool,
    /// Resets: when, by whom, and whether with ACK.
    pub(super) resets: Vec<(Nanos, usize)>,
}

impl Dialogue {
    /// Reads the segments of a connection.
    pub(super) fn of(trace: &Trace, packets: &[Captured]) -> Self {
        let mut dialogue = Self {
            directions: [Direction::default(), Direction::default()],
            outcome: Outcome::Stray,
            whole: trace.begins_with_syn(),
            resets: Vec::new(),
        };
        let mut places = dialogue.find_beginnings(trace, packets);
        for &(packet, is_client) in &trace.segments {
            let side = usize::from(!is_client);
            if let Some(sent) = dialogue.read(&packets[packet], packet, side, &mut places) {
                dialogue.directions[side].sent.push(sent);
            }
        }
        for direction in &mut dialogue.directions {
            direction.find_chunks();
        }
        dialogue.find_acks(CLIENT);
        dialogue.find_acks(SERVER);
        dialogue.outcome = dialogue.judge(trace);
        dialogue
    }

    /// Where the streams begin. Of one whose SYN was not captured, with what was first seen of it.
    fn find_beginnings(&mut self, trace: &Trace, packets: &[Captured]) -> [Option<Unwrap>; 2] {
        let mut begins: [Option<SeqNum>; 2] = [None, None];
        let mut guesses: [Option<SeqNum>; 2] = [None, None];
        for &(place, is_client) in &trace.segments {
            let Some(segment) = segment(&packets[place]) else { continue };
            let side = usize::from(!is_client);
            if segment.flags.syn && begins[side].is_none() {
                begins[side] = Some(segment.seq);
                self.directions[side].syn = Some(*segment);
            }
            let before = segment.seq.wrapping_add(u32::MAX);
            guesses[side].get_or_insert(before);
            if segment.flags.ack && !segment.flags.rst {
                guesses[1 - side].get_or_insert(segment.ack.wrapping_add(u32::MAX));
            }
        }
        let scales = [CLIENT, SERVER]
            .map(|side| self.directions[side].syn.and_then(|syn| syn.options.window_scale));
        if let [Some(client), Some(server)] = scales {
            // What is more than 14 is taken for 14 (RFC 7323 section 2.3).
            self.directions[CLIENT].scale = client.min(14);
            self.directions[SERVER].scale = server.min(14);
        }
        [CLIENT, SERVER].map(|side| begins[side].or(guesses[side]).map(|seq| Unwrap::new(seq, 0)))
    }

    fn read(
        &mut self,
        captured: &Captured,
        packet: usize,
        side: usize,
        places: &mut [Option<Unwrap>; 2],
    ) -> Option<Sent> {
        let segment = segment(captured)?;
        let at = Nanos::try_from(captured.at.as_ns()).unwrap_or(Nanos::MAX / 4);
        if segment.flags.rst {
            self.resets.push((at, side));
            return None;
        }
        // Numbers of the past or far future belong to no stream that could be followed.
        let begin = places[side].as_mut()?.place(segment.seq)?;
        let end = begin + u64::from(segment.sequence_length());
        let other = &mut places[1 - side];
        let ack = segment.flags.ack.then(|| other.as_mut()?.place(segment.ack)).flatten();
        let mut sacked = Vec::new();
        for block in segment.options.sack.as_slice() {
            let Some(mut near) = *other else { continue };
            let (first, after) = (near.place(block.start), near.place(block.end));
            sacked.extend(first.zip(after).filter(|(first, after)| first < after));
        }
        let scale = if segment.flags.syn { 0 } else { self.directions[side].scale };
        let window = u64::from(segment.window) << scale;
        Some(Sent {
            packet,
            at,
            begin,
            end,
            ack,
            sacked,
            edge: ack.map(|ack| ack + window),
            window,
            flags: segment.flags,
            timestamps: segment.options.timestamps,
            identification: captured.packet.identification,
            dont_fragment: captured.packet.dont_fragment,
            data: u64::from(segment.data_length),
            lost: false,
        })
    }

    /// Notes when the other end first said that a chunk had come.
    fn find_acks(&mut self, side: usize) {
        let [client, server] = &mut self.directions;
        let (own, other) = if side == CLIENT { (client, server) } else { (server, client) };
        let mut waiting: BTreeSet<usize> = (0..own.chunks.len()).collect();
        for heard in &other.sent {
            let cumulative = heard.ack.map(|ack| (0, ack));
            for (begin, end) in cumulative.into_iter().chain(heard.sacked.iter().copied()) {
                let range = own.chunks_in(begin, end);
                let come: Vec<usize> = waiting.range(range).copied().collect();
                for index in come {
                    if own.chunks[index].end <= end {
                        own.chunks[index].acked = Some(heard.at);
                        waiting.remove(&index);
                    }
                }
            }
        }
    }

    fn judge(&self, trace: &Trace) -> Outcome {
        let [client, server] = &self.directions;
        let answered = server.syn.is_some();
        let completes = |sent: &Sent| !sent.flags.syn && sent.flags.ack;
        if !self.whole {
            let both = !client.sent.is_empty() && !server.sent.is_empty();
            return if both { Outcome::Established } else { Outcome::Stray };
        }
        if client.syn.is_some_and(|syn| {
            syn.flags != Flags { ece: syn.flags.ece, cwr: syn.flags.cwr, ..Flags::SYN }
        }) {
            return Outcome::Stray;
        }
        if answered && client.sent.iter().any(completes) {
            return Outcome::Established;
        }
        if answered {
            return Outcome::HalfOpen;
        }
        if self.resets.iter().any(|(_, side)| *side == SERVER) {
            return Outcome::Refused;
        }
        match trace.refused {
            Some(error) => Outcome::Rejected(error),
            None if server.sent.is_empty() => Outcome::Unanswered,
            None => Outcome::Stray,
        }
    }

    /// How many segments of both ends were captured more than once.
    pub(super) fn repeats(&self) -> usize {
        self.directions.iter().map(Direction::repeats).sum()
    }
}
