//! Dependencies between modules point one way: a module uses only those above it.

use std::fs;
use std::path::{Path, PathBuf};

/// From the top, which depends on nothing, down. Modules of one line are siblings that never see
/// each other.
const ORDER: &[&[&str]] = &[
    &["units", "id", "kinds", "limits", "fifo"],
    &["rng"],
    &["engine"],
    &["packet"],
    &["observe"],
    &["queue"],
    &["link", "routing", "tcp"],
    &["socket"],
    &["app"],
    &["node"],
    &["sim"],
    &["scenario"],
    &["theory"],
    &["report"],
    &["run"],
    &["import"],
    &["sweep"],
    &["cli"],
];

fn rank(module: &str) -> Option<usize> {
    ORDER.iter().position(|level| level.contains(&module))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .expect("a folder of sources")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The module of the crate that a file belongs to: the first part of its path below `src`.
fn module_of(path: &Path, src: &Path) -> String {
    let first = path.strip_prefix(src).expect("below src").components().next();
    let name = first.expect("a file has a name").as_os_str().to_string_lossy().into_owned();
    name.trim_end_matches(".rs").to_owned()
}

#[test]
fn every_module_uses_only_those_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut wrong = Vec::new();
    let mut arrows = 0;
    for path in &files {
        let own = module_of(path, &src);
        if own == "lib" || own == "main" {
            continue;
        }
        let own_rank = rank(&own).unwrap_or_else(|| panic!("`{own}` has no place in ORDER"));
        let text = fs::read_to_string(path).expect("a source file");
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            // A list of modules would hide all of them from what follows.
            if line.contains("crate::{") {
                wrong.push(format!("{}:{}: name one module a line", path.display(), number + 1));
            }
            for used in line.split("crate::").skip(1) {
                let end =
                    used.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(used.len());
                let Some(used_rank) = rank(&used[..end]) else { continue };
                arrows += 1;
                if used[..end] != own && used_rank >= own_rank {
                    wrong.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
                }
            }
        }
    }
    assert!(arrows > 100, "the test reads the sources wrongly: {arrows} uses found");
    assert!(wrong.is_empty(), "arrows that point the wrong way:\n{}", wrong.join("\n"));
}
