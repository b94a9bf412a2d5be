//! The store in one SQLite file: the log, and indexes over it.
//!
//! The body of a record stands once, in the log. What now holds of a resource, an output or a run is a row that names
//! the record that said so last. So a commit writes what it brings and no more, and `verify` can hold every row against
//! the log.
//!
//! A commit is in the synced write-ahead log when it returns; threads that commit at one time share one sync. Readers
//! have connections of their own and wait for nobody. Who may not write the file reads it all the same (`reading.rs`).
//!
//! Invariant: knows records and the port; no engine, no clock, no environment. Where the file is, the caller says.

mod commit;
mod compact;
mod failure;
mod index;
mod open;
mod read;
mod reading;
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
    access: Access,
    /// Connections that only read and that nobody uses now.
    readers: Mutex<Vec<Connection>>,
}

/// What may be done with the file.
#[derive(Debug)]
enum Access {
    Write(Door),
    /// Only read, beside those who write.
    Read,
    /// Only read, and not even that in place: what it says, in memory.
    Copy(Vec<u8>),
}

impl SqliteStore {
    /// Opens the store in a file, making one where there is none. One that an earlier version wrote is brought up to
    /// date, after a copy of it was put beside it. Where nothing can be written a store can be read, and one that is not
    /// there is empty.
    pub fn open(path: &Path) -> Result<SqliteStore, StoreError> {
        if let Some(store) = SqliteStore::open_existing(path)? {
            return Ok(store);
        }
        match SqliteStore::create(path, None) {
            Err(StoreError::ReadOnly(_)) => Ok(SqliteStore::with(path, Access::Copy(open::nothing(path)?))),
            made => made,
        }
    }

    /// Opens a store that is there already.
    pub fn open_existing(path: &Path) -> Result<Option<SqliteStore>, StoreError> {
        Ok(open::existing(path)?.map(|access| SqliteStore::with(path, access)))
    }

    /// Makes a store, under a name that another one had (an import), or under a new one. If somebody else is quicker,
    /// his is opened.
    pub fn create(path: &Path, project: Option<&str>) -> Result<SqliteStore, StoreError> {
        open::create(path, project)?;
        SqliteStore::open_existing(path)?.ok_or_else(|| failure::unavailable(path, "it is gone again"))
    }

    fn with(path: &Path, access: Access) -> SqliteStore {
        SqliteStore { path: path.to_owned(), access, readers: Mutex::default() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The way in for whoever writes.
    fn door(&self) -> Result<&Door, StoreError> {
        match &self.access {
            Access::Write(door) => Ok(door),
            Access::Read | Access::Copy(_) => Err(failure::read_only(&self.path)),
        }
    }

    /// Asks on a connection that nobody else uses meanwhile.
    fn read<T>(&self, ask: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.read_with(|connection| ask(connection).map_err(|error| failure::told(&self.path, &error, false)))
    }

    fn read_with<T>(&self, ask: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => match &self.access {
                Access::Write(_) | Access::Read => open::reader(&self.path)?,
                Access::Copy(bytes) => reading::reader(&self.path, bytes)?,
            },
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
