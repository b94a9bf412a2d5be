//! Making, opening and upgrading the file.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, TransactionBehavior};
use strata_defects::{Defect, Point, pass, planted};
use strata_ports::StoreError;

use crate::commit::Door;
use crate::failure::{damaged, not_made, told, unavailable};
use crate::{Access, reading};

/// Marks a SQLite file as a store of ours: `Strt`.
const APPLICATION: i64 = 0x5374_7274;

/// Step `n` leads from version `n` to the next; the first makes an empty store. A new version of the records
/// ([`strata_model::record::FORMAT`]) is a step too, so one number says what a store needs.
const STEPS: &[&str] = &[include_str!("schema/1.sql"), include_str!("schema/2.sql")];

/// How long a writer waits for those of other processes. Each holds the file for one group of commits only.
const PATIENCE: Duration = Duration::from_secs(30);

/// In bytes. A commit touches many pages and little of each, so small ones halve what it writes.
const PAGE: u32 = 1024;

/// The version of stores that this build writes.
pub(crate) fn version() -> u32 {
    version_of(STEPS)
}

fn version_of(steps: &[&str]) -> u32 {
    u32::try_from(steps.len()).unwrap_or(u32::MAX)
}

/// What may be done with a store, if there is one. What it holds is of this version.
pub(crate) fn existing(path: &Path) -> Result<Option<Access>, StoreError> {
    existing_with(path, STEPS)
}

fn existing_with(path: &Path, steps: &[&str]) -> Result<Option<Access>, StoreError> {
    match fs::metadata(path) {
        Ok(_) => {}
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound) => return Ok(None),
        Err(error) => return Err(unavailable(path, error)),
    }
    let mut connection = match in_place(path) {
        Ok((connection, true)) => connection,
        Ok((connection, false)) => return reading::existing(path, Some(connection), version_of(steps)).map(Some),
        // A write-ahead log asks for files beside the store also of who only reads.
        Err(error) if is_refused(&error) => return reading::existing(path, None, version_of(steps)).map(Some),
        Err(error) => return Err(told(path, &error, false)),
    };
    known(&connection, path)?;
    // Every commit is synced before it counts.
    let synchronous = if planted(Defect::CommitNotSynced) { "OFF" } else { "FULL" };
    connection.pragma_update(None, "synchronous", synchronous).map_err(|error| told(path, &error, false))?;
    if admit(found_version(&connection, path)?, version_of(steps))? {
        upgrade(&mut connection, path, steps)?;
    }
    Ok(Some(Access::Write(Door::new(connection))))
}

/// A connection, and whether it may write.
fn in_place(path: &Path) -> rusqlite::Result<(Connection, bool)> {
    let connection = opened(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let may_write = !connection.is_readonly(MAIN_DB)?;
    Ok((connection, may_write))
}

fn is_refused(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied))
}

/// Refuses what is no store of ours.
pub(crate) fn known(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    if pragma(connection, path, "application_id")? == APPLICATION {
        return Ok(());
    }
    // Also an empty file: a store that was cut to nothing must not pass for a new one.
    Err(damaged(path, "the file is no store of Strata"))
}

/// Whether it needs an upgrade.
pub(crate) fn admit(found: u32, known: u32) -> Result<bool, StoreError> {
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    Ok(found < known)
}

pub(crate) fn found_version(connection: &Connection, path: &Path) -> Result<u32, StoreError> {
    Ok(u32::try_from(pragma(connection, path, "user_version")?).unwrap_or(u32::MAX))
}

fn pragma(connection: &Connection, path: &Path, name: &str) -> Result<i64, StoreError> {
    connection.pragma_query_value(None, name, |row| row.get(0)).map_err(|error| told(path, &error, false))
}

/// A connection for reading.
pub(crate) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // A connection that could not write at all could not follow the write-ahead log either.
    connection.pragma_update(None, "query_only", true).map_err(|error| told(path, &error, false))?;
    Ok(connection)
}

pub(crate) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    opened(path, flags).map_err(|error| told(path, &error, false))
}

fn opened(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    set_up(Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?)
}

/// Reads the file, too.
pub(crate) fn set_up(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Statements are planned once, whatever they are asked; without this some are planned for each row.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // No trust in a schema that somebody else may have changed.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection
        .execute_batch("PRAGMA cell_size_check = ON; PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 4000")?; // 16 MB, 4 MB
    Ok(connection)
}

/// Makes a store beside its place and moves it there whole, so that nobody ever sees half of one. If there is one
/// already, that one stays.
pub(crate) fn create(path: &Path, project: Option<&str>) -> Result<(), StoreError> {
    let folder = folder_of(path);
    make_folder(folder).map_err(|error| not_made(path, error))?;
    let file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder).map_err(|error| not_made(path, error))?;
    let connection = connect(file.path(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    fill(&connection, project).map_err(|error| told(path, &error, false))?;
    // Closing moves everything from the write-ahead log into the file.
    connection.close().map_err(|(_, error)| told(path, &error, false))?;
    pass(Point::StoreFilled);
    let moved = file.as_file().sync_all().and_then(|()| match file.persist_noclobber(path) {
        Ok(_) => {
            pass(Point::StorePlaced);
            File::open(folder)?.sync_all()
        }
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(refused) => Err(refused.error),
    });
    moved.map_err(|error| unavailable(path, error))
}

fn fill(connection: &Connection, project: Option<&str>) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "PRAGMA page_size = {PAGE}; PRAGMA journal_mode = WAL; BEGIN; PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {};",
        STEPS.len()
    ))?;
    STEPS.iter().try_for_each(|step| connection.execute_batch(step))?;
    connection
        .execute("INSERT INTO project (name) VALUES (coalesce(?1, 'p-' || lower(hex(randomblob(8)))))", [project])?;
    connection.execute_batch("COMMIT")
}

