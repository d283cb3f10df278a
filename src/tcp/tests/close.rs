//! Closing, resetting, and segments that do not fit. Together with `handshake`, every move of
//! RFC 9293 section 3.3.2 is made here.

use super::pair::{CLIENT, Pair, SERVER, losing};
use crate::packet::ipv4::Ecn;
use crate::packet::tcp::{Flags, SackBlock, Segment, Timestamps};
use crate::tcp::config::Config;
use crate::tcp::state::State;
use crate::tcp::{CloseReason, Event, RecvError, SendError};
use crate::units::{Bytes, Time};

pub(super) fn established() -> Pair {
    Pair::established(&Config::linux(), losing(|_| false))
}

/// A segment that the client would send now.
pub(super) fn from_client(pair: &mut Pair, flags: Flags, offset: i32, data_length: u16) -> Segment {
    pair.now += Time::from_secs(1);
    pair.end(CLIENT).acks.now = true;
    let now = pair.now;
    let mut segment = pair.end(CLIENT).poll_transmit(now).expect("an acknowledgment").segment;
    segment.flags = flags;
    segment.seq = segment.seq.wrapping_add(offset.cast_unsigned());
    segment.data_length = data_length;
    segment
}

/// What the server answers to a segment from the client.
pub(super) fn answer(pair: &mut Pair, segment: &Segment) -> Option<Segment> {
    let now = pair.now;
    pair.end(SERVER).handle_segment(now, segment, Ecn::NotEct);
    let answer = pair.end(SERVER).poll_transmit(now);
    assert!(answer.is_none() || pair.end(SERVER).poll_transmit(now).is_none());
    answer.map(|outgoing| outgoing.segment)
}

#[test]
fn one_end_closes_then_the_other() {
    let mut pair = established();
    let mut seen = vec![pair.states()];
    pair.end(CLIENT).shutdown();
    let start = pair.now;
    while pair.step() {
        let states = pair.states();
        if seen.last() != Some(&states) {
            seen.push(states);
        }
        if states == [State::FinWait2, State::CloseWait] && pair.now > start + Time::from_ms(100) {
            break;
        }
        if states[CLIENT] == State::FinWait2 && pair.events.len() == 1 {
            pair.end(SERVER).shutdown();
        }
    }
    let expected = [
        [State::Established, State::Established],
        [State::FinWait1, State::Established],
        [State::FinWait1, State::CloseWait],
        [State::FinWait2, State::CloseWait],
        [State::FinWait2, State::LastAck],
        [State::TimeWait, State::LastAck],
        [State::TimeWait, State::Closed],
        [State::Closed, State::Closed],
    ];
    seen.dedup();
    let seen: Vec<_> = seen.into_iter().collect();
    assert!(expected.iter().filter(|states| seen.contains(states)).count() >= 6, "{seen:?}");
    assert_eq!(pair.states(), [State::Closed; 2]);
    assert_eq!(pair.end(SERVER).close_reason(), Some(CloseReason::Finished));
    assert!(pair.now >= start + Time::from_secs(60), "TIME-WAIT lasts");
}

#[test]
fn half_close_lets_the_other_end_go_on() {
    let mut pair = established();
    pair.end(CLIENT).shutdown();
    assert_eq!(pair.end(CLIENT).send(1), Err(SendError::ShutDown));
    pair.run_for(Time::from_secs(1));
    assert_eq!(pair.states(), [State::FinWait2, State::CloseWait]);
    assert_eq!(pair.end(SERVER).recv(10), Ok(0));
    pair.apps[SERVER].to_write = 5000;
    pair.run_for(Time::from_secs(100));
    assert_eq!(pair.apps[CLIENT].has_read, 5000);
    assert_eq!(pair.states(), [State::FinWait2, State::CloseWait]);
    pair.apps[SERVER].ends = true;
    pair.run();
    assert!(pair.apps[CLIENT].saw_end);
    assert_eq!(pair.states(), [State::Closed; 2]);
}

#[test]
fn both_close_at_the_same_time() {
    let mut pair = established();
    pair.end(CLIENT).shutdown();
    pair.end(SERVER).shutdown();
    pair.settle();
    assert_eq!(pair.states(), [State::FinWait1; 2]);
    pair.step();
    assert_eq!(pair.states(), [State::Closing; 2]);
    pair.step();
    assert_eq!(pair.states(), [State::TimeWait; 2]);
    pair.run();
    assert_eq!(pair.states(), [State::Closed; 2]);
}

