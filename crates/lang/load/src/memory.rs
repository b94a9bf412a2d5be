//! Files that are held in memory: for tests, for editors, for what a registry sends.

use std::collections::BTreeMap;

use crate::files::{Entry, EntryKind, FileError, Files};

/// Files by their path. Folders are there as far as files are in them.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    files: BTreeMap<String, Vec<u8>>,
    standard_input: Option<Vec<u8>>,
}

impl MemoryFiles {
    pub fn new() -> MemoryFiles {
        MemoryFiles::default()
    }

    /// Adds a file under an absolute path.
    pub fn add(&mut self, path: impl Into<String>, content: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), content.into());
    }

    pub fn set_standard_input(&mut self, content: impl Into<Vec<u8>>) {
        self.standard_input = Some(content.into());
    }

    /// The paths of all files under a folder, without the folder.
    fn below<'a>(&'a self, folder: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let prefix = if folder == "/" { folder.to_owned() } else { format!("{folder}/") };
        let length = prefix.len();
        let from = self.files.range(prefix.clone()..);
        from.map(|(path, _)| path.as_str())
            .take_while(move |path| path.starts_with(&prefix))
            .map(move |path| &path[length..])
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.files.get(path).cloned().ok_or(FileError::Missing)
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, FileError> {
        let mut entries: Vec<Entry> = self
            .below(folder)
            .map(|path| match path.split_once('/') {
                Some((name, _)) => Entry { name: name.to_owned(), kind: EntryKind::Folder },
                None => Entry { name: path.to_owned(), kind: EntryKind::File },
            })
            .collect();
        entries.dedup();
        if entries.is_empty() { Err(FileError::Missing) } else { Ok(entries) }
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        if self.files.contains_key(path) {
            return Some(EntryKind::File);
        }
        self.below(path).next().map(|_| EntryKind::Folder)
    }

    fn standard_input(&self) -> Result<Vec<u8>, FileError> {
        self.standard_input.clone().ok_or(FileError::Missing)
    }
}
