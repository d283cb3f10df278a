//! Captures tell the story of the run: of losses, of listen queues, of what was said.

use std::collections::BTreeMap;

use portolan::observe::DropReason;
use portolan::run;
use portolan::scenario::Options;
use portolan::scenario::builtin;

use crate::cases::Run;
use crate::tools::{self, output, present};
use crate::truth::segment_of;

fn whole(name: &str) -> Run {
    let found = builtin::find(name).unwrap_or_else(|| panic!("no scenario {name}"));
    Run::of(found.load(&Options::default()).expect("no faults"), u64::MAX)
}

fn tshark(run: &Run, node: &str, more: &[&str]) -> String {
    let path = run.file(node);
    let mut args = vec!["-n", "-r", path.to_str().expect("a path in text")];
    args.extend(more);
    output("tshark", &args)
}

#[test]
fn a_flood_is_the_same_flood() {
    if !present(&["tshark"]) {
        return;
    }
    let run = whole("syn-flood");
    let summary = run::summary(&run.scenario, &run.simulation);
    let table = tshark(&run, "bob", &["-q", "-z", "conv,tcp"]);
    let conversations: Vec<&str> = table.lines().filter(|line| line.contains("<->")).collect();
    let ends = run.truth.files["bob"].iter().filter_map(|seen| segment_of(&seen.packet));
    let syns: std::collections::BTreeSet<_> = ends
        .filter(|(_, segment)| segment.flags.syn && !segment.flags.ack)
        .map(|((from, to, _), _)| (from, to))
        .collect();
    assert!(conversations.len() > 1000, "{table}");
    assert_eq!(conversations.len(), syns.len());
    // The server answers SYNs that it has room for; those it drops are in the summary.
    let dropped = tshark(&run, "bob", &["-Y", "frame.comment contains \"dropped\""]);
    let counted: u64 = run.truth.ended.iter().filter(|(node, ..)| node == "bob").count() as u64;
    assert_eq!(dropped.lines().count() as u64, counted);
    let answered = tshark(&run, "bob", &["-Y", "tcp.flags.syn==1 && tcp.flags.ack==1"]);
    assert!(!answered.is_empty());
    assert!(summary.hosts["bob"].syn_dropped > 1000, "{:?}", summary.hosts["bob"]);
}

#[test]
fn what_was_dropped_is_told_and_counted() {
    if !present(&["tshark"]) {
        return;
    }
    for name in ["bufferbloat", "port-queue", "traceroute", "closed-port", "udp-loss"] {
        let found = builtin::find(name).unwrap_or_else(|| panic!("no scenario {name}"));
        let run = Run::of(found.load(&Options::default()).expect("no faults"), 30_000);
        let mut told: BTreeMap<u64, String> = BTreeMap::new();
        for node in run.truth.files.keys() {
            let fields = ["-T", "fields", "-e", "frame.comment", "-Y", "frame.comment"];
            for line in tshark(&run, node, &fields).lines() {
                for part in line.split('#').filter(|part| part.contains(" dropped: ")) {
                    let (number, why) = part.split_once(" dropped: ").expect("both parts");
                    told.insert(number.parse().expect("a number"), why.to_owned());
                }
            }
        }
        assert!(!run.truth.ended.is_empty(), "{name} drops nothing");
        for (node, number, reason) in &run.truth.ended {
            let why = told.get(number).unwrap_or_else(|| {
                panic!("{name}: no capture tells the end of #{number} at {node}: {reason}")
            });
            assert!(why.starts_with(reason.words()), "{name}: #{number} {why}, not {reason}");
        }
        assert_eq!(told.len(), run.truth.ended.len(), "{name}");
        // What never went out is counted where it would have.
        let counted: u64 = run.truth.files.keys().map(|file| drop_counts(&run, file)).sum();
        let waited = [DropReason::QueueFull, DropReason::LinkDown];
        let ended = run.truth.ended.iter().filter(|(.., reason)| waited.contains(reason)).count();
        let late = ended as u64 - counted;
        assert!(late <= run.truth.files.len() as u64, "{name}: {counted} of {ended} counted");
    }
}

fn drop_counts(run: &Run, file: &str) -> u64 {
    tools::read(&run.file(file)).iter().map(|row| row.dropped).sum()
}

#[test]
fn what_was_said_can_be_read() {
    if !present(&["tshark"]) {
        return;
    }
    let run = whole("many-services");
    let fields = |node: &str, field: &str| {
        let filter = field.to_owned();
        tshark(&run, node, &["-T", "fields", "-e", field, "-Y", &filter])
    };
    let requests = fields("bob", "http.request.method");
    assert!(requests.lines().count() >= 10 && requests.contains("GET"), "{requests}");
    assert!(fields("bob", "http.response.code").contains("200"));
    assert!(fields("bob", "ftp.request.command").contains("USER"));
    assert!(
        fields("bob", "smtp.req.command").contains("HELO")
            || fields("bob", "smtp.req.command").contains("EHLO")
    );
    assert!(fields("bob", "dns.qry.name").contains('.'));
    let stream = tshark(&run, "bob", &["-q", "-z", "follow,tcp,ascii,0"]);
    assert!(stream.contains("Node 0"), "{stream}");
}
