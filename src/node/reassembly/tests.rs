use proptest::prelude::*;

use super::*;
use crate::node::fragment::fragments;
use crate::packet::ipv4::Transport;
use crate::packet::udp::{Content, Datagram};

const TIMEOUT: Time = Time::from_secs(30);

fn datagram(data_length: u16, identification: u16) -> Packet {
    let transport = Transport::Udp(Datagram {
        source_port: 1,
        destination_port: 2,
        data_length,
        content: Content::Numbered(u64::from(data_length)),
    });
    let packet = Packet::new(Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2), transport);
    Packet { identification, ..packet }
}

fn label(number: u64) -> Label {
    Label { number, ..Label::new(None, Time::ZERO) }
}

fn pieces(packet: &Packet) -> Vec<Packet> {
    fragments(packet, 1500).collect()
}

#[test]
fn any_order_gives_the_whole_with_the_first_fragments_label() {
    let whole = datagram(4000, 7);
    let [a, b, c] = pieces(&whole)[..] else { panic!("three fragments") };
    for order in [[a, b, c], [c, b, a], [b, c, a]] {
        let mut reassembly = Reassembly::new(TIMEOUT);
        let number = |p: &Packet| u64::from(p.fragment_offset) + 5;
        let offered = order.map(|p| reassembly.offer(Time::ZERO, &p, label(number(&p))));
        assert_eq!(offered[..2], [Offered::Waiting; 2]);
        assert_eq!(offered[2], Offered::Complete(whole, label(5)));
        assert_eq!((reassembly.poll_timeout(), reassembly.bytes), (None, 0));
    }
}

#[test]
fn other_datagrams_do_not_mix() {
    let (one, two) = (datagram(4000, 1), datagram(4000, 2));
    let mut reassembly = Reassembly::new(TIMEOUT);
    let mut complete = 0;
    for (a, b) in pieces(&one).iter().zip(&pieces(&two)) {
        for piece in [a, b] {
            if let Offered::Complete(packet, _) = reassembly.offer(Time::ZERO, piece, label(0)) {
                assert!(packet == one || packet == two);
                complete += 1;
            }
        }
    }
    assert_eq!(complete, 2);
}

#[test]
fn times_out_from_the_first_arrival_and_tells_whether_offset_zero_came() {
    let mut reassembly = Reassembly::new(TIMEOUT);
    let [a, _, c] = pieces(&datagram(4000, 1))[..] else { panic!("three fragments") };
    let [_, e, _] = pieces(&datagram(4000, 2))[..] else { panic!("three fragments") };
    reassembly.offer(Time::from_secs(1), &c, label(1));
    reassembly.offer(Time::from_secs(5), &a, label(2));
    reassembly.offer(Time::from_secs(6), &e, label(3));
    assert_eq!(reassembly.poll_timeout(), Some(Time::from_secs(31)));
    let mut expired = Vec::new();
    reassembly.handle_timeout(Time::from_secs(30), &mut expired);
    assert_eq!(expired, []);
    reassembly.handle_timeout(Time::from_secs(40), &mut expired);
    let first = Expired { packet: a, label: label(2), fragments: 2 };
    let second = Expired { packet: e, label: label(3), fragments: 1 };
    assert_eq!(expired, [first, second]);
    assert_eq!((reassembly.poll_timeout(), reassembly.bytes), (None, 0));
}

#[test]
fn damage_and_marks_of_any_fragment_count() {
    let whole = datagram(2000, 1);
    let [a, b] = pieces(&whole)[..] else { panic!("two fragments") };
    let mut reassembly = Reassembly::new(TIMEOUT);
    reassembly.offer(Time::ZERO, &Packet { traffic_class: 3, ..b }, label(1));
    let damaged = Label { damaged: true, ..label(2) };
    let Offered::Complete(packet, label) = reassembly.offer(Time::ZERO, &a, damaged) else {
        panic!("both are there")
    };
    assert_eq!((packet.traffic_class, label), (3, damaged));
}

