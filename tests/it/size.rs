//! The size of a queue: what is found, that it is kept, and what is said when there is none.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// A long transfer, and arrivals at random beside it.
const SCENARIO: &str = "duration = '3s'\n[nodes]\na = 'host'\nr = 'router'\nb = 'host'\n\
    [links.a--r]\ndelay = '1ms'\n[links.r--b]\nrate = '8Mbps'\ndelay = '9ms'\nqueue = '50p'\n\
    [apps.sink]\nkind = 'tcp-server'\non = 'b'\nport = 5001\n\
    [apps.bulk]\nkind = 'tcp-client'\non = 'a'\nto = 'b:5001'\ntcp = { congestion = 'reno' }\n\
    [apps.noise]\nkind = 'poisson'\non = 'a'\nto = 'b:9'\ninterval = '5ms'\nsize = '500B'\n\
    [apps.hear]\nkind = 'udp-server'\non = 'b'\nport = 9\n";

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("size").join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder");
    fs::write(path.join("net.toml"), SCENARIO).expect("a scenario");
    path
}

fn size(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
    command.current_dir(dir).args(["size", "net.toml", "--link", "r--b"]).args(arguments);
    command.output().expect("the binary that cargo has built")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn done(dir: &Path, arguments: &[&str]) -> String {
    let output = size(dir, arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output)
}

/// The size in the last lines of an answer.
fn found(text: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with("The ")).expect("an answer");
    let (_, rest) = line.split_once(": ").expect("a size");
    rest.split('p').next().expect("a number").parse().expect(line)
}

const TARGET: [&str; 2] = ["--target", "utilization >= 97%"];

#[test]
fn the_smallest_queue_is_found_and_kept_beside_the_rules_of_thumb() {
    let dir = folder("table");
    let text = done(&dir, &TARGET);
    insta::assert_snapshot!("size", text);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert_eq!(fs::read_dir(&dir).expect("the folder").count(), 1, "nothing is kept unasked");
    let quiet = done(&dir, &[&TARGET[..], &["-q"]].concat());
    assert!(text.ends_with(&quiet) && quiet.lines().count() <= 3, "{quiet}");
}

