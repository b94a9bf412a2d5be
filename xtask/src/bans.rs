//! Clippy reads the nearest `clippy.toml` upwards from a crate and no other, so the longer list of the pure crates must
//! repeat the general one, and every pure crate must stand under it.

use std::path::{Path, PathBuf};

use crate::borders::Table;
use crate::read;
use crate::workspace::Workspace;

const GENERAL: &str = "clippy.toml";
const PURE: &str = "crates/lang/clippy.toml";

pub(crate) fn check(workspace: &Workspace, table: &Table) -> Result<Vec<String>, String> {
    let root = workspace.root.canonicalize().map_err(|error| error.to_string())?;
    let (general, pure) = (rows(&root.join(GENERAL))?, rows(&root.join(PURE))?);
    let mut problems = Vec::new();
    for row in general.iter().filter(|row| !pure.contains(row)) {
        problems.push(format!("{PURE}: the row of {GENERAL} is missing: {row}"));
    }
    let pure_file = real(&root.join(PURE));
    for member in &workspace.members {
        let nearest = member.folder.ancestors().map(|folder| folder.join(GENERAL)).find(|file| file.exists());
        let is_under_pure = nearest.as_deref().map(real) == Some(pure_file.clone());
        if table.is_pure(&member.name) != is_under_pure {
            let folder = workspace.short(&member.folder);
            problems.push(if is_under_pure {
                format!(
                    "`{}` is not marked pure and stands under {PURE}; give {folder} a link to {GENERAL}",
                    member.name
                )
            } else {
                format!("`{}` is marked pure; give {folder} a link `{GENERAL}` to {PURE}", member.name)
            });
        }
    }
    Ok(problems)
}

/// Each ban as it is written: the kind, the path, the reason.
fn rows(path: &Path) -> Result<Vec<String>, String> {
    let table = read(path)?.parse::<toml::Table>().map_err(|error| format!("{}: {error}", path.display()))?;
    let lists = table.iter().filter_map(|(kind, list)| Some((kind, list.as_array()?)));
    Ok(lists.flat_map(|(kind, list)| list.iter().map(move |ban| format!("{kind} {ban}"))).collect())
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
