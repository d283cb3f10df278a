//! What was followed, as a diagram.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::follow::{Flight, Followed, Stray};
use super::label::{self, Facts};
use super::model::{Arrow, Diagram, End, Fold, Lifeline, Remark};
use super::select;
use super::watch::Watch;
use crate::id::NodeId;
use crate::packet::Payload;
use crate::packet::ipv4::Protocol;
use crate::sim::Simulation;
use crate::units::Time;

/// The most arrows of a diagram.
const MOST_ARROWS: usize = 200;
/// So many packets left out are worth a line.
const WORTH_A_FOLD: u64 = 3;

/// The diagram of what `watch` has followed in `simulation`, or nothing if it has seen nothing of it.
/// Of a long transfer only what is out of the ordinary is shown, unless `every` packet is wanted.
#[must_use]
pub fn draft(watch: &Watch, simulation: &Simulation, title: &str, every: bool) -> Option<Diagram> {
    let followed = watch.followed()?;
    let mut flights = followed.flights.clone();
    flights.sort_by_key(|flight| flight.sent);
    trim(&mut flights);
    let facts = select::facts(&flights);
    let mut shown = match every {
        true => vec![true; flights.len()],
        false => select::telling(&flights, &facts),
    };
    let end = cut(&flights, &mut shown);
    let names = |place: u32| simulation.dns_name(place).map(str::to_owned);
    let arrow = |(flight, facts): (&Flight, &Facts)| Arrow {
        from: flight.from,
        to: flight.to,
        sent: flight.sent,
        end: flight.end.clone(),
        label: label::label(&flight.packet, followed, *facts, &names),
        purpose: flight.packet.label.purpose.words().map(str::to_owned),
    };
    let is_early = |at: Time| end.is_none_or(|(end, _)| at <= end);
    let kept = flights.iter().zip(&facts).zip(&shown).filter(|(_, shown)| **shown);
    let mut diagram = Diagram {
        title: title.to_owned(),
        lifelines: lifelines(watch, followed, simulation),
        arrows: kept.map(|(flight, _)| arrow(flight)).collect(),
        states: followed.states.iter().filter(|mark| is_early(mark.at)).cloned().collect(),
        timers: followed.timers.iter().filter(|mark| is_early(mark.expired)).copied().collect(),
        remarks: remarks(watch, followed, &names, &is_early),
        folds: Vec::new(),
        notes: notes(watch, followed, end),
    };
    let left_out =
        flights.iter().zip(&shown).filter(|(flight, shown)| !**shown && is_early(flight.sent));
    diagram.folds = folds(&diagram, left_out.map(|(flight, _)| flight));
    Some(diagram)
}

/// Takes out questions for hardware addresses after the conversation, because others ask, too, and those
/// that came to nothing somewhere between.
fn trim(flights: &mut Vec<Flight>) {
    let is_own = |flight: &Flight| !matches!(flight.packet.payload, Payload::Arp(_));
    let Some(last) = flights.iter().rposition(is_own) else { return };
    flights.truncate(last + 1);
    flights.retain(|flight| is_own(flight) || flight.end != End::Underway);
}

/// Shows no more than can be read. Returns when the last was sent, and how many come after it.
fn cut(flights: &[Flight], shown: &mut [bool]) -> Option<(Time, u64)> {
    let (last, _) = shown.iter().enumerate().filter(|(_, shown)| **shown).nth(MOST_ARROWS - 1)?;
    let after = flights.len() - last - 1;
    if after == 0 {
        return None;
    }
    shown[last + 1..].fill(false);
    Some((flights[last].sent, after as u64))
}

