//! What happened to one packet, row by row.

use super::life::became;
use crate::id::{ChannelId, NodeId};
use crate::link::Config;
use crate::observe::{Kinship, Observation, Place};
use crate::packet::icmp::Message;
use crate::packet::ipv4::{self, Ecn, Transport};
use crate::packet::{Packet, Payload, ethernet};
use crate::report::human;
use crate::report::names::Names;
use crate::report::trace::line::waiting;
use crate::sim::{ChangeKind, NodeKind, Plan};
use crate::units::{Bytes, Time};

/// A packet that runs in circles is followed no further than this.
const MOST: usize = 2000;

/// What happened at one place at one time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) at: Time,
    pub(super) place: String,
    pub(super) text: Vec<String>,
}

/// Where the time went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spent {
    /// In nodes until ARP had an answer.
    pub(super) arp: Time,
    /// In queues.
    pub(super) queues: Time,
    /// Going onto links.
    pub(super) sending: Time,
    /// On links.
    pub(super) way: Time,
}

/// The rows so far.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    pub(super) rows: Vec<Row>,
    pub(super) spent: Spent,
    /// The packet as it was when last seen in a queue, or when made.
    before: Option<Packet>,
    /// The node that it is in, and since when.
    came: Option<(NodeId, Time)>,
    /// When it was made of another, in the node that it leaves first.
    made: Option<Time>,
    /// Its time on the link that it is on, if it arrives: sending, and the way.
    leg: Option<(Time, Time)>,
    /// What was made of it last.
    children: Option<(Kinship, Vec<u64>)>,
}

impl Timeline {
    /// Adds what happened to the packet `number`.
    pub(super) fn observe(
        &mut self,
        now: Time,
        what: &Observation,
        number: u64,
        names: &Names,
        plan: &Plan,
    ) {
        if self.rows.len() >= MOST {
            return;
        }
        if let Observation::Derived { of, packet, kinship } = what {
            return self.derived(now, number, *of, packet, *kinship, names);
        }
        self.children = None;
        match what {
            Observation::Enqueued { channel, packet, waiting_packets, waiting_bytes } => {
                self.forwarded(now, names.sender(*channel).0, packet, names);
                let place = names.interface(names.sender(*channel));
                self.push(now, place, vec![waiting(*waiting_packets, *waiting_bytes)]);
            }
            Observation::TransmitStarted { channel, packet, waited, arrives } => {
                // A hub repeats frames without a queue.
                self.forwarded(now, names.sender(*channel).0, packet, names);
                self.sent(now, *channel, packet, (*waited, *arrives), names, plan);
            }
            Observation::Received { node, interface, packet } => {
                let damaged = packet.label.damaged.then(|| "arrives damaged".to_owned());
                let text = damaged.unwrap_or_else(|| "arrives".into());
                self.push(now, names.interface((*node, *interface)), vec![text]);
                if let Some((sending, way)) = self.leg.take() {
                    self.spent.sending = self.spent.sending.saturating_add(sending);
                    self.spent.way = self.spent.way.saturating_add(way);
                }
                self.came = Some((*node, now));
            }
            Observation::LoopedBack { node, packet } => {
                self.begin(*node, packet, names);
                self.push(now, format!("{}:lo", names.node(*node)), vec!["comes back".into()]);
                self.came = Some((*node, now));
            }
            Observation::Demultiplexed { node, protocol, port, .. } => {
                let place = Place::Port { node: *node, protocol: *protocol, port: *port };
                self.push(now, names.place(place), vec!["delivered to this port".into()]);
            }
            Observation::Dropped { place, packet, reason } => {
                if let Place::Node(node) | Place::Port { node, .. } = place {
                    self.begin(*node, packet, names);
                }
                let text = vec![format!("dropped: {}", reason.words())];
                self.push(now, names.place(*place), text);
            }
            _ => {}
        }
    }

    fn push(&mut self, at: Time, place: String, text: Vec<String>) {
        match self.rows.last_mut() {
            Some(last) if last.at == at && last.place == place => last.text.extend(text),
            _ => self.rows.push(Row { at, place, text }),
        }
    }

    /// The first row of a packet that was not made of another.
    fn begin(&mut self, node: NodeId, packet: &Packet, names: &Names) {
        if !self.rows.is_empty() {
            return;
        }
        let flow = packet.label.flow;
        let text = flow.map_or_else(|| "made".into(), |it| format!("made for {}", names.flow(it)));
        let mut text = vec![text];
        text.extend(ip_of(packet).map(|ip| format!("TTL {}", ip.ttl)));
        text.extend(addresses(packet));
        let made = packet.label.created;
        self.push(made, names.node(node).to_owned(), text);
        self.came = Some((node, made));
        self.before = Some(*packet);
    }

