//! Documents: whatever a person wrote becomes a graph here, by the one way that there is.

use std::path::{Path, PathBuf};

use strata_base::{Diagnostic, FileId, Sources};
use strata_contracts::Library;
use strata_front::tiers;
use strata_model::Graph;
use strata_model::document;
use strata_model::reading::{self, Syntax};

use crate::codes;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

/// A document that was named, with the texts that its mistakes speak of.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) graph: Graph,
    pub(crate) sources: Sources,
    /// What should be known although it is no mistake.
    pub(crate) warnings: Vec<Diagnostic>,
}

/// Which document.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct DocumentArgs {
    /// The document: a platform in tiers, or a graph; `-` is standard input
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,

    /// A folder with contracts and mappings of your own
    #[arg(long, value_name = "FOLDER")]
    contracts: Option<PathBuf>,
}

impl DocumentArgs {
    pub(crate) fn new(file: PathBuf, contracts: Option<PathBuf>) -> DocumentArgs {
        DocumentArgs { file, contracts }
    }

    /// Reads and compiles it, and tells what should be known besides.
    pub(crate) fn read(&self, ui: &mut Ui) -> Result<Document, CommandError> {
        let document = document(&self.file, self.contracts.as_deref())?;
        ui.diagnostics(&document.warnings, &document.sources)?;
        Ok(document)
    }
}

/// Reads a document and compiles it to a graph; `-` is standard input. A folder may hold contracts and mappings beside
/// those that are embedded.
fn document(path: &Path, contracts: Option<&Path>) -> Result<Document, CommandError> {
    let (mut sources, file) = text(path)?;
    let syntax =
        if path.extension().is_some_and(|extension| extension == "json") { Syntax::Json } else { Syntax::Yaml };
    match compiled(&mut sources, file, syntax, contracts)? {
        Ok((graph, warnings)) => Ok(Document { graph, sources, warnings }),
        Err(problems) => Err(CommandError::new(Exit::Validation, problems, sources)),
    }
}

type Compiled = Result<(Graph, Vec<Diagnostic>), Vec<Diagnostic>>;

fn compiled(
    sources: &mut Sources,
    file: FileId,
    syntax: Syntax,
    contracts: Option<&Path>,
) -> Result<Compiled, CommandError> {
    let data = match reading::data(sources, file, syntax) {
        Ok(data) => data,
        Err(problems) => return Ok(Err(problems)),
    };
    let Some(source) = sources.get(file).cloned() else { return Ok(Err(Vec::new())) };
    if !tiers::recognises(&data) {
        return Ok(document::graph(&data, &source).map(|graph| (graph, Vec::new())));
    }
    let stack = match tiers::read(&data, &source) {
        Ok(stack) => stack,
        Err(problems) => return Ok(Err(problems)),
    };
    let library = library(contracts, sources)?;
    let compiled = strata_compile::compile(&stack, &library, sources);
    Ok(compiled.map(|compiled| (compiled.graph, compiled.warnings)))
}

/// The contracts and mappings that are known, those of a folder among them.
pub(crate) fn library(folder: Option<&Path>, sources: &mut Sources) -> Result<Library, CommandError> {
    let files = folder.map_or_else(|| Ok(Vec::new()), files)?;
    let name = folder.map_or_else(String::new, |folder| folder.display().to_string());
    Library::load(&name, &files, sources)
        .map_err(|problems| CommandError::new(Exit::Validation, problems, std::mem::take(sources)))
}

/// All files of CUE below a folder, by their path in it.
fn files(root: &Path) -> Result<Vec<(String, String)>, CommandError> {
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

/// Reads a text; `-` is standard input.
pub(crate) fn text(path: &Path) -> Result<(Sources, FileId), CommandError> {
    let read = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin().lock())
    } else {
        std::fs::read_to_string(path)
    };
    let text = read.map_err(|error| unreadable(path, &error))?;
    let mut sources = Sources::new();
    let file = sources.add(path.display().to_string(), text);
    Ok((sources, file))
}

fn unreadable(path: &Path, error: &std::io::Error) -> CommandError {
    let message = format!("cannot read `{}`: {error}", path.display());
    CommandError::plain(Exit::Error, Diagnostic::error(codes::READ, message))
}
