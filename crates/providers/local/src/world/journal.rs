//! The world's file: frames, each with a checksum, only ever added at the end.
//!
//! A frame is `WLD1`, the length of its payload (4 bytes), the first 8 bytes of the SHA-256 of the payload, and the
//! payload: events of JSON, one a line, which happened together. Each frame is on the disk before the next is written,
//! so after a crash only the last can be broken; a broken one with a whole one behind it is damage.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use strata_defects::{Point, pass};
use strata_model::Digest;

use super::state::{Event, FORMAT, State};

const MAGIC: &[u8; 4] = b"WLD1";
const HEADER: usize = 16;

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("cannot use {}", .path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{} is damaged at byte {at}", .path.display())]
    Damaged { path: PathBuf, at: usize },
    #[error("{} was written by a newer version, in format {found}", .path.display())]
    Newer { path: PathBuf, found: u32 },
}

pub(super) struct Journal {
    file: File,
    end: u64,
}

impl Journal {
    /// Opens the file, and does again in `state` what it tells.
    pub(super) fn open(path: &Path, state: &mut State) -> Result<Journal, JournalError> {
        let failed = |source| JournalError::Io { path: path.to_owned(), source };
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let end = replay(path, &bytes, state)?;
        if end < bytes.len() {
            file.set_len(end as u64).and_then(|()| file.sync_all()).map_err(failed)?;
        }
        let mut journal = Journal { file, end: end as u64 };
        if end == 0 {
            let begin = encode(&[Event::Begin { format: FORMAT }]).map_err(failed)?;
            journal.append(&begin).and_then(|()| sync_folder(path)).map_err(failed)?;
        }
        if state.is_mostly_past() {
            journal = rewrite(path, state).map_err(failed)?;
        }
        Ok(journal)
    }

    /// Makes what has happened last. If this fails, what is in the file is not known until it is opened again.
    pub(super) fn append(&mut self, payload: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&frame(payload)?)?;
        pass(Point::WorldWritten);
        self.file.sync_data()?;
        pass(Point::WorldSynced);
        self.end += (HEADER + payload.len()) as u64;
        Ok(())
    }

    pub(super) fn len(&self) -> u64 {
        self.end
    }
}

fn frame(payload: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
    let mut frame = Vec::with_capacity(HEADER + payload.len());
    frame.extend_from_slice(MAGIC);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&checksum(payload));
    frame.extend_from_slice(payload);
    Ok(frame)
}

fn checksum(payload: &[u8]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = Digest::of(payload).0;
    [a, b, c, d, e, f, g, h]
}

/// The payload of the whole frame at the beginning of these bytes, if there is one.
fn payload(bytes: &[u8]) -> Option<&[u8]> {
    let (header, rest) = bytes.split_at_checked(HEADER)?;
    let length: [u8; 4] = header.get(4..8)?.try_into().ok()?;
    let payload = rest.get(..u32::from_be_bytes(length) as usize)?;
    (header.starts_with(MAGIC) && header[8..] == checksum(payload)).then_some(payload)
}

/// Where the last whole frame ends.
fn replay(path: &Path, bytes: &[u8], state: &mut State) -> Result<usize, JournalError> {
    let damaged = |at| JournalError::Damaged { path: path.to_owned(), at };
    let mut at = 0;
    while at < bytes.len() {
        let Some(payload) = payload(&bytes[at..]) else { break };
        for line in payload.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            // Who is newer may tell what this version cannot read, so the format is looked at first.
            let event: Event = serde_json::from_slice(line).map_err(|_| damaged(at))?;
            if let Event::Begin { format } = event
                && format > FORMAT
            {
                return Err(JournalError::Newer { path: path.to_owned(), found: format });
            }
            state.apply(event);
        }
        at += HEADER + payload.len();
    }
    let torn = &bytes[at..];
    let whole_behind = torn
        .windows(MAGIC.len())
        .enumerate()
        .skip(1)
        .any(|(offset, window)| window == MAGIC && payload(&torn[offset..]).is_some());
    if whole_behind { Err(damaged(at)) } else { Ok(at) }
}

fn encode(events: &[Event]) -> io::Result<Vec<u8>> {
    let mut payload = Vec::new();
    for event in events {
        serde_json::to_writer(&mut payload, event)?;
        payload.push(b'\n');
    }
    Ok(payload)
}

/// Writes a file that tells only what still matters, and puts it in the place of the old one.
fn rewrite(path: &Path, state: &State) -> io::Result<Journal> {
    let fresh = path.with_extension("new");
    let file = File::options().write(true).create(true).truncate(true).open(&fresh)?;
    let mut journal = Journal { file, end: 0 };
    for events in state.retold().chunks(1000) {
        let payload = encode(events)?;
        journal.file.write_all(&frame(&payload)?)?;
        journal.end += (HEADER + payload.len()) as u64;
    }
    journal.file.sync_all()?;
    fs::rename(&fresh, path)?;
    sync_folder(path)?;
    Ok(journal)
}

/// A new name in a folder lasts only once the folder is on the disk.
fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
