//! What is known: the embedded contracts and mappings, and those of a folder among them.

use std::path::{Path, PathBuf};

use strata_base::Sources;
use strata_contracts::Library;

use super::unreadable;
use crate::error::CommandError;
use crate::exit::Exit;

/// Where contracts and mappings come from.
#[derive(clap::Args, Clone, Default, Debug)]
pub(crate) struct Knowledge {
    /// A folder with contracts and mappings of your own
    #[arg(long = "contracts", value_name = "FOLDER", global = true)]
    pub(crate) folder: Option<PathBuf>,
}

impl Knowledge {
    pub(crate) fn library(&self, sources: &mut Sources) -> Result<Library, CommandError> {
        let folder = self.folder.as_deref();
        let files = folder.map_or_else(|| Ok(Vec::new()), files)?;
        library_of(folder, &files, sources)
    }
}

/// What is known together with files of a folder that were read.
pub(crate) fn library_of(
    folder: Option<&Path>,
    files: &[(String, String)],
    sources: &mut Sources,
) -> Result<Library, CommandError> {
    let name = folder.map_or_else(String::new, |folder| folder.display().to_string());
    Library::load(&name, files, sources)
        .map_err(|problems| CommandError::new(Exit::Validation, problems, std::mem::take(sources)))
}

/// All files of CUE below a folder, by their path in it.
pub(crate) fn files(root: &Path) -> Result<Vec<(String, String)>, CommandError> {
    let (mut files, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(folder) = folders.pop() {
        let here = root.join(&folder);
        for entry in std::fs::read_dir(&here).map_err(|error| unreadable(&here, &error))? {
            let entry = entry.map_err(|error| unreadable(&here, &error))?;
            let (path, inner) = (entry.path(), folder.join(entry.file_name()));
            if path.is_dir() {
                folders.push(inner);
            } else if path.extension().is_some_and(|extension| extension == "cue") {
                let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
                files.push((inner.display().to_string(), text));
            }
        }
    }
    files.sort();
    Ok(files)
}
