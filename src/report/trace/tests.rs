//! Tests of traces on packets made by hand; whole traces are in the integration tests.

use std::net::Ipv4Addr;

use super::describe::{Context, describe};
use super::line::seconds;
use super::sequences::Sequences;
use crate::id::FlowId;
use crate::packet::icmp::{Error, Message, Quote, Unreachable};
use crate::packet::ipv4::{self, Protocol, Transport};
use crate::packet::tcp::{Flags, Options, Purpose, SackBlock, Segment, SeqNum, Timestamps};
use crate::packet::udp::{Content, Datagram, DnsAnswer, DnsMessage};
use crate::packet::{Label, Packet, Payload, ethernet};
use crate::units::Time;

const ALICE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const BOB: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

fn packet(from: Ipv4Addr, to: Ipv4Addr, transport: Transport) -> Packet {
    let label = Label::new(Some(FlowId(0)), Time::ZERO);
    let payload = Payload::Ipv4(ipv4::Packet::new(from, to, transport));
    Packet { ethernet: ethernet::Header::NONE, payload, label }
}

/// From alice's port 1000 to bob's port 80, or back.
fn segment(forth: bool, seq: u32, ack: u32, flags: Flags, data_length: u16) -> Packet {
    let (source_port, destination_port) = if forth { (1000, 80) } else { (80, 1000) };
    let (from, to) = if forth { (ALICE, BOB) } else { (BOB, ALICE) };
    let (seq, ack) = (SeqNum::new(seq), SeqNum::new(ack));
    let options = Options::default();
    let segment = Segment {
        source_port,
        destination_port,
        seq,
        ack,
        flags,
        window: 500,
        options,
        data_length,
    };
    packet(from, to, Transport::Tcp(segment))
}

fn options_of(packet: &mut Packet) -> &mut Options {
    match &mut packet.payload {
        Payload::Ipv4(ipv4::Packet { transport: Transport::Tcp(segment), .. }) => {
            &mut segment.options
        }
        other => panic!("not a segment: {other:?}"),
    }
}

fn told(packet: &Packet, sequences: &Sequences) -> String {
    let dns = |place| (place == 7).then_some("www.example.org");
    describe(packet, &Context { sequences, dns: &dns, headers: false })
}

fn plain(transport: Transport) -> String {
    told(&packet(ALICE, BOB, transport), &Sequences::new())
}

