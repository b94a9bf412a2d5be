//! The workspace as cargo describes it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

#[derive(Debug)]
pub struct Workspace {
    pub(crate) root: PathBuf,
    /// In the order of their names.
    pub(crate) members: Vec<Member>,
}

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) manifest: toml::Table,
    pub(crate) arrows: Vec<Arrow>,
}

/// One crate of the workspace uses another.
#[derive(Debug)]
pub(crate) struct Arrow {
    pub(crate) to: String,
    pub(crate) only_in_tests: bool,
}

impl Workspace {
    pub fn load(root: &Path) -> Result<Workspace, String> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let arguments = ["metadata", "--format-version", "1", "--no-deps", "--offline"];
        let output = Command::new(cargo).args(arguments).current_dir(root).output();
        let output = output.map_err(|error| format!("cannot run cargo: {error}"))?;
        if !output.status.success() {
            return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
        let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
        let names: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
        let members: Result<Vec<_>, _> = packages.iter().map(|package| Member::load(package, &names)).collect();
        let mut members = members?;
        members.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Workspace { root: root.to_owned(), members })
    }

    /// A path as people write it.
    pub(crate) fn short(&self, path: &Path) -> String {
        let root = self.root.canonicalize().unwrap_or_else(|_| self.root.clone());
        path.strip_prefix(&root).unwrap_or(path).display().to_string()
    }
}

impl Member {
    fn load(package: &Value, names: &[&str]) -> Result<Member, String> {
        let text = |key: &str| package[key].as_str().ok_or(format!("a package without {key}"));
        let path = Path::new(text("manifest_path")?);
        let manifest = super::read(path)?.parse::<toml::Table>();
        let arrows = package["dependencies"].as_array().into_iter().flatten().filter_map(|dependency| {
            let to = dependency["name"].as_str().filter(|name| names.contains(name))?;
            Some(Arrow { to: to.to_owned(), only_in_tests: dependency["kind"] == "dev" })
        });
        Ok(Member {
            name: text("name")?.to_owned(),
            folder: path.parent().unwrap_or(path).to_owned(),
            arrows: arrows.collect(),
            manifest: manifest.map_err(|error| format!("{}: {error}", path.display()))?,
        })
    }
}
