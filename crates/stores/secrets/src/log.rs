//! The file: one sealed line for each secret that was kept; the last line about a secret holds.
//!
//! Lines are only ever added, until so many are void that a new file with the others takes the place of this one. Whoever has
//! read the old one finds that the last line that he knows is not where it was, and reads the new one from its beginning.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use serde::{Deserialize, Serialize};
use strata_defects::{Point, pass};
use strata_model::digest::{from_hex, hex};
use strata_model::{Digest, SecretRef};
use strata_ports::Secret;

use crate::key::{Key, sync_folder_of, told};

/// How often somebody who waits for the file looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) version: Arc<str>,
    pub(crate) secret: Secret,
}

/// One line. What is bound to the content: nobody can put the content of one secret in the place of another.
#[derive(Serialize, Deserialize)]
struct Line {
    store: Arc<str>,
    key: Arc<str>,
    version: Arc<str>,
    nonce: String,
    /// Sealed; what is sealed begins with `=`. It is empty for a secret that was removed, which only older files tell so.
    content: String,
    /// Of all that stands before it: tells a line that a power cut has torn from one that another key has sealed. The first
    /// lines that were written have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sum: Option<String>,
}

impl Line {
    fn sum(&self) -> String {
        let parts = [&*self.store, &*self.key, &*self.version, &self.nonce, &self.content];
        hex(&Digest::of_parts(&parts.map(str::as_bytes)).0[..8])
    }

    /// A line as it was written, whole.
    fn read(bytes: &[u8]) -> Option<Line> {
        let line: Line = serde_json::from_slice(bytes).ok()?;
        line.sum.as_ref().is_none_or(|sum| *sum == line.sum()).then_some(line)
    }
}

pub(crate) struct Log {
    file: PathBuf,
    patience: Duration,
    /// How much of the file has been read.
    read: u64,
    /// The last line that was read. No two lines are alike.
    last: Vec<u8>,
    /// How many lines were read.
    lines: usize,
    kept: BTreeMap<SecretRef, Kept>,
}

impl Log {
    pub(crate) fn new(file: PathBuf, patience: Duration) -> Log {
        Log { file, patience, read: 0, last: Vec::new(), lines: 0, kept: BTreeMap::new() }
    }

    pub(crate) fn kept(&self) -> &BTreeMap<SecretRef, Kept> {
        &self.kept
    }

    /// Reads what others have added.
    pub(crate) fn refresh(&mut self, key: &Key) -> Result<(), String> {
        match File::open(&self.file) {
            Ok(mut file) => self.read_on(key, &mut file),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(told(&self.file, &error)),
        }
    }

    fn read_on(&mut self, key: &Key, file: &mut File) -> Result<(), String> {
        let mut bytes = self.from(file, self.read - self.last.len() as u64)?;
        if bytes.starts_with(&self.last) {
            bytes.drain(..self.last.len());
        } else {
            *self = Log::new(std::mem::take(&mut self.file), self.patience);
            bytes = self.from(file, 0)?;
        }
        // What has no line end was torn, perhaps within a character, or is being written.
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")).peekable();
        while let Some(text) = lines.next() {
            let Some(line) = Line::read(text) else {
                // The end of a line may have reached the disk before its beginning; nobody was told that it is kept.
                if lines.peek().is_none() {
                    break;
                }
                return Err(self.damaged());
            };
            let secret = SecretRef { store: line.store.clone(), key: line.key.clone() };
            let content = open(key, &line).ok_or_else(|| self.damaged())?;
            match content.strip_prefix('=') {
                Some(content) => self.kept.insert(secret, Kept { version: line.version, secret: Secret::new(content) }),
                None => self.kept.remove(&secret),
            };
            self.read += text.len() as u64;
            self.lines += 1;
            self.last = text.to_vec();
        }
        Ok(())
    }

