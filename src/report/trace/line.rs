//! An observation as a line of text: time, packet, place, what happened, the packet in words.

use std::fmt::Write as _;
use std::net::SocketAddrV4;

use super::describe::{Context, describe};
use super::event::{Detail, packet_of};
use crate::id::NodeId;
use crate::observe::{Observation, Place};
use crate::packet::Packet;
use crate::report::human;
use crate::report::names::Names;
use crate::sim::Simulation;
use crate::units::Time;

/// Places longer than this push what follows to the right.
const WIDEST_PLACE: usize = 24;
/// Characters of the longest port after the name of its host: `:65535/udp`.
const PORT: usize = 10;
/// Digits of seconds after the point.
const MICROSECONDS: usize = 6;
/// The same where more is shown.
const NANOSECONDS: usize = 9;

/// The widths of the columns: the same for a whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    /// Characters of the time.
    time: usize,
    /// Digits after its point.
    decimals: usize,
    /// Characters of places.
    place: usize,
}

impl Columns {
    /// Wide enough for all times until `until` and for the interfaces of `nodes`; of all nodes if there is
    /// none. With more detail than packets there is room for ports, and times are in nanoseconds.
    #[must_use]
    pub fn of(
        simulation: &Simulation,
        names: &Names,
        nodes: &[NodeId],
        until: Time,
        detail: Detail,
    ) -> Self {
        let is_detailed = detail > Detail::Packets;
        let decimals = if is_detailed { NANOSECONDS } else { MICROSECONDS };
        let plugs = simulation.wiring().plugs.iter().flatten();
        let shown = plugs.filter(|plug| nodes.is_empty() || nodes.contains(&plug.node));
        let widths = shown.flat_map(|plug| {
            [names.interface((plug.node, plug.interface)), names.direction(plug.out)]
        });
        let place = widths.map(|name| name.chars().count()).max().unwrap_or(0);
        let plan = simulation.plan().nodes.iter().enumerate();
        let hosts = plan.filter(|(index, node)| {
            let is_shown = nodes.is_empty() || nodes.contains(&NodeId::from_index(*index));
            is_detailed && is_shown && node.kind.is_ip()
        });
        let longest = hosts.map(|(_, node)| node.name.chars().count()).max();
        let place = place.max(longest.map_or(0, |name| name + PORT));
        Self { time: seconds(until, decimals).len(), decimals, place: place.min(WIDEST_PLACE) }
    }
}

/// A time in seconds with so many decimals (at most 12), rounded to the nearest: `0.001234`.
#[must_use]
pub fn seconds(time: Time, decimals: usize) -> String {
    let decimals = decimals.min(12);
    let unit = 10_u64.pow(12 - decimals as u32);
    let rounded = u128::from(time.as_ps()) + u128::from(unit / 2);
    let units = rounded / u128::from(unit);
    let second = 10_u128.pow(decimals as u32);
    match decimals {
        0 => units.to_string(),
        _ => format!("{}.{:0decimals$}", units / second, units % second),
    }
}

/// What happened at `now` as one line, without an end of line.
#[must_use]
pub fn line(
    now: Time,
    what: &Observation,
    names: &Names,
    columns: Columns,
    cx: &Context<'_>,
) -> String {
    let Columns { time, decimals, place } = columns;
    let number =
        packet_of(what).map_or_else(String::new, |packet| format!("#{}", packet.label.number));
    format!(
        "{:>time$} {number:>6} {:<place$} {:<4} {}",
        seconds(now, decimals),
        place_of(what, names),
        word_of(what),
        text_of(what, names, cx)
    )
    .trim_end()
    .to_owned()
}

/// What happened, in a word.
#[must_use]
pub(super) const fn word_of(what: &Observation) -> &'static str {
    match what {
        Observation::Enqueued { .. } => "Wait",
        Observation::TransmitStarted { .. } => "Out",
        Observation::Received { .. } | Observation::LoopedBack { .. } => "In",
        Observation::Derived { .. } => "Kin",
        Observation::Demultiplexed { .. } => "Port",
        Observation::Wrote { .. } | Observation::Delivered { .. } => "Data",
        Observation::RetransmissionTimer { .. } => "Time",
        Observation::Dropped { .. } => "Drop",
        Observation::StateChanged { .. } => "TCP",
        Observation::RoundTrip { .. } => "RTT",
        Observation::Answered { .. } => "Done",
    }
}

