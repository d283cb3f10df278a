use super::super::send_queue::FIRST_DATA;
use super::late::Late;
use super::*;

fn queue() -> SendQueue {
    let mut queue = SendQueue::new(1000);
    queue.next = FIRST_DATA;
    queue.unacknowledged = FIRST_DATA;
    queue.written = 101;
    (0..10).for_each(|_| queue.sent(Time::ZERO, 10, false));
    queue
}

fn sack(queue: &mut SendQueue, blocks: &[Range]) -> u64 {
    queue.mark_sacked(blocks, &mut Delivery::default())
}

#[test]
fn three_overtaking_segments_mean_a_loss() {
    let mut queue = queue();
    assert_eq!(sack(&mut queue, &[(11, 31)]), 20);
    assert!(!queue.mark_overtaken(3, 10));
    assert_eq!(sack(&mut queue, &[(11, 41)]), 10);
    assert!(queue.mark_overtaken(3, 10));
    assert_eq!(queue.next_lost(), Some(0));
    assert_eq!(queue.pipe(), 60);
    queue.resent(0, Time::ZERO, false);
    assert_eq!((queue.next_lost(), queue.pipe()), (None, 70));
    queue.acknowledge(41, &mut Delivery::default());
    assert_eq!(queue.pipe(), queue.in_flight());
}

#[test]
fn blocks_that_grow_and_merge_are_marked_once() {
    let mut queue = queue();
    assert_eq!(sack(&mut queue, &[(21, 31)]), 10);
    assert_eq!(sack(&mut queue, &[(41, 51), (21, 31)]), 10);
    // Half a segment marks nothing until the rest comes.
    assert_eq!(sack(&mut queue, &[(41, 56), (21, 31)]), 0);
    assert_eq!(sack(&mut queue, &[(21, 71)]), 30);
    assert_eq!(queue.sacked(), 50);
    assert_eq!(queue.sacked_segments(), 5);
    assert_eq!(sack(&mut queue, &[(11, 71)]), 10);
}

#[test]
fn what_was_sent_before_the_latest_arrival_is_late() {
    let mut queue = queue();
    let at = |ms, end| Cutoff { latest: (Time::from_ms(ms), end), sent: Some(Time::ZERO) };
    // Of those sent at the same time, those with an earlier end.
    assert_eq!(queue.mark_late(at(0, 31)), Late { lost: true, pending: false });
    assert_eq!((queue.next_lost(), queue.pipe()), (Some(0), 80));
    queue.resent(0, Time::from_ms(5), true);
    queue.resent(1, Time::from_ms(6), true);
    let late = queue.mark_late(Cutoff { sent: None, ..at(6, 0) });
    assert_eq!(late, Late { lost: false, pending: true });
    let late = queue.mark_late(Cutoff { sent: Some(Time::from_ms(5)), ..at(6, 0) });
    assert_eq!(late, Late { lost: true, pending: false });
    assert_eq!(queue.next_lost(), Some(0));
}

#[test]
fn a_timeout_loses_all_but_what_arrived() {
    let mut queue = queue();
    sack(&mut queue, &[(21, 31)]);
    queue.mark_all_lost(None);
    assert_eq!(queue.pipe(), 0);
    queue.resent(0, Time::ZERO, false);
    queue.resent(1, Time::ZERO, false);
    assert_eq!((queue.next_lost(), queue.pipe()), (Some(3), 20));
}

#[test]
fn a_receiver_that_forgets_is_not_believed() {
    let mut queue = queue();
    sack(&mut queue, &[(1, 11)]);
    queue.mark_all_lost(None);
    assert_eq!(queue.next_lost(), Some(0));
}

#[test]
fn an_empty_queue_holds_no_memory() {
    let mut queue = queue();
    queue.resent(0, Time::ZERO, true);
    queue.acknowledge(101, &mut Delivery::default());
    assert_eq!(queue.flight.capacity(), 0);
    assert!(queue.board.trouble.is_none());
}
