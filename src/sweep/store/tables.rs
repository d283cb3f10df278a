//! The tables of a store, and how its file is opened.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params};

use super::StoreError;
use crate::sweep::identity::Identity;
use crate::sweep::study::Study;

/// Marks our files among those of SQLite: `Port`.
const APPLICATION: i32 = 0x506f_7274;
/// The version of the tables.
const VERSION: i32 = 1;

pub(super) fn connect(path: &Path, create: bool) -> Result<Connection, StoreError> {
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

pub(super) fn is_empty(connection: &Connection) -> Result<bool, rusqlite::Error> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

pub(super) fn check_kind(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let kind = pragma("application_id").and_then(|id| Ok((id, pragma("user_version")?)));
    match kind.map_err(|error| StoreError::of(path, error))? {
        (APPLICATION, VERSION) => Ok(()),
        _ => Err(StoreError::Foreign(path.display().to_string())),
    }
}

/// Makes the tables, all at once.
pub(super) fn create(
    connection: &mut Connection,
    study: &dyn Study,
    identity: &Identity,
) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction()?;
    let column = |kind: &'static str| move |name: &str| format!(", {} {kind}", quoted(name));
    let axes: String = study.axes().iter().map(|axis| column("TEXT NOT NULL")(axis)).collect();
    let measures: String = study.measures().iter().map(|it| column("REAL")(&it.name)).collect();
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
    for (key, text) in study.notes() {
        set_about(&transaction, key, &text)?;
    }
    describe(&transaction, study, study.cells())?;
    transaction.commit()
}

/// Writes the values of the axes in some cells, unless that is done.
pub(super) fn describe(
    connection: &Connection,
    study: &dyn Study,
    cells: impl IntoIterator<Item = usize>,
) -> Result<(), rusqlite::Error> {
    let places: String = (0..study.axes().len()).map(|i| format!(", ?{}", i + 2)).collect();
    let text = format!("INSERT OR IGNORE INTO cells VALUES (?1{places})");
    let mut insert = connection.prepare(&text)?;
    for cell in cells {
        let labels = study.labels(cell).into_iter().map(Value::Text);
        let all = std::iter::once(Value::Integer(cell as i64)).chain(labels);
        insert.execute(rusqlite::params_from_iter(all))?;
    }
    Ok(())
}

/// A name as SQL writes it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(super) fn set_about(
    connection: &Connection,
    key: &str,
    value: &str,
) -> Result<(), rusqlite::Error> {
    connection.execute("INSERT OR REPLACE INTO about VALUES (?1, ?2)", params![key, value])?;
    Ok(())
}

pub(super) fn read_identity(connection: &Connection) -> Result<Identity, rusqlite::Error> {
    let mut statement = connection.prepare("SELECT part, hash FROM identity")?;
    let parts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Identity { parts: parts.collect::<Result<_, _>>()? })
}