#[test]
fn a_reused_identification_gives_a_damaged_datagram() {
    let [a, _] = pieces(&datagram(2000, 1))[..] else { panic!("two fragments") };
    let [_, d] = pieces(&datagram(2001, 1))[..] else { panic!("two fragments") };
    let mut reassembly = Reassembly::new(TIMEOUT);
    reassembly.offer(Time::ZERO, &a, label(1));
    let Offered::Complete(_, label) = reassembly.offer(Time::ZERO, &d, label(2)) else {
        panic!("nothing is missing")
    };
    assert!(label.damaged);
}

#[test]
fn refuses_what_cannot_be() {
    let [a, b] = pieces(&datagram(2000, 1))[..] else { panic!("two fragments") };
    let mut reassembly = Reassembly::new(TIMEOUT);
    let offer = |r: &mut Reassembly, p: Packet| r.offer(Time::ZERO, &p, label(0));
    assert_eq!(offer(&mut reassembly, Packet { data_length: 9, ..a }), Offered::Refused);
    assert_eq!(offer(&mut reassembly, Packet { data_length: 0, ..a }), Offered::Refused);
    // The "ping of death": data beyond the largest packet.
    let beyond = Packet { fragment_offset: 65_512, ..b };
    assert_eq!(offer(&mut reassembly, beyond), Offered::Refused);
    assert_eq!(reassembly.poll_timeout(), None);
    assert_eq!(offer(&mut reassembly, b), Offered::Waiting);
    let longer = Packet { fragment_offset: 2400, ..b };
    assert_eq!(offer(&mut reassembly, longer), Offered::Refused, "the end is known");
    let shorter = Packet { fragment_offset: 8, ..b };
    assert_eq!(offer(&mut reassembly, shorter), Offered::Refused, "it has another end");
    assert!(matches!(offer(&mut reassembly, a), Offered::Complete(..)));
}

#[test]
fn memory_is_bounded() {
    let mut reassembly = Reassembly::new(TIMEOUT);
    let kept = (0..u16::MAX)
        .filter(|&n| {
            let first = pieces(&datagram(2000, n))[0];
            reassembly.offer(Time::ZERO, &first, label(0)) == Offered::Waiting
        })
        .count();
    assert_eq!(kept, 4 * 1024 * 1024 / 1500);
    let mut expired = Vec::new();
    reassembly.handle_timeout(TIMEOUT, &mut expired);
    assert_eq!((expired.len(), reassembly.bytes), (kept, 0));
}

proptest! {
    /// Whatever the cuts, the order and the duplicates: the datagram comes out as often as
    /// the fragments since the last time cover it, and no bytes are left over in the account.
    #[test]
    fn random_pieces_complete_when_they_cover_the_whole(
        data in 1400_u16..20_000,
        mtus in prop::collection::vec(68_u16..1400, 1..4),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 0..400),
        order in any::<u64>(),
    ) {
        let whole = datagram(data, 1);
        // Copies of the datagram that took different paths are cut differently.
        let all: Vec<_> = mtus.iter().flat_map(|&mtu| fragments(&whole, mtu)).collect();
        let mut arrivals: Vec<_> = picks.iter().map(|pick| *pick.get(&all)).collect();
        let mut rest = all.clone();
        rest.sort_by_key(|p| (u64::from(p.fragment_offset) + 1).wrapping_mul(order | 1));
        arrivals.extend(rest);

        let mut reassembly = Reassembly::new(TIMEOUT);
        let mut seen = vec![false; usize::from(whole.data_length)];
        for piece in arrivals {
            let start = usize::from(piece.fragment_offset);
            seen[start..start + usize::from(piece.data_length)].fill(true);
            let offered = reassembly.offer(Time::ZERO, &piece, label(1));
            if seen.iter().all(|&there| there) {
                prop_assert_eq!(offered, Offered::Complete(whole, label(1)));
                prop_assert_eq!((reassembly.poll_timeout(), reassembly.bytes), (None, 0));
                seen.fill(false);
            } else {
                prop_assert_eq!(offered, Offered::Waiting);
            }
        }
    }
}