    /// It goes to a queue of `node`: what has changed since the queue before.
    fn forwarded(&mut self, now: Time, node: NodeId, packet: &Packet, names: &Names) {
        if self.rows.is_empty() && answers(packet) {
            // An answer counts its age from the question.
            let mut young = *packet;
            young.label.created = now;
            self.begin(node, &young, names);
        }
        self.begin(node, packet, names);
        let made = self.made.take().map(|since| (node, since));
        if let Some((at, since)) = self.came.take().or(made)
            && at == node
        {
            let waited = now.saturating_sub(since);
            if !waited.is_zero() {
                self.spent.arp = self.spent.arp.saturating_add(waited);
                let text = format!("waited {} for an ARP answer", time(waited));
                self.push(now, names.node(node).to_owned(), vec![text]);
            }
        }
        let changes = self.before.map_or_else(Vec::new, |before| changes(&before, packet));
        if !changes.is_empty() {
            self.push(now, names.node(node).to_owned(), changes);
        }
        self.before = Some(*packet);
    }

    fn sent(
        &mut self,
        now: Time,
        channel: ChannelId,
        packet: &Packet,
        (waited, arrives): (Time, Time),
        names: &Names,
        plan: &Plan,
    ) {
        let config = config_at(plan, channel, now);
        let bytes = config.framing.on_wire(packet.length());
        let node = names.sender(channel).0;
        let sending = match plan.nodes[node.index()].kind {
            // A hub repeats bit by bit while it receives.
            NodeKind::Hub => Time::ZERO,
            _ => config.rate.time_for(Bytes::new(bytes)),
        };
        let way = arrives.saturating_sub(now).saturating_sub(sending);
        self.spent.queues = self.spent.queues.saturating_add(waited);
        self.leg = Some((sending, way));
        let mut text = Vec::new();
        if !waited.is_zero() {
            text.push(format!("waited {}", time(waited)));
        }
        text.push(match sending.is_zero() {
            true => format!("{bytes} bytes: {} to travel", time(way)),
            false => format!("{bytes} bytes: {} to send, {} to travel", time(sending), time(way)),
        });
        self.push(now, names.interface(names.sender(channel)), text);
    }

    fn derived(
        &mut self,
        now: Time,
        number: u64,
        of: u64,
        packet: &Packet,
        kinship: Kinship,
        names: &Names,
    ) {
        let place = self.came.map_or_else(String::new, |(node, _)| names.node(node).to_owned());
        let child = packet.label.number;
        if child == number && kinship == Kinship::Reassembled {
            let text = match of == number {
                true => "the last part to come: whole again".to_owned(),
                false => format!("{} #{of}: whole again", kinship.words()),
            };
            return self.push(now, place, vec![text]);
        }
        if child == number {
            (self.before, self.made) = (Some(*packet), Some(now));
            return self.push(now, place, vec![format!("made: {} #{of}", kinship.words())]);
        }
        // Parts made at once are told at once.
        match &mut self.children {
            Some((last, numbers)) if *last == kinship => {
                numbers.push(child);
                let text = became(kinship, numbers);
                if let Some(last) = self.rows.last_mut().and_then(|row| row.text.last_mut()) {
                    *last = text;
                }
            }
            _ => {
                if self.rows.is_empty() {
                    // It was never seen itself: it was cut before its first link.
                    let text = packet.label.flow.map_or_else(
                        || "made".into(),
                        |flow| format!("made for {}", names.flow(flow)),
                    );
                    self.push(packet.label.created, String::new(), vec![text]);
                }
                self.push(now, place, vec![became(kinship, &[child])]);
                self.children = Some((kinship, vec![child]));
            }
        }
    }
}

/// A span for people.
pub(super) fn time(span: Time) -> String {
    human::time(span.as_secs_f64())
}

fn answers(packet: &Packet) -> bool {
    ip_of(packet).is_some_and(|ip| {
        matches!(ip.transport, Transport::Icmp(Message::Echo { reply: true, .. }))
    })
}

const fn ip_of(packet: &Packet) -> Option<&ipv4::Packet> {
    match &packet.payload {
        Payload::Ipv4(ip) => Some(ip),
        _ => None,
    }
}

/// What differs in the headers.
fn changes(before: &Packet, after: &Packet) -> Vec<String> {
    let mut text = Vec::new();
    if let (Some(old), Some(new)) = (ip_of(before), ip_of(after)) {
        if old.ttl != new.ttl {
            text.push(format!("TTL {} -> {}", old.ttl, new.ttl));
        }
        if old.ecn() != new.ecn() && new.ecn() == Ecn::Ce {
            text.push("marked: congestion experienced".into());
        }
    }
    if before.ethernet != after.ethernet {
        text.extend(addresses(after));
    }
    text
}

/// The link-layer addresses, once there are any.
fn addresses(packet: &Packet) -> Option<String> {
    let header = packet.ethernet;
    let is_set = header != ethernet::Header::NONE;
    is_set.then(|| format!("MAC {} > {}", header.source, header.destination))
}

/// The settings of a direction of a link at a time.
fn config_at(plan: &Plan, channel: ChannelId, now: Time) -> &Config {
    let first = &plan.links[channel.link().index()].directions[usize::from(!channel.is_forward())];
    let changed = plan.changes.iter().filter(|change| change.at <= now);
    let mut latest: Option<(Time, &Config)> = None;
    for change in changed {
        if let ChangeKind::Channel(id, config) = &change.what
            && *id == channel
            && latest.is_none_or(|(at, _)| at <= change.at)
        {
            latest = Some((change.at, config));
        }
    }
    latest.map_or(first, |(_, config)| config)
}
