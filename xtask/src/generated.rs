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
        if renewed(&text, |command| run(root, command))? != text {
            let name = path.strip_prefix(root).unwrap_or(&path).display();
            problems.push(format!("{name}: a printed part is outdated; run `cargo xtask generate`"));
        }
    }
    Ok(problems)
}

/// Brings every document up to date.
pub fn generate(root: &Path) -> Result<(), String> {
    for path in documents(root)? {
        let text = renewed(&read(&path)?, |command| run(root, command))?;
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

/// The document with every printed part as `run` prints it now.
fn renewed(text: &str, run: impl Fn(&str) -> Result<String, String>) -> Result<String, String> {
    let (mut new, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (command, after) = after.split_once(BEGIN_END).ok_or("a printed part whose command has no end")?;
        let (_, after) = after.split_once(END).ok_or(format!("the part printed by `strata {command}` has no end"))?;
        let output = run(command)?;
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

#[cfg(test)]
mod tests {
    use super::renewed;

    fn echo(command: &str) -> Result<String, String> {
        Ok(format!("{command} says\n"))
    }

    #[test]
    fn only_the_printed_parts_change() {
        let old =
            "a\n<!-- printed by: strata help x -->\nlies\n<!-- end -->\nb\n<!-- printed by: strata y -->\n<!-- end -->";
        let new = renewed(old, echo).unwrap();
        assert_eq!(
            new,
            "a\n<!-- printed by: strata help x -->\n```text\nhelp x says\n```\n<!-- end -->\n\
             b\n<!-- printed by: strata y -->\n```text\ny says\n```\n<!-- end -->"
        );
        assert_eq!(renewed(&new, echo), Ok(new));
    }

    #[test]
    fn a_part_without_an_end_and_a_command_that_fails_are_told() {
        assert!(renewed("<!-- printed by: strata x -->\nlies", echo).unwrap_err().contains("strata x"));
        let failing = |command: &str| Err(format!("{command} failed"));
        assert!(renewed("<!-- printed by: strata x -->\n<!-- end -->", failing).is_err());
    }
}