#[test]
fn a_fin_that_acknowledges_a_fin_leads_to_time_wait() {
    let mut pair = established();
    let mut fin = from_client(&mut pair, Flags::FIN_ACK, 0, 0);
    pair.end(SERVER).shutdown();
    let now = pair.now;
    let own = pair.end(SERVER).poll_transmit(now).expect("a FIN").segment;
    fin.ack = own.end();
    assert_eq!(answer(&mut pair, &fin).map(|s| s.flags), Some(Flags::ACK));
    assert_eq!(pair.states()[SERVER], State::TimeWait);
    // The FIN again: acknowledged again, and TIME-WAIT starts anew.
    pair.now += Time::from_secs(30);
    assert_eq!(answer(&mut pair, &fin).map(|s| s.flags), Some(Flags::ACK));
    assert_eq!(pair.end(SERVER).poll_timeout(), Some(pair.now + Time::from_secs(60)));
}

#[test]
fn closing_before_the_handshake_is_done() {
    let mut pair = Pair::perfect(&Config::linux());
    pair.settle();
    pair.end(CLIENT).shutdown();
    assert_eq!(pair.states()[CLIENT], State::Closed);

    let mut pair = Pair::perfect(&Config::linux());
    pair.step();
    assert_eq!(pair.states()[SERVER], State::SynReceived);
    pair.end(SERVER).shutdown();
    pair.step();
    pair.step();
    assert_eq!(pair.states()[SERVER], State::FinWait1);
    pair.run_for(Time::from_secs(1));
    assert_eq!(pair.states(), [State::CloseWait, State::FinWait2]);
}

#[test]
fn an_orphan_does_not_wait_for_ever() {
    let mut pair = established();
    let now = pair.now;
    pair.end(CLIENT).close(now);
    pair.run_for(Time::from_secs(59));
    assert_eq!(pair.states(), [State::FinWait2, State::CloseWait]);
    pair.run_for(Time::from_secs(2));
    assert_eq!(pair.states(), [State::Closed, State::CloseWait]);
    // Late data meet nothing and are reset.
    pair.apps[SERVER].to_write = 1;
    pair.run();
    assert_eq!(pair.end(SERVER).close_reason(), Some(CloseReason::Reset));
}

#[test]
fn data_for_an_orphan_reset_the_sender() {
    let mut pair = established();
    let now = pair.now;
    pair.end(CLIENT).close(now);
    pair.run_for(Time::from_secs(1));
    pair.apps[SERVER].to_write = 1;
    let next = pair.end(CLIENT).next_number();
    pair.run();
    assert_eq!(pair.end(CLIENT).close_reason(), Some(CloseReason::Aborted));
    assert_eq!(pair.end(SERVER).close_reason(), Some(CloseReason::Reset));
    // As from a closed port.
    let last = pair.sent(CLIENT).last().map(|record| (record.segment.flags, record.segment.seq));
    assert_eq!(last, Some((Flags::RST, next)));
}

#[test]
fn closing_with_unread_data_resets() {
    let mut pair = established();
    pair.apps[SERVER].deaf = true;
    pair.apps[CLIENT].to_write = 100;
    pair.run_for(Time::from_ms(100));
    assert_eq!(pair.end(SERVER).receive_queue(), 100);
    let now = pair.now;
    pair.end(SERVER).close(now);
    pair.run();
    assert_eq!(pair.states(), [State::Closed; 2]);
    assert_eq!(pair.end(CLIENT).recv(1), Err(RecvError::Closed(CloseReason::Reset)));
    assert!(pair.events.contains(&(CLIENT, Event::Closed(CloseReason::Reset))));
}

#[test]
fn a_lost_fin_is_sent_again() {
    let mut first = true;
    let network = losing(move |record| record.segment.flags.fin && std::mem::take(&mut first));
    let mut pair = Pair::established(&Config::linux(), network);
    let start = pair.now;
    pair.end(CLIENT).shutdown();
    pair.run_for(Time::from_ms(300));
    let fins: Vec<_> = pair
        .sent(CLIENT)
        .iter()
        .filter(|record| record.segment.flags.fin)
        .map(|record| record.at.saturating_sub(start).as_ns() / 1_000_000)
        .collect();
    assert_eq!(fins, [0, 240]);
    assert_eq!(pair.states()[SERVER], State::CloseWait);
}

