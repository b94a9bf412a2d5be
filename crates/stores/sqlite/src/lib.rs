//! The store in one SQLite file: the log, and indexes over it.
//!
//! The body of a record stands once, in the log. What now holds of a resource, an output or a run is a row that names
//! the record that said so last. So a commit writes what it brings and no more, and `verify` can hold every row against
//! the log.
//!
//! A commit is in the synced write-ahead log when it returns; threads that commit at one time share one sync. Readers
//! have connections of their own and wait for nobody.
//!
//! Invariant: knows records and the port; no engine, no clock, no environment. Where the file is, the caller says.

mod commit;
mod compact;
mod failure;
mod index;
mod open;
mod read;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use strata_ports::StoreError;

use commit::Door;

/// A store in a file. Several may be open on one file, in one process and in many.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    door: Door,
    /// Connections that only read and that nobody uses now.
    readers: Mutex<Vec<Connection>>,
}

impl SqliteStore {
    /// Opens the store in a file, making one where there is none. One that an earlier version wrote is brought up to
    /// date, after a copy of it was put beside it.
    pub fn open(path: &Path) -> Result<SqliteStore, StoreError> {
        match SqliteStore::open_existing(path)? {
            Some(store) => Ok(store),
            None => SqliteStore::create(path, None),
        }
    }

    /// Opens a store that is there already.
    pub fn open_existing(path: &Path) -> Result<Option<SqliteStore>, StoreError> {
        let Some(writer) = open::existing(path)? else { return Ok(None) };
        Ok(Some(SqliteStore { path: path.to_owned(), door: Door::new(writer), readers: Mutex::default() }))
    }

    /// Makes a store, under a name that another one had (an import), or under a new one. If somebody else is quicker,
    /// his is opened.
    pub fn create(path: &Path, project: Option<&str>) -> Result<SqliteStore, StoreError> {
        open::create(path, project)?;
        SqliteStore::open_existing(path)?.ok_or_else(|| failure::unavailable(path, "it is gone again"))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Asks on a connection that nobody else uses meanwhile.
    fn read<T>(&self, ask: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.read_with(|connection| ask(connection).map_err(|error| failure::told(&self.path, &error, false)))
    }

    fn read_with<T>(&self, ask: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open::reader(&self.path)?,
        };
        let answer = ask(&connection);
        self.idle().push(connection);
        answer
    }

    /// No panic can leave the list half changed.
    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