    fn from(&self, file: &mut File, at: u64) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_to_end(&mut bytes));
        read.map(|_| bytes).map_err(|error| told(&self.file, &error))
    }

    /// Opens the file to write to it, alone. `None` where there is none and none is to be made.
    fn open(&self, make: bool) -> Result<Option<File>, String> {
        loop {
            let file = match options(make).open(&self.file) {
                Err(error) if !make && error.kind() == ErrorKind::NotFound => return Ok(None),
                opened => opened.map_err(|error| told(&self.file, &error))?,
            };
            self.lock(&file)?;
            // Another one may have taken its place while it was waited for.
            if is_at(&file, &self.file) {
                return Ok(Some(file));
            }
        }
    }

    /// Held until the file is closed.
    fn lock(&self, file: &File) -> Result<(), String> {
        let mut left = self.patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::Error(error)) => return Err(told(&self.file, &error)),
                Err(TryLockError::WouldBlock) if left.is_zero() => {
                    return Err(format!("`{}`: another process kept it locked for too long", self.file.display()));
                }
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(LOOK_AGAIN);
                    left = left.saturating_sub(LOOK_AGAIN);
                }
            }
        }
    }

    fn damaged(&self) -> String {
        format!("`{}` is damaged, or its key is another one", self.file.display())
    }

    /// Appends a line and syncs it. Nothing is written for what is so already.
    pub(crate) fn put(&mut self, key: &Key, secret: &SecretRef, value: &Secret) -> Result<(), String> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder).map_err(|error| told(folder, &error))?;
        }
        let Some(mut file) = self.open(true)? else { return Ok(()) };
        self.read_on(key, &mut file)?;
        if self.kept.get(secret).is_some_and(|kept| kept.secret.expose() == value.expose()) {
            return Ok(());
        }
        let bytes = sealed(key, secret, &fresh()?, value)?;
        // A torn last line is written over.
        let written = file
            .set_len(self.read)
            .and_then(|()| file.seek(SeekFrom::Start(self.read)))
            .and_then(|_| file.write_all(&bytes))
            .and_then(|()| {
                pass(Point::SecretWritten);
                file.sync_all()
            });
        written.map_err(|error| told(&self.file, &error))?;
        pass(Point::SecretSynced);
        if self.read == 0 {
            sync_folder_of(&self.file)?;
        }
        self.read_on(key, &mut file)
    }

    /// Removes what `unneeded` picks, and with it all lines that are void. It is asked without the lock first, because most
    /// often there is nothing to do.
    pub(crate) fn sweep(
        &mut self,
        key: &Key,
        unneeded: &mut dyn FnMut(&BTreeMap<SecretRef, Kept>) -> Vec<SecretRef>,
    ) -> Result<(), String> {
        self.refresh(key)?;
        if self.lines == self.kept.len() && unneeded(&self.kept).is_empty() {
            return Ok(());
        }
        let Some(mut file) = self.open(false)? else { return Ok(()) };
        self.read_on(key, &mut file)?;
        let gone = unneeded(&self.kept);
        if self.lines == self.kept.len() && gone.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        for (secret, kept) in self.kept.iter().filter(|(secret, _)| !gone.contains(secret)) {
            bytes.extend(sealed(key, secret, &kept.version, &kept.secret)?);
        }
        let fresh = self.file.with_extension("new");
        let replaced = self.replace(&fresh, &bytes);
        if replaced.is_err() {
            let _ = fs::remove_file(&fresh);
        }
        let mut file = replaced?;
        self.read_on(key, &mut file)
    }

    /// Puts a file in the place of this one, whose lock is held. Nobody writes to it before its name is durable.
    fn replace(&self, fresh: &Path, bytes: &[u8]) -> Result<File, String> {
        let mut file = options(true).truncate(true).open(fresh).map_err(|error| told(fresh, &error))?;
        self.lock(&file)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| told(fresh, &error))?;
        pass(Point::SecretsSwept);
        fs::rename(fresh, &self.file).map_err(|error| told(&self.file, &error))?;
        sync_folder_of(&self.file)?;
        pass(Point::SecretsReplaced);
        Ok(file)
    }
}

/// For its owner only.
fn options(make: bool) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(make).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |metadata: &fs::Metadata| (metadata.dev(), metadata.ino());
    matches!((file.metadata(), fs::metadata(path)), (Ok(file), Ok(found)) if place(&file) == place(&found))
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    // A file that somebody has open cannot be replaced.
    true
}

/// A name for the content of a secret, made by chance.
fn fresh() -> Result<Arc<str>, String> {
    Ok(hex(&random::<8>()?).into())
}

fn random<const N: usize>() -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| format!("no randomness: {error}"))?;
    Ok(bytes)
}

fn bound(store: &str, key: &str, version: &str) -> String {
    // Lengths first, so that no two are alike.
    format!("{} {} {store}{key}{version}", store.len(), key.len())
}

/// The line of a secret.
fn sealed(key: &Key, secret: &SecretRef, version: &Arc<str>, value: &Secret) -> Result<Vec<u8>, String> {
    let nonce = random::<12>()?;
    let text = format!("={}", value.expose());
    let aad = bound(&secret.store, &secret.key, version);
    let payload = Payload { msg: text.as_bytes(), aad: aad.as_bytes() };
    let cipher = Aes256Gcm::new(&key.for_secrets().into());
    let content = cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| "it cannot be encrypted".to_owned())?;
    let (store, name) = (secret.store.clone(), secret.key.clone());
    let mut line =
        Line { store, key: name, version: version.clone(), nonce: hex(&nonce), content: hex(&content), sum: None };
    line.sum = Some(line.sum());
    serde_json::to_vec(&line).map(|bytes| [bytes, b"\n".to_vec()].concat()).map_err(|error| error.to_string())
}

fn open(key: &Key, line: &Line) -> Option<String> {
    let nonce: [u8; 12] = from_hex(&line.nonce)?.try_into().ok()?;
    let content = from_hex(&line.content)?;
    let aad = bound(&line.store, &line.key, &line.version);
    let payload = Payload { msg: &content, aad: aad.as_bytes() };
    let cipher = Aes256Gcm::new(&key.for_secrets().into());
    String::from_utf8(cipher.decrypt(&Nonce::from(nonce), payload).ok()?).ok()
}
