//! Files are whole or not there, and memory does not grow with them.

use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
use pcap_file::pcapng::blocks::interface_description::InterfaceDescriptionOption;
use pcap_file::pcapng::{Block, PcapNgReader};

use super::*;
use crate::scenario::{Options, Scenario, load};

const LINE: &str = r#"
duration = "1s"
nodes = { alice = "host", r1 = "router", bob = "host" }
[links.alice--r1]
rate = "100Mbps"
[links.r1--bob]
rate  = "1Mbps"
queue = "2p"
[apps.sink]
kind = "udp-server"
on   = "bob"
port = 9
[apps.stream]
kind = "cbr"
on   = "alice"
to   = "bob:9"
size = "500B"
interval = "1ms"
[record]
capture = ["alice", "r1:eth1"]
"#;

fn scenario(text: &str) -> Scenario {
    let no_files = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    load(text.as_bytes(), "test.toml", &no_files, &Options::default())
        .unwrap_or_else(|error| panic!("{}", error.render(false, 80)))
}

/// A file as it is read back.
struct File {
    name: String,
    interfaces: Vec<String>,
    /// Length on the wire, length in the file, packets dropped before.
    packets: Vec<(u32, usize, u64)>,
}

/// Runs `text` and reads the files.
fn captured(text: &str, all: bool, snap: Option<u32>) -> Vec<File> {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = scenario(text);
    let mut simulation = Simulation::new(scenario.plan.clone());
    let choice = match all {
        true => Choice::everything(&scenario.plan),
        false => Choice::default_of(&scenario),
    };
    let mut capture =
        Capture::start(folder.path(), &simulation, &choice, snap, "a test").expect("starts");
    simulation.run_until(scenario.duration, &mut capture);
    let files = capture.finish(simulation.now()).expect("finishes");
    let mut read = Vec::new();
    for file in files {
        let path = file.path().to_path_buf();
        file.commit().expect("commits");
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).expect("reads");
        let mut reader = PcapNgReader::new(bytes.as_slice()).expect("a section");
        let (mut interfaces, mut packets) = (Vec::new(), Vec::new());
        while let Some(block) = reader.next_block() {
            match block.expect("well made") {
                Block::InterfaceDescription(block) => {
                    interfaces.extend(block.options.iter().find_map(|option| match option {
                        InterfaceDescriptionOption::IfName(name) => Some(name.to_string()),
                        _ => None,
                    }));
                }
                Block::EnhancedPacket(block) => {
                    let drops = block.options.iter().map(|option| match option {
                        EnhancedPacketOption::DropCount(count) => *count,
                        _ => 0,
                    });
                    packets.push((block.original_len, block.data.len(), drops.sum()));
                }
                _ => {}
            }
        }
        read.push(File { name, interfaces, packets });
    }
    read
}

#[test]
fn a_scenario_chooses_what_is_captured() {
    let files = captured(LINE, false, None);
    let names: Vec<_> =
        files.iter().map(|file| (file.name.as_str(), file.interfaces.join(" "))).collect();
    assert_eq!(names, [("alice.pcapng", "eth0 lo".into()), ("r1.eth1.pcapng", "eth1".into())]);
    let all = captured(LINE, true, None);
    let names: Vec<_> = all.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["alice.pcapng", "r1.eth0.pcapng", "r1.eth1.pcapng", "bob.pcapng"]);
}

#[test]
fn what_found_the_queue_full_is_counted_by_the_next_that_goes_out() {
    let files = captured(LINE, false, None);
    let sent = files[0].packets.iter().filter(|(length, ..)| *length == 542).count() as u64;
    let router = &files[1].packets;
    let passed_on = router.iter().filter(|(length, ..)| *length == 542).count() as u64;
    let dropped: u64 = router.iter().map(|(_, _, drops)| drops).sum();
    assert!((950..=1050).contains(&sent) && dropped > 500, "{sent} {dropped}");
    // The rest waits or has been dropped since the last one went out.
    assert!(sent - passed_on - dropped < 10, "{sent} {passed_on} {dropped}");
}

#[test]
fn packets_are_cut_where_that_is_wanted() {
    for (length, captured, _) in &captured(LINE, false, Some(60))[0].packets {
        assert_eq!(*captured, (*length as usize).min(60));
    }
    for (length, captured, _) in &captured(LINE, false, None)[0].packets {
        assert_eq!(*captured, *length as usize);
    }
}

#[test]
fn a_large_capture_keeps_the_headers_of_all_packets() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = scenario(LINE);
    let mut simulation = Simulation::new(scenario.plan.clone());
    let choice = Choice::default_of(&scenario);
    let mut capture =
        Capture::start(folder.path(), &simulation, &choice, None, "a test").expect("starts");
    capture.whole = 100_000;
    simulation.run_until(scenario.duration, &mut capture);
    assert!(capture.cuts_packets());
    let files = capture.finish(simulation.now()).expect("finishes");
    let length = std::fs::metadata(folder.path().join(FOLDER)).expect("a folder").len();
    assert!(length > 0 && files.len() == 2);
}

#[test]
fn captures_of_older_runs_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let captures = folder.path().join(FOLDER);
    std::fs::create_dir(&captures).expect("a folder");
    for name in ["old.pcapng", "new.pcapng", "notes.txt"] {
        std::fs::write(captures.join(name), "x").expect("writes");
    }
    remove_others(folder.path(), &[captures.join("new.pcapng")]);
    let mut left: Vec<_> = std::fs::read_dir(&captures)
        .expect("reads")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    assert_eq!(left, ["new.pcapng", "notes.txt"]);
    remove_others(&folder.path().join("nowhere"), &[]);
}
