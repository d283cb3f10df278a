//! Files written by a thread of their own, so that the simulation need not wait for the disk.
//!
//! Chunks of bytes go over a channel that holds a few of them: who makes them faster than the disk
//! takes them has to wait, and memory stays the same.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use crate::report::file::{Pending, WriteError};

/// A chunk is handed over when it has so many bytes.
pub(super) const CHUNK: usize = 128 << 10;
/// How many chunks may wait.
const WAITING: usize = 16;

/// The thread, and the ways to it and back.
#[derive(Debug)]
pub(super) struct Background {
    full: SyncSender<(usize, Vec<u8>)>,
    /// Chunks that were written come back empty.
    empty: Receiver<Vec<u8>>,
    thread: JoinHandle<Result<Vec<Pending>, WriteError>>,
}

impl Background {
    /// Starts the thread for these files. `failed` becomes true when one cannot be written.
    pub(super) fn start(files: Vec<Pending>, failed: Arc<AtomicBool>) -> Self {
        let (full, jobs) = sync_channel(WAITING);
        let (done, empty) = channel();
        let thread = std::thread::spawn(move || work(files, &jobs, &done, &failed));
        Self { full, empty, thread }
    }

    /// Hands over what is to be written to a file next; in its place comes room for more.
    pub(super) fn write(&self, file: usize, bytes: &mut Vec<u8>) {
        let room = self.empty.try_recv().unwrap_or_else(|_| Vec::with_capacity(2 * CHUNK));
        let chunk = std::mem::replace(bytes, room);
        // The thread is there until the channel is closed; if it has panicked, `finish` does too.
        let _ = self.full.send((file, chunk));
    }

    /// Waits until all is written.
    ///
    /// # Errors
    /// The first that there was.
    pub(super) fn finish(self) -> Result<Vec<Pending>, WriteError> {
        drop(self.full);
        self.thread.join().expect("the thread that writes captures does not panic")
    }
}

fn work(
    mut files: Vec<Pending>,
    jobs: &Receiver<(usize, Vec<u8>)>,
    done: &Sender<Vec<u8>>,
    failed: &AtomicBool,
) -> Result<Vec<Pending>, WriteError> {
    let mut first = None;
    for (file, mut bytes) in jobs {
        let file = &mut files[file];
        if first.is_none()
            && let Err(error) = file.write_all(&bytes)
        {
            first = Some(WriteError::new(file.path(), error));
            failed.store(true, Ordering::Relaxed);
        }
        bytes.clear();
        // Nobody may be left who wants it.
        let _ = done.send(bytes);
    }
    match first {
        None => Ok(files),
        Some(error) => Err(error),
    }
}
