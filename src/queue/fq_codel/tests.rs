use super::super::lab::{Lab, faults};
use super::*;

#[test]
fn flows_take_turns_by_bytes() {
    let mut lab = Lab::of("fq_codel", "quantum = '1000B'");
    for _ in 0..6 {
        lab.offer(0, 500);
    }
    for _ in 0..3 {
        lab.offer(1, 1000);
    }
    // 0 to 5 are of the first flow, 6 to 8 of the second: two short ones for each long one.
    assert_eq!(lab.send_all(), [0, 1, 6, 2, 3, 7, 4, 5, 8]);
}

/// RFC 8290, section 4.2: a flow that has just begun goes first, for one quantum.
#[test]
fn a_new_flow_goes_first() {
    let mut lab = Lab::of("fq_codel", "");
    for _ in 0..5 {
        lab.offer(0, 1000);
    }
    assert_eq!(lab.send(), Some(0));
    let ping = lab.offer(1, 100);
    assert_eq!(lab.send(), Some(ping));
    // It goes on with one that has used up its turn; the ping's flow waits behind it.
    assert_eq!(lab.send(), Some(1));
    let second = lab.offer(1, 100);
    assert_eq!(lab.send(), Some(second), "it still has 900 bytes of its quantum");
    assert_eq!(lab.send_all(), [2, 3, 4]);
}

/// Section 4.2.2: what is dropped is half of the longest queue, and at most a batch.
#[test]
fn the_longest_queue_makes_room() {
    let mut lab = Lab::of("fq_codel", "limit = '10p'");
    for _ in 0..8 {
        lab.offer(0, 1000);
    }
    lab.offer(1, 1000);
    lab.offer(1, 1000);
    assert_eq!(lab.dropped(), []);
    lab.offer(2, 100);
    let displaced = |number| (number, DropReason::Displaced);
    assert_eq!(lab.dropped(), [0, 1, 2, 3].map(displaced), "4000 of 8000 bytes, from the head");
    assert_eq!(lab.backlog(), (7, 6100));

    let mut lab = Lab::of("fq_codel", "limit = '100p'; memory-limit = '8kB'; drop-batch = 2");
    for _ in 0..9 {
        lab.offer(0, 1000);
    }
    assert_eq!((lab.dropped(), lab.backlog()), ([0, 1].map(displaced).to_vec(), (7, 7000)));
}

/// The flow that fills its queue is the only one that loses packets.
#[test]
fn each_flow_has_its_own_codel() {
    let mut lab = Lab::of("fq_codel", "ecn = false");
    for _ in 0..500 {
        lab.offer(0, 1000);
    }
    let mut light = Vec::new();
    for _ in 0..40 {
        light.push(lab.offer(1, 100));
        lab.wait(10);
        lab.send();
        lab.send();
    }
    let dropped: Vec<u32> = lab.dropped().into_iter().map(|(number, _)| number).collect();
    assert!(dropped.len() >= 4, "{dropped:?}");
    assert!(dropped.iter().all(|number| !light.contains(number)), "{dropped:?}");
}

#[test]
fn faults_are_told() {
    assert_eq!(faults("fq_codel", "flows = 0"), ["flows"]);
    assert_eq!(faults("fq_codel", "flows = 65537"), ["flows"]);
    assert_eq!(faults("fq_codel", "quantum = '0B'; drop-batch = 0"), ["quantum", "drop-batch"]);
}