/// Where it happened; a loopback interface is called `lo`.
pub(super) fn place_of(what: &Observation, names: &Names) -> String {
    match what {
        Observation::Enqueued { channel, .. } | Observation::TransmitStarted { channel, .. } => {
            names.interface(names.sender(*channel))
        }
        Observation::Received { node, interface, .. } => names.interface((*node, *interface)),
        Observation::LoopedBack { node, .. } => format!("{}:lo", names.node(*node)),
        Observation::Demultiplexed { node, protocol, port, .. } => {
            names.place(Place::Port { node: *node, protocol: *protocol, port: *port })
        }
        Observation::RetransmissionTimer { node, .. }
        | Observation::Delivered { node, .. }
        | Observation::StateChanged { node, .. } => names.node(*node).to_owned(),
        Observation::Dropped { place, .. } => names.place(*place),
        Observation::Derived { .. }
        | Observation::Wrote { .. }
        | Observation::RoundTrip { .. }
        | Observation::Answered { .. } => String::new(),
    }
}

/// What there is to say about it.
pub(super) fn text_of(what: &Observation, names: &Names, cx: &Context<'_>) -> String {
    match what {
        Observation::TransmitStarted { packet, .. }
        | Observation::Received { packet, .. }
        | Observation::LoopedBack { packet, .. }
        | Observation::Demultiplexed { packet, .. } => describe(packet, cx),
        Observation::Dropped { packet, reason, .. } => dropped(packet, reason.words(), cx),
        Observation::Enqueued { packet, waiting_packets, waiting_bytes, .. } => {
            format!("{}, {}", waiting(*waiting_packets, *waiting_bytes), describe(packet, cx))
        }
        Observation::Derived { of, packet, kinship } => {
            format!("{} #{of}: {}", kinship.words(), describe(packet, cx))
        }
        Observation::Wrote { local, remote, text, .. } => {
            let line = text.lines().next().unwrap_or_default();
            format!("{}: writes {line:?}, {} bytes", ends(*local, *remote), text.len())
        }
        Observation::RetransmissionTimer { local, remote, deadline, .. } => {
            let ends = ends(*local, *remote);
            match deadline {
                Some(at) => format!("{ends}: retransmission timer expires at {}", seconds(*at, 9)),
                None => format!("{ends}: retransmission timer off"),
            }
        }
        Observation::Delivered { flow, bytes, delay, .. } => {
            let flow = flow.map_or_else(String::new, |flow| format!(" of {}", names.flow(flow)));
            format!("process reads {bytes} bytes{flow}, {} old", human::time(delay.as_secs_f64()))
        }
        Observation::StateChanged { local, remote, from, to, .. } => {
            format!("{}: {from} -> {to}", ends(*local, *remote))
        }
        Observation::RoundTrip { flow, rtt } => {
            format!("{} measures {}", names.flow(*flow), human::time(rtt.as_secs_f64()))
        }
        Observation::Answered { flow, took } => {
            format!(
                "{} has its answer after {}",
                names.flow(*flow),
                human::time(took.as_secs_f64())
            )
        }
    }
}

/// What a packet found before it: `finds 3 packets (4542 bytes) waiting`.
pub(crate) fn waiting(packets: u64, bytes: u64) -> String {
    match packets {
        0 => "finds nobody waiting".into(),
        1 => format!("finds 1 packet ({bytes} bytes) waiting"),
        _ => format!("finds {packets} packets ({bytes} bytes) waiting"),
    }
}

fn dropped(packet: &Packet, reason: &str, cx: &Context<'_>) -> String {
    let mut text = describe(packet, cx);
    let _ = write!(text, ", dropped: {reason}");
    text
}

fn ends(local: SocketAddrV4, remote: SocketAddrV4) -> String {
    let word = |end: SocketAddrV4| format!("{}.{}", end.ip(), end.port());
    format!("{} > {}", word(local), word(remote))
}
