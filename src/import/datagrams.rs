//! What was captured beside TCP: exchanges of UDP datagrams, and pings.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use indexmap::IndexMap;

use super::dialogue::{CLIENT, SERVER};
use super::direction::Nanos;
use super::plan::Pings;
use super::read::Captured;
use super::script::Act;
use crate::app::conversation::Does;
use crate::packet::icmp::Message;
use crate::packet::ipv4::{Protocol, Transport};

/// Something that was found.
#[derive(Debug, Clone)]
pub(super) enum Found {
    /// Datagrams between two ports.
    Talk(Exchange),
    /// Echo requests, and their answers.
    Pings(Pings),
    /// Packets that cannot be replayed: what, and how many.
    Skipped(&'static str, usize),
}

/// Datagrams between two ports; the first is the client's.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    pub(super) client: SocketAddrV4,
    pub(super) server: SocketAddrV4,
    /// When, whether by the client, and how much data \[bytes\].
    said: Vec<(Nanos, bool, u64)>,
    /// Whether an ICMP error said that nobody has bound the server's port.
    pub(super) refused: bool,
    pub(super) packets: Vec<usize>,
}

impl Exchange {
    /// What both ends did.
    pub(super) fn acts(&self, distances: [Nanos; 2]) -> Vec<Act> {
        let act = |&(at, is_client, size): &(Nanos, bool, u64)| {
            let side = if is_client { CLIENT } else { SERVER };
            let (sent, arrived) = (at - distances[side], at + distances[1 - side]);
            Act { side, does: Does::Write, size, at: sent, until: sent, arrived }
        };
        let mut acts = Vec::from_iter(self.said.iter().map(act));
        acts.sort_by_key(|act| act.at);
        acts
    }
}

/// All exchanges and pings, in the order in which they begin.
pub(super) fn find(packets: &[Captured]) -> Vec<Found> {
    let mut exchanges: IndexMap<(SocketAddrV4, SocketAddrV4), Exchange> = IndexMap::new();
    let mut pings: IndexMap<(Ipv4Addr, Ipv4Addr, u16), Vec<usize>> = IndexMap::new();
    let mut skipped: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (place, captured) in packets.iter().enumerate() {
        let packet = &captured.packet;
        match packet.visible_transport() {
            None => *skipped.entry("fragments after the first").or_default() += 1,
            Some(Transport::Tcp(_)) => {}
            Some(Transport::Udp(datagram)) => {
                if is_group(packet.destination) || is_group(packet.source) {
                    *skipped.entry("datagrams to more than one host").or_default() += 1;
                    continue;
                }
                let from = SocketAddrV4::new(packet.source, datagram.source_port);
                let to = SocketAddrV4::new(packet.destination, datagram.destination_port);
                let exchange = exchanges
                    .entry((from.min(to), from.max(to)))
                    .or_insert_with(|| Exchange::between(from, to));
                let size = u64::from(datagram.data_length);
                exchange.said.push((nanos(captured), from == exchange.client, size));
                exchange.packets.push(place);
            }
            Some(Transport::Icmp(Message::Echo { reply, identifier, .. })) => {
                let (asks, answers) = match reply {
                    false => (packet.source, packet.destination),
                    true => (packet.destination, packet.source),
                };
                pings.entry((asks, answers, *identifier)).or_default().push(place);
            }
            Some(Transport::Icmp(Message::Error { quote, .. })) => {
                if quote.protocol != Protocol::Udp {
                    continue;
                }
                let from = SocketAddrV4::new(quote.source, quote.source_port);
                let to = SocketAddrV4::new(quote.destination, quote.destination_port);
                if let Some(exchange) = exchanges.get_mut(&(from.min(to), from.max(to))) {
                    exchange.refused |= to == exchange.server;
                }
            }
        }
    }
    let talks = exchanges.into_values().map(Found::Talk);
    let pings = pings.into_iter().map(|(key, places)| echo(key, places, packets));
    let skipped = skipped.into_iter().map(|(what, count)| Found::Skipped(what, count));
    talks.chain(pings).chain(skipped).collect()
}

impl Exchange {
    const fn between(client: SocketAddrV4, server: SocketAddrV4) -> Self {
        Self { client, server, said: Vec::new(), refused: false, packets: Vec::new() }
    }
}

const fn is_group(address: Ipv4Addr) -> bool {
    address.is_multicast() || address.is_broadcast() || address.is_unspecified()
}

fn nanos(captured: &Captured) -> Nanos {
    Nanos::try_from(captured.at.as_ns()).unwrap_or(Nanos::MAX / 4)
}

/// The echo requests of one process, as a process that sends them at even intervals.
fn echo(
    (from, to, _): (Ipv4Addr, Ipv4Addr, u16),
    places: Vec<usize>,
    packets: &[Captured],
) -> Found {
    let asked: Vec<&Captured> = places
        .iter()
        .map(|place| &packets[*place])
        .filter(|captured| captured.packet.source == from)
        .collect();
    let (Some(first), Some(last)) = (asked.first(), asked.last()) else {
        return Found::Skipped("ICMP echo replies that nobody asked for", places.len());
    };
    let count = asked.len() as u64;
    let gaps = Nanos::try_from(count).unwrap_or(Nanos::MAX) - 1;
    let interval = (nanos(last) - nanos(first)).checked_div(gaps).filter(|gap| *gap > 0);
    let size = match first.packet.transport {
        Transport::Icmp(Message::Echo { data_length, .. }) => data_length,
        _ => 0,
    };
    Found::Pings(Pings {
        name: String::new(),
        hosts: [(from, false), (to, from == to)],
        start: nanos(first),
        interval: interval.unwrap_or(1_000_000_000),
        count,
        size,
        packets: places,
    })
}
