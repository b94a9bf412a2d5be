//! One at a time changes a project on this machine: Compose itself takes no care of that.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use strata_ports::{Clock, DriverError};

/// Held until it is dropped, or until its process ends however it ends.
pub(crate) struct Lock(#[expect(dead_code, reason = "it is what is held")] File);

impl Lock {
    pub(crate) fn take(path: &Path, clock: &dyn Clock, until: Duration) -> Result<Lock, DriverError> {
        let wrong = |error: &std::io::Error| DriverError::Transient(format!("the lock `{}`: {error}", path.display()));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| wrong(&error))?;
        }
        let file =
            File::options().create(true).truncate(false).write(true).open(path).map_err(|error| wrong(&error))?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock(file)),
                Err(TryLockError::Error(error)) => return Err(wrong(&error)),
                Err(TryLockError::WouldBlock) if until.saturating_sub(clock.monotonic()).is_zero() => {
                    return Err(DriverError::Transient("somebody else works on the same project".to_owned()));
                }
                Err(TryLockError::WouldBlock) => clock.sleep(Duration::from_millis(20)),
            }
        }
    }
}
