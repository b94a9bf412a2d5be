//! Reads what `strace` has seen: which bytes went where, and what was synced.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// What is watched. What is not here does not change a file.
pub(super) const CALLS: &str = "trace=openat,open,creat,write,pwrite64,writev,pwritev,pwritev2,copy_file_range,sendfile,lseek,\
ftruncate,truncate,fallocate,fsync,fdatasync,sync_file_range,msync,rename,renameat,renameat2,link,linkat,unlink,unlinkat";

/// One thing that happens to the disk. Paths are inside the folder of the project.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// A name is given to a new file.
    Made {
        path: PathBuf,
    },
    Wrote {
        path: PathBuf,
        at: u64,
        bytes: Vec<u8>,
    },
    Sized {
        path: PathBuf,
        size: u64,
    },
    /// A sync begins: what is written from now on is not of it.
    Syncing {
        number: usize,
        path: PathBuf,
    },
    Synced {
        number: usize,
    },
    Moved {
        from: PathBuf,
        to: PathBuf,
    },
    Linked {
        from: PathBuf,
        to: PathBuf,
    },
    Removed {
        path: PathBuf,
    },
}

/// What is known while reading.
struct Reader<'a> {
    folder: &'a Path,
    events: Vec<Event>,
    /// Where the next plain write goes, by path and descriptor.
    places: BTreeMap<(PathBuf, String), u64>,
    known: BTreeSet<PathBuf>,
    syncs: usize,
}

/// The events that a log of calls tells.
pub(super) fn read(log: &str, folder: &Path) -> io::Result<Vec<Event>> {
    let mut reader = Reader { folder, events: Vec::new(), places: BTreeMap::new(), known: BTreeSet::new(), syncs: 0 };
    // Calls of several threads overlap: the beginning of one that has not ended, and the sync that it is.
    let mut open: BTreeMap<&str, (String, Option<usize>)> = BTreeMap::new();
    for line in log.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix("<unfinished ...>") {
            let sync = reader.begin_sync(begun);
            open.insert(thread, (begun.to_owned(), sync));
            continue;
        }
        let (call, sync) = match rest.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>")) {
            Some((_, end)) => match open.remove(thread) {
                Some((begun, sync)) => (begun + end, sync),
                None => continue,
            },
            None => (rest.to_owned(), reader.begin_sync(rest)),
        };
        reader
            .take(&call, sync)
            .map_err(|what| io::Error::other(format!("a call was not understood, {what}: {}", short(&call))))?;
    }
    Ok(reader.events)
}

fn short(call: &str) -> &str {
    call.get(..300).unwrap_or(call)
}

impl Reader<'_> {
    /// A sync that begins here, if the call is one.
    fn begin_sync(&mut self, call: &str) -> Option<usize> {
        let (name, arguments) = call.split_once('(')?;
        if !matches!(name, "fsync" | "fdatasync") {
            return None;
        }
        let (_, path) = descriptor(arguments)?;
        let path = self.inside(&path)?;
        let number = self.syncs;
        self.syncs += 1;
        self.events.push(Event::Syncing { number, path });
        Some(number)
    }

    fn take(&mut self, call: &str, sync: Option<usize>) -> Result<(), &'static str> {
        let Some((name, arguments)) = call.split_once('(') else { return Ok(()) };
        let Some((arguments, result)) = arguments.rsplit_once(" = ") else { return Ok(()) };
        if result.starts_with('-') || result.starts_with('?') {
            return Ok(());
        }
        match name {
            "fsync" | "fdatasync" => self.events.extend(sync.map(|number| Event::Synced { number })),
            "openat" | "open" | "creat" => self.opened(arguments, result)?,
            "unlink" | "unlinkat" => {
                for path in self.paths(arguments) {
                    self.known.remove(&path);
                    self.events.push(Event::Removed { path });
                }
            }
            "rename" | "renameat" | "renameat2" | "link" | "linkat" => {
                let [from, to]: [PathBuf; 2] = match self.paths(arguments).try_into() {
                    Ok(both) => both,
                    Err(none) if none.is_empty() => return Ok(()),
                    Err(_) => return Err("one of its files is elsewhere"),
                };
                self.known.insert(to.clone());
                if name.starts_with("rename") {
                    self.known.remove(&from);
                    self.events.push(Event::Moved { from, to });
                } else {
                    self.events.push(Event::Linked { from, to });
                }
            }
            _ => self.written(name, arguments, result)?,
        }
        Ok(())
    }

    fn opened(&mut self, arguments: &str, result: &str) -> Result<(), &'static str> {
        let (fd, path) = descriptor(result).ok_or("no descriptor")?;
        let Some(path) = self.inside(&path) else { return Ok(()) };
        let has = |flag: &str| arguments.contains(flag);
        if has("O_APPEND") && !is_ignored(&path) {
            return Err("it appends");
        }
        if has("O_CREAT") && self.known.insert(path.clone()) {
            // If it was there before, the disk knows.
            self.events.push(Event::Made { path: path.clone() });
        }
        if has("O_TRUNC") {
            self.events.push(Event::Sized { path: path.clone(), size: 0 });
        }
        self.places.insert((path, fd), 0);
        Ok(())
    }

    fn written(&mut self, name: &str, arguments: &str, result: &str) -> Result<(), &'static str> {
        let Some((fd, path)) = descriptor(arguments) else { return Ok(()) };
        let Some(path) = self.inside(&path).filter(|path| !is_ignored(path)) else { return Ok(()) };
        let number = |text: &str| text.trim().trim_end_matches(')').trim().parse::<u64>().map_err(|_| "no number");
        let last = || arguments.rsplit_once(", ").map_or(Err("no number"), |(_, last)| number(last));
        let key = (path.clone(), fd);
        match name {
            "lseek" => {
                self.places.insert(key, number(result)?);
            }
            "ftruncate" => self.events.push(Event::Sized { path, size: last()? }),
            "write" => {
                let bytes = self.bytes(arguments, number(result)?)?;
                let at = self.places.get(&key).copied().ok_or("nobody knows where")?;
                self.places.insert(key, at + bytes.len() as u64);
                self.events.push(Event::Wrote { path, at, bytes });
            }
            "pwrite64" => {
                let bytes = self.bytes(arguments, number(result)?)?;
                self.events.push(Event::Wrote { path, at: last()?, bytes });
            }
            _ => return Err("such calls were not expected"),
        }
        Ok(())
    }

    fn bytes(&self, arguments: &str, count: u64) -> Result<Vec<u8>, &'static str> {
        let text = arguments.split('"').nth(1).ok_or("no bytes")?;
        let mut bytes = unescaped(text).ok_or("bytes of another form")?;
        bytes.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        Ok(bytes)
    }

    /// The paths that a call names, as far as they are inside.
    fn paths(&self, arguments: &str) -> Vec<PathBuf> {
        let texts = arguments.split('"').skip(1).step_by(2).filter_map(unescaped);
        let paths = texts.map(|text| PathBuf::from(String::from_utf8_lossy(&text).into_owned()));
        paths.filter_map(|path| self.inside(&path)).collect()
    }

    fn inside(&self, path: &Path) -> Option<PathBuf> {
        path.strip_prefix(self.folder).ok().map(Path::to_owned)
    }
}

