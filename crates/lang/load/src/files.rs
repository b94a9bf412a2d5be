//! The one door to the outside: how the loader sees files.

use std::fmt;

/// What the loader reads from. Paths are absolute and clean, with slashes: `/repo/a.cue`.
pub trait Files {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError>;

    /// What a folder holds, in any order.
    fn list(&self, folder: &str) -> Result<Vec<Entry>, FileError>;

    fn kind(&self, path: &str) -> Option<EntryKind>;

    /// What stands for the file `-`.
    fn standard_input(&self) -> Result<Vec<u8>, FileError> {
        Err(FileError::Other("there is no standard input".to_owned()))
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Entry {
    pub name: String,
    pub kind: EntryKind,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum EntryKind {
    File,
    Folder,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FileError {
    Missing,
    Other(String),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileError::Missing => f.write_str("no such file or directory"),
            FileError::Other(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for FileError {}
