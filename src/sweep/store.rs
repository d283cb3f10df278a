//! Finished runs in one SQLite file: each run is a transaction.
//!
//! | table | holds |
//! | --- | --- |
//! | `identity` | what decides the results, see [`Identity`] |
//! | `about` | the sweep file, its name, and the precision asked for |
//! | `cells` | the value of each axis in each cell |
//! | `runs` | one row for each finished run, one column for each measure |
//!
//! Whoever is killed loses the runs in flight and nothing else: SQLite's write-ahead log takes a row
//! whole or not at all. Only one process at a time may have the file open.

use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OpenFlags, params};

use super::file::Sweep;
use super::forecast::Forecasts;
use super::identity::Identity;
use super::schedule::Goal;

/// Marks our files among those of SQLite: `Port`.
const APPLICATION: i32 = 0x506f_7274;
/// The version of the tables.
const VERSION: i32 = 1;

/// A finished run of a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its seed.
    pub seed: u64,
    /// The measures' values, where there are such.
    pub values: Vec<Option<f64>>,
}

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is one already.
    #[error(
        "`{0}` holds runs of this sweep already; add --resume to go on with it, or --out DIR to start anew elsewhere"
    )]
    Exists(String),
    /// The sweep or the scenario is not what it was.
    #[error(
        "`{path}` holds runs of another sweep: {what} differs; undo the change, or use --out DIR to start anew elsewhere"
    )]
    Changed {
        /// Which store.
        path: String,
        /// What differs.
        what: String,
    },
    /// Somebody else has it open.
    #[error(
        "`{0}` is in use: another sweep writes to it; wait until that has ended, or use another --out"
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
        matches!(self, Self::Full(_) | Self::Other { .. })
    }

    fn of(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.display().to_string();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(path),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse(path),
            Some(ErrorCode::NotADatabase) => Self::Foreign(path),
            _ => Self::Other { path, source },
        }
    }
}

/// An open store.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    connection: Connection,
    insert: String,
    measures: usize,
}

impl Store {
    /// Opens the store of a sweep, or makes it. One that is there already must be of this very sweep,
    /// and `resume` must say that it is to be gone on with.
    ///
    /// # Errors
    /// If it may not be used for this sweep, or cannot be.
    pub fn open(
        path: &Path,
        sweep: &Sweep,
        identity: &Identity,
        resume: bool,
    ) -> Result<Self, StoreError> {
        let mut connection = connect(path, true)?;
        let trouble = |error| StoreError::of(path, error);
        if is_empty(&connection).map_err(trouble)? {
            create(&mut connection, sweep, identity).map_err(trouble)?;
        } else {
            check_kind(&connection, path)?;
            let differences = identity.differences(&read_identity(&connection).map_err(trouble)?);
            if !differences.is_empty() {
                let (path, what) = (path.display().to_string(), differences.join(", "));
                return Err(StoreError::Changed { path, what });
            }
            if !resume {
                return Err(StoreError::Exists(path.display().to_string()));
            }
        }
        let measures = sweep.measures.len();
        let places: Vec<String> = (1..=measures + 2).map(|i| format!("?{i}")).collect();
        let insert = format!("INSERT INTO runs VALUES ({})", places.join(", "));
        Ok(Self { path: path.to_path_buf(), connection, insert, measures })
    }

    /// Keeps what a run found out.
    ///
    /// # Errors
    /// If it cannot be written; the store is as it was before.
    pub fn add(&self, cell: usize, row: &Row) -> Result<(), StoreError> {
        let own = [Value::Integer(cell as i64), Value::Integer(row.seed as i64)];
        let values = row.values.iter().map(|value| value.map_or(Value::Null, Value::Real));
        let all = rusqlite::params_from_iter(own.into_iter().chain(values));
        self.connection.execute(&self.insert, all).map_err(|error| self.trouble(error))?;
        Ok(())
    }

