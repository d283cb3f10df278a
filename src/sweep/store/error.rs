//! Why a store cannot be used.

use std::path::Path;

use rusqlite::ErrorCode;

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is one already.
    #[error(
        "`{0}` holds runs already; add --resume to go on with it, or --out DIR to start anew elsewhere"
    )]
    Exists(String),
    /// The study or the scenario is not what it was.
    #[error(
        "`{path}` holds other runs: {what} differs; undo the change, or use --out DIR to start anew elsewhere"
    )]
    Changed {
        /// Which store.
        path: String,
        /// What differs.
        what: String,
    },
    /// Somebody else has it open.
    #[error(
        "`{0}` is in use: somebody else writes to it; wait until that has ended, or use another --out"
    )]
    InUse(String),
    /// Not one of ours.
    #[error("`{0}` is not the store of a sweep; name another folder or file")]
    Foreign(String),
    /// The disk is full.
    #[error(
        "no space left for `{0}`: what was finished before is kept in it; make space, then go on with --resume"
    )]
    Full(String),
    /// The disk fails, or refuses.
    #[error(
        "`{path}` cannot be written: {source}; what was finished before is kept in it: go on with --resume when it can"
    )]
    Disk {
        /// Which store.
        path: String,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// Two stores hold different results of one run.
    #[error(
        "`{0}` holds other results than the stores before it for the same runs: these are not parts of one sweep"
    )]
    Contradiction(String),
    /// Whatever else.
    #[error("cannot use `{path}`: {source}")]
    Other {
        /// Which store.
        path: String,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// Whether something else may help than other input.
    #[must_use]
    pub const fn is_of_the_disk(&self) -> bool {
        matches!(self, Self::Full(_) | Self::Disk { .. } | Self::Other { .. })
    }

    pub(super) fn of(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.display().to_string();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(path),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse(path),
            Some(ErrorCode::NotADatabase) => Self::Foreign(path),
            Some(ErrorCode::SystemIoFailure) => Self::Disk { path, source },
            _ => Self::Other { path, source },
        }
    }
}
