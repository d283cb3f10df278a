//! Independent readers agree on packets, bytes and connections.

use std::collections::BTreeSet;

use crate::cases::Run;
use crate::tools::{output, present};
use crate::truth::segment_of;
use portolan::scenario::Options;
use portolan::scenario::builtin;

fn run(name: &str) -> Run {
    let found = builtin::find(name).unwrap_or_else(|| panic!("no scenario {name}"));
    let scenario = found.load(&Options::default()).expect("no faults");
    Run::of(scenario, 20_000)
}

#[test]
fn capinfos_counts_the_same_packets_and_bytes() {
    if !present(&["capinfos"]) {
        return;
    }
    for name in ["two-services", "spanning-tree", "teardown"] {
        let run = run(name);
        for (node, seen) in &run.truth.files {
            let path = run.file(node);
            let path = path.to_str().expect("a path in text");
            // -c packets, -d bytes on the wire, -M whole numbers, -Tmr a table without its head.
            let line = output("capinfos", &["-c", "-d", "-M", "-T", "-m", "-r", path]);
            let fields: Vec<&str> = line.trim().split(',').map(|f| f.trim_matches('"')).collect();
            let bytes: u64 = seen.iter().map(|seen| seen.packet.length() + 14).sum();
            let expected = [seen.len().to_string(), bytes.to_string()];
            assert_eq!(fields[1..], expected, "{name}/{node}: {line}");
        }
    }
}

#[test]
fn tcptrace_finds_the_same_connections() {
    if !present(&["tcptrace", "editcap"]) {
        return;
    }
    for (name, node) in [("teardown", "alice"), ("sack", "bob1"), ("backlog-overflow", "bob")] {
        let run = run(name);
        let segments: Vec<_> =
            run.truth.files[node].iter().filter_map(|seen| segment_of(&seen.packet)).collect();
        let pairs: BTreeSet<_> =
            segments.iter().map(|((from, to, _), _)| (from.min(to), from.max(to))).collect();
        // It reads the older format only.
        let old = run.folder.path().join("old.pcap");
        let (new, old) = (run.file(node), old.to_str().expect("a path in text"));
        output("editcap", &["-F", "pcap", new.to_str().expect("a path in text"), old]);
        let told = output("tcptrace", &["-n", "-l", old]);
        let total = |label: &str| -> u64 {
            let lines = told.lines().filter(|line| line.contains(label));
            let numbers = lines.flat_map(|line| line.split(label).skip(1));
            numbers.filter_map(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).sum()
        };
        assert_eq!(total("total packets:"), 2 * segments.len() as u64, "{name}: {told}");
        let connections = told
            .lines()
            .filter(|line| {
                line.starts_with("TCP connection ") && line.ends_with(':') && !line.contains("info")
            })
            .count();
        assert_eq!(connections, pairs.len(), "{name}: {told}");
        let bytes: u64 = segments.iter().map(|(_, segment)| u64::from(segment.data_length)).sum();
        assert_eq!(total("actual data bytes:"), bytes, "{name}: {told}");
    }
}
