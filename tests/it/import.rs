//! Captures of a real Linux, imported: the same conversation takes place again.
//!
//! What each capture shows is in its name. Whatever a replay does otherwise is listed with the reason.

use std::fs;
use std::path::Path;

use portolan::import::read::{Capture, ReadError, read};
use portolan::import::{Comparison, Imported, scenario};
use portolan::observe::results::Summary;
use proptest::prelude::*;

use crate::support::run;

fn bytes(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    fs::read(folder.join(format!("{name}.pcapng"))).expect(name)
}

fn capture(name: &str) -> Capture {
    read(&bytes(name)[..]).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn import(name: &str) -> Imported {
    scenario(&capture(name), name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Runs an imported scenario; whatever it expects must be so.
fn judged(name: &str, imported: &Imported) -> Summary {
    let summary = run(&imported.text);
    for expectation in &summary.expectations {
        assert!(expectation.holds, "{name}: {} ({})", expectation.that, expectation.actual);
    }
    summary
}

/// The only conversation of a capture.
fn only(name: &str, imported: &Imported) -> Comparison {
    assert_eq!(imported.untried, None, "{name}");
    let [only] = &imported.comparisons[..] else { panic!("{name}: {:?}", imported.comparisons) };
    only.clone()
}

/// The bytes of both ends, who wrote what in which order, how many segments with data and how many of
/// them again, and when, within 5 % or a tick of 4 ms.
#[test]
fn the_same_conversation_takes_place_again() {
    for name in [
        "baseline-10seg",
        "drop-syn",
        "drop-syn-twice",
        "drop-fin-client",
        "drop-last-ack",
        "drop-seg1-of-10",
        "drop-seg1-3-5-of-10",
        "drop-last-2-of-10",
        "drop-all-10-once",
        "drop-first-3-acks-of-data",
        "drop-all-acks-of-first-flight",
        "drop-final-ack-server-speaks-first",
        "nosack-drop-seg1-3-5-of-10",
        "classic-reno-warm-drop-seg1-of-3-2-dupacks",
        "blackhole-single-segment-tcp-retries2-5",
        "half-close",
        "so-linger-0-close-rst",
        "data-to-fully-closed-peer",
        "delayed-ack-after-pingpong",
        "opts-no-sack",
        "reject-82",
        "drop-ack-of-fin-from-server",
        "zero-window-probes",
    ] {
        let imported = import(name);
        let differences = only(name, &imported).differences();
        assert!(differences.is_empty(), "{name}: {differences:#?}\n{}", imported.text);
        let summary = judged(name, &imported);
        assert!(!summary.expectations.is_empty(), "{name} expects nothing");
    }
}

/// What differs, and why.
#[test]
fn the_exception_is_known() {
    // The server's own timer sends the SYN-ACK again 1 s after the first; that of Linux runs up to
    // 32 ms late, so that there the client's second SYN comes before it.
    let (name, allowed) = ("drop-synack", "sent again: [1, 0] captured, [1, 1] replayed");
    let imported = import(name);
    assert_eq!(only(name, &imported).differences(), [allowed]);
    judged(name, &imported);
}

/// Several connections at a time, of which the listener had no room for all.
#[test]
fn an_overflow_is_replayed_as_losses() {
    let imported = import("accept-queue-full");
    assert!(imported.comparisons.len() > 3);
    for comparison in &imported.comparisons {
        assert!(comparison.differences().is_empty(), "{comparison:#?}\n{}", imported.text);
    }
    judged("accept-queue-full", &imported);
}

/// The link loses the packet that was lost.
#[test]
fn losses_are_found() {
    for (name, line) in [
        ("drop-syn", "forward.loss = { kind = \"list\", packets = [1] }"),
        ("drop-seg1-of-10", "forward.loss = { kind = \"list\", packets = [3] }"),
        ("drop-last-2-of-10", "forward.loss = { kind = \"list\", packets = [11, 12] }"),
        // Told by the timestamp that the SYN-ACK echoes, and by identification numbers.
        ("drop-synack", "backward.loss = { kind = \"list\", packets = [1] }"),
        ("drop-ack-of-fin-from-server", "backward.loss = { kind = \"list\", packets = [4] }"),
        // Its receiver sent again what it acknowledges.
        ("drop-last-ack", "forward.loss = { kind = \"list\", packets = [6] }"),
    ] {
        let text = import(name).text;
        assert!(text.contains(line), "{name}:\n{text}");
    }
    // Later acknowledgments did the work of those that were lost: nothing tells of them.
    for name in ["baseline-10seg", "drop-first-3-acks-of-data"] {
        let text = import(name).text;
        assert!(!text.contains("loss"), "{text}");
    }
}

#[test]
fn a_scenario_is_made_to_be_read() {
    insta::assert_snapshot!("import-half-close", import("half-close").text);
    insta::assert_snapshot!("import-closed-udp-port", import("closed-1000").text);
}

/// The datagrams of a closed UDP port go out again, and the same ICMP errors come back.
#[test]
fn datagrams_are_replayed() {
    let imported = import("closed-1000");
    let summary = judged("closed-1000", &imported);
    let flow = &summary.flows["talk"];
    assert_eq!((flow.packets_sent, flow.errors), (2, 2), "{}", imported.text);
}

/// The same scenario every time.
#[test]
fn importing_twice_gives_the_same_bytes() {
    for name in ["drop-all-10-once", "half-close"] {
        assert_eq!(import(name).text, import(name).text);
    }
}

#[test]
fn broken_files_are_told_with_the_packet_and_a_remedy() {
    let whole = bytes("baseline-10seg");
    let told = |bytes: &[u8]| read(bytes).expect_err("a fault").to_string();
    assert!(told(b"").contains("neither a pcap nor a pcapng"));
    assert!(told(b"PK\x03\x04 a zip").contains("tcpdump -w"));
    let cut = told(&whole[..whole.len() - 40]);
    assert!(cut.contains("in the middle of packet") && cut.contains("editcap"), "{cut}");
    let mut late = whole.clone();
    let last = late.len() - 60;
    late[last..].fill(0xff);
    assert!(told(&late).contains("packet"), "{}", told(&late));
    // Every beginning of a file is read or refused, never worse.
    for length in 0..whole.len() {
        match read(&whole[..length]) {
            Ok(capture) => drop(scenario(&capture, "cut")),
            Err(ReadError::NotACapture) => assert!(length < 4, "{length}"),
            Err(_) => {}
        }
    }
}

/// A pcap file with these packets, a second apart.
fn pcap(link: u8, packets: &[Vec<u8>]) -> Vec<u8> {
    let seconds = (0..).map(|second| second * 1_000_000);
    pcap_at(link, &Vec::from_iter(seconds.zip(packets.iter().cloned())))
}

/// A pcap file with packets at these times \[us\].
fn pcap_at(link: u8, packets: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    file.extend(65_535_u32.to_le_bytes());
    file.extend([link, 0, 0, 0]);
    for (time, packet) in packets {
        file.extend((time / 1_000_000).to_le_bytes());
        file.extend((time % 1_000_000).to_le_bytes());
        // The whole was longer than what was kept: the reader must not mind.
        file.extend((packet.len() as u32).to_le_bytes());
        file.extend((packet.len() as u32 + 100_000).to_le_bytes());
        file.extend(packet);
    }
    file
}

const SYN: u8 = 2;
const ACK: u8 = 16;

/// A segment between port 4000 of 10.0.0.1 and port 80 of 10.0.0.2 of which only headers were kept.
fn segment(from_client: bool, flags: u8, (seq, ack): (u32, u32), data: u16) -> Vec<u8> {
    let [from, to] = if from_client { [1, 2] } else { [2, 1] };
    let [low, high] = (40 + data).to_le_bytes();
    let mut packet =
        vec![0x45, 0, high, low, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, from, 10, 0, 0, to];
    let ports: [u16; 2] = if from_client { [4000, 80] } else { [80, 4000] };
    packet.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
    packet.extend(seq.to_be_bytes());
    packet.extend(ack.to_be_bytes());
    packet.extend([0x50, flags, 0xfa, 0xf0, 0, 0, 0, 0]);
    packet
}

/// Captured 10 ms from the client and 30 ms from the server: a router stands there in the replay, and
/// the segment that was lost behind it is lost there. Sequence numbers go round on the way.
#[test]
fn a_capture_from_the_middle_has_a_router_there() {
    let client = |seq: u32| u32::MAX.wrapping_add(seq);
    let packets = [
        (0, segment(true, SYN, (client(0), 0), 0)),
        (60_000, segment(false, SYN | ACK, (7000, client(1)), 0)),
        (80_000, segment(true, ACK, (client(1), 7001), 0)),
        (80_000, segment(true, ACK, (client(1), 7001), 100)),
        (140_000, segment(false, ACK, (7001, client(101)), 0)),
        (145_000, segment(false, ACK, (7001, client(101)), 200)),
        (165_000, segment(true, ACK, (client(101), 7201), 0)),
        (300_000, segment(true, ACK, (client(101), 7201), 50)),
        (584_000, segment(true, ACK, (client(101), 7201), 50)),
        (644_000, segment(false, ACK, (7201, client(151)), 0)),
    ];
    let capture = read(&pcap_at(101, &packets)[..]).expect("a capture");
    let imported = scenario(&capture, "middle").expect("a scenario");
    let text = &imported.text;
    for line in [
        "[links.client--tap]\ndelay   = \"10ms\"",
        "[links.server--tap]\ndelay   = \"30ms\"",
        "backward.loss = { kind = \"list\", packets = [5] }",
        "{ from = \"client\", size = \"100B\" }",
        "{ from = \"server\", size = \"200B\", after = \"5ms\" }",
        "{ from = \"client\", size = \"50B\", after = \"135ms\" }",
        "tcp  = { sack = false, timestamps = false, window-scaling = false }",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_eq!(only("middle", &imported).differences(), [""; 0], "{text}");
    judged("middle", &imported);
}

/// An echo request from 10.0.0.1 to 10.0.0.2, without checksums.
fn echo_request(sequence: u8) -> Vec<u8> {
    let mut packet = vec![0x45, 0, 0, 84, 0, 1, 0x40, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    packet.extend([8, 0, 0, 0, 0, 7, 0, sequence]);
    packet
}

/// Ethernet, raw IP, Linux cooked in both versions, and both loopback headers lead to the same.
#[test]
fn all_link_layers_are_read() {
    let sll = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0];
    let sll2 = [8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
    let ethernet = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    let headers: [(u8, &[u8]); 6] = [
        (1, &ethernet),
        (101, &[]),
        (113, &sll),
        (0, &[2, 0, 0, 0]),
        (9, &[0x00, 0x21]),
        (9, &[0xff, 0x03, 0x00, 0x21]),
    ];
    for (link, header) in headers {
        let packets: Vec<_> = (0..3).map(|n| [header, &echo_request(n)].concat()).collect();
        let capture = read(&pcap(link, &packets)[..]).expect("a capture");
        assert_eq!(capture.packets.len(), 3, "link type {link}");
        let text = scenario(&capture, "pings").expect("a scenario").text;
        let flow = &run(&text).flows["ping"];
        assert_eq!((flow.packets_sent, flow.packets_delivered), (3, 3), "{text}");
    }
    let mut file = pcap(0, &[[&sll2[..], &echo_request(1)].concat()]);
    file[20..24].copy_from_slice(&276_u32.to_le_bytes());
    assert_eq!(read(&file[..]).expect("SLL2").packets.len(), 1);
    file[20..24].copy_from_slice(&105_u32.to_le_bytes());
    let told = read(&file[..]).expect_err("802.11").to_string();
    assert!(told.contains("packet 1 has the link layer 105"), "{told}");
}

/// Captures of our own: what was simulated, captured and imported is simulated again, and all that the
/// import expects of it is so.
#[test]
fn captures_of_our_own_come_back_as_the_same_conversations() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("import-own");
    for name in [
        "handshake",
        "teardown",
        "lost-syn",
        "fast-recovery",
        "zero-window",
        "nagle-delayed-ack",
        "two-services",
        "many-services",
        "udp-loss",
    ] {
        let out = folder.join(name);
        let run = ["run", name, "-q", "--plots", "none", "--record", "none", "--pcap", "--out"];
        assert_eq!(portolan(&run, &[&out]).status.code(), Some(0), "{name}");
        let file = out.join("again.toml");
        let _ = fs::remove_file(&file);
        let import = [&out.join("captures/alice.pcapng"), Path::new("-o"), &file];
        assert_eq!(portolan(&["import"], &import).status.code(), Some(0), "{name}");
        let told = portolan(&["run"], &[&file]);
        assert_eq!(told.status.code(), Some(0), "{}", String::from_utf8_lossy(&told.stdout));
    }
}

fn portolan(words: &[&str], paths: &[&Path]) -> std::process::Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_portolan"));
    command.args(words).args(paths).output().expect("the binary that cargo has built")
}

/// From the command line: a file that is not overwritten, and runs.
#[test]
fn the_command_writes_a_scenario_that_runs() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("import");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("half-close.toml");
    let capture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures/half-close.pcapng");
    let portolan = |arguments: &[&std::ffi::OsStr]| {
        let output =
            std::process::Command::new(env!("CARGO_BIN_EXE_portolan")).args(arguments).output();
        output.expect("the binary that cargo has built")
    };
    let import = ["import".as_ref(), capture.as_os_str(), "-o".as_ref(), file.as_os_str()];
    assert_eq!(portolan(&import).status.code(), Some(0));
    assert_eq!(portolan(&["run".as_ref(), file.as_os_str()]).status.code(), Some(0));
    let again = portolan(&import);
    assert_eq!(again.status.code(), Some(2), "it may have been edited");
    assert!(String::from_utf8_lossy(&again.stderr).contains("exists already"));
    let printed = portolan(&["import".as_ref(), capture.as_os_str()]).stdout;
    assert_eq!(printed, fs::read(&file).expect("the scenario"));
    let no_capture = portolan(&["import".as_ref(), file.as_os_str()]);
    assert_eq!(no_capture.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&no_capture.stderr).contains("neither a pcap nor a pcapng"));
}

/// What is no IPv4 is counted and told.
#[test]
fn what_cannot_be_replayed_is_named() {
    let ipv6 = [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd][..], &[0x60; 60]].concat();
    let capture = read(&pcap(1, &[ipv6.clone(), ipv6])[..]).expect("a capture");
    let imported = scenario(&capture, "six").expect("a scenario");
    assert!(imported.text.contains("2 IPv6 packets"), "{}", imported.text);
    assert!(imported.untried.is_some_and(|why| why.contains("2 IPv6 packets")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// A capture with bytes changed anywhere is read or refused, and what is read is imported into a
    /// scenario that loads.
    #[test]
    fn damaged_captures_do_no_harm(
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..30),
        which in 0_usize..3,
    ) {
        let mut file = bytes(["drop-seg1-of-10", "half-close", "closed-1000"][which]);
        for (place, byte) in damage {
            let place = place.index(file.len());
            file[place] = byte;
        }
        if let Ok(capture) = read(&file[..]) {
            let name = "a \"strange\\ name\n";
            if let Ok(imported) = scenario(&capture, name) {
                let told = imported.untried.unwrap_or_default();
                prop_assert!(!told.contains("not right"), "{}\n{}", told, imported.text);
            }
        }
    }

    /// The same of any bytes after the magic number.
    #[test]
    fn any_bytes_do_no_harm(
        magic in 0_usize..3,
        rest in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let magics = [[0x0a, 0x0d, 0x0d, 0x0a], [0xd4, 0xc3, 0xb2, 0xa1], [0xa1, 0xb2, 0x3c, 0x4d]];
        let file = [&magics[magic][..], &rest].concat();
        if let Ok(capture) = read(&file[..]) {
            let _ = scenario(&capture, "noise");
        }
    }
}
