//! An observation as a JSON object on one line, for programs.
//!
//! The names of fields are stable; fields may be added. A field that does not apply is left out.

use std::net::{Ipv4Addr, SocketAddrV4};

use serde::Serialize;

use super::describe::{Context, describe};
use super::event::{flow_of, packet_of};
use super::line::seconds;
use crate::id::ChannelId;
use crate::observe::{Observation, Place};
use crate::packet::ipv4::Transport;
use crate::packet::{Packet, Payload, ipv4};
use crate::report::names::Names;
use crate::units::Time;

/// One line of `portolan trace --json`.
#[derive(Debug, Clone, Serialize, Default)]
struct Object<'a> {
    time_s: f64,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_packets: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waited_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arrives_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kinship: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    local: Option<SocketAddrV4>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote: Option<SocketAddrV4>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rtt_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    took_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    written: Option<&'a str>,
    #[serde(flatten)]
    headers: Option<Headers>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// What the headers of the packet say.
#[derive(Debug, Clone, Serialize)]
struct Headers {
    protocol: &'static str,
    length: u64,
    source_mac: String,
    destination_mac: String,
    #[serde(flatten)]
    ip: Option<IpHeaders>,
    #[serde(flatten)]
    tcp: Option<TcpHeaders>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'static str>,
}

#[derive(Debug, Clone, Serialize)]
struct IpHeaders {
    source: Ipv4Addr,
    destination: Ipv4Addr,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_port: Option<u16>,
    ttl: u8,
    identification: u16,
    traffic_class: u8,
    dont_fragment: bool,
    more_fragments: bool,
    fragment_offset: u16,
}

#[derive(Debug, Clone, Serialize)]
struct TcpHeaders {
    flags: String,
    seq: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    ack: Option<u32>,
    seq_raw: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    ack_raw: Option<u32>,
    window: u16,
    data_length: u16,
}

/// What happened at `now` as one object, without an end of line.
#[must_use]
pub fn line(now: Time, what: &Observation, names: &Names, cx: &Context<'_>) -> String {
    let mut object = Object {
        time_s: exact(now),
        packet: packet_of(what).map(|packet| packet.label.number),
        flow: flow_of(what).map(|flow| names.flow(flow)),
        headers: packet_of(what).map(|packet| headers(packet, cx)),
        text: packet_of(what).map(|packet| describe(packet, cx)),
        ..Object::default()
    };
    match what {
        Observation::Enqueued { .. }
        | Observation::TransmitStarted { .. }
        | Observation::Received { .. }
        | Observation::LoopedBack { .. }
        | Observation::Derived { .. }
        | Observation::Demultiplexed { .. }
        | Observation::Dropped { .. } => object.packet_event(what, names),
        _ => object.other_event(what, names),
    }
    serde_json::to_string(&object)
        .expect("an event holds only names and numbers, all of which JSON has")
}

/// The number whose shortest decimal form is the exact time, for the first hours of a run.
fn exact(time: Time) -> f64 {
    seconds(time, 12).parse().unwrap_or_else(|_| time.as_secs_f64())
}

impl<'a> Object<'a> {
    fn packet_event(&mut self, what: &Observation, names: &'a Names) {
        match what {
            Observation::Enqueued { channel, waiting_packets, waiting_bytes, .. } => {
                self.event = "enqueued";
                self.sends(*channel, names);
                self.waiting_packets = Some(*waiting_packets);
                self.waiting_bytes = Some(*waiting_bytes);
            }
            Observation::TransmitStarted { channel, waited, arrives, .. } => {
                self.event = "sent";
                self.sends(*channel, names);
                self.waited_s = Some(exact(*waited));
                self.arrives_s = Some(exact(*arrives));
            }
            Observation::Received { node, interface, .. } => {
                self.event = "received";
                self.node = Some(names.node(*node));
                self.interface = Some(format!("eth{}", interface.index()));
            }
            Observation::LoopedBack { node, .. } => {
                self.event = "received";
                self.node = Some(names.node(*node));
                self.interface = Some("lo".into());
            }
            Observation::Derived { of, kinship, .. } => {
                self.event = "derived";
                self.of = Some(*of);
                self.kinship = Some(kinship.words());
            }
            Observation::Demultiplexed { node, protocol, port, .. } => {
                self.event = "demultiplexed";
                self.node = Some(names.node(*node));
                self.port = Some(format!("{port}/{protocol}"));
            }
            Observation::Dropped { place, reason, .. } => {
                self.event = "dropped";
                self.reason = Some(reason.words());
                self.at(*place, names);
            }
            _ => {}
        }
    }