#[test]
fn sequence_numbers_count_from_the_syn_of_each_direction() {
    let mut sequences = Sequences::new();
    let mut syn = segment(true, u32::MAX, 0, Flags::SYN, 0);
    *options_of(&mut syn) = Options {
        mss: Some(1460),
        window_scale: Some(7),
        sack_permitted: true,
        timestamps: Some(Timestamps { value: 1, echo: 0 }),
        ..Options::default()
    };
    sequences.learn(&syn);
    sequences.learn(&segment(false, 5000, 0, Flags::SYN_ACK, 0));
    let mut data = segment(true, 0, 5001, Flags { psh: true, ..Flags::ACK }, 100);
    data.label.purpose = Purpose::FastRetransmit;
    let mut ack = segment(false, 5001, 0, Flags::ACK, 0);
    let block = SackBlock { start: SeqNum::new(100), end: SeqNum::new(200) };
    assert!(options_of(&mut ack).sack.push(block));
    let fin = segment(false, 5001, 100, Flags::FIN_ACK, 0);
    let lines = [&syn, &data, &ack, &fin].map(|packet| told(packet, &sequences));
    insta::assert_snapshot!(lines.join("\n"), @r"
    10.0.0.1.1000 > 10.0.0.2.80: Flags [S], seq 0, win 500, options [mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7], length 0
    10.0.0.1.1000 > 10.0.0.2.80: Flags [P.], seq 1:101, ack 1, win 500, length 100 (fast retransmission)
    10.0.0.2.80 > 10.0.0.1.1000: Flags [.], ack 1, win 500, options [nop,nop,sack 1 {101:201}], length 0
    10.0.0.2.80 > 10.0.0.1.1000: Flags [F.], seq 1, ack 101, win 500, length 0
    ");
}

#[test]
fn connections_that_go_on_are_remembered_and_old_ones_are_forgotten() {
    let mut sequences = Sequences::new();
    let mut syn = |port: u16, address: u32| {
        let mut syn = segment(true, 1000, 0, Flags::SYN, 0);
        if let Payload::Ipv4(ip) = &mut syn.payload {
            ip.source = Ipv4Addr::from_bits(address);
            if let Transport::Tcp(segment) = &mut ip.transport {
                segment.source_port = port;
            }
        }
        sequences.learn(&syn);
        syn
    };
    let idle = syn(1, 1);
    let busy = syn(2, 1);
    for round in 0..4_u32 {
        for number in 0..40_000 {
            syn((number % 60_000) as u16, 100 + round);
        }
        syn(2, 1);
    }
    assert!(told(&busy, &sequences).contains("seq 0,"));
    assert!(told(&idle, &sequences).contains("seq 1000,"), "it has been quiet for too long");
}

#[test]
fn icmp_is_told_as_tcpdump_does() {
    let quote = Quote {
        source: ALICE,
        destination: BOB,
        protocol: Protocol::Udp,
        source_port: 1000,
        destination_port: 33_434,
        sequence: SeqNum::new(0),
        identification: 1,
        total_length: 60,
        quoted_length: 28,
    };
    let about = |error| plain(Transport::Icmp(Message::Error { error, quote }));
    let lines = [
        about(Error::DestinationUnreachable(Unreachable::Port)),
        about(Error::DestinationUnreachable(Unreachable::Host)),
        about(Error::DestinationUnreachable(Unreachable::Network)),
        about(Error::DestinationUnreachable(Unreachable::FragmentationNeeded { mtu: 576 })),
        about(Error::DestinationUnreachable(Unreachable::AdministrativelyProhibited)),
        about(Error::TimeExceeded),
        about(Error::ReassemblyTimeExceeded),
        plain(Transport::Icmp(Message::Echo {
            reply: false,
            identifier: 3,
            sequence: 1,
            data_length: 56,
        })),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r"
    10.0.0.1 > 10.0.0.2: ICMP 10.0.0.2 udp port 33434 unreachable, length 36
    10.0.0.1 > 10.0.0.2: ICMP host 10.0.0.2 unreachable, length 36
    10.0.0.1 > 10.0.0.2: ICMP net 10.0.0.2 unreachable, length 36
    10.0.0.1 > 10.0.0.2: ICMP 10.0.0.2 unreachable - need to frag (mtu 576), length 36
    10.0.0.1 > 10.0.0.2: ICMP host 10.0.0.2 unreachable - admin prohibited, length 36
    10.0.0.1 > 10.0.0.2: ICMP time exceeded in-transit, length 36
    10.0.0.1 > 10.0.0.2: ICMP ip reassembly time exceeded, length 36
    10.0.0.1 > 10.0.0.2: ICMP echo request, id 3, seq 1, length 64
    ");
}

#[test]
fn datagrams_and_fragments() {
    let datagram = |content, data_length| {
        Transport::Udp(Datagram { source_port: 1000, destination_port: 53, data_length, content })
    };
    let message = |answer| Content::Dns(DnsMessage { id: 9, name: 7, answer });
    let part = |offset, more| {
        let mut part = packet(ALICE, BOB, datagram(Content::Numbered(0), 4000));
        if let Payload::Ipv4(ip) = &mut part.payload {
            (ip.fragment_offset, ip.more_fragments) = (offset, more);
            (ip.identification, ip.data_length, ip.ttl) = (5, 1480, 1);
        }
        told(&part, &Sequences::new())
    };
    let lines = [
        plain(datagram(message(None), 33)),
        plain(datagram(message(Some(DnsAnswer::Address(BOB))), 49)),
        plain(datagram(message(Some(DnsAnswer::NoSuchName)), 33)),
        part(0, true),
        part(2960, false),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r"
    10.0.0.1.1000 > 10.0.0.2.53: 9+ A? www.example.org. (33)
    10.0.0.1.1000 > 10.0.0.2.53: 9 1/0/0 A 10.0.0.2 (49)
    10.0.0.1.1000 > 10.0.0.2.53: 9 NXDomain 0/0/0 (33)
    10.0.0.1.1000 > 10.0.0.2.53: UDP, length 4000 (frag 5:1480@0+) [ttl 1]
    10.0.0.1 > 10.0.0.2: udp (frag 5:1480@2960) [ttl 1]
    ");
}

#[test]
fn times_have_a_fixed_number_of_decimals() {
    assert_eq!(seconds(Time::from_ps(1_234_567_890_123), 6), "1.234568");
    assert_eq!(seconds(Time::from_ps(1_234_567_890_123), 12), "1.234567890123");
    assert_eq!(seconds(Time::from_ps(999_999_999_999), 3), "1.000");
    assert_eq!(seconds(Time::from_secs(7), 0), "7");
}
