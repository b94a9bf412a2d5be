//! Checks of the workspace that cargo does not make. The rules stand in `docs/architecture.md` where people read them,
//! and are read from there.
//!
//! Invariant: knows the workspace as files and as cargo describes it; depends on no crate of it.

mod bans;
mod borders;
mod document;
mod generated;
mod manifests;
mod sizes;
mod workspace;

use std::path::Path;

pub use generated::{generate, outdated};
pub use workspace::Workspace;

/// Where the rules stand.
const ARCHITECTURE: &str = "docs/architecture.md";

/// Everything that can be seen without building: one line for each thing that is not as it should be.
pub fn check(root: &Path) -> Result<Vec<String>, String> {
    let workspace = Workspace::load(root)?;
    let architecture = read(&root.join(ARCHITECTURE))?;
    let table = borders::Table::parse(&architecture)?;
    Ok([
        borders::check(&workspace, &table),
        borders::paragraphs(&workspace, &architecture),
        manifests::check(&workspace),
        bans::check(&workspace, &table)?,
        sizes::check(root, &architecture)?,
    ]
    .concat())
}

/// Crates that the table of borders has and the workspace has not (yet).
pub fn planned(root: &Path) -> Result<Vec<String>, String> {
    let table = borders::Table::parse(&read(&root.join(ARCHITECTURE))?)?;
    Ok(table.planned(&Workspace::load(root)?))
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
