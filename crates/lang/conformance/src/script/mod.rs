//! The scripts that drive the `cue` command: a transcript before the first section, files in the sections.
//!
//! Each runs in a folder of its own, with our command in the place of theirs. A script holds if every line does.

mod line;
mod shell;

use std::path::{Path, PathBuf};
use std::time::Duration;

use cue_txtar::Archive;

use self::line::Line;
use self::shell::Shell;

/// Commands that need no registry, no network and no tool beside ours.
const OFFLINE: [&str; 6] = ["eval", "export", "vet", "def", "import", "fmt"];

/// A program that stands for `cue`: the file, and the words that come before all others.
#[derive(Clone, Debug)]
pub struct Program {
    pub file: PathBuf,
    pub words: Vec<String>,
}

/// One script with its end.
#[derive(Clone, Debug)]
pub struct ScriptResult {
    /// The path below the folder.
    pub name: String,
    /// The verbs of `cue` that it uses.
    pub verbs: Vec<String>,
    /// Whether it needs nothing but verbs that read and write files here.
    pub is_offline: bool,
    /// The line that does not hold, and why.
    pub problem: Option<(u32, String)>,
}

/// Whether an archive is a script.
pub fn is_script(archive: &Archive<'_>) -> bool {
    line::lines(&archive.comment).iter().any(|line| line.verb().is_some())
}

/// Runs a script in a folder that is made for it and removed after it.
pub fn run(name: &str, text: &str, program: &Program, deadline: Duration) -> ScriptResult {
    let archive = Archive::parse(text);
    let lines = line::lines(&archive.comment);
    let mut verbs: Vec<String> = lines.iter().filter_map(Line::verb).map(str::to_owned).collect();
    verbs.sort();
    verbs.dedup();
    let has_registry = archive.sections.iter().any(|section| section.name.starts_with("_registry"));
    let needs_more = lines.iter().any(|line| line.needs_more_than_files());
    let is_offline = !has_registry && !needs_more && verbs.iter().all(|verb| OFFLINE.contains(&verb.as_str()));
    let problem = play(&archive, &lines, program, deadline).err();
    ScriptResult { name: name.to_owned(), verbs, is_offline, problem }
}

fn play(archive: &Archive<'_>, lines: &[Line], program: &Program, deadline: Duration) -> Result<(), (u32, String)> {
    let told = |error: std::io::Error| (0, format!("cannot lay out the files: {error}"));
    let folder = tempfile::tempdir().map_err(told)?;
    let work = folder.path().canonicalize().map_err(told)?;
    for section in &archive.sections {
        let path = work.join(&*section.name);
        if !is_below(&section.name) {
            return Err((0, format!("{} leads out of the folder", section.name)));
        }
        std::fs::create_dir_all(path.parent().unwrap_or(&work)).map_err(told)?;
        std::fs::write(&path, section.text.as_bytes()).map_err(told)?;
    }
    let mut shell = Shell::new(&work, program, deadline);
    for line in lines {
        match shell.obey(line) {
            Ok(true) => {}
            Ok(false) => break,
            Err(problem) => return Err((line.number, problem)),
        }
    }
    Ok(())
}

fn is_below(name: &str) -> bool {
    Path::new(name).components().all(|component| matches!(component, std::path::Component::Normal(_)))
}
