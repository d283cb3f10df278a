use super::super::lab::{Lab, faults, marks};
use super::*;

/// 8 Mbit/s and packets of a frame's length, all at once at time 0.
fn full(parameters: &str, packets: u32) -> Lab {
    let mut lab = Lab::of("codel", parameters);
    for _ in 0..packets {
        lab.offer(0, 1000);
    }
    lab
}

/// The times \[ms\] at which packets are dropped, if one leaves every 10 ms until `end`.
fn drop_times(lab: &mut Lab, end: u64) -> Vec<u64> {
    let mut times = Vec::new();
    while lab.now < Time::from_ms(end) {
        lab.wait(10);
        lab.send();
        for (_, reason) in lab.dropped() {
            assert_eq!(reason, DropReason::Overdue);
            times.push(lab.now.as_ns() / 1_000_000);
        }
    }
    times
}

/// RFC 8289 by hand. Above the target from 10 ms on, so the first drop is at 110 ms, the next at 110 + 100 = 210; then come
/// 210 + 100/√2 = 280.7, + 100/√3 = 338.4, + 100/√4 = 388.4, + 100/√5 = 433.2, 474.0, 511.8, 547.1. Every 10 ms somebody
/// looks.
#[test]
fn drops_follow_the_control_law() {
    let mut lab = full("", 100);
    assert_eq!(drop_times(&mut lab, 550), [110, 210, 290, 340, 390, 440, 480, 520, 550]);
}

/// Late drops are caught up with one after the other, in one call.
#[test]
fn several_drops_may_be_due_at_once() {
    let mut lab = full("", 100);
    lab.wait(10);
    lab.send();
    lab.wait(100);
    assert_eq!(lab.send(), Some(2), "1 is dropped");
    lab.dropped();
    // Due by then: 210, 280.7, 338.4 and 388.4.
    lab.wait(280);
    assert_eq!(lab.send(), Some(7));
    assert_eq!(lab.dropped().len(), 4);
}

#[test]
fn one_short_wait_ends_it() {
    let mut lab = full("", 13);
    assert_eq!(drop_times(&mut lab, 110), [110]);
    assert_eq!((lab.send(), lab.backlog()), (Some(12), (0, 0)), "11 left before, 1 was dropped");
    // Packets that wait 4 ms only: never too long.
    for _ in 0..50 {
        lab.offer(0, 1000);
        lab.offer(0, 1000);
        lab.wait(4);
        lab.send();
        lab.send();
    }
    assert_eq!(lab.dropped(), []);
}

/// After four drops in a row a short break; when it begins again, it begins with the rate that it came to.
#[test]
fn it_remembers_the_rate_for_a_while() {
    let mut lab = full("", 39);
    assert_eq!(drop_times(&mut lab, 340), [110, 210, 290, 340]);
    assert_eq!((lab.send(), lab.backlog()), (Some(38), (0, 0)));
    // When no more than a frame was left, the dropping state ended.
    for _ in 0..60 {
        lab.offer(0, 1000);
    }
    // 350 ms is the first long wait, so dropping begins at 450. The count was 4 and began at 1: it begins with 3, and the next
    // comes 100/√3 = 57.7 ms later, the one after it 100/√4 = 50 ms later still.
    let times = drop_times(&mut lab, 570);
    assert_eq!(times, [450, 510, 560]);
}

#[test]
fn it_forgets_after_sixteen_intervals() {
    let mut lab = full("", 39);
    assert_eq!(drop_times(&mut lab, 340), [110, 210, 290, 340]);
    assert_eq!((lab.send(), lab.backlog()), (Some(38), (0, 0)));
    lab.wait(2000);
    for _ in 0..60 {
        lab.offer(0, 1000);
    }
    assert_eq!(drop_times(&mut lab, 2640), [2450, 2550, 2630]);
}

#[test]
fn a_single_frame_is_never_too_long() {
    let mut lab = Lab::of("codel", "");
    for _ in 0..100 {
        lab.offer(0, 500);
        lab.offer(0, 500);
        lab.offer(0, 500);
        lab.wait(50);
        // What stays is 1000 bytes, one frame, and then less.
        assert!(lab.send().is_some() && lab.send().is_some() && lab.send().is_some());
    }
    assert_eq!(lab.dropped(), []);
}

#[test]
fn marks_in_the_place_of_drops() {
    let mut lab = Lab::of("codel", "ecn = true");
    lab.ecn = true;
    for _ in 0..100 {
        lab.offer(0, 1000);
    }
    let mut times = Vec::new();
    while lab.now < Time::from_ms(440) {
        lab.wait(10);
        if lab.take().is_some_and(|packet| packet.mark == Some(MarkReason::Overdue)) {
            times.push(lab.now.as_ns() / 1_000_000);
        }
    }
    assert_eq!((times, lab.dropped()), (vec![110, 210, 290, 340, 390, 440], vec![]));
    // Those that cannot be marked are dropped all the same.
    let mut lab = full("ecn = true", 100);
    assert_eq!(drop_times(&mut lab, 220), [110, 210]);
}

#[test]
fn marks_all_that_waited_beyond_the_ce_threshold() {
    let mut lab = Lab::of("codel", "ce-threshold = '1ms'");
    lab.ecn = true;
    lab.offer(0, 1000);
    lab.wait(1);
    lab.offer(0, 1000);
    assert_eq!(lab.take().expect("a packet").mark, None, "1 ms is not longer than 1 ms");
    lab.wait(2);
    assert_eq!(marks(&mut lab), [Some(MarkReason::Threshold)]);
}

#[test]
fn the_limit_holds_and_faults_are_told() {
    let mut lab = full("limit = '2p'", 3);
    assert_eq!((lab.dropped(), lab.backlog()), (vec![(2, DropReason::QueueFull)], (2, 2000)));
    assert_eq!(faults("codel", "target = '100ms'"), ["target"]);
    assert_eq!(faults("codel", "interval = '0s'"), ["interval"]);
}
