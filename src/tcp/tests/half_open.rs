//! SYN-RECEIVED, from either side, and a SYN for a connection that is no more. What Linux 6.18
//! answers was tried with segments by hand.

use super::close::{answer, established, from_client};
use super::handshake::linux;
use super::pair::{CLIENT, Pair, SERVER, losing, opening};
use crate::packet::ipv4::Ecn;
use crate::packet::tcp::{Flags, SackBlock, Segment, SeqNum};
use crate::tcp::config::Config;
use crate::tcp::state::State;
use crate::tcp::{CloseReason, Connection, Event};
use crate::units::Time;

#[test]
fn both_ends_may_open_at_the_same_time() {
    let mut pair = Pair::simultaneous(&Config::linux(), losing(|_| false));
    pair.settle();
    assert_eq!(pair.states(), [State::SynSent; 2]);
    pair.step();
    assert_eq!(pair.states(), [State::SynReceived; 2]);
    assert_eq!([CLIENT, SERVER].map(|end| pair.end(end).retransmissions()), [0; 2]);
    pair.apps[CLIENT].to_write = 5000;
    pair.run_for(Time::from_secs(1));
    assert_eq!(pair.states(), [State::Established; 2]);
    assert_eq!(pair.apps[SERVER].has_read, 5000);
}

#[test]
fn half_open_resets_and_syns_are_answered_as_in_the_rfc() {
    let now = Time::ZERO;
    let mut client = Connection::connect(linux(), opening(CLIENT));
    let syn = client.poll_transmit(now).expect("a SYN").segment;
    let listen = || Connection::accept(linux(), opening(SERVER), now, &syn);

    // The same SYN again: the same SYN-ACK again, but no more than one for a while.
    let mut server = listen();
    let first = server.poll_transmit(now).expect("a SYN-ACK").segment;
    assert_eq!(server.poll_transmit(now), None);
    server.handle_segment(now, &syn, Ecn::NotEct);
    assert_eq!(server.poll_transmit(now).map(|outgoing| outgoing.segment), Some(first));
    server.handle_segment(now, &syn, Ecn::NotEct);
    assert_eq!(server.poll_transmit(now), None);
    let now = Time::from_ms(500);
    server.handle_segment(now, &syn, Ecn::NotEct);
    assert_eq!(server.poll_transmit(now).map(|s| s.segment.flags), Some(Flags::SYN_ACK));
    let now = Time::from_secs(1);

    // A SYN beyond the window: a challenge, and no change.
    let mut other = syn;
    other.seq = syn.seq.wrapping_add(990_000);
    server.handle_segment(now, &other, Ecn::NotEct);
    assert_eq!(server.poll_transmit(now).map(|s| s.segment.flags), Some(Flags::ACK));
    assert_eq!(server.state(), State::SynReceived);

    // An ACK of what was never sent: a reset, and no change.
    let mut wrong = syn;
    wrong.flags = Flags::ACK;
    wrong.seq = syn.seq.wrapping_add(1);
    wrong.ack = SeqNum::new(5);
    server.handle_segment(now, &wrong, Ecn::NotEct);
    let reset = server.poll_transmit(now).expect("a reset").segment;
    assert_eq!((reset.flags, reset.seq), (Flags::RST, SeqNum::new(5)));
    assert_eq!(server.state(), State::SynReceived);

    // A reset: back to the listener.
    let mut reset = wrong;
    reset.flags = Flags::RST;
    server.handle_segment(now, &reset, Ecn::NotEct);
    assert!(server.is_passive());
    assert_eq!(server.poll_event(), Some(Event::Closed(CloseReason::Reset)));
    assert_eq!((server.poll_transmit(now), server.poll_timeout()), (None, None));
}

