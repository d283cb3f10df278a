//! What the documentation says is so: commands run and print what is shown, scenarios load, every
//! kind and every simplification is mentioned.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser as _;
use portolan::app::AppSpec;
use portolan::cli::Cli;
use portolan::limits::NOT_MODELLED;
use portolan::queue::QueueSpec;
use portolan::scenario::schema::{properties, schema};
use portolan::scenario::topology::TopologySpec;
use portolan::scenario::{Options, load};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).expect(file)
}

/// All pages: name and text.
fn pages() -> Vec<(String, String)> {
    let of_folder = |folder: &str| -> Vec<String> {
        fs::read_dir(root().join(folder))
            .expect("a folder of pages")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .filter(|name| name.ends_with(".md"))
            .map(|name| format!("{folder}/{name}"))
            .collect()
    };
    let mut names = [of_folder("docs"), of_folder("docs/studies")].concat();
    names.sort();
    names.insert(0, "README.md".into());
    names.into_iter().map(|name| (name.clone(), read(&name))).collect()
}

/// The fenced blocks of `text` in `language`.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    let mut found = Vec::new();
    for part in text.split(&opening).skip(1) {
        found.push(part.split("```").next().expect("a split has a first part"));
    }
    found
}

/// Words of a command line; single quotes hold together what is in them.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            words.last_mut().expect("never empty").push_str(part);
            continue;
        }
        for (index, piece) in part.split(' ').enumerate() {
            if index > 0 {
                words.push(String::new());
            }
            words.last_mut().expect("never empty").push_str(piece);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn every_simplification_is_documented() {
    let page = read("docs/limits.md");
    let (_, list) = page.split_once("## Simplifications in force\n").expect("the list");
    let list = list.split("\n## ").next().expect("a split has a first part");
    let told: Vec<_> = list.lines().filter_map(|line| line.strip_prefix("- ")).collect();
    assert_eq!(told, NOT_MODELLED, "docs/limits.md and the program differ");
}

#[test]
fn every_key_and_every_kind_is_in_the_reference() {
    let page = read("docs/scenario-format.md");
    let keys = properties(&schema());
    assert!(keys.len() > 80, "only {} keys found", keys.len());
    let kinds = [AppSpec::KINDS, QueueSpec::KINDS, TopologySpec::KINDS].concat();
    let mut missing = Vec::new();
    for word in keys.iter().map(String::as_str).chain(kinds) {
        let told = ["`", "`[", "`[["].iter().any(|open| {
            page.split(&format!("{open}{word}")).skip(1).any(|rest| rest.starts_with(['`', ']']))
        });
        if !told {
            missing.push(word);
        }
    }
    assert!(missing.is_empty(), "docs/scenario-format.md lacks {missing:?}");
}

#[test]
fn whole_scenarios_in_the_pages_load() {
    let mut loaded = 0;
    for (name, text) in pages() {
        for block in blocks(&text, "toml") {
            if !block.contains("duration") {
                continue;
            }
            let options = Options::default();
            if let Err(error) = load(block.as_bytes(), &name, &|file| fs::read(file), &options) {
                panic!("{error}\n{block}");
            }
            loaded += 1;
        }
    }
    assert!(loaded >= 4, "{loaded} scenarios");
}

#[test]
fn commands_in_the_pages_exist() {
    let mut seen = 0;
    for (name, text) in pages() {
        for block in blocks(&text, "sh").into_iter().chain(blocks(&text, "console")) {
            for line in block.lines() {
                let line = line.trim_start_matches("$ ");
                let line = line.split(" #").next().expect("a split has a first part");
                if !line.starts_with("portolan ") {
                    continue;
                }
                seen += 1;
                if let Err(error) = Cli::try_parse_from(words(line)) {
                    panic!("{name}: {line}\n{error}");
                }
            }
        }
    }
    assert!(seen >= 6, "{seen} commands");
}

/// A folder with the shipped scenarios, as commands in the pages expect it.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("docs");
    let scenarios = folder.join("scenarios");
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("the folder of an earlier run");
    }
    fs::create_dir_all(&scenarios).expect("a folder");
    for entry in fs::read_dir(root().join("scenarios")).expect("scenarios") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            let name = path.file_name().expect("a file has a name");
            fs::copy(&path, scenarios.join(name)).expect("a copy");
        }
    }
    folder
}