/// Two segments and a FIN, and the first is lost: the FIN is told of with the data before it.
#[test]
fn a_fin_that_comes_early_is_told_of_by_sack() {
    let mut pair = established();
    let mut last = from_client(&mut pair, Flags::FIN_ACK, 1000, 500);
    let next = last.seq.wrapping_add(1000_u32.wrapping_neg());
    let blocks = |answer: Option<Segment>| {
        let blocks = answer.expect("an answer").options.sack;
        let range = |block: &SackBlock| (block.start, block.end);
        blocks.as_slice().iter().map(range).collect::<Vec<_>>()
    };
    assert_eq!(blocks(answer(&mut pair, &last)), [(last.seq, last.end())]);
    assert_eq!(pair.states()[SERVER], State::Established);
    // A second copy: a duplicate (RFC 2883), and still one block of what is held.
    let again = blocks(answer(&mut pair, &last));
    assert_eq!(again[1..], [(last.seq, last.end())]);
    let end = last.end();
    last = Segment { flags: Flags::ACK, seq: next, data_length: 1000, ..last };
    let filled = answer(&mut pair, &last).expect("an acknowledgment");
    assert_eq!((filled.ack, filled.options.sack.as_slice().len()), (end, 0));
    assert_eq!(pair.states()[SERVER], State::CloseWait);
    let received = pair.end(SERVER).recv(10_000);
    assert_eq!(received, Ok(1500), "a FIN is no data");
}

/// A FIN alone, after a lost segment.
#[test]
fn a_bare_fin_that_comes_early_is_told_of_by_sack() {
    let mut pair = established();
    let fin = from_client(&mut pair, Flags::FIN_ACK, 1000, 0);
    let block = answer(&mut pair, &fin).expect("an answer").options.sack.as_slice()[0];
    assert_eq!((block.start, block.end), (fin.seq, fin.end()));
}

/// What an established connection of Linux was measured to answer.
#[test]
fn segments_that_do_not_fit_are_answered_as_linux_does() {
    let ack = Some(Flags::ACK);
    let table = [
        ("a SYN", Flags::SYN, -1, 0, ack, State::Established),
        ("the exact RST", Flags::RST, 0, 0, None, State::Closed),
        ("an RST in the window", Flags::RST, 10, 0, ack, State::Established),
        ("an RST outside", Flags::RST, 10_000_000, 0, None, State::Established),
        ("old data", Flags::ACK, -10, 10, ack, State::Established),
        ("data beyond a gap", Flags::ACK, 10, 10, ack, State::Established),
        ("data without ACK", Flags::NONE, 0, 10, None, State::Established),
        ("data in order", Flags::ACK, 0, 10, ack, State::Established),
        ("data beyond the window", Flags::ACK, 10_000_000, 10, ack, State::Established),
    ];
    for (what, flags, place, data, expected, state) in table {
        let mut pair = established();
        let segment = from_client(&mut pair, flags, place, data);
        assert_eq!(answer(&mut pair, &segment).map(|s| s.flags), expected, "{what}");
        assert_eq!(pair.states()[SERVER], state, "{what}");
    }
}

#[test]
fn an_ack_of_unsent_data_or_an_old_timestamp_is_not_taken() {
    let mut pair = established();
    let mut segment = from_client(&mut pair, Flags::ACK, 0, 10);
    segment.ack = segment.ack.wrapping_add(1);
    assert_eq!(answer(&mut pair, &segment).map(|s| s.flags), Some(Flags::ACK));
    assert_eq!(pair.end(SERVER).receive_queue(), 0);

    let mut segment = from_client(&mut pair, Flags::ACK, 0, 10);
    let stamps = segment.options.timestamps.as_mut().expect("timestamps");
    stamps.value = stamps.value.wrapping_sub(5000);
    assert_eq!(answer(&mut pair, &segment).map(|s| s.flags), Some(Flags::ACK));
    assert_eq!(pair.end(SERVER).receive_queue(), 0);
}

#[test]
fn an_idle_connection_is_probed_and_given_up() {
    let config =
        Config { keep_alive: true, receive_buffer: Some(Bytes::new(65_536)), ..Config::linux() };
    let mut pair = Pair::established(&config, losing(|_| false));
    pair.run_for(Time::from_secs(7300));
    assert_eq!(pair.states(), [State::Established; 2]);
    assert!(!pair.log.is_empty());

    let mut pair = Pair::established(&config, losing(|_| true));
    let start = pair.now;
    pair.run();
    assert_eq!(pair.end(CLIENT).close_reason(), Some(CloseReason::TimedOut));
    let took = pair.now.saturating_sub(start).as_secs_f64();
    assert!((7200.0 + 9.0 * 75.0 - took).abs() < 1.0, "{took}");
}

