//! Connections that end: politely, by halves, and with a reset.

use portolan::packet::tcp::{Flags, SeqNum, Timestamps};
use portolan::socket::Errno;
use portolan::units::Time;

use super::{config, connect, listen, pair};
use crate::support::lab::{CLIENT, Lab, SERVER, final_ack, segment, server};

fn soon(lab: &mut Lab) {
    lab.run(Time::from_ms(500));
}

#[test]
fn a_half_closed_connection_still_carries_data_back() {
    let mut lab = Lab::new(&config());
    let (client, accepted) = pair(&mut lab);
    lab.call(CLIENT, move |os| os.shutdown(client)).expect("connected");
    soon(&mut lab);
    assert_eq!((lab.count(CLIENT, "FIN-WAIT-2"), lab.count(SERVER, "CLOSE-WAIT")), (1, 1));
    assert_eq!(lab.call(SERVER, move |os| os.receive(accepted, 100)), Ok(0), "the end");
    assert_eq!(lab.call(CLIENT, move |os| os.send(client, 1)), Err(Errno::EPIPE));
    assert_eq!(lab.call(SERVER, move |os| os.send(accepted, 5000)), Ok(5000));
    soon(&mut lab);
    assert_eq!(lab.call(CLIENT, move |os| os.receive(client, 10_000)), Ok(5000));
    lab.call(SERVER, move |os| os.close(accepted));
    soon(&mut lab);
    assert_eq!(lab.call(CLIENT, move |os| os.receive(client, 1)), Ok(0));
    assert_eq!((lab.count(CLIENT, "TIME-WAIT"), lab.count(SERVER, "CLOSED")), (1, 1));
    // Measured: 61.09 s.
    lab.run(Time::from_secs(62));
    assert_eq!(lab.count(CLIENT, "TIME-WAIT"), 0);
}

#[test]
fn to_close_with_unread_data_is_to_reset() {
    let mut lab = Lab::new(&config());
    let (client, accepted) = pair(&mut lab);
    lab.call(CLIENT, move |os| os.send(client, 100)).expect("room");
    soon(&mut lab);
    lab.call(SERVER, move |os| os.close(accepted));
    soon(&mut lab);
    let last = lab.seen.last().expect("a reset");
    assert!(last.segment.flags.rst && last.from == server(80), "{last:?}");
    assert_eq!(lab.call(CLIENT, move |os| os.receive(client, 1)), Err(Errno::ECONNRESET));
    assert_eq!(lab.count(CLIENT, "CLOSED") + lab.count(SERVER, "CLOSED"), 2);
}

#[test]
fn an_abort_is_a_reset_and_then_a_broken_pipe() {
    let mut lab = Lab::new(&config());
    let (client, accepted) = pair(&mut lab);
    lab.call(CLIENT, move |os| os.abort(client));
    soon(&mut lab);
    assert_eq!(lab.call(SERVER, move |os| os.receive(accepted, 1)), Err(Errno::ECONNRESET));
    assert_eq!(lab.call(SERVER, move |os| os.send(accepted, 1)), Err(Errno::EPIPE));
}

#[test]
fn a_listener_that_closes_resets_whom_it_has_not_accepted() {
    let mut lab = Lab::new(&config());
    let listener = listen(&mut lab, 16);
    let client = connect(&mut lab, 80);
    soon(&mut lab);
    lab.peer_sends(5000, segment(Flags::SYN, 3000, 0));
    lab.call(SERVER, move |os| os.close(listener));
    soon(&mut lab);
    assert_eq!(lab.call(CLIENT, move |os| os.receive(client, 1)), Err(Errno::ECONNRESET));
    // The half-open one is forgotten without a word; its ACK finds nobody.
    let answers = lab.answers(5000);
    assert_eq!(answers.len(), 1);
    lab.peer_sends(5000, final_ack(&answers[0].1));
    assert!(lab.answers(5000)[1].1.flags.rst);
}

#[test]
fn data_for_a_process_that_is_gone_are_answered_with_a_reset() {
    let mut lab = Lab::new(&config());
    let (client, accepted) = pair(&mut lab);
    lab.call(SERVER, move |os| os.close(accepted));
    soon(&mut lab);
    assert_eq!(lab.call(CLIENT, move |os| os.send(client, 100)), Ok(100));
    soon(&mut lab);
    assert_eq!(lab.call(CLIENT, move |os| os.send(client, 100)), Err(Errno::EPIPE));
}

/// A connection of the peer that the server has closed first.
fn server_in_time_wait() -> Lab {
    let mut lab = Lab::new(&config());
    let listener = listen(&mut lab, 16);
    lab.peer_sends(5000, segment(Flags::SYN, 3000, 0));
    let (_, syn_ack) = lab.answers(5000)[0];
    lab.peer_sends(5000, final_ack(&syn_ack));
    lab.call(SERVER, move |os| {
        let (accepted, _) = os.accept(listener).expect("established");
        os.close(accepted);
    });
    let mut goodbye = final_ack(&syn_ack);
    goodbye.flags = Flags::FIN_ACK;
    goodbye.ack = goodbye.ack.wrapping_add(1);
    lab.peer_sends(5000, goodbye);
    assert_eq!(lab.count(SERVER, "TIME-WAIT"), 1);
    lab
}

#[test]
fn time_wait_gives_way_to_a_newer_syn() {
    let mut lab = server_in_time_wait();
    let mut newer = segment(Flags::SYN, 500_000, 0);
    newer.options.timestamps = Some(Timestamps { value: 1002, echo: 0 });
    lab.peer_sends(5000, newer);
    let (_, answer) = *lab.answers(5000).last().expect("an answer");
    assert_eq!((answer.flags, answer.ack), (Flags::SYN_ACK, SeqNum::new(500_001)));

    let mut lab = server_in_time_wait();
    let mut old = segment(Flags::SYN, 2000, 0);
    old.options.timestamps = None;
    lab.peer_sends(5000, old);
    let (_, answer) = *lab.answers(5000).last().expect("an answer");
    assert_eq!(answer.flags, Flags::ACK, "an old duplicate is told where things stand");
}
