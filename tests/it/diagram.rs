//! Ladder diagrams: what the documentation shows is what is drawn now, and the options do what
//! they say.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The diagrams of `docs/diagrams.md`: their names and how they are made.
const SHOWN: [(&str, &str); 5] = [
    ("handshake", "handshake --flow ask --until 1.5s"),
    ("lost-syn", "lost-syn --flow second"),
    ("teardown", "teardown --flow brief"),
    ("fast-recovery", "fast-recovery --flow long --until 900ms"),
    ("zero-window", "zero-window --flow writer --until 2.6s"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn diagram(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portolan"))
        .arg("diagram")
        .args(arguments)
        .output()
        .expect("the binary that cargo has built")
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn refusal(arguments: &[&str]) -> String {
    let output = diagram(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    String::from_utf8(output.stderr).expect("text")
}

/// A file of the documentation is `now`; it is renewed if snapshots are.
fn check(path: &Path, now: &str) {
    if std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always") {
        fs::write(path, now).expect("a file to renew");
    }
    let shown = fs::read_to_string(path).unwrap_or_default();
    let name = path.display();
    assert!(
        shown == now,
        "{name} is not what is drawn now; look at it after\n  INSTA_UPDATE=always cargo test --test it diagram"
    );
}

/// The page with the block that shows `command` showing `text`.
fn with_block(page: &str, command: &str, text: &str) -> String {
    let opening = format!("```console\n$ {command}\n");
    let (before, rest) = page.split_once(&opening).unwrap_or_else(|| panic!("no {opening}"));
    let (_, after) = rest.split_once("```").expect("a block ends");
    format!("{before}{opening}{text}```{after}")
}

#[test]
fn the_diagrams_of_the_documentation_are_what_is_drawn() {
    let page = root().join("docs/diagrams.md");
    let mut text = fs::read_to_string(&page).expect("the page");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("diagrams");
    fs::create_dir_all(&folder).expect("a folder");
    for (name, arguments) in SHOWN {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let printed = stdout(&diagram(&arguments));
        for line in printed.lines() {
            assert!(line.chars().count() <= 80, "{name}: too wide: {line}");
        }
        check(&root().join(format!("docs/diagrams/{name}.txt")), &printed);
        let drawn: PathBuf = folder.join(format!("{name}.svg"));
        let file = drawn.to_str().expect("a path");
        stdout(&diagram(&[&arguments[..], &["--svg", file]].concat()));
        let drawn = fs::read_to_string(&drawn).expect("a picture");
        check(&root().join(format!("docs/diagrams/{name}.svg")), &drawn);
        let command = format!("portolan diagram {}", arguments.join(" "));
        assert!(text.contains(&format!("](diagrams/{name}.svg)")), "{name} is not shown");
        text = with_block(&text, &command, &printed);
    }
    check(&page, &text);
}

#[test]
fn a_lost_syn_shows_the_cross_the_timer_and_the_states() {
    let text = stdout(&diagram(&["lost-syn", "--flow", "second"]));
    let line = |words: &str| {
        text.lines()
            .position(|line| line.contains(words))
            .unwrap_or_else(|| panic!("{words}: {text}"))
    };
    let order = ["SYN-SENT", "✗ lost on the link", "RTO 1 s", "SYN-RECEIVED", "TIME-WAIT"];
    let places: Vec<usize> = order.into_iter().map(line).collect();
    assert!(places.is_sorted(), "{places:?}\n{text}");
    assert!(text.contains("retransmission after timeout"), "{text}");
}

#[test]
fn routers_between_can_be_shown() {
    let arguments = ["fast-recovery", "--until", "160ms", "--nodes", "alice,r1,bob"];
    let text = stdout(&diagram(&arguments));
    assert!(
        text.lines().any(|line| {
            let names: Vec<&str> = line.split_whitespace().collect();
            names == ["alice", "r1", "bob"]
        }),
        "{text}"
    );
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn every_packet_is_shown_if_wanted_but_not_more_than_can_be_read() {
    let all = stdout(&diagram(&["fast-recovery", "--until", "2s", "--all"]));
    assert!(all.contains("more packets after"), "{all}");
    assert!(all.lines().count() < 1000);
    let part = stdout(&diagram(&["fast-recovery", "--from", "550ms", "--until", "560ms", "--all"]));
    assert!(!part.contains("SYN"), "{part}");
}

#[test]
fn what_cannot_be_drawn_is_told() {
    assert!(refusal(&["lost-syn"]).contains("this scenario has first, second"));
    assert!(refusal(&["lost-syn", "--flow", "third"]).contains("there is no flow `third`"));
    assert!(refusal(&["lost-syn", "--flow", "first", "--connection", "7"]).contains("has only 1"));
    assert!(refusal(&["lost-syn", "--flow", "first", "--nodes", "alice"]).contains("two nodes"));
    assert!(refusal(&["lost-syn", "--flow", "first", "--width", "7"]).contains("--width 7"));
    let early = refusal(&["lost-syn", "--flow", "second", "--until", "1s"]);
    assert!(early.contains("sends nothing"), "{early}");
    let backwards = ["lost-syn", "--flow", "second", "--from", "2s", "--until", "1s"];
    assert!(refusal(&backwards).contains("not before"));
}

#[test]
fn a_host_that_talks_to_itself_has_two_lifelines() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("diagram-loopback.toml");
    let text = "duration = '5s'\nnodes = { alice = 'host', bob = 'host' }\n[links.alice--bob]\n\
        [apps.server]\nkind = 'tcp-server'\non = 'bob'\nport = 80\n\
        [apps.client]\nkind = 'tcp-client'\non = 'bob'\nto = 'bob:80'\nsize = '10B'\n";
    fs::write(&file, text).expect("a scenario");
    let text = stdout(&diagram(&[file.to_str().expect("a path")]));
    let is_heading = |line: &str| line.split_whitespace().eq(["bob", "bob"]);
    assert!(text.lines().any(is_heading), "{text}");
    assert!(text.contains("├── SYN seq=0") && text.contains("SYN-ACK seq=0 ack=1 ──┤"), "{text}");
    assert!(text.contains("SYN-SENT") && text.contains("SYN-RECEIVED"), "{text}");
}

#[test]
fn the_same_run_gives_the_same_picture() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let drawn = ["diagram-1.svg", "diagram-2.svg"].map(|name| {
        let path = folder.join(name);
        let file = path.to_str().expect("a path").to_owned();
        stdout(&diagram(&["tcp-vs-udp", "--flow", "tcp", "--seed", "3", "--svg", &file]));
        fs::read(path).expect("a picture")
    });
    assert!(drawn[0] == drawn[1]);
    assert!(drawn[0].starts_with(b"<svg "));
}
