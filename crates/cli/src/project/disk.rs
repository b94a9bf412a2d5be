//! The files of this machine: one text a person names, and all that the loader of packages asks for.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use cue::{Entry, EntryKind, FileError, Files};
use strata_base::Diagnostic;

use crate::codes;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::memory;

/// The files of this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disk;

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        bytes(path.as_ref()).map_err(|error| refused(&error))
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
        standard_input().map_err(|error| refused(&error))
    }
}

/// All that a file holds. How much it is counts before it is there: what it is read into is a part of what comes of it.
fn bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    memory::count_input(file.metadata()?.len());
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn standard_input() -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    memory::count_input(bytes.len() as u64);
    Ok(bytes)
}

/// Links are followed.
fn kind(path: &Path) -> Option<EntryKind> {
    let found = std::fs::metadata(path).ok()?;
    Some(if found.is_dir() { EntryKind::Folder } else { EntryKind::File })
}

fn refused(error: &std::io::Error) -> FileError {
    if error.kind() == ErrorKind::NotFound { FileError::Missing } else { FileError::Other(error.to_string()) }
}

/// The text of a file; `-` is standard input.
pub(crate) fn text(path: &Path) -> Result<String, CommandError> {
    let read = if path.as_os_str() == "-" { standard_input() } else { bytes(path) };
    let text = String::from_utf8(read.map_err(|error| unreadable(path, &error))?);
    text.map_err(|error| not_text(path, &error))
}

/// Says where it stops being text, which is where an editor will show it.
fn not_text(path: &Path, error: &std::string::FromUtf8Error) -> CommandError {
    let bytes = error.as_bytes();
    let line = 1 + bytes[..error.utf8_error().valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
    let message = format!("`{}` is not text in UTF-8, from line {line} on", path.display());
    let is_wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let hint = if is_wide { "it looks like UTF-16; save it as UTF-8" } else { "save it as UTF-8" };
    CommandError::plain(Exit::Error, Diagnostic::error(codes::READ, message).hint(hint))
}

pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> CommandError {
    let message = format!("cannot read `{}`: {error}", path.display());
    let problem = Diagnostic::error(codes::READ, message);
    let problem = match error.kind() {
        ErrorKind::IsADirectory => problem.hint("name the files in it that are meant"),
        _ => problem,
    };
    CommandError::plain(Exit::Error, problem)
}
