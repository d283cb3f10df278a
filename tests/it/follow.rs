//! `portolan follow`: a packet's life, its kin, its end.

use crate::trace::{refusal, stdout};

/// The number of the first packet in a trace whose line contains all these words.
fn number(trace: &[&str], words: &[&str]) -> String {
    let text = stdout(&[&["trace"], trace].concat());
    let line = text
        .lines()
        .find(|line| words.iter().all(|word| line.contains(word)))
        .unwrap_or_else(|| panic!("no line of {trace:?} has {words:?}"));
    let number = line.split_whitespace().nth(1).expect("a number");
    number.trim_start_matches('#').to_owned()
}

fn follow(scenario: &str, packet: &str) -> String {
    let text = stdout(&["follow", scenario, "--packet", packet]);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "too wide: {line}");
    }
    text
}

#[test]
fn a_datagram_that_is_delivered() {
    let packet = number(&["two-services", "--until", "50ms"], &["alice:eth0", ".7: UDP"]);
    let text = follow("two-services", &packet);
    assert!(text.contains("delivered to bob:7/udp") && text.contains("TTL 64 -> 63"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn a_segment_that_is_lost_and_sent_again() {
    let packet = number(&["fast-recovery", "--until", "6s"], &["Drop"]);
    let text = follow("fast-recovery", &packet);
    assert!(text.contains("dropped: lost on the link"), "{text}");
    assert!(text.contains("the same data, sent again (fast retransmission)"), "{text}");
    insta::assert_snapshot!(text);
    let again = text.lines().find_map(|line| {
        line.contains("sent again").then(|| line.split_whitespace().next().expect("a number"))
    });
    let again = again.expect("the other").trim_start_matches('#').to_owned();
    let other = follow("fast-recovery", &again);
    assert!(other.contains(&format!("#{packet} ")), "kin of each other: {other}");
    assert!(other.contains("the same data, sent before: dropped at r1->bob"), "{other}");
}

#[test]
fn a_datagram_in_fragments() {
    let whole = follow("fragmentation", "1");
    assert!(whole.contains("cut into #2 #4 #5"), "{whole}");
    let first = follow("fragmentation", "2");
    let part = follow("fragmentation", "8");
    assert!(part.contains("a fragment of #2"), "{part}");
    insta::assert_snapshot!(format!("{whole}\n{first}\n{part}"));
}

#[test]
fn a_frame_that_a_hub_repeats() {
    let packet = number(&["hub-vs-switch", "--flow", "hub12"], &["a1:eth0", "Out", "UDP"]);
    let text = follow("hub-vs-switch", &packet);
    assert!(text.contains("a hub's repetition of"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn questions_that_are_answered() {
    for words in ["ARP, Request", "echo request", "echo reply", "time exceeded"] {
        let packet = number(&["traceroute"], &[words]);
        let text = follow("traceroute", &packet);
        assert!(text.contains("arrived at"), "{words}: {text}");
    }
}

/// Every drop of a trace has the same reason in the life of its packet.
#[test]
fn the_reason_is_the_same_in_both() {
    for scenario in ["udp-loss", "port-queue", "filtered-port", "closed-port", "hub-vs-switch"] {
        let trace = stdout(&["trace", scenario]);
        let drop = trace.lines().find(|line| line.contains(" Drop "));
        let drop = drop.unwrap_or_else(|| panic!("{scenario} drops nothing"));
        let reason = drop.split(", dropped: ").nth(1).expect("a reason");
        let packet = drop.split_whitespace().nth(1).expect("a number");
        let text = follow(scenario, packet);
        let end = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(end.contains(&format!("dropped: {reason}")), "{scenario}: {text}");
    }
}

#[test]
fn a_number_that_no_packet_has() {
    let told = refusal(&["follow", "handshake", "--packet", "99"]);
    assert!(told.contains("numbered up to #14"), "{told}");
    assert!(refusal(&["follow", "handshake", "--packet", "x"]).contains("--packet"));
    let same = stdout(&["follow", "handshake", "--packet", "#4"]);
    assert_eq!(same, stdout(&["follow", "handshake", "--packet", "4"]));
}
