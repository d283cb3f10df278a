//! `[record]`: what to keep of a run over time.

mod capture;
mod tcp;

use super::changes::{Everything, select};
use super::context::Context;
use super::decode::{Form, decode};
use super::fault::{Fault, Faults, Span};
use super::names::Pattern;
use super::nodes::no_such;
use super::path;
use super::raw::{self, Every};
use super::value::{Table, Value};
use super::words;
use crate::id::{AppId, ChannelId, FlowId, LinkId, NodeId};
use crate::packet::ipv4::Protocol;
use crate::sim::{End, Gauge, Plan};

pub use capture::Tap;

/// What a scenario wants recorded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// Values over time.
    pub series: Vec<Series>,
    /// How often; `None` leaves it to the caller.
    pub every: Option<Every>,
    /// Which interfaces' packets are captured.
    pub capture: Vec<Tap>,
}

/// A value over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its path, with the direction where a link has two.
    pub path: String,
    /// What is read.
    pub gauge: Gauge,
}

/// The most series.
const MOST: usize = 100_000;

/// What links have.
const LINK: &[&str] = &["queue", "queue-bytes", "throughput", "utilization", "drops"];
/// What ports have.
const PORT: &[&str] = &["depth", "depth-packets", "drops"];
/// What flows have.
const FLOW: &[&str] = &["throughput", "goodput"];
/// What paths begin with.
const FIRST: [&str; 5] = ["links", "ports", "flows", "apps", "hosts"];

/// Reads the table at `record`.
pub(super) fn collect(
    cx: &mut Context<'_>,
    root: &Table,
    all: &Everything<'_>,
    plan: &Plan,
) -> Option<Record> {
    let table = cx.section(root, "record")?;
    let anchor = root.get("record").map_or(Span::default(), |entry| entry.key);
    let form = Form { place: "record", anchor, without: &[], required: &Vec::new };
    let raw = decode(table, form, &mut cx.faults).or_else(|| {
        // The paths can be checked whatever else is wrong.
        decode(&table.only(&["series", "capture"]), form, &mut Faults::default())
    });
    let raw: raw::Record = raw?;
    let spans = |key: &str| match table.get(key).map(|entry| &entry.node.value) {
        Some(Value::Array(nodes)) => nodes.iter().map(|node| node.span).collect(),
        _ => Vec::new(),
    };
    let mut taps = Vec::new();
    for (text, span) in raw.capture.iter().zip(spans("capture")) {
        capture::read(cx, text, span, all, plan, &mut taps);
    }
    let mut series = Vec::new();
    for (path, span) in raw.series.iter().zip(spans("series")) {
        Reader { cx, all, plan, span, series: &mut series }.path(path);
        if series.len() > MOST {
            cx.faults.push(
                Fault::new(span, format!("more than {MOST} series"))
                    .help("record the links and ports that matter"),
            );
            break;
        }
    }
    Some(Record { series, every: raw.every, capture: taps })
}

/// Reads one path, and adds the values that it names.
struct Reader<'a, 'c> {
    cx: &'a mut Context<'c>,
    all: &'a Everything<'a>,
    plan: &'a Plan,
    /// Where the path is written.
    span: Span,
    series: &'a mut Vec<Series>,
}