    /// The finished runs of a cell, by seed.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn rows(&self, cell: usize) -> Result<Vec<Row>, StoreError> {
        let read = || -> Result<Vec<Row>, rusqlite::Error> {
            let text = "SELECT * FROM runs WHERE cell = ?1 ORDER BY seed";
            let mut statement = self.connection.prepare(text)?;
            let row = |row: &rusqlite::Row<'_>| {
                let values = (0..self.measures).map(|i| row.get(i + 2));
                let seed: i64 = row.get(1)?;
                Ok(Row { seed: seed as u64, values: values.collect::<Result<_, _>>()? })
            };
            statement.query_map([cell as i64], row)?.collect()
        };
        read().map_err(|error| self.trouble(error))
    }

    /// Takes over the runs of another store of the same sweep. Returns how many were new.
    ///
    /// # Errors
    /// If it is of another sweep, or cannot be read, or this one cannot be written.
    pub fn take(&mut self, other: &Path, identity: &Identity) -> Result<usize, StoreError> {
        let theirs = connect(other, false)?;
        check_kind(&theirs, other)?;
        let found = read_identity(&theirs).map_err(|error| StoreError::of(other, error))?;
        let differences = identity.differences(&found);
        if !differences.is_empty() {
            let (path, what) = (other.display().to_string(), differences.join(", "));
            return Err(StoreError::Changed { path, what });
        }
        let other = Self {
            path: other.to_path_buf(),
            connection: theirs,
            insert: String::new(),
            measures: self.measures,
        };
        let transaction = self.connection.unchecked_transaction();
        let transaction = transaction.map_err(|error| self.trouble(error))?;
        let mut taken = 0;
        for cell in other.cells_with_runs()? {
            let own = self.rows(cell)?;
            for row in other.rows(cell)? {
                match own.iter().find(|known| known.seed == row.seed) {
                    None => {
                        self.add(cell, &row)?;
                        taken += 1;
                    }
                    Some(known) if *known == row => {}
                    Some(_) => {
                        return Err(StoreError::Contradiction(other.path.display().to_string()));
                    }
                }
            }
        }
        transaction.commit().map_err(|error| self.trouble(error))?;
        Ok(taken)
    }

    /// Cells of which at least one run is finished.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn cells_with_runs(&self) -> Result<Vec<usize>, StoreError> {
        let read = || -> Result<Vec<usize>, rusqlite::Error> {
            let mut statement =
                self.connection.prepare("SELECT DISTINCT cell FROM runs ORDER BY cell")?;
            let cells = statement.query_map([], |row| row.get::<_, i64>(0))?;
            cells.map(|cell| Ok(cell? as usize)).collect()
        };
        read().map_err(|error| self.trouble(error))
    }

    /// Notes what was asked for, for those who join this store with others.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn note_goal(&self, goal: &Goal) -> Result<(), StoreError> {
        let number = |number: Option<f64>| number.map_or_else(String::new, |n| n.to_string());
        for (key, value) in
            [("precision", number(goal.precision)), ("max-seeds", goal.most().to_string())]
        {
            set_about(&self.connection, key, &value).map_err(|error| self.trouble(error))?;
        }
        Ok(())
    }

    /// Keeps what models predict.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn note_forecasts(&self, forecasts: &Forecasts) -> Result<(), StoreError> {
        set_about(&self.connection, "theory", &forecasts.to_text())
            .map_err(|error| self.trouble(error))
    }

    /// What models predict.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn forecasts(&self) -> Result<Forecasts, StoreError> {
        let text = "SELECT coalesce(max(value), '') FROM about WHERE key = 'theory'";
        let text = self.connection.query_row(text, [], |row| row.get::<_, String>(0));
        text.map(|text| Forecasts::from_text(&text)).map_err(|error| self.trouble(error))
    }

    fn trouble(&self, error: rusqlite::Error) -> StoreError {
        StoreError::of(&self.path, error)
    }
}

/// What a store says of the sweep that it is of.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    /// The text of the sweep file.
    pub text: String,
    /// Its name.
    pub file: String,
    /// The precision asked for.
    pub precision: Option<f64>,
    /// The most seeds of a cell.
    pub max_seeds: Option<usize>,
    /// What decides the results.
    pub identity: Identity,
    /// What models predict.
    pub forecasts: Forecasts,
}

