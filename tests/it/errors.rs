//! Broken scenarios: every file in `bad/` is refused with a message that is kept as a snapshot.
//!
//! A line `#! PATH=VALUE` in a TOML file is an override, as from `--set`.

use std::path::{Path, PathBuf};

use portolan::rng::Stream;
use portolan::scenario::{LoadError, Options, load};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/bad");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder of broken scenarios")
        .map(|entry| entry.expect("a file in it").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml" || ext == "json"))
        .collect();
    files.sort();
    files
}

fn refuse(path: &Path) -> LoadError {
    let bytes = std::fs::read(path).expect("a readable file");
    let text = String::from_utf8_lossy(&bytes);
    let overrides =
        text.lines().filter_map(|line| line.strip_prefix("#! ")).map(str::to_owned).collect();
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    let beside = path.parent().expect("a folder").to_owned();
    let options = Options { overrides, ..Options::default() };
    match load(&bytes, &name, &|file| std::fs::read(beside.join(file)), &options) {
        Ok(_) => panic!("{name} was accepted"),
        Err(error) => error,
    }
}

#[test]
fn every_broken_scenario_is_told_where_and_what_to_do() {
    let files = files();
    assert!(files.len() >= 60, "{} broken scenarios", files.len());
    let mut complaints = Vec::new();
    for path in files {
        let error = refuse(&path);
        let name = path.file_name().expect("a name").to_string_lossy().replace('.', "-");
        for fault in error.faults() {
            let (file, line, column) = error.position(fault);
            if fault.help.is_none() || fault.places.is_empty() || file.is_empty() {
                complaints.push(format!("{name}:{line}:{column}: no remedy: {}", fault.message));
            }
        }
        insta::with_settings!({ snapshot_path => "bad/snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, error.to_string());
        });
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// Words that a mutation puts in, each the beginning of some mischief.
const MISCHIEF: &[&str] = &[
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "=",
    ".",
    ",",
    "\n",
    "--",
    "[*]",
    "[-*]",
    "h[1..9]",
    "h[9..1]",
    "0",
    "-1",
    "1e308",
    "nan",
    "inf",
    "true",
    "[[changes]]",
    "[topology]\n",
    "kind = \"grid\"\nside = 3\n",
    "\u{feff}",
    "\u{1f600}",
    "\\u0000",
    "100%",
    "18446744073709551615ps",
    "10.0.0.1/24",
    "n[*]--n[-*]",
];

/// Copies of a text with bytes struck out, doubled, moved or replaced.
fn mutate(text: &[u8], dice: &mut Stream) -> Vec<u8> {
    let mut bytes = text.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() as u64 + 1) as usize;
        let end = (at + dice.below(40) as usize).min(bytes.len());
        match dice.below(4) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let piece = bytes[at..end].to_vec();
                let to = dice.below(bytes.len() as u64 + 1) as usize;
                bytes.splice(to..to, piece);
            }
            2 => {
                let word = MISCHIEF[dice.below(MISCHIEF.len() as u64) as usize];
                bytes.splice(at..at, word.bytes());
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = dice.below(256) as u8;
                }
            }
        }
    }
    bytes
}

#[test]
fn damaged_scenarios_are_refused_politely() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let shipped = std::fs::read_dir(shipped).expect("the folder of scenarios");
    let shipped = shipped.map(|entry| entry.expect("a file in it").path());
    let mut seeds: Vec<PathBuf> =
        files().into_iter().chain(shipped.filter(|path| path.is_file())).collect();
    seeds.sort();
    let mut dice = Stream::new(1, "mutations");
    for path in seeds {
        let text = std::fs::read(&path).expect("a readable file");
        let name = path.display().to_string();
        for _ in 0..MUTATIONS {
            let damaged = mutate(&text, &mut dice);
            let options = Options { limit: 500, ..Options::default() };
            let Err(error) = load(&damaged, &name, &|_| Ok(text.clone()), &options) else {
                continue;
            };
            assert!(!error.to_string().is_empty());
            for fault in error.faults() {
                let shown = String::from_utf8_lossy(&damaged);
                assert!(fault.help.is_some() && !fault.places.is_empty(), "{fault:?}\n{shown}");
            }
        }
    }
}

/// How often each scenario is damaged. `fuzz/` does it for as long as one likes.
const MUTATIONS: usize = 40;
