//! What went wrong underneath, in the words of the port.

use std::io;
use std::path::Path;

use rusqlite::ErrorCode;
use strata_ports::StoreError;

/// Of a failure before anything could have been committed.
pub(crate) fn unavailable(path: &Path, reason: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable { reason: format!("{}: {reason}", path.display()), committed: Some(false) }
}

pub(crate) fn read_only(path: &Path) -> StoreError {
    StoreError::ReadOnly(format!("{} or its folder cannot be written", path.display()))
}

/// Of a failure to make something there.
pub(crate) fn not_made(path: &Path, error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => read_only(path),
        _ => unavailable(path, error),
    }
}

pub(crate) fn damaged(path: &Path, what: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(format!("{}: {what}", path.display()))
}

/// `committing` says that the failure came out of COMMIT itself.
pub(crate) fn told(path: &Path, error: &rusqlite::Error, committing: bool) -> StoreError {
    let rusqlite::Error::SqliteFailure(code, _) = error else {
        // The file was read, but a row is not of the type that was written.
        return damaged(path, error);
    };
    let reason = match code.code {
        ErrorCode::DatabaseCorrupt => return damaged(path, "the file contradicts itself"),
        ErrorCode::NotADatabase => return damaged(path, "the file is no SQLite database"),
        ErrorCode::DiskFull => "the disk is full".to_owned(),
        ErrorCode::ReadOnly => "the file cannot be written".to_owned(),
        ErrorCode::CannotOpen => "the file or its folder cannot be opened".to_owned(),
        ErrorCode::PermissionDenied => "access to the file is denied".to_owned(),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => "another process kept it busy for too long".to_owned(),
        _ => error.to_string(),
    };
    // When the sync of a commit fails, what it wrote may be found by the next who opens the file. A full disk and a
    // busy file are noticed before the mark that ends a commit is written.
    let unknown =
        committing && !matches!(code.code, ErrorCode::DiskFull | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked);
    StoreError::Unavailable {
        reason: format!("{}: {reason}", path.display()),
        committed: if unknown { None } else { Some(false) },
    }
}