impl About {
    /// Reads it from the store at `path`.
    ///
    /// # Errors
    /// If there is no store.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        let connection = connect(path, false)?;
        check_kind(&connection, path)?;
        let read = || -> Result<Self, rusqlite::Error> {
            let text = |key: &str| {
                let text = "SELECT coalesce(max(value), '') FROM about WHERE key = ?1";
                connection.query_row(text, [key], |row| row.get::<_, String>(0))
            };
            Ok(Self {
                text: text("sweep")?,
                file: text("file")?,
                precision: text("precision")?.parse().ok(),
                max_seeds: text("max-seeds")?.parse().ok(),
                identity: read_identity(&connection)?,
                forecasts: Forecasts::from_text(&text("theory")?),
            })
        };
        read().map_err(|error| StoreError::of(path, error))
    }
}

fn connect(path: &Path, create: bool) -> Result<Connection, StoreError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
    let open = || -> Result<Connection, rusqlite::Error> {
        let connection = Connection::open_with_flags(path, flags)?;
        // Alone with the file, the log needs no shared memory, which network file systems lack.
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        let kind: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        if kind != APPLICATION && !is_empty(&connection)? {
            // Somebody else's: looked at no further, and left as it is.
            return Ok(connection);
        }
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        // The log is written before each commit ends but not forced to the disk: who pulls the plug
        // may lose the last runs, but never the file.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        Ok(connection)
    };
    open().map_err(|error| StoreError::of(path, error))
}

fn is_empty(connection: &Connection) -> Result<bool, rusqlite::Error> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

fn check_kind(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let kind = pragma("application_id").and_then(|id| Ok((id, pragma("user_version")?)));
    match kind.map_err(|error| StoreError::of(path, error))? {
        (APPLICATION, VERSION) => Ok(()),
        _ => Err(StoreError::Foreign(path.display().to_string())),
    }
}

/// Makes the tables, all at once.
fn create(
    connection: &mut Connection,
    sweep: &Sweep,
    identity: &Identity,
) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction()?;
    let columns = |names: &mut dyn Iterator<Item = &str>, kind: &str| -> String {
        names.map(|name| format!(", {} {kind}", quoted(name))).collect()
    };
    let axes = columns(&mut sweep.axes.iter().map(|axis| axis.name.as_str()), "TEXT NOT NULL");
    let measures = columns(&mut sweep.measures.iter().map(|it| it.name.as_str()), "REAL");
    transaction.execute_batch(&format!(
        "PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};
         CREATE TABLE identity (part TEXT PRIMARY KEY, hash TEXT NOT NULL);
         CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
         CREATE TABLE cells (cell INTEGER PRIMARY KEY{axes});
         CREATE TABLE runs (cell INTEGER, seed INTEGER{measures}, PRIMARY KEY (cell, seed))
             WITHOUT ROWID;"
    ))?;
    for (part, hash) in &identity.parts {
        transaction.execute("INSERT INTO identity VALUES (?1, ?2)", params![part, hash])?;
    }
    set_about(&transaction, "sweep", &sweep.text)?;
    set_about(&transaction, "file", &format!("{}.toml", sweep.name))?;
    let places: String = (0..sweep.axes.len()).map(|i| format!(", ?{}", i + 2)).collect();
    let mut insert = transaction.prepare(&format!("INSERT INTO cells VALUES (?1{places})"))?;
    for number in 0..sweep.cell_count() {
        let cell = sweep.cell(number);
        let labels = sweep.points(&cell).map(|point| Value::Text(point.label.clone()));
        let all = std::iter::once(Value::Integer(number as i64)).chain(labels);
        insert.execute(rusqlite::params_from_iter(all))?;
    }
    drop(insert);
    transaction.commit()
}

/// A name as SQL writes it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn set_about(connection: &Connection, key: &str, value: &str) -> Result<(), rusqlite::Error> {
    connection.execute("INSERT OR REPLACE INTO about VALUES (?1, ?2)", params![key, value])?;
    Ok(())
}

fn read_identity(connection: &Connection) -> Result<Identity, rusqlite::Error> {
    let mut statement = connection.prepare("SELECT part, hash FROM identity")?;
    let parts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Identity { parts: parts.collect::<Result<_, _>>()? })
}

#[cfg(test)]
mod tests {
    use super::super::Subject;
    use super::super::file::tests::sweep;
    use super::*;

