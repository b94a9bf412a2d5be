//! Documents: whatever a person wrote becomes a graph here, by the one way that there is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use strata_base::{Diagnostic, Severity, Sources};
use strata_contracts::Library;
use strata_front::Parameters;
use strata_front::tiers::{self, Surroundings};
use strata_model::Graph;
use strata_model::document;

use super::texts;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;
use crate::{App, codes};

/// A document that was named, with the texts that its mistakes speak of.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) graph: Graph,
    pub(crate) sources: Sources,
}

/// Which documents, and what they are read with.
#[derive(clap::Args, Clone, Default, Debug)]
pub(crate) struct DocumentArgs {
    /// The document: a platform in tiers (several are read as one), or a graph; `-` is standard input. Without one: what
    /// the setting `document` names
    #[arg(value_name = "DOCUMENT")]
    documents: Vec<PathBuf>,

    #[command(flatten)]
    given: Given,
}

/// What documents are read with.
#[derive(clap::Args, Clone, Default, Debug)]
pub(crate) struct Given {
    /// Parameters of the document, from a file of YAML, JSON or CUE (can be repeated)
    #[arg(short, long, value_name = "FILE")]
    file: Vec<PathBuf>,

    /// A parameter of the document, such as `app.image=shop:2`; beats files (can be repeated)
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,

    /// Take warnings for errors
    #[arg(long)]
    strict: bool,

    /// A folder with contracts and mappings of your own
    #[arg(long, value_name = "FOLDER")]
    contracts: Option<PathBuf>,
}

impl DocumentArgs {
    /// The files that are named, if any are.
    pub(crate) fn named(&self) -> &[PathBuf] {
        &self.documents
    }

    /// Reads and compiles what is named, and tells what should be known besides.
    pub(crate) fn read(&self, ui: &mut Ui, app: &App) -> Result<Document, CommandError> {
        let own;
        let paths = if self.documents.is_empty() {
            own = [app.settings.document().ok_or_else(no_document)?];
            &own
        } else {
            &self.documents[..]
        };
        let mut sources = Sources::new();
        let compiled = self.given.compiled(paths, &mut sources)?;
        match compiled {
            Ok((_, warnings)) if self.given.strict && !warnings.is_empty() => {
                let errors = warnings.into_iter().map(|told| Diagnostic { severity: Severity::Error, ..told });
                Err(CommandError::new(Exit::Validation, errors.collect(), sources))
            }
            Ok((graph, warnings)) => {
                ui.diagnostics(&warnings, &sources)?;
                Ok(Document { graph, sources })
            }
            Err(problems) => Err(CommandError::new(Exit::Validation, problems, sources)),
        }
    }
}

fn no_document() -> CommandError {
    let problem = Diagnostic::error(codes::NO_DOCUMENT, "no document is named");
    let hint = "name one, as in `strata plan stack.yaml`, or set `document` in `strata.toml`";
    CommandError::plain(Exit::Usage, problem.hint(hint))
}

type Compiled = Result<(Graph, Vec<Diagnostic>), Vec<Diagnostic>>;

impl Given {
    fn compiled(&self, paths: &[PathBuf], sources: &mut Sources) -> Result<Compiled, CommandError> {
        let mut problems = Vec::new();
        let mut documents = Vec::new();
        for path in paths {
            match texts::data(path, sources)? {
                Ok((data, source)) => documents.push((data, source)),
                Err(more) => problems.extend(more),
            }
        }
        let parameters = self.parameters(sources, &mut problems)?;
        if !problems.is_empty() {
            return Ok(Err(problems));
        }
        if let [(data, source)] = &documents[..]
            && !tiers::recognises(data)
        {
            return Ok(document::graph(data, source).map(|graph| (graph, Vec::new())));
        }
        let environment = |name: &str| std::env::var(name).ok();
        let around = Surroundings { parameters: &parameters, environment: &environment };
        let asked = match tiers::read(&documents, &around) {
            Ok(asked) => asked,
            Err(problems) => return Ok(Err(problems)),
        };
        let library = library(self.contracts.as_deref(), sources)?;
        let compiled = strata_compile::compile(&asked.stack, &library, sources);
        Ok(compiled.map(|compiled| (compiled.graph, [asked.warnings, compiled.warnings].concat())))
    }

    fn parameters(&self, sources: &mut Sources, problems: &mut Vec<Diagnostic>) -> Result<Parameters, CommandError> {
        let mut parameters = Parameters::default();
        for path in &self.file {
            match texts::data(path, sources)? {
                Ok((data, _)) => parameters.unify(&Arc::new(data), problems),
                Err(more) => problems.extend(more),
            }
        }
        for text in &self.set {
            let Some((name, value)) = text.split_once('=') else {
                let message = format!("`--set {text}` is not of the form NAME=VALUE");
                return Err(CommandError::plain(Exit::Usage, Diagnostic::error(codes::USAGE, message)));
            };
            match texts::value(name, value, sources) {
                Ok(data) => parameters.set(name, &Arc::new(data), problems),
                Err(more) => problems.extend(more),
            }
        }
        Ok(parameters)
    }
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

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> CommandError {
    let message = format!("cannot read `{}`: {error}", path.display());
    CommandError::plain(Exit::Error, Diagnostic::error(codes::READ, message))
}