/// What a cut does not need to spare: memory that processes share, and words of commands.
pub(super) fn is_ignored(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let of_process = ["address", "address.new", "socket", "lock", "last-words", "trace"];
    name.ends_with("-shm") || of_process.contains(&name.as_str()) || path.starts_with("told")
}

/// `5<\x2f\x74…>` at the beginning of a text.
fn descriptor(text: &str) -> Option<(String, PathBuf)> {
    let (fd, rest) = text.split_once('<')?;
    let (path, _) = rest.split_once('>')?;
    if fd.is_empty() || !fd.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let path = String::from_utf8(unescaped(path)?).ok()?;
    Some((fd.to_owned(), PathBuf::from(path)))
}

/// From `\x2f\x74`.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let digits: String = text.split("\\x").collect();
    strata_model::digest::from_hex(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(log: &str) -> Vec<String> {
        read(log, Path::new("/p")).unwrap().iter().map(|event| format!("{event:?}")).collect()
    }

    #[test]
    fn calls_become_events() {
        // `/p/a` and `/p/b` are the files.
        let log = "7 openat(AT_FDCWD<\\x2f>, \"\\x2f\\x70\\x2f\\x61\", O_RDWR|O_CREAT, 0600) = 3<\\x2f\\x70\\x2f\\x61>\n\
                   7 pwrite64(3<\\x2f\\x70\\x2f\\x61>, \"\\x01\\x02\", 2, 512) = 2\n\
                   7 fsync(3<\\x2f\\x70\\x2f\\x61> <unfinished ...>\n\
                   8 write(3<\\x2f\\x70\\x2f\\x61>, \"\\x03\", 1) = 1\n\
                   7 <... fsync resumed>)              = 0\n\
                   7 rename(\"\\x2f\\x70\\x2f\\x61\", \"\\x2f\\x70\\x2f\\x62\") = 0\n\
                   7 unlink(\"\\x2f\\x71\") = 0\n\
                   7 ftruncate(3<\\x2f\\x70\\x2f\\x62>, 5) = 0\n\
                   7 unlink(\"\\x2f\\x70\\x2f\\x62\") = -1 ENOENT (No such file or directory)\n";
        assert_eq!(
            told(log),
            [
                "Made { path: \"a\" }",
                "Wrote { path: \"a\", at: 512, bytes: [1, 2] }",
                "Syncing { number: 0, path: \"a\" }",
                "Wrote { path: \"a\", at: 0, bytes: [3] }",
                "Synced { number: 0 }",
                "Moved { from: \"a\", to: \"b\" }",
                "Sized { path: \"b\", size: 5 }",
            ]
        );
    }
}
