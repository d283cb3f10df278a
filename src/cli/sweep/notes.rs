//! How far shards are, in small files beside their stores: a store is open to one process only.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::super::clock::Stopwatch;
use super::super::terminal;
use crate::report::file::write_atomically;
use crate::sweep::{Identity, Shard, Store, StoreError, Sweep};

/// How often a note is written \[s\].
const GAP: f64 = 2.0;
/// How long a store is waited for \[s\].
const PATIENCE: f64 = 600.0;

/// The name of a shard's store.
pub(super) fn store_name(shard: Shard) -> String {
    format!("shard-{}-of-{}.sqlite", shard.number, shard.of)
}

/// The shard that a file is the store of, by its name.
pub(super) fn shard_of(path: &Path) -> Option<Shard> {
    let name = path.file_name()?.to_str()?.strip_prefix("shard-")?.strip_suffix(".sqlite")?;
    let (number, of) = name.split_once("-of-")?;
    format!("{number}/{of}").parse().ok()
}

/// The note of a shard, rewritten again and again while it runs.
pub(super) struct Note {
    path: PathBuf,
    last: Option<Stopwatch>,
}

impl Note {
    /// The note beside a store.
    pub(super) fn beside(store: &Path) -> Self {
        Self { path: store.with_extension("progress"), last: None }
    }

    /// Writes how far the shard is, unless that was done just now.
    pub(super) fn write(&mut self, progress: (usize, usize)) {
        if self.last.is_none_or(|last| last.seconds() >= GAP) {
            self.write_now(progress);
            self.last = Some(Stopwatch::start());
        }
    }

    /// Writes how far the shard is.
    pub(super) fn write_now(&self, (total, done): (usize, usize)) {
        // Nothing depends on it, and if the disk is full the store will tell.
        let _ = write_atomically(&self.path, format!("{done} of {total} runs\n").as_bytes());
    }

    /// Runs of the shard and how many of them are done, if there is a note.
    pub(super) fn read(&self) -> Option<(usize, usize)> {
        let text = fs::read_to_string(&self.path).ok()?;
        let (done, total) = text.trim().strip_suffix(" runs")?.split_once(" of ")?;
        Some((total.parse().ok()?, done.parse().ok()?))
    }

    /// Takes it away: what it says is no longer so.
    pub(super) fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Opens a store to go on with; if it is in use, waits for whoever uses it to end.
///
/// A task that Slurm has requeued may start before the node that was given up has ended the task
/// there, or before a file server has noticed.
pub(super) fn open_patiently(
    path: &Path,
    sweep: &Sweep,
    identity: &Identity,
    resume: bool,
    stop: &AtomicBool,
) -> Result<Store, StoreError> {
    let since = Stopwatch::start();
    let mut has_told = false;
    loop {
        match Store::open(path, sweep, identity, resume) {
            Err(StoreError::InUse(_))
                if since.seconds() < PATIENCE && !stop.load(Ordering::Relaxed) =>
            {
                if !has_told {
                    terminal::note(&format!("`{}` is in use: waiting for it", path.display()));
                    has_told = true;
                }
                std::thread::sleep(Duration::from_millis(500));
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_known_by_its_name() {
        let shard = Shard { number: 2, of: 13 };
        let path = Path::new("a/b").join(store_name(shard));
        assert_eq!(shard_of(&path), Some(shard));
        for other in ["sweep.sqlite", "shard-3-of-2.sqlite", "shard-1-of-2.sqlite-wal", "shard-1"] {
            assert_eq!(shard_of(Path::new(other)), None, "{other}");
        }
    }

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut note = Note::beside(&folder.path().join("shard-1-of-2.sqlite"));
        assert_eq!(note.read(), None);
        note.write((500, 120));
        assert_eq!(note.read(), Some((500, 120)));
        note.write((500, 121));
        assert_eq!(note.read(), Some((500, 120)), "written just now");
        note.write_now((500, 500));
        assert_eq!(note.read(), Some((500, 500)));
        assert!(folder.path().join("shard-1-of-2.progress").exists());
        note.remove();
        assert_eq!(note.read(), None);
    }
}
