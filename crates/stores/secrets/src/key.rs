//! The key of a store of secrets: 32 random bytes in a file that only its owner may read.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use strata_model::Digest;
use strata_model::digest::{from_hex, hex};

/// Has no `Debug`.
pub(crate) struct Key([u8; 32]);

impl Key {
    /// Reads the key of the secrets in a file. One is made where there is none, but never for secrets that are there
    /// already: theirs was lost or is elsewhere, and another one would hide that.
    pub(crate) fn open(path: &Path, secrets: &Path) -> Result<Key, String> {
        if let Some(key) = Key::find(path)? {
            return Ok(key);
        }
        if !fs::metadata(secrets).is_ok_and(|kept| kept.len() > 0) {
            return Key::make(path, secrets);
        }
        // Somebody else may have made it, and kept the first secret, since it was looked for.
        Key::find(path)?.ok_or_else(|| format!("the key `{}` of `{}` is not there", path.display(), secrets.display()))
    }

    fn find(path: &Path) -> Result<Option<Key>, String> {
        match fs::read_to_string(path) {
            Ok(text) => Key::read(&text).map(Some).ok_or_else(|| format!("`{}` is not a key", path.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(told(path, &error)),
        }
    }

    fn read(text: &str) -> Option<Key> {
        from_hex(text.trim())?.try_into().ok().map(Key)
    }

    fn make(path: &Path, secrets: &Path) -> Result<Key, String> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| format!("no randomness for a key: {error}"))?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| told(folder, &error))?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // Written whole under a name of its own, then linked to its place: nobody reads half a key, and of two who make
        // one at the same time both use the first.
        let fresh = path.with_extension(format!("new-{}", hex(&bytes[..4])));
        let mut file = options.open(&fresh).map_err(|error| told(&fresh, &error))?;
        let written = file.write_all(hex(&bytes).as_bytes()).and_then(|()| file.sync_all());
        let linked = written.and_then(|()| fs::hard_link(&fresh, path));
        let _ = fs::remove_file(&fresh);
        match linked {
            // A key must not be lost to a power cut that spares what it sealed.
            Ok(()) => sync_folder_of(path).map(|()| Key(bytes)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Key::open(path, secrets),
            Err(error) => Err(told(path, &error)),
        }
    }

    pub(crate) fn for_secrets(&self) -> [u8; 32] {
        self.derive(b"secrets")
    }

    pub(crate) fn for_fingerprints(&self) -> [u8; 32] {
        self.derive(b"fingerprints")
    }

    pub(crate) fn for_versions(&self) -> [u8; 32] {
        self.derive(b"versions")
    }

    /// One key for each purpose. The input is 32 random bytes, so a plain digest does.
    fn derive(&self, purpose: &[u8]) -> [u8; 32] {
        Digest::of_parts(&[b"strata", purpose, &self.0]).0
    }
}

/// Makes the name of a new file durable; its content is synced by who writes it.
pub(crate) fn sync_folder_of(path: &Path) -> Result<(), String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| told(folder, &error))
}

pub(crate) fn told(path: &Path, error: &std::io::Error) -> String {
    format!("`{}`: {error}", path.display())
}
