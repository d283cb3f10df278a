//! `portolan trace`: lines that look like tcpdump's, neither missing nor doubling anything.

use std::process::{Command, Output};

use serde_json::Value;

pub(crate) fn portolan(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portolan"))
        .args(arguments)
        .output()
        .expect("the binary that cargo has built")
}

/// What a command that ends well prints.
pub(crate) fn stdout(arguments: &[&str]) -> String {
    let output = portolan(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("text")
}

/// What a command that is refused says.
pub(crate) fn refusal(arguments: &[&str]) -> String {
    let output = portolan(arguments);
    let told = String::from_utf8(output.stderr).expect("text");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {told}");
    told
}

fn head(text: &str, lines: usize) -> String {
    text.lines().take(lines).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_handshake() {
    insta::assert_snapshot!(stdout(&["trace", "handshake"]));
}

#[test]
fn states_of_connections_with_v() {
    let text = stdout(&["trace", "handshake", "-v", "--until", "1s"]);
    insta::assert_snapshot!(text);
    assert!(text.contains("SYN-SENT -> ESTABLISHED"), "{text}");
    assert!(text.contains("CLOSED -> SYN-RECEIVED"), "{text}");
}

#[test]
fn drops_on_links() {
    let text = stdout(&["trace", "udp-loss", "--until", "300ms"]);
    let drops: Vec<&str> = text.lines().filter(|line| line.contains(" Drop ")).collect();
    insta::assert_snapshot!(drops.join("\n"));
}

#[test]
fn fragments() {
    insta::assert_snapshot!(stdout(&["trace", "fragmentation", "--until", "20ms"]));
}

#[test]
fn fragments_with_v() {
    let text = stdout(&["trace", "fragmentation", "--until", "20ms", "--node", "r1", "-v"]);
    insta::assert_snapshot!(head(&text, 30));
}

#[test]
fn a_traceroute() {
    insta::assert_snapshot!(stdout(&["trace", "traceroute", "--until", "20ms"]));
}

#[test]
fn dns_and_a_port_that_nobody_has_bound() {
    let dns = stdout(&["trace", "two-services", "--node", "carol", "--port", "domain"]);
    let closed = stdout(&[
        "trace",
        "two-services",
        "--port",
        "9999/udp",
        "--from",
        "100ms",
        "--until",
        "150ms",
    ]);
    insta::assert_snapshot!(format!("{dns}\n{closed}"));
}

#[test]
fn a_hub_repeats_and_a_switch_learns() {
    let hub = stdout(&["trace", "hub-vs-switch", "--flow", "hub12", "-v", "--until", "20ms"]);
    let switch = stdout(&["trace", "hub-vs-switch", "--flow", "switch12", "--until", "20ms"]);
    insta::assert_snapshot!(format!("{}\n\n{}", head(&hub, 14), head(&switch, 8)));
}

#[test]
fn messages_between_switches() {
    insta::assert_snapshot!(head(&stdout(&["trace", "spanning-tree", "--until", "1s"]), 12));
}

#[test]
fn filters_take_lines_away_and_change_none() {
    let squeezed = |arguments: &[&str]| -> Vec<String> {
        let text = stdout(&[&["trace", "two-services", "--until", "300ms"], arguments].concat());
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        text.lines().map(words).collect()
    };
    let all = squeezed(&[]);
    let only = |keep: &dyn Fn(&str) -> bool| -> Vec<String> {
        all.iter().filter(|line| keep(line)).cloned().collect()
    };
    assert_eq!(squeezed(&["--from", "100ms"]), only(&|line| line >= "0.100000"));
    assert_eq!(squeezed(&["--port", "255"]), only(&|line| line.contains(".255: ")));
    let at_carol = only(&|line| line.contains(" carol"));
    assert_eq!(squeezed(&["--node", "carol"]), at_carol);
    assert_eq!(squeezed(&["--port", "255/tcp"]), Vec::<String>::new());
    let either = squeezed(&["--node", "carol", "--node", "alice"]);
    assert_eq!(either, only(&|line| line.contains(" carol") || line.contains(" alice")));
    let stray = squeezed(&["--flow", "stray"]);
    assert!(stray.iter().any(|line| line.contains("udp port 9999 unreachable")), "{stray:#?}");
    assert!(stray.len() < all.len() / 2);
    let short = stdout(&["trace", "two-services", "--until", "100ms"]);
    assert!(stdout(&["trace", "two-services", "--until", "300ms"]).starts_with(&short));
}

/// One object for each line, with the same words, and nothing twice: what is sent arrives or is dropped.
#[test]
fn json_has_an_object_for_each_line() {
    let lines = stdout(&["trace", "udp-loss"]);
    let objects: Vec<Value> = stdout(&["trace", "udp-loss", "--json"])
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    assert_eq!(objects.len(), lines.lines().count());
    let mut before = 0.0;
    for (object, line) in objects.iter().zip(lines.lines()) {
        let time = object["time_s"].as_f64().expect("a time");
        assert!(time >= before, "{line}");
        before = time;
        assert!(line.contains(object["text"].as_str().expect("the packet in words")), "{line}");
        assert!(line.contains(&format!("#{} ", object["packet"])), "{line}");
    }
    let summary = stdout(&["run", "udp-loss", "--json"]);
    let summary: Value = serde_json::from_str(&summary).expect("a summary");
    let count = |event: &str, key: &str, value: &str| -> u64 {
        let counts = |it: &&Value| it["event"] == event && (key.is_empty() || it[key] == value);
        objects.iter().filter(counts).count() as u64
    };
    let links = &summary["links"];
    let lost = links["r1--r2"]["r1->r2"]["drops"]["loss"].as_u64();
    assert_eq!(Some(count("dropped", "reason", "lost on the link")), lost);
    let corrupt = links["alice--r1"]["alice->r1"]["drops"]["corrupt"].as_u64();
    assert_eq!(Some(count("dropped", "reason", "damaged, checksum failed")), corrupt);
    assert_eq!(Some(count("sent", "", "")), summary["engine"]["hops"].as_u64());
    let doubled = count("received", "node", "bob") - count("sent", "link", "r2->bob");
    assert_eq!(Some(doubled), summary["flows"]["stream"]["duplicates"].as_u64());
}

#[test]
fn the_fields_of_json_are_those_of_the_page() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/trace.md"))
        .expect("the page");
    let mut fields = std::collections::BTreeSet::new();
    for (name, until) in
        [("handshake", "6s"), ("udp-loss", "40ms"), ("fragmentation", "20ms"), ("lost-syn", "5s")]
    {
        for line in stdout(&["trace", name, "--json", "-v", "--until", until]).lines() {
            let object: Value = serde_json::from_str(line).expect("an object");
            fields.extend(object.as_object().expect("an object").keys().cloned());
        }
    }
    assert!(fields.len() > 35, "{fields:?}");
    let missing: Vec<_> =
        fields.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/trace.md lacks {missing:?}");
}

#[test]
fn what_cannot_be_traced_is_refused() {
    for (arguments, says) in [
        (&["--node", "bbo"][..], "did you mean `bob`?"),
        (&["--flow", "stary"], "did you mean `stray`?"),
        (&["--port", "domian"], "did you mean `domain`?"),
        (&["--from", "soon"], "--from"),
        (&["--until", "5"], "--until"),
        (&["--from", "2s", "--until", "1s"], "nothing to print"),
    ] {
        let told = refusal(&[&["trace", "two-services"], arguments].concat());
        assert!(told.contains(says), "{arguments:?}: {told}");
    }
}

#[test]
fn a_trace_without_lines_says_so() {
    let output = portolan(&["trace", "hello", "--port", "1"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing to show"));
    assert!(portolan(&["trace", "hello", "--port", "1", "-q"]).stderr.is_empty());
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let script = format!("{} trace port-queue | head -2", env!("CARGO_BIN_EXE_portolan"));
    let output = Command::new("bash")
        .args(["-c", &format!("set -o pipefail; {script}")])
        .output()
        .expect("a shell");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), told), (Some(0), String::new()));
}

#[test]
fn help_has_an_example() {
    for command in ["trace", "follow", "diff"] {
        let help = stdout(&[command, "--help"]);
        assert!(help.contains(&format!(
            "Example:\n  portolan {}",
            if command == "diff" { "diff" } else { "trace" }
        )));
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    }
}

/// What a listener has no room for is dropped before everybody's eyes, as often as it is counted.
#[test]
fn drops_at_listeners() {
    let text = stdout(&["trace", "backlog-overflow"]);
    let drops = text.lines().filter(|line| line.contains("dropped: accept queue full")).count();
    let summary = stdout(&["run", "backlog-overflow", "--json"]);
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    let counted = &summary["ports"]["bob:80/tcp"]["listen"]["syn_dropped"];
    assert_eq!(counted.as_u64(), Some(drops as u64));
    assert!(drops > 0);
    let life = stdout(&["follow", "backlog-overflow", "--packet", "33"]);
    let (own, kin) = life.split_once("Kin").expect("it is sent again");
    assert!(own.contains("dropped: accept queue full") && !own.contains("delivered"), "{life}");
    assert!(kin.contains("delivered to bob:80/tcp"), "{life}");
}
