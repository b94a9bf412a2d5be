//! What the commands evaluate: packages, documents placed in them or held against them, expressions of both.

use std::mem::ManuallyDrop;

use cue::{Check, Compiled, Config, Diagnostics, Evaluation, OutputLimit, Target, Workspace};
use strata_base::{Diagnostic, Sources};

use super::limits::Bounds;
use super::placement::Placement;
use crate::codes;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::project::Disk;
use crate::ui::Ui;

/// What is read, and how
#[derive(clap::Args, Debug)]
pub(super) struct Inputs {
    /// Packages, files, `-`; the package of the working folder if there are none
    #[arg(value_name = "INPUT")]
    inputs: Vec<String>,

    /// Give a field with @tag(NAME) its value; a name alone is for @if and shorthands
    #[arg(short = 't', long, value_name = "NAME=VALUE")]
    inject: Vec<String>,

    /// The package to take where a folder has several
    #[arg(short, long, value_name = "NAME")]
    pub(super) package: Option<String>,

    /// Hold documents against this expression and not against the whole package (can be repeated)
    #[arg(short = 'd', long, value_name = "EXPRESSION")]
    schema: Vec<String>,

    #[command(flatten)]
    placement: Placement,

    #[command(flatten)]
    bounds: Bounds,

    /// Unify documents with the package; with =false each is held against it by itself
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true", hide_default_value = true, action = clap::ArgAction::Set)]
    merge: bool,

    /// Go on where there are errors
    #[arg(short, long)]
    pub(super) ignore: bool,

    /// Take only documents of folders whose name matches
    #[arg(short, long, value_name = "REGEXP", hide = true)]
    name: Option<String>,

    /// Print the simplest form, which is what happens anyway
    #[arg(short, long, hide = true)]
    simplify: bool,

    /// Tell all errors, which is what happens anyway
    #[arg(short = 'E', long, hide = true)]
    all_errors: bool,
}

/// How documents that stand beside a package are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Documents {
    /// All together, unified with the package.
    Merged,
    /// One by one, each held against the package.
    Checked,
}

/// Something to evaluate, and what it is called if there are several.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) target: Target,
    pub(super) name: String,
    /// It is a document that is held against a schema.
    pub(super) is_document: bool,
}

/// All that was asked for, ready. The process ends with the command, so what is large is not taken apart piece by piece
/// before: that would be a fifth of the time of a large export.
pub(super) struct Started {
    pub(super) compiled: ManuallyDrop<Compiled>,
    pub(super) evaluation: ManuallyDrop<Evaluation>,
    pub(super) items: Vec<Item>,
    /// Whether a document was held against something.
    pub(super) has_schema: bool,
    pub(super) output: OutputLimit,
}

/// Why nothing was evaluated: what is wrong, and the texts that it speaks of.
struct Refusal(Diagnostics, Sources);

impl Inputs {
    /// Reads and compiles, and refuses packages that contradict themselves. What is wrong is told, and only how it ended
    /// comes back.
    pub(super) fn start(
        &self,
        ui: &mut Ui,
        expressions: &[String],
        documents: Documents,
        with_comments: bool,
    ) -> Result<Result<Started, Exit>, CommandError> {
        let mut started = match self.open(ui, expressions, documents, with_comments)? {
            Ok(started) => started,
            Err(exit) => return Ok(Err(exit)),
        };
        // What is asked for by an expression need not care about the rest.
        if expressions.is_empty() && !self.ignore {
            let mut wrong = Vec::new();
            for item in started.items.iter().filter(|item| !item.is_document) {
                wrong.extend(started.evaluation.check(item.target, Check::Consistent).err().into_iter().flatten());
            }
            if !wrong.is_empty() {
                ui.positions(&wrong, started.compiled.sources())?;
                return Ok(Err(Exit::Error));
            }
        }
        Ok(Ok(started))
    }

    /// Reads and compiles, whatever the values.
    pub(super) fn open(
        &self,
        ui: &mut Ui,
        expressions: &[String],
        documents: Documents,
        with_comments: bool,
    ) -> Result<Result<Started, Exit>, CommandError> {
        match self.prepare(expressions, documents, with_comments) {
            Ok(started) => Ok(Ok(started)),
            Err(Refusal(diagnostics, sources)) => {
                ui.positions(&diagnostics, &sources)?;
                Ok(Err(Exit::Error))
            }
        }
    }

    fn prepare(&self, expressions: &[String], documents: Documents, with_comments: bool) -> Result<Started, Refusal> {
        let mut workspace = self.load(with_comments)?;
        let (mut items, has_schema) = self.items(&mut workspace, documents)?;
        if !expressions.is_empty() {
            items = select(&mut workspace, &items, expressions)?;
        }
        let (compiled, problems) = workspace.compile();
        if problems.iter().any(Diagnostic::is_error) {
            return Err(Refusal(problems, workspace.sources().clone()));
        }
        let mut evaluation = compiled.evaluate(self.bounds.limits(), self.bounds.cancel());
        evaluation.session().mingle_data();
        let (compiled, evaluation) = (ManuallyDrop::new(compiled), ManuallyDrop::new(evaluation));
        Ok(Started { compiled, evaluation, items, has_schema, output: self.bounds.output() })
    }