/// Whether `output` shows `expected`, in which a line `...` stands for any number of lines.
fn shows(output: &str, expected: &[&str]) -> Result<(), String> {
    let mut rest = output.lines();
    let mut skip = false;
    for &line in expected {
        if line == "..." {
            skip = true;
            continue;
        }
        let found = match skip {
            true => rest.any(|printed| printed.trim_end() == line),
            false => rest.next().is_some_and(|printed| printed.trim_end() == line),
        };
        if !found {
            return Err(line.into());
        }
        skip = false;
    }
    Ok(())
}

#[test]
fn commands_print_what_the_readme_shows() {
    let folder = folder();
    let text = read("README.md");
    let mut compared = 0;
    for block in blocks(&text, "console") {
        for part in format!("\n{block}").split("\n$ portolan ").skip(1) {
            let mut lines = part.lines();
            let command = lines.next().expect("a command");
            let expected: Vec<&str> = lines.collect();
            let output = Command::new(env!("CARGO_BIN_EXE_portolan"))
                .args(words(command))
                .current_dir(&folder)
                .output()
                .expect("the program starts");
            assert!(matches!(output.status.code(), Some(0..=2)), "{command}: {output:?}");
            let text = [output.stdout, output.stderr].concat();
            let printed = String::from_utf8_lossy(&text);
            if let Err(line) = shows(&printed, &expected) {
                panic!("portolan {command}\ndoes not print\n{line}\nbut\n{printed}");
            }
            compared += expected.len();
        }
    }
    assert!(compared > 20, "{compared} lines compared");
}

#[test]
fn the_picture_of_the_readme_is_what_is_drawn() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("docs-picture");
    let status = Command::new(env!("CARGO_BIN_EXE_portolan"))
        .args(["run", "scenarios/port-queue.toml", "-q", "--out"])
        .arg(&folder)
        .current_dir(root())
        .status()
        .expect("the program starts");
    assert!(status.success());
    let drawn = fs::read_to_string(folder.join("plots/ports.svg")).expect("a picture");
    let shown = read("docs/img/port-queue.svg");
    assert!(drawn == shown, "copy {} to docs/img/port-queue.svg", folder.display());
}

#[test]
fn recipes_are_what_contributing_prints() {
    let page = read("CONTRIBUTING.md");
    for name in ["lifo", "heartbeat"] {
        let code = read(&format!("docs/recipes/{name}.rs"));
        assert!(blocks(&page, "rust").contains(&code.as_str()), "{name} differs");
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut all = pages();
    all.push(("CONTRIBUTING.md".into(), read("CONTRIBUTING.md")));
    let mut seen = 0;
    for (name, text) in all {
        let folder = root().join(&name).parent().expect("a file is in a folder").to_owned();
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().expect("a split has a first part");
            let file = link.split('#').next().expect("a split has a first part");
            if file.is_empty() || file.contains("://") {
                continue;
            }
            seen += 1;
            assert!(folder.join(file).exists(), "{name} links to {file}, which is not there");
        }
    }
    assert!(seen > 10, "{seen} links");
}

#[test]
fn studies_in_the_pages_are_shipped() {
    let mut seen = 0;
    for (name, text) in pages() {
        for part in text.split("scenarios/studies/").skip(1) {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
            let file = part.split(|c: char| !plain(c)).next().expect("a split has a first part");
            if file.ends_with(".toml") {
                seen += 1;
                let there = root().join("scenarios/studies").join(file).is_file();
                assert!(there, "{name} names scenarios/studies/{file}, which is not there");
            }
        }
    }
    assert!(seen > 10, "{seen} files named");
}

#[test]
fn the_functions_of_the_life_of_a_packet_exist() {
    let page = read("docs/life-of-a-packet.md");
    let mut steps = 0;
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [_, number, file, function, ..] = cells[..] else { continue };
        if number.parse::<u32>().is_err() {
            continue;
        }
        steps += 1;
        let source = read(file);
        let is_there = ["fn ", "enum "].iter().any(|word| {
            let start = format!("{word}{function}");
            source.split(&start).skip(1).any(|after| after.starts_with(['(', '<', ' ']))
        });
        assert!(is_there, "step {number}: {file} has no `{function}`");
    }
    assert!(steps > 20, "{steps} steps");
}

/// Scenarios name the file in their first line, so that editors complete keys and show mistakes.
#[test]
fn the_published_schema_is_that_of_the_program() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema.json");
    let published = std::fs::read_to_string(file).expect("docs/schema.json");
    let own = format!("{:#}\n", portolan::scenario::schema::schema());
    assert!(published == own, "run `portolan schema > docs/schema.json`");
}