/// A process that gives up has sent data before, and some of them may be lost.
#[test]
fn a_reset_after_a_gap_is_believed_if_it_follows_what_has_arrived() {
    for (place, expected) in [(1500, State::Closed), (1499, State::Established)] {
        let mut pair = established();
        let early = from_client(&mut pair, Flags::ACK, 1000, 500);
        answer(&mut pair, &early).expect("an answer");
        let reset = from_client(&mut pair, Flags::RST, place, 0);
        answer(&mut pair, &reset);
        assert_eq!(pair.states()[SERVER], expected, "{place}");
    }
}

/// The other end has reset before it knew that its FIN had arrived.
#[test]
fn a_reset_with_the_number_of_the_fin_is_believed() {
    let mut pair = established();
    let fin = from_client(&mut pair, Flags::FIN_ACK, 0, 0);
    answer(&mut pair, &fin);
    pair.run_for(Time::from_ms(100));
    let reset = from_client(&mut pair, Flags::RST, 0, 0);
    assert_eq!(pair.states()[SERVER], State::CloseWait);
    assert_eq!(answer(&mut pair, &reset), None);
    assert_eq!(pair.states()[SERVER], State::Closed);
}

#[test]
fn a_fin_among_old_data_ends_nothing() {
    let mut pair = established();
    let fin = from_client(&mut pair, Flags::FIN_ACK, -1, 0);
    assert_eq!(answer(&mut pair, &fin).map(|s| s.flags), Some(Flags::ACK));
    assert_eq!(pair.states()[SERVER], State::Established);
    assert_eq!(pair.end(SERVER).recv(1), Err(RecvError::WouldBlock));
}

/// A duplicate acknowledgment that a later one has overtaken is older, and still news.
#[test]
fn sack_blocks_of_an_overtaken_acknowledgment_count() {
    let mut pair = established();
    pair.end(CLIENT).send(14_480).expect("room");
    pair.settle();
    pair.end(SERVER).acks.now = true;
    let now = pair.now;
    let bare = pair.end(SERVER).poll_transmit(now).expect("an acknowledgment").segment;
    let stamps = bare.options.timestamps.expect("timestamps");
    let mut sacked = Vec::new();
    for (number, age) in [(3, 0), (2, 5), (4, 5000)] {
        let mut segment = bare;
        let start = bare.ack.wrapping_add(number * 1448);
        segment.options.sack.push(SackBlock { start, end: start.wrapping_add(1448) });
        let value = stamps.value.wrapping_add(10).wrapping_sub(age);
        segment.options.timestamps = Some(Timestamps { value, ..stamps });
        pair.end(CLIENT).handle_segment(now, &segment, Ecn::NotEct);
        sacked.push(pair.end(CLIENT).queue.sacked() / 1448);
    }
    assert_eq!(sacked, [1, 2, 2]);
}

#[test]
fn a_late_acknowledgment_is_not_answered() {
    let mut pair = established();
    let mut late = from_client(&mut pair, Flags::ACK, -10, 0);
    let stamps = late.options.timestamps.as_mut().expect("timestamps");
    stamps.value = stamps.value.wrapping_sub(5000);
    assert_eq!(answer(&mut pair, &late), None);
}

#[test]
fn the_user_timeout_goes_before_the_number_of_probes() {
    let seconds = Time::from_secs;
    let keeping = Config {
        keep_alive: true,
        keep_alive_idle: seconds(10),
        keep_alive_interval: seconds(1),
        ..Config::linux()
    };
    for (user_timeout, expected) in [(None, 19.0), (Some(12), 12.0), (Some(2), 11.0)] {
        let config = Config { user_timeout: user_timeout.map(seconds), ..keeping.clone() };
        let mut pair = Pair::established(&config, losing(|_| true));
        let heard = pair.end(SERVER).progress.heard;
        pair.run();
        let reset = pair.sent(SERVER).last().expect("a reset").at;
        let took = reset.saturating_sub(heard).as_secs_f64();
        assert!((took - expected).abs() < 0.1, "{user_timeout:?}: {took}");
    }
}
