//! The file: one sealed line for each secret that was kept or removed; the last line about a secret holds.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
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
    /// Sealed; what is sealed is empty for a secret that was removed, else begins with `=`.
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
    kept: BTreeMap<SecretRef, Kept>,
}

impl Log {
    pub(crate) fn new(file: PathBuf, patience: Duration) -> Log {
        Log { file, patience, read: 0, kept: BTreeMap::new() }
    }

    pub(crate) fn kept(&self) -> &BTreeMap<SecretRef, Kept> {
        &self.kept
    }

    /// Reads what others have added.
    pub(crate) fn refresh(&mut self, key: &Key) -> Result<(), String> {
        match File::open(&self.file) {
            Ok(mut file) => self.read_on(key, &mut file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(told(&self.file, &error)),
        }
    }

    fn read_on(&mut self, key: &Key, file: &mut File) -> Result<(), String> {
        let mut bytes = Vec::new();
        let read = file.seek(SeekFrom::Start(self.read)).and_then(|_| file.read_to_end(&mut bytes));
        read.map_err(|error| told(&self.file, &error))?;
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
            self.read += text.len() as u64;
            let secret = SecretRef { store: line.store.clone(), key: line.key.clone() };
            let text = open(key, &line).ok_or_else(|| self.damaged())?;
            match text.strip_prefix('=') {
                Some(text) => self.kept.insert(secret, Kept { version: line.version, secret: Secret::new(text) }),
                None => self.kept.remove(&secret),
            };
        }
        Ok(())
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
    pub(crate) fn put(&mut self, key: &Key, secret: &SecretRef, value: Option<&Secret>) -> Result<(), String> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder).map_err(|error| told(folder, &error))?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.file).map_err(|error| told(&self.file, &error))?;
        self.lock(&file)?;
        self.read_on(key, &mut file)?;
        let same = match (self.kept.get(secret), value) {
            (Some(kept), Some(value)) => kept.secret.expose() == value.expose(),
            (None, None) => true,
            _ => false,
        };
        if same {
            return Ok(());
        }
        let line = seal(key, secret, value)?;
        let bytes = serde_json::to_string(&line).map_err(|error| error.to_string())? + "\n";
        // A torn last line is written over.
        let written = file
            .set_len(self.read)
            .and_then(|()| file.seek(SeekFrom::Start(self.read)))
            .and_then(|_| file.write_all(bytes.as_bytes()))
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
}

fn bound(store: &str, key: &str, version: &str) -> String {
    // Lengths first, so that no two are alike.
    format!("{} {} {store}{key}{version}", store.len(), key.len())
}

fn seal(key: &Key, secret: &SecretRef, value: Option<&Secret>) -> Result<Line, String> {
    let mut random = [0; 20];
    getrandom::fill(&mut random).map_err(|error| format!("no randomness: {error}"))?;
    let (nonce, mark) = random.split_at(12);
    let version: Arc<str> = hex(mark).into();
    let text = value.map_or_else(String::new, |value| format!("={}", value.expose()));
    let aad = bound(&secret.store, &secret.key, &version);
    let payload = Payload { msg: text.as_bytes(), aad: aad.as_bytes() };
    let cipher = Aes256Gcm::new(&key.for_secrets().into());
    let fixed: [u8; 12] = nonce.try_into().map_err(|_| "no randomness".to_owned())?;
    let content = cipher.encrypt(&Nonce::from(fixed), payload).map_err(|_| "it cannot be encrypted".to_owned())?;
    let (store, name) = (secret.store.clone(), secret.key.clone());
    let mut line = Line { store, key: name, version, nonce: hex(nonce), content: hex(&content), sum: None };
    line.sum = Some(line.sum());
    Ok(line)
}

fn open(key: &Key, line: &Line) -> Option<String> {
    let nonce: [u8; 12] = from_hex(&line.nonce)?.try_into().ok()?;
    let content = from_hex(&line.content)?;
    let aad = bound(&line.store, &line.key, &line.version);
    let payload = Payload { msg: &content, aad: aad.as_bytes() };
    let cipher = Aes256Gcm::new(&key.for_secrets().into());
    String::from_utf8(cipher.decrypt(&Nonce::from(nonce), payload).ok()?).ok()
}
