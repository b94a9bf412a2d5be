//! The file system as the loader sees it.

use std::io::{ErrorKind, Read};

use cue::{Entry, EntryKind, FileError, Files};

use crate::memory;

/// The files of this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disk;

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let bytes = std::fs::read(path).map_err(|error| refused(&error))?;
        memory::has_read(bytes.len());
        Ok(bytes)
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, FileError> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|error| refused(&error))? {
            let entry = entry.map_err(|error| refused(&error))?;
            // What has no UTF-8 name cannot be named in CUE, and what is neither file nor folder holds nothing.
            let Ok(name) = entry.file_name().into_string() else { continue };
            if let Some(kind) = kind(&entry.path()) {
                entries.push(Entry { name, kind });
            }
        }
        Ok(entries)
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        kind(path.as_ref())
    }

    fn standard_input(&self) -> Result<Vec<u8>, FileError> {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(|error| refused(&error))?;
        memory::has_read(bytes.len());
        Ok(bytes)
    }
}

/// Links are followed.
fn kind(path: &std::path::Path) -> Option<EntryKind> {
    let found = std::fs::metadata(path).ok()?;
    Some(if found.is_dir() { EntryKind::Folder } else { EntryKind::File })
}

fn refused(error: &std::io::Error) -> FileError {
    if error.kind() == ErrorKind::NotFound { FileError::Missing } else { FileError::Other(error.to_string()) }
}
