//! The studies of buffers in routers and switches: their sweeps, shortened, still find what was published, and their pages
//! say what is within the tolerance.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use portolan::run::{self, Nobody};
use portolan::scenario::{Options, load_path};
use portolan::sim::Simulation;

/// How far a utilisation may be from a published one \[percentage points\].
const TOLERANCE: f64 = 1.5;

/// Utilisation in per cent by number of flows and multiple of RTT·C/√n, simulated with ns-2 and measured on a router:
/// Appenzeller, Keslassy and McKeown, TR04-HPNG-06-08-00, figure 15.
const PUBLISHED: [(&str, [(f64, f64); 4]); 4] = [
    ("100", [(94.7, 94.9), (99.3, 98.1), (99.9, 99.8), (99.8, 99.7)]),
    ("200", [(97.0, 98.6), (99.2, 99.7), (99.8, 99.8), (100.0, 99.8)]),
    ("300", [(98.6, 99.6), (99.3, 99.8), (99.9, 99.8), (100.0, 100.0)]),
    ("400", [(99.2, 99.5), (99.8, 100.0), (100.0, 100.0), (100.0, 99.9)]),
];
const MULTIPLES: [&str; 4] = ["0.5", "1", "2", "3"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The shipped sweep `name`, with parts of its text replaced, run in a folder of its own: the rows of `cells.csv`.
fn shortened(name: &str, network: &str, changes: &[(&str, &str)]) -> Vec<BTreeMap<String, String>> {
    let studies = root().join("scenarios/studies");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("studies").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    fs::copy(studies.join(network), folder.join(network)).expect("a copy of the network");
    let mut text = fs::read_to_string(studies.join(format!("{name}.toml"))).expect("the sweep");
    for (old, new) in changes {
        assert!(text.contains(old), "{name} has no {old}");
        text = text.replace(old, new);
    }
    let file = folder.join("sweep.toml");
    fs::write(&file, text).expect("the shortened sweep");
    let output = Command::new(env!("CARGO_BIN_EXE_portolan"))
        .args(["sweep", "-q", "--plots", "none", "--out"])
        .args([folder.join("out"), file])
        .output()
        .expect("the binary that cargo has built");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    table(&folder.join("out/cells.csv"))
}

fn table(file: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(file).expect("a table");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().expect(column)
}

#[test]
fn utilisation_with_small_buffers_is_what_was_published() {
    let changes = [
        ("seeds    = 10", "seeds = 1"),
        ("warm-up  = \"20s\"", "warm-up = \"12s\"\n[set]\nduration = \"27s\""),
        ("\"0.25\", \"0.5\", \"1\", \"2\", \"3\"", "\"0.5\", \"1\""),
        ("\"32p\", \"64p\", \"129p\", \"258p\", \"387p\"", "\"64p\", \"129p\""),
        ("\"23p\", \"46p\", \"91p\", \"182p\", \"273p\"", "\"46p\", \"91p\""),
        ("\"19p\", \"37p\", \"74p\", \"148p\", \"222p\"", "\"37p\", \"74p\""),
        ("\"16p\", \"32p\", \"64p\", \"128p\", \"192p\"", "\"32p\", \"64p\""),
    ];
    let rows = shortened("router-buffers", "router-buffers-network.toml", &changes);
    assert_eq!(rows.len(), 2);
    for (multiple, row) in rows.iter().enumerate() {
        for (flows, published) in PUBLISHED {
            let ours = 100.0 * number(row, &format!("n{flows} mean"));
            let (simulated, measured) = published[multiple];
            let distance = (ours - simulated).abs().min((ours - measured).abs());
            let multiple = MULTIPLES[multiple];
            assert!(distance <= TOLERANCE, "{flows} flows, {multiple}: {ours} is {distance} off");
        }
    }
}

/// `| 100 | 0.5 | 64 | **95.0 ± 0.2** | 94.7 | 94.9 |`
#[test]
fn the_page_about_routers_buffers_has_all_settings_within_the_tolerance() {
    let page = fs::read_to_string(root().join("docs/studies/router-buffers.md")).expect("the page");
    let mut rows = BTreeMap::new();
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let [_, flows, multiple, _, ours, simulated, measured, _] = cells[..] {
            rows.insert((flows, multiple), (ours, simulated, measured));
        }
    }
    for (flows, published) in PUBLISHED {
        for (multiple, (simulated, measured)) in MULTIPLES.into_iter().zip(published) {
            let row = rows.get(&(flows, multiple)).expect("a row for each setting");
            let value = |text: &str| text.trim_matches('*').parse::<f64>().expect("a number");
            assert_eq!((value(row.1), value(row.2)), (simulated, measured), "{flows}, {multiple}");
            let (ours, half) = row.0.trim_matches('*').split_once(" ± ").expect("an interval");
            let distance = (value(ours) - simulated).abs().min((value(ours) - measured).abs());
            assert!(distance <= TOLERANCE, "{flows} flows, {multiple}: {distance} off");
            assert!(value(half) < TOLERANCE, "{flows} flows, {multiple}: ± {half}");
        }
    }
}

#[test]
fn goodput_collapses_with_many_servers_and_what_cures_it_does() {
    let changes = [
        ("seeds    = 20", "seeds = 5"),
        ("values = [1, 2, 4, 8, 12, 16, 24, 32, 48, 64]", "values = [4, 8, 16, 32]"),
    ];
    let rows = shortened("incast", "incast-network.toml", &changes);
    let goodput = |servers: &str, variant: &str| {
        let of = |row: &&BTreeMap<String, String>| {
            row["servers"] == servers && row["variant"] == variant
        };
        number(rows.iter().find(of).expect("a cell"), "goodput mean") / 1e6
    };
    // Megabits a second of the thousand that the link has.
    let plain = ["4", "16", "32"].map(|servers| goodput(servers, "RTO ≥ 200 ms"));
    assert!(plain[0] > 700.0 && plain[1] < 150.0 && plain[2] < 150.0, "{plain:?}");
    let quick = ["4", "16", "32"].map(|servers| goodput(servers, "RTO ≥ 1 ms"));
    assert!(quick[0] > 850.0 && quick[1] > 850.0 && quick[2] > 700.0, "{quick:?}");
    let large = ["8", "32"].map(|servers| goodput(servers, "256 KiB buffer"));
    assert!(large[0] > 900.0 && large[1] < 400.0, "put off, not cured: {large:?}");
    let marked = goodput("32", "DCTCP");
    assert!(marked < 400.0, "two segments of each are too many for the buffer: {marked}");
    let both = goodput("32", "DCTCP, 1 ms");
    assert!(both > 900.0, "{both}");
}

#[test]
fn the_network_of_incast_keeps_its_promises() {
    let file = root().join("scenarios/studies/incast-network.toml");
    for seed in 1..=3 {
        let options = Options { overrides: vec![format!("seed={seed}")], ..Options::default() };
        let scenario = load_path(&file, &options).unwrap_or_else(|error| panic!("{error}"));
        let mut simulation = Simulation::new(scenario.plan.clone());
        simulation.run_until(scenario.duration, &mut Nobody);
        let summary = run::summary(&scenario, &simulation);
        assert!(!summary.expectations.is_empty());
        for expectation in &summary.expectations {
            assert!(expectation.holds, "seed {seed}: {}", expectation.that);
        }
    }
}
