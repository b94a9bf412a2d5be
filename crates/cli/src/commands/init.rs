//! `strata init`

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use strata_base::{Diagnostic, Sources};

use super::schema;
use crate::codes;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::Knowledge;
use crate::ui::Ui;

/// Begin a project: a document that can be planned at once, and the project file that names it
///
/// A JSON Schema of documents stands beside them, for editors; `strata schema document` prints it anew.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The folder of the project; the working folder if there is none
    #[arg(value_name = "FOLDER", default_value = ".", hide_default_value = true)]
    folder: PathBuf,
}

const DOCUMENT: &str = include_str!("init.yaml");
const PROJECT: &str =
    "# What `strata plan`, `apply` and the others take where no document is named.\ndocument = \"stack.yaml\"\n";

#[derive(Serialize, Debug)]
struct Written {
    files: Vec<PathBuf>,
}

pub(crate) fn run(ui: &mut Ui, args: &Args) -> Outcome {
    let schema = schema::document(&Knowledge::default().library(&mut Sources::new())?);
    let schema = serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n";
    let files = [("stack.yaml", DOCUMENT), ("strata.toml", PROJECT), ("platform.schema.json", &schema)];
    let files = files.map(|(name, text)| (args.folder.join(name), text));
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        let message = format!("`{}` is there already", path.display());
        let hint = "nothing was written: take another folder, or move it away";
        return Err(CommandError::plain(Exit::Error, Diagnostic::error(codes::WRITE, message).hint(hint)));
    }
    let failed = |path: &Path, error: std::io::Error| {
        let message = format!("cannot write `{}`: {error}", path.display());
        CommandError::plain(Exit::Error, Diagnostic::error(codes::WRITE, message))
    };
    std::fs::create_dir_all(&args.folder).map_err(|error| failed(&args.folder, error))?;
    for (path, text) in &files {
        write(path, text).map_err(|error| failed(path, error))?;
    }
    let written = Written { files: files.map(|(path, _)| path).to_vec() };
    ui.answer(&written, |written| written.files.iter().map(|path| format!("{}\n", path.display())).collect())?;
    let there =
        if args.folder == Path::new(".") { String::new() } else { format!("--chdir {} ", quoted(&args.folder)) };
    ui.say(&format!("See what it asks for: strata {there}plan"));
    Ok(Exit::Done)
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |char: char| char.is_alphanumeric() || "/._-+".contains(char);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Writes a file that is not there; somebody who was quicker wins.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}
