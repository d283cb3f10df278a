//! What is told of a long transfer: how it begins and ends, and what is out of the ordinary. The
//! rest is only counted.

use std::collections::{BTreeMap, BTreeSet};

use super::follow::Flight;
use super::label::Facts;
use super::model::End;
use crate::packet::ipv4::Transport;
use crate::packet::tcp::{Purpose, Segment, SeqNum};
use crate::packet::{Packet, Payload};

/// Diagrams of so few packets show them all.
const FEW: usize = 24;
/// So many packets with data are shown at the beginning, and acknowledgments of them.
const BEGINNING: usize = 2;
/// So many equal acknowledgments are shown: those that make a sender send again.
const DUPLICATES: u32 = 3;
/// Leaving out so few saves no room.
const TOO_FEW_TO_FOLD: usize = 2;

/// From which lifeline to which.
type Way = (usize, usize);

const fn way(flight: &Flight) -> Way {
    (flight.from, flight.to)
}

/// The segment in a packet.
pub(super) fn segment(packet: &Packet) -> Option<&Segment> {
    match &packet.payload {
        Payload::Ipv4(ip) => match ip.visible_transport()? {
            Transport::Tcp(segment) => Some(segment),
            _ => None,
        },
        _ => None,
    }
}

fn is_pure_ack(segment: &Segment) -> bool {
    segment.flags.ack && segment.sequence_length() == 0 && !segment.flags.rst
}

/// What segments are beside their headers, found by looking at all in the order of sending.
pub(super) fn facts(flights: &[Flight]) -> Vec<Facts> {
    // The acknowledgment and the window that were sent last, and how often.
    let mut last: BTreeMap<Way, (Option<(SeqNum, u16)>, u32)> = BTreeMap::new();
    let mut told = |flight: &Flight| {
        let Some(segment) = segment(&flight.packet) else { return Facts::default() };
        if !segment.flags.ack {
            return Facts::default();
        }
        let (before, repeats) = last.entry(way(flight)).or_default();
        let [was_shut, is_shut] =
            [before.is_some_and(|(_, window)| window == 0), segment.window == 0];
        // RFC 5681 section 2: without data, with the same number and the same window, unless blocks
        // tell that it answers data that came out of order. The answer to a window probe is none.
        let has_blocks = !segment.options.sack.as_slice().is_empty();
        let is_repeated = is_pure_ack(segment)
            && before.is_some_and(|(ack, window)| {
                ack == segment.ack && (has_blocks || window == segment.window && !is_shut)
            });
        *repeats = if is_repeated { *repeats + 1 } else { 0 };
        *before = Some((segment.ack, segment.window));
        let tells_window = (is_shut || was_shut) && !segment.flags.rst;
        Facts { duplicate: *repeats, tells_window }
    };
    flights.iter().map(&mut told).collect()
}

/// Which packets are shown.
pub(super) fn telling(flights: &[Flight], facts: &[Facts]) -> Vec<bool> {
    if flights.len() <= FEW {
        return vec![true; flights.len()];
    }
    let mut shown: Vec<bool> = flights.iter().zip(facts).map(|(f, &x)| is_special(f, x)).collect();
    show_ends(flights, &mut shown);
    show_what_ends_a_series(flights, facts, &mut shown);
    show_neighbours_of_losses(flights, &mut shown);
    show_whole_ways(flights, &mut shown);
    show_rather_than_fold(&mut shown);
    shown
}

/// What is out of the ordinary by itself.
fn is_special(flight: &Flight, facts: Facts) -> bool {
    let Some(segment) = segment(&flight.packet) else {
        let Payload::Ipv4(ip) = &flight.packet.payload else { return true };
        let is_error =
            matches!(ip.transport, Transport::Icmp(crate::packet::icmp::Message::Error { .. }));
        return is_error || !flight.end.is_good();
    };
    let flags = segment.flags;
    !flight.end.is_good()
        || flight.packet.label.purpose != Purpose::Ordinary
        || flags.syn
        || flags.fin
        || flags.rst
        || flags.urg
        || flags.cwr
        || facts.tells_window
        || (1..=DUPLICATES).contains(&facts.duplicate)
}

/// The first packets with data and the first acknowledgments, and the last ones of each way.
fn show_ends(flights: &[Flight], shown: &mut [bool]) {
    let ways: BTreeSet<Way> = flights.iter().map(way).collect();
    for own_way in ways {
        let has_data =
            |&i: &usize| segment(&flights[i].packet).is_none_or(|segment| !is_pure_ack(segment));
        let own = (0..flights.len()).filter(|&i| way(&flights[i]) == own_way);
        let (data, acks): (Vec<usize>, Vec<usize>) = own.partition(has_data);
        for kind in [data, acks] {
            let first = kind.iter().take(BEGINNING + 1);
            for &i in first.chain(kind.last()) {
                shown[i] = true;
            }
        }
    }
}

/// The first acknowledgment of something new after equal ones: the gap is filled.
fn show_what_ends_a_series(flights: &[Flight], facts: &[Facts], shown: &mut [bool]) {
    let mut repeats: BTreeMap<Way, u32> = BTreeMap::new();
    for (i, flight) in flights.iter().enumerate() {
        if segment(&flight.packet).is_none() {
            continue;
        }
        let before = repeats.insert(way(flight), facts[i].duplicate);
        if facts[i].duplicate == 0 && before.is_some_and(|before| before >= DUPLICATES) {
            shown[i] = true;
        }
    }
}

/// The packets of the same way next to one that was lost.
fn show_neighbours_of_losses(flights: &[Flight], shown: &mut [bool]) {
    for (i, flight) in flights.iter().enumerate() {
        if matches!(flight.end, End::Lost { .. }) {
            let same = |&j: &usize| way(&flights[j]) == way(flight);
            let before = (0..i).rev().find(same);
            let after = (i + 1..flights.len()).find(same);
            for j in before.into_iter().chain(after) {
                shown[j] = true;
            }
        }
    }
}

/// What is shown of a packet on one part of its way is shown on all of it.
fn show_whole_ways(flights: &[Flight], shown: &mut [bool]) {
    let number = |i: usize| flights[i].packet.label.number;
    let told: BTreeSet<u64> = (0..flights.len()).filter(|&i| shown[i]).map(number).collect();
    for (i, shown) in shown.iter_mut().enumerate() {
        *shown |= told.contains(&number(i));
    }
}

/// Fills gaps of one or two.
fn show_rather_than_fold(shown: &mut [bool]) {
    let mut start = 0;
    while start < shown.len() {
        let length = shown[start..].iter().take_while(|shown| !**shown).count();
        if length <= TOO_FEW_TO_FOLD {
            shown[start..start + length].fill(true);
        }
        start += length.max(1);
    }
}