#[test]
fn threads_and_interruptions_change_nothing_and_runs_are_used_again() {
    let dir = folder("resume");
    let with = |more: &[&str]| done(&dir, &[&TARGET[..], more].concat());
    let one = with(&["--jobs", "1", "--out", "one"]);
    assert_eq!(with(&["--jobs", "4", "--out", "four"]), one);
    let read = |file: &str| fs::read_to_string(dir.join(file)).expect(file);
    assert_eq!(read("one/results.csv"), read("four/results.csv"));
    assert_eq!(read("one/sizes.csv"), read("four/sizes.csv"));
    let refused = size(&dir, &["--out", "one"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("--resume"), "{}", stderr(&refused));
    // Another target may use the runs that are there, and they stay as they are.
    let other = ["--target", "loss <= 2%", "--out", "one", "--resume"];
    let loss = done(&dir, &other);
    assert_ne!(loss, one);
    assert_eq!(done(&dir, &[&other[..2], &["--out", "fresh"]].concat()), loss);
    assert_eq!(with(&["--out", "one", "--resume"]), one);
    assert_eq!(read("one/results.csv"), read("four/results.csv"));
    fs::write(dir.join("net.toml"), SCENARIO.replace("5ms", "4ms")).expect("another scenario");
    let refused = size(&dir, &["--out", "one", "--resume"]);
    assert!(stderr(&refused).contains("the scenario differs"), "{}", stderr(&refused));
    let merged = Command::new(env!("CARGO_BIN_EXE_portolan"))
        .current_dir(&dir)
        .args(["sweep", "merge", "one/size.sqlite", "--out", "all"])
        .output()
        .expect("the binary that cargo has built");
    assert!(stderr(&merged).contains("is not the store of a sweep"), "{}", stderr(&merged));
}

#[test]
fn a_search_that_is_killed_goes_on_and_ends_the_same() {
    let dir = folder("killed");
    let narrow = ["--target", "utilization >= 97%", "--seeds", "30"];
    let whole = done(&dir, &narrow);
    let log = dir.join("parts/size.sqlite-wal");
    for part in 1..=3 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_portolan"))
            .current_dir(&dir)
            .args(["size", "net.toml", "--link", "r--b", "--out", "parts", "--resume"])
            .args(narrow)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary that cargo has built");
        while child.try_wait().expect("a process").is_none()
            && fs::metadata(&log).map_or(0, |log| log.len()) < part * 100_000
        {
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().expect("SIGKILL");
        assert!(!child.wait().expect("a process").success(), "killed while it works");
    }
    assert_eq!(done(&dir, &[&narrow[..], &["--out", "parts", "--resume"]].concat()), whole);
}

#[test]
fn waits_ask_for_the_largest_queue_and_sizes_in_bytes_are_frames() {
    let dir = folder("waits");
    let packets = done(&dir, &["--target", "p99_wait <= 20ms"]);
    assert!(packets.contains("The largest queue with p99_wait <= 20ms"), "{packets}");
    // A full frame takes 1.518 ms: some 13 of them, and more of the short ones between.
    let size = found(&packets);
    assert!((10..=20).contains(&size), "{size}");
    let bytes = done(&dir, &["--target", "p99_wait <= 20ms", "--bytes"]);
    let line = bytes.lines().find(|line| line.starts_with("The largest")).expect("an answer");
    let limit = line.split(": ").nth(1).and_then(|it| it.split(' ').next()).expect("a size");
    let limit: portolan::units::Bytes = limit.parse().expect(line);
    assert_eq!(limit.get() % 1518, 0, "{line}");
    assert!((10..=16).contains(&(limit.get() / 1518)), "{line}");
}

#[test]
fn what_cannot_be_reached_is_told_with_what_was() {
    let dir = folder("unreachable");
    let output = size(&dir, &["--target", "utilization >= 100%", "--max", "12p"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let told = stderr(&output);
    assert!(told.contains("no queue up to 12p surely has utilization >= 100%: at 12p"), "{told}");
    assert!(stdout(&output).contains("missed"), "{}", stdout(&output));
    let both = ["--target", "utilization >= 97%", "--target", "p99_wait <= 2ms"];
    let output = size(&dir, &both);
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output);
    assert!(told.contains("no queue meets all targets") && told.contains("p99_wait is"), "{told}");
    let never = size(&dir, &["--target", "mean_wait <= 1ns"]);
    assert!(stderr(&never).contains("not even a queue of 1p"), "{}", stderr(&never));
}

#[test]
fn without_chance_it_is_told_that_runs_do_not_differ() {
    let dir = folder("chance");
    let still = ["--set", "apps.noise.start=4s", "--set", "duration=2s"];
    let text = done(&dir, &still);
    insta::assert_snapshot!("size-without-chance", text);
    for word in ["surely", "95 %", "±"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    let quiet = done(&dir, &[&still[..], &["-q"]].concat());
    assert!(quiet.contains("(nothing is left to chance)"), "{quiet}");
}

#[test]
fn sizes_that_the_discipline_refuses_are_not_tried() {
    let dir = folder("red");
    let red = "links.r--b.queue={ kind = 'red', limit = '90kB', min = '5kB', max = '20kB', \
               avpkt = '1000B', burst = 10 }";
    let with = |more: &[&str]| size(&dir, &[&["--bytes", "--set", red], more].concat());
    let output = with(&["--target", "utilization >= 10%"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    // 14 frames of 1518 bytes are the first that hold 20 kB.
    let (text, notes) = (stdout(&output), stderr(&output));
    assert!(text.contains(": 21252B ("), "{text}");
    assert!(text.contains("this queue cannot be smaller"), "{text}");
    assert!(notes.contains("is left out: 21252B is the smallest that this queue can"), "{notes}");
    assert!(notes.contains("20000 bytes are above the limit"), "{notes}");
    let output = with(&["--max", "15kB"]);
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("--max 15kB: 21252B is the smallest that this queue can be"), "{told}");
    let output = with(&["--target", "p99_wait <= 1us"]);
    let told = stderr(&output);
    assert!(told.contains("not even a queue of 21252B, which cannot be smaller, surely"), "{told}");
}

#[test]
fn faults_say_what_to_write_instead() {
    let dir = folder("faults");
    for (arguments, expected) in [
        (&["--link", "r-b"] as &[&str], "no link is called `r-b`; did you mean `r--b`?"),
        (&["--direction", "b->a"], "there are r->b and b->r"),
        (&["--target", "speed >= 3"], "`speed` is no measure"),
        (&["--target", "loss <= 1"], "write for example \"loss <= 100%\""),
        (&["--target", "utilization >= 98"], "write for example \"utilization >= 98%\""),
        (&["--target", "98%"], "write a measure, >= or <=, and a value"),
        (&["--max", "1MB"], "sizes are counted in packets"),
        (&["--max", "10p", "--bytes"], "sizes are counted in bytes"),
        (&["--warm-up", "3s"], "a run takes 3s"),
        (&["--seeds", "1"], "of one run there is no interval"),
        (&["--set", "links.r--b.queue={kind=\"prio\"}"], "has no limit of its own"),
        (&["--set", "apps.bulk.start=9s", "--set", "apps.noise.start=9s"], "nothing crosses"),
        (&["--set", "apps.bluk.start=9s"], "`bluk`"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
        command.current_dir(&dir).args(["size", "net.toml"]).args(arguments);
        if !arguments.contains(&"--link") {
            command.args(["--link", "r--b"]);
        }
        let output = command.output().expect("the binary that cargo has built");
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(expected), "{arguments:?}: {told}");
    }
}
