//! How far the ends are from where the packets were captured, by the times that answers take.

use super::dialogue::{CLIENT, Dialogue, SERVER};
use super::direction::{Direction, Nanos};

/// Distances below this are those of the process itself \[ns\].
pub(super) const NEAR: Nanos = 500_000;

/// The shortest time that the end at the far side of `own`'s segments took to answer one.
///
/// Only segments sent once tell it (Karn's rule); of a SYN that was sent again, the copy that the
/// SYN-ACK echoes.
fn shortest_answer(own: &Direction) -> Option<Nanos> {
    let answers = own.chunks.iter().filter_map(|chunk| {
        let [only] = chunk.copies[..] else { return None };
        // What filled a hole is acknowledged together with what was held back by it.
        if chunk.late {
            return None;
        }
        Some(chunk.acked? - own.sent[only].at).filter(|span| *span >= 0)
    });
    answers.min()
}

/// One-way times from where the packets were captured to the client and to the server \[ns\].
pub(super) fn distances(dialogue: &Dialogue) -> [Option<Nanos>; 2] {
    let [client, server] = &dialogue.directions;
    // The server answers what the client sends, and the other way round.
    let to_server = shortest_answer(client).map(|span| span / 2);
    let to_client = shortest_answer(server).map(|span| span / 2);
    let mut distances = [None; 2];
    distances[CLIENT] = to_client;
    distances[SERVER] = to_server;
    distances
}