    fn load(&self, with_comments: bool) -> Result<Workspace, Refusal> {
        let folder = std::env::current_dir().map_err(|error| {
            let message = format!("cannot tell the working folder: {error}");
            Refusal(vec![Diagnostic::error(codes::CHDIR, message)], Sources::new())
        })?;
        let mut config = Config::new(folder.to_string_lossy());
        config.package.clone_from(&self.package);
        config.tags.clone_from(&self.inject);
        config.without_comments = !with_comments;
        let workspace = Workspace::load(&self.inputs, &config, &Disk);
        let problems = workspace.diagnostics();
        if problems.iter().any(Diagnostic::is_error) {
            return Err(Refusal(problems, workspace.sources().clone()));
        }
        Ok(workspace)
    }

    /// The packages, or what documents make of them.
    fn items(&self, workspace: &mut Workspace, documents: Documents) -> Result<(Vec<Item>, bool), Refusal> {
        let roots: Vec<(String, bool, bool)> = workspace
            .roots()
            .map(|root| (root.display.clone(), root.display == FILES, root.files.is_empty()))
            .collect();
        if self.name.is_some() && roots.iter().all(|&(_, is_files, _)| is_files) {
            return Err(refuse(workspace, "use of -n/--name flag without a directory"));
        }
        let files = workspace.take_documents();
        let mut packages = Vec::new();
        for (index, (name, _, is_empty)) in roots.iter().enumerate() {
            if let Some(target) = workspace.package(index).filter(|_| !is_empty) {
                packages.push(Item { target, name: name.clone(), is_document: false });
            }
        }
        if let Some(misuse) = self.placement.misuse(!self.schema.is_empty()) {
            return Err(refuse(workspace, misuse));
        }
        let placed = if self.placement.is_used() {
            let placed = self.placement.place(workspace, &files, self.bounds.limits(), self.bounds.cancel());
            placed.map_err(|problems| Refusal(problems, workspace.sources().clone()))?
        } else {
            files.into_iter().flat_map(|file| file.documents).collect()
        };
        let data: Vec<Target> = placed.into_iter().map(|document| workspace.document(document)).collect();
        let is_merged = self.placement.is_used() || documents == Documents::Merged && self.merge;
        if !roots.iter().any(|&(_, is_files, _)| is_files) {
            return Ok((packages, false));
        }
        if roots.len() > 2 {
            let message = format!("too many packages defined ({}) in combination with files", roots.len() - 1);
            return Err(refuse(workspace, message));
        }
        let schemas = self.schemas(workspace, &packages, data.is_empty())?;
        if !self.schema.is_empty() || !is_merged && !data.is_empty() {
            let against: Vec<Target> = if schemas.is_empty() { targets(&packages) } else { schemas };
            let held = data.iter().map(|&document| {
                let target = workspace.unify(&[&[document], against.as_slice()].concat());
                Item { target, name: String::new(), is_document: true }
            });
            return Ok((held.collect(), !against.is_empty()));
        }
        if data.is_empty() && packages.len() == 1 {
            return Ok((packages, false));
        }
        // Documents first, then the files, then the package: what is said of each follows.
        let mut parts = data;
        parts.extend(targets(&packages).iter().rev());
        if parts.is_empty() {
            // YAML that holds nothing is null unless something else says otherwise.
            let mut nothing = cue_data::Builder::new();
            nothing.null(strata_base::Span::NONE);
            parts.push(workspace.document(nothing.finish()));
        }
        let target = workspace.unify(&parts);
        Ok((vec![Item { target, name: FILES.to_owned(), is_document: false }], !packages.is_empty()))
    }

    /// What `-d` asks for.
    fn schemas(&self, workspace: &mut Workspace, packages: &[Item], no_data: bool) -> Result<Vec<Target>, Refusal> {
        let mut schemas = Vec::new();
        for text in &self.schema {
            let Some(package) = packages.first() else {
                return Err(refuse(workspace, "-d/--schema flag specified without a schema"));
            };
            let found = workspace.expression(Some(package.target), text, "--schema");
            schemas.push(found.map_err(|problems| Refusal(problems, workspace.sources().clone()))?);
        }
        if !schemas.is_empty() && no_data {
            return Err(refuse(workspace, "-d/--schema flag requires non-CUE input files"));
        }
        Ok(schemas)
    }
}

/// The name under which the loader keeps files that were named.
const FILES: &str = "command-line-arguments";

/// Each expression of each item.
fn select(workspace: &mut Workspace, items: &[Item], expressions: &[String]) -> Result<Vec<Item>, Refusal> {
    let mut selected = Vec::new();
    for item in items {
        for text in expressions {
            let found = workspace.expression(Some(item.target), text, "--expression");
            let target = found.map_err(|problems| Refusal(problems, workspace.sources().clone()))?;
            selected.push(Item { target, name: text.clone(), is_document: item.is_document });
        }
    }
    Ok(selected)
}

fn targets(items: &[Item]) -> Vec<Target> {
    items.iter().map(|item| item.target).collect()
}

fn refuse(workspace: &Workspace, message: impl Into<String>) -> Refusal {
    Refusal(vec![Diagnostic::error(codes::USAGE, message)], workspace.sources().clone())
}