impl Reader<'_, '_> {
    fn path(&mut self, text: &str) {
        let segments = match path::parse(text) {
            Ok(segments) => segments.into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
            Err(wrong) => return self.cx.wrong(self.span, wrong),
        };
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["links", name, rest @ ..] => self.link(name, rest),
            ["ports", name, rest @ ..] => self.port(name, rest),
            ["flows" | "apps", name, rest @ ..] => self.flow(name, rest),
            ["hosts", name, rest @ ..] => self.host(name, rest),
            [first] if FIRST.contains(first) => {
                let help = format!(
                    "write for example {}",
                    match *first {
                        "links" => "links.r1--bob.queue",
                        "ports" => "ports.bob:9/udp.depth",
                        "hosts" => "hosts.bob.tcp-memory",
                        "apps" => "apps.download.cwnd",
                        _ => "flows.stream.goodput",
                    }
                );
                self.cx.faults.push(
                    Fault::new(self.span, format!("`{first}` alone names nothing to record"))
                        .help(help),
                );
            }
            [first, ..] => {
                let fault = Fault::new(
                    self.span,
                    format!("nothing to record is called `{}`", words::short(first)),
                )
                .help(words::suggestion(first, "paths begin with", FIRST));
                self.cx.faults.push(fault);
            }
            [] => {}
        }
    }

    /// The last part of a path must be something that this sort of thing has.
    fn suffix<'t>(&mut self, rest: &[&'t str], what: &str, known: &[&[&str]]) -> Option<&'t str> {
        let known = || known.iter().copied().flatten().copied();
        match rest {
            [one] if known().any(|known| known == *one) => Some(one),
            _ => {
                let found = rest.join(".");
                let message = match rest {
                    [] => format!("this names no value of the {what}"),
                    _ => format!("a {what} has no `{}` to record", words::short(&found)),
                };
                let place = self.cx.within(self.span, &found);
                let help = words::suggestion(&found, "there are", known());
                self.cx.faults.push(Fault::new(place, message).help(help));
                None
            }
        }
    }

    fn link(&mut self, name: &str, rest: &[&str]) {
        let members = select(&self.all.links.family, "links", name);
        if members.is_empty() {
            let place = self.cx.within(self.span, name);
            let fault = no_such("link", name, place, &self.all.links.family);
            return self.cx.lacking(fault);
        }
        let (direction, rest) = match rest {
            [direction, rest @ ..] if direction.contains("->") => (Some(*direction), rest),
            _ => (None, rest),
        };
        let Some(value) = self.suffix(rest, "link", &[LINK]) else { return };
        let before = self.series.len();
        for member in members {
            let ends = self.all.links.ends[member].map(|end| {
                self.all.nodes.members.get_index(end.index()).map_or("", |(name, _)| name.as_str())
            });
            let link = self
                .all
                .links
                .family
                .members
                .get_index(member)
                .map_or("", |(name, _)| name.as_str());
            let names = [format!("{}->{}", ends[0], ends[1]), format!("{}->{}", ends[1], ends[0])];
            for (name, forward) in names.into_iter().zip([true, false]) {
                if direction.is_some_and(|direction| direction != name) {
                    continue;
                }
                let channel = ChannelId::of(LinkId::from_index(member), forward);
                let path = format!("links.{link}.{name}.{value}");
                self.series.push(Series { path, gauge: of_channel(channel, value) });
            }
            if let (Some(direction), true) = (direction, self.series.len() == before) {
                let place = self.cx.within(self.span, direction);
                let known = format!("{}->{} or {}->{}", ends[0], ends[1], ends[1], ends[0]);
                return self.cx.faults.push(
                    Fault::new(
                        place,
                        format!("link `{link}` has no direction `{}`", words::short(direction)),
                    )
                    .help(format!("write {known}")),
                );
            }
        }
    }

    fn port(&mut self, name: &str, rest: &[&str]) {
        let place = self.cx.within(self.span, name);
        let wrong = || {
            Fault::new(place, format!("`{}` is not a port", words::short(name)))
                .help("write HOST:PORT/PROTOCOL, such as bob:9/udp")
        };
        let Some((hosts, socket)) = name.split_once(':') else {
            return self.cx.faults.push(wrong());
        };
        let (number, protocol) = socket.split_once('/').unwrap_or((socket, "udp"));
        let protocol = match protocol {
            "udp" => Protocol::Udp,
            "tcp" => Protocol::Tcp,
            _ => return self.cx.faults.push(wrong()),
        };
        let Ok(port) = crate::socket::services::port_number(number) else {
            return self.cx.faults.push(wrong());
        };
        let (what, known): (_, &[&[&str]]) = match protocol {
            Protocol::Tcp => ("TCP port", &[PORT, tcp::LISTENER]),
            _ => ("UDP port", &[PORT]),
        };
        let Some(value) = self.suffix(rest, what, known) else { return };
        for (host, node) in nodes_named(self.cx, hosts, place, self.all) {
            let gauge = match value {
                "depth" => Gauge::PortDepthBytes { node, protocol, port },
                "depth-packets" => Gauge::PortDepthPackets { node, protocol, port },
                "drops" => Gauge::PortDrops { node, protocol, port },
                _ => match tcp::listener(node, port, value) {
                    Some(gauge) => gauge,
                    None => continue,
                },
            };
            let path = format!("ports.{host}:{port}/{protocol}.{value}");
            self.series.push(Series { path, gauge });
        }
    }

    fn flow(&mut self, name: &str, rest: &[&str]) {
        let members = select(&self.all.apps.family, "apps", name);
        if members.is_empty() {
            let place = self.cx.within(self.span, name);
            let fault = no_such("flow", name, place, &self.all.apps.family);
            return self.cx.faults.push(fault);
        }
        let (end, rest) = tcp::end(rest);
        let known: &[&[&str]] = match end {
            End::Any => &[FLOW, tcp::CONNECTION],
            End::Client | End::Server => &[tcp::CONNECTION],
        };
        let Some(value) = self.suffix(rest, "flow", known) else { return };
        for number in
            members.into_iter().filter_map(|member| self.all.numbers.get(member).copied()?)
        {
            let name = &self.plan.apps[number].name;
            if let Some((path, gauge)) =
                tcp::connection(name, AppId::from_index(number), end, value)
            {
                self.series.push(Series { path, gauge });
                continue;
            }
            let flow = FlowId::from_index(number);
            let gauge = match value {
                "throughput" => Gauge::FlowThroughput(flow),
                _ => Gauge::FlowGoodput(flow),
            };
            self.series.push(Series { path: format!("flows.{name}.{value}"), gauge });
        }
    }

    fn host(&mut self, name: &str, rest: &[&str]) {
        let place = self.cx.within(self.span, name);
        let Some(value) = self.suffix(rest, "host", &[tcp::HOST]) else { return };
        for (host, node) in nodes_named(self.cx, name, place, self.all) {
            let gauge = Gauge::TcpMemory(node);
            self.series.push(Series { path: format!("hosts.{host}.{value}"), gauge });
        }
    }
}

/// A value of [`LINK`].
fn of_channel(channel: ChannelId, value: &str) -> Gauge {
    match value {
        "queue" => Gauge::QueuePackets(channel),
        "queue-bytes" => Gauge::QueueBytes(channel),
        "throughput" => Gauge::Throughput(channel),
        "utilization" => Gauge::Utilization(channel),
        _ => Gauge::ChannelDrops(channel),
    }
}

/// The nodes of a name or a range of names, those that exist.
fn nodes_named(
    cx: &mut Context<'_>,
    name: &str,
    place: Span,
    all: &Everything<'_>,
) -> Vec<(String, NodeId)> {
    let known = all.nodes.members.keys().map(String::as_str);
    let names = match Pattern::parse(name).and_then(|names| names.names(known, cx.limit)) {
        Ok(names) => names,
        Err(wrong) => {
            cx.wrong(place, wrong);
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    for name in names {
        match all.nodes.members.get_index_of(&name) {
            Some(index) => found.push((name, NodeId::from_index(index))),
            None => {
                let fault = no_such("node", &name, place, all.nodes);
                cx.lacking(fault);
                return found;
            }
        }
    }
    found
}
