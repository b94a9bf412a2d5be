//! What was worked out of documents before, kept on this machine: one file a document with exactly what its last run
//! needed. Nothing depends on it: what is missing or damaged is worked out again, and what cannot be written is not kept.
//!
//! A file is written beside its place and then put there, so a reader finds a whole one or none, whoever else writes and
//! whatever is killed. Answers hold what a plan holds: of secrets, references.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustc_hash::FxHashMap;
use strata_contracts::Memory;
use strata_model::Digest;

use super::places::absolute;

/// How a file begins; another number is another format.
const MAGIC: &[u8; 16] = b"strata answers 2";
const DIGEST: usize = 32;

/// So many files are kept, and so many bytes in all: those that were written last.
const MAX_FILES: usize = 64;
const MAX_BYTES: u64 = 512 << 20;

/// The answers about one document.
#[derive(Debug)]
pub(crate) struct Cache {
    /// Nothing where none is kept.
    file: Option<PathBuf>,
    bytes: Vec<u8>,
    /// Where each answer stands that was there before.
    known: FxHashMap<Digest, Range<usize>>,
    /// What was asked for and was there.
    used: Vec<Digest>,
    new: Vec<u8>,
}

/// Where the files are: in the folder that `STRATA_CACHE` names, which is `off` for none, or that of XDG.
pub(crate) fn folder() -> Option<PathBuf> {
    let own = |folder: PathBuf| folder.join("strata").join("answers");
    match std::env::var_os("STRATA_CACHE") {
        Some(folder) if !folder.is_empty() => absolute("STRATA_CACHE").map(|folder| folder.join("answers")),
        _ => absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache"))).map(own),
    }
}

impl Cache {
    /// What is known of these documents.
    pub(crate) fn open(documents: &[PathBuf]) -> Cache {
        let here = std::env::current_dir().unwrap_or_default();
        let paths: Vec<PathBuf> = documents.iter().map(|path| here.join(path)).collect();
        let parts: Vec<&[u8]> = paths.iter().map(|path| path.as_os_str().as_encoded_bytes()).collect();
        let file = folder().map(|folder| folder.join(Digest::of_parts(&parts).short()));
        let bytes = file.as_ref().and_then(|file| fs::read(file).ok()).unwrap_or_default();
        let known = index(&bytes).unwrap_or_default();
        Cache { file, known, bytes, ..Cache::none() }
    }

    /// Knows nothing and keeps nothing.
    pub(crate) fn none() -> Cache {
        let (file, bytes, known, used, new) = Default::default();
        Cache { file, bytes, known, used, new }
    }

    /// Keeps what was asked for. Where that was not all that there is to ask, what was known before is kept too.
    pub(crate) fn keep(self, is_whole: bool) -> io::Result<()> {
        let Some(file) = self.file.as_ref().filter(|_| !self.new.is_empty()) else { return Ok(()) };
        let mut kept = self.new;
        let kept_before: Vec<&Digest> = match is_whole {
            true => self.used.iter().collect(),
            false => self.known.keys().collect(),
        };
        for (question, range) in kept_before.into_iter().filter_map(|known| Some((known, self.known.get(known)?))) {
            entry(&mut kept, question, &self.bytes[range.clone()]);
        }
        let Some(folder) = file.parent() else { return Ok(()) };
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let beside = file.with_extension(std::process::id().to_string());
        let mut to = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        for part in [&MAGIC[..], &Digest::of(&kept).0, &kept] {
            to.write_all(part)?;
        }
        drop(to);
        fs::rename(&beside, file)?;
        prune(folder)
    }
}

impl Memory for Cache {
    fn find(&mut self, question: &Digest) -> Option<&[u8]> {
        let range = self.known.get(question)?;
        self.used.push(*question);
        self.bytes.get(range.clone())
    }

    fn keep(&mut self, question: Digest, answer: &[u8]) {
        if self.file.is_some() {
            entry(&mut self.new, &question, answer);
        }
    }
}

fn entry(to: &mut Vec<u8>, question: &Digest, answer: &[u8]) {
    let Ok(length) = u32::try_from(answer.len()) else { return };
    to.extend_from_slice(&question.0);
    to.extend_from_slice(&length.to_le_bytes());
    to.extend_from_slice(answer);
}

/// Where each answer of a file stands; nothing if it is not as it was written.
fn index(bytes: &[u8]) -> Option<FxHashMap<Digest, Range<usize>>> {
    let (written, body) = bytes.strip_prefix(MAGIC)?.split_at_checked(DIGEST)?;
    if Digest::of(body).0 != written {
        return None;
    }
    let mut known = FxHashMap::default();
    let mut at = bytes.len() - body.len();
    while at < bytes.len() {
        let (question, rest) = bytes[at..].split_first_chunk::<DIGEST>()?;
        let length = u32::from_le_bytes(*rest.first_chunk()?) as usize;
        let begin = at + DIGEST + size_of::<u32>();
        let range = begin..begin.checked_add(length)?;
        at = range.end;
        known.insert(Digest(*question), range);
    }
    (at == bytes.len()).then_some(known)
}

/// Removes the files that were written first, until so many are left as are kept.
fn prune(folder: &Path) -> io::Result<()> {
    let mut files = files(folder)?;
    files.sort_by(|a, b| b.cmp(a));
    let mut bytes = 0;
    for (at, (_, size, path)) in files.iter().enumerate() {
        bytes += size;
        // The newest is kept, however large it is.
        if at > 0 && (at >= MAX_FILES || bytes > MAX_BYTES) {
            remove(path)?;
        }
    }
    Ok(())
}

/// When each file was written, its size and its path.
fn files(folder: &Path) -> io::Result<Vec<(SystemTime, u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.metadata() {
            Ok(about) if about.is_file() => found.push((about.modified()?, about.len(), entry.path())),
            Ok(_) => {}
            // Somebody else was quicker.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Removes all files, and tells how many there were.
pub(crate) fn clear() -> io::Result<usize> {
    let Some(folder) = folder().filter(|folder| folder.is_dir()) else { return Ok(0) };
    let files = files(&folder)?;
    files.iter().try_for_each(|(_, _, path)| remove(path))?;
    Ok(files.len())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