/// A client that has seen the SYN of a peer that opens too, its answer, and the peer's SYN.
fn opened_by_both(config: &Config, now: Time) -> (Connection, Segment, Segment) {
    let config = std::sync::Arc::new(config.clone());
    let [mut client, mut peer] = [CLIENT, SERVER]
        .map(|end| Connection::connect(std::sync::Arc::clone(&config), opening(end)));
    client.poll_transmit(Time::ZERO).expect("a SYN");
    let syn = peer.poll_transmit(Time::ZERO).expect("a SYN").segment;
    client.handle_segment(now, &syn, Ecn::NotEct);
    let answer = client.poll_transmit(now).expect("a SYN-ACK").segment;
    assert_eq!((client.state(), answer.flags), (State::SynReceived, Flags::SYN_ACK));
    (client, answer, syn)
}

#[test]
fn where_both_open_another_syn_is_challenged() {
    let (mut client, first, syn) = opened_by_both(&Config::linux(), Time::from_ms(50));
    let mut answers = |ms, syn: &Segment| {
        client.handle_segment(Time::from_ms(ms), syn, Ecn::NotEct);
        client.poll_transmit(Time::from_ms(ms)).map(|outgoing| outgoing.segment)
    };
    let challenge = answers(150, &syn).expect("a challenge");
    let expected = (Flags::ACK, first.seq.wrapping_add(1), first.ack);
    assert_eq!((challenge.flags, challenge.seq, challenge.ack), expected);
    // They are rare (RFC 5961 section 7).
    assert_eq!(answers(250, &syn), None);
    let wrong = Segment { flags: Flags::SYN_ACK, ack: SeqNum::new(77), ..syn };
    assert_eq!(answers(750, &wrong).map(|answer| answer.flags), Some(Flags::ACK));
    // Only what the timer sends is a repetition.
    assert_eq!(client.retransmissions(), 0);
    client.handle_timeout(Time::from_secs(1));
    let again = client.poll_transmit(Time::from_secs(1)).expect("a SYN-ACK").segment;
    assert_eq!((again.flags, client.retransmissions()), (Flags::SYN_ACK, 1));
    assert_eq!(client.state(), State::SynReceived);
}

#[test]
fn where_both_open_the_answer_measures_and_tells_that_the_syn_came_twice() {
    let plain = Config { timestamps: false, ..Config::linux() };
    let (mut client, first, syn) = opened_by_both(&plain, Time::from_ms(50));
    assert_eq!(first.window, 64_240);
    let ack = first.seq.wrapping_add(1);
    let now = Time::from_ms(100);
    client.handle_segment(now, &Segment { flags: Flags::SYN_ACK, ack, ..syn }, Ecn::NotEct);
    assert_eq!(client.state(), State::Established);
    let told = client.poll_transmit(now).expect("an acknowledgment").segment;
    let block = SackBlock { start: syn.seq, end: syn.seq.wrapping_add(1) };
    assert_eq!((told.flags, told.options.sack.as_slice()), (Flags::ACK, &[block][..]));
    // Since the SYN-ACK, which took the place of the SYN.
    assert_eq!(client.smoothed_rtt(), Some(Time::from_ms(50)));
}

#[test]
fn where_both_open_the_answer_is_repeated_as_often_as_a_syn() {
    let config = Config { syn_retries: 2, synack_retries: 5, ..Config::linux() };
    let mut pair = Pair::simultaneous(&config, losing(|record| record.segment.flags.ack));
    pair.run();
    assert_eq!(pair.sent(CLIENT).len(), 4);
    assert_eq!(pair.end(CLIENT).close_reason(), Some(CloseReason::TimedOut));
}