fn lifelines(watch: &Watch, followed: &Followed, simulation: &Simulation) -> Vec<Lifeline> {
    let is_tcp = followed.conversation.protocol == Protocol::Tcp;
    let address_of = |node: NodeId| -> Option<Ipv4Addr> {
        let ip = simulation.ip_node(node)?;
        ip.stack.interfaces().iter().find_map(|interface| interface.address).map(|net| net.addr())
    };
    let mut ends_left = vec![0, 1];
    let lifeline = |(place, &node): (usize, &Option<NodeId>)| {
        let of_end = ends_left
            .iter()
            .position(|&end: &usize| watch.node_of(*followed.ends[end].ip()) == node);
        let address = match of_end.map(|place| followed.ends[ends_left.remove(place)]) {
            Some(end) if is_tcp => end.to_string(),
            Some(end) => end.ip().to_string(),
            None => node.and_then(address_of).map_or_else(String::new, |ip| ip.to_string()),
        };
        let name = node.map_or("nobody", |node| watch.names().node(node));
        Lifeline { name: name.to_owned(), address, state: followed.first_states[place].clone() }
    };
    followed.lifelines.iter().enumerate().map(lifeline).collect()
}

fn remarks(
    watch: &Watch,
    followed: &Followed,
    names: label::DnsNames<'_>,
    is_early: &dyn Fn(Time) -> bool,
) -> Vec<Remark> {
    let remark = |stray: &Stray| {
        let said = label::label(&stray.packet, followed, Facts::default(), names).full();
        if let Some(reason) = stray.dropped {
            let text = format!("✗ {said}: {reason}");
            return Remark { lifeline: stray.lifeline, at: stray.at, text };
        }
        let source = match &stray.packet.payload {
            Payload::Ipv4(ip) => Some(ip.source),
            _ => None,
        };
        let from = source.and_then(|ip| watch.node_of(ip)).map_or_else(
            || source.map(|ip| ip.to_string()).unwrap_or_default(),
            |node| watch.names().node(node).to_owned(),
        );
        Remark { lifeline: stray.lifeline, at: stray.at, text: format!("{said}, from {from}") }
    };
    followed.strays.iter().filter(|stray| is_early(stray.at)).map(remark).collect()
}

fn notes(watch: &Watch, followed: &Followed, end: Option<(Time, u64)>) -> Vec<String> {
    let mut notes = Vec::new();
    let beyond = followed.beyond.map_or(0, |(_, count)| count);
    let cut = end.map(|(at, count)| (at, count + beyond)).or(followed.beyond);
    if let Some((at, count)) = cut {
        notes.push(format!(
            "… {count} more packets after {:.6} s; choose a part with --from and --until",
            at.as_secs_f64()
        ));
    }
    let others = watch.conversations().saturating_sub(1);
    if others > 0 {
        let (are, s) = if others == 1 { ("is", "") } else { ("are", "s") };
        notes.push(format!(
            "There {are} {others} more connection{s} in this flow: see --connection and --port."
        ));
    }
    notes
}

/// Counts what is left out between things that are shown.
fn folds<'a>(diagram: &Diagram, left_out: impl Iterator<Item = &'a Flight>) -> Vec<Fold> {
    let ends = diagram.arrows.iter().filter_map(|arrow| arrow.end.time());
    let mut times: Vec<Time> = diagram.arrows.iter().map(|arrow| arrow.sent).chain(ends).collect();
    times.sort();
    let mut between: BTreeMap<usize, Fold> = BTreeMap::new();
    for flight in left_out {
        let place = times.partition_point(|&time| time <= flight.sent);
        let empty = Fold { at: flight.sent, rightward: 0, leftward: 0 };
        let fold = between.entry(place).or_insert(empty);
        match flight.from < flight.to {
            true => fold.rightward += 1,
            false => fold.leftward += 1,
        }
    }
    // One packet here and one there would need more lines than they are worth.
    let mut folds: Vec<Fold> = Vec::new();
    let (mut right, mut left) = (0, 0);
    let last = between.keys().last().copied();
    for (place, fold) in between {
        right += fold.rightward;
        left += fold.leftward;
        if right + left > WORTH_A_FOLD || Some(place) == last {
            folds.push(Fold { at: fold.at, rightward: right, leftward: left });
            (right, left) = (0, 0);
        }
    }
    folds
}