    const TEXT: &str = "[vary]\nduration = ['1s', '2s']\n[measure]\nm = 'seed'\nk = 'seed'\n";

    fn opened(path: &Path, text: &str, resume: bool) -> Result<Store, StoreError> {
        let sweep = sweep(text);
        let subject = Subject::find(&sweep, Path::new("/"), "s.toml").expect("built in");
        Store::open(path, &sweep, &Identity::of(&sweep, &subject), resume)
    }

    fn row(seed: u64, m: Option<f64>) -> Row {
        Row { seed, values: vec![m, Some(0.1 + 0.2)] }
    }

    #[test]
    fn keeps_values_to_the_last_bit_in_the_order_of_seeds() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s.sqlite");
        let store = opened(&path, TEXT, false).expect("new");
        for row in [row(7, Some(f64::MIN_POSITIVE)), row(1, None), row(u64::MAX >> 2, None)] {
            store.add(1, &row).expect("adds");
        }
        assert!(store.add(1, &row(7, None)).is_err(), "each run once");
        drop(store);
        let store = opened(&path, TEXT, true).expect("old");
        let expected = [row(1, None), row(7, Some(f64::MIN_POSITIVE)), row(u64::MAX >> 2, None)];
        assert_eq!(store.rows(1).expect("reads"), expected);
        assert_eq!(store.rows(0).expect("reads"), []);
        assert_eq!(store.cells_with_runs().expect("reads"), [1]);
    }

    #[test]
    fn runs_of_different_sweeps_do_not_mix() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s.sqlite");
        drop(opened(&path, TEXT, false).expect("new"));
        let told = |text: &str, resume| opened(&path, text, resume).expect_err("no").to_string();
        assert!(told(TEXT, false).contains("--resume"));
        let changed =
            told("[vary]\nduration = ['1s', '3s']\n[measure]\nm = 'seed'\nk = 'seed'\n", true);
        assert!(changed.contains("what varies or is set differs"), "{changed}");
        drop(opened(&path, &format!("seeds = 30\n{TEXT}"), true).expect("seeds may change"));
    }

    #[test]
    fn one_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s.sqlite");
        let first = opened(&path, TEXT, false).expect("new");
        let second = opened(&path, TEXT, true).expect_err("in use");
        assert!(matches!(second, StoreError::InUse(_)), "{second}");
        drop(first);
        opened(&path, TEXT, true).expect("free again");
    }

    #[test]
    fn other_files_are_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s.sqlite");
        std::fs::write(&path, "not a database, but long enough to look at").expect("writes");
        assert!(matches!(opened(&path, TEXT, true), Err(StoreError::Foreign(_))));
        std::fs::remove_file(&path).expect("removes");
        Connection::open(&path).and_then(|c| c.execute_batch("CREATE TABLE t (x)")).expect("SQL");
        assert!(matches!(opened(&path, TEXT, true), Err(StoreError::Foreign(_))));
    }

    #[test]
    fn stores_of_parts_join() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let identity = {
            let sweep = sweep(TEXT);
            let subject = Subject::find(&sweep, Path::new("/"), "s.toml").expect("built in");
            Identity::of(&sweep, &subject)
        };
        for (name, seed, m) in [("a", 1, 1.0), ("b", 2, 2.0), ("c", 2, 2.5)] {
            let store = opened(&path(name), TEXT, false).expect("new");
            store.add(0, &row(seed, Some(m))).expect("adds");
        }
        let mut whole = opened(&path("whole"), TEXT, false).expect("new");
        assert_eq!(whole.take(&path("a"), &identity).expect("joins"), 1);
        assert_eq!(whole.take(&path("b"), &identity).expect("joins"), 1);
        assert_eq!(whole.take(&path("b"), &identity).expect("again"), 0);
        assert!(matches!(whole.take(&path("c"), &identity), Err(StoreError::Contradiction(_))));
        assert_eq!(whole.rows(0).expect("reads"), [row(1, Some(1.0)), row(2, Some(2.0))]);
        assert_eq!(About::read(&path("a")).expect("reads").text, sweep(TEXT).text);
        assert!(About::read(&path("none")).is_err());
    }
}
