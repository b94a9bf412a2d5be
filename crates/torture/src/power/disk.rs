//! A disk that remembers what is safe and what is not, and what of it a power cut may leave.
//!
//! Of a file, what was written before a sync began is safe when that sync has ended. The rest may be there or not: each
//! sector of 512 bytes for itself, in any order; what was never written and lies before the end reads as zeros. A name is
//! safe once its folder was synced; names of one folder are lost from the last one on, as file systems with a journal do it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use strata_model::Digest;
use strata_ports::suite::store::Random;

use super::record::{Event, is_ignored};

const SECTOR: usize = 512;

/// What files hold, by name.
pub(super) type Files = BTreeMap<PathBuf, Vec<u8>>;

#[derive(Debug)]
pub(super) struct Disk {
    files: Vec<File>,
    names: BTreeMap<PathBuf, usize>,
    /// As a cut leaves them for sure.
    safe_names: BTreeMap<PathBuf, usize>,
    unsafe_names: Vec<Naming>,
    /// Syncs that have begun: of what, and what they will make safe.
    syncing: BTreeMap<usize, Sync>,
    changes: u64,
}

#[derive(Default, Debug)]
struct File {
    safe: Vec<u8>,
    pending: Vec<(u64, Change)>,
}

#[derive(Clone, Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Size(usize),
}

/// A change of the names of a folder.
#[derive(Clone, Debug)]
struct Naming {
    number: u64,
    /// What the names are from now on; `None` for one that is gone.
    names: Vec<(PathBuf, Option<usize>)>,
}

#[derive(Debug)]
enum Sync {
    File { file: usize, before: u64 },
    Folder { path: PathBuf, before: u64 },
}

impl Naming {
    fn is_in(&self, folder: &Path) -> bool {
        self.names.iter().any(|(path, _)| path.parent() == Some(folder))
    }
}

impl Disk {
    /// All of a folder, safe.
    pub(super) fn of(folder: &Path) -> io::Result<Disk> {
        let (mut files, mut names, mut open) = (Vec::new(), BTreeMap::new(), vec![PathBuf::new()]);
        while let Some(inner) = open.pop() {
            for entry in fs::read_dir(folder.join(&inner))? {
                let entry = entry?;
                let path = inner.join(entry.file_name());
                if entry.file_type()?.is_dir() {
                    open.push(path);
                } else if entry.file_type()?.is_file() && !is_ignored(&path) {
                    names.insert(path, files.len());
                    files.push(File { safe: fs::read(entry.path())?, pending: Vec::new() });
                }
            }
        }
        let safe_names = names.clone();
        Ok(Disk { files, names, safe_names, unsafe_names: Vec::new(), syncing: BTreeMap::new(), changes: 0 })
    }

    pub(super) fn take(&mut self, event: &Event) {
        self.changes += 1;
        match event {
            Event::Made { path } => {
                if !is_ignored(path) && !self.names.contains_key(path) {
                    let file = self.files.len();
                    self.files.push(File::default());
                    self.name(vec![(path.clone(), Some(file))]);
                }
            }
            Event::Wrote { path, at, bytes } => {
                let at = usize::try_from(*at).unwrap_or(usize::MAX);
                self.change(path, Change::Write { at, bytes: bytes.clone() });
            }
            Event::Sized { path, size } => {
                self.change(path, Change::Size(usize::try_from(*size).unwrap_or(usize::MAX)));
            }
            Event::Moved { from, to } => {
                if let Some(&file) = self.names.get(from) {
                    self.name(vec![(from.clone(), None), (to.clone(), Some(file))]);
                }
            }
            Event::Linked { from, to } => {
                if let Some(&file) = self.names.get(from) {
                    self.name(vec![(to.clone(), Some(file))]);
                }
            }
            Event::Removed { path } => {
                if self.names.contains_key(path) {
                    self.name(vec![(path.clone(), None)]);
                }
            }
            Event::Syncing { number, path } => {
                let before = self.changes;
                let sync = match self.names.get(path) {
                    Some(&file) => Sync::File { file, before },
                    None => Sync::Folder { path: path.clone(), before },
                };
                self.syncing.insert(*number, sync);
            }
            Event::Synced { number } => self.synced_now(*number),
        }
    }

