//! A store for who may only read it: a file that is write-protected, a folder of somebody else, a file system that is mounted
//! for reading.
//!
//! SQLite follows the write-ahead log of a writer through a file that lies beside the store, and cannot do without it. Where
//! it is there, SQLite reads in place. Where it is not and cannot be made, nobody is at work, and what the store and its log say
//! is taken into memory: never the store alone, which would be what held before the log.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, MAIN_DB, OpenFlags};
use strata_ports::StoreError;

use crate::Access;
use crate::failure::{told, unavailable};
use crate::open;

/// How often a store is read that somebody writes meanwhile.
const ATTEMPTS: usize = 20;

/// Where the header of the file says how it is journaled: by a write-ahead log, or by none that lies beside it.
const JOURNALED: std::ops::Range<usize> = 18..20;
const BY_NONE: [u8; 2] = [1, 1];

/// `connection` is one that can read in place. An earlier version would have to be upgraded, which is to write.
pub(crate) fn existing(path: &Path, connection: Option<Connection>, known: u32) -> Result<Access, StoreError> {
    let (access, connection) = match connection {
        Some(connection) => (Access::Read, connection),
        None => {
            let bytes = copy(path)?;
            let connection = reader(path, &bytes)?;
            (Access::Copy(bytes), connection)
        }
    };
    open::known(&connection, path)?;
    if open::admit(open::found_version(&connection, path)?, known)? {
        return Err(StoreError::ReadOnly(format!(
            "{} is of an earlier version and would have to be upgraded, which cannot be written",
            path.display()
        )));
    }
    Ok(access)
}

/// A connection to a copy.
pub(crate) fn reader(path: &Path, bytes: &[u8]) -> Result<Connection, StoreError> {
    let read = || {
        let mut connection = Connection::open_in_memory()?;
        connection.deserialize_read_exact(MAIN_DB, bytes, bytes.len(), true)?;
        open::set_up(connection)
    };
    read().map_err(|error| told(path, &error, false))
}

/// What a store says, in one piece.
fn copy(path: &Path) -> Result<Vec<u8>, StoreError> {
    for _ in 0..ATTEMPTS {
        let Some((mut store, log)) = at_rest(path).map_err(|error| unavailable(path, error))? else { continue };
        if !log.is_empty() {
            return with_log(path, &store, &log);
        }
        if let Some(journaled) = store.get_mut(JOURNALED) {
            journaled.copy_from_slice(&BY_NONE);
        }
        return Ok(store);
    }
    Err(unavailable(path, "somebody keeps writing it, and from here it can be read only while nobody does"))
}

/// The store and its log, unless they are being written: what is mounted here for reading somebody may write elsewhere. They
/// are read twice, in turns. The same log both times was neither begun anew nor gone on with in between, so what of it may
/// have been moved into the store then stands in it still.
fn at_rest(path: &Path) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let read = || -> io::Result<(Vec<u8>, Vec<u8>)> {
        let log = bytes_of(&beside(path))?;
        Ok((fs::read(path)?, log))
    };
    let (first, second) = (read()?, read()?);
    Ok((first == second).then_some(second))
}

/// None at all is an empty log.
fn bytes_of(log: &Path) -> io::Result<Vec<u8>> {
    match fs::read(log) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

/// The write-ahead log of a store.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Has SQLite move a log into its store, elsewhere.
fn with_log(path: &Path, store: &[u8], log: &[u8]) -> Result<Vec<u8>, StoreError> {
    let elsewhere = tempfile::tempdir().map_err(|error| {
        unavailable(
            path,
            format_args!("it has a log that was not moved into it, and there is no room to do so: {error}"),
        )
    })?;
    let copy = elsewhere.path().join("store.db");
    let written = fs::write(&copy, store).and_then(|()| fs::write(beside(&copy), log));
    written.map_err(|error| unavailable(&copy, error))?;
    let connection = open::connect(&copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let moved = connection.pragma_update(None, "journal_mode", "DELETE");
    moved.map_err(|error| told(path, &error, false))?;
    connection.close().map_err(|(_, error)| told(path, &error, false))?;
    fs::read(&copy).map_err(|error| unavailable(&copy, error))
}
