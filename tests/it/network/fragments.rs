//! Fragmentation and reassembly (RFC 791).

use std::net::Ipv4Addr;

use crate::support::{Parts as _, run, time, watch};
use portolan::id::{ChannelId, InterfaceId, NodeId};
use portolan::node::config::IpConfig;
use portolan::node::stack::Stack;
use portolan::node::{Cx, Effect, Interface};
use portolan::observe::DropReason;
use portolan::packet::ethernet::{Header, Mac};
use portolan::packet::icmp::{Error, Message, Unreachable};
use portolan::packet::ipv4::{self, Transport};
use portolan::packet::{Label, Payload, udp};
use portolan::rng::Stream;
use portolan::units::Time;

/// One way of two hops, the second of them with a smaller MTU.
fn path(link: &str, source: &str) -> String {
    format!(
        "duration = '60s'
        [nodes]
        a = 'host'
        r = 'router'
        b = 'host'
        [links]
        a--r = {{ rate = '1Mbps', framing = 'none' }}
        r--b = {{ rate = '1Mbps', framing = 'none', {link} }}
        [apps]
        sink = {{ kind = 'udp-server', on = 'b', port = 9 }}
        source = {{ kind = 'cbr', on = 'a', to = 'b:9', {source} }}"
    )
}

#[test]
fn large_datagrams_are_cut_by_sender_and_router_and_put_together_at_the_end() {
    let summary = run(&path("mtu = '700B'", "size = '4000B', interval = '1s', count = 10"));
    // 4008 bytes after the IP header: 1480 + 1480 + 1048; at the router 680 + 680 + 120 twice and
    // 680 + 368.
    assert_eq!(summary.hosts["a"].fragments_sent, 30);
    assert_eq!(summary.hosts["r"].fragments_sent, 80);
    assert_eq!((summary.hosts["b"].reassembled, summary.hosts["b"].reassembly_timeouts), (10, 0));
    let flow = summary.flow("source");
    assert_eq!((flow.packets_delivered, flow.bytes_delivered, flow.errors), (10, 40_000, 0));
    assert_eq!(summary.channel("a->r").bytes, 10 * (4008 + 3 * 20));
    assert_eq!(summary.channel("r->b").bytes, 10 * (4008 + 8 * 20));
    // What just fits is left alone.
    let summary = run(&path("", "size = '1472B', interval = '1s', count = 10"));
    assert_eq!((summary.hosts["a"].fragments_sent, summary.hosts["b"].reassembled), (0, 0));
}

/// Loses what begins its way over r--b between two times.
fn losing(from: &str, to: &str) -> String {
    let changes = format!(
        "[[changes]]
        at = '{from}'
        set = {{ 'links.r--b.loss' = '100%' }}
        [[changes]]
        at = '{to}'
        set = {{ 'links.r--b.loss' = '0%' }}"
    );
    format!("{}\n{changes}", path("", "size = '4000B', interval = '1s', count = 1"))
}

#[test]
fn one_lost_fragment_loses_the_datagram_and_its_sender_is_told() {
    // Full fragments take 12 ms. They leave r at 12, 24 and 36 ms; the second is lost.
    let (summary, seen) = watch(&losing("20ms", "30ms"));
    assert_eq!(summary.channel("r->b").drops.loss, 1);
    let host = summary.hosts["b"];
    assert_eq!((host.reassembled, host.reassembly_timeouts, host.time_exceeded_sent), (0, 1, 1));
    assert_eq!(
        seen.drops(DropReason::ReassemblyTimeout),
        [time("30.024s")],
        "30 s after the first"
    );
    let flow = summary.flow("source");
    assert_eq!((flow.packets_delivered, flow.errors), (0, 1));
}

#[test]
fn nobody_is_told_if_the_first_fragment_is_missing() {
    let (summary, _) = watch(&losing("10ms", "20ms"));
    let host = summary.hosts["b"];
    assert_eq!((host.reassembly_timeouts, host.time_exceeded_sent), (1, 0));
    assert_eq!(summary.flow("source").errors, 0);
}

