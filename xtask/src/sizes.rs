//! A file that grows past what one can hold in the head is split, or says why not.

use std::path::{Path, PathBuf};

use crate::{ARCHITECTURE, document, read};

const LIMIT: usize = 800;

pub(crate) fn check(root: &Path, architecture: &str) -> Result<Vec<String>, String> {
    let rows = document::table(architecture, "## Long files").unwrap_or_default();
    let reason = |name: &str| {
        let row = rows.iter().find(|row| row.first().is_some_and(|cell| document::names(cell) == [name]))?;
        row.get(1).filter(|reason| !reason.is_empty())
    };
    let mut problems = Vec::new();
    let mut long = Vec::new();
    for path in sources(root)? {
        let lines = read(&path)?.lines().count();
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        if lines > LIMIT {
            if reason(&name).is_none() {
                problems.push(format!(
                    "{name} has {lines} lines, more than {LIMIT}; split it, or give the reason under `## Long files` in {ARCHITECTURE}"
                ));
            }
            long.push(name);
        }
    }
    let listed = rows.iter().filter_map(|row| document::names(row.first()?).into_iter().next());
    problems.extend(
        listed
            .filter(|name| !long.contains(name))
            .map(|name| format!("{ARCHITECTURE}: `{name}` is listed as a long file and is none; remove the row")),
    );
    Ok(problems)
}

/// All files of ours in Rust and CUE, in the order of their paths.
fn sources(root: &Path) -> Result<Vec<PathBuf>, String> {
    let (mut folders, mut files) = (vec![root.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let entry = entry.map_err(|error| format!("{}: {error}", folder.display()))?;
            let (path, name) = (entry.path(), entry.file_name());
            let kind = entry.file_type().map_err(|error| format!("{}: {error}", path.display()))?;
            if kind.is_dir() && name != "target" && !name.to_string_lossy().starts_with('.') {
                folders.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|kind| kind == "rs" || kind == "cue") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
