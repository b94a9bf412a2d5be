//! Parts of documents that the program itself prints.
//!
//! In a document under `docs/`, what stands between `<!-- printed by: strata … -->` and `<!-- end -->` is the output of
//! that command.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::read;

const BEGIN: &str = "<!-- printed by: strata ";
const BEGIN_END: &str = " -->\n";
const END: &str = "<!-- end -->";

/// The documents whose printed parts are not what the program prints now.
pub fn outdated(root: &Path) -> Result<Vec<String>, String> {
    let mut problems = Vec::new();
    for path in documents(root)? {
        let text = read(&path)?;
        if renewed(root, &text)? != text {
            let name = path.strip_prefix(root).unwrap_or(&path).display();
            problems.push(format!("{name}: a printed part is outdated; run `cargo xtask generate`"));
        }
    }
    Ok(problems)
}

/// Brings every document up to date.
pub fn generate(root: &Path) -> Result<(), String> {
    for path in documents(root)? {
        let text = renewed(root, &read(&path)?)?;
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn documents(root: &Path) -> Result<Vec<PathBuf>, String> {
    let folder = root.join("docs");
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|error| error.to_string())?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|kind| kind == "md"));
    paths.sort();
    Ok(paths)
}

fn renewed(root: &Path, text: &str) -> Result<String, String> {
    let (mut new, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (command, after) = after.split_once(BEGIN_END).ok_or("a printed part whose command has no end")?;
        let (_, after) = after.split_once(END).ok_or(format!("the part printed by `strata {command}` has no end"))?;
        let output = run(root, command)?;
        new += &format!("{before}{BEGIN}{command}{BEGIN_END}```text\n{output}```\n{END}");
        rest = after;
    }
    Ok(new + rest)
}

fn run(root: &Path, command: &str) -> Result<String, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["run", "--quiet", "--package", "strata-cli", "--"])
        .args(command.split_whitespace())
        .current_dir(root)
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("`strata {command}`: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