#[test]
fn a_listener_takes_back_what_it_half_opened_if_a_new_syn_comes() {
    let now = Time::from_ms(10);
    let mut client = Connection::connect(linux(), opening(CLIENT));
    let syn = client.poll_transmit(Time::ZERO).expect("a SYN").segment;
    // What it is; flags, place; the flags of the answer, and whether all is over.
    let table = [
        ("a new SYN", Flags::SYN, 10_000, Flags::RST_ACK, true),
        ("a new SYN-ACK", Flags::SYN_ACK, 500, Flags::RST, true),
        ("a SYN beyond the window", Flags::SYN, 990_000, Flags::ACK, false),
        ("a SYN-ACK in place of the SYN", Flags::SYN_ACK, 0, Flags::ACK, false),
        ("a reset in the window", Flags::RST, 500, Flags::ACK, false),
    ];
    for (what, flags, place, expected, over) in table {
        let mut server = Connection::accept(linux(), opening(SERVER), Time::ZERO, &syn);
        let own = server.poll_transmit(Time::ZERO).expect("a SYN-ACK").segment;
        let seq = syn.seq.wrapping_add(place);
        let stray = Segment { flags, seq, ack: own.seq.wrapping_add(1), ..syn };
        server.handle_segment(now, &stray, Ecn::NotEct);
        let answer = server.poll_transmit(now).expect(what).segment;
        assert_eq!(answer.flags, expected, "{what}");
        assert_eq!(server.close_reason(), over.then_some(CloseReason::Reset), "{what}");
    }
}

/// The other end has not noticed that this one was started anew (RFC 9293 section 3.5.1).
#[test]
fn a_syn_that_finds_an_old_connection_comes_again_soon() {
    let mut client = Connection::connect(linux(), opening(CLIENT));
    let syn = client.poll_transmit(Time::ZERO).expect("a SYN").segment;
    let mut pair = established();
    let old = pair.end(SERVER);
    old.acks.now = true;
    let stray = old.poll_transmit(Time::ZERO).expect("an ACK").segment;
    let stray = Segment { ack: stray.ack.wrapping_add(500), ..stray };
    let mut sent = Vec::new();
    for ms in [40, 48, 80, 88, 1048] {
        let now = Time::from_ms(ms);
        if [40, 80].contains(&ms) {
            client.handle_segment(now, &stray, Ecn::NotEct);
        }
        client.handle_timeout(now);
        sent.extend(client.poll_transmit(now).map(|outgoing| (ms, outgoing.segment.flags)));
    }
    assert_eq!(syn.flags, Flags::SYN);
    let (rst, syn) = (Flags::RST, Flags::SYN);
    assert_eq!(sent, [(40, rst), (48, syn), (80, rst), (1048, syn)]);
}

/// As Linux was measured to.
#[test]
fn a_reset_looks_like_any_segment_of_its_connection() {
    let mut pair = established();
    let data = from_client(&mut pair, Flags::ACK, 0, 100);
    let told = answer(&mut pair, &data).expect("an acknowledgment");
    let now = pair.now;
    pair.end(SERVER).close(now);
    let reset = pair.end(SERVER).poll_transmit(now).expect("a reset").segment;
    assert_eq!(reset, Segment { flags: Flags::RST_ACK, ..told });
    assert_eq!((reset.window, reset.options.timestamps.is_some()), (509, true));
    assert_eq!(pair.end(SERVER).poll_event(), Some(Event::Readable));
    assert_eq!(pair.end(SERVER).poll_event(), Some(Event::Closed(CloseReason::Aborted)));
}

#[test]
fn who_has_said_all_gives_up_without_a_reset() {
    for unread in [false, true] {
        let mut pair = established();
        pair.apps[SERVER].deaf = unread;
        pair.apps[CLIENT].to_write = 100;
        pair.apps[CLIENT].ends = true;
        pair.run_for(Time::from_secs(1));
        pair.disturb(losing(|record| record.from == SERVER));
        pair.end(SERVER).shutdown();
        pair.run_for(Time::from_ms(1));
        assert_eq!(pair.states()[SERVER], State::LastAck);
        let now = pair.now;
        if unread {
            pair.end(SERVER).close(now);
        } else {
            pair.end(SERVER).abort(now);
        }
        let last = pair.end(SERVER).poll_transmit(now).map(|outgoing| outgoing.segment.flags);
        assert_eq!(last, unread.then_some(Flags::RST_ACK));
        assert_eq!(pair.states()[SERVER], State::Closed);
    }
}