/// A store that says nothing, where none can be made.
pub(crate) fn nothing(path: &Path) -> Result<Vec<u8>, StoreError> {
    let empty = || {
        let mut connection = Connection::open_in_memory()?;
        fill(&connection, None)?;
        Ok(connection.serialize(MAIN_DB)?.to_vec())
    };
    empty().map_err(|error| told(path, &error, false))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What is made is for its owner only: a state tells much about what it is of.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Runs the steps that are missing, all or none, after putting a copy of the store beside it.
fn upgrade(connection: &mut Connection, path: &Path, steps: &[&str]) -> Result<(), StoreError> {
    let fail = |error: rusqlite::Error| told(path, &error, false);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
    // Somebody else may have been quicker, or even newer.
    let found = found_version(&transaction, path)?;
    if !admit(found, version_of(steps))? {
        return Ok(());
    }
    // Nobody writes now, so a second connection copies exactly what the steps will change.
    back_up(path, &backup_path(path, found))?;
    pass(Point::StoreCopied);
    let missing = steps.get(usize::try_from(found).unwrap_or(usize::MAX)..).unwrap_or_default();
    missing.iter().try_for_each(|step| transaction.execute_batch(step)).map_err(fail)?;
    transaction.pragma_update(None, "user_version", version_of(steps)).map_err(fail)?;
    transaction.commit().map_err(|error| told(path, &error, true))?;
    pass(Point::StoreUpgraded);
    Ok(())
}

/// `store.db` of version 1 is kept as `store.db.v1`.
fn backup_path(path: &Path, version: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".v{version}"));
    name.into()
}

fn back_up(path: &Path, to: &Path) -> Result<(), StoreError> {
    let folder = folder_of(path);
    let copy =
        tempfile::Builder::new().prefix(".copy-").tempfile_in(folder).map_err(|error| unavailable(folder, error))?;
    let reader = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let name = copy.path().to_string_lossy();
    reader.execute("VACUUM INTO ?1", [&*name]).map_err(|error| told(path, &error, false))?;
    let kept = copy.as_file().sync_all().and_then(|()| copy.persist(to).map_err(|refused| refused.error));
    kept.and_then(|_| File::open(folder)?.sync_all()).map_err(|error| unavailable(to, error))
}

#[cfg(test)]
mod tests {
    use strata_ports::suite::store::sample;
    use strata_ports::{ExpectHead, Reads, Store, Write};

    use super::*;
    use crate::SqliteStore;

    /// What a later version will do.
    fn and(step: &str) -> Vec<&str> {
        STEPS.iter().copied().chain([step]).collect()
    }

    #[test]
    fn a_store_of_the_first_version_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let (context, stamp) = (sample::context("api"), sample::stamp(1));
        let records = [strata_model::Record::Note { text: "before".into() }];
        let write = Write { context: &context, expect: ExpectHead::Any, fence: None, stamp: &stamp, records: &records };
        SqliteStore::open(&path).unwrap().commit(write).unwrap();
        Connection::open(&path).unwrap().execute_batch("DROP TABLE kept; PRAGMA user_version = 1").unwrap();
        let store = SqliteStore::open(&path).unwrap();
        assert_eq!(store.commit(write).unwrap().sequence, 2);
        assert_eq!(store.verify().unwrap(), Vec::<String>::new());
        assert!(backup_path(&path, 1).exists());
    }

    #[test]
    fn an_upgrade_keeps_a_copy_and_a_newer_store_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let (context, stamp) = (sample::context("api"), sample::stamp(1));
        let records = [strata_model::Record::Note { text: "before".into() }];
        let write = Write { context: &context, expect: ExpectHead::Any, fence: None, stamp: &stamp, records: &records };
        let head = SqliteStore::open(&path).unwrap().commit(write).unwrap();

        drop(existing_with(&path, &and("CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT")).unwrap());
        let (known, next) = (version(), version() + 1);
        assert_eq!(found_version(&connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap(), &path).unwrap(), next);

        let refused = SqliteStore::open(&path).unwrap_err();
        let newer = matches!(refused, StoreError::Newer { found, known: read } if (found, read) == (next, known));
        assert!(newer, "{refused:?}");
        let copy = SqliteStore::open(&backup_path(&path, known)).unwrap();
        assert_eq!(copy.head(&context).unwrap(), head);
        assert_eq!(copy.verify().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_writer_that_is_open_does_not_write_into_a_store_that_was_upgraded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let (context, stamp) = (sample::context("api"), sample::stamp(1));
        let records = [strata_model::Record::Note { text: "late".into() }];
        let write = Write { context: &context, expect: ExpectHead::Any, fence: None, stamp: &stamp, records: &records };
        let old = SqliteStore::open(&path).unwrap();
        drop(existing_with(&path, &and("SELECT 1")).unwrap());
        assert!(matches!(old.commit(write), Err(StoreError::Newer { .. })));
    }

    #[test]
    fn an_upgrade_that_fails_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        drop(SqliteStore::open(&path).unwrap());
        let broken = and("CREATE TABLE half (id INTEGER) STRICT; CREATE TABLE half (id INTEGER) STRICT");
        assert!(existing_with(&path, &broken).is_err());
        assert_eq!(SqliteStore::open(&path).unwrap().verify().unwrap(), Vec::<String>::new());
    }
}
