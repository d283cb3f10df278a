//! Sweeps: what is kept when they are killed, divided or joined, and that it is always the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use portolan::observe::results::Summary;
use portolan::run::Nobody;
use portolan::scenario::{Options, builtin};
use portolan::sim::Simulation;
use portolan::units::Time;

/// Random arrivals at a short queue.
const SCENARIO: &str = "duration = '100ms'\n[nodes]\na = 'host'\nb = 'host'\n\
    [links.a--b]\nrate = '8Mbps'\ndelay = '1ms'\nqueue = '5p'\n\
    [apps.send]\nkind = 'poisson'\non = 'a'\nto = 'b:9'\ninterval = '1ms'\nsize = '900B'\n\
    [apps.hear]\nkind = 'udp-server'\non = 'b'\nport = 9\n";

const SWEEP: &str = "title = 'Short queues'\nscenario = 'net.toml'\nseeds = 5\n\
    [vary]\n'links.a--b.queue' = ['2p', '5p', '9p']\n\
    [vary.load]\npath = 'apps.send.interval'\nvalues = ['2ms', '1ms']\nlabels = ['0.5', '1']\n\
    [measure]\nsent = 'flows.send.packets_sent'\n\
    utilization = \"links['a--b']['a->b'].utilization\"\n\
    rtt = 'flows.send.min_rtt_seconds'\n";

/// A folder of this test's own with a scenario and a sweep.
fn folder(name: &str, sweep: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sweep").join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder");
    fs::write(path.join("net.toml"), SCENARIO).expect("a scenario");
    fs::write(path.join("s.toml"), sweep).expect("a sweep");
    path
}

fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
    command.current_dir(dir).arg("sweep").args(arguments);
    command
}