/// RFC 4963: identifications come round after 65536 datagrams, and a fragment that still waits is
/// then put together with those of another datagram. The checksum finds out.
#[test]
fn fragments_of_different_datagrams_do_not_make_one() {
    let text = "duration = '4s'
        nodes = { a = 'host', b = 'host' }
        links = { a--b = { rate = '10Gbps', framing = 'none' } }
        [apps]
        sink = { kind = 'udp-server', on = 'b', port = 9 }
        source = { kind = 'cbr', on = 'a', to = 'b:9', size = '2000B', interval = '20us' }
        [[changes]]
        at = '1s'
        set = { 'links.a--b.loss' = '50%' }
        [[changes]]
        at = '1.01s'
        set = { 'links.a--b.loss' = '0%' }";
    let (summary, seen) = watch(text);
    let flow = summary.flow("source");
    let lost = flow.packets_sent - flow.packets_delivered;
    // Of the 500 datagrams of those 10 ms a quarter arrived, a quarter is gone, and of a quarter each
    // the first or the second fragment waits (125). After 1.31 s a namesake completes it. To a waiting
    // first fragment it brings a second first one, too. From a waiting second one it leaves its own
    // waiting, for the next namesake 1.31 s later. That makes 125 + 2 * 125, with a standard
    // deviation of 18.5.
    let mixed = seen.drops(DropReason::Corrupt).len() as u64;
    assert!(mixed.abs_diff(375) < 61, "{mixed} mixed");
    assert!(lost.abs_diff(375 + mixed) < 40, "{lost} lost, {mixed} of them mixed");
    assert_eq!(flow.duplicates + flow.reordered, 0);
}

/// What a router between links with an MTU of 1500 and of 576 bytes sends, with the interface, for a
/// datagram with so much data that comes in by the first.
fn routed(data_length: u16, dont_fragment: bool) -> Vec<(ChannelId, ipv4::Packet)> {
    let interface = |number: u32, mtu, net: &str| Interface {
        out: ChannelId(number),
        mac: Mac::numbered(number),
        mtu,
        up: true,
        address: Some(net.parse().expect("an address")),
        peer: Some(Mac::numbered(9)),
    };
    let interfaces = vec![interface(0, 1500, "10.0.0.1/24"), interface(1, 576, "10.0.1.1/24")];
    let dice = Stream::new(1, "router");
    let mut router = Stack::new(NodeId(0), true, IpConfig::default(), interfaces, dice);
    let mut cx = Cx::new(Vec::new());
    let datagram = udp::Datagram {
        source_port: 4000,
        destination_port: 9,
        data_length,
        content: udp::Content::Numbered(0),
    };
    let (from, to) = (Ipv4Addr::new(10, 0, 0, 2), Ipv4Addr::new(10, 0, 1, 2));
    let packet =
        ipv4::Packet { dont_fragment, ..ipv4::Packet::new(from, to, Transport::Udp(datagram)) };
    let header = Header { destination: Mac::numbered(0), source: Mac::numbered(9) };
    let id = cx.create(header, Payload::Ipv4(packet), Label::new(None, Time::ZERO));
    router.receive(&mut cx, InterfaceId(0), id);
    let effects = std::mem::take(&mut cx.effects);
    let sent = effects.into_iter().map(|effect| match effect {
        Effect::Transmit(out, id, _) => match cx.packets.remove(id).payload {
            Payload::Ipv4(packet) => (out, packet),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    });
    let sent = sent.collect();
    assert!(cx.packets.is_empty(), "nothing is left of the packet");
    sent
}

/// RFC 1191: the error says how large a packet may be.
#[test]
fn a_packet_that_must_not_be_cut_is_refused_with_the_size_that_fits() {
    let sent = routed(972, false);
    assert_eq!(sent.iter().map(|(out, _)| out.0).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(
        sent.iter().map(|(_, packet)| packet.total_length()).collect::<Vec<_>>(),
        [572, 448]
    );

    let sent = routed(972, true);
    let [(ChannelId(0), answer)] = sent[..] else { panic!("{sent:?}") };
    let Transport::Icmp(Message::Error { error, quote }) = answer.transport else {
        panic!("{answer:?}")
    };
    let why = Unreachable::FragmentationNeeded { mtu: 576 };
    assert_eq!(error, Error::DestinationUnreachable(why));
    assert_eq!((answer.destination, quote.total_length), (Ipv4Addr::new(10, 0, 0, 2), 1000));
    // What just fits passes.
    assert_eq!(routed(548, true)[0].0, ChannelId(1));
}