    fn name(&mut self, names: Vec<(PathBuf, Option<usize>)>) {
        apply_names(&mut self.names, &names);
        self.unsafe_names.push(Naming { number: self.changes, names });
    }

    fn change(&mut self, path: &Path, change: Change) {
        if let Some(&file) = self.names.get(path) {
            self.files[file].pending.push((self.changes, change));
        }
    }

    fn synced_now(&mut self, number: usize) {
        match self.syncing.remove(&number) {
            Some(Sync::File { file, before }) => {
                let file = &mut self.files[file];
                let (now, later) = std::mem::take(&mut file.pending).into_iter().partition(|(at, _)| *at < before);
                file.pending = later;
                let now: Vec<(u64, Change)> = now;
                now.iter().for_each(|(_, change)| change.apply(&mut file.safe));
            }
            Some(Sync::Folder { path, before }) => {
                let (now, later): (Vec<Naming>, Vec<Naming>) = std::mem::take(&mut self.unsafe_names)
                    .into_iter()
                    .partition(|naming| naming.number < before && naming.is_in(&path));
                self.unsafe_names = later;
                now.iter().for_each(|naming| apply_names(&mut self.safe_names, &naming.names));
            }
            None => {}
        }
    }

    /// What is left if nothing of what is not safe is.
    pub(super) fn synced(&self) -> Files {
        self.safe_names.iter().map(|(path, file)| (path.clone(), self.files[*file].safe.clone())).collect()
    }

    /// What may be left of it.
    pub(super) fn cut(&self, random: &mut Random) -> Files {
        let mut names = self.safe_names.clone();
        let mut lost: BTreeSet<&Path> = BTreeSet::new();
        for naming in &self.unsafe_names {
            let folder = naming.names.first().and_then(|(path, _)| path.parent()).unwrap_or(Path::new(""));
            // From some change on, all of a folder are lost.
            if !lost.contains(folder) && random.below(3) == 0 {
                lost.insert(folder);
            }
            if !lost.contains(folder) {
                apply_names(&mut names, &naming.names);
            }
        }
        let mut left: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
        names
            .into_iter()
            .map(|(path, file)| (path, left.entry(file).or_insert_with(|| self.files[file].cut(random)).clone()))
            .collect()
    }
}

impl File {
    fn cut(&self, random: &mut Random) -> Vec<u8> {
        let mut bytes = self.safe.clone();
        let count = self.pending.len();
        let changes = || self.pending.iter().map(|(_, change)| change);
        match random.below(5) {
            0 => {}
            1 => changes().for_each(|change| change.apply(&mut bytes)),
            // Up to some change, and of the next one a part.
            2 | 3 => {
                let whole = random.below(count + 1);
                changes().take(whole).for_each(|change| change.apply(&mut bytes));
                if let Some(Change::Write { at, bytes: written }) = changes().nth(whole) {
                    // A part ends where a sector does.
                    let sectors = random.below(written.len() / SECTOR + 2);
                    let end = (at / SECTOR + sectors) * SECTOR;
                    let part = written.len().min(end.saturating_sub(*at));
                    write(&mut bytes, *at, &written[..part]);
                }
            }
            // Each sector for itself.
            _ => {
                for change in changes() {
                    match change {
                        Change::Write { at, bytes: written } => {
                            let mut from = 0;
                            while from < written.len() {
                                let to = written.len().min(((at + from) / SECTOR + 1) * SECTOR - at);
                                if random.below(2) == 0 {
                                    write(&mut bytes, at + from, &written[from..to]);
                                }
                                from = to;
                            }
                        }
                        size @ Change::Size(_) => {
                            if random.below(2) == 0 {
                                size.apply(&mut bytes);
                            }
                        }
                    }
                }
            }
        }
        bytes
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Change::Write { at, bytes: written } => write(bytes, *at, written),
            Change::Size(size) => bytes.resize(*size, 0),
        }
    }
}