fn sweep(dir: &Path, arguments: &[&str]) -> Output {
    command(dir, arguments).output().expect("the binary that cargo has built")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn done(dir: &Path, arguments: &[&str]) -> String {
    let output = sweep(dir, arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    String::from_utf8(output.stdout).expect("text")
}

fn read(dir: &Path, file: &str) -> String {
    fs::read_to_string(dir.join(file)).expect(file)
}

#[test]
fn a_sweep_prints_a_table_and_writes_every_run() {
    let dir = folder("table", SWEEP);
    let text = done(&dir, &["s.toml"]);
    insta::assert_snapshot!("sweep-table", text);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let results = read(&dir, "s-sweep/results.csv");
    let lines: Vec<&str> = results.lines().collect();
    assert_eq!(lines[0], "cell,links.a--b.queue,load,seed,sent,utilization,rtt");
    assert_eq!(lines.len(), 1 + 6 * 5);
    assert!(lines[1].starts_with("1,2p,0.5,1,") && lines[30].starts_with("6,9p,1,5,"));
    assert!(lines[1..].iter().all(|line| line.ends_with(',')), "no round trips: missing values");
    // The same seed gives the same arrivals in every cell of the same load.
    let sent = |line: &str| line.split(',').nth(4).map(str::to_owned);
    assert_eq!(sent(lines[1]), sent(lines[11]), "common random numbers");
    assert_ne!(sent(lines[1]), sent(lines[2]));
}

#[test]
fn an_axis_that_changes_nothing_is_told() {
    let mtu = "[vary]\n'links.a--b.mtu' = ['1500B', '1400B']\n";
    let dir = folder("idle", &SWEEP.replacen("[vary]\n", mtu, 1));
    let text = done(&dir, &["s.toml"]);
    let told: Vec<&str> = text.lines().filter(|line| line.contains("the same results")).collect();
    assert_eq!(told, [" links.a--b.mtu: all its values give the same results"]);
}

#[test]
fn numbers_of_threads_do_not_matter() {
    let dir = folder("threads", SWEEP);
    done(&dir, &["s.toml", "--jobs", "1", "--out", "one"]);
    done(&dir, &["s.toml", "--jobs", "4", "--out", "four"]);
    assert_eq!(read(&dir, "one/results.csv"), read(&dir, "four/results.csv"));
    assert_eq!(read(&dir, "one/cells.csv"), read(&dir, "four/cells.csv"));
}

/// Waits until the sweep has written so much to its store's log, or has ended.
fn wait_for(child: &mut Child, log: &Path, bytes: u64) {
    while child.try_wait().expect("a process").is_none() {
        if fs::metadata(log).is_ok_and(|log| log.len() >= bytes) {
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_sweep_that_is_killed_goes_on_and_ends_the_same() {
    let text = SWEEP.replace("seeds = 5", "seeds = 100");
    let dir = folder("killed", &text);
    done(&dir, &["s.toml", "--out", "whole"]);
    let log = dir.join("parts/sweep.sqlite-wal");
    let mut killed = 0;
    for part in 1..=3 {
        let mut child = command(&dir, &["s.toml", "--out", "parts", "--resume"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary that cargo has built");
        wait_for(&mut child, &log, part * 300_000);
        child.kill().expect("SIGKILL");
        killed += usize::from(!child.wait().expect("a process").success());
    }
    assert_eq!(killed, 3, "it must be killed while it works");
    assert!(!dir.join("parts/results.csv").exists());
    let refused = sweep(&dir, &["s.toml", "--out", "parts"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("--resume"), "{}", stderr(&refused));
    done(&dir, &["s.toml", "--out", "parts", "--resume"]);
    assert_eq!(read(&dir, "parts/results.csv"), read(&dir, "whole/results.csv"));
    // Once more, with nothing left to do.
    done(&dir, &["s.toml", "--out", "parts", "--resume"]);
    assert_eq!(read(&dir, "parts/cells.csv"), read(&dir, "whole/cells.csv"));
}

/// A disk with little room, or a shell that lets nobody write long files: mounting takes rights that
/// not everybody has.
enum Small {
    Disk(PathBuf),
    Files,
}

impl Small {
    /// Room of 300 kB at `path`.
    fn at(path: &Path) -> Self {
        fs::create_dir_all(path).expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=300k", "tmpfs"]).arg(path);
        let output = mount.output().is_ok_and(|output| output.status.success());
        if output { Self::Disk(path.to_owned()) } else { Self::Files }
    }

    /// Runs a sweep with as little room as there is.
    fn sweep(&self, dir: &Path, arguments: &[&str]) -> Output {
        match self {
            Self::Disk(_) => sweep(dir, arguments),
            Self::Files => {
                let mut shell = Command::new("sh");
                shell.current_dir(dir).args([
                    "-c",
                    "ulimit -f 300; trap '' XFSZ; exec \"$@\"",
                    "sh",
                ]);
                shell.arg(env!("CARGO_BIN_EXE_portolan")).arg("sweep").args(arguments);
                shell.output().expect("a shell")
            }
        }
    }

    /// Makes room.
    fn enlarge(&self) {
        if let Self::Disk(path) = self {
            let mut mount = Command::new("mount");
            let status = mount.args(["-o", "remount,size=64m"]).arg(path).status().expect("mount");
            assert!(status.success());
        }
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        if let Self::Disk(path) = self {
            let _ = Command::new("umount").arg("-l").arg(path).status();
        }
    }
}

#[test]
fn a_full_disk_ends_a_sweep_that_goes_on_when_there_is_room() {
    let text = SWEEP.replace("seeds = 5", "seeds = 50");
    let dir = folder("full", &text);
    done(&dir, &["s.toml", "--out", "whole"]);
    let small = Small::at(&dir.join("disk"));
    let arguments = ["s.toml", "--out", "disk/out", "--resume"];
    for attempt in 1..=2 {
        let output = small.sweep(&dir, &arguments);
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(3), "attempt {attempt}: {told}");
        let expected = match small {
            Small::Disk(_) => "no space left",
            Small::Files => "cannot be written",
        };
        assert!(told.contains(expected) && told.contains("--resume"), "{attempt}: {told}");
        assert!(!dir.join("disk/out/results.csv").exists());
    }
    small.enlarge();
    done(&dir, &arguments);
    assert_eq!(read(&dir, "disk/out/results.csv"), read(&dir, "whole/results.csv"));
}

#[test]
fn shards_joined_are_the_whole() {
    let dir = folder("shards", SWEEP);
    let table = done(&dir, &["s.toml", "--out", "whole"]);
    for shard in ["1/3", "3/3"] {
        done(&dir, &["s.toml", "--out", "parts", "--shard", shard]);
    }
    let early = sweep(&dir, &["merge", "parts", "--out", "joined"]);
    assert_eq!(early.status.code(), Some(3));
    assert!(stderr(&early).contains("10 of 30 runs are missing"), "{}", stderr(&early));
    done(&dir, &["s.toml", "--out", "other", "--shard", "2/3"]);
    let files = ["merge", "other/shard-2-of-3.sqlite", "parts", "--out", "joined"];
    assert_eq!(done(&dir, &files), table);
    assert_eq!(read(&dir, "joined/results.csv"), read(&dir, "whole/results.csv"));
    assert_eq!(read(&dir, "joined/cells.csv"), read(&dir, "whole/cells.csv"));
}

#[test]
fn results_of_different_sweeps_never_mix() {
    let dir = folder("mix", SWEEP);
    done(&dir, &["s.toml"]);
    fs::write(dir.join("net.toml"), SCENARIO.replace("1ms", "3ms")).expect("another scenario");
    let refused = sweep(&dir, &["s.toml", "--resume"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("the scenario differs"), "{}", stderr(&refused));
    fs::write(dir.join("net.toml"), SCENARIO).expect("the scenario");
    fs::write(dir.join("s.toml"), SWEEP.replace("'9p'", "'8p'")).expect("another sweep");
    let refused = sweep(&dir, &["s.toml", "--resume"]);
    assert!(stderr(&refused).contains("what varies or is set differs"), "{}", stderr(&refused));
    // More seeds of the same are no other sweep.
    fs::write(dir.join("s.toml"), SWEEP.replace("seeds = 5", "seeds = 6")).expect("more seeds");
    done(&dir, &["s.toml", "--resume"]);
    assert_eq!(read(&dir, "s-sweep/results.csv").lines().count(), 1 + 6 * 6);
}

#[test]
fn seeds_are_added_until_the_intervals_are_narrow() {
    let text = SWEEP.replace("rtt = 'flows.send.min_rtt_seconds'\n", "");
    let dir = folder("precision", &text);
    let table = done(&dir, &["s.toml", "--precision", "8%", "--max-seeds", "60"]);
    let cells = read(&dir, "s-sweep/cells.csv");
    let mut counts = Vec::new();
    for line in cells.lines().skip(1) {
        let fields: Vec<f64> =
            line.split(',').skip(3).map(|field| field.parse().expect("a number")).collect();
        let [runs, mean, half, ..] = fields[..] else { panic!("{line}") };
        assert!(half <= 0.08 * mean || runs == 60.0, "{line}");
        counts.push(runs as usize);
    }
    assert!(counts.iter().any(|&runs| runs > 5), "{counts:?}\n{table}");
    let narrower = done(&dir, &["s.toml", "--precision", "4%", "--max-seeds", "60", "--resume"]);
    assert_ne!(narrower, table, "more runs were needed");
    let again = done(&dir, &["s.toml", "--precision", "8%", "--max-seeds", "60", "--resume"]);
    assert_eq!(again, table, "what was run beyond does not count");
    for shard in ["1/2", "2/2"] {
        let shard =
            ["s.toml", "--out", "p", "--shard", shard, "--precision", "8%", "--max-seeds", "60"];
        done(&dir, &shard);
    }
    assert_eq!(done(&dir, &["merge", "p", "--out", "joined"]), table);
    assert_eq!(read(&dir, "joined/cells.csv"), cells);
}

#[test]
fn shards_that_do_not_fit_together_are_named() {
    let dir = folder("divisions", SWEEP);
    for shard in ["1/2", "2/3"] {
        done(&dir, &["s.toml", "--out", "parts", "--shard", shard]);
    }
    let refused = sweep(&dir, &["merge", "parts", "--out", "joined"]);
    assert_eq!(refused.status.code(), Some(2));
    let told = stderr(&refused);
    assert!(told.contains("1/2; 2/2 is not there"), "{told}");
    assert!(told.contains("2/3; 1/3, 3/3 are not there"), "{told}");
    assert!(!dir.join("joined").exists(), "nothing is begun");
    fs::create_dir(dir.join("empty")).expect("a folder");
    for (name, expected) in [
        ("nowhere", "`nowhere` cannot be read: there is no such file"),
        ("empty", "`empty` holds no stores of shards"),
        ("net.toml", "`net.toml` is not the store of a sweep"),
    ] {
        let refused = sweep(&dir, &["merge", name, "--out", "joined"]);
        let told = stderr(&refused);
        assert_eq!(refused.status.code(), Some(2), "{told}");
        assert!(told.contains(expected), "{told}");
    }
    let part = sweep(&dir, &["merge", "parts/shard-2-of-3.sqlite", "--out", "joined"]);
    assert_eq!(part.status.code(), Some(3));
    assert!(stderr(&part).contains("10 runs of 1 store joined"), "{}", stderr(&part));
    assert!(stderr(&part).contains("(1/3, 3/3 are not there)"), "{}", stderr(&part));
}

#[test]
fn a_sweep_on_a_cluster_stays_divided_as_it_is() {
    let dir = folder("division", SWEEP);
    let refused = |more: &[&str]| {
        let all = [&["s.toml", "--out", "out", "--slurm", "--resume"], more].concat();
        let output = sweep(&dir, &all);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        stderr(&output)
    };
    done(&dir, &["s.toml", "--out", "out/shards", "--shard", "1/3"]);
    assert!(refused(&["--shards", "4"]).contains("divided into 3 already"));
    fs::create_dir(dir.join("out/slurm")).expect("a folder");
    let job = "{\"id\": \"7\", \"cluster\": null, \"shards\": 3}";
    fs::write(dir.join("out/slurm/job.json"), job).expect("a job");
    let told = refused(&["--shards", "4"]);
    assert!(told.contains("--shards 4: this sweep is divided into 3 already"), "{told}");
}

/// What is wrong with a sweep, as its reader sees it.
fn told(dir: &Path) -> String {
    let output = sweep(dir, &["s.toml"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(!dir.join("s-sweep").exists(), "before anything is written");
    stderr(&output)
}

#[test]
fn faults_are_told_before_anything_is_run() {
    for (name, change, expected) in [
        ("cell", ("'9p'", "'9q'"), &["s.toml:5:35", "`q` is not a unit"] as &[&str]),
        ("path", ("apps.send.interval", "apps.snd.interval"), &["s.toml:7:14", "`send`"]),
        ("measure", ("flows.send.packets_sent", "flows.sent.packets_sent"), &["s.toml:11:15"]),
        ("scenario", ("net.toml", "nte.toml"), &["s.toml:2:12", "there is no such file"]),
        ("key", ("seeds", "sedes"), &["s.toml:3:1", "did you mean `seeds`?"]),
        ("warm-up", ("seeds = 5", "warm-up = '1s'"), &["s.toml:3:11", "the warm-up takes 1s"]),
        ("twice", ("'9p'", "'2p'"), &["s.toml:5:35", "`2p` is a value of this axis already"]),
    ] {
        let text = told(&folder(&format!("fault-{name}"), &SWEEP.replace(change.0, change.1)));
        assert!(expected.iter().all(|part| text.contains(part)), "{expected:?}\n{text}");
    }
    let dir = folder("fault-number", &SWEEP.replace("flows.send.packets_sent", "title"));
    let text = stderr(&sweep(&dir, &["s.toml"]));
    assert!(text.contains("s.toml:11:8") && text.contains("measure `sent`: it is no"), "{text}");
}

#[test]
fn everything_that_is_wrong_is_told_at_its_place_in_the_sweep_file() {
    let text = "scenario = 'net.toml'\nseeds = 3\n\
        [set]\n'links.a--b.delay' = '5 parsecs'\n'links.a--c.rate' = '1Mbps'\n\
        [vary]\n'links.a--b.queue' = ['2p', '5q', { kind = 'codel', target = 3 }]\n\
        'apps.send.size' = { from = '100MB', to = '200MB', steps = 3 }\n\
        [vary.line.together]\n'links.a--b.rate' = ['8Mbps', 'fast']\n\
        'links.a--b.loss' = ['1%', '200%']\n\
        [measure]\nsent = 'flows.send.packets_sent'\nlost = 'flows.sned.packets_sent'\n";
    let told = told(&folder("places", text));
    insta::assert_snapshot!("sweep-faults", told);
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
}

#[test]
fn what_only_some_cells_have_wrong_is_told_with_the_first_of_them() {
    // Each value can be used, and so can most combinations.
    let text = "scenario = 'net.toml'\nseeds = 3\n[vary]\n'links.a--b.queue.limit' = ['5p', '9p']\n\
        [vary.mark]\npath = 'links.a--b.queue.mark'\nvalues = ['3p', '6p']\n\
        [measure]\nsent = 'flows.send.packets_sent'\n";
    let text = told(&folder("some", text));
    assert!(
        text.contains("s.toml:7:17")
            && text.contains("where links.a--b.queue.limit = 5p, mark = 6p"),
        "{text}"
    );
    assert_eq!(text.matches('×').count(), 1, "{text}");
    let grid = "scenario = 'net.toml'\nseeds = 3\n[vary]\n'links.a--b.mtu' = ['1500B', '600B']\n\
        'apps.send.size' = ['500B', '900B']\n'apps.send.dont-fragment' = [false, true]\n\
        [measure]\nsent = 'flows.send.packets_sent'\n";
    done(&folder("none", grid), &["s.toml"]);
    let faulty = SCENARIO.replace("on = 'b'", "on = 'c'");
    let dir = folder("of-scenario", SWEEP);
    fs::write(dir.join("net.toml"), faulty).expect("a scenario");
    let text = self::told(&dir);
    assert!(text.contains("net.toml:") && !text.contains("where"), "all have it: {text}");
}

#[test]
fn scenarios_and_sweeps_are_not_taken_for_each_other() {
    let dir = folder("mistaken", SWEEP);
    let told = stderr(&sweep(&dir, &["net.toml"]));
    assert_eq!(told.matches('×').count(), 1, "{told}");
    assert!(told.contains("this is a scenario") && told.contains("links.a--b.queue"), "{told}");
    let told = stderr(&sweep(&dir, &["bufferbloat"]));
    assert!(told.contains("a built-in scenario, not a sweep"), "{told}");
    for name in ["run", "check"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
        let output = command.current_dir(&dir).args([name, "s.toml"]).output().expect("it runs");
        let told = stderr(&output);
        assert_eq!((output.status.code(), told.matches('×').count()), (Some(2), 1), "{told}");
        assert!(told.contains("portolan sweep s.toml"), "{told}");
    }
}

#[test]
fn a_model_that_says_nothing_and_a_plot_without_values_are_told() {
    let text = SWEEP.replace(
        "rtt = 'flows.send.min_rtt_seconds'\n",
        "rtt = { value = 'flows.send.min_rtt_seconds', model = 'M/M/1/K' }\n\
         [[plot]]\nx = 'links.a--b.queue'\ny = 'rtt'\n\
         [[plot]]\nx = 'links.a--b.queue'\ny = 'load'\nheat = 'rtt'\n",
    );
    let dir = folder("silent", &text);
    let output = sweep(&dir, &["s.toml"]);
    let (table, notes) = (String::from_utf8_lossy(&output.stdout), stderr(&output));
    let expected = "rtt: no prediction of M/M/1/K: it needs Poisson arrivals";
    assert_eq!(notes.matches(expected).count(), 1, "{notes}");
    assert_eq!(table.matches(expected).count(), 1, "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    for plot in ["rtt", "rtt-heat"] {
        let svg = read(&dir, &format!("s-sweep/plots/{plot}.svg"));
        assert!(svg.contains("no value in any run"), "{plot}: {svg}");
    }
    for shard in ["1/2", "2/2"] {
        done(&dir, &["s.toml", "--out", "parts", "--shard", shard]);
    }
    assert_eq!(done(&dir, &["merge", "parts", "--out", "joined"]), table);
}

/// The results of a built-in scenario until `end`, counted from `from`.
fn results(name: &str, from: Option<Time>, end: Time) -> Summary {
    let scenario = builtin::find(name).expect(name).load(&Options::default()).expect("it loads");
    let mut simulation = Simulation::new(scenario.plan.clone());
    if let Some(from) = from {
        simulation.run_until(from, &mut Nobody);
        simulation.restart_counts();
    }
    simulation.run_until(end, &mut Nobody);
    simulation.summary()
}

#[track_caller]
fn near(own: f64, expected: f64, what: &str) {
    assert!(
        (own - expected).abs() <= 1e-9 * expected.abs().max(1.0),
        "{what}: {own}, not {expected}"
    );
}

/// What is counted from a time on is what is counted until the end less what was until then.
#[test]
fn results_after_a_warm_up_are_those_of_the_window() {
    for name in
        ["bufferbloat", "port-queue", "one-server-many-clients", "hub-vs-switch", "udp-loss"]
    {
        let (from, end) = (Time::from_ms(2_345), Time::from_ms(6_789));
        let (before, all) = (results(name, None, from), results(name, None, end));
        let own = results(name, Some(from), end);
        near(own.simulated_seconds, 4.444, name);
        assert_eq!(own.engine.events, all.engine.events - before.engine.events, "{name}");
        assert_eq!(own.engine.hops, all.engine.hops - before.engine.hops, "{name}");
        for (link, ways) in &all.links {
            for (way, all) in ways {
                let (before, own) = (&before.links[link][way], &own.links[link][way]);
                let what = format!("{name} {link} {way}");
                assert_eq!(own.packets, all.packets - before.packets, "{what}");
                assert_eq!(own.bytes, all.bytes - before.bytes, "{what}");
                assert_eq!(own.drops.queue, all.drops.queue - before.drops.queue, "{what}");
                assert_eq!(own.drops.loss, all.drops.loss - before.drops.loss, "{what}");
                let window = |end: f64, start: f64| (end * 6.789 - start * 2.345) / 4.444;
                near(own.utilization, window(all.utilization, before.utilization), &what);
                let mean = window(all.queue.mean_packets, before.queue.mean_packets);
                near(own.queue.mean_packets, mean, &what);
                assert!(own.queue.max_packets <= all.queue.max_packets, "{what}");
            }
        }
        for (port, all) in &all.ports {
            let Some(before) = before.ports.get(port) else { continue };
            let own = &own.ports[port];
            assert_eq!(own.received, all.received - before.received, "{name} {port}");
            assert_eq!(own.delivered, all.delivered - before.delivered, "{name} {port}");
            assert_eq!(own.dropped, all.dropped - before.dropped, "{name} {port}");
        }
        for (flow, all) in &all.flows {
            let Some(before) = before.flows.get(flow) else { continue };
            let own = &own.flows[flow];
            assert_eq!(own.bytes_delivered, all.bytes_delivered - before.bytes_delivered, "{flow}");
            assert_eq!(own.packets_sent, all.packets_sent - before.packets_sent, "{flow}");
            assert_eq!(own.retransmits, all.retransmits - before.retransmits, "{flow}");
            assert_eq!(own.responses, all.responses - before.responses, "{flow}");
        }
    }
}

/// Sweeps in the page are whole, or parts to be added to one.
#[test]
fn sweeps_in_the_documentation_are_read() {
    let page = include_str!("../../docs/sweeps.md");
    let mut seen = 0;
    for part in page.split("```toml\n").skip(1) {
        let block = part.split("```").next().expect("a split has a first part");
        let scenario = if block.contains("scenario") { "" } else { "scenario = 'bufferbloat'\n" };
        let measure = if block.contains("[measure]") { "" } else { "[measure]\nm = 'seed'\n" };
        let text = format!("{scenario}{block}{measure}");
        let sweep = portolan::sweep::Sweep::read(text.as_bytes(), "page.toml");
        let sweep = sweep.unwrap_or_else(|error| panic!("{error}"));
        if scenario.is_empty() {
            check(&sweep, Path::new("."));
        }
        seen += 1;
    }
    assert_eq!(seen, 3);
}

/// Every cell of a sweep can be run.
#[track_caller]
fn check(sweep: &portolan::sweep::Sweep, base: &Path) {
    let subject = portolan::sweep::Subject::find(sweep, base);
    let subject = subject.unwrap_or_else(|error| panic!("{error}"));
    let stop = std::sync::atomic::AtomicBool::new(false);
    portolan::sweep::check::check(sweep, &subject, 2, &stop).unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn the_shipped_studies_can_be_run() {
    let studies = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/studies");
    for entry in fs::read_dir(&studies).expect("studies") {
        let path = entry.expect("an entry").path();
        let name = path.display().to_string();
        let text = fs::read_to_string(&path).expect("a file");
        if !text.contains("\n[measure]\n") {
            continue; // What a sweep runs.
        }
        let sweep = portolan::sweep::Sweep::read(text.as_bytes(), &name);
        check(&sweep.unwrap_or_else(|e| panic!("{e}")), &studies);
    }
}
