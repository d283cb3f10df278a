//! The command as a user meets it: what it prints where, what it writes, how it exits.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn portolan(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portolan"))
        .args(arguments)
        .output()
        .expect("the binary that cargo has built")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder");
    path
}

#[test]
fn run_prints_tables_within_eighty_columns() {
    for name in ["hello", "port-queue", "abilene", "traceroute"] {
        let output = portolan(&["run", name, "-v"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        for line in stdout(&output).lines() {
            assert!(line.chars().count() <= 80, "{name}: too wide: {line}");
        }
        assert!(!stdout(&output).contains('\u{1b}'), "no colour where nobody watches");
    }
}

#[test]
fn json_is_all_that_goes_to_standard_output() {
    let output = portolan(&["run", "port-queue", "--json"]);
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("only JSON");
    assert_eq!(summary["scenario"], "port-queue");
    assert!(summary["timing"]["run_seconds"].is_number());
    assert!(summary["ports"]["bob:7000/udp"]["dropped"].as_u64() > Some(0));
}

#[test]
fn a_result_folder_holds_everything_and_its_plots_can_be_drawn_again() {
    let dir = folder("results");
    let out = dir.join("out");
    let out = out.to_str().expect("a path");
    let output = portolan(&["run", "port-queue", "--out", out, "-q"]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(0), String::new()));
    assert_eq!(stderr(&output), "");
    let told = stderr(&portolan(&["run", "port-queue", "--out", out, "--json"]));
    assert_eq!(told, format!("results are in {out}\n"));
    let read = |name: &str| fs::read(Path::new(out).join(name)).expect(name);
    let summary: serde_json::Value = serde_json::from_slice(&read("summary.json")).expect("JSON");
    assert!(summary.get("timing").is_none(), "timing differs from run to run");
    assert!(read("series.csv").starts_with(b"time_s,path,value\n"));
    let drawn = read("plots/ports.svg");
    fs::remove_dir_all(Path::new(out).join("plots")).expect("plots to remove");
    assert_eq!(portolan(&["plot", out]).status.code(), Some(0));
    assert_eq!(read("plots/ports.svg"), drawn);
    assert_eq!(portolan(&["plot", out, "--plots", "png"]).status.code(), Some(0));
    assert!(read("plots/ports.png").starts_with(b"\x89PNG"));
}

#[test]
fn check_notes_what_will_not_work() {
    let dir = folder("check-notes");
    let path = dir.join("doubtful.toml");
    let text = "duration = '1s'\n[nodes]\na = 'host'\nserver = 'host'\n[links.a--server]\n[apps]\n\
        web = { kind = 'http-server', on = 'server', port = 80 }\n\
        second-web = { kind = 'http-server', on = 'server', port = 'http' }\n\
        x = { kind = 'http-client', on = 'a', to = 'server:8080' }\n\
        y = { kind = 'tcp-client', on = 'a', to = '10.99.0.1:80' }\n";
    fs::write(&path, text).expect("a scenario");
    let output = portolan(&["check", path.to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(0), "a note is no error");
    let told = stdout(&output);
    let notes: Vec<&str> = told.lines().skip(1).collect();
    insta::assert_snapshot!(notes.join("\n"));
    for name in ["closed-port", "port-scan", "filtered-port", "trojan-port", "port-knock"] {
        assert!(!stdout(&portolan(&["check", name])).contains("note:"), "{name} means it");
    }
}

#[test]
fn the_next_command_after_new_can_be_pasted() {
    let dir = folder("new-with-a-space");
    let name = dir.join("my lab");
    let name = name.to_str().expect("a path");
    let told = stdout(&portolan(&["new", name]));
    assert!(told.contains(&format!("  portolan check '{name}.toml'\n")), "{told}");
}

#[test]
fn exit_codes_tell_what_happened() {
    let dir = folder("exit-codes");
    let failing = dir.join("failing.toml");
    let text = "duration = '1s'\n[nodes]\na = 'host'\nb = 'host'\n[links.a--b]\n\
        [[expect]]\nthat = \"links['a--b']['a->b'].packets > 5\"\nbecause = 'nobody sends'\n";
    fs::write(&failing, text).expect("a scenario");
    let path = failing.to_str().expect("a path");
    assert_eq!(portolan(&["run", path]).status.code(), Some(1));
    assert!(stdout(&portolan(&["run", path])).contains("nobody sends"));
    for bad in [
        &["run", "no-such-scenario"][..],
        &["run", path, "--set", "links.a--b.rat=1Mbps"],
        &["run", path, "--until", "soon"],
        &["run"],
        &["frobnicate"],
        &["show", "helo"],
        &["plot", "/nonexistent"],
        &["route", "hello", "--from", "alice", "--to", "bbo"],
    ] {
        let output = portolan(bad);
        assert_eq!(output.status.code(), Some(2), "{bad:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{bad:?}");
    }
    let output = portolan(&["run", "hello", "--out", "/dev/null/out"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
}

#[test]
fn set_and_seed_and_until_change_the_run() {
    let json = |arguments: &[&str]| -> serde_json::Value {
        let mut all = vec!["run", "port-queue", "--json"];
        all.extend(arguments);
        serde_json::from_slice(&portolan(&all).stdout).expect("JSON")
    };
    assert_eq!(json(&["--seed", "5"])["seed"], 5);
    assert_eq!(json(&["--until", "2s"])["simulated_seconds"], 2.0);
    let wide = json(&["--set", "apps.slow.buffer=10MB"]);
    assert_eq!(wide["ports"]["bob:7000/udp"]["dropped"], 0);
}

#[test]
fn the_small_commands_say_what_they_should() {
    let list = stdout(&portolan(&["list"]));
    let places: Vec<_> =
        list.lines().map_while(|line| line.find("  ").map(|at| line[at..].trim_start())).collect();
    let columns = list.lines().zip(&places).map(|(line, title)| line.len() - title.len());
    assert_eq!(columns.collect::<std::collections::BTreeSet<_>>().len(), 1, "{list}");
    assert!(list.lines().any(|line| line.starts_with("port-queue")));
    assert!(stdout(&portolan(&["show", "hello"])).contains("[nodes]"));
    assert!(stderr(&portolan(&["show", "helo"])).contains("did you mean `hello`?"));
    assert!(stdout(&portolan(&["completions", "bash"])).contains("complete"));
    let manual = stdout(&portolan(&["man"]));
    assert!(manual.starts_with(".ie"));
    assert!(manual.contains("\\-\\-until") && !manual.contains("run(1)"), "options of commands");
    assert!(stderr(&portolan(&["check", "helo"])).contains("did you mean `hello`?"));
    let schema: serde_json::Value =
        serde_json::from_slice(&portolan(&["schema"]).stdout).expect("a JSON Schema");
    assert!(schema["properties"]["links"].is_object());
    let checked = portolan(&["check", "hello", "abilene"]);
    assert_eq!(stdout(&checked).lines().count(), 2);
    let path = stdout(&portolan(&["route", "hello", "--from", "alice", "--to", "bob"]));
    assert!(path.contains("arrived"), "{path}");
    let no_path = portolan(&["route", "hub-vs-switch", "--from", "switch", "--to", "a1"]);
    assert_eq!(no_path.status.code(), Some(2));
    let broken = ["route", "abilene", "--from", "uw", "--to", "columbia", "--at", "20500ms"];
    assert!(stdout(&portolan(&broken)).contains("eth2 of denver is down"));
    let tables = stdout(&portolan(&["route", "hello", "--at", "1s"]));
    assert!(tables.contains("default via") && tables.contains("REACHABLE"), "{tables}");
}

#[test]
fn sockets_shows_what_ss_would() {
    let shown = stdout(&portolan(&["sockets", "port-queue", "--at", "2s", "--host", "bob"]));
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], "bob");
    assert!(lines[1].starts_with("Netid State") && lines[1].contains("Recv-Q"), "{shown}");
    assert!(lines[2].contains("0.0.0.0:7000") && lines[2].ends_with("slow"), "{shown}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{shown}");
    let all = stdout(&portolan(&["sockets", "port-queue", "--at", "2s"]));
    assert!(all.contains("\nalice\n") || all.starts_with("alice\n"), "{all}");
    for (bad, says) in [
        (&["--at", "2s", "--host", "bbo"][..], "did you mean `bob`?"),
        (&["--at", "soon"], "--at"),
        (&[], "--at"),
    ] {
        let arguments = [&["sockets", "port-queue"][..], bad].concat();
        let output = portolan(&arguments);
        assert_eq!((output.status.code(), stdout(&output)), (Some(2), String::new()), "{bad:?}");
        assert!(stderr(&output).contains(says), "{bad:?}: {}", stderr(&output));
    }
}

#[test]
fn a_folder_called_like_a_builtin_scenario_hides_nothing() {
    let dir = folder("same-name");
    let command = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_portolan"))
            .args(arguments)
            .current_dir(&dir)
            .output()
            .expect("the binary that cargo has built")
    };
    for _ in 0..2 {
        let output = command(&["run", "hello", "--out", "hello", "-q", "--plots", "none"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
}

#[test]
fn what_cannot_be_written_is_told_before_anything_else() {
    let dir = folder("no-place");
    let file = dir.join("file");
    fs::write(&file, "").expect("a file");
    let output = portolan(&["run", "hello", "--out", file.to_str().expect("a path")]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(3), String::new()));
    assert!(stderr(&output).contains("a file where a folder is needed"), "{}", stderr(&output));
    let deep = dir.join("a/b");
    let output = portolan(&["new", deep.to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("there is no folder"), "{}", stderr(&output));
}

/// A log on a full disk: nobody can be told, and nothing else suffers.
#[test]
fn a_standard_error_that_is_full_stops_nothing() {
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else {
        eprintln!("skipped: there is no /dev/full here");
        return;
    };
    let code = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
        let stderr = full.try_clone().expect("a handle");
        command.args(arguments).stderr(stderr).output().expect("it runs").status.code()
    };
    let out = folder("full-stderr").join("out");
    let out = out.to_str().expect("a path");
    assert_eq!(code(&["run", "hello", "--until", "20s", "--plots", "none", "--out", out]), Some(0));
    assert!(fs::exists(format!("{out}/summary.json")).expect("a folder"));
    assert_eq!(code(&["run", "nowhere"]), Some(2));
    assert_eq!(code(&["follow", "hello"]), Some(2));
}

#[test]
fn options_of_no_effect_are_told() {
    let output = portolan(&["run", "hello", "--until", "20s", "--record", "all"]);
    assert_eq!(output.status.code(), Some(0));
    let wrong = stderr(&portolan(&["run", "hello", "--seed", "-1"]));
    assert!(wrong.contains("a whole number from 0"), "{wrong}");
    let told = stderr(&output);
    assert!(told.contains("--set duration=20s"), "{told}");
    assert!(told.contains("--record has no effect without --out"), "{told}");
}

#[test]
fn new_writes_a_scenario_that_runs_and_overwrites_nothing() {
    let dir = folder("new");
    let path = dir.join("lab");
    let name = path.to_str().expect("a path");
    assert_eq!(portolan(&["new", name]).status.code(), Some(0));
    let file = dir.join("lab.toml");
    assert_eq!(portolan(&["run", file.to_str().expect("a path"), "-q"]).status.code(), Some(0));
    let text = fs::read_to_string(&file).expect("the scenario");
    let schema = text.lines().next().and_then(|line| line.strip_prefix("#:schema ./"));
    let schema = fs::read(dir.join(schema.expect("a line for editors"))).expect("the schema");
    assert_eq!(schema, portolan(&["schema"]).stdout);
    let again = portolan(&["new", name]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("exists already"));
}

#[test]
fn every_command_has_help_with_an_example() {
    for command in [
        "run",
        "check",
        "route",
        "sockets",
        "trace",
        "follow",
        "diff",
        "diagram",
        "import",
        "plot",
        "show",
        "new",
        "completions",
    ] {
        let help = stdout(&portolan(&[command, "--help"]));
        let is_there = ["Example:\n  portolan ", "Examples:\n  portolan "];
        assert!(is_there.iter().any(|example| help.contains(example)), "{command}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let script = format!("{} show hello | head -1", env!("CARGO_BIN_EXE_portolan"));
    let output =
        Command::new("sh").args(["-c", &format!("set -e; {script}")]).output().expect("a shell");
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
}