fn write(bytes: &mut Vec<u8>, at: usize, written: &[u8]) {
    if written.is_empty() {
        return;
    }
    let end = at + written.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(written);
}

fn apply_names(to: &mut BTreeMap<PathBuf, usize>, names: &[(PathBuf, Option<usize>)]) {
    for (path, file) in names {
        match file {
            Some(file) => to.insert(path.clone(), *file),
            None => to.remove(path),
        };
    }
}

pub(super) fn digest(files: &Files) -> Digest {
    let parts: Vec<&[u8]> =
        files.iter().flat_map(|(path, bytes)| [path.as_os_str().as_encoded_bytes(), bytes.as_slice()]).collect();
    Digest::of_parts(&parts)
}

/// Makes a folder that holds these files; the folders in it are those of another one.
pub(super) fn write_files(files: &Files, like: &Path, to: &Path) -> io::Result<()> {
    crate::rig::copy_folders(like, to)?;
    for (path, bytes) in files {
        fs::write(to.join(path), bytes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk() -> Disk {
        Disk {
            files: Vec::new(),
            names: BTreeMap::new(),
            safe_names: BTreeMap::new(),
            unsafe_names: Vec::new(),
            syncing: BTreeMap::new(),
            changes: 0,
        }
    }

    fn made(path: &str) -> Event {
        Event::Made { path: path.into() }
    }

    fn wrote(path: &str, at: u64, byte: u8, count: usize) -> Event {
        Event::Wrote { path: path.into(), at, bytes: vec![byte; count] }
    }

    fn sync(disk: &mut Disk, number: usize, path: &str) {
        disk.take(&Event::Syncing { number, path: path.into() });
        disk.take(&Event::Synced { number });
    }

    #[test]
    fn what_was_synced_is_left_by_every_cut() {
        let mut disk = disk();
        disk.take(&made("d/a"));
        disk.take(&wrote("d/a", 0, 1, 2000));
        sync(&mut disk, 0, "d/a");
        assert!(disk.synced().is_empty(), "nobody has synced its name");
        sync(&mut disk, 1, "d");
        disk.take(&wrote("d/a", 1000, 2, 2000));
        let mut random = Random(1);
        let (mut lengths, mut torn) = (BTreeSet::new(), false);
        for _ in 0..200 {
            let files = disk.cut(&mut random);
            let bytes = &files[Path::new("d/a")];
            assert_eq!(bytes[..1000], [1; 1000]);
            lengths.insert(bytes.len());
            torn |= bytes[1000..].contains(&1) && bytes[1000..].contains(&2);
        }
        assert!(lengths.len() > 3 && torn, "{lengths:?}");
    }

    #[test]
    fn a_sync_takes_what_was_there_when_it_began() {
        let mut disk = disk();
        disk.take(&made("d/a"));
        sync(&mut disk, 0, "d");
        disk.take(&Event::Syncing { number: 1, path: "d/a".into() });
        disk.take(&wrote("d/a", 0, 1, 1));
        disk.take(&Event::Synced { number: 1 });
        assert!(disk.synced()[Path::new("d/a")].is_empty());
    }

    #[test]
    fn a_move_is_lost_or_there_as_a_whole() {
        let mut disk = disk();
        disk.take(&made("d/new"));
        disk.take(&wrote("d/new", 0, 1, 1));
        sync(&mut disk, 0, "d/new");
        disk.take(&Event::Moved { from: "d/new".into(), to: "d/a".into() });
        let mut random = Random(1);
        for _ in 0..50 {
            let files = disk.cut(&mut random);
            assert!(files.len() <= 1, "{files:?}");
        }
    }
}