    fn other_event(&mut self, what: &'a Observation, names: &'a Names) {
        match what {
            Observation::Wrote { local, remote, text, .. } => {
                self.event = "wrote";
                (self.local, self.remote) = (Some(*local), Some(*remote));
                self.written = Some(&**text);
            }
            Observation::RetransmissionTimer { node, local, remote, deadline, .. } => {
                self.event = "timer";
                self.node = Some(names.node(*node));
                (self.local, self.remote) = (Some(*local), Some(*remote));
                self.deadline_s = deadline.map(exact);
            }
            Observation::Delivered { node, bytes, delay, .. } => {
                self.event = "read";
                self.node = Some(names.node(*node));
                self.bytes = Some(*bytes);
                self.delay_s = Some(exact(*delay));
            }
            Observation::StateChanged { node, local, remote, from, to, .. } => {
                self.event = "state";
                self.node = Some(names.node(*node));
                (self.local, self.remote) = (Some(*local), Some(*remote));
                (self.from_state, self.to_state) = (Some(*from), Some(*to));
            }
            Observation::RoundTrip { rtt, .. } => {
                self.event = "round-trip";
                self.rtt_s = Some(exact(*rtt));
            }
            Observation::Answered { took, .. } => {
                self.event = "answered";
                self.took_s = Some(exact(*took));
            }
            _ => {}
        }
    }

    fn sends(&mut self, channel: ChannelId, names: &'a Names) {
        let (node, interface) = names.sender(channel);
        self.node = Some(names.node(node));
        self.interface = Some(format!("eth{}", interface.index()));
        self.link = Some(names.direction(channel));
    }

    fn at(&mut self, place: Place, names: &'a Names) {
        match place {
            Place::Channel(channel) => self.link = Some(names.direction(channel)),
            Place::Node(node) => self.node = Some(names.node(node)),
            Place::Port { node, protocol, port } => {
                self.node = Some(names.node(node));
                self.port = Some(format!("{port}/{protocol}"));
            }
        }
    }
}

fn headers(packet: &Packet, cx: &Context<'_>) -> Headers {
    let (protocol, ip, tcp) = match &packet.payload {
        Payload::Arp(_) => ("arp", None, None),
        Payload::Bpdu(_) => ("stp", None, None),
        Payload::Ipv4(ip) => {
            let (protocol, tcp) = match &ip.transport {
                Transport::Icmp(_) => ("icmp", None),
                Transport::Udp(_) => ("udp", None),
                Transport::Tcp(_) => ("tcp", tcp_headers(ip, cx)),
            };
            (protocol, Some(ip_headers(ip)), tcp)
        }
    };
    Headers {
        protocol,
        length: packet.length(),
        source_mac: packet.ethernet.source.to_string(),
        destination_mac: packet.ethernet.destination.to_string(),
        ip,
        tcp,
        purpose: packet.label.purpose.words(),
    }
}

fn ip_headers(ip: &ipv4::Packet) -> IpHeaders {
    let ports = match ip.visible_transport() {
        Some(transport @ (Transport::Tcp(_) | Transport::Udp(_))) => Some(transport.ports()),
        _ => None,
    };
    IpHeaders {
        source: ip.source,
        destination: ip.destination,
        source_port: ports.map(|(source, _)| source),
        destination_port: ports.map(|(_, destination)| destination),
        ttl: ip.ttl,
        identification: ip.identification,
        traffic_class: ip.traffic_class,
        dont_fragment: ip.dont_fragment,
        more_fragments: ip.more_fragments,
        fragment_offset: ip.fragment_offset,
    }
}

fn tcp_headers(ip: &ipv4::Packet, cx: &Context<'_>) -> Option<TcpHeaders> {
    let Some(Transport::Tcp(segment)) = ip.visible_transport() else { return None };
    let relative = cx.sequences.relative(ip, segment);
    let acknowledges = segment.flags.ack;
    Some(TcpHeaders {
        flags: segment.flags.to_string(),
        seq: relative.seq(segment.seq),
        ack: acknowledges.then(|| relative.ack(segment.ack)),
        seq_raw: segment.seq.value(),
        ack_raw: acknowledges.then(|| segment.ack.value()),
        window: segment.window,
        data_length: segment.data_length,
    })
}
