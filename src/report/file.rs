//! Files that are whole or not there: written beside their place, then renamed into it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Why a result could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The disk, or the share of it that the user may fill, is full.
    #[error("no space left to write `{}`; make room, or give another folder", path.display())]
    NoSpace {
        /// What was being written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Anything else that the system refused.
    #[error("cannot write `{}`: {}", path.display(), reason(source))]
    Failed {
        /// What was being written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The system's refusal, in plain words where it is a usual one.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "its folder does not exist and cannot be made".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::ReadOnlyFilesystem => "the disk may only be read".into(),
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            "there is a file where a folder is needed".into()
        }
        _ => error.to_string(),
    }
}

impl WriteError {
    /// What the system's refusal `source` to write `path` means.
    #[must_use]
    pub fn new(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::NoSpace { path, source }
            }
            _ => Self::Failed { path, source },
        }
    }
}

/// A file on its way: nobody sees it under its name before [`Pending::commit`]. Dropped without
/// that, it leaves nothing behind.
#[derive(Debug)]
pub struct Pending {
    path: PathBuf,
    file: NamedTempFile,
}

impl Pending {
    /// Starts the file that will be `path`; its folder must exist.
    ///
    /// # Errors
    /// If the folder is missing or may not be written to.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".portolan-").suffix(".part");
        // Temporary files are private by default, but results are for others to read.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder).map_err(|source| WriteError::new(path, source))?;
        Ok(Self { path: path.to_path_buf(), file })
    }

    /// Where the file will be.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file its name, in place of any older one.
    ///
    /// # Errors
    /// If the system refuses; the older file then still stands.
    pub fn commit(self) -> Result<(), WriteError> {
        let Self { path, file } = self;
        match file.persist(&path) {
            Ok(_) => Ok(()),
            Err(error) => Err(WriteError::new(&path, error.error)),
        }
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes `bytes` as the file `path`, whole or not at all; its folder must exist.
///
/// # Errors
/// If the system refuses; an older file of that name then still stands.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let mut pending = Pending::create(path)?;
    pending.write_all(bytes).map_err(|source| WriteError::new(path, source))?;
    pending.commit()
}

/// Makes the folder `path` with all above it, unless it is there.
///
/// # Errors
/// If the system refuses.
pub fn make_folder(path: &Path) -> Result<(), WriteError> {
    fs::create_dir_all(path).map_err(|source| WriteError::new(path, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("the folder is there");
        entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn replaces_whole_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("summary.json");
        write_atomically(&path, b"old").expect("writes");
        write_atomically(&path, b"new").expect("replaces");
        assert_eq!(fs::read(&path).expect("reads"), b"new");
        assert_eq!(names(folder.path()), ["summary.json"]);
    }

    #[test]
    fn an_abandoned_file_was_never_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("series.csv");
        write_atomically(&path, b"old").expect("writes");
        let mut pending = Pending::create(&path).expect("starts");
        pending.write_all(b"half").expect("writes");
        drop(pending);
        assert_eq!(fs::read(&path).expect("reads"), b"old");
        assert_eq!(names(folder.path()), ["series.csv"]);
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_results() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("summary.json");
        write_atomically(&path, b"x").expect("writes");
        let plain = folder.path().join("plain");
        fs::write(&plain, b"x").expect("writes");
        let mode = |path| fs::metadata(path).expect("metadata").permissions().mode();
        assert_eq!(mode(&path), mode(&plain));
    }

    #[test]
    fn says_which_file_and_why() {
        let error = write_atomically(Path::new("/no/such/folder/x.json"), b"").expect_err("fails");
        assert!(error.to_string().starts_with("cannot write `/no/such/folder/x.json`: "));
        let full = WriteError::new(Path::new("x"), io::ErrorKind::StorageFull.into());
        assert!(
            matches!(full, WriteError::NoSpace { .. })
                && full.to_string().starts_with("no space left")
        );
    }
}
