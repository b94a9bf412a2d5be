//! The folder of a world: which files are in it, and where its socket is.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

/// Held by the one process that may keep the world.
pub(crate) const LOCK: &str = "lock";
pub(crate) const JOURNAL: &str = "world.log";
pub(crate) const KEY: &str = "key";
/// What the process said when it could not go on.
pub(crate) const LAST_WORDS: &str = "last-words";
const SOCKET: &str = "socket";
/// Holds the path of the socket.
const ADDRESS: &str = "address";

/// The longest path that a socket may have everywhere is 103 bytes.
const LONGEST: usize = 100;

/// The socket of a running world.
pub(crate) struct Socket {
    pub(crate) listener: UnixListener,
    folder: PathBuf,
    path: PathBuf,
}

impl Socket {
    /// Listens, and writes down where. Only the holder of the lock may.
    pub(crate) fn bind(folder: &Path) -> io::Result<Socket> {
        // One that was killed has left them.
        if let Ok(path) = address(folder) {
            remove(folder, &path);
        }
        let mut path = folder.join(SOCKET);
        if path.as_os_str().len() > LONGEST {
            path = tempfile::Builder::new().prefix("strata-").tempdir()?.keep().join(SOCKET);
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        write_whole(&folder.join(ADDRESS), path.as_os_str().as_bytes())?;
        Ok(Socket { listener, folder: folder.to_owned(), path })
    }

    /// Leaves no trace, as far as that goes: a world that is killed leaves them too.
    pub(crate) fn remove(&self) {
        remove(&self.folder, &self.path);
    }
}

fn remove(folder: &Path, path: &Path) {
    let _ = fs::remove_file(folder.join(ADDRESS));
    let _ = fs::remove_file(path);
    if let Some(parent) = path.parent().filter(|parent| *parent != folder) {
        let _ = fs::remove_dir(parent);
    }
}

/// Where the socket of the world that keeps this folder is, if one does.
pub(crate) fn address(folder: &Path) -> io::Result<PathBuf> {
    fs::read(folder.join(ADDRESS)).map(|bytes| PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

/// Writes a small private file so that it is there as a whole or not at all.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}
